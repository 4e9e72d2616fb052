//! Values that a column may accept, most likely first.

/// What is known of a column that is to be filled.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) not_null: bool,
    /// It has a generated value and takes none.
    pub(super) generated: bool,
    /// The server counts its values.
    pub(super) numbered: bool,
    pub(super) has_default: bool,
    /// The base type, beneath domains.
    pub(super) base: String,
    pub(super) kind: char,
    pub(super) category: char,
    pub(super) typmod: i32,
    /// The type of an array's elements.
    pub(super) element: Option<String>,
    /// The type of a range's bounds.
    pub(super) subtype: Option<String>,
    pub(super) labels: Vec<String>,
    /// How many columns a composite type has.
    pub(super) parts: usize,
    /// The type that the column is declared with: a domain, or the base type.
    pub(super) declared: String,
    /// Constants that checks, partition bounds and index predicates hold.
    pub(super) hints: Vec<String>,
}

impl Column {
    /// The values to try, as text that the type reads; never none.
    pub(super) fn candidates(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        match (self.kind, self.category) {
            ('e', _) => found.extend(self.labels.iter().cloned()),
            ('c', _) => found.push(["(", &",".repeat(self.parts.saturating_sub(1)), ")"].concat()),
            ('r', _) => {
                let bounds = of_type(self.subtype.as_deref().unwrap_or_default(), -1);
                found.extend(bounds.windows(2).map(|pair| ["[", &pair[0], ",", &pair[1], ")"].concat()));
            }
            ('m', _) => {
                let bounds = of_type(self.subtype.as_deref().unwrap_or_default(), -1);
                found.extend(bounds.windows(2).map(|pair| ["{[", &pair[0], ",", &pair[1], ")}"].concat()));
            }
            (_, 'A') => {
                let element = self.element.as_deref().unwrap_or_default();
                let elements =
                    if self.labels.is_empty() { of_type(element, -1) } else { self.labels.clone() };
                let quoted = |text: &String| ["{\"", &text.replace('"', "\\\""), "\"}"].concat();
                found.extend(elements.iter().map(quoted));
                found.push("{}".to_owned());
            }
            _ => {
                found.extend(self.hinted());
                found.extend(of_type(&self.base, self.typmod));
            }
        }
        if found.is_empty() {
            found.push(String::new());
        }
        let mut kept: Vec<String> = Vec::new();
        for value in found {
            let value = self.shortened(value);
            if !kept.contains(&value) {
                kept.push(value);
            }
        }
        kept
    }

    /// What the constants say: themselves, their neighbours, texts of that length, texts that a pattern takes.
    fn hinted(&self) -> Vec<String> {
        let mut found = Vec::new();
        for hint in &self.hints {
            match (self.category, hint.parse::<i64>()) {
                ('N', Ok(number)) => {
                    found.extend(
                        [number, number.saturating_add(1), number.saturating_sub(1)].map(|n| n.to_string()),
                    );
                }
                ('S', Ok(length @ 1..=64)) => found.push("x".repeat(usize::try_from(length).unwrap_or(1))),
                ('S', _) => {
                    found.push(hint.clone());
                    if hint.contains(['%', '_']) {
                        found.push(hint.replace(['%', '_'], "a"));
                    }
                }
                _ => found.push(hint.clone()),
            }
        }
        found.truncate(24);
        found
    }

    /// Cut to the length that `varchar(n)` and `char(n)` take: their typmod is `n` + 4.
    fn shortened(&self, value: String) -> String {
        match usize::try_from(self.typmod - 4) {
            Ok(longest) if longest > 0 && ["varchar", "bpchar"].contains(&self.base.as_str()) => {
                value.chars().take(longest).collect()
            }
            _ => value,
        }
    }
}

/// Values of a type of PostgreSQL's own; what is not known may read a number or a word.
fn of_type(base: &str, typmod: i32) -> Vec<String> {
    let each = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match base {
        "bool" => each(&["true", "false"]),
        "int2" | "int4" | "int8" | "oid" | "xid8" => {
            each(&["1", "2", "3", "0", "4", "5", "7", "10", "25", "100", "-1", "1000"])
        }
        "float4" | "float8" | "numeric" | "money" => {
            each(&["1", "2", "3", "0.5", "0", "0.1", "4", "10", "25", "100", "-1"])
        }
        "uuid" => (1..9).map(|n| ["00000000-0000-4000-8000-00000000000", &n.to_string()].concat()).collect(),
        "date" => (1..9).map(|n| ["2024-01-0", &n.to_string()].concat()).collect(),
        "timestamp" => (1..9).map(|n| ["2024-01-0", &n.to_string(), " 12:00:00"].concat()).collect(),
        "timestamptz" => (1..9).map(|n| ["2024-01-0", &n.to_string(), " 12:00:00+00"].concat()).collect(),
        "time" => (1..9).map(|n| ["0", &n.to_string(), ":00:00"].concat()).collect(),
        "timetz" => (1..9).map(|n| ["0", &n.to_string(), ":00:00+00"].concat()).collect(),
        "interval" => (1..9).map(|n| [&n.to_string(), " days"].concat()).collect(),
        "json" | "jsonb" => each(&["{}", "{\"n\": 1}", "[]", "[1]", "1", "\"a\""]),
        "xml" => each(&["<a/>", "<b/>", "<c/>"]),
        "bytea" => each(&["\\x01", "\\x02", "\\x03", "\\x"]),
        "inet" => each(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        "cidr" => each(&["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"]),
        "macaddr" => each(&["08:00:2b:01:02:01", "08:00:2b:01:02:02", "08:00:2b:01:02:03"]),
        "macaddr8" => {
            each(&["08:00:2b:01:02:03:04:01", "08:00:2b:01:02:03:04:02", "08:00:2b:01:02:03:04:03"])
        }
        "point" => each(&["(1,1)", "(2,2)", "(3,3)"]),
        "line" => each(&["{1,1,0}", "{1,2,0}", "{1,3,0}"]),
        "lseg" => each(&["[(1,1),(2,2)]", "[(3,3),(4,4)]", "[(5,5),(6,6)]"]),
        "box" => each(&["(2,2),(1,1)", "(4,4),(3,3)", "(6,6),(5,5)"]),
        "path" => each(&["[(1,1),(2,2)]", "((1,1),(2,2))", "[(3,3),(4,4)]"]),
        "polygon" => each(&["((1,1),(2,2),(3,1))", "((4,4),(5,5),(6,4))", "((7,7),(8,8),(9,7))"]),
        "circle" => each(&["<(1,1),1>", "<(5,5),1>", "<(9,9),1>"]),
        "bit" => {
            let length = usize::try_from(typmod).unwrap_or(1).max(1);
            ["1", "0"].map(|bit| bit.repeat(length)).to_vec()
        }
        "varbit" => each(&["1", "0"]),
        "tsvector" => each(&["a", "b", "c"]),
        "tsquery" => each(&["a", "b", "c"]),
        "pg_lsn" => each(&["0/1", "0/2", "0/3"]),
        "regclass" => each(&["pg_class", "pg_type", "pg_proc"]),
        "regtype" => each(&["integer", "text", "date"]),
        "ltree" => each(&["a", "b", "a.b"]),
        "hstore" => each(&["a=>1", "b=>2", "c=>3"]),
        _ => each(&[
            "a",
            "b",
            "c",
            "ab",
            "abc",
            "Abc1",
            "1",
            "2",
            "a@example.org",
            "https://example.org/a",
            "abcdefgh",
            "2024-01-01",
            "{}",
            "en",
            "EUR",
            "USD",
            "GBP",
            "",
        ]),
    }
}

/// The constants in an expression as the server prints it: strings and numbers.
pub(super) fn constants(expression: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = expression.chars().peekable();
    let mut in_word = false;
    while let Some(first) = rest.next() {
        if first == '"' {
            rest.by_ref().find(|c| *c == '"');
        } else if first == '\'' {
            let mut text = String::new();
            while let Some(c) = rest.next() {
                if c != '\'' {
                    text.push(c);
                } else if rest.peek() == Some(&'\'') {
                    rest.next();
                    text.push('\'');
                } else {
                    break;
                }
            }
            found.push(text);
        } else if first.is_ascii_digit() && !in_word {
            let mut text = String::from(first);
            while let Some(c) = rest.peek().filter(|c| c.is_ascii_digit() || **c == '.') {
                text.push(*c);
                rest.next();
            }
            found.push(text);
        }
        in_word = first.is_alphanumeric() || first == '_';
    }
    found
}

#[cfg(test)]
mod tests {
    use super::constants;

    #[test]
    fn constants_are_strings_and_numbers_outside_of_names() {
        let found = constants("CHECK (\"a'1\" = 'it''s' AND c2 >= 1.50 AND (s)::text ~~ '%@%'::text)");
        assert_eq!(found, ["it's", "1.50", "%@%"]);
    }
}
