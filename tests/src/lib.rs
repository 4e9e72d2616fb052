//! Tests of the whole; see `all/`. What the long runs share with them lies here.

pub mod bench;
pub mod pairs;
