-- Foreign servers. The values of options that sound like secrets do not leave the server; their hashes are too short to guess from.
SELECT s.oid, s.srvname, w.fdwname, s.srvtype, s.srvversion,
       (SELECT array_agg(o.option_name || '=' || CASE WHEN o.option_name ~* '(pass|pwd|secret|token|credential)' THEN E'\x01' || left(encode(sha256(convert_to(o.option_value, 'UTF8')), 'hex'), 4) ELSE o.option_value END)
        FROM pg_options_to_table(s.srvoptions) o) AS options
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
