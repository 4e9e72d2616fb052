-- Operator classes by oid, for index columns.
SELECT oid, opcnamespace, opcname, opcmethod, opcintype, opcdefault
FROM pg_opclass
