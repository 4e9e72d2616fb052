-- All types by oid: built-in ones for the defaults of their columns, the users' for their names.
SELECT oid, typnamespace, typname, typtype, CASE WHEN typcategory = 'A' THEN typelem ELSE 0 END AS element,
       typrelid, typbasetype, typstorage, typcollation
FROM pg_type
