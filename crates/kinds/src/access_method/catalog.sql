-- Access methods of tables and indexes.
SELECT oid, amname, amtype, amhandler::regproc AS handler
FROM pg_am
