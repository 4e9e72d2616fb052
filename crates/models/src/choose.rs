//! Names that PostgreSQL chooses for what a declaration leaves unnamed.
//!
//! The server's rules: `ChooseRelationName`, `ChooseIndexName` and its helpers in indexcmds.c for what has an
//! index, `ChooseConstraintName` in pg_constraint.c for the rest. All are unique within the schema.

use limbeck_kinds::names::{MAX_LENGTH, clip, object_name};
use limbeck_sql::{Ident, Name};
use rustc_hash::FxHashSet;

/// The names that are taken.
#[derive(Debug, Default)]
pub(crate) struct Names {
    relations: FxHashSet<Name>,
    constraints: FxHashSet<Name>,
}

impl Names {
    /// Takes the name of a table, index, sequence, view or composite type.
    pub(crate) fn take_relation(&mut self, name: Name) {
        self.relations.insert(name);
    }

    /// Takes the name of a constraint of a schema.
    pub(crate) fn take_constraint(&mut self, name: Name) {
        self.constraints.insert(name);
    }

    /// A name for an index, of a constraint or not, or for a sequence.
    pub(crate) fn relation(
        &mut self,
        table: Name,
        addition: Option<&str>,
        label: &str,
        is_constraint: bool,
    ) -> Ident {
        let free = |names: &Self, name: Name| {
            !names.relations.contains(&name) && (!is_constraint || !names.constraints.contains(&name))
        };
        let name = self.free(table, addition, label, free);
        self.take_relation(name);
        if is_constraint {
            self.take_constraint(name);
        }
        name.name
    }

    /// A name for a foreign key or a check.
    pub(crate) fn constraint(&mut self, table: Name, addition: Option<&str>, label: &str) -> Ident {
        let name = self.free(table, addition, label, |names, name| !names.constraints.contains(&name));
        self.take_constraint(name);
        name.name
    }

    fn free(
        &self,
        table: Name,
        addition: Option<&str>,
        label: &str,
        free: impl Fn(&Self, Name) -> bool,
    ) -> Name {
        let addition = addition.map(Ident::new);
        let mut numbered = label.to_owned();
        let mut pass = 0_u32;
        loop {
            let name = Name { schema: table.schema, name: object_name(table.name, addition, &numbered) };
            if free(self, name) {
                return name;
            }
            pass += 1;
            numbered = format!("{label}{pass}");
        }
    }
}

/// What stands between the table's name and the label: the columns with `_` between them, not much more of
/// them than fits.
pub(crate) fn addition<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for column in columns {
        if !text.is_empty() {
            text.push('_');
        }
        text.push_str(column);
        if text.len() > MAX_LENGTH {
            break;
        }
    }
    text
}

/// The names of an index's columns, told apart by numbers: `expr`, `expr1` (`ChooseIndexColumnNames`).
pub(crate) fn index_columns(wanted: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in wanted {
        let mut free = name.clone();
        let mut number = 1_u32;
        while names.contains(&free) {
            let digits = number.to_string();
            free = format!("{}{digits}", clip(&name, MAX_LENGTH - digits.len()));
            number += 1;
        }
        names.push(free);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_names_are_numbered() {
        let mut names = Names::default();
        let table = Name::new("s", "t");
        names.take_relation(Name::new("s", "t_a_idx"));
        assert_eq!(names.relation(table, Some("a"), "idx", false), "t_a_idx1");
        assert_eq!(names.relation(table, Some("a"), "idx", false), "t_a_idx2");
        assert_eq!(names.relation(Name::new("r", "t"), Some("a"), "idx", false), "t_a_idx");
        // Constraints are unique in the schema, not only in their table.
        assert_eq!(names.constraint(Name::new("s", "a"), Some("b_c"), "fkey"), "a_b_c_fkey");
        assert_eq!(names.constraint(Name::new("s", "a_b"), Some("c"), "fkey"), "a_b_c_fkey1");
        names.take_constraint(Name::new("s", "t_pkey"));
        assert_eq!(names.relation(table, None, "pkey", true), "t_pkey1");
    }

    #[test]
    fn columns_of_an_index_are_told_apart() {
        let names = |wanted: &[&str]| index_columns(wanted.iter().map(|name| (*name).to_owned()));
        assert_eq!(names(&["expr", "a", "expr", "expr"]), ["expr", "a", "expr1", "expr2"]);
        let long = "x".repeat(63);
        assert_eq!(names(&[&long, &long])[1], format!("{}1", "x".repeat(62)));
    }
}
