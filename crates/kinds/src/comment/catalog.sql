-- Comments on objects of users; the comment that every database has on schema public is left out.
SELECT classoid, objoid, objsubid, description
FROM pg_description
WHERE (objoid >= 16384 OR classoid = 2615)
  AND NOT (classoid = 2615 AND objoid < 16384 AND description = 'standard public schema')
