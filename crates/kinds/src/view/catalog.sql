-- Views and materialized views, each with the rule that makes it one: dependencies are that rule's.
SELECT r.ev_class, r.oid AS rule, pg_get_viewdef(r.ev_class) AS definition,
       (SELECT c.relam FROM pg_class c WHERE c.oid = r.ev_class) AS access_method,
       (SELECT c.relispopulated FROM pg_class c WHERE c.oid = r.ev_class) AS populated,
       (SELECT c.relreplident FROM pg_class c WHERE c.oid = r.ev_class) AS replica_identity
FROM pg_rewrite r
WHERE r.rulename = '_RETURN' AND r.ev_class >= 16384
