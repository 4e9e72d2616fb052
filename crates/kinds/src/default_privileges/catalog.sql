-- ALTER DEFAULT PRIVILEGES: what new objects of a role grant, against what they grant anyway. Inside a schema only additions are kept.
SELECT d.oid, o.rolname AS role, d.defaclnamespace, d.defaclobjtype, coalesce(r.rolname, 'public') AS grantee, x.grantee = d.defaclrole AS is_owner,
       array_agg(DISTINCT x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END) FILTER (WHERE x.held) AS held,
       array_agg(DISTINCT x.privilege_type) FILTER (WHERE NOT x.held) AS by_default
FROM pg_default_acl d JOIN pg_roles o ON o.oid = d.defaclrole
     CROSS JOIN LATERAL (SELECT true AS held, e.* FROM aclexplode(d.defaclacl) e
                         UNION ALL
                         SELECT false, e.* FROM aclexplode(acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::"char", d.defaclrole)) e
                         WHERE d.defaclnamespace = 0) x
     LEFT JOIN pg_roles r ON r.oid = x.grantee
GROUP BY d.oid, o.rolname, d.defaclnamespace, d.defaclobjtype, d.defaclrole, x.grantee, r.rolname
HAVING array_agg(DISTINCT x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END) FILTER (WHERE x.held)
       IS DISTINCT FROM array_agg(DISTINCT x.privilege_type) FILTER (WHERE NOT x.held)
ORDER BY 1, 5
