//! Rewrite rules, but for those that make a relation a view.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, LockMode, Sql, Statement, Work, sql};

use crate::catalog::class::PG_REWRITE;
use crate::catalog::{Catalog, Malformed, Row};
use crate::trigger::Firing;
use crate::{Alter, Context, Definition, Visitor, clause, expression, table};

/// The kind `rule`.
pub const KIND: Kind = crate::kind::RULE;

/// A rewrite rule.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Rule {
    /// Its id; its relation is the table or view.
    pub id: Id,
    /// The table or view.
    pub on: Id,
    /// What stands behind its name: `AS ON INSERT TO s.t DO INSTEAD NOTHING`, in the server's words.
    pub definition: Sql,
    /// When it is applied.
    pub firing: Firing,
}

impl Rule {
    fn creation(&self, replace: bool) -> Statement {
        let or_replace = if replace { sql!("OR REPLACE ") } else { sql!("") };
        let text = sql!("CREATE {}RULE {} {}", or_replace, self.id.name, self.definition);
        Statement::new(text).locking(self.id.relation(), LockMode::AccessExclusive, Work::Catalog)
    }

    fn fire(&self) -> Statement {
        table::alter(self.id.relation(), sql!("{} RULE {}", self.firing.verb(), self.id.name))
    }
}

impl Definition for Rule {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, on, definition, firing: _ } = self;
        visitor.id(id);
        visitor.id(on);
        visitor.expression(None, definition);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut statements = vec![self.creation(false)];
        if self.firing != Firing::Origin {
            statements.push(self.fire());
        }
        statements
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if !context.to.contains(&self.on) {
            return Vec::new();
        }
        let relation = self.id.relation();
        let text = sql!("DROP RULE {} ON {}", self.id.name, relation);
        let message = format!("statements on {relation} are no longer rewritten by {}", self.id.name);
        vec![
            Statement::new(text)
                .locking(relation, LockMode::AccessExclusive, Work::Catalog)
                .hazard(HazardKind::Compatibility, message),
        ]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id: _, on, definition, firing } = to;
        let mut details = Vec::new();
        let mut statements = Vec::new();
        if self.on != *on {
            return Alter::replace(vec![clause::change("relation", self.on.kind, on.kind)]);
        }
        if self.definition != *definition {
            details.push("definition".to_owned());
            statements.push(to.creation(true));
        }
        if self.firing != *firing {
            details.push(clause::change("enabled", self.firing.word(), firing.word()));
            statements.push(to.fire());
        }
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (oid, relation) = (row.oid()?, row.oid()?);
    let name = row.ident()?;
    let firing = Firing::of_letter(row.letter()?);
    let text = row.text()?;
    let Some(relation) = catalog.relation(relation) else { return Ok(()) };
    let Some((_, definition)) = text.strip_prefix("CREATE RULE ").map(expression::first_ident) else {
        return Err(row.malformed(Some(text), "a rule as `pg_get_ruledef` prints it"));
    };
    let definition = definition.trim_start();
    let definition = Sql::from_trusted(definition.trim_end_matches(';'));
    let on = relation.id;
    catalog.add(PG_REWRITE, oid, Rule { id: Id::on(KIND, on.qualified(), name), on, definition, firing });
    Ok(())
}
