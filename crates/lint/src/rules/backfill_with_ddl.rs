//! Rows written in the transaction that holds a strong lock on their table.

use limbeck_sql::HazardKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};
use crate::names;

pub(super) const RULE: Rule = Rule::statement("lint::backfill_with_ddl", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Context { script, statement, .. } = context;
    if !matches!(statement.ast, Some(ast::Stmt::Update(_) | ast::Stmt::Delete(_))) || !context.table_exists()
    {
        return Vec::new();
    }
    let table = names::table(statement).map(names::Mention::full);
    let locked = script.before(statement).any(|other| {
        matches!(other.ast, Some(ast::Stmt::AlterTable(_)))
            && names::table(other).map(names::Mention::full) == table
    });
    if !locked {
        return Vec::new();
    }
    vec![context.whole(
        format!(
            "{} is altered in the same transaction, and stays locked while its rows are written",
            context.table()
        ),
        "put `-- limbeck:transaction` above it, or write in batches after the upgrade",
    )]
}

#[cfg(test)]
mod tests {
    use crate::tests::{codes, revision};

    #[test]
    fn rows_are_written_after_the_commit() {
        let add = "ALTER TABLE app.t ADD COLUMN a int;\n";
        let fill = "UPDATE app.t SET a = b WHERE a IS NULL;";
        assert_eq!(codes(&revision(&format!("{add}{fill}"))), ["lint::backfill_with_ddl"]);
        assert!(codes(&revision(&format!("{add}-- limbeck:transaction\n{fill}"))).is_empty());
    }
}
