-- Sequences, with the column that owns each (deptype a: OWNED BY, i: identity).
SELECT s.seqrelid, c.relnamespace, c.relname,
       c.relpersistence, -- since 15, else 'p' AS relpersistence,
       format_type(s.seqtypid, NULL) AS type,
       s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       d.refobjid AS owner, d.refobjsubid AS owner_column, d.deptype
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
     LEFT JOIN pg_depend d ON d.classid = 1259 AND d.objid = s.seqrelid AND d.objsubid = 0
                          AND d.refclassid = 1259 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
WHERE s.seqrelid >= 16384 AND c.relpersistence <> 't'
