-- Access methods of tables and indexes.
SELECT oid, amname
FROM pg_am
