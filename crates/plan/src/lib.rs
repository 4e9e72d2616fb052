//! Changes to an ordered plan of statements.
