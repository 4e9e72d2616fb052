-- User mappings, through the view that hides the options of others. Secrets do not leave the server; their hashes are too short to guess from.
SELECT m.umid, m.srvname, m.usename,
       (SELECT array_agg(o.option_name || '=' || CASE WHEN o.option_name ~* '(pass|pwd|secret|token|credential)' THEN E'\x01' || left(encode(sha256(convert_to(o.option_value, 'UTF8')), 'hex'), 4) ELSE o.option_value END)
        FROM pg_options_to_table(m.umoptions) o) AS options
FROM pg_user_mappings m
