-- Base types, and shells of types that are yet to be defined.
SELECT t.oid, t.typnamespace, t.typname, t.typisdefined, t.typinput::regproc AS input, t.typoutput::regproc AS output,
       nullif(t.typreceive::oid, 0)::regproc AS receive, nullif(t.typsend::oid, 0)::regproc AS send,
       nullif(t.typmodin::oid, 0)::regproc AS modin, nullif(t.typmodout::oid, 0)::regproc AS modout,
       nullif(t.typanalyze::oid, 0)::regproc AS analyze,
       nullif(t.typsubscript::oid, 0)::regproc AS subscript, -- since 14, else NULL AS subscript,
       t.typlen, t.typbyval, t.typalign, t.typstorage, t.typcategory, t.typispreferred,
       coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) AS "default",
       CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END AS element, t.typdelim, t.typcollation <> 0 AS collatable,
       ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze]::oid[] AS functions
FROM pg_type t
WHERE t.oid >= 16384 AND (t.typtype = 'b' AND NOT (t.typelem <> 0 AND t.typcategory = 'A') OR t.typtype = 'p')
