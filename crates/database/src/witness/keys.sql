SELECT c.relname,
  (SELECT string_agg(a.attname, ' ' ORDER BY k.place)
   FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
   JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum) AS columns
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indrelid
WHERE c.relnamespace = 11 AND c.relkind = 'r' AND c.oid < 16384 AND i.indisunique
ORDER BY c.relname, i.indexrelid
