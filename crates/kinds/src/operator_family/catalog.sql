-- Operator families.
SELECT f.oid, f.opfnamespace, f.opfname, a.amname
FROM pg_opfamily f JOIN pg_am a ON a.oid = f.opfmethod
WHERE f.oid >= 16384
