-- How many rows each table of the schemas holds.
SELECT format('%s %s', c.oid::regclass,
    (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', c.oid::regclass), false, true, '')))[1])
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = ANY ('{SCHEMAS}') AND c.relname NOT IN ('alembic_version', 'limbeck_revisions')
ORDER BY 1;
