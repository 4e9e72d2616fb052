-- Triggers of users; of a partition's share in its parent's trigger, only one that is enabled otherwise has a parent here.
SELECT t.oid, t.tgrelid, t.tgname, t.tgtype, t.tgattr, t.tgconstraint <> 0 AS is_constraint, t.tgconstrrelid,
       t.tgdeferrable, t.tginitdeferred, t.tgoldtable, t.tgnewtable, t.tgenabled,
       CASE WHEN t.tgparentid = 0 THEN pg_get_triggerdef(t.oid) END AS definition,
       CASE WHEN t.tgparentid <> 0 THEN
         (SELECT p.tgrelid FROM pg_trigger p
          WHERE p.oid = t.tgparentid AND NOT p.tgisinternal AND p.tgenabled <> t.tgenabled) END AS parent
FROM pg_trigger t
WHERE t.oid >= 16384 AND (NOT t.tgisinternal OR t.tgparentid <> 0)
