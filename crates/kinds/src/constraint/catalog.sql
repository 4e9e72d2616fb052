-- Constraints of tables and domains, but for those that a partition has from its parent and for constraint triggers.
-- named_by: whose columns' names the expression holds; see catalog/lent.rs.
SELECT c.oid, c.conname, c.contype, c.conrelid, c.contypid, c.conkey, c.confrelid, c.confkey,
       c.confupdtype, c.confdeltype, c.confmatchtype,
       c.confdelsetcols, -- since 15, else NULL AS confdelsetcols,
       c.condeferrable, c.condeferred, c.convalidated, c.connoinherit, c.conislocal, c.coninhcount, c.conparentid, c.conindid,
       c.conenforced, -- since 18, else true AS conenforced,
       c.conperiod, -- since 18, else false AS conperiod,
       c.named_by, CASE c.contype WHEN 'c' THEN pg_get_expr(c.conbin, c.named_by) WHEN 'x' THEN pg_get_constraintdef(c.oid) END AS expression,
       i.indnatts, i.indnkeyatts, i.indkey,
       i.indnullsnotdistinct, -- since 15, else false AS indnullsnotdistinct,
       i.indisclustered, i.indisreplident
FROM (SELECT *, CASE WHEN contype = 'c' AND 0 < ALL (conkey) AND 31 >= ALL (conkey) AND strpos(conbin::text, 'sta') = 0
                     THEN 2619 ELSE conrelid END AS named_by
      FROM pg_constraint WHERE oid >= 16384 AND contype IN ('c', 'f', 'p', 'u', 'x') OFFSET 0) c
     LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u', 'x')
