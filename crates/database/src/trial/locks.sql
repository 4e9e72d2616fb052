SELECT l.relation, l.mode
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_database AS d ON d.oid = l.database
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
  AND d.datname = pg_catalog.current_database() AND l.relation >= 16384
ORDER BY l.relation, l.mode
