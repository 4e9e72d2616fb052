SELECT n.nspname, c.relname, pg_catalog.pg_sequence_last_value(c.oid)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relkind = 'S' AND c.relpersistence <> 't'
ORDER BY n.nspname, c.relname
