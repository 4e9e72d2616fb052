-- What has privileges: its class, oid and column's number, they, its owner, and what is theirs by default.
SELECT 'pg_class'::regclass::oid, oid, 0, relacl, relowner, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)
FROM pg_class WHERE relkind NOT IN ('i', 'I', 't', 'c')
UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, a.attacl, c.relowner, NULL
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL
UNION ALL SELECT 'pg_proc'::regclass, oid, 0, proacl, proowner, acldefault('f', proowner) FROM pg_proc
UNION ALL SELECT 'pg_type'::regclass, oid, 0, typacl, typowner, acldefault('T', typowner) FROM pg_type
UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, nspacl, nspowner, acldefault('n', nspowner) FROM pg_namespace
UNION ALL SELECT 'pg_language'::regclass, oid, 0, lanacl, lanowner, acldefault('l', lanowner) FROM pg_language
UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwacl, fdwowner, acldefault('F', fdwowner) FROM pg_foreign_data_wrapper
UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0, srvacl, srvowner, acldefault('S', srvowner) FROM pg_foreign_server
