-- What is said of single columns of indexes: parameters of operator classes, statistics targets.
SELECT a.attrelid, a.attnum, a.attoptions, coalesce(a.attstattarget, -1), i.indclass[a.attnum - 1] AS class
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_index i ON i.indexrelid = a.attrelid
WHERE c.relkind IN ('i', 'I') AND a.attrelid >= 16384 AND a.attnum > 0 AND (a.attoptions IS NOT NULL OR a.attstattarget >= 0)
