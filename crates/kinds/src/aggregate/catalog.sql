-- Aggregates; functions print as `regproc` does, with their schema where they need it.
SELECT p.oid, p.pronamespace, p.proname, oidvectortypes(p.proargtypes) AS signature,
       pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
       a.aggkind, p.proparallel, a.aggtransfn, format_type(a.aggtranstype, NULL) AS state, a.aggtransspace,
       a.aggfinalfn, a.aggfinalextra, a.aggfinalmodify, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.agginitval,
       a.aggmtransfn, a.aggminvtransfn, CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END AS moving_state,
       a.aggmtransspace, a.aggmfinalfn, a.aggmfinalextra, a.aggmfinalmodify, a.aggminitval,
       (SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname)
        FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = a.aggsortop) AS sort_operator
FROM pg_proc p JOIN pg_aggregate a ON a.aggfnoid = p.oid
WHERE p.oid >= 16384
