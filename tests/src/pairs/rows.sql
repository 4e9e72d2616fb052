SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
       coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) AS whole,
       (pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(
           pg_catalog.format('SELECT count(*) AS n FROM ONLY %I.%I', n.nspname, c.relname), false, true, ''))
       )[1]::text::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.oid >= 16384
ORDER BY 1
