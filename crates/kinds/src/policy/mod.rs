//! Policies of row-level security.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Sql, Statement, Work, list, sql};

use crate::catalog::class::PG_POLICY;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause, table};

/// The kind `policy`.
pub const KIND: Kind = crate::kind::POLICY;

/// A policy of a table.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Policy {
    /// Its id; its relation is the table.
    pub id: Id,
    /// The commands that it concerns.
    pub command: Command,
    /// It lets rows through where any such policy does; a restrictive one must let them through as well.
    pub permissive: bool,
    /// The roles that it concerns, in order of their names; `public` for all.
    pub roles: Vec<Ident>,
    /// Which rows are there.
    pub using: Option<Sql>,
    /// Which rows may be written.
    pub check: Option<Sql>,
}

/// The commands that a policy concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Command {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

impl Command {
    fn of_letter(letter: char) -> Self {
        match letter {
            'r' => Self::Select,
            'a' => Self::Insert,
            'w' => Self::Update,
            'd' => Self::Delete,
            _ => Self::All,
        }
    }

    /// The command of that name, in capitals.
    pub fn of_word(word: &str) -> Option<Self> {
        const ALL: [Command; 5] =
            [Command::All, Command::Select, Command::Insert, Command::Update, Command::Delete];
        ALL.into_iter().find(|command| command.words() == word)
    }

    fn words(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

impl Policy {
    fn roles(&self) -> Sql {
        list(self.roles.iter().map(|role| if *role == "public" { sql!("PUBLIC") } else { sql!("{}", role) }))
    }

    fn is_for_all_roles(&self) -> bool {
        self.roles.iter().all(|role| *role == "public")
    }

    fn statement(&self, sql: Sql, context: &Context<'_>) -> Statement {
        let relation = self.id.relation();
        let statement = Statement::new(sql).locking(relation, LockMode::AccessExclusive, Work::Catalog);
        // On a table that is only just made nobody has had other rights.
        if context.from.contains(&table::id(relation.schema, relation.name)) {
            statement.hazard(HazardKind::Access, format!("who sees and writes which rows of {relation}"))
        } else {
            statement
        }
    }
}

impl Definition for Policy {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn roles(&self) -> Vec<Ident> {
        self.roles.clone()
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, command: _, permissive: _, roles: _, using, check } = self;
        let relation = id.relation();
        visitor.id(id);
        visitor.id(&mut table::id(relation.schema, relation.name));
        for expression in using.iter_mut().chain(check) {
            visitor.expression(Some(relation), expression);
        }
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        let mut text = sql!("CREATE POLICY {} ON {}", self.id.name, self.id.relation());
        if !self.permissive {
            text.push(&sql!(" AS RESTRICTIVE"));
        }
        if self.command != Command::All {
            text.push(&sql!(" FOR {}", Sql::from_trusted(self.command.words())));
        }
        if !self.is_for_all_roles() {
            text.push(&sql!(" TO {}", self.roles()));
        }
        if let Some(using) = &self.using {
            text.push(&sql!(" USING {}", clause::parenthesised(using)));
        }
        if let Some(check) = &self.check {
            text.push(&sql!(" WITH CHECK {}", clause::parenthesised(check)));
        }
        vec![self.statement(text, context)]
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        let relation = self.id.relation();
        if !context.to.contains(&table::id(relation.schema, relation.name)) {
            return Vec::new();
        }
        vec![self.statement(sql!("DROP POLICY {} ON {}", self.id.name, relation), context)]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let Self { id, command, permissive, roles, using, check } = to;
        let text = |expression: &Option<Sql>| expression.clone().unwrap_or_default();
        let mut details = Vec::new();
        if self.command != *command {
            details.push(clause::change("command", self.command.words(), command.words()));
        }
        if self.permissive != *permissive {
            let word = |permissive: bool| if permissive { "permissive" } else { "restrictive" };
            details.push(format!("{} → {}", word(self.permissive), word(*permissive)));
        }
        // ALTER POLICY cannot change the command or the kind, nor take an expression away (manual).
        let mut whole = !details.is_empty();
        let mut action = sql!("");
        if self.roles != *roles {
            details.push(clause::change("roles", self.roles(), to.roles()));
            action.push(&sql!(" TO {}", to.roles()));
        }
        if self.using != *using {
            details.push(clause::change("using", text(&self.using), text(using)));
            whole |= using.is_none();
            action.push(&sql!(" USING {}", clause::parenthesised(&text(using))));
        }
        if self.check != *check {
            details.push(clause::change("with check", text(&self.check), text(check)));
            whole |= check.is_none();
            action.push(&sql!(" WITH CHECK {}", clause::parenthesised(&text(check))));
        }
        if whole {
            return Alter::replace(details);
        }
        let text = sql!("ALTER POLICY {} ON {}{}", id.name, id.relation(), action);
        Alter::in_place(details, vec![to.statement(text, context)])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (oid, relation) = (row.oid()?, row.oid()?);
    let name = row.ident()?;
    let command = Command::of_letter(row.letter()?);
    let permissive = row.bool()?;
    let roles = row.texts()?.iter().map(|role| Ident::new(role)).collect();
    let (using, check) = (row.sql()?, row.sql()?);
    let Some(relation) = catalog.relation_of(relation, &[table::KIND]) else { return Ok(()) };
    let id = Id::on(KIND, relation.name(), name);
    catalog.add(PG_POLICY, oid, Policy { id, command, permissive, roles, using, check });
    Ok(())
}
