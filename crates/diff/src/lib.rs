//! The difference between two schemas; knows no kind of object and no SQL.
