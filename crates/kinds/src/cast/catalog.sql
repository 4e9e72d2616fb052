-- Casts.
SELECT c.oid, c.castsource, format_type(c.castsource, NULL) AS source, c.casttarget, format_type(c.casttarget, NULL) AS target,
       nullif(c.castfunc, 0)::regprocedure AS function, c.castcontext, c.castmethod
FROM pg_cast c
WHERE c.oid >= 16384
