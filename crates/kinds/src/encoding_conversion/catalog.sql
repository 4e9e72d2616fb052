-- Conversions between encodings.
SELECT oid, connamespace, conname, pg_encoding_to_char(conforencoding) AS source, pg_encoding_to_char(contoencoding) AS target,
       conproc::regproc AS function, condefault
FROM pg_conversion
WHERE oid >= 16384
