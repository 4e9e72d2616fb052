//! The old values of a column as values of its new type.

use limbeck_sql::{Literal, Sql, sql};

use super::{Column, Hint};
use crate::TypeName;
use crate::conversion::{Conversion, Family, conversion, has_cast, is_string, parts};

/// The old value as INSERT takes it for the new column: it converts by assignment itself.
pub fn carried(from: &Column, to: &Column) -> Sql {
    match (to.using.0, conversion(&from.ty, &to.ty)) {
        _ if from.ty == to.ty => sql!("{}", from.id.name),
        (Some(hint), _) => Hint::sql(hint),
        (None, Conversion::Using) => cast(from, &to.ty),
        (None, Conversion::Free | Conversion::Assignment) => sql!("{}", from.id.name),
    }
}

/// The column's old value as the new type. Between types that do not know each other the text form stands in
/// between: an enum becomes another by its labels. A value becomes the only element of an array, unless it is a
/// text, which is read as one; and the only element of an array becomes the value.
pub(super) fn cast(from: &Column, to: &TypeName) -> Sql {
    let name = from.id.name;
    let is_array = |ty: &TypeName| !ty.suffix.is_empty() && ty.to_string().ends_with("[]");
    let is_text = |ty: &TypeName| {
        let text = TypeName { suffix: Sql::default(), ..ty.clone() };
        text.as_built_in().is_some_and(|ty| ty.starts_with("text") || ty.starts_with("character"))
    };
    let element = |ty: &TypeName| {
        let suffix = ty.suffix.as_str().strip_suffix("[]").unwrap_or_default();
        TypeName { base: ty.base.clone(), suffix: Sql::from_trusted(suffix) }
    };
    let through = |from: &TypeName, to: &TypeName| match (from.as_built_in(), to.as_built_in()) {
        (Some(from), Some(to)) => !has_cast(&from, &to),
        _ => !is_text(from),
    };
    if let Some((expression, _)) = bridge(from, to) {
        return expression;
    }
    match (is_array(&from.ty), is_array(to)) {
        (false, true) if !is_text(&from.ty) => {
            let element = element(to);
            let text = if through(&from.ty, &element) { sql!("::text") } else { sql!("") };
            // The server reads `IS NULL` wrongly where it goes through the expression again, for a child.
            sql!("CASE num_nulls({}) WHEN 0 THEN ARRAY[{}{}::{}] END", name, name, text, element)
        }
        (true, false) if !is_text(to) => {
            let text = if through(&element(&from.ty), to) { sql!("::text") } else { sql!("") };
            sql!(
                "CASE WHEN cardinality({}) < 2 AND array_ndims({}) = 1 THEN ({})[1]{}::{} WHEN cardinality({}) > 0 THEN {}::text::{} END",
                name,
                name,
                name,
                text,
                to,
                name,
                name,
                to
            )
        }
        (true, true) if through(&from.ty, to) => sql!("{}::text[]::{}", name, to),
        (_, _) if through(&from.ty, to) => sql!("{}::text::{}", name, to),
        (_, _) => sql!("{}::{}", name, to),
    }
}

/// Whether [`cast`] has the text of a value read by the new type, and nothing else done to it.
pub(super) fn reads_text(from: &Column, to: &TypeName) -> bool {
    let name = from.id.name;
    let text = cast(from, to);
    let is_text = from.ty.as_built_in().is_some_and(|ty| is_string(&parts(&ty).0));
    text == sql!("{}::text::{}", name, to) || is_text && text == sql!("{}::{}", name, to)
}

/// What becomes of values where their text says nothing to the new type.
pub(super) fn meaning(from: &Column, to: &TypeName) -> Option<&'static str> {
    bridge(from, to).and_then(|(_, meaning)| meaning)
}

/// A way between built-in types that know no cast and no text of each other. None loses a value: what has no
/// counterpart is refused.
fn bridge(from: &Column, to: &TypeName) -> Option<(Sql, Option<&'static str>)> {
    let name = from.id.name;
    let (old, new) = (Family::of(&from.ty)?, Family::of(to)?);
    Some(match (old, new) {
        (Family::Integer | Family::Number, Family::Boolean) => {
            (sql!("{} <> 0", name), Some("true where a number is not 0"))
        }
        (Family::Boolean, Family::Integer | Family::Number) => (sql!("{}::integer::{}", name, to), None),
        (Family::Integer, Family::Uuid) => {
            let digits = sql!("lpad(to_hex({}::bigint), 32, '0')", name);
            (sql!("{}::uuid", digits), Some("numbers become the last digits of uuids"))
        }
        (Family::Uuid, Family::Integer) => {
            let digits = sql!("replace({}::text, '-', '')", name);
            let number = sql!("('x' || right({}, 16))::bit(64)::bigint::{}", digits.clone(), to);
            // The text of any other uuid is refused as a number.
            let text = sql!(
                "CASE WHEN left({}, 16) = repeat('0', 16) THEN {} ELSE {}::text::{} END",
                digits,
                number,
                name,
                to
            );
            (text, Some("the last digits of uuids become numbers"))
        }
        (Family::Integer | Family::Number, Family::Instant) => {
            (sql!("to_timestamp({})::{}", name, to), Some(SECONDS))
        }
        (Family::Integer | Family::Number, Family::Date) => {
            (sql!("(to_timestamp({}) AT TIME ZONE 'UTC')::{}", name, to), Some(SECONDS))
        }
        (Family::Instant | Family::Date, Family::Integer | Family::Number) => {
            (sql!("extract(epoch FROM {})::{}", name, to), Some(SECONDS))
        }
        (Family::Json, Family::Json) => return None,
        (Family::Json, _) if to.suffix.as_str().ends_with("[]") => {
            // A list of plain values reads like an array's text but for its brackets, and both know `\"` and `\\`. Any
            // other is refused: `{}` would read as an empty array, and `\n` as an n.
            let list = Literal::new(r#"^\[(\s|,|"([^"\\]|\\["\\])*"|[^][{}"\\,[:space:]])*\]$"#);
            let text = sql!("{}::text", name);
            let array = sql!("'{{' || substr({}, 2, length({}) - 2) || '}}'", text, text);
            let refused = sql!("'json ' || {}", text);
            (sql!("CASE WHEN {} ~ {} THEN {} ELSE {} END::{}", text, list, array, refused, to), None)
        }
        (_, Family::Json) => (sql!("to_jsonb({})::{}", name, to), None),
        (Family::Json, _) if !to.as_built_in().is_some_and(|to| has_cast("jsonb", &to)) => {
            (sql!("({} #>> '{{}}')::{}", name, to), None)
        }
        (_, _) => return None,
    })
}

const SECONDS: &str = "numbers are seconds since 1970, in UTC";
