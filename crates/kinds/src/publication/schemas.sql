-- Schemas whose tables are published.
SELECT s.oid, p.pubname, s.pnnspid
FROM pg_publication_namespace s JOIN pg_publication p ON p.oid = s.pnpubid
