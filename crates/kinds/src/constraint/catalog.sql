-- Constraints of tables and domains, but for those that a partition has from its parent and for constraint triggers.
SELECT c.oid, c.conname, c.contype, c.conrelid, c.contypid, c.conkey, c.confrelid, c.confkey,
       c.confupdtype, c.confdeltype, c.confmatchtype,
       c.confdelsetcols, -- since 15, else NULL AS confdelsetcols,
       c.condeferrable, c.condeferred, c.convalidated, c.connoinherit, c.conislocal, c.coninhcount, c.conparentid, c.conindid,
       c.conenforced, -- since 18, else true AS conenforced,
       c.conperiod, -- since 18, else false AS conperiod,
       CASE c.contype WHEN 'c' THEN pg_get_expr(c.conbin, c.conrelid) WHEN 'x' THEN pg_get_constraintdef(c.oid) END AS expression,
       i.indnatts, i.indnkeyatts, i.indkey,
       i.indnullsnotdistinct, -- since 15, else false AS indnullsnotdistinct,
       i.indisclustered, i.indisreplident
FROM pg_constraint c LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u', 'x')
WHERE c.oid >= 16384 AND c.contype IN ('c', 'f', 'p', 'u', 'x')
