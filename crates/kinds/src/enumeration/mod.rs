//! Enum types.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Literal, Statement, Transaction, sql};

use crate::catalog::class::PG_TYPE;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause};

/// The kind `enum`.
pub const KIND: Kind = crate::kind::ENUM;

/// The id of the enum of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// An enum type.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Enumeration {
    /// Its id.
    pub id: Id,
    /// Its labels in their order.
    pub labels: Vec<String>,
    /// Labels that a declaration says were called otherwise: (old, new). A hint, never compared.
    pub renamed: limbeck_schema::Incidental<Vec<(String, String)>>,
}

impl Definition for Enumeration {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, labels: _, renamed: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let labels = limbeck_sql::list(self.labels.iter().map(Literal::new));
        vec![Statement::new(sql!("CREATE TYPE {} AS ENUM ({})", self.id.qualified(), labels))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP TYPE {}", self.id.qualified()))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let mut details = Vec::new();
        let mut statements = Vec::new();
        let name = to.id.qualified();
        let mut labels = self.labels.clone();
        for (old, new) in renamed_labels(self, to) {
            details.push(format!("label {old} renamed to {new}"));
            statements.push(Statement::new(sql!(
                "ALTER TYPE {} RENAME VALUE {} TO {}",
                name,
                Literal::new(&old),
                Literal::new(&new)
            )));
            if let Some(label) = labels.iter_mut().find(|label| **label == old) {
                *label = new;
            }
        }
        let kept: Vec<&String> = labels.iter().filter(|label| to.labels.contains(label)).collect();
        let wanted: Vec<&String> = to.labels.iter().filter(|label| labels.contains(label)).collect();
        let removed: Vec<&String> = labels.iter().filter(|label| !to.labels.contains(label)).collect();
        if !removed.is_empty() || kept != wanted {
            details.extend(removed.iter().map(|label| format!("label {label} removed")));
            if kept != wanted {
                details.push(clause::change("order of labels", labels.join(", "), to.labels.join(", ")));
            }
            return Alter::replace(details);
        }
        for (label, place) in added_labels(&labels, &to.labels) {
            details.push(format!("label {label} added"));
            let mut statement =
                Statement::new(sql!("ALTER TYPE {} ADD VALUE {}{}", name, Literal::new(&label), place));
            // A value added in a transaction can be used only after its commit (manual, ALTER TYPE).
            statement.transaction = Transaction::CommitAfter;
            statements.push(statement);
        }
        Alter::in_place(details, statements)
    }
}

/// The labels to rename: those that the declaration names, and, where no others differ, those whose only
/// difference is the case of their letters at the same place.
fn renamed_labels(from: &Enumeration, to: &Enumeration) -> Vec<(String, String)> {
    let gone = |label: &String| from.labels.contains(label) && !to.labels.contains(label);
    let new = |label: &String| to.labels.contains(label) && !from.labels.contains(label);
    let declared: Vec<(String, String)> =
        to.renamed.0.iter().filter(|(old, label)| gone(old) && new(label)).cloned().collect();
    let taken = |label: &String| declared.iter().any(|(old, new)| old == label || new == label);
    let by_case = from.labels.iter().filter(|old| gone(old) && !taken(old)).filter_map(|old| {
        let mut alike = to.labels.iter().filter(|label| new(label) && !taken(label) && same_word(old, label));
        alike.next().filter(|_| alike.next().is_none()).map(|label| (old.clone(), label.clone()))
    });
    let by_case: Vec<_> = by_case.collect();
    declared.into_iter().chain(by_case).collect()
}

/// Whether two labels are one word in another case: `IN_PROGRESS`, `in-progress`, `InProgress`.
pub fn same_word(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| !['_', '-', ' '].contains(c)).flat_map(char::to_lowercase).collect()
    };
    letters(a) == letters(b)
}

/// Each label of `to` that `from` lacks, with the clause that puts it in its place. Labels are added in order,
/// so that each stands behind one that is there already; only those before the first are put in front.
fn added_labels(from: &[String], to: &[String]) -> Vec<(String, limbeck_sql::Sql)> {
    let mut present = from.to_vec();
    let mut added = Vec::new();
    let first = to.iter().position(|label| from.contains(label)).unwrap_or(0);
    for (at, label) in to.iter().enumerate().take(first).rev() {
        let place = to.get(at + 1).map(|next| sql!(" BEFORE {}", Literal::new(next))).unwrap_or_default();
        added.push((label.clone(), place));
        present.insert(0, label.clone());
    }
    for (at, label) in to.iter().enumerate().skip(first) {
        if from.contains(label) {
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| to.get(at));
        let is_last = before.is_none_or(|before| present.last() == Some(before));
        let place = match before {
            Some(before) if !is_last => sql!(" AFTER {}", Literal::new(before)),
            _ => limbeck_sql::Sql::default(),
        };
        let index = before
            .and_then(|before| present.iter().position(|p| p == before))
            .map_or(present.len(), |p| p + 1);
        present.insert(index, label.clone());
        added.push((label.clone(), place));
    }
    added
}

/// What is lost where an enum is rebuilt without some labels.
pub fn removed_labels<'a>(from: &'a Enumeration, to: &Enumeration) -> Vec<&'a String> {
    let renamed = renamed_labels(from, to);
    from.labels
        .iter()
        .filter(|label| !to.labels.contains(label) && !renamed.iter().any(|(old, _)| old == *label))
        .collect()
}

/// The renames that [`Definition::alter`] would make, for plans that rebuild the type.
pub fn renames(from: &Enumeration, to: &Enumeration) -> Vec<(String, String)> {
    renamed_labels(from, to)
}

/// The hazard of a value that may stand in rows and has no label any more.
pub fn removal_hazard(id: Id, label: &str) -> (HazardKind, String) {
    (HazardKind::MayFail, format!("fails if a row holds {label} of {id}"))
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let labels = row.texts()?;
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_TYPE, oid)
    {
        catalog.add(PG_TYPE, oid, Enumeration { id: id(schema, name), labels, renamed: Default::default() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn added(from: &str, to: &str) -> Vec<String> {
        let sql = added_labels(&labels(from), &labels(to));
        sql.into_iter().map(|(label, place)| format!("{label}{place}")).collect()
    }

    #[test]
    fn added_labels_name_only_neighbours_that_are_there() {
        assert_eq!(added("c", "a b c"), ["b BEFORE 'c'", "a BEFORE 'b'"]);
        assert_eq!(added("a c", "a b b2 c d"), ["b AFTER 'a'", "b2 AFTER 'b'", "d"]);
        assert_eq!(added("", "a b"), ["a", "b"]);
    }

    #[test]
    fn a_label_in_another_case_is_the_same_word() {
        assert!(same_word("IN_PROGRESS", "inProgress"));
        assert!(!same_word("open", "opened"));
    }
}
