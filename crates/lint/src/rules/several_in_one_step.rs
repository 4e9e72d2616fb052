//! Several statements in a file that another runner sends without a transaction.

use super::{Found, Rule};
use crate::file::{File, Run};

pub(super) const RULE: Rule = Rule::file("lint::several_in_one_step", check);

fn check(file: &File) -> Vec<Found> {
    if file.revision {
        // Limbeck runs and records them one by one.
        return Vec::new();
    }
    let mut found = Vec::new();
    for script in &file.scripts {
        let alone = script.statements.iter().filter(|statement| statement.run == Run::Alone);
        found.extend(alone.skip(1).take(1).map(|statement| {
            Found::at(
                statement.range(),
                "the runner sends the file as one query, which PostgreSQL makes one transaction of",
                "put each statement that runs without a transaction into a file of its own",
            )
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn one_statement_a_file() {
        let index = |name: &str| format!("CREATE INDEX CONCURRENTLY {name} ON app.t (a);\n");
        let sqlx = format!("-- no-transaction\n{}{}", index("i"), index("j"));
        assert_eq!(found(&sqlx), ["lint::several_in_one_step 3:1"]);
        assert!(found(&format!("-- no-transaction\n{}", index("i"))).is_empty());
        let dbmate =
            format!("-- migrate:up transaction:false\n{}{}-- migrate:down\n", index("i"), index("j"));
        assert_eq!(found(&dbmate), ["lint::several_in_one_step 3:1"]);
    }
}
