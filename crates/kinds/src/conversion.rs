//! What the server does with old values when a column's type changes.
//!
//! The rules are those of `ALTER TABLE … ALTER COLUMN … TYPE` (manual): without USING the conversion is an
//! assignment cast; the table is not rewritten where the old values are valid as they lie there.

use crate::TypeName;

/// How values of one type become values of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Conversion {
    /// They stay as they lie: only the catalog changes.
    Free,
    /// They are checked or written anew by an assignment cast.
    Assignment,
    /// A USING clause must say how.
    Using,
}

/// The conversion of values of `from` to `to`.
pub(crate) fn conversion(from: &TypeName, to: &TypeName) -> Conversion {
    let (Some(from), Some(to)) = (from.as_built_in(), to.as_built_in()) else {
        // Enums, domains, composites: text takes any of them by assignment, nothing else does.
        let to_text = to.as_built_in().is_some_and(|to| is_string(&parts(&to).0) && !to.ends_with("[]"));
        let is_array = |ty: &TypeName| ty.suffix.as_str().ends_with("[]");
        let same_base = from.base == to.base && is_array(from) == is_array(to);
        return match (to_text, same_base) {
            (true, _) => Conversion::Assignment,
            (_, true) => Conversion::Assignment,
            _ => Conversion::Using,
        };
    };
    let ((from, from_modifier), (to, to_modifier)) = (parts(&from), parts(&to));
    let (from, from_array) = brackets(&from);
    let (to, to_array) = brackets(&to);
    if from_array != to_array {
        return if !to_array && is_string(to) { Conversion::Assignment } else { Conversion::Using };
    }
    if from == to {
        // Only an explicit cast fills up the bits that are new.
        if from == "bit" && from_modifier < to_modifier {
            return Conversion::Using;
        }
        let wider = widens(to, &from_modifier, &to_modifier);
        return if wider { Conversion::Free } else { Conversion::Assignment };
    }
    if is_free(from, to, &from_modifier, &to_modifier) {
        Conversion::Free
    } else if is_string(to) || ASSIGNMENT.contains(&(from, to)) {
        Conversion::Assignment
    } else {
        Conversion::Using
    }
}

/// Whether the second type holds every value of the first, so that the conversion can't fail.
pub(crate) fn holds_all(from: &TypeName, to: &TypeName) -> bool {
    let (Some(from), Some(to)) = (from.as_built_in(), to.as_built_in()) else { return false };
    let whole = |ty: &str| ["smallint", "integer", "bigint"].iter().position(|name| *name == ty);
    match (whole(&from), whole(&to)) {
        (Some(from), Some(to)) => from <= to,
        (Some(_), None) => ["numeric", "text", "character varying"].contains(&to.as_str()),
        _ => !from.ends_with("[]") && ["text", "character varying"].contains(&to.as_str()),
    }
}

/// What a conversion leaves of values without refusing them: digits are rounded off, the time of day is cut (manual, 8.1
/// and 8.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Digits of numbers, or of seconds.
    Digits,
    /// The time of day.
    Time,
    /// The day.
    Day,
}

/// What is lost where values of `from` are written as `to`.
pub(crate) fn loses(from: &TypeName, to: &TypeName) -> Option<Lost> {
    const SECONDS: i64 = 6;
    let ((from, old), (to, new)) = (parts(&from.as_built_in()?), parts(&to.as_built_in()?));
    let (from, to) = (from.as_str(), to.as_str());
    let is_whole = |ty: &str| ["smallint", "integer", "bigint"].contains(&ty);
    let is_inexact = |ty: &str| ["real", "double precision"].contains(&ty);
    // A number without a scale has any digits; without modifier, `numeric` keeps them.
    let scale = |modifier: &[i64]| match modifier {
        [] => i64::MAX,
        [_] => 0,
        [_, scale, ..] => *scale,
    };
    let seconds = |modifier: &[i64]| modifier.first().copied().unwrap_or(SECONDS);
    let rounded = match (from, to) {
        ("numeric", "numeric") => scale(&new) < scale(&old),
        ("numeric", _) => is_whole(to) || is_inexact(to),
        (_, "numeric") => is_inexact(from) || is_whole(from) && scale(&new) < 0,
        ("double precision", "real") | ("bigint", "real" | "double precision") | ("integer", "real") => true,
        (_, _) if is_inexact(from) => is_whole(to),
        (_, _) if from.starts_with("time") && to.starts_with("time") => seconds(&new) < seconds(&old),
        (_, _) => false,
    };
    let of_day = |ty: &str| ty.starts_with("time ");
    if rounded {
        Some(Lost::Digits)
    } else if from.starts_with("timestamp") && to == "date" {
        Some(Lost::Time)
    } else {
        (from.starts_with("timestamp") && of_day(to)).then_some(Lost::Day)
    }
}

/// Built-in types that are converted alike where no cast leads from one to the other; strings and arrays are none
/// of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    Boolean,
    Integer,
    Number,
    Uuid,
    /// A moment, wherever the clock hangs.
    Instant,
    /// What a clock or calendar shows.
    Date,
    Json,
    Other,
}

impl Family {
    pub(crate) fn of(ty: &TypeName) -> Option<Self> {
        let Some(ty) = ty.as_built_in() else { return Some(Self::Other) };
        let (name, _) = parts(&ty);
        let (element, is_array) = brackets(&name);
        Some(match element {
            _ if is_array => Self::Other,
            "boolean" => Self::Boolean,
            "smallint" | "integer" | "bigint" => Self::Integer,
            "numeric" | "real" | "double precision" => Self::Number,
            "uuid" => Self::Uuid,
            "timestamp with time zone" => Self::Instant,
            "timestamp without time zone" | "date" => Self::Date,
            "json" | "jsonb" => Self::Json,
            _ if is_string(element) => return None,
            _ => Self::Other,
        })
    }
}

/// Whether an explicit cast leads from one built-in type to the other: `a::t`.
pub(crate) fn has_cast(from: &str, to: &str) -> bool {
    let ((from, _), (to, _)) = (parts(from), parts(to));
    let ((from, from_array), (to, to_array)) = (brackets(&from), brackets(&to));
    let known = || EXPLICIT.contains(&(from, to)) || ASSIGNMENT.contains(&(from, to));
    from_array == to_array && (from == to || is_string(from) || is_string(to) || known())
        || !from_array && is_string(from)
        || !to_array && is_string(to)
}

fn brackets(text: &str) -> (&str, bool) {
    match text.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (text, false),
    }
}

pub(crate) fn is_string(name: &str) -> bool {
    ["text", "character varying", "character", "name"].contains(&name)
}

/// The type without its modifier, and the modifier's numbers: `numeric(12,4)` → `numeric`, `[12, 4]`.
pub(crate) fn parts(text: &str) -> (String, Vec<i64>) {
    match (text.find('('), text.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let numbers = text[open + 1..close].split(',').filter_map(|n| n.trim().parse().ok()).collect();
            (format!("{}{}", text[..open].trim_end(), &text[close + 1..]), numbers)
        }
        _ => (text.to_owned(), Vec::new()),
    }
}

/// Whether the same type with the second modifier holds every value of the first without touching it.
fn widens(name: &str, from: &[i64], to: &[i64]) -> bool {
    match (from, to) {
        (_, []) => name != "bit" && name != "character",
        ([], _) => false,
        ([from], [to]) if name == "character varying" || name == "bit varying" => from <= to,
        ([from], [to]) if name.starts_with("time") || name.starts_with("interval") => from <= to,
        ([from, from_scale], [to, to_scale]) if name == "numeric" => from <= to && from_scale == to_scale,
        (from, to) => from == to,
    }
}

/// Pairs of types whose values look alike on disk.
fn is_free(from: &str, to: &str, from_modifier: &[i64], to_modifier: &[i64]) -> bool {
    match (from, to) {
        ("character varying", "text") | ("cidr", "inet") | ("xml", "text") => true,
        ("text", "character varying") => to_modifier.is_empty(),
        ("bit", "bit varying") => to_modifier.is_empty() || from_modifier.first() <= to_modifier.first(),
        ("integer", "oid") | ("oid", "integer") => true,
        _ => false,
    }
}

/// Assignment and implicit casts between different built-in types, those to string types left out
/// (`pg_cast` with `castcontext IN ('i', 'a')`).
#[rustfmt::skip]
const ASSIGNMENT: &[(&str, &str)] = &[
    ("bigint", "double precision"), ("bigint", "integer"), ("bigint", "money"), ("bigint", "numeric"),
    ("bigint", "oid"), ("bigint", "real"), ("bigint", "smallint"), ("bit varying", "bit"),
    ("bit", "bit varying"), ("box", "polygon"), ("character varying", "\"char\""),
    ("character", "\"char\""), ("cidr", "inet"), ("date", "timestamp with time zone"),
    ("date", "timestamp without time zone"), ("double precision", "bigint"),
    ("double precision", "integer"), ("double precision", "numeric"), ("double precision", "real"),
    ("double precision", "smallint"), ("inet", "cidr"), ("integer", "bigint"),
    ("integer", "double precision"), ("integer", "money"), ("integer", "numeric"), ("integer", "oid"),
    ("integer", "real"), ("integer", "smallint"), ("interval", "time without time zone"), ("json", "jsonb"),
    ("jsonb", "json"), ("macaddr", "macaddr8"), ("macaddr8", "macaddr"), ("money", "numeric"),
    ("numeric", "bigint"), ("numeric", "double precision"), ("numeric", "integer"), ("numeric", "money"),
    ("numeric", "real"), ("numeric", "smallint"), ("oid", "bigint"), ("oid", "integer"),
    ("path", "polygon"), ("point", "box"), ("polygon", "path"), ("real", "bigint"),
    ("real", "double precision"), ("real", "integer"), ("real", "numeric"), ("real", "smallint"),
    ("smallint", "bigint"), ("smallint", "double precision"), ("smallint", "integer"),
    ("smallint", "numeric"), ("smallint", "oid"), ("smallint", "real"), ("text", "\"char\""),
    ("time with time zone", "time without time zone"), ("time without time zone", "interval"),
    ("time without time zone", "time with time zone"), ("timestamp with time zone", "date"),
    ("timestamp with time zone", "time with time zone"),
    ("timestamp with time zone", "time without time zone"),
    ("timestamp with time zone", "timestamp without time zone"), ("timestamp without time zone", "date"),
    ("timestamp without time zone", "time without time zone"),
    ("timestamp without time zone", "timestamp with time zone"),
];

/// Casts between built-in types that must be asked for (`pg_cast` with `castcontext = 'e'`).
#[rustfmt::skip]
const EXPLICIT: &[(&str, &str)] = &[
    ("\"char\"", "integer"), ("bigint", "bit"), ("bit", "bigint"), ("bit", "integer"), ("boolean", "integer"),
    ("box", "circle"), ("box", "lseg"), ("box", "point"), ("circle", "box"), ("circle", "point"),
    ("circle", "polygon"), ("daterange", "datemultirange"), ("int4range", "int4multirange"),
    ("int8range", "int8multirange"), ("integer", "\"char\""), ("integer", "bit"), ("integer", "boolean"),
    ("jsonb", "bigint"), ("jsonb", "boolean"), ("jsonb", "double precision"), ("jsonb", "integer"),
    ("jsonb", "numeric"), ("jsonb", "real"), ("jsonb", "smallint"), ("lseg", "point"),
    ("numrange", "nummultirange"), ("polygon", "box"), ("polygon", "circle"), ("polygon", "point"),
    ("tsrange", "tsmultirange"), ("tstzrange", "tstzmultirange"), ("xid8", "xid"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn between(from: &str, to: &str) -> Conversion {
        conversion(&TypeName::built_in(from), &TypeName::built_in(to))
    }

    #[test]
    fn widening_touches_no_row() {
        for (from, to) in [
            ("character varying(10)", "character varying(20)"),
            ("character varying(10)", "text"),
            ("text", "character varying"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("numeric(10,2)", "numeric"),
            ("timestamp(3) with time zone", "timestamp with time zone"),
        ] {
            assert_eq!(between(from, to), Conversion::Free, "{from} → {to}");
        }
    }

    #[test]
    fn narrowing_and_other_types_are_assigned_where_the_server_does_so() {
        for (from, to) in [
            ("character varying(20)", "character varying(10)"),
            ("text", "character varying(10)"),
            ("numeric(10,2)", "numeric(12,4)"),
            ("integer", "bigint"),
            ("uuid", "text"),
            ("jsonb", "json"),
            ("integer[]", "bigint[]"),
            ("timestamp without time zone", "timestamp with time zone"),
        ] {
            assert_eq!(between(from, to), Conversion::Assignment, "{from} → {to}");
        }
    }

    #[test]
    fn what_a_wider_type_takes_cannot_fail() {
        let holds = |from: &str, to: &str| holds_all(&TypeName::built_in(from), &TypeName::built_in(to));
        assert!(holds("integer", "bigint") && holds("integer", "numeric") && holds("uuid", "text"));
        assert!(!holds("bigint", "integer") && !holds("integer", "numeric(3,1)") && !holds("text", "uuid"));
        assert!(!holds("text", "character varying(5)") && !holds("bigint", "double precision"));
    }

    #[test]
    fn what_is_rounded_off_is_lost() {
        let lost = |from: &str, to: &str| loses(&TypeName::built_in(from), &TypeName::built_in(to));
        for (from, to) in [
            ("numeric", "numeric(5,2)"),
            ("numeric(9,4)", "numeric(9,2)"),
            ("numeric(9,4)", "numeric(9)"),
            ("numeric", "integer"),
            ("double precision", "real"),
            ("real", "bigint"),
            ("double precision", "numeric"),
            ("bigint", "double precision"),
            ("timestamp with time zone", "timestamp(0) with time zone"),
            ("time(3) without time zone", "time(2) without time zone"),
        ] {
            assert_eq!(lost(from, to), Some(Lost::Digits), "{from} → {to}");
        }
        for (from, to) in [
            ("numeric(5,2)", "numeric"),
            ("numeric(9,2)", "numeric(5,2)"),
            ("bigint", "integer"),
            ("integer", "numeric(3)"),
            ("integer", "double precision"),
            ("real", "double precision"),
            ("numeric", "text"),
            ("text", "numeric(5,2)"),
            ("timestamp(0) with time zone", "timestamp with time zone"),
            ("timestamp without time zone", "timestamp with time zone"),
            ("date", "timestamp without time zone"),
            ("numeric[]", "integer[]"),
        ] {
            assert_eq!(lost(from, to), None, "{from} → {to}");
        }
        assert_eq!(lost("timestamp with time zone", "date"), Some(Lost::Time));
        assert_eq!(lost("timestamp with time zone", "time without time zone"), Some(Lost::Day));
    }

    #[test]
    fn a_cast_leads_through_text_where_there_is_none() {
        for (from, to) in
            [("integer", "boolean"), ("text", "uuid"), ("integer[]", "text"), ("jsonb", "numeric(8,2)")]
        {
            assert!(has_cast(from, to), "{from} → {to}");
        }
        for (from, to) in
            [("integer", "uuid"), ("integer", "integer[]"), ("boolean", "bigint"), ("uuid[]", "uuid")]
        {
            assert!(!has_cast(from, to), "{from} → {to}");
        }
    }

    #[test]
    fn the_rest_needs_to_be_told() {
        for (from, to) in [("text", "uuid"), ("integer", "boolean"), ("text", "integer[]"), ("text", "jsonb")]
        {
            assert_eq!(between(from, to), Conversion::Using, "{from} → {to}");
        }
    }
}
