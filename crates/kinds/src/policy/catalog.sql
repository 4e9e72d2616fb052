-- Policies of row-level security; the role 0 is PUBLIC.
SELECT p.oid, p.polrelid, p.polname, p.polcmd, p.polpermissive,
       ARRAY(SELECT CASE WHEN r.role = 0 THEN 'public' ELSE pg_get_userbyid(r.role) END AS name
             FROM unnest(p.polroles) r (role) ORDER BY 1) AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS visible, pg_get_expr(p.polwithcheck, p.polrelid) AS writable
FROM pg_policy p
WHERE p.oid >= 16384
