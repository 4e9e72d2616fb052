-- Text search configurations.
SELECT c.oid, c.cfgnamespace, c.cfgname,
       CASE WHEN n.nspname = 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(p.prsname) AS parser
FROM pg_ts_config c JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN pg_namespace n ON n.oid = p.prsnamespace
WHERE c.oid >= 16384
