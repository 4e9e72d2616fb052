-- Extensions, but for those that every database has.
SELECT oid, extname, extnamespace, extversion, extrelocatable
FROM pg_extension
WHERE oid >= 16384
