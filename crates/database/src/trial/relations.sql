SELECT c.oid, n.nspname, c.relname, c.relkind, c.relfilenode, s.seq_scan,
  s.n_tup_upd + s.n_tup_del AS written
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_xact_all_tables AS s ON s.relid = c.oid
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'f') AND n.nspname NOT LIKE 'pg\_%'
ORDER BY c.oid
