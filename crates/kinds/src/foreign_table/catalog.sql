-- Foreign tables.
SELECT f.ftrelid, s.srvname, CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
       (SELECT array_agg(o.option_name || '=' || CASE WHEN o.option_name ~* '(pass|pwd|secret|token|credential)' THEN E'\x01' || left(encode(sha256(convert_to(o.option_value, 'UTF8')), 'hex'), 4) ELSE o.option_value END)
        FROM pg_options_to_table(f.ftoptions) o) AS options
FROM pg_foreign_table f JOIN pg_class c ON c.oid = f.ftrelid JOIN pg_foreign_server s ON s.oid = f.ftserver
