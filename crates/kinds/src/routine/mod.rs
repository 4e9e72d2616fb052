//! What functions and procedures have in common.
//!
//! The text is what `pg_get_functiondef` prints, cut where parts behave differently: the arguments and the result
//! decide whether `CREATE OR REPLACE` is allowed; names in a body that was parsed follow a rename, names in a
//! body of text do not.

mod decode;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Name, Sql, Statement, sql};

use crate::{Alter, Visitor, clause, expression, kind};

pub(crate) use decode::{decode, identity};

/// A function or procedure.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Routine {
    /// Its id; the name holds the types of its input arguments: `f(integer, text)`.
    pub id: Id,
    /// Its arguments with names, modes and defaults, as they stand in CREATE.
    pub arguments: Sql,
    /// The same arguments, one by one.
    pub parameters: Vec<Parameter>,
    /// How many of its last input arguments have a default.
    pub defaults: u16,
    /// What it returns; `None` for a procedure.
    pub result: Option<Sql>,
    /// It is a window function.
    pub window: bool,
    /// What stands between the result and the body: language, volatility, cost, settings and the like.
    pub clauses: Sql,
    /// What it does.
    pub body: Body,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Parameter {
    /// `proargmodes`: i, o, b (INOUT), v (VARIADIC), t (a column of RETURNS TABLE).
    pub mode: char,
    /// Its name; may be empty.
    pub name: Ident,
    /// Its type.
    pub ty: Sql,
}

impl Parameter {
    fn is_output(&self) -> bool {
        ['o', 'b', 't'].contains(&self.mode)
    }

    fn is_input(&self) -> bool {
        ['i', 'b', 'v'].contains(&self.mode)
    }
}

/// What a routine does.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Body {
    /// A text for its language, in dollar quotes that it does not hold itself. The server does not look into it.
    Text(Sql),
    /// `RETURN …` or `BEGIN ATOMIC … END`: parsed when the routine was made (PostgreSQL 14).
    Parsed(Sql),
}

impl Body {
    fn sql(&self) -> &Sql {
        match self {
            Self::Text(text) | Self::Parsed(text) => text,
        }
    }
}

impl Routine {
    /// Whether some call with so many arguments fits both.
    pub fn takes_as_many(&self, other: &Self) -> bool {
        let (own, others) = (self.counts(), other.counts());
        own.start() <= others.end() && others.start() <= own.end()
    }

    /// How many arguments a call may have.
    fn counts(&self) -> std::ops::RangeInclusive<usize> {
        let inputs = self.parameters.iter().filter(|parameter| "ibv".contains(parameter.mode)).count();
        let variadic = self.parameters.iter().any(|parameter| parameter.mode == 'v');
        let least = inputs.saturating_sub(usize::from(self.defaults) + usize::from(variadic));
        least..=if variadic { usize::MAX } else { inputs }
    }

    pub(crate) fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, arguments, parameters, defaults: _, result, window: _, clauses, body } = self;
        visitor.id(id);
        visitor.expression(None, arguments);
        for Parameter { mode: _, name: _, ty } in parameters {
            visitor.expression(None, ty);
        }
        if let Some(result) = result {
            visitor.expression(None, result);
        }
        visitor.expression(None, clauses);
        if let Body::Parsed(body) = body {
            visitor.expression(None, body);
        }
    }

    /// The whole statement, behind `CREATE` or `CREATE OR REPLACE`.
    fn definition(&self) -> Sql {
        let result = self.result.as_ref().map(|result| sql!(" RETURNS {}\n", result)).unwrap_or_default();
        let word = keyword(self.id.kind);
        let name = called(&self.id);
        let mut text = sql!("{} {}({})\n{}", word, name, self.arguments, result);
        text.push(&self.clauses);
        text.push(self.body.sql());
        text
    }

    pub(crate) fn create(&self) -> Vec<Statement> {
        vec![Statement::new(sql!("CREATE {}", self.definition()))]
    }

    pub(crate) fn drop(&self) -> Vec<Statement> {
        vec![drop(&self.id)]
    }

    pub(crate) fn alter(&self, to: &Self) -> Alter {
        let details = self.differences(to);
        if !self.is_replaceable_by(to) {
            return Alter::replace(details);
        }
        let mut statement = Statement::new(sql!("CREATE OR REPLACE {}", to.definition()));
        if self.is_definers() != to.is_definers() {
            let whose = if to.is_definers() { "its owner's" } else { "its caller's" };
            statement = statement
                .hazard(HazardKind::Access, format!("{} runs with {whose} rights", described(&to.id)));
        }
        Alter::in_place(details, vec![statement])
    }

    fn is_definers(&self) -> bool {
        self.clauses.as_str().contains("SECURITY DEFINER")
    }

    /// Whether the server takes `CREATE OR REPLACE` (manual, CREATE FUNCTION; `ProcedureCreate` in pg_proc.c):
    /// the result stays as it is, input arguments keep their names and their defaults.
    fn is_replaceable_by(&self, to: &Self) -> bool {
        let outputs = self.parameters.iter().filter(|parameter| parameter.is_output()).count();
        let keeps = |(from, to): (&Parameter, &Parameter)| {
            let named = from.name == to.name || (from.name.is_empty() && !(from.is_output() && outputs > 1));
            let nameless_output = !from.is_input() && outputs == 1;
            from.mode == to.mode && from.ty == to.ty && (named || nameless_output)
        };
        self.result == to.result
            && self.window == to.window
            && self.defaults <= to.defaults
            && self.parameters.len() == to.parameters.len()
            && self.parameters.iter().zip(&to.parameters).all(keeps)
    }

    fn differences(&self, to: &Self) -> Vec<String> {
        let Self { id: _, arguments, parameters: _, defaults: _, result, window, clauses, body } = to;
        let mut details = Vec::new();
        if self.arguments != *arguments {
            details.push(clause::change("arguments", &self.arguments, arguments));
        }
        if self.result != *result {
            let text = |result: &Option<Sql>| result.clone().unwrap_or_default();
            details.push(clause::change("result", text(&self.result), text(result)));
        }
        if self.clauses != *clauses || self.window != *window {
            details.push(clause::change("clauses", in_a_line(&self.clauses), in_a_line(clauses)));
        }
        if self.body != *body || details.is_empty() {
            details.push("body".to_owned());
        }
        details
    }
}

/// `LANGUAGE sql IMMUTABLE`, of the lines that the server prints.
fn in_a_line(clauses: &Sql) -> String {
    let words: Vec<&str> = clauses.as_str().split_whitespace().filter(|word| *word != "AS").collect();
    words.join(" ")
}

/// `FUNCTION`.
pub(crate) fn keyword(kind: Kind) -> Sql {
    Sql::from_trusted(kind.name().to_uppercase())
}

/// `function s.f(integer)`, for messages.
pub(crate) fn described(id: &Id) -> String {
    format!("{} {id}", id.kind)
}

/// `DROP FUNCTION s.f(integer)`.
pub(crate) fn drop(id: &Id) -> Statement {
    Statement::new(sql!("DROP {} {}", keyword(id.kind), clause::signature(id)))
        .hazard(HazardKind::Compatibility, format!("calls of {} fail", described(id)))
}

/// Whether the kind is one whose ids hold the types of arguments.
pub(crate) fn is_routine(kind: Kind) -> bool {
    [kind::FUNCTION, kind::PROCEDURE, kind::AGGREGATE].contains(&kind)
}

/// The name without the types of the arguments.
pub fn called(id: &Id) -> Name {
    let (name, _) = parts(id.name);
    Name { schema: id.schema, name }
}

/// The bare name and the types in parentheses of a routine's name.
pub(crate) fn parts(name: Ident) -> (Ident, &'static str) {
    let text = name.as_str();
    let (first, rest) = expression::first_ident(text);
    (Ident::new(&first), rest)
}

/// The id's name after something that stands in its argument types got another name.
pub(crate) fn with_types(name: Ident, map: impl Fn(&Sql) -> Sql) -> Ident {
    let (bare, types) = parts(name);
    let renamed = map(&Sql::from_trusted(types));
    if renamed.as_str() == types { name } else { identity(bare, renamed.as_str()) }
}
