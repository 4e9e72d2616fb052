-- Extended statistics.
SELECT s.oid, s.stxnamespace, s.stxname, s.stxrelid, s.stxkind, coalesce(s.stxstattarget, -1) AS target, s.stxkeys,
       pg_get_statisticsobjdef_expressions(s.oid) AS expressions -- since 14, else NULL AS expressions
FROM pg_statistic_ext s
WHERE s.oid >= 16384
