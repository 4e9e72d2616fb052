-- Collations by oid, for columns, domains and indexes.
SELECT oid, collnamespace, collname
FROM pg_collation
