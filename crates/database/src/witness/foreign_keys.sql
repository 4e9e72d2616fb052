SELECT c.relname, array_to_string(f.fkcols, ' ') AS columns, p.relname AS refers_to, f.is_array
FROM pg_get_catalog_foreign_keys() AS f
JOIN pg_class AS c ON c.oid = f.fktable
JOIN pg_class AS p ON p.oid = f.pktable
ORDER BY c.relname, f.fkcols::text
