//! Names that `search_path` decides.

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::unqualified_name", check);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Context { script, statement, options, .. } = context;
    // Whoever owns `public` alone means it.
    if options.owned == ["public"] {
        return Vec::new();
    }
    let bare = statement.mentions.iter().filter(|mention| {
        mention.schema.is_none()
            && !script.is_temporary(mention)
            && !mention.name.starts_with("pg_")
            && !["old", "new", "excluded"].contains(&mention.name.as_str())
    });
    bare.map(|mention| {
        context.found(
            &mention.node,
            format!("`{}` has no schema: `search_path` decides which one is meant", mention.name),
            match options.owned.first() {
                Some(schema) => format!("write `{schema}.{}`", mention.name),
                None => "write the schema before it".to_owned(),
            },
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn every_name_that_is_looked_up_counts() {
        assert_eq!(found("ALTER TABLE t ADD COLUMN a int;"), ["lint::unqualified_name 1:13"]);
        assert_eq!(found("INSERT INTO app.t SELECT a FROM u;"), ["lint::unqualified_name 1:33"]);
        assert_eq!(found("COMMENT ON COLUMN t.a IS 'x';"), ["lint::unqualified_name 1:12"]);
        assert_eq!(found("COMMENT ON FUNCTION f(int) IS 'x';"), ["lint::unqualified_name 1:21"]);
    }

    #[test]
    fn what_has_no_schema_may_do_without() {
        assert!(found("CREATE TEMP TABLE t (a int); INSERT INTO t SELECT 1; DROP TABLE t;").is_empty());
        assert!(found("WITH q AS (SELECT 1 AS a) INSERT INTO app.t SELECT a FROM q;").is_empty());
        assert!(found("ALTER TABLE app.t ADD CONSTRAINT u UNIQUE USING INDEX i;").is_empty());
        assert!(found("INSERT INTO app.t SELECT count(*) FROM pg_class;").is_empty());
    }
}
