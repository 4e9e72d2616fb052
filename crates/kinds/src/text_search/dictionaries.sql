-- Text search dictionaries.
SELECT d.oid, d.dictnamespace, d.dictname, d.dictinitoption,
       CASE WHEN n.nspname = 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(t.tmplname) AS template
FROM pg_ts_dict d JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace n ON n.oid = t.tmplnamespace
WHERE d.oid >= 16384
