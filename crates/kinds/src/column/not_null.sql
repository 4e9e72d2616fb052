-- NOT NULL: of domains from version 17 on, of columns from version 18 on.
SELECT c.oid, c.conname, c.conrelid, c.contypid, c.conkey, c.convalidated, c.connoinherit, c.conislocal, c.coninhcount
FROM pg_constraint c
WHERE c.oid >= 16384 AND c.contype = 'n'
ORDER BY c.oid
