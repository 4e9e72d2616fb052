-- What belongs to an extension: never ours.
SELECT classid, objid, refobjid
FROM pg_depend
WHERE deptype = 'e' AND refclassid = 3079 AND objid >= 16384
