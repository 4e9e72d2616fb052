//! New columns whose value must be worked out for every row: PostgreSQL rewrites the table.

use limbeck_sql::{HazardKind, Sql, sql};
use squawk_linter::{Linter, Rule as Squawk};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SourceFile, SyntaxNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::volatile_default", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Some(ast::Stmt::AlterTable(alter)) = &context.statement.ast else { return Vec::new() };
    if !context.table_exists() {
        return Vec::new();
    }
    let columns = alter.actions().filter_map(|action| match action {
        ast::AlterTableAction::AddColumn(column) => Some(column),
        _ => None,
    });
    columns
        .filter_map(|column| rewrites(&column))
        .map(|(node, why)| {
            context.found(
            &node,
            format!("{} is rewritten, locked against everybody: {why}", context.table()),
            "add the column without it, set the default in a second statement, and fill old rows in batches",
        )
        })
        .collect()
}

/// The part of a new column that makes the server write every row, and why.
pub(crate) fn rewrites(column: &ast::AddColumn) -> Option<(SyntaxNode, String)> {
    if let Some(ty) = column.ty() {
        let name = ty.syntax().text().to_string().trim().to_ascii_lowercase();
        if ["serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"].contains(&name.as_str()) {
            return Some((ty.syntax().clone(), "every row takes a number of its own".to_owned()));
        }
    }
    column.constraints().find_map(|constraint| match constraint {
        ast::Constraint::DefaultConstraint(default) => {
            let expression = default.expr()?;
            let function = volatile(expression.syntax())?;
            Some((expression.syntax().clone(), format!("`{function}` may give every row another value")))
        }
        ast::Constraint::GeneratedConstraint(generated) => {
            let text = generated.syntax().text().to_string().to_ascii_lowercase();
            let why = match (text.contains("identity"), text.contains("virtual")) {
                (true, _) => "every row takes a number of its own",
                (false, true) => return None,
                (false, false) => "a stored expression is worked out for every row",
            };
            Some((generated.syntax().clone(), why.to_owned()))
        }
        _ => None,
    })
}

/// The first function of an expression that is not known to be the same for every row.
fn volatile(expression: &SyntaxNode) -> Option<String> {
    let mut calls = expression.descendants().filter_map(ast::CallExpr::cast);
    calls.find_map(|call| {
        let name = call.expr()?.syntax().text().to_string().trim().to_ascii_lowercase();
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name).to_owned();
        (!stable(&name)).then_some(name)
    })
}

/// Whether a function is one of PostgreSQL's own and not volatile: squawk has the list, and tells on request.
fn stable(function: &str) -> bool {
    // Not PostgreSQL's names of functions, but its grammar's.
    if ["coalesce", "nullif", "greatest", "least"].contains(&function) {
        return true;
    }
    let text = sql!("ALTER TABLE t ADD COLUMN c t DEFAULT {}()", Sql::from_trusted(function));
    let parse = SourceFile::parse(text.as_str());
    let mut linter = Linter::from([Squawk::AddingFieldWithDefault]);
    parse.errors().is_empty() && linter.lint(&parse, text.as_str()).is_empty()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    fn column(definition: &str) -> Vec<String> {
        found(&format!("ALTER TABLE app.t ADD COLUMN c {definition};"))
    }

    #[test]
    fn what_differs_from_row_to_row_is_found() {
        for definition in [
            "uuid DEFAULT gen_random_uuid()",
            "timestamptz DEFAULT clock_timestamp()",
            "float8 DEFAULT random() * 2",
            "text DEFAULT app.code('x')",
            "bigint DEFAULT nextval('app.s')",
        ] {
            assert_eq!(column(definition).len(), 1, "{definition}");
        }
        assert_eq!(column("bigserial"), ["lint::volatile_default 1:32"]);
        assert_eq!(column("bigint GENERATED ALWAYS AS IDENTITY"), ["lint::volatile_default 1:39"]);
        assert_eq!(column("int GENERATED ALWAYS AS (a + 1) STORED"), ["lint::volatile_default 1:36"]);
    }

    #[test]
    fn what_is_the_same_for_every_row_is_not() {
        for definition in [
            "timestamptz NOT NULL DEFAULT now()",
            "int NOT NULL DEFAULT -1",
            "text DEFAULT lower('X')",
            "interval DEFAULT interval '1 day'",
            "timestamp DEFAULT (now() AT TIME ZONE 'utc')",
            "jsonb NOT NULL DEFAULT '{}'::jsonb",
            "text[] DEFAULT ARRAY[]::text[]",
            "timestamptz DEFAULT current_timestamp",
            "int GENERATED ALWAYS AS (a + 1) VIRTUAL",
        ] {
            assert_eq!(column(definition), [""; 0], "{definition}");
        }
    }
}
