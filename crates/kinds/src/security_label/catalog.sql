-- Security labels on objects of users.
SELECT classoid, objoid, objsubid, provider, label
FROM pg_seclabel
WHERE objoid >= 16384 OR classoid = 2615
