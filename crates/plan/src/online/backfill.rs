//! Values for the rows of a column that is new, or that is to be NOT NULL: in batches outside of transactions, each
//! committed, so that no row is locked for long and a run that was killed goes on where rows still lack a value.

use limbeck_kinds::column::{Column, Value, backfill, rewrites_on_add};
use limbeck_kinds::sequence::{self, Sequence};
use limbeck_kinds::{Object, TypeBase, expression, kind, table};
use limbeck_sql::{DollarQuoted, Literal, LockMode, Name, Sql, Statement, Work, sql};

use super::{Online, not_null};

/// Pages of 8 kB in a batch: some ten thousand narrow rows, a fraction of a second.
const BATCH: u32 = 128;

/// The batches in place of the one UPDATE of a column's `backfill`.
pub(super) fn batches_of(column: &Column, statement: &Statement) -> Option<Statement> {
    let hint = column.backfill.0?;
    let whole = backfill(column, hint.sql());
    (statement.sql == whole.sql).then(|| batches(column, &hint.sql(), &lacking(column)))
}

/// A column with a default that differs from row to row, and so would have the table rewritten: the column, its
/// default for new rows, then batches for the others.
pub(super) fn added(
    column: &Column,
    statement: &Statement,
    version: i32,
) -> Option<(Vec<Statement>, Statement)> {
    let Value::Default(default) = &column.value else { return None };
    let of_domain =
        matches!(column.ty.base, TypeBase::User { brought_by, .. } if brought_by.kind == kind::DOMAIN);
    let (table, name) = (column.table(), column.id.name);
    let whole = sql!("ALTER TABLE {} ADD COLUMN {}", table, column.definition(version));
    // A domain may demand a value of its own.
    if statement.sql != whole || !rewrites_on_add(&column.value) || of_domain {
        return None;
    }
    let bare = Column { value: Value::Plain, not_null: None, ..column.clone() };
    let before = vec![
        table::alter(table, sql!("ADD COLUMN {}", bare.definition(version))),
        table::alter(table, sql!("ALTER COLUMN {} SET DEFAULT {}", name, default)),
    ];
    Some((before, batches(column, &sql!("DEFAULT"), &lacking(column))))
}

/// A new identity column: its rows are numbered in batches by a sequence of the moment, which hands its value over.
pub(super) fn numbered(
    column: &Column,
    statement: &Statement,
    online: &mut Online<'_>,
) -> Option<Vec<Statement>> {
    let Value::Identity(identity) = &column.value else { return None };
    let version = online.context.version;
    let (table, name) = (column.table(), column.id.name);
    let whole = sql!("ALTER TABLE {} ADD COLUMN {}", table, column.definition(version));
    // Parents and children number their rows together, or not at all, by version.
    let alone = table::children(online.context.to, table).is_empty()
        && table::parents(online.context.to, table).is_empty()
        && !table::is_partitioned(online.context.to, table);
    if statement.sql != whole || !alone {
        return None;
    }
    let sequence = online.names.free(table.schema, table.name, Some(name), "limbeck_seq");
    let id = sequence::id(table.schema, sequence);
    let numbers = Object::from(Sequence { id, unlogged: false, options: identity.options.clone() });
    let sequence = id.qualified();
    let literal = |name: Name| Literal::new(name.to_string());
    let bare = Column { value: Value::Plain, not_null: None, ..column.clone() };
    let mut statements = vec![table::alter(table, sql!("ADD COLUMN {}", bare.definition(version)))];
    statements.extend(numbers.create(online.context));
    let next = sql!("SET DEFAULT nextval({}::regclass)", literal(sequence));
    statements.push(table::alter(table, sql!("ALTER COLUMN {} {}", name, next)));
    statements.push(batches(column, &sql!("DEFAULT"), &lacking(column)));
    statements.extend(not_null::demand(column, Vec::new(), None, online));
    statements.push(table::alter(table, sql!("ALTER COLUMN {} DROP DEFAULT", name)));
    statements.push(table::alter(table, sql!("ALTER COLUMN {} ADD {}", name, identity.clause(table, name))));
    statements.push(Statement::new(sql!(
        "SELECT setval({}::regclass, last_value, is_called) FROM {}",
        literal(identity.sequence),
        sequence
    )));
    statements.push(Statement::new(sql!("DROP SEQUENCE {}", sequence)));
    Some(statements)
}

/// A `backfill` that is the same for all rows needs no batches: as a default for the moment it costs nothing
/// (manual, ALTER TABLE, notes on ADD COLUMN).
pub(super) fn by_default(column: &Column, plain: Vec<Statement>, version: i32) -> Vec<Statement> {
    let Some(hint) = column.backfill.0.map(limbeck_kinds::column::Hint::sql) else { return plain };
    let varies = expression::may_be_volatile(&hint)
        || !expression::columns(&hint).is_empty()
        || expression::mentions(hint.as_str(), "select");
    let whole = backfill(column, hint.clone()).sql;
    let [first, second, third, rest @ ..] = plain.as_slice() else { return plain };
    if varies || second.sql != whole || third.sql != limbeck_kinds::column::set_not_null(column, version).sql
    {
        return plain;
    }
    let with_default = Column { value: Value::Default(hint), ..column.clone() };
    let table = column.table();
    let add = sql!("ALTER TABLE {} ADD COLUMN {}", table, with_default.definition(version));
    let mut statements = vec![
        Statement { sql: add, ..first.clone() },
        table::alter(table, sql!("ALTER COLUMN {} DROP DEFAULT", column.id.name)),
    ];
    statements.extend_from_slice(rest);
    statements
}

/// Rows that have no value yet.
fn lacking(column: &Column) -> Sql {
    sql!("{} IS NULL", column.id.name)
}

/// Walks over the pages of the table, its partitions and its children as they are now. A row that is updated before its
/// turn moves, perhaps to a page that was visited: one UPDATE at the end, which follows such rows, finds the few.
pub(crate) fn batches(column: &Column, value: &Sql, lacking: &Sql) -> Statement {
    let (table, name) = (column.table(), column.id.name);
    // Bare names are columns; the variables are said with the block's label.
    let body = sql!(
        "
#variable_conflict use_column
<<limbeck_batch>>
DECLARE
    page bigint := 0;
    pages CONSTANT bigint := (
        WITH RECURSIVE tree AS (
            SELECT {}::regclass::oid AS id
            UNION ALL SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = id
        )
        SELECT coalesce(max(pg_relation_size(id)) / current_setting('block_size')::bigint, 0) FROM tree
    );
BEGIN
    WHILE limbeck_batch.page < limbeck_batch.pages LOOP
        UPDATE {} SET {} = {}
        WHERE {}
            AND ctid >= format('(%s,0)', limbeck_batch.page)::tid
            AND ctid < format('(%s,0)', limbeck_batch.page + {})::tid;
        COMMIT;
        page := limbeck_batch.page + {};
    END LOOP;
    -- Rows that somebody changed meanwhile may have passed by.
    UPDATE {} SET {} = {} WHERE {};
END
",
        Literal::new(table.to_string()),
        table,
        name,
        value,
        lacking,
        BATCH,
        BATCH,
        table,
        name,
        value,
        lacking
    );
    Statement::new(sql!("DO {}", DollarQuoted::new(body)))
        .locking(table, LockMode::RowExclusive, Work::Scan)
        .outside_transaction()
}
