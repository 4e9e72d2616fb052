SELECT c.oid, c.relname, a.attname, t.typname,
  has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE c.relnamespace = 11 AND c.relkind = 'r' AND c.oid < 16384 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
