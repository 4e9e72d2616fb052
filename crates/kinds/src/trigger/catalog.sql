-- Triggers of users; of a partition's share in its parent's trigger, only one that is enabled otherwise.
SELECT t.oid, t.tgrelid, t.tgname, t.tgtype, t.tgattr, t.tgconstraint <> 0 AS is_constraint, t.tgconstrrelid,
       t.tgdeferrable, t.tginitdeferred, t.tgoldtable, t.tgnewtable, t.tgenabled, pg_get_triggerdef(t.oid) AS definition,
       p.tgrelid AS parent
FROM pg_trigger t LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
WHERE t.oid >= 16384
  AND CASE WHEN p.oid IS NULL THEN NOT t.tgisinternal ELSE NOT p.tgisinternal AND p.tgenabled <> t.tgenabled END
