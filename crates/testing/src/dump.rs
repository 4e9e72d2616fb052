//! What of a dump is worth comparing.

/// A dump without comments, session settings, `\restrict` keys and blank lines between statements.
pub fn normalise(dump: &str) -> String {
    let mut kept = String::new();
    // Inside a function's body blank lines and comments are the function's.
    let mut open: Option<&str> = None;
    for line in dump.lines() {
        let noise = line.trim().is_empty()
            || line.starts_with("--")
            || line.starts_with("SET ")
            || line.starts_with("SELECT pg_catalog.set_config(")
            || line.starts_with("\\restrict")
            || line.starts_with("\\unrestrict");
        if open.is_some() || !noise {
            kept.push_str(line);
            kept.push('\n');
        }
        open = dollar_quote(line, open);
    }
    kept
}

/// The dollar quote that is open at the end of the line. `pg_dump` writes bodies as `AS $$`, `AS $_$`, `AS $_X$`.
fn dollar_quote<'a>(line: &'a str, open: Option<&'a str>) -> Option<&'a str> {
    let (quote, rest) = match open {
        Some(quote) => (quote, line),
        None => {
            let rest = &line[line.find("AS $")? + 3..];
            let end = rest[1..].find('$')? + 2;
            (&rest[..end], &rest[end..])
        }
    };
    if rest.contains(quote) { None } else { Some(quote) }
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn only_statements_stay_and_bodies_stay_whole() {
        let dump = "--\n-- PostgreSQL database dump\n--\n\\restrict abc\n\nSET x = 1;\n\
                    CREATE TABLE public.t (\n    a integer\n);\n\n\
                    CREATE FUNCTION public.f() RETURNS void\n    AS $$\n-- why\n\nSET x = 2;\n$$;\n\n\\unrestrict abc\n";
        assert_eq!(
            normalise(dump),
            "CREATE TABLE public.t (\n    a integer\n);\n\
             CREATE FUNCTION public.f() RETURNS void\n    AS $$\n-- why\n\nSET x = 2;\n$$;\n"
        );
    }

    #[test]
    fn other_dollars_open_nothing() {
        let dump = "CREATE FUNCTION f() RETURNS text\n    AS $_$ SELECT $1 || '$$' $_$;\n\nSET x = 1;\n\
                    CREATE FUNCTION g() RETURNS text\n    AS $_X$\n-- $_$ $$\n\n$_X$;\n\n";
        let kept = "CREATE FUNCTION f() RETURNS text\n    AS $_$ SELECT $1 || '$$' $_$;\n\
                    CREATE FUNCTION g() RETURNS text\n    AS $_X$\n-- $_$ $$\n\n$_X$;\n";
        assert_eq!(normalise(dump), kept);
    }
}
