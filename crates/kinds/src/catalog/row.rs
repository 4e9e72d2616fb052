//! One row of a catalog query, field by field.

use limbeck_sql::{Ident, Sql};

/// A row in text form; fields are taken in the order of the query's columns.
pub struct Row<'a> {
    query: &'static str,
    fields: &'a [Option<&'a str>],
    at: usize,
}

/// A field that is not what the query promises.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq, Hash)]
#[error("catalog query `{query}`: column {column} holds {value}, which is not {expected}")]
pub struct Malformed {
    /// The query's name.
    pub query: &'static str,
    /// The column, from 1.
    pub column: usize,
    /// What it held.
    pub value: String,
    /// What was expected.
    pub expected: &'static str,
}

impl<'a> Row<'a> {
    /// A row of the query of that name.
    pub fn new(query: &'static str, fields: &'a [Option<&'a str>]) -> Self {
        Self { query, fields, at: 0 }
    }

    /// The next field, NULL as `None`.
    pub fn optional(&mut self) -> Result<Option<&'a str>, Malformed> {
        let field = self.fields.get(self.at).copied();
        self.at += 1;
        field.ok_or_else(|| self.malformed(None, "there"))
    }

    /// The next field, which is never NULL.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        self.optional()?.ok_or_else(|| self.malformed(None, "a text"))
    }

    /// The next field as an identifier.
    pub fn ident(&mut self) -> Result<Ident, Malformed> {
        self.text().map(Ident::new)
    }

    /// The next field as SQL that the server printed; NULL as `None`.
    pub fn sql(&mut self) -> Result<Option<Sql>, Malformed> {
        Ok(self.optional()?.map(Sql::from_trusted))
    }

    /// The next field as an oid.
    pub fn oid(&mut self) -> Result<u32, Malformed> {
        self.parse("an oid")
    }

    /// The next field as an integer.
    pub fn int<T: std::str::FromStr>(&mut self) -> Result<T, Malformed> {
        self.parse("an integer of its size")
    }

    /// The next field as an integer; NULL as `None`.
    pub fn optional_int<T: std::str::FromStr>(&mut self) -> Result<Option<T>, Malformed> {
        match self.optional()? {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| self.malformed(Some(text), "an integer")),
        }
    }

    /// The next field as a boolean.
    pub fn bool(&mut self) -> Result<bool, Malformed> {
        match self.text()? {
            "t" => Ok(true),
            "f" => Ok(false),
            other => Err(self.malformed(Some(other), "a boolean")),
        }
    }

    /// The next field, of PostgreSQL's one-byte type `"char"`; empty as `' '`.
    pub fn letter(&mut self) -> Result<char, Malformed> {
        Ok(self.text()?.chars().next().unwrap_or(' '))
    }

    /// The next field as an array of texts; NULL as the empty one.
    pub fn texts(&mut self) -> Result<Vec<String>, Malformed> {
        match self.optional()? {
            None => Ok(Vec::new()),
            Some(text) => array(text).ok_or_else(|| self.malformed(Some(text), "an array")),
        }
    }

    /// The next field as numbers: an `int2vector`, an `oidvector`, or an array of them; NULL as none.
    pub fn numbers<T: std::str::FromStr>(&mut self) -> Result<Vec<T>, Malformed> {
        let Some(text) = self.optional()? else { return Ok(Vec::new()) };
        text.trim_matches(['{', '}'])
            .split([' ', ','])
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().map_err(|_| self.malformed(Some(text), "numbers")))
            .collect()
    }

    fn parse<T: std::str::FromStr>(&mut self, expected: &'static str) -> Result<T, Malformed> {
        let text = self.text()?;
        text.parse().map_err(|_| self.malformed(Some(text), expected))
    }

    /// What is wrong with the field taken last.
    pub fn malformed(&self, value: Option<&str>, expected: &'static str) -> Malformed {
        let value = value.map_or_else(|| "NULL".to_owned(), |value| format!("`{value}`"));
        Malformed { query: self.query, column: self.at, value, expected }
    }
}

/// The elements of a one-dimensional array literal, as `array_out` prints it; NULL elements are empty.
fn array(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut items = Vec::new();
    let mut item = String::new();
    let (mut quoted, mut any) = (false, false);
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        any = true;
        match c {
            '\\' => item.push(chars.next()?),
            '"' => quoted = !quoted,
            ',' if !quoted => items.push(std::mem::take(&mut item)),
            other => item.push(other),
        }
    }
    if any {
        items.push(item);
    }
    (!quoted).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_split_as_the_server_joined_them() {
        assert_eq!(array("{}").unwrap(), Vec::<String>::new());
        assert_eq!(array(r#"{a,"b,c","d\"e",""}"#).unwrap(), ["a", "b,c", "d\"e", ""]);
        assert_eq!(array("{a"), None);
    }

    #[test]
    fn a_field_of_another_form_is_an_error_that_names_the_query() {
        let error = Row::new("types", &[Some("x")]).oid().unwrap_err();
        assert_eq!(error.to_string(), "catalog query `types`: column 1 holds `x`, which is not an oid");
        assert!(Row::new("types", &[None]).text().is_err());
        assert!(Row::new("types", &[]).optional().is_err());
    }
}
