//! Types as PostgreSQL's `format_type` prints them.
//!
//! `type = "varchar(200)"` must compare equal to what the catalog says, which is `character varying(200)`.
//! The rules are those of the grammar (`SimpleTypename` in gram.y) and of format_type.c.

/// A type written in SQL, in the catalog's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Canonical {
    /// A built-in type, modifiers and brackets included.
    BuiltIn(String),
    /// A type of the database.
    User {
        /// Its schema, where it is given.
        schema: Option<String>,
        /// Its name.
        name: String,
        /// Its modifiers and brackets, as written but for white space.
        suffix: String,
    },
}

/// Why a type can't be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

fn wrong(message: impl Into<String>) -> Wrong {
    Wrong { message: message.into(), help: None }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A bare word, folded to lower case and as written.
    Word(String, String),
    Quoted(String),
    Number(String),
    String(String),
    Symbol(char),
}

pub(crate) fn tokens(sql: &str) -> Result<Vec<Token>, Wrong> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => {
                let (text, length) = quoted(rest, first).ok_or_else(|| wrong("a quote is not closed"))?;
                tokens.push(if first == '"' { Token::Quoted(text) } else { Token::String(text) });
                length
            }
            c if c.is_alphabetic() || c == '_' => {
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_lowercase(), rest[..end].to_owned()));
                end
            }
            c if c.is_ascii_digit() => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                tokens.push(Token::Number(rest[..end].to_owned()));
                end
            }
            c => {
                tokens.push(Token::Symbol(c));
                c.len_utf8()
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            value.push(c);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            value.push(quote);
        } else {
            return Some((value, at + 1));
        }
    }
    None
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn word(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word, _)) => Some(word),
            _ => None,
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.word() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    /// `(a, b)`: what stands in the parentheses, item by item.
    fn modifiers(&mut self) -> Result<Vec<String>, Wrong> {
        let mut items = Vec::new();
        if !self.symbol('(') {
            return Ok(items);
        }
        let mut item = String::new();
        loop {
            match self.tokens.get(self.at).cloned() {
                Some(Token::Symbol(')')) => break,
                Some(Token::Symbol(',')) => items.push(std::mem::take(&mut item)),
                Some(Token::Symbol(c)) => item.push(c),
                Some(Token::Word(_, text) | Token::Number(text)) => item.push_str(&text),
                Some(Token::Quoted(text) | Token::String(text)) => item.push_str(&text),
                None => return Err(wrong("a parenthesis is not closed")),
            }
            self.at += 1;
        }
        self.at += 1;
        items.push(item);
        Ok(items)
    }

    fn numbers(&mut self, of: &str, at_most: usize) -> Result<Vec<i64>, Wrong> {
        let items = self.modifiers()?;
        if items.len() > at_most {
            return Err(wrong(format!("`{of}` takes no {} modifiers", items.len())));
        }
        items
            .iter()
            .map(|item| item.parse().map_err(|_| wrong(format!("`{item}` is no modifier of `{of}`"))))
            .collect()
    }

    /// `(p)` of a time type; the server cuts it at 6.
    fn precision(&mut self, of: &str) -> Result<String, Wrong> {
        Ok(match self.numbers(of, 1)?.first() {
            Some(precision) if *precision >= 0 => format!("({})", precision.min(&6)),
            Some(precision) => return Err(wrong(format!("`{precision}` is no precision"))),
            None => String::new(),
        })
    }

    fn time_zone(&mut self) -> Result<Option<bool>, Wrong> {
        let with = match self.word() {
            Some("with") => true,
            Some("without") => false,
            _ => return Ok(None),
        };
        self.at += 1;
        if self.take("time") && self.take("zone") {
            Ok(Some(with))
        } else {
            Err(wrong("`with` and `without` are followed by `time zone`"))
        }
    }

    /// `[]`, `[3]`, `array`, `array[3]`: whether there is any. How many there are makes no other type.
    fn brackets(&mut self) -> Result<bool, Wrong> {
        let mut found = self.take("array");
        while self.symbol('[') {
            found = true;
            if matches!(self.tokens.get(self.at), Some(Token::Number(_))) {
                self.at += 1;
            }
            if !self.symbol(']') {
                return Err(wrong("a bracket is not closed"));
            }
        }
        Ok(found)
    }
}

/// The canonical form of a type written in SQL.
pub(crate) fn canonical(sql: &str) -> Result<Canonical, Wrong> {
    let mut parser = Parser { tokens: tokens(sql)?, at: 0 };
    if parser.take("setof") {
        return Err(wrong("a column holds no set"));
    }
    let mut base = base(&mut parser)?;
    let array = parser.brackets()?;
    if parser.at < parser.tokens.len() {
        return Err(wrong(format!("`{sql}` is no type")));
    }
    if array {
        match &mut base {
            Canonical::BuiltIn(text) => text.push_str("[]"),
            Canonical::User { suffix, .. } => suffix.push_str("[]"),
        }
    }
    Ok(base)
}

fn base(parser: &mut Parser) -> Result<Canonical, Wrong> {
    let mut parts = Vec::new();
    let mut plain;
    loop {
        match parser.tokens.get(parser.at) {
            Some(Token::Word(word, _)) => {
                plain = parts.is_empty();
                parts.push(word.clone());
            }
            Some(Token::Quoted(word)) => {
                plain = false;
                parts.push(word.clone());
            }
            _ => return Err(wrong("a type's name is missing")),
        }
        parser.at += 1;
        if !parser.symbol('.') {
            break;
        }
    }
    match parts.as_slice() {
        [name] if plain => match built_in(name, parser)? {
            Some(text) => Ok(Canonical::BuiltIn(text)),
            None => user(None, name.clone(), parser),
        },
        // Quoted, a built-in type goes by its internal name, and `"char"` is a type of its own.
        [name] if name == "char" => Ok(Canonical::BuiltIn("\"char\"".to_owned())),
        [name] if is_internal(name) => internal(name, parser).map(Canonical::BuiltIn),
        [name] => user(None, name.clone(), parser),
        [schema, name] if schema == "pg_catalog" => {
            if name == "char" {
                return Ok(Canonical::BuiltIn("\"char\"".to_owned()));
            }
            if is_internal(name) {
                return internal(name, parser).map(Canonical::BuiltIn);
            }
            Err(wrong(format!("`pg_catalog` has no type `{name}`")))
        }
        [schema, name] => user(Some(schema.clone()), name.clone(), parser),
        _ => Err(wrong("a type's name has at most a schema before it")),
    }
}

fn user(schema: Option<String>, name: String, parser: &mut Parser) -> Result<Canonical, Wrong> {
    let modifiers = parser.modifiers()?;
    let suffix = if modifiers.is_empty() { String::new() } else { format!("({})", modifiers.join(",")) };
    Ok(Canonical::User { schema, name, suffix })
}

/// Whether a quoted or qualified name is that of a built-in type: these go by what `pg_type` calls them.
fn is_internal(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "bool",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "varchar",
        "bpchar",
        "varbit",
        "timestamptz",
        "timetz",
        "numeric",
        "bit",
        "time",
        "timestamp",
        "interval",
    ];
    NAMES.contains(&name) || SIMPLE.contains(&name)
}

/// A type by its internal name: there `bit` and `bpchar` without a length are not of length 1.
fn internal(name: &str, parser: &mut Parser) -> Result<String, Wrong> {
    if name == "bit" && parser.tokens.get(parser.at) != Some(&Token::Symbol('(')) {
        return Ok("\"bit\"".to_owned());
    }
    built_in(name, parser)?.ok_or_else(|| wrong(format!("there is no type `{name}`")))
}

/// A built-in type that begins with this bare word.
fn built_in(name: &str, parser: &mut Parser) -> Result<Option<String>, Wrong> {
    Ok(Some(match name {
        "bool" | "boolean" => "boolean".to_owned(),
        "int" | "int4" | "integer" => "integer".to_owned(),
        "int2" | "smallint" => "smallint".to_owned(),
        "int8" | "bigint" => "bigint".to_owned(),
        "real" | "float4" => "real".to_owned(),
        "float8" => "double precision".to_owned(),
        "double" if parser.take("precision") => "double precision".to_owned(),
        "float" => match parser.numbers("float", 1)?.first() {
            None => "double precision".to_owned(),
            Some(1..=24) => "real".to_owned(),
            Some(25..=53) => "double precision".to_owned(),
            Some(precision) => {
                return Err(wrong(format!("`float({precision})` has no precision from 1 to 53")));
            }
        },
        "numeric" | "decimal" | "dec" => match parser.numbers(name, 2)?.as_slice() {
            [] => "numeric".to_owned(),
            [precision] => format!("numeric({precision},0)"),
            [precision, scale, ..] => format!("numeric({precision},{scale})"),
        },
        "varchar" => sized("character varying", parser)?,
        "char" | "character" | "nchar" => {
            let varying = parser.take("varying");
            character(varying, parser)?
        }
        "national" if parser.take("character") || parser.take("char") => {
            let varying = parser.take("varying");
            character(varying, parser)?
        }
        "bpchar" => match parser.numbers("bpchar", 1)?.first() {
            Some(length) => format!("character({length})"),
            None => "bpchar".to_owned(),
        },
        "bit" => {
            if parser.take("varying") {
                sized("bit varying", parser)?
            } else {
                format!("bit({})", parser.numbers("bit", 1)?.first().unwrap_or(&1))
            }
        }
        "varbit" => sized("bit varying", parser)?,
        "timestamptz" => format!("timestamp{} with time zone", parser.precision("timestamptz")?),
        "timetz" => format!("time{} with time zone", parser.precision("timetz")?),
        "timestamp" | "time" => {
            let precision = parser.precision(name)?;
            let with = parser.time_zone()? == Some(true);
            format!("{name}{precision} {} time zone", if with { "with" } else { "without" })
        }
        "interval" => interval(parser)?,
        "smallserial" | "serial" | "bigserial" | "serial2" | "serial4" | "serial8" => {
            return Err(Wrong {
                message: format!("`{name}` is no type"),
                help: Some("write `#[column(serial)]`, or better `#[column(identity)]`".to_owned()),
            });
        }
        simple if SIMPLE.contains(&simple) => simple.to_owned(),
        _ => return Ok(None),
    }))
}

fn character(varying: bool, parser: &mut Parser) -> Result<String, Wrong> {
    if varying {
        return sized("character varying", parser);
    }
    Ok(format!("character({})", parser.numbers("character", 1)?.first().unwrap_or(&1)))
}

fn sized(name: &str, parser: &mut Parser) -> Result<String, Wrong> {
    Ok(match parser.numbers(name, 1)?.first() {
        Some(length) => format!("{name}({length})"),
        None => name.to_owned(),
    })
}

fn interval(parser: &mut Parser) -> Result<String, Wrong> {
    const FIELDS: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];
    let leading = parser.precision("interval")?;
    let Some(first) = FIELDS.iter().find(|field| parser.word() == Some(field)) else {
        return Ok(format!("interval{leading}"));
    };
    parser.at += 1;
    let mut text = format!("interval {first}");
    let mut last = *first;
    if parser.take("to") {
        let to = FIELDS.iter().find(|field| parser.word() == Some(field));
        let to = to.ok_or_else(|| wrong("`to` is followed by a field of an interval"))?;
        parser.at += 1;
        text.push_str(" to ");
        text.push_str(to);
        last = to;
    }
    if last == "second" {
        text.push_str(&parser.precision("interval")?);
    }
    Ok(text)
}

/// Built-in types without modifiers and without another name.
#[rustfmt::skip]
const SIMPLE: &[&str] = &[
    "aclitem", "box", "bytea", "cid", "cidr", "circle", "date", "datemultirange", "daterange", "gtsvector",
    "inet", "int2vector", "int4multirange", "int4range", "int8multirange", "int8range", "json", "jsonb",
    "jsonpath", "line", "lseg", "macaddr", "macaddr8", "money", "name", "nummultirange", "numrange", "oid",
    "oidvector", "path", "pg_lsn", "pg_snapshot", "point", "polygon", "refcursor", "regclass", "regcollation",
    "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc", "regprocedure",
    "regrole", "regtype", "text", "tid", "tsmultirange", "tsquery", "tsrange", "tstzmultirange", "tstzrange",
    "tsvector", "txid_snapshot", "uuid", "xid", "xid8", "xml",
];

/// The extension that brings a type of this name, for the types that people use without naming a schema.
pub(crate) fn extension_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "citext" => "citext",
        "hstore" => "hstore",
        "ltree" | "lquery" | "ltxtquery" => "ltree",
        "vector" | "halfvec" | "sparsevec" => "vector",
        "geometry" | "geography" | "box2d" | "box3d" => "postgis",
        "raster" => "postgis_raster",
        "cube" => "cube",
        "seg" => "seg",
        "isbn" | "isbn13" | "issn" | "issn13" | "ismn" | "ismn13" | "ean13" | "upc" => "isn",
        "query_int" => "intarray",
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) const CASES: &[(&str, &str)] = &[
    ("varchar(200)", "character varying(200)"),
    ("VARCHAR", "character varying"),
    ("char", "character(1)"),
    ("char varying(3)", "character varying(3)"),
    ("national character varying(5)", "character varying(5)"),
    ("nchar(3)", "character(3)"),
    ("bpchar", "bpchar"),
    ("bpchar(3)", "character(3)"),
    ("\"char\"", "\"char\""),
    ("pg_catalog.\"char\"", "\"char\""),
    ("pg_catalog.int4", "integer"),
    ("pg_catalog.bit", "\"bit\""),
    ("\"int4\"", "integer"),
    ("int[]", "integer[]"),
    ("int[3][]", "integer[]"),
    ("integer array[4]", "integer[]"),
    ("text array", "text[]"),
    ("float", "double precision"),
    ("float(24)", "real"),
    ("float(25)", "double precision"),
    ("double   precision", "double precision"),
    ("decimal(12, 4)", "numeric(12,4)"),
    ("numeric(12)", "numeric(12,0)"),
    ("numeric(3,-2)", "numeric(3,-2)"),
    ("dec", "numeric"),
    ("bit", "bit(1)"),
    ("bit(8)", "bit(8)"),
    ("bit varying(8)", "bit varying(8)"),
    ("varbit", "bit varying"),
    ("timestamptz(3)", "timestamp(3) with time zone"),
    ("timestamp(3) with time zone", "timestamp(3) with time zone"),
    ("timestamp", "timestamp without time zone"),
    ("timestamp(9)", "timestamp(6) without time zone"),
    ("time with time zone", "time with time zone"),
    ("timetz", "time with time zone"),
    ("time(0)", "time(0) without time zone"),
    ("interval", "interval"),
    ("interval(3)", "interval(3)"),
    ("interval day to second(3)", "interval day to second(3)"),
    ("interval year to month", "interval year to month"),
    ("interval second(2)", "interval second(2)"),
    ("bool", "boolean"),
    ("jsonb", "jsonb"),
    ("regclass", "regclass"),
    ("tstzrange[]", "tstzrange[]"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_become_what_the_catalog_prints() {
        for (written, printed) in CASES {
            assert_eq!(canonical(written), Ok(Canonical::BuiltIn((*printed).to_owned())), "{written}");
        }
    }

    #[test]
    fn other_types_keep_their_names() {
        let user = |schema: Option<&str>, name: &str, suffix: &str| {
            Ok(Canonical::User {
                schema: schema.map(str::to_owned),
                name: name.to_owned(),
                suffix: suffix.to_owned(),
            })
        };
        assert_eq!(canonical("citext"), user(None, "citext", ""));
        assert_eq!(canonical("Public.Vector( 1536 )"), user(Some("public"), "vector", "(1536)"));
        assert_eq!(canonical("geometry(Point, 4326)[]"), user(None, "geometry", "(Point,4326)[]"));
        assert_eq!(canonical("\"Mood\".\"it\"\"s\""), user(Some("Mood"), "it\"s", ""));
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for written in
            ["", "varchar(", "int[", "varchar(a)", "text text", "timestamp with zone", "float(99)", "\"x"]
        {
            assert!(canonical(written).is_err(), "{written}");
        }
        let serial = canonical("bigserial").expect_err("it is no type");
        assert!(serial.help.is_some_and(|help| help.contains("identity")));
    }
}
