//! Rights for everybody.

use limbeck_sql::HazardKind;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::grant_to_public", check).about(HazardKind::Access);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Some(ast::Stmt::Grant(_)) = &context.statement.ast else { return Vec::new() };
    let roles = context.nodes(SyntaxKind::ROLE_REF);
    roles
        .filter(|role| role.text().to_string().trim().eq_ignore_ascii_case("public"))
        .map(|role| {
            context.found(
                &role,
                "every role of the server gets these rights",
                "name the roles that need them",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn public_is_everybody() {
        assert_eq!(found("GRANT SELECT ON TABLE app.t TO PUBLIC;"), ["lint::grant_to_public 1:32"]);
        assert!(found("GRANT SELECT ON TABLE app.t TO reader;").is_empty());
        assert!(found("REVOKE ALL ON TABLE app.t FROM PUBLIC;").is_empty());
    }
}
