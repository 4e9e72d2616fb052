//! TRUNCATE in a revision.

use limbeck_sql::HazardKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::truncate", check).about(HazardKind::DataLoss);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Context { script, statement, .. } = context;
    let Some(ast::Stmt::Truncate(_)) = &statement.ast else { return Vec::new() };
    let tables = statement.mentions.iter().filter(|table| !script.makes(table));
    tables
        .map(|table| {
            context.found(
                &table.node,
                format!("every row of `{}` is lost, and nobody may read it meanwhile", table.full()),
                "say so above the statement: `-- loses: every row of …`",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn only_a_table_of_its_own_may_be_emptied() {
        assert_eq!(found("TRUNCATE app.t;"), ["lint::truncate 1:10"]);
        assert!(found("CREATE TEMP TABLE t (a int); TRUNCATE t;").is_empty());
        assert!(found("-- loses: every row of app.t\nTRUNCATE app.t;").is_empty());
    }
}
