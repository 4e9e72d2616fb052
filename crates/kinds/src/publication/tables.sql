-- Tables of publications.
SELECT r.oid, p.pubname, r.prrelid,
       r.prattrs, -- since 15, else NULL AS prattrs,
       pg_get_expr(r.prqual, r.prrelid) AS filter -- since 15, else NULL AS filter
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
