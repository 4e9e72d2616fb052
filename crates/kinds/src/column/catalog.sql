-- Columns of tables, views and the like; dropped ones for the numbers of the others.
SELECT a.attrelid, a.attnum, CASE WHEN a.attisdropped THEN '' ELSE a.attname END AS attname, a.atttypid,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attcollation, a.attidentity, a.attgenerated,
       a.attislocal, a.attstorage,
       a.attcompression, -- since 14, else '' AS attcompression,
       coalesce(a.attstattarget, -1), a.attoptions
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attrelid >= 16384 AND a.attnum > 0 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND c.relpersistence <> 't'
ORDER BY a.attrelid, a.attnum
