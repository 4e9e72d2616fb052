//! What the attributes accept compiles, beside other derives, and leaves nothing behind.

#![allow(dead_code, reason = "the items are read by macros only")]

use limbeck_derive::{Composite, Domain, Enum, Table};

#[derive(Debug, Default, Clone, Copy, PartialEq, Enum)]
#[pg(schema = "habits", rename_all = "snake_case")]
enum Cadence {
    #[default]
    Daily,
    #[pg(renamed_from = "per_month")]
    Monthly,
}

#[derive(Debug, Default, Domain)]
#[pg(schema = "habits", check = "value ~ '^[a-z0-9-]+$'")]
struct Slug(String);

#[derive(Debug, Default, Composite)]
struct Place {
    street: String,
    #[pg(type = "char(2)")]
    country: String,
}

#[derive(Debug, Default, Table)]
#[table(schema = "habits", unique(owner_id, slug, nulls_not_distinct))]
#[table(index(owner_id, "created_at desc", where = "archived_at is null", include(r#type)))]
#[limbeck(table(check(name = "positive", expr = "goal > 0")))]
struct Habit<T: Default> {
    #[column(pk, identity = "always")]
    id: i64,
    #[column(references(auth::Owner, on_delete = "cascade"))]
    owner_id: i64,
    #[limbeck(column(renamed_from = "name", type = "varchar(200)"))]
    r#type: String,
    slug: Slug,
    #[column(default = "'daily'")]
    cadence: Cadence,
    #[column(default = -1)]
    goal: i32,
    place: Place,
    created_at: String,
    #[column(skip)]
    cache: T,
}

limbeck_derive::sql!(r"CREATE VIEW habits.open AS SELECT 1;");

#[test]
fn items_are_what_they_were_without_the_derives() {
    let habit = Habit::<u8>::default();
    assert_eq!(habit.cadence, Cadence::Daily);
    assert_eq!(std::mem::size_of::<Cadence>(), 1);
}
