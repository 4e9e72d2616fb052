//! Subscriptions, without their connections, which hold secrets.
//!
//! A new one does not connect and is not enabled, as `pg_dump` makes it; an old one loses its slot's name first, so
//! that nobody connects to the publisher.

use limbeck_schema::{Id, Incidental, Kind};
use limbeck_sql::{HazardKind, Ident, Literal, Sql, Statement, sql};

use crate::catalog::class::PG_SUBSCRIPTION;
use crate::catalog::{Catalog, Malformed, Row};
use crate::clause::{self, Options};
use crate::{Alter, Context, Definition, Visitor};

/// The kind `subscription`.
pub const KIND: Kind = crate::kind::SUBSCRIPTION;

/// The id of the subscription of that name.
pub fn id(name: Ident) -> Id {
    Id::global(KIND, name)
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Subscription {
    /// Its id.
    pub id: Id,
    /// The publications that it asks for, sorted.
    pub publications: Vec<String>,
    /// The same in the order in which they were named, which `pg_dump` keeps.
    pub named: Incidental<Vec<String>>,
    /// The slot on the publisher.
    pub slot: Option<String>,
    /// Transactions are prepared on both sides; cannot be changed before PostgreSQL 18.
    pub two_phase: bool,
    /// `binary`, `streaming`, `origin` and so on, all of them.
    pub options: Options,
}

impl Subscription {
    fn publications(&self) -> Sql {
        limbeck_sql::list(self.named.0.iter().map(|name| Ident::new(name)))
    }

    fn slot(&self) -> Sql {
        match &self.slot {
            Some(name) => sql!("slot_name = {}", Literal::new(name)),
            None => sql!("slot_name = NONE"),
        }
    }

    fn action(&self, action: Sql) -> Statement {
        Statement::new(sql!("ALTER SUBSCRIPTION {} {}", self.id.name, action))
    }
}

/// What each option is where nothing is said.
fn defaults(version: i32) -> Options {
    let streaming = if version >= 180_000 { "parallel" } else { "off" };
    [
        ("synchronous_commit", "off"),
        ("binary", "false"),
        ("streaming", streaming),
        ("disable_on_error", "false"),
        ("password_required", "true"),
        ("run_as_owner", "false"),
        ("origin", "any"),
        ("failover", "false"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn assignments(options: impl IntoIterator<Item = (String, String)>) -> Vec<Sql> {
    let assign = |(name, value): (String, String)| sql!("{} = {}", Ident::new(&name), Literal::new(value));
    options.into_iter().map(assign).collect()
}

impl Definition for Subscription {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, publications: _, named: _, slot: _, two_phase: _, options: _ } = self;
        visitor.id(id);
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        let defaults = defaults(context.version);
        let mut options = vec![sql!("connect = false"), self.slot()];
        options.extend(self.two_phase.then(|| sql!("two_phase = on")));
        let other = self.options.iter().filter(|(name, value)| defaults.get(name) != Some(value));
        options.extend(assignments(other.map(|(name, value)| (name.clone(), value.clone()))));
        let text = sql!(
            "CREATE SUBSCRIPTION {} CONNECTION '' PUBLICATION {} WITH ({})",
            self.id.name,
            self.publications(),
            limbeck_sql::list(options)
        );
        let message = format!("the connection of subscription {} is a secret: write it by hand", self.id);
        vec![Statement::new(text).hazard(HazardKind::Undecided, message)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut statements = Vec::new();
        if self.slot.is_some() {
            statements.push(self.action(sql!("DISABLE")));
            statements.push(self.action(sql!("SET (slot_name = NONE)")));
        }
        let mut end = Statement::new(sql!("DROP SUBSCRIPTION {}", self.id.name));
        if let Some(slot) = &self.slot {
            end = end.hazard(HazardKind::Compatibility, format!("slot {slot} stays on the publisher"));
        }
        statements.push(end);
        statements
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id: _, publications, named: _, slot, two_phase, options } = to;
        let mut details = Vec::new();
        let mut statements = Vec::new();
        if self.two_phase != *two_phase {
            return Alter::replace(vec![clause::change("two phase", self.two_phase, two_phase)]);
        }
        if self.publications != *publications {
            details.push(clause::change("publications", self.publications(), to.publications()));
            let list = to.publications();
            statements.push(to.action(sql!("SET PUBLICATION {} WITH (refresh = false)", list)));
        }
        let mut changed = Vec::new();
        if self.slot != *slot {
            details.push(clause::change("slot", self.slot(), to.slot()));
            changed.push(to.slot());
        }
        if self.options != *options {
            details.push(clause::describe_options(&self.options, options));
            let other = options.iter().filter(|(name, value)| self.options.get(name) != Some(value));
            changed.extend(assignments(other.map(|(name, value)| (name.clone(), value.clone()))));
        }
        if !changed.is_empty() {
            statements.push(to.action(sql!("SET ({})", limbeck_sql::list(changed))));
        }
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let slot = row.optional()?.map(str::to_owned);
    let named = Incidental(row.texts()?);
    let mut publications = named.0.clone();
    publications.sort();
    let mut options = Options::new();
    let mut set = |name: &str, value: &str| {
        options.insert(name.to_owned(), value.to_owned());
    };
    let word = |value: bool| if value { "true" } else { "false" };
    set("synchronous_commit", row.text()?);
    set("binary", word(row.bool()?));
    set(
        "streaming",
        match row.text()? {
            "t" => "on",
            "p" => "parallel",
            _ => "off",
        },
    );
    let two_phase = row.bool()?;
    set("disable_on_error", word(row.bool()?));
    set("password_required", word(row.bool()?));
    set("run_as_owner", word(row.bool()?));
    set("origin", row.text()?);
    set("failover", word(row.bool()?));
    let subscription = Subscription { id: id(name), publications, named, slot, two_phase, options };
    catalog.add(PG_SUBSCRIPTION, oid, subscription);
    Ok(())
}
