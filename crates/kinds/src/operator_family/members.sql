-- Operators and functions of operator families and classes: of the class where the class cannot be without it, else of the family.
SELECT 2602 AS classid, o.oid, d.refclassid, d.refobjid, o.amopstrategy AS number,
       format_type(o.amoplefttype, NULL) AS "left", format_type(o.amoprighttype, NULL) AS "right",
       o.amopopr::regoperator::text AS what,
       CASE WHEN o.amopsortfamily <> 0 THEN (SELECT quote_ident(n.nspname) || '.' || quote_ident(s.opfname) FROM pg_opfamily s JOIN pg_namespace n ON n.oid = s.opfnamespace WHERE s.oid = o.amopsortfamily) END AS sort_family
FROM pg_amop o JOIN pg_depend d ON d.classid = 2602 AND d.objid = o.oid AND d.refclassid IN (2616, 2753) AND d.deptype IN ('a', 'i') AND NOT (d.refclassid = 2753 AND d.refobjid = o.amopsortfamily)
WHERE o.oid >= 16384
UNION ALL
SELECT 2603, p.oid, d.refclassid, d.refobjid, p.amprocnum,
       format_type(p.amproclefttype, NULL), format_type(p.amprocrighttype, NULL), p.amproc::regprocedure::text, NULL
FROM pg_amproc p JOIN pg_depend d ON d.classid = 2603 AND d.objid = p.oid AND d.refclassid IN (2616, 2753) AND d.deptype IN ('a', 'i')
WHERE p.oid >= 16384
ORDER BY 1, 5, 6, 7
