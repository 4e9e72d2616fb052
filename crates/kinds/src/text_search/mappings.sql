-- Which dictionaries a configuration asks for each type of token, in their order.
SELECT m.mapcfg, t.alias, array_agg(m.mapdict::regdictionary::text ORDER BY m.mapseqno) AS dictionaries
FROM pg_ts_config c CROSS JOIN LATERAL ts_token_type(c.cfgparser) t
     JOIN pg_ts_config_map m ON m.mapcfg = c.oid AND m.maptokentype = t.tokid
WHERE c.oid >= 16384
GROUP BY m.mapcfg, t.alias
ORDER BY m.mapcfg, t.alias
