//! Column types that prepared statements have learnt.

use limbeck_sql::HazardKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::cached_plan", check).about(HazardKind::Compatibility);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Some(ast::Stmt::AlterTable(alter)) = &context.statement.ast else { return Vec::new() };
    if !context.table_exists() {
        return Vec::new();
    }
    let columns = alter.actions().filter_map(|action| match action {
        ast::AlterTableAction::AlterColumn(column) => Some(column),
        _ => None,
    });
    columns
        .filter_map(|column| match column.option()? {
            ast::AlterColumnOption::SetType(ty) => Some((column.column_name_ref()?, ty)),
            _ => None,
        })
        .map(|(name, ty)| {
            context.found(
                ty.syntax(),
                format!(
                    "open connections that have prepared a query of `{}` fail: \"cached plan must not change result type\"",
                    ast::NameLike::text(&name)
                ),
                "restart what is connected after the upgrade, or add a column of the new type and move to it",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_new_type_breaks_what_is_prepared() {
        assert_eq!(
            found("ALTER TABLE app.t ALTER COLUMN a TYPE bigint;"),
            ["lint::cached_plan 1:34", "lint::changing_column_type 1:34"]
        );
        let said =
            "-- limbeck:allow compatibility: nobody reads it\n-- limbeck:allow blocking: it is empty\n";
        assert!(found(&format!("{said}ALTER TABLE app.t ALTER COLUMN a TYPE bigint;")).is_empty());
        assert!(found("CREATE TABLE app.t (a int); ALTER TABLE app.t ALTER a TYPE bigint;").is_empty());
    }
}
