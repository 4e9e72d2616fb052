-- Publications.
SELECT p.oid, p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
       coalesce(to_jsonb(p) ->> 'pubgencols', 'n') AS generated
FROM pg_publication p
