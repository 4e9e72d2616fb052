//! The PostgreSQL end: connect, read the catalogs, scratch servers, apply.
