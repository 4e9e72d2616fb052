-- The labels of each enum in their order; an enum without labels has one row without label.
SELECT t.oid, t.typnamespace, t.typname,
       (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels
FROM pg_type t
WHERE t.typtype = 'e' AND t.oid >= 16384
