-- Defaults of views' columns, for INSERT.
SELECT d.oid, d.adrelid, d.adnum, pg_get_expr(d.adbin, d.adrelid) AS expression
FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
WHERE c.relkind = 'v' AND d.adrelid >= 16384
