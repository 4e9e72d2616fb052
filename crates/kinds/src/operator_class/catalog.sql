-- Operator classes by oid: for index columns those of the system, too.
SELECT c.oid, c.opcnamespace, c.opcname, c.opcmethod, c.opcintype, c.opcdefault,
       CASE WHEN c.oid >= 16384 THEN (SELECT a.amname FROM pg_am a WHERE a.oid = c.opcmethod) END AS method,
       CASE WHEN c.oid >= 16384 THEN format_type(c.opcintype, NULL) END AS input,
       CASE WHEN c.oid >= 16384 AND c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END AS storage,
       CASE WHEN c.oid >= 16384 THEN (SELECT CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(f.opfname) FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace WHERE f.oid = c.opcfamily) END AS family
FROM pg_opclass c
