//! What of a dump is worth comparing.

/// A dump without comments, session settings, `\restrict` keys and blank lines between statements.
pub fn normalise(dump: &str) -> String {
    let mut kept = String::new();
    // Inside a function's body blank lines and comments are the function's.
    let mut inside = false;
    for line in dump.lines() {
        let noise = line.trim().is_empty()
            || line.starts_with("--")
            || line.starts_with("SET ")
            || line.starts_with("SELECT pg_catalog.set_config(")
            || line.starts_with("\\restrict")
            || line.starts_with("\\unrestrict");
        if inside || !noise {
            kept.push_str(line);
            kept.push('\n');
        }
        // `pg_dump` writes bodies as `AS $$`, `AS $_$`.
        let quotes = line.matches("$$").count() + line.matches("$_$").count();
        inside ^= quotes % 2 == 1;
    }
    kept
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
}
