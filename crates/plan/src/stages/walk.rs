//! The statements from state to state.

use std::collections::BTreeSet;

use limbeck_kinds::column::{self, Column, Value};
use limbeck_kinds::constraint::ConstraintDefinition;
use limbeck_kinds::{Context, Object, Schema, kind, needs, preflight, sequence, table};
use limbeck_schema::{Canonical, Id, Rename};
use limbeck_sql::{Hazard, HazardKind, Ident, Literal, Name, Sql, Statement, Transaction, sql};

use super::Pair;
use super::states::States;
use super::step;
use crate::online::batches;
use crate::{Error, Options, plan};

impl States {
    /// `rest → both`.
    pub(super) fn expand(&self) -> Result<Vec<Statement>, Error> {
        let fill = |pair: &Pair| {
            let step = pair.in_step(pair.old.id.name, pair.meanwhile);
            let source = pair.new.using.0.is_none().then_some(step.old.id.name);
            Fill { column: step.new, value: step.forth, source, other: pair.old.clone() }
        };
        let fills: Vec<Fill> = self.pairs.iter().map(fill).collect();
        self.grow(&self.rest, &self.both, &fills)
    }

    /// `both → to`.
    pub(super) fn contract(&self) -> Result<Vec<Statement>, Error> {
        let mut shift = Shift::new(self, &self.both, &self.to);
        shift.drop_steps();
        for key in &self.keys {
            shift.move_key(key.old, key.new, key.over_new);
        }
        for pair in &self.pairs {
            shift.move_value(pair.old.id.name, pair.meanwhile, &pair.new, pair)?;
        }
        for pair in &self.pairs {
            shift.drop_old(pair);
            // One that goes only with the plan gives its name away before.
            shift.name_not_null(pair.old.id, pair.old.id.with_name(pair.mirrored));
            shift.name_not_null(pair.new.id.with_name(pair.meanwhile), pair.new.id);
        }
        let mut statements = shift.finish(self.renames_up())?;
        if let Some(first) = statements.first_mut() {
            for pair in &self.pairs {
                let step = pair.in_step(pair.old.id.name, pair.meanwhile);
                let rows = format!(
                    "rows of {} in which {} and {} say different things",
                    step.old.table(),
                    step.old.id.name,
                    step.new.id.name
                );
                first.preflights.push(limbeck_sql::Preflight { count: step.out_of_step(), rows });
            }
        }
        Ok(statements)
    }

    /// `both → rest`.
    pub(super) fn retreat(&self) -> Result<Vec<Statement>, Error> {
        let mut shift = Shift::new(self, &self.both, &self.rest);
        shift.drop_steps();
        for pair in &self.pairs {
            let id = pair.new.id.with_name(pair.meanwhile);
            shift
                .drop_column(id, format!("every value of {id}; {} has each as {}", pair.old.id, pair.old.ty));
        }
        shift.finish(Vec::new())
    }

    /// `to → both`, by way of the mirror.
    pub(super) fn mirror(&self) -> Result<Vec<Statement>, Error> {
        let fill = |pair: &Pair| {
            let step = pair.in_step(pair.mirrored, pair.new.id.name);
            Fill {
                column: step.old,
                value: step.back,
                source: Some(step.new.id.name),
                other: pair.new.clone(),
            }
        };
        let fills: Vec<Fill> = self.pairs.iter().map(fill).collect();
        let mut statements = self.grow(&self.to, &self.mirror, &fills)?;
        let mut shift = Shift::new(self, &self.mirror, &self.both);
        if shift.is_needed() {
            shift.drop_steps();
        }
        for key in &self.keys {
            shift.move_key(key.new, key.old, key.over_old);
        }
        for pair in &self.pairs {
            shift.move_value(pair.new.id.name, pair.mirrored, &pair.old, pair)?;
        }
        for pair in &self.pairs {
            shift.name_not_null(pair.new.id, pair.new.id.with_name(pair.meanwhile));
            shift.name_not_null(pair.old.id.with_name(pair.mirrored), pair.old.id);
        }
        statements.extend(shift.finish(self.renames_down())?);
        Ok(statements)
    }

    fn online(&self, renames: Vec<Rename>) -> Options {
        Options { renames, version: self.version, online: true }
    }

    /// New columns, the trigger, the rows, and then what is demanded of the columns.
    fn grow(
        &self,
        base: &Canonical<Schema>,
        goal: &Canonical<Schema>,
        fills: &[Fill],
    ) -> Result<Vec<Statement>, Error> {
        let mut bare = Schema::clone(base);
        for fill in fills {
            let id = fill.column.id;
            let Some(Object::Column(column)) = goal.get(&id) else { continue };
            bare.insert(Column { not_null: None, value: Value::Plain, ..column.clone() }.into());
        }
        for table in fills.iter().map(|fill| fill.column.table()).collect::<BTreeSet<_>>() {
            let steps = [Some(step::function_id(table)), step::trigger_of(goal, table)];
            for id in steps.into_iter().flatten() {
                bare.edges.extend(goal.edges.get(&id).map(|edges| (id, edges.clone())));
                if let Some(object) = goal.get(&id) {
                    bare.insert(object.clone());
                }
            }
        }
        let bare = Canonical::from_server(bare);
        let mut statements = plan(base, &bare, &self.online(Vec::new()))?.statements;
        if let Some(first) = statements.first_mut() {
            first.preflights.extend(fills.iter().filter_map(|fill| fill.question(goal)));
        }
        statements.extend(fills.iter().map(Fill::batches));
        let rest = plan(&bare, goal, &self.online(Vec::new()))?.statements;
        // The database as it is knows no answer to questions about columns that are yet to come.
        statements
            .extend(rest.into_iter().map(|statement| Statement { preflights: Vec::new(), ..statement }));
        Ok(statements)
    }
}

/// A column whose rows are to be filled from another one.
struct Fill {
    column: Column,
    value: Sql,
    /// The column whose NULL is its NULL.
    source: Option<Ident>,
    other: Column,
}

impl Fill {
    fn batches(&self) -> Statement {
        let condition = match self.source {
            Some(source) => sql!("{} IS NULL AND {} IS NOT NULL", self.column.id.name, source),
            None => sql!("{} IS NULL", self.column.id.name),
        };
        let statement = batches(&self.column, &self.value, &condition);
        if self.column.ty == self.other.ty || column::holds_all(&self.other.ty, &self.column.ty) {
            return statement;
        }
        statement.hazard(
            HazardKind::MayFail,
            format!("fails if a value of {} is no {}", self.other.id, self.column.ty),
        )
    }

    /// How many rows have no value for a column that demands one.
    fn question(&self, goal: &Schema) -> Option<limbeck_sql::Preflight> {
        let source = self.source?;
        let Some(Object::Column(column)) = goal.get(&self.column.id) else { return None };
        let demands = column.not_null.is_some() && self.other.not_null.is_none();
        demands.then(|| limbeck_sql::Preflight {
            count: preflight::nulls(self.column.table(), source),
            rows: format!("rows with NULL in {}", self.other.id),
        })
    }
}

/// One transaction that puts one column into another one's place.
struct Shift<'a> {
    states: &'a States,
    schema: Schema,
    start: &'a Schema,
    goal: &'a Canonical<Schema>,
    statements: Vec<Statement>,
}

impl<'a> Shift<'a> {
    fn new(states: &'a States, start: &'a Canonical<Schema>, goal: &'a Canonical<Schema>) -> Self {
        Self { states, schema: Schema::clone(start), start, goal, statements: Vec::new() }
    }

    /// Whether the two states differ in names.
    fn is_needed(&self) -> bool {
        self.states.pairs.iter().any(Pair::keeps_name)
    }

    fn context(&self) -> Context<'_> {
        Context { from: &self.schema, to: self.goal, version: self.states.version }
    }

    /// Takes an object away; the server does so by itself where there is no statement.
    fn remove(&mut self, id: &Id) {
        let Some(object) = self.schema.remove(id) else { return };
        let attached: Vec<Id> =
            self.schema.iter().map(|(id, _)| *id).filter(|other| other.target() == Some(*id)).collect();
        attached.iter().for_each(|id| drop(self.schema.remove(id)));
        drop(object);
    }

    fn dropped(&mut self, id: &Id) {
        let Some(object) = self.schema.get(id) else { return };
        let mut statements = object.drop(&self.context());
        statements.iter_mut().for_each(|statement| statement.hazards.clear());
        self.statements.extend(statements);
        self.remove(id);
    }

    /// Nobody keeps the columns in step from here on.
    fn drop_steps(&mut self) {
        let tables: BTreeSet<Name> = self.states.pairs.iter().map(|pair| pair.old.table()).collect();
        for table in tables {
            if let Some(trigger) = step::trigger_of(self.start, table) {
                self.dropped(&trigger);
            }
            self.dropped(&step::function_id(table));
        }
    }

    /// The foreign keys that rest on a key or index go before it; the plan makes them again.
    fn drop_foreign_keys(&mut self, key: Id) {
        let rests = |(_, object): &(&Id, &Object)| {
            matches!(object, Object::Constraint(constraint) if constraint.is_foreign_key())
                && needs(&self.schema, object).contains(&key)
        };
        let keys: Vec<Id> = self.schema.iter().filter(rests).map(|(id, _)| *id).collect();
        keys.iter().for_each(|id| self.dropped(id));
    }

    /// A primary key goes, and a unique index becomes one.
    fn move_key(&mut self, old: Option<Id>, new: Option<Id>, index: Option<Id>) {
        if let Some(old) = old {
            self.drop_foreign_keys(old);
            self.dropped(&old);
        }
        let (Some(new), Some(id)) = (new, index) else { return };
        let (Some(Object::Constraint(goal)), Some(Object::Index(index))) =
            (self.goal.get(&new), self.schema.get(&id))
        else {
            return;
        };
        let Some(columns) = index.columns() else { return };
        let mut key = goal.clone();
        if let ConstraintDefinition::PrimaryKey(definition) = &mut key.definition {
            definition.columns = columns;
            definition.include.clone_from(&index.include);
            (definition.clustered, definition.replica_identity) = (false, false);
        }
        self.statements.extend(key.add_using(id.name));
        self.schema.remove(&id);
        self.schema.insert(key.into());
        for needs in self.schema.edges.values_mut() {
            if needs.remove(&id) {
                needs.insert(new);
            }
        }
    }

    /// The sequence behind a column goes over to the other one; plain defaults follow by themselves.
    fn move_value(&mut self, old: Ident, new: Ident, goal: &Column, pair: &Pair) -> Result<(), Error> {
        let table = pair.old.table();
        let (old, new) = (limbeck_kinds::column::id(table, old), limbeck_kinds::column::id(table, new));
        if let Some(owned) = sequence::owned_by(&self.schema, &old) {
            let owner = Id::attached(kind::SEQUENCE_OWNER, owned, "");
            if let Some(Object::SequenceOwner(mut owner)) = self.schema.remove(&owner) {
                owner.column = new.name;
                let object = Object::from(owner);
                self.statements.extend(object.create(&self.context()));
                self.schema.insert(object);
            }
        }
        let (Some(Object::Column(giver)), Some(Object::Column(taker))) =
            (self.schema.get(&old), self.schema.get(&new))
        else {
            return Ok(());
        };
        let (giver, mut taker) = (giver.clone(), taker.clone());
        let (Value::Identity(given), Value::Identity(wanted)) = (&giver.value, &goal.value) else {
            return Ok(());
        };
        let mut identity = wanted.clone();
        identity.sequence = sequence_beside(&self.schema, self.goal, wanted.sequence);
        let sequence = Literal::new(identity.sequence.to_string());
        self.statements.push(table::alter(
            table,
            sql!("ALTER COLUMN {} ADD {}", new.name, identity.clause(table, new.name)),
        ));
        self.statements.push(Statement::new(sql!(
            "SELECT setval({}::regclass, last_value, is_called) FROM {}",
            sequence,
            given.sequence
        )));
        self.statements.push(table::alter(table, sql!("ALTER COLUMN {} DROP IDENTITY", old.name)));
        taker.value = Value::Identity(identity);
        self.schema.insert(taker.into());
        self.schema.insert(Column { value: Value::Plain, ..giver }.into());
        Ok(())
    }

    /// From version 18 on NOT NULL has a name, which follows the column's in an order that works.
    fn name_not_null(&mut self, column: Id, becomes: Id) {
        let Some(Object::Column(here)) = self.schema.get(&column) else { return };
        let Some(old) = here.not_null.and_then(|not_null| not_null.name) else { return };
        let mut here = here.clone();
        let new = match self.goal.get(&becomes) {
            Some(Object::Column(there)) => there.not_null_name(),
            _ => Column { id: becomes, not_null: None, ..here.clone() }.not_null_name(),
        };
        if old == new {
            return;
        }
        self.statements.push(table::alter(column.relation(), sql!("RENAME CONSTRAINT {} TO {}", old, new)));
        if let Some(not_null) = &mut here.not_null {
            not_null.name = Some(new);
        }
        self.schema.insert(here.into());
    }

    /// The old column goes.
    fn drop_old(&mut self, pair: &Pair) {
        let id = pair.old.id;
        let statement = self.drop_column(id, loss(id, &pair.old, &pair.new, pair.meanwhile));
        if let Some(statement) = statement.filter(|_| !pair.keeps_name()) {
            let broken = format!("code that says {id} fails");
            statement.hazards.push(Hazard { kind: HazardKind::Compatibility, message: broken });
        }
    }

    /// A column goes with what is built on it, unless more than that needs it: then it goes as the plan has it.
    fn drop_column(&mut self, id: Id, loss: String) -> Option<&mut Statement> {
        let needed = |(_, object): &(&Id, &Object)| needs(&self.schema, object).contains(&id);
        let on_it: Vec<Id> = self.schema.iter().filter(needed).map(|(id, _)| *id).collect();
        let own =
            |other: &Id| [kind::CONSTRAINT, kind::INDEX].contains(&other.kind) || other.target() == Some(id);
        if !on_it.iter().all(own) {
            return None;
        }
        for other in on_it {
            self.drop_foreign_keys(other);
            if other.relation() == id.relation() {
                self.remove(&other);
            } else {
                self.dropped(&other);
            }
        }
        self.remove(&id);
        let statement = table::alter(id.relation(), sql!("DROP COLUMN {}", id.name));
        self.statements.push(statement.hazard(HazardKind::DataLoss, loss));
        self.statements.last_mut()
    }

    /// The rest, as a plan has it.
    fn finish(self, renames: Vec<Rename>) -> Result<Vec<Statement>, Error> {
        let Self { states, schema, goal, mut statements, .. } = self;
        let mut goal = Schema::clone(goal);
        name_not_nulls(&mut goal, states);
        let schema = Canonical::from_server(schema);
        let planned = plan(&schema, &Canonical::from_server(goal), &states.online(renames))?.statements;
        // What looks at rows does so when everything has its place.
        let (late, now): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|one| one.transaction == Transaction::Own);
        if now.iter().any(|one| one.transaction == Transaction::Forbidden) {
            let column =
                states.pairs.first().map(|pair| pair.old.id).unwrap_or_else(|| Id::global(kind::COLUMN, ""));
            return Err(Error::Staged {
                column,
                why: "an index that is no part of it would have to be built while the columns change places",
            });
        }
        statements.extend(now);
        statements.extend(late);
        Ok(statements)
    }
}

/// What goes with one of two columns; the other one is named without its table, for nothing is lost there.
fn loss(id: Id, gone: &Column, other: &Column, name: Ident) -> String {
    if gone.ty == other.ty {
        format!("every value of {id}, which {name} holds, too")
    } else {
        format!("every value of {id} as {}, which {name} holds as {}", gone.ty, other.ty)
    }
}

/// Columns that models declare get the names of their NOT NULL that the server would give.
fn name_not_nulls(goal: &mut Schema, states: &States) {
    if states.version < 180_000 {
        return;
    }
    for pair in &states.pairs {
        for id in [pair.new.id, pair.old.id] {
            let Some(Object::Column(column)) = goal.get(&id) else { continue };
            let mut column = column.clone();
            let name = column.not_null_name();
            if let Some(not_null) = &mut column.not_null {
                not_null.name = Some(name);
            }
            goal.insert(column.into());
            goal.origins.remove(&id);
        }
    }
}

/// A name for the sequence of an identity column while the old one has the name that it should get.
fn sequence_beside(from: &Schema, to: &Schema, wanted: Name) -> Name {
    let id = Id::inside(kind::SEQUENCE, wanted.schema, wanted.name);
    if crate::aside::is_free(from, &id) { wanted } else { crate::aside::free_name(from, to, id).qualified() }
}
