-- Defaults and generation expressions of columns.
SELECT d.oid, d.adrelid, d.adnum,
       CASE WHEN strpos(d.adbin::text, '{VAR ') = 0 THEN pg_get_expr(d.adbin, 0) ELSE pg_get_expr(d.adbin, d.adrelid) END AS expression
FROM pg_attrdef d
WHERE d.adrelid >= 16384
