//! Tests of the whole; see `all/`.
