//! A table is written anew once, however many of its columns change their types.
//!
//! Each ALTER TABLE that changes how rows are stored writes the whole table. The actions of one statement do it together,
//! in an order of the server's own: defaults go first, then types change, then defaults come (manual, ALTER TABLE).

use limbeck_sql::{Sql, Statement, Transaction, Work, sql};

/// Puts statements that stand side by side and would each rewrite one table into one.
pub(crate) fn together(statements: Vec<Statement>) -> Vec<Statement> {
    let mut all: Vec<Statement> = Vec::with_capacity(statements.len());
    let mut rest = statements.into_iter().peekable();
    while let Some(first) = rest.next() {
        let Some(action) = Action::of(&first) else {
            all.push(first);
            continue;
        };
        let (table, adds) = (action.table.to_owned(), action.adds);
        let mut run = vec![first];
        let belongs = |statement: &Statement| {
            Action::of(statement).is_some_and(|action| action.table == table && action.adds == adds)
        };
        while let Some(next) = rest.next_if(belongs) {
            run.push(next);
        }
        all.extend(merged(&table, run));
    }
    all
}

/// What a statement does to one column.
struct Action<'a> {
    table: &'a str,
    /// The text behind the table's name.
    text: &'a str,
    /// Whether the column is new.
    adds: bool,
    rewrites: bool,
}

impl<'a> Action<'a> {
    /// The action of a statement that changes a column's type or default, or adds a column; of others none.
    fn of(statement: &'a Statement) -> Option<Self> {
        let [lock] = statement.locks.as_slice() else { return None };
        if statement.transaction != Transaction::Allowed {
            return None;
        }
        let table = lock.relation.as_str();
        let text =
            statement.sql.as_str().strip_prefix("ALTER TABLE ")?.strip_prefix(table)?.strip_prefix(' ')?;
        let rewrites = lock.work == Work::Rewrite;
        let adds = text.starts_with("ADD COLUMN ");
        let alters = text.strip_prefix("ALTER COLUMN ").is_some_and(|rest| {
            rest.contains(" TYPE ") || rest.contains(" SET DEFAULT ") || rest.ends_with(" DROP DEFAULT")
        });
        (alters || adds && rewrites).then_some(Self { table, text, adds, rewrites })
    }
}

/// One statement where the run would rewrite the table more than once; else the statements as they are.
fn merged(table: &str, mut run: Vec<Statement>) -> Vec<Statement> {
    let rewrites = |statement: &Statement| Action::of(statement).is_some_and(|action| action.rewrites);
    let places: Vec<usize> = (0..run.len()).filter(|at| rewrites(&run[*at])).collect();
    let [first, .., last] = places.as_slice() else { return run };
    // A default that goes for the sake of the type stands before it.
    let goes = |statement: &Statement| statement.sql.as_str().ends_with(" DROP DEFAULT");
    let begin = run[..*first].iter().rposition(|statement| !goes(statement)).map_or(0, |at| at + 1);
    let comes = |statement: &Statement| statement.sql.as_str().contains(" SET DEFAULT ");
    let end = last + 1 + run[last + 1..].iter().take_while(|statement| comes(statement)).count();
    let after = run.split_off(end);
    let inner = run.split_off(begin);
    let actions: Vec<&str> = inner.iter().filter_map(|it| Action::of(it).map(|action| action.text)).collect();
    let actions = Sql::from_trusted(actions.join(",\n    "));
    let mut whole = Statement::new(sql!("ALTER TABLE {}\n    {}", Sql::from_trusted(table), actions));
    whole.locks =
        inner.iter().flat_map(|it| it.locks.clone()).max_by_key(|lock| lock.work).into_iter().collect();
    for statement in inner {
        for hazard in statement.hazards {
            // That it is rewritten is said once.
            if !whole.hazards.contains(&hazard) {
                whole.hazards.push(hazard);
            }
        }
        whole.preflights.extend(statement.preflights);
    }
    run.push(whole);
    run.extend(after);
    run
}

#[cfg(test)]
mod tests {
    use limbeck_sql::LockMode;

    use super::*;

    fn statement(text: &str, work: Work) -> Statement {
        Statement::new(Sql::from_trusted(text)).locking("s.t", LockMode::AccessExclusive, work)
    }

    fn texts(statements: Vec<Statement>) -> Vec<String> {
        together(statements).into_iter().map(|statement| statement.sql.into()).collect()
    }

    #[test]
    fn types_that_rewrite_change_together_with_their_defaults() {
        let all = vec![
            statement("ALTER TABLE s.t ALTER COLUMN z SET DEFAULT 1", Work::Catalog),
            statement("ALTER TABLE s.t ALTER COLUMN a DROP DEFAULT", Work::Catalog),
            statement("ALTER TABLE s.t ALTER COLUMN a TYPE bigint", Work::Rewrite),
            statement("ALTER TABLE s.t ALTER COLUMN a SET DEFAULT 1", Work::Catalog),
            statement("ALTER TABLE s.t ALTER COLUMN b TYPE bigint", Work::Rewrite),
            statement("ALTER TABLE s.t ALTER COLUMN b SET DEFAULT 2", Work::Catalog),
        ];
        assert_eq!(
            texts(all),
            [
                "ALTER TABLE s.t ALTER COLUMN z SET DEFAULT 1",
                "ALTER TABLE s.t\n    ALTER COLUMN a DROP DEFAULT,\n    ALTER COLUMN a TYPE bigint,\n    \
                 ALTER COLUMN a SET DEFAULT 1,\n    ALTER COLUMN b TYPE bigint,\n    ALTER COLUMN b SET DEFAULT 2",
            ]
        );
    }

    #[test]
    fn one_rewrite_and_none_stay_as_they_are() {
        let all = vec![
            statement("ALTER TABLE s.t ALTER COLUMN a TYPE bigint", Work::Rewrite),
            statement("ALTER TABLE s.t ALTER COLUMN b TYPE text", Work::Catalog),
            statement("ALTER TABLE s.t ADD COLUMN c uuid DEFAULT gen_random_uuid()", Work::Rewrite),
            statement("ALTER TABLE s.t ADD COLUMN d text", Work::Catalog),
        ];
        let as_they_are: Vec<String> = all.iter().map(|statement| statement.sql.to_string()).collect();
        assert_eq!(texts(all), as_they_are);
    }
}
