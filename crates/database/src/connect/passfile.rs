//! The password file: `hostname:port:database:username:password`, first match wins (manual, 34.16).

use std::path::Path;

/// The password for a connection, if the file is there, only its owner can read it, and a line fits.
pub(super) fn password(file: &Path, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
    let meta = std::fs::metadata(file).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // libpq ignores a file that others may read.
        if meta.mode() & 0o077 != 0 {
            return None;
        }
    }
    if !meta.is_file() {
        return None;
    }
    find(&std::fs::read_to_string(file).ok()?, host, port, database, user)
}

fn find(text: &str, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
    let port = port.to_string();
    let wanted = [host, &port, database, user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let matches = fields.len() >= 5
            && wanted.iter().zip(&fields).all(|(wanted, field)| field.raw == "*" || field.text == *wanted);
        matches.then(|| fields[4].text.clone()).filter(|password| !password.is_empty())
    })
}

struct Field<'a> {
    raw: &'a str,
    text: String,
}

/// Splits at colons; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut text = String::new();
    let mut start = 0;
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            ':' => {
                fields.push(Field { raw: &line[start..at], text: std::mem::take(&mut text) });
                start = at + 1;
            }
            other => text.push(other),
        }
    }
    fields.push(Field { raw: &line[start..], text });
    fields
}

#[cfg(test)]
mod tests {
    use super::find;

    const FILE: &str = "# comment\n\
                        db:5432:app:ann:wrong\\:place\n\
                        *:*:shop:*:for\\\\shop\n\
                        localhost:*:*:bob:b\n";

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        assert_eq!(find(FILE, "db", 5432, "app", "ann").as_deref(), Some("wrong:place"));
        assert_eq!(find(FILE, "x", 1, "shop", "bob").as_deref(), Some("for\\shop"));
        assert_eq!(find(FILE, "localhost", 1, "any", "bob").as_deref(), Some("b"));
    }

    #[test]
    fn no_line_gives_no_password() {
        assert_eq!(find(FILE, "db", 5433, "app", "ann"), None);
        assert_eq!(find("one:two\n", "one", 1, "two", "x"), None);
    }
}
