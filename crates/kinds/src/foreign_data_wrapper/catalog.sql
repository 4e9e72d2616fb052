-- Foreign-data wrappers. The values of options that sound like secrets do not leave the server; their hashes are too short to guess from.
SELECT w.oid, w.fdwname, nullif(w.fdwhandler, 0)::regproc AS handler, nullif(w.fdwvalidator, 0)::regproc AS validator,
       (SELECT array_agg(o.option_name || '=' || CASE WHEN o.option_name ~* '(pass|pwd|secret|token|credential)' THEN E'\x01' || left(encode(sha256(convert_to(o.option_value, 'UTF8')), 'hex'), 4) ELSE o.option_value END)
        FROM pg_options_to_table(w.fdwoptions) o) AS options
FROM pg_foreign_data_wrapper w
WHERE w.oid >= 16384
