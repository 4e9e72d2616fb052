//! The command line of Limbeck.

fn main() {}
