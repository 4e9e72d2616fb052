//! Statements that can't be parsed.

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::syntax", check);

fn check(context: &Context<'_>) -> Vec<Found> {
    let statement = context.statement;
    let first = statement.errors.first().into_iter();
    first
        .map(|error| {
            let range = std::ops::Range::<usize>::from(error.range());
            let start = range.start.min(statement.sql.len());
            Found::at(
                statement.at + start..statement.at + range.end.clamp(start, statement.sql.len()),
                format!("this can't be parsed: {}", error.message()),
                "PostgreSQL itself is asked by `limbeck prove`; what is newer than this parser may be allowed",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn the_place_is_where_the_parser_stops() {
        assert_eq!(found("ALTER TABEL app.t ADD COLUMN a int;"), ["lint::syntax 1:1"]);
        assert_eq!(found("CREATE TABLE app.t (a int,);"), ["lint::syntax 1:26"]);
        assert!(found("CREATE TABLE app.t (a int);").is_empty());
    }
}
