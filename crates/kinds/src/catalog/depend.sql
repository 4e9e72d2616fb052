-- What objects need beyond what their own rows say: functions, types and columns inside expressions, bodies and views.
SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid
FROM pg_depend
WHERE refobjid >= 16384
  AND deptype IN ('n', 'a')
  AND refclassid NOT IN (2615, 3079)
  AND NOT (classid IN (1259, 2606) AND refclassid = 1259 AND objsubid >= 0 AND deptype = 'a')
  AND NOT (classid = 1259 AND refclassid = 1247 AND objsubid > 0)
  AND NOT (classid = 2606 AND refclassid = 1259 AND deptype = 'n')
