-- Domains.
SELECT t.oid, t.typnamespace, t.typname, t.typbasetype, format_type(t.typbasetype, t.typtypmod) AS base,
       t.typnotnull, pg_get_expr(t.typdefaultbin, 0) AS "default", t.typcollation
FROM pg_type t
WHERE t.typtype = 'd' AND t.oid >= 16384
ORDER BY t.oid
