WITH RECURSIVE base AS (
  SELECT t.oid AS type, t.oid AS base, -1 AS typmod, false AS not_null FROM pg_catalog.pg_type AS t
  UNION ALL
  SELECT b.type, t.typbasetype, t.typtypmod, b.not_null OR t.typnotnull
  FROM base AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.base WHERE t.typtype = 'd'
)
SELECT a.attrelid, a.attname, a.attnotnull OR b.not_null AS not_null,
  a.attgenerated <> '' AS generated,
  CASE WHEN a.attidentity <> '' THEN true ELSE COALESCE(strpos(pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'nextval(') = 1, false) END AS numbered,
  a.atthasdef AS has_default,
  t.typname AS base, t.typtype, t.typcategory,
  CASE WHEN b.typmod >= 0 THEN b.typmod ELSE a.atttypmod END AS typmod,
  e.typname AS element, r.rngname AS subtype,
  (SELECT array_to_string(array_agg(l.enumlabel ORDER BY l.enumsortorder), E'\x1f') FROM pg_catalog.pg_enum AS l
   WHERE l.enumtypid IN (b.base, t.typelem)) AS labels,
  (SELECT string_agg(pg_catalog.pg_get_constraintdef(k.oid), ' ') FROM pg_catalog.pg_constraint AS k
   JOIN base AS o ON o.base = k.contypid WHERE o.type = a.atttypid AND k.contypid <> 0) AS domain_checks,
  (SELECT count(*) FROM pg_catalog.pg_attribute AS m WHERE m.attrelid = t.typrelid AND t.typrelid <> 0 AND m.attnum > 0 AND NOT m.attisdropped) AS parts,
  (SELECT o.typname FROM pg_catalog.pg_type AS o WHERE o.oid = a.atttypid) AS declared
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
JOIN base AS b ON b.type = a.atttypid
JOIN pg_catalog.pg_type AS t ON t.oid = b.base AND t.typtype <> 'd'
LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND t.typcategory = 'A'
LEFT JOIN LATERAL (
  SELECT s.typname AS rngname FROM pg_catalog.pg_range AS g JOIN pg_catalog.pg_type AS s ON s.oid = g.rngsubtype
  WHERE g.rngtypid = t.oid OR pg_catalog.to_jsonb(g) ->> 'rngmultitypid' = t.oid::text
) AS r ON true
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
