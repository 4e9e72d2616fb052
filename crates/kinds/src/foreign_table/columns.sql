-- Options of columns of foreign tables.
SELECT a.attrelid, a.attnum,
       (SELECT array_agg(o.option_name || '=' || o.option_value) FROM pg_options_to_table(a.attfdwoptions) o) AS options
FROM pg_foreign_table f JOIN pg_attribute a ON a.attrelid = f.ftrelid
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attfdwoptions IS NOT NULL
