//! Ids, objects and schemas; knows no kind of object.
