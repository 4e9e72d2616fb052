//! Names that tools get wrong.

const BASES: [&str; 16] = [
    "plain",
    "we\"ird",
    "select",
    "two words",
    "Mixed",
    "ünïcødé",
    "user",
    "a.b",
    "semi;colon",
    "back\\slash",
    "quo'te",
    "$dollar$",
    "%s",
    "1st",
    "table",
    "long",
];

/// The `n`th name for a number; no two numbers share one.
pub(super) fn name(n: u64, number: u32) -> String {
    let bases = u64::try_from(BASES.len()).unwrap_or(1);
    let base = BASES[usize::try_from(n % bases).unwrap_or(0)];
    if base == "long" {
        // 63 bytes, the longest that PostgreSQL keeps whole.
        return format!("{:x<width$}{number}", base, width = 63 - number.to_string().len());
    }
    format!("{base}{number}")
}

/// How many names there are for a number.
pub(super) const NAMES: u64 = 16;

/// A name in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in single quotes.
pub(super) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    match quoted.contains('\\') {
        true => format!("E'{}'", quoted.replace('\\', "\\\\")),
        false => format!("'{quoted}'"),
    }
}
