//! NOT VALID and its VALIDATE in one transaction: the strong lock of the first is held through the scan of the second.

use limbeck_sql::HazardKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};
use crate::file::Statement;
use crate::names;

pub(super) const RULE: Rule =
    Rule::statement("lint::validate_in_same_transaction", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Context { script, statement, .. } = context;
    let Some(ast::Stmt::AlterTable(alter)) = &statement.ast else { return Vec::new() };
    let table = names::table(statement).map(names::Mention::full);
    let earlier: Vec<String> = script
        .before(statement)
        .filter(|other| names::table(other).map(names::Mention::full) == table && context.table_exists())
        .flat_map(added)
        .collect();
    let validated = alter.actions().filter_map(|action| match action {
        ast::AlterTableAction::ValidateConstraint(validate) => Some(validate),
        _ => None,
    });
    validated
        .filter(|validate| {
            let name = validate.constraint_name_ref().and_then(|name| name.path_ref()).and_then(|path| path.segment());
            name.is_some_and(|name| earlier.contains(&name.text()))
        })
        .map(|validate| {
            context.found(
                validate.syntax(),
                format!(
                    "{} stays locked while its rows are validated: the constraint is added in the same transaction",
                    context.table()
                ),
                "put `-- limbeck:transaction` above it: a segment of its own takes the weak lock only",
            )
        })
        .collect()
}

/// The constraints that a statement adds without looking at the rows.
fn added(statement: &Statement) -> Vec<String> {
    let Some(ast::Stmt::AlterTable(alter)) = &statement.ast else { return Vec::new() };
    let constraints = alter.actions().filter_map(|action| match action {
        ast::AlterTableAction::AddConstraint(add) => add.constraint(),
        _ => None,
    });
    constraints
        .filter(|constraint| constraint.is_not_valid())
        .filter_map(|constraint| constraint.constraint_name().map(|name| ast::NameLike::text(&name)))
        .collect()
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
        let new = "CREATE TABLE app.t (a int);\n";
        assert!(codes(&revision(&format!("{new}{add}{validate}"))).is_empty());
    }
}
