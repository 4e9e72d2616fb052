-- What is said of single columns of materialized views.
SELECT a.attrelid, a.attnum, CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage ELSE '' END AS attstorage,
       a.attcompression, -- since 14, else '' AS attcompression,
       coalesce(a.attstattarget, -1) AS attstattarget, a.attoptions
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind = 'm' AND a.attrelid >= 16384 AND a.attnum > 0
