-- Attributes of composite types that stand alone; a type without attributes has one row without attribute.
SELECT c.oid, c.relnamespace, c.relname, c.reltype, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod) AS type, a.attcollation
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'c' AND c.oid >= 16384
ORDER BY c.oid, a.attnum
