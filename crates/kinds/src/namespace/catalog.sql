-- Schemas.
SELECT oid, nspname
FROM pg_namespace
