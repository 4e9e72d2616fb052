//! The attribute grammar of models, parsed from syn's trees; knows no PostgreSQL object.
