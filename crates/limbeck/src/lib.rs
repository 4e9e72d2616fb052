//! Limbeck as a library: derives, migrator, guard.
