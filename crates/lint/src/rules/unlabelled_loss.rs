//! Statements that lose data without the file saying so.

use limbeck_sql::HazardKind;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};
use crate::names::Role;

pub(super) const RULE: Rule = Rule::statement("lint::unlabelled_loss", check).about(HazardKind::DataLoss);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Context { script, statement, .. } = context;
    let Some(ast) = &statement.ast else { return Vec::new() };
    let help = "say so above the statement: `-- loses: every …`";
    let names = || statement.mentions.iter().filter(|mention| mention.role == Role::Target);
    match ast {
        ast::Stmt::DropTable(_) => names()
            .filter(|table| !script.makes(table))
            .map(|table| context.found(&table.node, format!("every row of `{}` is lost", table.full()), help))
            .collect(),
        ast::Stmt::DropSequence(_) => names()
            .filter(|sequence| !carried_on(context, &sequence.name))
            .map(|it| context.found(&it.node, format!("the value of sequence `{}` is lost", it.full()), help))
            .collect(),
        ast::Stmt::DropSchema(drop) if drop.drop_behavior().is_some_and(is_cascade) => {
            vec![context.whole("everything in the schema is lost", help)]
        }
        ast::Stmt::AlterType(_) if context.table_exists() => context
            .nodes(SyntaxKind::DROP_ATTRIBUTE)
            .map(|drop| context.found(&drop, "every value of the attribute is lost", help))
            .collect(),
        ast::Stmt::DropOwned(_) => vec![context.whole("everything that the role owns is lost", help)],
        ast::Stmt::AlterTable(alter) if context.table_exists() => {
            let dropped = alter.actions().filter_map(|action| match action {
                ast::AlterTableAction::DropColumn(drop) => Some(drop),
                _ => None,
            });
            dropped
                .map(|drop| {
                    let column =
                        drop.column_name_ref().map(|name| ast::NameLike::text(&name)).unwrap_or_default();
                    let message = format!("every value of `{column}` of {} is lost", context.table());
                    context.found(drop.syntax(), message, help)
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether another sequence was given the value of this one before.
fn carried_on(context: &Context<'_>, sequence: &str) -> bool {
    let before = context.script.statements.iter().filter(|other| other.at < context.statement.at);
    before.into_iter().any(|other| other.sql.contains("setval") && other.sql.contains(sequence))
}

fn is_cascade(behavior: ast::DropBehavior) -> bool {
    matches!(behavior, ast::DropBehavior::Cascade(_))
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_label_is_enough() {
        assert_eq!(found("DROP TABLE app.t, app.u;").len(), 2);
        assert_eq!(found("ALTER TABLE app.t DROP COLUMN a;"), ["lint::unlabelled_loss 1:19"]);
        assert!(found("-- loses: every value of app.t.a\nALTER TABLE app.t DROP COLUMN a;").is_empty());
        assert!(found("-- limbeck:allow data-loss: it was never used\nDROP TABLE app.t;").is_empty());
        assert!(found("CREATE TABLE app.t (a int); DROP TABLE app.t;").is_empty());
        assert_eq!(found("ALTER TYPE app.address DROP ATTRIBUTE zip;"), ["lint::unlabelled_loss 1:24"]);
        assert!(found("CREATE TEMP TABLE a (b int); DROP TABLE pg_temp.a;").is_empty());
        assert_eq!(found("DROP SEQUENCE app.s;"), ["lint::unlabelled_loss 1:15"]);
        let carried = "SELECT setval('app.n', last_value) FROM app.s; DROP SEQUENCE app.s;";
        assert!(found(carried).is_empty());
    }
}
