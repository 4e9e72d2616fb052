//! VALIDATE in a transaction that has altered the table: the strong lock is held through the scan.

use limbeck_sql::HazardKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};
use crate::names;

pub(super) const RULE: Rule =
    Rule::statement("lint::validate_in_same_transaction", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Context { script, statement, .. } = context;
    let Some(ast::Stmt::AlterTable(alter)) = &statement.ast else { return Vec::new() };
    let table = names::table(statement).map(names::Mention::full);
    let altered = script.before(statement).any(|other| {
        names::table(other).map(names::Mention::full) == table && other.ast.as_ref().is_some_and(alters)
    });
    // Actions of one statement share its lock, the strongest of them.
    let altered = altered || alter.actions().any(|action| !is_validation(&action));
    if !altered || !context.table_exists() {
        return Vec::new();
    }
    alter
        .actions()
        .filter(is_validation)
        .map(|validate| {
            context.found(
                validate.syntax(),
                format!(
                    "{} stays locked while its rows are validated: it is altered in the same transaction",
                    context.table()
                ),
                "put `-- limbeck:transaction` above it: a segment of its own takes the weak lock only",
            )
        })
        .collect()
}

fn is_validation(action: &ast::AlterTableAction) -> bool {
    matches!(action, ast::AlterTableAction::ValidateConstraint(_))
}

fn alters(ast: &ast::Stmt) -> bool {
    match ast {
        ast::Stmt::AlterTable(alter) => alter.actions().any(|action| !is_validation(&action)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{codes, revision};

    #[test]
    fn another_segment_lets_go_of_the_lock() {
        let add = "ALTER TABLE app.t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\n";
        let validate = "ALTER TABLE app.t VALIDATE CONSTRAINT c;";
        let code = ["lint::validate_in_same_transaction"];
        assert_eq!(codes(&revision(&format!("{add}{validate}"))), code);
        assert!(codes(&revision(&format!("{add}-- limbeck:transaction\n{validate}"))).is_empty());
        let together = "ALTER TABLE app.t ADD CONSTRAINT c CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT c;";
        assert_eq!(codes(&revision(together)), code);
        assert_eq!(codes(&revision(&format!("ALTER TABLE app.t ADD COLUMN b int;\n{validate}"))), code);
        assert!(codes(&revision(&format!("ALTER TABLE app.u ADD COLUMN b int;\n{validate}"))).is_empty());
        let new = "CREATE TABLE app.t (a int);\n";
        assert!(codes(&revision(&format!("{new}{add}{validate}"))).is_empty());
    }
}
