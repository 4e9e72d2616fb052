//! Options of foreign objects. Those that sound like secrets are never read: only a short hash of them is.

use limbeck_schema::{Id, Object as _};
use limbeck_sql::{HazardKind, Sql, Statement, sql};

use crate::clause::{self, Options};
use crate::{Object, Schema};

/// The options of a foreign-data wrapper, server, user mapping or foreign table.
#[derive(Clone, Debug, PartialEq, Default, Hash)]
pub struct ForeignOptions {
    /// Those that may be shown.
    pub plain: Options,
    /// Secrets: a hash of the value, too short to guess it from.
    pub secret: Options,
}

impl ForeignOptions {
    /// Options as `name=value` items; a value that begins with the byte 1 is a hash.
    pub(crate) fn from_catalog(items: &[String]) -> Self {
        let mut options = Self::default();
        for (name, value) in clause::options(items) {
            match value.strip_prefix('\u{1}') {
                Some(hash) => options.secret.insert(name, hash.to_owned()),
                None => options.plain.insert(name, value),
            };
        }
        options
    }

    /// ` OPTIONS (…)`, or nothing.
    pub(crate) fn clause(&self) -> Sql {
        if self.plain.is_empty() {
            return sql!("");
        }
        sql!(" OPTIONS ({})", clause::foreign_options(&self.plain))
    }

    /// A CREATE statement with these options; what is secret is left to whoever runs it.
    pub(crate) fn create(&self, text: Sql, id: &Id) -> Statement {
        let statement = Statement::new(sql!("{}{}", text, self.clause()));
        let undecided =
            |statement: Statement, name: &String| statement.hazard(HazardKind::Undecided, secret(name, id));
        self.secret.keys().fold(statement, undecided)
    }

    /// `ALTER … OPTIONS (…)`, where anything differs that can be said.
    pub(crate) fn alter(&self, to: &Self, prefix: Sql, id: &Id) -> Option<Statement> {
        let mut plain = self.plain.clone();
        // A secret that is no more can be dropped without knowing it.
        let gone = self.secret.iter().filter(|(name, _)| !to.secret.contains_key(name));
        gone.for_each(|(name, _)| plain.insert(name.clone(), String::new()));
        let options = clause::alter_foreign_options(&plain, &to.plain);
        let changed: Vec<&String> = to
            .secret
            .iter()
            .filter(|(name, hash)| self.secret.get(name) != Some(hash))
            .map(|(n, _)| n)
            .collect();
        // What is secret alone is for a human to write.
        let statement = options.map(|options| Statement::new(sql!("{} {}", prefix, options)));
        changed.into_iter().fold(statement, |statement, name| {
            let (kind, message) = (HazardKind::Undecided, secret(name, id));
            Some(match statement {
                Some(statement) => statement.hazard(kind, message),
                None => Statement::note(kind, message),
            })
        })
    }

    /// The difference in words, without any secret.
    pub(crate) fn describe(&self, to: &Self) -> String {
        if self.plain != to.plain {
            return clause::describe_options(&self.plain, &to.plain);
        }
        let names: Vec<&str> = self.secret.keys().chain(to.secret.keys()).map(String::as_str).collect();
        format!("secret options {}", names.join(", "))
    }
}

/// Gives what is declared the secrets that the database has beside it: a declaration, which lies in a repository, is no
/// place for them, and that it has none does not mean that there shall be none.
pub fn keep_secrets(declared: &mut Schema, database: &Schema) {
    declared.update(|object| {
        let known = options_of(database.get(&object.id())?)?;
        let mut object = object.clone();
        let options = options_mut(&mut object)?;
        let told = options.secret.clone();
        for (name, hash) in known.secret.iter() {
            if !told.contains_key(name) {
                options.secret.insert(name.clone(), hash.clone());
            }
        }
        (options.secret != told).then_some(object)
    });
}

/// The options of an object of a kind that has some.
fn options_of(object: &Object) -> Option<&ForeignOptions> {
    match object {
        Object::ForeignDataWrapper(wrapper) => Some(&wrapper.options),
        Object::Server(server) => Some(&server.options),
        Object::UserMapping(mapping) => Some(&mapping.options),
        Object::ForeignTable(table) => Some(&table.options),
        _ => None,
    }
}

/// The same, to change them.
fn options_mut(object: &mut Object) -> Option<&mut ForeignOptions> {
    match object {
        Object::ForeignDataWrapper(wrapper) => Some(&mut wrapper.options),
        Object::Server(server) => Some(&mut server.options),
        Object::UserMapping(mapping) => Some(&mut mapping.options),
        Object::ForeignTable(table) => Some(&mut table.options),
        _ => None,
    }
}

fn secret(name: &str, id: &Id) -> String {
    format!("option {name} of {} {id} is a secret: write it by hand", id.kind)
}
