//! Command, output and exit status, on one page. `TRYCMD=overwrite cargo test -p limbeck-cli` rewrites them.

#[test]
fn transcripts_hold() {
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .env("DATABASE_URL", "")
        .env("ENVIRONMENT", "")
        .env("SOURCE_DATE_EPOCH", "1795350000")
        .case("tests/transcripts/*.md");
}
