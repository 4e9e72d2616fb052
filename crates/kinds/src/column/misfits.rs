//! How many values of a column its new type does not take: asked before anything is changed.
//!
//! Text that is read anew can be asked of the server from version 16 on (`pg_input_is_valid`); what whole numbers,
//! `numeric(p,s)`, `varchar(n)` and domains refuse is said in SQL. Other conversions are left to the statement.

use limbeck_sql::{Ident, Literal, Preflight, Sql, sql};

use super::{Column, cast};
use crate::conversion::{Conversion, conversion, parts};
use crate::{Context, TypeName, domain, preflight};

/// The question for a change of type without a hint of its own, where there is one.
pub(super) fn question(from: &Column, to: &TypeName, context: &Context<'_>) -> Option<Preflight> {
    let refused =
        by_rule(from.id.name, &from.ty, to).or_else(|| by_domain(from, to, context)).or_else(|| {
            let reads = conversion(&from.ty, to) == Conversion::Using && cast::reads_text(from, to);
            (reads && context.version >= 160_000).then(|| {
                sql!("NOT pg_input_is_valid({}::text, {})", from.id.name, Literal::new(to.to_string()))
            })
        })?;
    Some(Preflight {
        count: preflight::matches(from.table(), &refused),
        rows: format!("rows whose {} is no {to}", from.id),
    })
}

/// What the types' own bounds refuse. Spaces at the end are cut off, and numbers are rounded (manual, 8.1 and 8.3).
fn by_rule(name: Ident, from: &TypeName, to: &TypeName) -> Option<Sql> {
    let (new, modifier) = parts(&to.as_built_in()?);
    let (old, _) = parts(&from.as_built_in()?);
    let number = |value: i64| Sql::from_trusted(value.to_string());
    let is_number = ["smallint", "integer", "bigint", "numeric"].contains(&old.as_str());
    match (new.as_str(), modifier.as_slice()) {
        ("smallint" | "integer" | "bigint", _) if is_number => {
            let (low, high) = match new.as_str() {
                "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
                "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
                _ => (i64::MIN, i64::MAX),
            };
            let value = if old == "numeric" { sql!("round({})", name) } else { sql!("{}", name) };
            // A literal below the lowest bigint's absolute value is one; the lowest itself must be text.
            let low = Literal::new(low.to_string());
            Some(sql!("{} NOT BETWEEN {} AND {}", value, low, number(high)))
        }
        ("numeric", [precision, rest @ ..]) if is_number => {
            let scale = rest.first().copied().unwrap_or(0);
            let value = sql!("{}::numeric", name);
            let limit = number(precision - scale);
            let rounded = sql!("abs(round({}, {}))", value, number(scale));
            Some(sql!("{} <> 'NaN' AND {} >= 10::numeric ^ {}", value, rounded, limit))
        }
        ("character varying" | "character", [length]) if !old.ends_with("[]") => {
            Some(sql!("length(rtrim({}::text, ' ')) > {}", name, number(*length)))
        }
        _ => None,
    }
}

/// What a domain over the very same type refuses.
fn by_domain(from: &Column, to: &TypeName, context: &Context<'_>) -> Option<Sql> {
    let refused = domain::refuses(to, &from.ty, context.to)?;
    Some(sql!("EXISTS (SELECT FROM (SELECT {} AS value) AS held WHERE {})", from.id.name, refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: &str, to: &str) -> Option<String> {
        let refused = by_rule(Ident::new("a"), &TypeName::built_in(from), &TypeName::built_in(to));
        refused.map(|sql| sql.to_string())
    }

    #[test]
    fn bounds_of_types_are_said_in_sql() {
        assert_eq!(rule("bigint", "integer").as_deref(), Some("a NOT BETWEEN '-2147483648' AND 2147483647"));
        assert_eq!(rule("text", "character varying(5)").as_deref(), Some("length(rtrim(a::text, ' ')) > 5"));
        assert_eq!(
            rule("numeric", "numeric(5,2)").as_deref(),
            Some("a::numeric <> 'NaN' AND abs(round(a::numeric, 2)) >= 10::numeric ^ 3")
        );
        assert_eq!(rule("double precision", "integer"), None);
        assert_eq!(rule("text[]", "character varying(5)[]"), None);
    }
}
