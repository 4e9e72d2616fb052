//! Where transactions begin and end.
//!
//! The one place that says which statements share a transaction: files, scripts and runners cut a plan here.

use crate::{Statement, Transaction};

/// A run of statements that one transaction holds, or that need to be without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// They run in one transaction; else each runs alone, outside of a transaction block.
    pub transactional: bool,
    /// The statements; at least one.
    pub statements: &'a [Statement],
}

/// The statements in as few segments as they allow.
///
/// A transaction ends before a statement that none may hold, before and after one that wants its own, and after
/// one whose effect can be used only once it is committed.
pub fn segments(statements: &[Statement]) -> Vec<Segment<'_>> {
    statements
        .chunk_by(share)
        .map(|statements| Segment {
            transactional: statements.iter().all(|one| one.transaction != Transaction::Forbidden),
            statements,
        })
        .collect()
}

/// Whether two neighbours stand in one segment.
fn share(first: &Statement, second: &Statement) -> bool {
    use Transaction::{Allowed, CommitAfter, Forbidden, Own};
    match (first.transaction, second.transaction) {
        (Forbidden, Forbidden) | (Allowed | CommitAfter, CommitAfter) | (Allowed, Allowed) => true,
        (Forbidden, _) | (_, Forbidden) | (Own, _) | (_, Own) | (CommitAfter, Allowed) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::segments;
    use crate::{Statement, Transaction, sql};

    #[test]
    fn transactions_end_where_a_statement_needs_it() {
        let statement = |letter: char| {
            let transaction = match letter {
                'f' => Transaction::Forbidden,
                'c' => Transaction::CommitAfter,
                'o' => Transaction::Own,
                _ => Transaction::Allowed,
            };
            Statement { transaction, ..Statement::new(sql!("SELECT 1")) }
        };
        for (letters, wanted) in [
            ("", vec![]),
            ("aa", vec![(true, 2)]),
            ("affa", vec![(true, 1), (false, 2), (true, 1)]),
            ("accaa", vec![(true, 3), (true, 2)]),
            ("aooa", vec![(true, 1), (true, 1), (true, 1), (true, 1)]),
        ] {
            let statements: Vec<Statement> = letters.chars().map(statement).collect();
            let found: Vec<(bool, usize)> = segments(&statements)
                .iter()
                .map(|segment| (segment.transactional, segment.statements.len()))
                .collect();
            assert_eq!(found, wanted, "{letters}");
        }
    }
}
