//! How a constraint becomes another of the same name.

use limbeck_sql::{HazardKind, Ident, Name, Sql, Statement, sql};

use super::{Check, Constraint, ConstraintDefinition, Deferral, ForeignKey, Key, Validity};
use crate::{Alter, Context, clause, expression, table};

pub(super) fn alter(from: &Constraint, to: &Constraint, context: &Context<'_>) -> Alter {
    let (from_constraint, to_constraint) = (from, to);
    let details = differences(&from.definition, &to.definition);
    let table = to.table();
    let name = to.id.name;
    let in_place = |action: Sql| Alter::in_place(details.clone(), vec![table::alter(table, action)]);
    match (&from.definition, &to.definition) {
        (ConstraintDefinition::Check(from), ConstraintDefinition::Check(to))
            if to.validity == Validity::Valid
                && Check { validity: to.validity, ..from.clone() } == *to
                && from.validity == Validity::NotValid =>
        {
            Alter::in_place(details, vec![validation(to_constraint, context)])
        }
        (ConstraintDefinition::Check(from), ConstraintDefinition::Check(to))
            if Check { inherited: to.inherited, ..from.clone() } == *to =>
        {
            inheritance(from_constraint, to_constraint, context, details)
        }
        (ConstraintDefinition::ForeignKey(from), ConstraintDefinition::ForeignKey(to)) => {
            let same = ForeignKey { deferral: to.deferral, validity: from.validity, ..from.clone() };
            let same = same == ForeignKey { validity: from.validity, ..to.clone() };
            if same && from.validity == to.validity {
                let clause = if to.deferral == Deferral::NotDeferrable {
                    sql!(" NOT DEFERRABLE")
                } else if to.deferral == Deferral::Deferrable {
                    sql!(" DEFERRABLE INITIALLY IMMEDIATE")
                } else {
                    to.deferral.clause()
                };
                in_place(sql!("ALTER CONSTRAINT {}{}", name, clause))
            } else if same
                && from.deferral == to.deferral
                && from.validity == Validity::NotValid
                && to.validity == Validity::Valid
            {
                Alter::in_place(details, vec![validation(to_constraint, context)])
            } else {
                Alter::replace(details)
            }
        }
        _ => key_marks(from, to, context, &details).unwrap_or_else(|| Alter::replace(details)),
    }
}

/// A check that was the table's own and is now its parent's only, or the other way round.
fn inheritance(from: &Constraint, to: &Constraint, context: &Context<'_>, details: Vec<String>) -> Alter {
    let parents = table::common_parents(to.table(), context);
    let brings = |schema: &crate::Schema| {
        parents.iter().any(|parent| schema.contains(&super::id(parent.qualified(), to.id.name)))
    };
    match (from.definition.is_inherited(), brings(context.from), brings(context.to)) {
        // The parent takes it along, and it is made again; or the parent brings it once it is out of the way.
        (true, true, false) | (false, false, true) => Alter::replace(details),
        // What is added to what is inherited is one with it.
        (true, true, true) => Alter::in_place(details, vec![to.addition(context)]),
        // The parent's change says it.
        (_, _, _) => Alter::in_place(details, Vec::new()),
    }
}

/// Looks at the rows of a constraint that was not valid, with the question that its addition asks.
fn validation(to: &Constraint, context: &Context<'_>) -> Statement {
    let preflights = to.addition(context).preflights;
    Statement { preflights, ..validate_or_fail(to.table(), to.id.name) }
}

/// Looks at the rows, and fails where one violates the constraint.
pub(crate) fn validate_or_fail(table: Name, name: Ident) -> Statement {
    super::validate(table, name)
        .hazard(HazardKind::MayFail, format!("fails if a row of {table} violates {name}"))
}

/// Marks of a key's index that change without touching it.
fn key_marks(from: &Constraint, to: &Constraint, context: &Context<'_>, details: &[String]) -> Option<Alter> {
    let (
        ConstraintDefinition::PrimaryKey(old) | ConstraintDefinition::Unique(old),
        ConstraintDefinition::PrimaryKey(new) | ConstraintDefinition::Unique(new),
    ) = (&from.definition, &to.definition)
    else {
        return None;
    };
    // The server sets no options of a partitioned index.
    let fixed = table::is_partitioned(context.from, from.table());
    let marked = Key {
        clustered: new.clustered,
        replica_identity: new.replica_identity,
        options: if fixed { old.options.clone() } else { new.options.clone() },
        tablespace: new.tablespace,
        attached_to: new.attached_to,
        ..old.clone()
    };
    // No statement takes a part from its whole.
    let changes_whole = old.attached_to.is_some()
        && old.attached_to != new.attached_to
        && !table::changes_parent(to.table(), context);
    if changes_whole || marked != *new || from.definition.word() != to.definition.word() {
        return None;
    }
    let table = to.table();
    let index = Name { schema: table.schema, name: to.id.name };
    let mut statements: Vec<Statement> = clause::set_options(&old.options, &new.options)
        .into_iter()
        .map(|clause| Statement::new(sql!("ALTER INDEX {} {}", index, clause)))
        .collect();
    if old.tablespace != new.tablespace {
        let space = new.tablespace.unwrap_or(Ident::new("pg_default"));
        statements.push(Statement::new(sql!("ALTER INDEX {} SET TABLESPACE {}", index, space)));
    }
    if old.attached_to != new.attached_to {
        statements.extend(to.attach(context));
    }
    if old.clustered && !new.clustered && !table::is_clustered(context.to, table) {
        statements.push(table::alter(table, sql!("SET WITHOUT CLUSTER")));
    }
    if new.clustered && !old.clustered {
        statements.push(table::alter(table, sql!("CLUSTER ON {}", to.id.name)));
    }
    if new.replica_identity && !old.replica_identity {
        statements.push(table::alter(table, sql!("REPLICA IDENTITY USING INDEX {}", to.id.name)));
    }
    Some(Alter::in_place(details.to_vec(), statements))
}

fn differences(from: &ConstraintDefinition, to: &ConstraintDefinition) -> Vec<String> {
    let mut details = Vec::new();
    match (from, to) {
        (ConstraintDefinition::ForeignKey(from), ConstraintDefinition::ForeignKey(to)) => {
            if from.on_delete != to.on_delete {
                details.push(clause::change("ON DELETE", from.on_delete.words(), to.on_delete.words()));
            }
            if from.on_update != to.on_update {
                details.push(clause::change("ON UPDATE", from.on_update.words(), to.on_update.words()));
            }
            if from.validity != to.validity {
                details.push(format!("{} → {}", from.validity.word(), to.validity.word()));
            }
        }
        (ConstraintDefinition::Check(from), ConstraintDefinition::Check(to)) => {
            if from.expression != to.expression {
                let bare = expression::bare;
                details.push(clause::change("check", bare(&from.expression), bare(&to.expression)));
            }
            if from.no_inherit != to.no_inherit {
                details.push(clause::change("NO INHERIT", from.no_inherit, to.no_inherit));
            }
            if from.validity != to.validity {
                details.push(format!("{} → {}", from.validity.word(), to.validity.word()));
            }
        }
        _ => {}
    }
    if details.is_empty() {
        details.push(format!("{} → {}", from.clause(), to.clause()));
    }
    details
}
