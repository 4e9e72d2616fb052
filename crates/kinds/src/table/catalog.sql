-- Relations of every kind but TOAST tables: tables to read, the others for their names.
SELECT c.oid, c.relnamespace, c.relname, c.relkind, c.relpersistence, c.relam,
       CASE WHEN c.reltablespace <> 0 THEN (SELECT t.spcname FROM pg_tablespace t WHERE t.oid = c.reltablespace) END AS tablespace,
       c.reloptions || toast.options AS options, CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type, c.relreplident,
       c.relispartition, CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key
FROM pg_class c LEFT JOIN
     (SELECT oid, ARRAY(SELECT 'toast.' || option FROM unnest(reloptions) AS option) AS options
      FROM pg_class WHERE relkind = 't' AND reloptions IS NOT NULL) toast ON toast.oid = c.reltoastrelid
WHERE c.oid >= 16384 AND c.relkind <> 't' AND c.relpersistence <> 't'
