-- One row in every table of the schemas: the same value for every column of a type, so that all keys fit.
SET session_replication_role = replica;
DO $seed$
DECLARE
    relation record;
    field record;
    names text;
    vals text;
    filler text;
BEGIN
    FOR relation IN
        SELECT c.oid, c.oid::regclass AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname = ANY ('{SCHEMAS}')
            AND c.relname NOT IN ('alembic_version', 'limbeck_revisions')
        ORDER BY 2
    LOOP
        names := '';
        vals := '';
        FOR field IN
            SELECT a.attname, a.attnum, a.atttypid, t.typtype, t.typcategory, t.typname
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attgenerated = '' AND a.attidentity = ''
            ORDER BY a.attnum
        LOOP
            filler := coalesce(
                -- A check that lists values allows its first one.
                (SELECT (regexp_match(pg_get_constraintdef(k.oid), '''([^'']+)'''))[1] FROM pg_constraint k
                    WHERE k.conrelid = relation.oid AND k.contype = 'c' AND k.conkey = ARRAY[field.attnum]
                    ORDER BY k.conname LIMIT 1),
                CASE
                    WHEN field.typtype = 'e' THEN
                        (SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = field.atttypid ORDER BY e.enumsortorder LIMIT 1)
                    WHEN field.typname = 'uuid' THEN '00000000-0000-0000-0000-000000000001'
                    WHEN field.typname IN ('json', 'jsonb') THEN '{"a": 1}'
                    WHEN field.typcategory = 'N' THEN '1'
                    WHEN field.typcategory = 'B' THEN 'false'
                    WHEN field.typcategory = 'D' THEN '2025-09-06 08:00:00'
                    ELSE 'x'
                END);
            names := names || ', ' || quote_ident(field.attname);
            vals := vals || ', ' || quote_literal(filler);
        END LOOP;
        EXECUTE format('INSERT INTO %s (%s) VALUES (%s)', relation.name, substr(names, 3), substr(vals, 3));
    END LOOP;
END
$seed$;
