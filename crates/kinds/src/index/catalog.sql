-- Indexes, but for those that belong to a constraint: these are the constraint's.
-- named_by: whose columns' names the predicate holds; see catalog/lent.rs.
SELECT i.indexrelid, i.indrelid, i.indnkeyatts, i.indisunique,
       i.indnullsnotdistinct, -- since 15, else false AS indnullsnotdistinct,
       i.indisclustered, i.indisvalid, i.indisreplident, i.indkey, i.indcollation, i.indclass, i.indoption,
       CASE WHEN i.indexprs IS NOT NULL THEN
         (SELECT array_agg(pg_get_indexdef(i.indexrelid, k, false) ORDER BY k) FROM generate_series(1, i.indnkeyatts) k) END AS keys,
       i.named_by, CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.named_by) END AS predicate
FROM (SELECT *, CASE WHEN indpred IS NOT NULL AND strpos(indpred::text, 'sta') = 0
                          AND strpos(indpred::text, ':varattno 0 ') = 0 AND strpos(indpred::text, ':varattno -') = 0
                          AND (SELECT relnatts FROM pg_class WHERE pg_class.oid = indrelid) <= 31
                     THEN 2619 ELSE indrelid END AS named_by
      FROM pg_index WHERE indexrelid >= 16384 OFFSET 0) i
