-- Parents of tables, of partitions and of partitions' indexes.
SELECT i.inhrelid, i.inhparent
FROM pg_inherits i
ORDER BY i.inhrelid, i.inhseqno
