-- Collations of users. The name of the locale's column differs between versions: colliculocale (15), colllocale (17).
SELECT c.oid, c.collnamespace, c.collname, c.collprovider, c.collisdeterministic, c.collcollate, c.collctype,
       coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale') AS locale,
       to_jsonb(c) ->> 'collicurules' AS rules
FROM pg_collation c
WHERE c.oid >= 16384
