//! Changes that no statement makes without losing rows: there is no plan.

use limbeck_plan::Error;

use super::*;

/// A base type with these further clauses, and what is made of it.
fn base_type(clauses: &str, made_of_it: &str) -> TestDatabase {
    let database = TestDatabase::new();
    let function = "LANGUAGE internal IMMUTABLE STRICT";
    database.execute(&format!(
        "CREATE TYPE b;
         CREATE FUNCTION i(cstring) RETURNS b {function} AS 'textin';
         CREATE FUNCTION j(cstring) RETURNS b {function} AS 'textin';
         CREATE FUNCTION o(b) RETURNS cstring {function} AS 'textout';
         CREATE TYPE b (OUTPUT = o, {clauses});
         {made_of_it}"
    ));
    database
}

#[test]
fn a_base_type_is_not_dropped_under_its_columns() {
    let holders = [
        ("CREATE TABLE t (a b)", Some("a")),
        ("CREATE TABLE t (i integer, c b[])", Some("c")),
        ("CREATE DOMAIN d AS b; CREATE TYPE y AS (f d); CREATE TABLE t (h y)", Some("h")),
        ("CREATE TABLE t (i integer); CREATE VIEW v AS SELECT 'x'::b AS x", None),
    ];
    let changes = [
        ("INPUT = i, STORAGE = extended", "INPUT = i"),
        ("INPUT = i", "INPUT = j"),
        ("INPUT = i, INTERNALLENGTH = 8", "INPUT = i, INTERNALLENGTH = 16"),
    ];
    for (made, column) in holders {
        for (from, to) in changes {
            let ((from, version), (to, _)) = (base_type(from, made).read(), base_type(to, made).read());
            let plan = plan(&from, &to, &Options { version, ..Options::default() });
            match (plan, column) {
                (Err(Error::BaseType { column, .. }), Some(name)) => assert_eq!(column.name.as_str(), name),
                (Ok(plan), None) => assert!(!plan.statements.is_empty()),
                (other, _) => panic!("{made}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_range_with_a_canonical_function_is_not_dropped_under_its_columns() {
    let range = |clause: &str| {
        let database = TestDatabase::new();
        database.execute(&format!(
            "CREATE TYPE r;
             CREATE FUNCTION c(r) RETURNS r LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
             CREATE FUNCTION d(integer, integer) RETURNS float LANGUAGE sql IMMUTABLE AS 'SELECT 1.0::float';
             CREATE TYPE r AS RANGE (SUBTYPE = integer, CANONICAL = c{clause});
             CREATE TABLE t (a r)"
        ));
        database.read()
    };
    let ((from, version), (to, _)) = (range(""), range(", SUBTYPE_DIFF = d"));
    let plan = plan(&from, &to, &Options { version, ..Options::default() });
    assert!(matches!(plan, Err(Error::BaseType { column, .. }) if column.name.as_str() == "a"));
}
