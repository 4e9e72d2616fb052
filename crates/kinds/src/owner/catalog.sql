-- Owners of everything that has one; whoever does not compare owners need not read this.
SELECT a.classid, a.oid, r.rolname
FROM (SELECT 1259 AS classid, oid, relowner AS owner FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relpersistence <> 't'
      UNION ALL SELECT 1255, oid, proowner FROM pg_proc WHERE oid >= 16384
      UNION ALL SELECT 1247, oid, typowner FROM pg_type WHERE oid >= 16384 AND typtype <> 'm' AND typrelid = 0 AND typcategory <> 'A'
      UNION ALL SELECT 1247, t.oid, t.typowner FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid WHERE t.oid >= 16384 AND c.relkind = 'c'
      UNION ALL SELECT 2615, oid, nspowner FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public'
      UNION ALL SELECT 2612, oid, lanowner FROM pg_language WHERE oid >= 16384
      UNION ALL SELECT 3456, oid, collowner FROM pg_collation WHERE oid >= 16384
      UNION ALL SELECT 2607, oid, conowner FROM pg_conversion WHERE oid >= 16384
      UNION ALL SELECT 2617, oid, oprowner FROM pg_operator WHERE oid >= 16384
      UNION ALL SELECT 2753, oid, opfowner FROM pg_opfamily WHERE oid >= 16384
      UNION ALL SELECT 2616, oid, opcowner FROM pg_opclass WHERE oid >= 16384
      UNION ALL SELECT 3600, oid, dictowner FROM pg_ts_dict WHERE oid >= 16384
      UNION ALL SELECT 3602, oid, cfgowner FROM pg_ts_config WHERE oid >= 16384
      UNION ALL SELECT 2328, oid, fdwowner FROM pg_foreign_data_wrapper
      UNION ALL SELECT 1417, oid, srvowner FROM pg_foreign_server
      UNION ALL SELECT 6104, oid, pubowner FROM pg_publication
      UNION ALL SELECT 6100, oid, subowner FROM pg_subscription WHERE subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) -- since 14, else
      UNION ALL SELECT 3466, oid, evtowner FROM pg_event_trigger
      UNION ALL SELECT 3381, oid, stxowner FROM pg_statistic_ext) a
     JOIN pg_roles r ON r.oid = a.owner
