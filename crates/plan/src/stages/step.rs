//! The trigger that keeps two columns in step.
//!
//! It fires before each row is written, after the table's other triggers (they fire in order of their names), also
//! where changes are replayed from another server. Who wrote is told by what changed: code that knows only the old
//! column leaves the new one as it was. Values are compared exactly, so that `1.0` after `1.00` is a change.

use limbeck_kinds::column::{Column, carried};
use limbeck_kinds::function::Function;
use limbeck_kinds::routine::{Body, Routine};
use limbeck_kinds::trigger::{self, Event, Firing, Trigger, TriggerDefinition};
use limbeck_kinds::{Object, Schema, TypeName, expression, kind, names, table};
use limbeck_schema::{Id, Incidental};
use limbeck_sql::{Ident, Name, Sql, sql};

/// The two columns of a pair in one of the states, and what each says of the other.
#[derive(Clone, Debug)]
pub(super) struct InStep {
    /// The old column, as it is called there.
    pub(super) old: Column,
    /// The new one.
    pub(super) new: Column,
    /// The old column's value as the new one takes it.
    pub(super) forth: Sql,
    /// The new column's value as the old one takes it.
    pub(super) back: Sql,
}

impl InStep {
    pub(super) fn new(old: &Column, new: &Column, old_name: Ident, new_name: Ident) -> Self {
        let called = |column: &Column, name| Column { id: column.id.with_name(name), ..column.clone() };
        let (at_old, at_new) = (called(old, old_name), called(new, new_name));
        // A hint speaks of the column under its new name, as `ALTER COLUMN … USING` would.
        let forth = match new.using.0 {
            Some(hint) if old.ty != new.ty => expression::rename_column(&hint.sql(), new.id.name, old_name),
            _ => carried(&at_old, &Column { using: Incidental(None), ..new.clone() }),
        };
        // What was read in a time zone is written in the same one.
        let back = match zone(old, new) {
            Some(zone) => sql!("{} AT TIME ZONE {}", new_name, zone),
            None => carried(&at_new, &Column { using: Incidental(None), ..old.clone() }),
        };
        Self { old: at_old, new: at_new, forth, back }
    }

    /// Rows whose columns say different things, whichever of them is asked.
    pub(super) fn out_of_step(&self) -> Sql {
        let (old, new) = (self.old.id.name, self.new.id.name);
        let table = self.old.table();
        let (old_value, new_value) = (sql!("{}", old), sql!("{}", new));
        if self.old.ty == self.new.ty {
            return sql!(
                "SELECT count(*) FROM {} WHERE {}",
                table,
                differ(&self.new, &new_value, &old_value)
            );
        }
        sql!(
            "SELECT count(*) FROM {} WHERE CASE WHEN {} THEN {} END",
            table,
            differ(&self.new, &new_value, &typed(&self.forth, old, &self.new.ty)),
            differ(&self.old, &old_value, &typed(&self.back, new, &self.old.ty))
        )
    }

    /// The part of the trigger's function that looks after this pair.
    fn block(&self, number: usize) -> Sql {
        let (old, new) = (self.old.id.name, self.new.id.name);
        let said = Ident::new(&format!("said_{number}"));
        let table = self.old.table().name;
        let field = |row: &str, name: Ident| sql!("{}.{}", Sql::from_trusted(row), name.quoted());
        let of_row = |text: &Sql, name: Ident| {
            if *text == sql!("{}", name) {
                field("NEW", name)
            } else {
                sql!("(SELECT {} FROM (SELECT NEW.*) AS {})", text, table)
            }
        };
        sql!(
            "
    IF TG_OP = 'INSERT' AND {} IS NULL OR TG_OP = 'UPDATE' AND {} THEN
        -- Written by code that knows the old column only, if at all.
        IF TG_OP = 'INSERT' OR {} THEN
            {} := {};
        END IF;
    ELSE
        {} := {};
        IF {} THEN
            {} := {};
        END IF;
    END IF;",
            field("NEW", new),
            same(&self.new, &field("NEW", new), &field("OLD", new)),
            differ(&self.old, &field("NEW", old), &field("OLD", old)),
            field("NEW", new),
            of_row(&self.forth, old),
            said,
            of_row(&self.forth, old),
            differ(&self.new, &field("NEW", new), &sql!("{}", said)),
            field("NEW", old),
            of_row(&self.back, new)
        )
    }
}

/// An expression as a value of that type.
fn typed(text: &Sql, name: Ident, ty: &TypeName) -> Sql {
    if *text == sql!("{}", name) { sql!("{}::{}", text, ty) } else { sql!("({})::{}", text, ty) }
}

/// Whether two values of a column's type differ. Equal values that look different (`1.0` and `1.00`, text under a
/// collation of its own) are told apart by their images.
fn differ(column: &Column, left: &Sql, right: &Sql) -> Sql {
    if is_exact(column) {
        sql!("{} IS DISTINCT FROM {}", left, right)
    } else {
        sql!("ROW({})::record OPERATOR(pg_catalog.*<>) ROW({})::record", left, right)
    }
}

fn same(column: &Column, left: &Sql, right: &Sql) -> Sql {
    if is_exact(column) {
        sql!("{} IS NOT DISTINCT FROM {}", left, right)
    } else {
        sql!("ROW({})::record OPERATOR(pg_catalog.*=) ROW({})::record", left, right)
    }
}

/// Whether equal values of a column are the same value.
fn is_exact(column: &Column) -> bool {
    const EXACT: [&str; 13] = [
        "smallint",
        "integer",
        "bigint",
        "boolean",
        "uuid",
        "date",
        "text",
        "bytea",
        "character varying",
        "timestamp without time zone",
        "timestamp with time zone",
        "oid",
        "name",
    ];
    let ty = column.ty.as_built_in().unwrap_or_default();
    EXACT.contains(&ty.split('(').next().unwrap_or_default()) && column.collation.is_none()
}

/// Whether a value of one type means another value of the other one in another session.
pub(super) fn depends_on_session(old: &Column, new: &Column) -> bool {
    let zoned = |ty: &TypeName| ty.as_built_in().is_some_and(|ty| ty.contains("with time zone"));
    old.ty != new.ty && zoned(&old.ty) != zoned(&new.ty) && zone(old, new).is_none()
}

/// The time zone that a hint names for moments that become local times, or local times that become moments.
fn zone(old: &Column, new: &Column) -> Option<Sql> {
    let is_timestamp =
        |column: &Column| column.ty.as_built_in().is_some_and(|ty| ty.starts_with("timestamp"));
    let hint = new.using.0.filter(|_| is_timestamp(old) && is_timestamp(new) && old.ty != new.ty)?;
    expression::zone_of(&hint.sql(), new.id.name)
}

/// Adds the function and the trigger of a table to a state.
pub(super) fn add(schema: &mut Schema, table: Name, pairs: &[InStep]) {
    let mut body = sql!("\n#variable_conflict use_column\nDECLARE");
    for (number, pair) in pairs.iter().enumerate() {
        let said = Ident::new(&format!("said_{}", number + 1));
        body.push(&sql!("\n    {} {};", said, pair.new.ty));
    }
    body.push(&sql!("\nBEGIN"));
    for (number, pair) in pairs.iter().enumerate() {
        body.push(&pair.block(number + 1));
    }
    body.push(&sql!("\n    RETURN NEW;\nEND\n"));
    let name = function_name(table);
    let id = function_id(table);
    let routine = Routine {
        id,
        arguments: sql!(""),
        parameters: Vec::new(),
        defaults: 0,
        result: Some(sql!("trigger")),
        window: false,
        clauses: sql!(" LANGUAGE plpgsql\nAS "),
        body: Body::Text(quoted(&body)),
    };
    schema.insert(Function(routine).into());
    let trigger = Trigger {
        id: trigger_id(schema, table),
        on: table::id(table.schema, table.name),
        definition: Some(Box::new(TriggerDefinition {
            timing: sql!("BEFORE"),
            events: vec![Event::Insert, Event::Update],
            columns: Vec::new(),
            constraint: None,
            old_table: None,
            new_table: None,
            for_each_row: true,
            when: None,
            call: sql!("{}()", name),
        })),
        part_of: None,
        firing: Firing::Always,
    };
    schema.edges.entry(trigger.id).or_default().insert(id);
    schema.insert(trigger.into());
}

fn function_name(table: Name) -> Name {
    Name { schema: table.schema, name: names::object_name(table.name, None, "limbeck_step") }
}

/// The function that keeps a table's columns in step.
pub(super) fn function_id(table: Name) -> Id {
    let name = function_name(table).name;
    Id::inside(kind::FUNCTION, table.schema, Ident::new(&[&name.to_string(), "()"].concat()))
}

/// The trigger's name is the last among those of its table, because triggers fire in that order.
fn trigger_id(schema: &Schema, table: Name) -> Id {
    let mut name = String::from("zz_limbeck_step");
    let others: Vec<Ident> = schema
        .range(trigger::id(table, Ident::default())..)
        .map(|(id, _)| *id)
        .take_while(|id| id.kind == kind::TRIGGER && id.relation() == table)
        .map(|id| id.name)
        .collect();
    while name.len() < names::MAX_LENGTH && others.iter().any(|other| other.as_str() >= name.as_str()) {
        name.insert(0, 'z');
    }
    trigger::id(table, Ident::new(&name))
}

/// The trigger that keeps a table's columns in step, where the state has it.
pub(super) fn trigger_of(schema: &Schema, table: Name) -> Option<Id> {
    let function = function_id(table);
    schema
        .range(trigger::id(table, Ident::default())..)
        .take_while(|(id, _)| id.kind == kind::TRIGGER && id.relation() == table)
        .find(|(id, object)| {
            matches!(object, Object::Trigger(_))
                && schema.edges.get(id).is_some_and(|needs| needs.contains(&function))
        })
        .map(|(id, _)| *id)
}

/// As the server prints a body: `$function$…$function$`, with a longer tag where it holds that.
fn quoted(body: &Sql) -> Sql {
    let mut tag = String::from("$function$");
    while body.as_str().contains(tag.trim_end_matches('$')) {
        tag.insert(tag.len() - 1, 'x');
    }
    Sql::from_trusted([&tag, body.as_str(), &tag].concat())
}
