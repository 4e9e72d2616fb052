SELECT k.conrelid, k.conname, k.contype,
  (SELECT string_agg(a.attname, E'\x1f' ORDER BY n.place) FROM unnest(k.conkey) WITH ORDINALITY AS n (attnum, place)
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = n.attnum) AS columns,
  k.confrelid,
  (SELECT string_agg(a.attname, E'\x1f' ORDER BY n.place) FROM unnest(k.confkey) WITH ORDINALITY AS n (attnum, place)
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = n.attnum) AS referenced,
  CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_constraintdef(k.oid) END AS definition
FROM pg_catalog.pg_constraint AS k
WHERE k.conrelid >= 16384 AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND (k.contype <> 'f' OR k.conparentid = 0)
UNION ALL
SELECT i.indrelid, c.relname, 'i',
  (SELECT string_agg(DISTINCT a.attname, E'\x1f') FROM pg_catalog.pg_attribute AS a
   WHERE a.attrelid = i.indrelid AND (a.attnum = ANY (i.indkey) OR 0 = ANY (i.indkey) AND a.attnum > 0)),
  0, NULL, pg_catalog.pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid >= 16384 AND i.indisunique AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
-- The bounds of partitions, however deep, say what the columns of the key may hold.
SELECT t.relid, c.relname, 'b',
  (SELECT string_agg(a.attname, E'\x1f') FROM pg_catalog.pg_partitioned_table AS p
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.relid AND a.attnum > 0
   WHERE p.partrelid = h.inhparent AND (a.attnum = ANY (p.partattrs) OR 0 = ANY (p.partattrs))),
  0, NULL, pg_catalog.pg_get_expr(c.relpartbound, c.oid)
FROM (SELECT r.oid AS relid FROM pg_catalog.pg_class AS r WHERE r.relkind = 'p' AND NOT r.relispartition) AS t
CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.relid) AS l
JOIN pg_catalog.pg_class AS c ON c.oid = l.relid
JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = c.oid
WHERE c.relpartbound IS NOT NULL
ORDER BY 1, 3, 2
