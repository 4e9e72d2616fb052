//! CASCADE: what else goes is not written down.

use limbeck_sql::HazardKind;
use squawk_syntax::SyntaxKind;

use super::{Context, Found, Rule};

// A label names what is lost; CASCADE takes what nobody named.
pub(super) const RULE: Rule =
    Rule::statement("lint::drop_cascade", check).about(HazardKind::DataLoss).unlabelled();

fn check(context: &Context<'_>) -> Vec<Found> {
    context
        .nodes(SyntaxKind::CASCADE)
        // The action of a foreign key is no drop.
        .filter(|node| node.parent().is_some_and(|parent| drops(&format!("{:?}", parent.kind()))))
        .map(|node| {
            context.found(
                &node,
                "CASCADE drops whatever depends on it, other services' objects included",
                "drop what depends on it by name, before it",
            )
        })
        .collect()
}

fn drops(kind: &str) -> bool {
    kind.starts_with("DROP_") || kind.starts_with("TRUNCATE") || kind.starts_with("REVOKE")
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn every_cascade_but_that_of_a_foreign_key_is_found() {
        assert_eq!(found("DROP VIEW app.v CASCADE;"), ["lint::drop_cascade 1:17"]);
        assert_eq!(
            found("-- loses: every row of app.t\nDROP TABLE app.t CASCADE;"),
            ["lint::drop_cascade 2:18"]
        );
        assert_eq!(found("ALTER TABLE app.t DROP CONSTRAINT c CASCADE;"), ["lint::drop_cascade 1:37"]);
        assert!(found("CREATE TABLE app.t (a int REFERENCES app.u (id) ON DELETE CASCADE);").is_empty());
    }
}
