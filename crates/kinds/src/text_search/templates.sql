-- Text search templates.
SELECT oid, tmplnamespace, tmplname, nullif(tmplinit::oid, 0)::regproc AS init, tmpllexize::regproc AS lexize
FROM pg_ts_template
WHERE oid >= 16384
