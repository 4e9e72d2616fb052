-- Rewrite rules, but for those that make a relation a view.
SELECT r.oid, r.ev_class, r.rulename, r.ev_enabled, pg_get_ruledef(r.oid) AS definition
FROM pg_rewrite r
WHERE r.oid >= 16384 AND r.rulename <> '_RETURN'
