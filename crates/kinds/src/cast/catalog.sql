-- Casts, but for those between a range and its multirange, which come with the type.
SELECT c.oid, c.castsource, format_type(c.castsource, NULL) AS source, c.casttarget, format_type(c.casttarget, NULL) AS target,
       nullif(c.castfunc, 0)::regprocedure AS function, c.castcontext, c.castmethod
FROM pg_cast c
WHERE c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 2605 AND d.objid = c.oid AND d.deptype = 'i')
