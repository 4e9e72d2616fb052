-- Comments on objects of users. Schema public and extensions come with one: only another, or none, is told.
SELECT classoid, objoid, objsubid, description, NULL AS standard
FROM pg_description
WHERE objoid >= 16384 AND classoid NOT IN (2615, 3079)
UNION ALL
SELECT 2615, n.oid, 0, coalesce(d.description, ''), n.standard
FROM (SELECT oid, CASE WHEN nspname = 'public' THEN 'standard public schema' END AS standard
      FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public') n
     LEFT JOIN pg_description d ON d.classoid = 2615 AND d.objoid = n.oid AND d.objsubid = 0
WHERE d.description IS DISTINCT FROM n.standard
UNION ALL
SELECT 3079, e.oid, 0, coalesce(d.description, ''), e.standard
FROM (SELECT oid, (SELECT comment FROM pg_available_extensions() a WHERE a.name = extname) AS standard
      FROM pg_extension WHERE oid >= 16384 OFFSET 0) e
     LEFT JOIN pg_description d ON d.classoid = 3079 AND d.objoid = e.oid AND d.objsubid = 0
WHERE d.description IS DISTINCT FROM e.standard
