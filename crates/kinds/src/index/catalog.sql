-- Indexes, but for those that belong to a constraint: these are the constraint's.
SELECT i.indexrelid, i.indrelid, i.indnkeyatts, i.indisunique,
       i.indnullsnotdistinct, -- since 15, else false AS indnullsnotdistinct,
       i.indisclustered, i.indisvalid, i.indisreplident, i.indkey, i.indcollation, i.indclass, i.indoption,
       CASE WHEN i.indexprs IS NOT NULL THEN
         (SELECT array_agg(pg_get_indexdef(i.indexrelid, k, false) ORDER BY k) FROM generate_series(1, i.indnkeyatts) k) END AS keys,
       CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.indrelid) END AS predicate
FROM pg_index i
WHERE i.indexrelid >= 16384
