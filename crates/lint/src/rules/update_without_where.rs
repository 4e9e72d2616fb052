//! UPDATE of every row at once.

use limbeck_sql::HazardKind;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule =
    Rule::statement("lint::update_without_where", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    // Also those of a WITH.
    let updates = context.running(SyntaxKind::UPDATE).filter_map(ast::Update::cast);
    let all = updates.filter(|update| {
        update.from_clause().is_none() && update.where_clause_or_current_of().is_none_or(super::always)
    });
    all.filter_map(|update| {
        let name = update.relation_name()?.relation_name_ref()?;
        let table = context.existing(name.syntax())?;
        Some(context.found(
            update.syntax(),
            format!("every row of `{}` is written and stays locked until the end", table.full()),
            "write in batches, with a WHERE that finds what is left to do",
        ))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_where_is_enough() {
        assert_eq!(found("UPDATE app.t SET a = 1;"), ["lint::update_without_where 1:1"]);
        assert_eq!(found("UPDATE app.t SET a = 1 WHERE 1 = 1;"), ["lint::update_without_where 1:1"]);
        assert!(found("UPDATE app.t SET a = 1 WHERE a IS NULL;").is_empty());
        assert!(found("INSERT INTO app.t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2;").is_empty());
        assert!(found("CREATE TABLE app.t (a int); UPDATE app.t SET a = 1;").is_empty());
    }
}
