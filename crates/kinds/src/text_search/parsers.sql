-- Text search parsers.
SELECT oid, prsnamespace, prsname, prsstart::regproc AS start, prstoken::regproc AS token, prsend::regproc AS "end",
       nullif(prsheadline::oid, 0)::regproc AS headline, prslextype::regproc AS lextypes
FROM pg_ts_parser
WHERE oid >= 16384
