-- Event triggers.
SELECT e.oid, e.evtname, e.evtevent, e.evttags, e.evtenabled, e.evtfoid::regproc AS function
FROM pg_event_trigger e
WHERE e.oid >= 16384
