-- Views, each with the rule that makes it one: dependencies are that rule's.
SELECT c.oid, r.oid AS rule, pg_get_viewdef(c.oid) AS definition,
       ARRAY(SELECT format_type(a.atttypid, a.atttypmod)
                    || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END
             FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
             WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY a.attnum) AS types
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE r.rulename = '_RETURN' AND r.ev_class >= 16384 AND c.relkind = 'v' AND c.relpersistence <> 't'
