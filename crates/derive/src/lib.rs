//! The derive macros of Limbeck.
