//! What Limbeck knows about each kind of PostgreSQL object; does no I/O.
