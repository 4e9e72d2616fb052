//! The rows of a reading, kept: a catalog that is read again without a server.
//!
//! Rows are kept, not objects: what they mean is decided anew at each reading, so that a recording never hides what
//! a later release would see in them. A recording made by other queries is refused.

use std::hash::Hasher;

use limbeck_kinds::Schema;
use limbeck_kinds::catalog::{Catalog, Malformed, READERS, Reader, Row, for_version};
use limbeck_schema::Canonical;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::Error;

/// The rows of all catalog queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    version: i32,
    /// Per query of [`READERS`] its rows, as `COPY … TO STDOUT` writes them (manual, COPY, "Text Format").
    rows: Vec<Vec<u8>>,
}

impl Recording {
    /// A recording of a server of that `server_version_num`, without rows.
    pub(crate) fn new(version: i32) -> Self {
        Self { version, rows: vec![Vec::new(); READERS.len()] }
    }

    /// Where the rows of the query at that place of [`READERS`] go.
    pub(crate) fn rows_mut(&mut self, place: usize) -> &mut Vec<u8> {
        &mut self.rows[place]
    }

    /// The server's `server_version_num`.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// What the rows say.
    ///
    /// # Errors
    ///
    /// Where a row is not what its query promises.
    pub fn read(&self) -> Result<Canonical<Schema>, Error> {
        let mut catalog = Catalog::new(self.version);
        for (reader, rows) in READERS.iter().zip(&self.rows) {
            decode(reader, rows, &mut catalog)?;
        }
        Ok(Canonical::from_server(catalog.finish()))
    }

    /// What the rows say; they are let go as they are read, since they take about as much memory as what they say.
    ///
    /// # Errors
    ///
    /// As for [`Recording::read`].
    pub fn into_schema(self) -> Result<Canonical<Schema>, Error> {
        let mut catalog = Catalog::new(self.version);
        for (reader, rows) in READERS.iter().zip(self.rows) {
            decode(reader, &rows, &mut catalog)?;
        }
        Ok(Canonical::from_server(catalog.finish()))
    }

    /// A digest of the queries and their rows: two readings that share it read the same.
    pub fn digest(&self) -> [u8; 16] {
        let mut hasher = SipHasher13::new();
        hasher.write_i32(self.version);
        for (reader, rows) in READERS.iter().zip(&self.rows) {
            for part in [for_version(reader.query, self.version).as_bytes(), rows] {
                hasher.write_usize(part.len());
                hasher.write(part);
            }
        }
        u128::from(hasher.finish128()).to_be_bytes()
    }

    /// The recording as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.version.to_be_bytes().to_vec();
        bytes.extend(self.digest());
        for rows in &self.rows {
            bytes.extend((rows.len() as u64).to_be_bytes());
            bytes.extend(rows);
        }
        bytes
    }

    /// The recording that [`Recording::to_bytes`] wrote; `None` for anything else, and for rows of other queries.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk()?;
        let (digest, mut rest) = rest.split_first_chunk::<16>()?;
        let mut recording = Self::new(i32::from_be_bytes(*version));
        for rows in &mut recording.rows {
            let (length, tail) = rest.split_first_chunk()?;
            let (own, tail) = tail.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)?;
            rows.extend(own);
            rest = tail;
        }
        (rest.is_empty() && *digest == recording.digest()).then_some(recording)
    }
}

/// Writes a row as `COPY` does.
pub(crate) fn write_row<'a>(rows: &mut Vec<u8>, fields: impl IntoIterator<Item = Option<&'a str>>) {
    for (at, field) in fields.into_iter().enumerate() {
        if at > 0 {
            rows.push(b'\t');
        }
        let Some(field) = field else {
            rows.extend(b"\\N");
            continue;
        };
        for byte in field.bytes() {
            match byte {
                b'\\' => rows.extend(b"\\\\"),
                b'\t' => rows.extend(b"\\t"),
                b'\n' => rows.extend(b"\\n"),
                b'\r' => rows.extend(b"\\r"),
                other => rows.push(other),
            }
        }
    }
    rows.push(b'\n');
}

/// Takes the rows of one query.
fn decode(reader: &Reader, rows: &[u8], catalog: &mut Catalog) -> Result<(), Error> {
    let text = std::str::from_utf8(rows).map_err(|_| broken(reader.name, "text in UTF-8"))?;
    let mut line = Line::default();
    let mut rest = text;
    while !rest.is_empty() {
        rest = line.split(rest).ok_or_else(|| broken(reader.name, "a whole row"))?;
        line.with(reader.name, |row| (reader.decode)(row, catalog)).map_err(Error::Catalog)?;
    }
    Ok(())
}

/// The fields of one row.
#[derive(Default)]
struct Line<'a> {
    /// As they stand in the row's text.
    fields: Vec<Option<&'a str>>,
    /// The places of those that mean something else.
    escaped: Vec<usize>,
}

impl<'a> Line<'a> {
    /// Takes the first row of a text; returns what stands behind it, `None` where no row ends.
    fn split(&mut self, text: &'a str) -> Option<&'a str> {
        self.fields.clear();
        self.escaped.clear();
        let (mut start, mut escaped) = (0, false);
        // Fields are short: looking at each byte once is quicker than searching for the next tab.
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'\\' => escaped = true,
                b'\t' | b'\n' => {
                    let field = text.get(start..at).filter(|field| !escaped || *field != "\\N");
                    if escaped && field.is_some() {
                        self.escaped.push(self.fields.len());
                    }
                    self.fields.push(field);
                    (start, escaped) = (at + 1, false);
                    if byte == b'\n' {
                        return text.get(start..);
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn with<T>(&self, query: &'static str, take: impl FnOnce(&mut Row<'_>) -> T) -> T {
        if self.escaped.is_empty() {
            return take(&mut Row::new(query, &self.fields));
        }
        let meant: Vec<String> =
            self.escaped.iter().map(|at| unescaped(self.fields[*at].unwrap_or_default())).collect();
        let mut fields = self.fields.clone();
        for (at, meant) in self.escaped.iter().zip(&meant) {
            fields[*at] = Some(meant);
        }
        take(&mut Row::new(query, &fields))
    }
}

/// What a field means whose characters `COPY` has escaped.
fn unescaped(field: &str) -> String {
    let mut meant = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        meant.push(match c {
            '\\' => match chars.next() {
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('v') => '\u{b}',
                Some(other) => other,
                None => '\\',
            },
            plain => plain,
        });
    }
    meant
}

fn broken(query: &'static str, expected: &'static str) -> Error {
    Error::Catalog(Malformed { query, column: 0, value: "bytes".to_owned(), expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_or_changed_is_no_recording() {
        let mut recording = Recording::new(150_000);
        write_row(recording.rows_mut(0), [Some("16384"), Some("we\"ird"), None]);
        let bytes = recording.to_bytes();
        assert_eq!(Recording::from_bytes(&bytes), Some(recording));
        for length in 0..bytes.len() {
            assert!(Recording::from_bytes(&bytes[..length]).is_none(), "cut to {length}");
        }
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(Recording::from_bytes(&changed).is_none());
    }

    #[test]
    fn fields_come_back_as_they_were_written() {
        let fields = [Some("a\tb\\N\r\n"), None, Some(""), Some("\\N"), Some("ü\u{b}\u{8}"), Some("plain")];
        let mut rows = Vec::new();
        write_row(&mut rows, fields);
        let text = String::from_utf8(rows).unwrap();
        let mut line = Line::default();
        assert_eq!(line.split(&text), Some(""));
        line.with("any", |row| {
            for field in fields {
                assert_eq!(row.optional().unwrap(), field);
            }
            assert!(row.optional().is_err());
        });
        // As the server writes what we leave as it is.
        assert_eq!(line.split("\\b\\f\\v\nnext"), Some("next"));
        line.with("any", |row| assert_eq!(row.text().unwrap(), "\u{8}\u{c}\u{b}"));
    }

    #[test]
    fn half_a_row_is_an_error() {
        let mut recording = Recording::new(150_000);
        recording.rows_mut(0).extend(b"2200\tpublic");
        assert!(recording.read().is_err());
    }
}
