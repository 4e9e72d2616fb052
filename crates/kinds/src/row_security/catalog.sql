-- Tables under row-level security.
SELECT c.oid, c.relrowsecurity, c.relforcerowsecurity
FROM pg_class c
WHERE c.oid >= 16384 AND (c.relrowsecurity OR c.relforcerowsecurity)
