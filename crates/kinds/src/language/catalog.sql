-- Procedural languages of users.
SELECT l.oid, l.lanname, l.lanpltrusted, nullif(l.lanplcallfoid, 0)::regproc AS handler, nullif(l.laninline, 0)::regproc AS inline,
       nullif(l.lanvalidator, 0)::regproc AS validator
FROM pg_language l
WHERE l.lanispl AND l.oid >= 16384
