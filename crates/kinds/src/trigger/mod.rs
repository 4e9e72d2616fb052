//! Triggers on tables, views and foreign tables.

mod decode;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::{Alter, Context, Definition, Object, Visitor, clause};

pub(crate) use decode::decode;

/// The kind `trigger`.
pub const KIND: Kind = crate::kind::TRIGGER;

/// The id of a trigger of a relation.
pub fn id(relation: Name, name: Ident) -> Id {
    Id::on(KIND, relation, name)
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Trigger {
    /// Its id; its relation is the table or view.
    pub id: Id,
    /// The table or view.
    pub on: Id,
    /// What it says of itself; `None` for a partition's share in its parent's trigger.
    pub definition: Option<Box<TriggerDefinition>>,
    /// For such a share: the trigger that it is a part of. It is an object only where it is enabled otherwise.
    pub part_of: Option<Id>,
    /// When it fires.
    pub firing: Firing,
}

/// What a trigger does, and when.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct TriggerDefinition {
    /// `BEFORE`, `AFTER`, `INSTEAD OF`.
    pub timing: Sql,
    /// `INSERT`, `DELETE`, `UPDATE`, `TRUNCATE`.
    pub events: Vec<Event>,
    /// The columns that an UPDATE must set; empty for any.
    pub columns: Vec<Ident>,
    /// For a constraint trigger: when it may fire.
    pub constraint: Option<ConstraintTrigger>,
    /// The name of the table of old rows.
    pub old_table: Option<Ident>,
    /// The name of the table of new rows.
    pub new_table: Option<Ident>,
    /// It fires once a row, else once a statement.
    pub for_each_row: bool,
    /// What must hold for it to fire.
    pub when: Option<Sql>,
    /// The function with its arguments: `s.f('a')`.
    pub call: Sql,
}

/// What a trigger reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Event {
    Insert,
    Delete,
    Update,
    Truncate,
}

impl Event {
    /// All events, in the order in which the server prints them.
    pub const ALL: [Self; 4] = [Self::Insert, Self::Delete, Self::Update, Self::Truncate];

    /// The key word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Delete => "DELETE",
            Self::Update => "UPDATE",
            Self::Truncate => "TRUNCATE",
        }
    }
}

/// What a constraint trigger has beyond others.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ConstraintTrigger {
    /// The other table of the constraint.
    pub from: Option<Id>,
    /// It can be put off to the end of the transaction.
    pub deferrable: bool,
    /// It is put off unless a transaction says otherwise.
    pub initially_deferred: bool,
}

/// When a trigger or rule is applied, by `session_replication_role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Firing {
    /// In ordinary sessions.
    #[default]
    Origin,
    /// Never.
    Disabled,
    /// In sessions that replay changes.
    Replica,
    /// In all sessions.
    Always,
}

impl Firing {
    /// The meaning of `tgenabled`, `ev_enabled` and `evtenabled`.
    pub(crate) fn of_letter(letter: char) -> Self {
        match letter {
            'D' => Self::Disabled,
            'R' => Self::Replica,
            'A' => Self::Always,
            _ => Self::Origin,
        }
    }

    /// The key words before TRIGGER or RULE.
    pub(crate) fn verb(self) -> Sql {
        match self {
            Self::Origin => sql!("ENABLE"),
            Self::Disabled => sql!("DISABLE"),
            Self::Replica => sql!("ENABLE REPLICA"),
            Self::Always => sql!("ENABLE ALWAYS"),
        }
    }

    /// In words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Disabled => "disabled",
            Self::Replica => "replica",
            Self::Always => "always",
        }
    }
}

impl TriggerDefinition {
    fn events(&self) -> Sql {
        let words: Vec<String> = self.events.iter().map(|event| self.event(*event).to_string()).collect();
        Sql::from_trusted(words.join(" OR "))
    }

    fn event(&self, event: Event) -> Sql {
        match event {
            Event::Update if !self.columns.is_empty() => {
                sql!("UPDATE OF {}", clause::columns(&self.columns))
            }
            event => Sql::from_trusted(event.word()),
        }
    }

    /// CREATE TRIGGER.
    fn creation(&self, id: Id, replace: bool) -> Sql {
        let or_replace = if replace { sql!("OR REPLACE ") } else { sql!("") };
        let constraint = if self.constraint.is_some() { sql!("CONSTRAINT ") } else { sql!("") };
        let mut text = sql!(
            "CREATE {}{}TRIGGER {} {} {} ON {}",
            or_replace,
            constraint,
            id.name,
            self.timing,
            self.events(),
            id.relation()
        );
        if let Some(ConstraintTrigger { from, deferrable, initially_deferred }) = &self.constraint {
            if let Some(table) = from {
                text.push(&sql!(" FROM {}", table.qualified()));
            }
            if *initially_deferred {
                text.push(&sql!(" DEFERRABLE INITIALLY DEFERRED"));
            } else if *deferrable {
                text.push(&sql!(" DEFERRABLE"));
            }
        }
        if self.old_table.is_some() || self.new_table.is_some() {
            text.push(&sql!(" REFERENCING"));
        }
        if let Some(name) = self.old_table {
            text.push(&sql!(" OLD TABLE AS {}", name));
        }
        if let Some(name) = self.new_table {
            text.push(&sql!(" NEW TABLE AS {}", name));
        }
        text.push(&if self.for_each_row { sql!(" FOR EACH ROW") } else { sql!(" FOR EACH STATEMENT") });
        if let Some(when) = &self.when {
            text.push(&sql!(" WHEN {}", clause::parenthesised(when)));
        }
        text.push(&sql!(" EXECUTE FUNCTION {}", self.call));
        text
    }
}

impl Trigger {
    fn locked(&self, sql: Sql, mode: LockMode) -> Statement {
        let relation = self.id.relation();
        let mut statement = Statement::new(sql).locking(relation, mode, Work::Catalog);
        let constraint = self.definition.as_ref().and_then(|definition| definition.constraint.as_ref());
        if let Some(table) = constraint.and_then(|constraint| constraint.from) {
            statement = statement.locking(table.qualified(), mode, Work::Catalog);
        }
        statement
    }

    fn creation(&self, replace: bool) -> Option<Statement> {
        let definition = self.definition.as_ref()?;
        Some(self.locked(definition.creation(self.id, replace), LockMode::ShareRowExclusive))
    }

    fn fire(&self, firing: Firing) -> Statement {
        let text = sql!("ALTER TABLE {} {} TRIGGER {}", self.id.relation(), firing.verb(), self.id.name);
        let statement =
            Statement::new(text).locking(self.id.relation(), LockMode::ShareRowExclusive, Work::Catalog);
        if firing == Firing::Disabled {
            statement.hazard(HazardKind::Compatibility, self.no_longer())
        } else {
            statement
        }
    }

    fn no_longer(&self) -> String {
        format!("changes of {} no longer fire {}", self.id.relation(), self.id.name)
    }

    fn is_constraint(&self) -> bool {
        self.definition.as_ref().is_some_and(|definition| definition.constraint.is_some())
    }
}

impl Definition for Trigger {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, on, definition, part_of, firing: _ } = self;
        let relation = id.relation();
        visitor.id(id);
        visitor.id(on);
        part_of.iter_mut().for_each(|id| visitor.id(id));
        let Some(definition) = definition else { return };
        let TriggerDefinition {
            timing: _,
            events: _,
            columns,
            constraint,
            old_table: _,
            new_table: _,
            for_each_row: _,
            when,
            call,
        } = definition.as_mut();
        columns.iter_mut().for_each(|column| visitor.column(relation, column));
        if let Some(ConstraintTrigger { from: Some(table), .. }) = constraint {
            visitor.id(table);
        }
        if let Some(when) = when {
            visitor.expression(Some(relation), when);
        }
        visitor.expression(None, call);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut statements: Vec<Statement> = self.creation(false).into_iter().collect();
        if self.firing != Firing::Origin || self.definition.is_none() {
            statements.push(self.fire(self.firing));
        }
        statements
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if !context.to.contains(&self.on) {
            return Vec::new();
        }
        if let Some(whole) = self.part_of {
            return match context.to.get(&whole) {
                Some(Object::Trigger(whole)) => vec![self.fire(whole.firing)],
                _ => Vec::new(),
            };
        }
        let text = sql!("DROP TRIGGER {} ON {}", self.id.name, self.id.relation());
        vec![self.locked(text, LockMode::AccessExclusive).hazard(HazardKind::Compatibility, self.no_longer())]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let Self { id: _, on, definition, part_of, firing } = to;
        let mut details = Vec::new();
        if self.firing != *firing {
            details.push(clause::change("enabled", self.firing.word(), firing.word()));
        }
        if self.on != *on || self.part_of != *part_of {
            details.push("relation".to_owned());
            return Alter::replace(details);
        }
        if self.definition == *definition {
            return Alter::in_place(details, vec![to.fire(*firing)]);
        }
        details.extend(differences(self.definition.as_deref(), definition.as_deref()));
        // CREATE OR REPLACE came with PostgreSQL 14, and never takes constraint triggers (manual, CREATE TRIGGER).
        if context.version < 140_000 || self.is_constraint() || to.is_constraint() {
            return Alter::replace(details);
        }
        let mut statements: Vec<Statement> = to.creation(true).into_iter().collect();
        if *firing != Firing::Origin {
            statements.push(to.fire(*firing));
        }
        Alter::in_place(details, statements)
    }
}

fn differences(from: Option<&TriggerDefinition>, to: Option<&TriggerDefinition>) -> Vec<String> {
    let (Some(from), Some(to)) = (from, to) else { return vec!["definition".to_owned()] };
    let mut details = Vec::new();
    let mut push = |what: &str, from: String, to: String| {
        if from != to {
            details.push(clause::change(what, from, to));
        }
    };
    push("timing", from.timing.to_string(), to.timing.to_string());
    push("events", from.events().to_string(), to.events().to_string());
    let when = |of: &TriggerDefinition| of.when.as_ref().map(Sql::to_string).unwrap_or_default();
    push("when", when(from), when(to));
    push("function", from.call.to_string(), to.call.to_string());
    if details.is_empty() {
        details.push("definition".to_owned());
    }
    details
}
