-- Range types.
SELECT t.oid, t.typnamespace, t.typname, r.rngsubtype, format_type(r.rngsubtype, NULL) AS subtype, r.rngcollation,
       
       r.rngmultitypid, -- since 14, else 0 AS rngmultitypid,
       nullif(r.rngcanonical::oid, 0)::regproc AS canonical, nullif(r.rngsubdiff::oid, 0)::regproc AS subdiff,
       (SELECT m.typname FROM pg_type m WHERE m.oid = r.rngmultitypid) AS multirange, -- since 14, else NULL AS multirange,
       (SELECT o.opcdefault FROM pg_opclass o WHERE o.oid = r.rngsubopc) AS default_opclass,
       (SELECT quote_ident(n.nspname) || '.' || quote_ident(o.opcname) FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc) AS opclass,
       r.rngcanonical::oid AS canonical_function
FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid
WHERE t.oid >= 16384
ORDER BY t.oid
