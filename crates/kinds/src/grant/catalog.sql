-- Privileges that differ from what every object of its kind has: per object and grantee, what is held and what the default is.
-- Schema public has a default of its own, as pg_dump sees it.
SELECT a.classid, a.objid, a.objsubid, coalesce(r.rolname, 'public') AS grantee, x.grantee = a.owner AS is_owner,
       array_agg(DISTINCT x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END) FILTER (WHERE x.held) AS held,
       array_agg(DISTINCT x.privilege_type) FILTER (WHERE NOT x.held) AS by_default,
       a.sequence
FROM (SELECT 1259 AS classid, oid AS objid, 0 AS objsubid, relowner AS owner, relacl AS acl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner) AS by_default,
             CASE relkind WHEN 'S' THEN relname END AS sequence
      FROM pg_class WHERE relacl IS NOT NULL AND oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relpersistence <> 't'
      UNION ALL
      SELECT 1259, a.attrelid, a.attnum, c.relowner, a.attacl, acldefault('c', c.relowner), NULL
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND a.attrelid >= 16384 AND NOT a.attisdropped
      UNION ALL
      SELECT 1255, oid, 0, proowner, proacl, acldefault('f', proowner), NULL FROM pg_proc WHERE proacl IS NOT NULL AND oid >= 16384
      UNION ALL
      SELECT 1247, oid, 0, typowner, typacl, acldefault('T', typowner), NULL FROM pg_type WHERE typacl IS NOT NULL AND oid >= 16384
      UNION ALL
      SELECT 2615, oid, 0, nspowner, coalesce(nspacl, acldefault('n', nspowner)),
             CASE WHEN nspname <> 'public' THEN acldefault('n', nspowner)
                  ELSE acldefault('n', nspowner) || makeaclitem(0, nspowner, 'USAGE', false) -- since 15, else ELSE acldefault('n', nspowner) || makeaclitem(0, nspowner, 'USAGE', false) || makeaclitem(0, nspowner, 'CREATE', false)
             END, NULL
      FROM pg_namespace WHERE (nspacl IS NOT NULL OR nspname = 'public') AND (oid >= 16384 OR nspname = 'public')
      UNION ALL
      SELECT 2612, oid, 0, lanowner, lanacl, acldefault('l', lanowner), NULL FROM pg_language WHERE lanacl IS NOT NULL AND lanispl
      UNION ALL
      SELECT 2328, oid, 0, fdwowner, fdwacl, acldefault('F', fdwowner), NULL FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
      UNION ALL
      SELECT 1417, oid, 0, srvowner, srvacl, acldefault('S', srvowner), NULL FROM pg_foreign_server WHERE srvacl IS NOT NULL) a
     CROSS JOIN LATERAL (SELECT true AS held, e.* FROM aclexplode(coalesce(a.acl, a.by_default)) e
                         UNION ALL SELECT false, e.* FROM aclexplode(a.by_default) e) x
     LEFT JOIN pg_roles r ON r.oid = x.grantee
GROUP BY a.classid, a.objid, a.objsubid, a.owner, a.sequence, x.grantee, r.rolname
HAVING array_agg(DISTINCT x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END) FILTER (WHERE x.held)
       IS DISTINCT FROM array_agg(DISTINCT x.privilege_type) FILTER (WHERE NOT x.held)
ORDER BY 1, 2, 3, 4
