//! Changes to what belongs to another service.

use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};
use crate::names::Role;

pub(super) const RULE: Rule = Rule::statement("lint::outside_owned_schemas", check);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Context { statement, options, .. } = context;
    let owned = &options.owned;
    if owned.is_empty() {
        return Vec::new();
    }
    let say = |schema: &str| {
        (
            format!("the schema `{schema}` is none of this service's: {}", owned.join(", ")),
            "leave it to the service that owns it, or add the schema to `schemas` in `limbeck.toml`",
        )
    };
    let targets = statement.mentions.iter();
    let targets = targets
        .filter(|name| name.role == Role::Target && !name.is_temporary() && !context.file.declares(name));
    let mut found = Vec::new();
    for mention in targets {
        if let Some(schema) = mention.schema.as_ref().filter(|schema| !owned.contains(schema)) {
            let (message, help) = say(schema);
            found.push(context.found(&mention.node, message, help));
        }
    }
    let schemas: Vec<_> = match &statement.ast {
        Some(ast::Stmt::CreateSchema(create)) => create.schema_name().into_iter().collect(),
        Some(ast::Stmt::DropSchema(drop)) => drop.schema_refs().map(|name| name.syntax().clone()).collect(),
        _ => Vec::new(),
    };
    for node in schemas {
        let name = node.text().to_string();
        let name = name.trim().trim_matches('"').to_owned();
        if !owned.contains(&name) {
            let (message, help) = say(&name);
            found.push(context.found(&node, message, help));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::tests::found_in;

    #[test]
    fn other_schemas_may_be_read_and_pointed_at_only() {
        assert_eq!(found_in("app", "CREATE TABLE other.t (a int);"), ["lint::outside_owned_schemas 1:14"]);
        assert_eq!(found_in("app", "CREATE SCHEMA other;"), ["lint::outside_owned_schemas 1:15"]);
        assert_eq!(
            found_in("app", "INSERT INTO other.t SELECT 1 FROM app.t;"),
            ["lint::outside_owned_schemas 1:13"]
        );
        assert!(found_in("app", "CREATE TABLE app.t (a int REFERENCES users.u (id));").is_empty());
        assert!(found_in("app", "INSERT INTO app.t SELECT a FROM other.t;").is_empty());
        assert!(found_in("app", "CREATE SCHEMA app;").is_empty());
    }

    #[test]
    fn what_the_models_declare_elsewhere_is_theirs() {
        let file = |summary: &str| {
            let body =
                "-- limbeck:upgrade\nCREATE TYPE public.mood AS ENUM ();\n-- limbeck:downgrade\nSELECT 1;";
            format!("{}{summary}\n{body}", crate::tests::HEADER)
        };
        assert_eq!(found_in("app", &file("-- + enum public.mood  (src/mood.rs:3:1)")), [""; 0]);
        assert_eq!(found_in("app", &file("")).len(), 1);
    }
}
