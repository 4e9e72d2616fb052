//! Row security switched off.

use limbeck_sql::HazardKind;
use squawk_syntax::SyntaxKind;

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::disable_row_security", check).about(HazardKind::Access);

fn check(context: &Context<'_>) -> Vec<Found> {
    context
        .nodes(SyntaxKind::DISABLE_RLS)
        .chain(context.nodes(SyntaxKind::NO_FORCE_RLS))
        .map(|node| {
            context.found(
                &node,
                format!("every row of {} can be seen by whoever may read the table", context.table()),
                "say so above the statement: `-- access: …`, or `-- limbeck:allow access: REASON`",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn it_is_said_when_rows_are_opened() {
        let sql = "ALTER TABLE app.t DISABLE ROW LEVEL SECURITY;";
        assert_eq!(found(sql), ["lint::disable_row_security 1:19"]);
        assert!(found(&format!("-- access: who sees which rows of app.t\n{sql}")).is_empty());
        assert!(found("ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;").is_empty());
    }
}
