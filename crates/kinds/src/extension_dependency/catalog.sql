-- What ALTER … DEPENDS ON EXTENSION said: objects that go with an extension which does not hold them.
SELECT d.classid, d.objid, e.extname
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
WHERE d.refclassid = 3079 AND d.deptype = 'x' AND d.objid >= 16384
