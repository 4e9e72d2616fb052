//! A password in a file.

use squawk_syntax::SyntaxKind;

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::password", check);

fn check(context: &Context<'_>) -> Vec<Found> {
    context
        .nodes(SyntaxKind::ROLE_OPTION_PASSWORD)
        .chain(context.nodes(SyntaxKind::ROLE_OPTION_ENCRYPTED_PASSWORD))
        .filter(|node| !node.text().to_string().to_ascii_lowercase().contains("null"))
        .map(|node| {
            context.found(
                &node,
                "a password in a revision is in the repository, the server's log and every copy",
                "make the role without it, and set it by other means",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_password_is_found_wherever_it_stands() {
        assert_eq!(found("CREATE ROLE r LOGIN PASSWORD 'x';"), ["lint::password 1:21"]);
        assert_eq!(found("ALTER ROLE r PASSWORD 'x';"), ["lint::password 1:14"]);
        assert!(found("ALTER ROLE r PASSWORD NULL;").is_empty());
    }
}
