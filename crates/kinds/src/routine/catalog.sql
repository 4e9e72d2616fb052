-- Functions and procedures. A constructor of a range type comes without definition: it is the type's.
SELECT p.oid, p.pronamespace, p.proname, p.prokind, oidvectortypes(p.proargtypes) AS signature, d.refclassid, d.refobjid,
       CASE WHEN d.objid IS NULL THEN pg_get_functiondef(p.oid) END AS definition,
       pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
       pg_get_function_sqlbody(p.oid) AS body, -- since 14, else NULL AS body,
       CASE WHEN d.objid IS NULL THEN p.prosrc END AS source, p.pronargdefaults, p.proargmodes, p.proargnames,
       ARRAY(SELECT format_type(u.type, NULL)
             FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY u (type, at) ORDER BY u.at) AS types
FROM pg_proc p LEFT JOIN pg_depend d ON d.classid = 1255 AND d.objid = p.oid AND d.deptype IN ('i', 'e')
WHERE p.oid >= 16384 AND p.prokind IN ('f', 'w', 'p') AND d.deptype IS DISTINCT FROM 'e'
