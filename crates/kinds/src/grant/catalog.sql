-- Privileges that differ from what an object begins with: per object, grantor and grantee, what is held and what it begins with.
-- Those of information_schema are nobody's business: pg_dump leaves them out.
-- An object of an extension or of the system begins with what pg_init_privs holds, schema public with what pg_dump takes for granted.
SELECT g.classid, g.objid, g.objsubid, g.grantee, g.is_owner, g.grantor, g.held, g.by_default, g.kind, n.nspname, g.name, g.types, g.columns, g.place
FROM (SELECT a.classid, a.objid, a.objsubid, coalesce(r.rolname, 'public') AS grantee, x.grantee = a.owner AS is_owner,
             CASE WHEN x.grantor <> a.owner THEN pg_get_userbyid(x.grantor) END AS grantor,
             array_agg(DISTINCT x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END) FILTER (WHERE x.held) AS held,
             array_agg(DISTINCT x.privilege_type) FILTER (WHERE NOT x.held) AS by_default,
             a.kind, a.namespace, a.name, a.types, a.columns, min(x.place) AS place
      FROM (SELECT c.*, coalesce(i.initprivs, c.kind_default) AS by_default
            FROM (SELECT 1259 AS classid, oid AS objid, 0 AS objsubid, relowner AS owner, relacl AS acl,
                         acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner) AS kind_default,
                         relkind AS kind, relnamespace AS namespace, relname AS name, NULL AS types, NULL AS columns
                  FROM pg_class WHERE relacl IS NOT NULL AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relpersistence <> 't'
                  UNION ALL
                  SELECT 1259, a.attrelid, a.attnum, c.relowner, a.attacl, acldefault('c', c.relowner),
                         c.relkind, c.relnamespace, c.relname, NULL, a.attname
                  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
                  UNION ALL
                  SELECT 1255, oid, 0, proowner, proacl, acldefault('f', proowner), prokind, pronamespace, proname, oidvectortypes(proargtypes), NULL
                  FROM pg_proc WHERE proacl IS NOT NULL
                  UNION ALL
                  SELECT 1247, oid, 0, typowner, typacl, acldefault('T', typowner), 'T', typnamespace, typname, NULL, NULL FROM pg_type WHERE typacl IS NOT NULL
                  UNION ALL
                  SELECT 2615, oid, 0, nspowner, coalesce(nspacl, acldefault('n', nspowner)),
                         CASE WHEN nspname <> 'public' THEN acldefault('n', nspowner)
                              ELSE acldefault('n', nspowner) || makeaclitem(0, nspowner, 'USAGE', false) -- since 15, else ELSE acldefault('n', nspowner) || makeaclitem(0, nspowner, 'USAGE', false) || makeaclitem(0, nspowner, 'CREATE', false)
                         END, 'N', NULL, nspname, NULL, NULL
                  FROM pg_namespace WHERE (nspacl IS NOT NULL OR nspname = 'public') AND nspname NOT LIKE 'pg\_t%' AND nspname <> 'information_schema'
                  UNION ALL
                  SELECT 2612, oid, 0, lanowner, lanacl, acldefault('l', lanowner), 'L', NULL, lanname, NULL, NULL FROM pg_language WHERE lanacl IS NOT NULL
                  UNION ALL
                  SELECT 2328, oid, 0, fdwowner, fdwacl, acldefault('F', fdwowner), 'W', NULL, fdwname, NULL, NULL FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
                  UNION ALL
                  SELECT 1417, oid, 0, srvowner, srvacl, acldefault('S', srvowner), 'Z', NULL, srvname, NULL, NULL FROM pg_foreign_server WHERE srvacl IS NOT NULL) c
                 LEFT JOIN pg_init_privs i ON i.classoid = c.classid AND i.objoid = c.objid AND i.objsubid = c.objsubid AND c.name <> 'public'
            WHERE c.acl IS DISTINCT FROM i.initprivs) a
           CROSS JOIN LATERAL (SELECT true AS held, row_number() OVER () AS place, e.* FROM aclexplode(a.acl) e
                               UNION ALL SELECT false, NULL, e.* FROM aclexplode(a.by_default) e) x
           LEFT JOIN pg_roles r ON r.oid = x.grantee
      GROUP BY a.classid, a.objid, a.objsubid, a.owner, a.kind, a.namespace, a.name, a.types, a.columns, x.grantee, x.grantor, r.rolname
      HAVING array_agg(DISTINCT x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END) FILTER (WHERE x.held)
             IS DISTINCT FROM array_agg(DISTINCT x.privilege_type) FILTER (WHERE NOT x.held)) g
     LEFT JOIN pg_namespace n ON n.oid = g.namespace
WHERE n.nspname IS DISTINCT FROM 'information_schema'
ORDER BY 1, 2, 3, 4, 6
