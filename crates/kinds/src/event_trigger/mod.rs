//! Event triggers: functions that run at commands of the whole database.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Literal, Sql, Statement, list, sql};

use crate::catalog::class::PG_EVENT_TRIGGER;
use crate::catalog::{Catalog, Malformed, Row};
use crate::trigger::Firing;
use crate::{Alter, Context, Definition, Visitor, clause};

/// The kind `event trigger`.
pub const KIND: Kind = crate::kind::EVENT_TRIGGER;

/// An event trigger.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct EventTrigger {
    /// Its id.
    pub id: Id,
    /// When it runs: `ddl_command_end`.
    pub event: Ident,
    /// The commands at which it runs, as `pg_event_trigger` holds them; empty for all.
    pub tags: Vec<String>,
    /// Its function.
    pub function: Sql,
    /// Whether it runs.
    pub firing: Firing,
}

impl EventTrigger {
    fn fire(&self) -> Statement {
        Statement::new(sql!("ALTER EVENT TRIGGER {} {}", self.id.name, self.firing.verb()))
    }
}

impl Definition for EventTrigger {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, event: _, tags: _, function, firing: _ } = self;
        visitor.id(id);
        visitor.expression(None, function);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut text = sql!("CREATE EVENT TRIGGER {} ON {}", self.id.name, self.event);
        if !self.tags.is_empty() {
            text.push(&sql!(" WHEN TAG IN ({})", list(self.tags.iter().map(Literal::new))));
        }
        text.push(&sql!(" EXECUTE FUNCTION {}()", self.function));
        let mut statements = vec![Statement::new(text)];
        if self.firing != Firing::Origin {
            statements.push(self.fire());
        }
        statements
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        let message = format!("{} no longer runs at {}", self.id.name, self.event);
        vec![
            Statement::new(sql!("DROP EVENT TRIGGER {}", self.id.name))
                .hazard(HazardKind::Compatibility, message),
        ]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id: _, event, tags, function, firing } = to;
        let mut details = Vec::new();
        if self.event != *event {
            details.push(clause::change("event", self.event, event));
        }
        if self.tags != *tags {
            details.push(clause::change("tags", self.tags.join(", "), tags.join(", ")));
        }
        if self.function != *function {
            details.push(clause::change("function", &self.function, function));
        }
        let whole = !details.is_empty();
        if self.firing != *firing {
            details.push(clause::change("enabled", self.firing.word(), firing.word()));
        }
        if whole { Alter::replace(details) } else { Alter::in_place(details, vec![to.fire()]) }
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let id = Id::global(KIND, row.ident()?);
    let event = row.ident()?;
    let tags = row.texts()?;
    let firing = Firing::of_letter(row.letter()?);
    let function = row.sql()?.unwrap_or_default();
    if !catalog.is_member(PG_EVENT_TRIGGER, oid) {
        catalog.add(PG_EVENT_TRIGGER, oid, EventTrigger { id, event, tags, function, firing });
    }
    Ok(())
}
