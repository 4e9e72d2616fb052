-- Subscriptions of this database, without the connection, which only superusers may read.
SELECT s.oid, -- since 14, else SELECT 0 AS oid,
       s.subname, s.subslotname, s.subpublications,
       s.subsynccommit, s.subbinary, s.substream, -- since 14, else 'off' AS subsynccommit, false AS subbinary, 'f' AS substream,
       s.subtwophasestate <> 'd' AS two_phase, s.subdisableonerr, -- since 15, else false AS two_phase, false AS subdisableonerr,
       s.subpasswordrequired, s.subrunasowner, s.suborigin, -- since 16, else true AS subpasswordrequired, false AS subrunasowner, 'any' AS suborigin,
       s.subfailover -- since 17, else false AS subfailover
FROM pg_subscription s
WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
