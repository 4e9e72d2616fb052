//! Command, output and exit status, on one page. `TRYCMD=overwrite cargo test -p limbeck-cli` rewrites them.

#[test]
fn transcripts_hold() {
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .env("DATABASE_URL", "")
        .env("ENVIRONMENT", "")
        .case("tests/transcripts/*.md");
}
