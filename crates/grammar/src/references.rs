//! Foreign keys, and whatever else points at a table.

use crate::args::{Arg, Form, Parser, Value};
use crate::columns::{identifiers, qualified};
use crate::parts::{inner, is_column, timing};
use crate::{ForeignKey, Placed, Problem, References, Target, Text, Timing};

impl Parser<'_> {
    /// `foreign_key(…)` of a table, where `of_field` is false, or `references(…)` of a field.
    pub(crate) fn foreign_key(&mut self, arg: &Arg, of_field: bool) -> ForeignKey {
        const KEYS: &[&str] = &[
            "references",
            "on_delete",
            "on_update",
            "set_columns",
            "match",
            "deferrable",
            "initially_deferred",
            "not_valid",
            "not_enforced",
            "period",
            "name",
            "comment",
        ];
        const FLAGS: &[&str] = &["deferrable", "initially_deferred", "not_valid", "not_enforced", "period"];
        const ACTIONS: &[&str] = &["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"];
        let mut key = ForeignKey {
            name: None,
            columns: Vec::new(),
            references: None,
            on_delete: None,
            on_update: None,
            set_columns: Vec::new(),
            match_type: None,
            timing: Timing::Immediate,
            not_valid: false,
            not_enforced: false,
            period: false,
            comment: None,
            place: arg.place(),
        };
        if let Form::Equals(value) = &arg.form {
            key.references = if of_field { self.target_of(value) } else { None };
            if !of_field {
                inner(self, arg);
            }
            return key;
        }
        let of = if of_field { "references" } else { "foreign_key" };
        let mut columns: Vec<&Arg> = Vec::new();
        for arg in inner(self, arg) {
            match arg.key() {
                _ if is_column(arg, FLAGS) => columns.push(arg),
                "references" if !of_field => key.references = self.references(arg),
                "name" => {
                    let value = self.name(arg);
                    self.set(&mut key.name, value, arg);
                }
                "on_delete" => {
                    let value = self.word(arg, ACTIONS);
                    self.set(&mut key.on_delete, value, arg);
                }
                "on_update" => {
                    let value = self.word(arg, ACTIONS);
                    self.set(&mut key.on_update, value, arg);
                }
                "set_columns" => key.set_columns.extend(self.plain_columns(arg)),
                "match" => {
                    let value = self.word(arg, &["SIMPLE", "FULL"]);
                    self.set(&mut key.match_type, value, arg);
                }
                "deferrable" | "initially_deferred" => timing(self, arg, &mut key.timing),
                "not_valid" => key.not_valid = self.is_set(arg),
                "not_enforced" => key.not_enforced = self.is_set(arg),
                "period" => key.period = self.is_set(arg),
                "comment" => {
                    let value = self.string(arg);
                    self.set(&mut key.comment, value, arg);
                }
                _ => self.unknown(arg, of, KEYS),
            }
        }
        if of_field {
            key.references = self.target_and_columns(&columns);
        } else {
            for column in columns {
                key.columns.extend(self.element(column).filter(|element| self.bare(element)));
            }
        }
        if key.references.is_none() {
            let key_name = if of_field { "a struct or `\"schema.table(column)\"`" } else { "`references`" };
            if !self.problems.iter().any(|problem| problem.place.0 > key.place.0) {
                let example = if of_field { "references(User)" } else { "foreign_key(a, references = User)" };
                self.problem(
                    Problem::new("models::missing_key", format!("`{of}` needs {key_name}"), key.place)
                        .help(format!("write `{example}`")),
                );
            }
        }
        key
    }

    /// `references = "s.t(x, y)"`, `references = Type`, `references(Type, x, y)`.
    fn references(&mut self, arg: &Arg) -> Option<References> {
        match &arg.form {
            Form::Equals(value) => self.target_of(value),
            Form::List(args) => self.target_and_columns(&args.iter().collect::<Vec<_>>()),
            Form::Bare | Form::Literal(_) => self.expected(arg, "a struct or a table's name", "User"),
        }
    }

    /// The first argument is the target, the others are its columns.
    fn target_and_columns(&mut self, args: &[&Arg]) -> Option<References> {
        let (first, columns) = args.split_first()?;
        let mut references = match &first.form {
            Form::Bare => References { target: Target::Type(first.key.clone()), columns: Vec::new() },
            Form::Literal(value) => self.target_of(value)?,
            Form::Equals(_) | Form::List(_) => return None,
        };
        for column in columns {
            references.columns.extend(self.bare_word(column));
        }
        Some(references)
    }

    fn target_of(&mut self, value: &Value) -> Option<References> {
        let text = match value {
            Value::Path(path) => {
                return Some(References { target: Target::Type(path.clone()), columns: Vec::new() });
            }
            Value::Str(text) => text,
            Value::Number(_) | Value::Bool(_) => {
                self.problem(Problem::new("models::wrong_value", "a table is expected", value.place()));
                return None;
            }
        };
        let Some((target, group)) = table_name(text) else {
            self.problem(
                Problem::new(
                    "models::wrong_value",
                    format!("`{}` is no table's name", text.value),
                    text.place,
                )
                .help("write `\"schema.table\"` or `\"schema.table(column, …)\"`"),
            );
            return None;
        };
        let columns = match group.map(|group| (group, identifiers(group))) {
            None => Vec::new(),
            Some((_, Some(names))) => names.into_iter().map(|name| Placed::new(name, text.place)).collect(),
            Some((group, None)) => {
                self.problem(
                    Problem::new(
                        "models::wrong_value",
                        format!("`{group}` is no list of columns"),
                        text.place,
                    )
                    .help("write `\"schema.table(column, …)\"`"),
                );
                return None;
            }
        };
        Some(References { target, columns })
    }

    /// A table by struct or name: `inherits(T)`, `partition_of(T, …)`.
    pub(crate) fn target(&mut self, arg: &Arg) -> Option<Target> {
        let value = match &arg.form {
            Form::Bare => return Some(Target::Type(arg.key.clone())),
            Form::Literal(value) | Form::Equals(value) => value,
            Form::List(_) => return self.expected(arg, "a struct or a table's name", "\"schema.table\""),
        };
        let references = self.target_of(value)?;
        Some(references.target)
    }
}

/// `schema.table(…)`, unquoted names folded as the server folds them.
fn table_name(text: &Text) -> Option<(Target, Option<&str>)> {
    let (mut parts, group) = qualified(&text.value, true)?;
    let name = parts.pop()?;
    let schema = parts.pop();
    parts.is_empty().then_some((Target::Table { schema, name, place: text.place }, group))
}
