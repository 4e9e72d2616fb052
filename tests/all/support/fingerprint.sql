-- Which rows the catalogs hold, and which transaction wrote each: a write that changed nothing would show as well.
SELECT 'pg_namespace', md5(string_agg(format('%s %s %s', oid, xmin, c), ',' ORDER BY oid)) FROM pg_namespace c
UNION ALL SELECT 'pg_class', md5(string_agg(format('%s %s %s', oid, xmin, relname), ',' ORDER BY oid)) FROM pg_class c
UNION ALL SELECT 'pg_attribute', md5(string_agg(format('%s %s %s', attrelid, attnum, xmin), ',' ORDER BY attrelid, attnum)) FROM pg_attribute c
UNION ALL SELECT 'pg_type', md5(string_agg(format('%s %s', oid, xmin), ',' ORDER BY oid)) FROM pg_type c
UNION ALL SELECT 'pg_proc', md5(string_agg(format('%s %s', oid, xmin), ',' ORDER BY oid)) FROM pg_proc c
UNION ALL SELECT 'pg_constraint', md5(string_agg(format('%s %s', oid, xmin), ',' ORDER BY oid)) FROM pg_constraint c
UNION ALL SELECT 'pg_index', md5(string_agg(format('%s %s', indexrelid, xmin), ',' ORDER BY indexrelid)) FROM pg_index c
UNION ALL SELECT 'pg_attrdef', md5(string_agg(format('%s %s', oid, xmin), ',' ORDER BY oid)) FROM pg_attrdef c
UNION ALL SELECT 'pg_enum', md5(string_agg(format('%s %s', oid, xmin), ',' ORDER BY oid)) FROM pg_enum c
UNION ALL SELECT 'pg_trigger', md5(string_agg(format('%s %s', oid, xmin), ',' ORDER BY oid)) FROM pg_trigger c
UNION ALL SELECT 'pg_policy', md5(string_agg(format('%s %s', oid, xmin), ',' ORDER BY oid)) FROM pg_policy c
UNION ALL SELECT 'pg_description', md5(string_agg(format('%s %s %s', objoid, objsubid, xmin), ',' ORDER BY objoid, objsubid)) FROM pg_description c
UNION ALL SELECT 'pg_depend', count(*)::text FROM pg_depend
ORDER BY 1;
