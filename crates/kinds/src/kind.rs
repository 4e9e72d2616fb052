//! Every kind and its rank, in one list: the rank is the order of creation where needs leave it open.
//!
//! A kind with a folder of its own names its constant there once more; kinds without one are known so that
//! others can point at them.

use limbeck_schema::Kind;

macro_rules! ranks {
    ($($constant:ident $rank:literal $name:literal,)*) => {
        $(#[doc = concat!("The kind `", $name, "`.")] pub const $constant: Kind = Kind::new(&($rank, $name));)*
    };
}

ranks! {
    SCHEMA 10 "schema",
    EXTENSION 12 "extension",
    LANGUAGE 13 "language",
    ACCESS_METHOD 14 "access method",
    COLLATION 15 "collation",
    FOREIGN_DATA_WRAPPER 16 "foreign-data wrapper",
    SERVER 17 "server",
    USER_MAPPING 18 "user mapping",
    SHELL_TYPE 19 "shell type",
    ENUM 20 "enum",
    DOMAIN 21 "domain",
    COMPOSITE_TYPE 22 "composite type",
    RANGE_TYPE 23 "range type",
    BASE_TYPE 24 "base type",
    FUNCTION 26 "function",
    PROCEDURE 27 "procedure",
    AGGREGATE 28 "aggregate",
    CAST 30 "cast",
    OPERATOR 31 "operator",
    OPERATOR_FAMILY 32 "operator family",
    OPERATOR_CLASS 33 "operator class",
    CONVERSION 34 "conversion",
    TRANSFORM 35 "transform",
    TEXT_SEARCH_PARSER 36 "text search parser",
    TEXT_SEARCH_TEMPLATE 37 "text search template",
    TEXT_SEARCH_DICTIONARY 38 "text search dictionary",
    TEXT_SEARCH_CONFIGURATION 39 "text search configuration",
    SEQUENCE 40 "sequence",
    TABLE 42 "table",
    FOREIGN_TABLE 43 "foreign table",
    COLUMN 44 "column",
    DOMAIN_CONSTRAINT 46 "domain constraint",
    CONSTRAINT 47 "constraint",
    INDEX 48 "index",
    SEQUENCE_OWNER 49 "sequence owner",
    VIEW 50 "view",
    MATERIALIZED_VIEW 51 "materialized view",
    STATISTICS 53 "statistics",
    RULE 55 "rule",
    TRIGGER 56 "trigger",
    EVENT_TRIGGER 57 "event trigger",
    POLICY 58 "policy",
    ROW_SECURITY 59 "row security",
    FOREIGN_COLUMN 60 "foreign column options",
    PUBLICATION 62 "publication",
    SUBSCRIPTION 63 "subscription",
    PUBLICATION_TABLE 64 "publication table",
    PUBLICATION_SCHEMA 65 "publication schema",
    OWNER 80 "owner",
    DEFAULT_PRIVILEGES 82 "default privileges",
    GRANT 84 "grant",
    EXTENSION_DEPENDENCY 86 "extension dependency",
    COMMENT 90 "comment",
    SECURITY_LABEL 92 "security label",
}
