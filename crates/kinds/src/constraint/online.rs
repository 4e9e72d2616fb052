//! The parts of which a constraint is made while its table is used.

use limbeck_schema::Incidental;
use limbeck_sql::{Ident, LockMode, Name, Statement, Work, sql};

use super::{Check, Constraint, ConstraintDefinition, ForeignKey, Validity};
use crate::index::{self, Index, IndexKey};
use crate::table;

impl Constraint {
    /// The index that keeps a key, as one that could be made before the constraint; none where ADD CONSTRAINT …
    /// USING INDEX takes none (manual, ALTER TABLE: a plain B-tree index).
    pub fn index(&self) -> Option<Index> {
        let (ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key)) = &self.definition
        else {
            return None;
        };
        if key.without_overlaps {
            return None;
        }
        Some(Index {
            id: index::id(self.table(), self.id.name),
            on: table::id(self.id.schema, self.id.relation),
            attached_to: None,
            partitioned: false,
            method: Ident::new("btree"),
            unique: true,
            nulls_not_distinct: key.nulls_not_distinct,
            keys: key.columns.iter().copied().map(IndexKey::column).collect(),
            include: key.include.clone(),
            predicate: None,
            options: key.options.clone(),
            tablespace: key.tablespace,
            valid: true,
            clustered: false,
            replica_identity: false,
            number: Incidental(0),
        })
    }

    /// Makes a key of an index, which takes the constraint's name.
    pub fn add_using(&self, index: Ident) -> Option<Statement> {
        let (word, key) = match &self.definition {
            ConstraintDefinition::PrimaryKey(key) => (sql!("PRIMARY KEY"), key),
            ConstraintDefinition::Unique(key) => (sql!("UNIQUE"), key),
            _ => return None,
        };
        let name = self.id.name;
        let deferral = key.deferral.clause();
        let action = sql!("ADD CONSTRAINT {} {} USING INDEX {}{}", name, word, index, deferral);
        Some(table::alter(self.table(), action))
    }

    /// A valid check or foreign key, as one that is not valid yet.
    pub fn not_valid(&self) -> Option<Self> {
        let validity = Validity::NotValid;
        let definition = match &self.definition {
            ConstraintDefinition::ForeignKey(key) if key.validity == Validity::Valid => {
                ConstraintDefinition::ForeignKey(ForeignKey { validity, ..key.clone() })
            }
            ConstraintDefinition::Check(check) if check.validity == Validity::Valid => {
                ConstraintDefinition::Check(Check { validity, ..check.clone() })
            }
            _ => return None,
        };
        Some(Self { id: self.id, definition })
    }

    /// Whether it is a foreign key.
    pub fn is_foreign_key(&self) -> bool {
        matches!(self.definition, ConstraintDefinition::ForeignKey(_))
    }
}

/// Looks whether the rows satisfy a constraint that holds for new ones already. Readers and writers go on.
pub fn validate(table: Name, name: Ident) -> Statement {
    table::alter_under(
        table,
        LockMode::ShareUpdateExclusive,
        Work::Scan,
        sql!("VALIDATE CONSTRAINT {}", name),
    )
}
