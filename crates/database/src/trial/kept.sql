SELECT c.oid, n.nspname, c.relname, a.attnum, a.attname,
  pg_catalog.format_type(a.atttypid, a.atttypmod) || COALESCE(
    (SELECT string_agg(l.enumlabel, ',' ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum AS l WHERE l.enumtypid = a.atttypid), '')
  -- A value of a composite type changes with the type, or with one inside it.
  || CASE WHEN 'C' IN (t.typcategory, e.typcategory) THEN COALESCE((
    SELECT string_agg(pg_catalog.concat(m.attrelid, m.attname, m.atttypid), ',' ORDER BY m.attrelid, m.attnum)
    FROM pg_catalog.pg_attribute AS m JOIN pg_catalog.pg_class AS o ON o.oid = m.attrelid
    WHERE o.relkind = 'c' AND o.oid >= 16384 AND m.attnum > 0 AND NOT m.attisdropped), '') ELSE '' END AS type,
  t.typcategory,
  (WITH RECURSIVE up AS (
     SELECT i.inhparent FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid
     UNION SELECT i.inhparent FROM up JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = up.inhparent)
   SELECT string_agg(pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.relname), E'\x1f')
   FROM up JOIN pg_catalog.pg_class AS p ON p.oid = up.inhparent JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
  ) AS parents
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem
WHERE c.oid >= 16384 AND c.relkind = 'r' AND c.relpersistence <> 't'
ORDER BY n.nspname, c.relname, a.attnum
