-- Transforms between types and languages.
SELECT t.oid, t.trftype, format_type(t.trftype, NULL) AS type, l.lanname,
       nullif(t.trffromsql::oid, 0)::regprocedure AS from_sql, nullif(t.trftosql::oid, 0)::regprocedure AS to_sql
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
WHERE t.oid >= 16384
