-- Operators; one without a function is a promise of another's COMMUTATOR or NEGATOR clause.
SELECT o.oid, o.oprnamespace, o.oprname,
       CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) END AS "left", CASE WHEN o.oprright <> 0 THEN format_type(o.oprright, NULL) END AS "right",
       o.oprcode::regproc AS function,
       (SELECT CASE WHEN n.nspname = 'pg_catalog' THEN c.oprname ELSE 'OPERATOR(' || quote_ident(n.nspname) || '.' || c.oprname || ')' END
        FROM pg_operator c JOIN pg_namespace n ON n.oid = c.oprnamespace WHERE c.oid = o.oprcom) AS commutator,
       (SELECT CASE WHEN n.nspname = 'pg_catalog' THEN c.oprname ELSE 'OPERATOR(' || quote_ident(n.nspname) || '.' || c.oprname || ')' END
        FROM pg_operator c JOIN pg_namespace n ON n.oid = c.oprnamespace WHERE c.oid = o.oprnegate) AS negator,
       nullif(o.oprrest::oid, 0)::regproc AS "restrict", nullif(o.oprjoin::oid, 0)::regproc AS "join",
       o.oprcanmerge, o.oprcanhash
FROM pg_operator o
WHERE o.oid >= 16384 AND o.oprcode <> 0
