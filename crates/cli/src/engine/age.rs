//! Scratch servers that are older than the database: what they refuse proves nothing.

use super::Engine;
use super::scratch::Refused;

/// Why a refusal says nothing of the revision: the server may not know the syntax or the feature (classes 42 and 0A,
/// manual, appendix A), and the database does.
pub(super) fn too_old(scratch: i32, database: Option<u32>, error: &tokio_postgres::Error) -> Option<String> {
    let code = error.as_db_error()?.code().code();
    let (scratch, database) = (u32::try_from(scratch / 10_000).ok()?, database?);
    explained(scratch, database, code)
}

impl Engine<'_> {
    /// The same for what scratch refused while a schema was built there.
    pub(super) fn too_old(&self, refused: &Refused) -> Option<String> {
        too_old(self.scratch.as_ref()?.version(), self.major(), &refused.error)
    }
}

fn explained(scratch: u32, database: u32, code: &str) -> Option<String> {
    let may_be_unknown = ["42", "0A"].contains(&code.get(..2)?);
    (scratch < database && may_be_unknown).then(|| {
        format!(
            "scratch is PostgreSQL {scratch}, and the database is PostgreSQL {database}, whose statements it may not know: \
             name newer binaries with `LIMBECK_PG_BIN`, or a server with `--scratch-url`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::explained;

    #[test]
    fn only_what_an_older_server_may_not_know_is_excused() {
        for (scratch, database, code, excused) in [
            (15, 18, "42601", true),
            (15, 18, "0A000", true),
            (15, 18, "23505", false),
            (18, 18, "42601", false),
            (18, 15, "42601", false),
            (15, 18, "", false),
        ] {
            assert_eq!(explained(scratch, database, code).is_some(), excused, "{scratch} {database} {code}");
        }
    }
}
