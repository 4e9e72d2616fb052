//! Keys, indexes, foreign keys and what else may stand in several places with the same arguments.

use crate::args::{Arg, Form, Parser, Value, single};
use crate::columns::{identifiers, qualified};
use crate::{
    Check, Element, Exclusion, ForeignKey, Grant, Index, Key, PartitionOf, Place, Placed, Policy, Problem,
    References, Setting, Statistics, Target, Text, Timing, Trigger,
};

/// The arguments of `key(…)`; none for a bare `key`.
fn inner<'a>(parser: &mut Parser<'_>, arg: &'a Arg) -> &'a [Arg] {
    match &arg.form {
        Form::List(args) => args,
        Form::Bare => &[],
        Form::Equals(Value::Bool(value)) if value.value => &[],
        Form::Equals(_) | Form::Literal(_) => {
            let place = arg.place();
            let help = format!("write `{}(…)`", arg.key());
            parser.problem(
                Problem::new("models::wrong_value", format!("`{}` takes a list", arg.key()), place)
                    .help(help),
            );
            &[]
        }
    }
}

/// Whether an argument stands for a column: it is plain, and no flag of its list.
fn is_column(arg: &Arg, flags: &[&str]) -> bool {
    arg.is_plain() && !(matches!(arg.form, Form::Bare) && flags.contains(&arg.key()))
}

impl Timing {
    fn strengthen(&mut self, to: Timing) {
        if *self != Timing::Deferred {
            *self = to;
        }
    }
}

fn timing(parser: &mut Parser<'_>, arg: &Arg, timing: &mut Timing) {
    let to = if arg.key() == "deferrable" { Timing::Deferrable } else { Timing::Deferred };
    if parser.is_set(arg) {
        timing.strengthen(to);
    }
}

impl Parser<'_> {
    /// `unique(…)` and `primary_key(…)`.
    pub(crate) fn key(&mut self, arg: &Arg) -> Key {
        const KEYS: &[&str] = &[
            "name",
            "nulls_not_distinct",
            "include",
            "deferrable",
            "initially_deferred",
            "without_overlaps",
            "comment",
        ];
        const FLAGS: &[&str] =
            &["nulls_not_distinct", "deferrable", "initially_deferred", "without_overlaps"];
        let mut key = Key {
            name: None,
            columns: Vec::new(),
            include: Vec::new(),
            nulls_not_distinct: false,
            without_overlaps: false,
            timing: Timing::Immediate,
            comment: None,
            place: arg.place(),
        };
        for arg in inner(self, arg) {
            match arg.key() {
                _ if is_column(arg, FLAGS) => {
                    key.columns.extend(self.element(arg).filter(|element| self.bare(element)));
                }
                "name" => {
                    let value = self.name(arg);
                    self.set(&mut key.name, value, arg);
                }
                "nulls_not_distinct" => key.nulls_not_distinct = self.is_set(arg),
                "without_overlaps" => key.without_overlaps = self.is_set(arg),
                "include" => key.include.extend(self.plain_columns(arg)),
                "deferrable" | "initially_deferred" => timing(self, arg, &mut key.timing),
                "comment" => {
                    let value = self.string(arg);
                    self.set(&mut key.comment, value, arg);
                }
                _ => self.unknown(arg, "unique", KEYS),
            }
        }
        key
    }

    /// `index(…)`.
    pub(crate) fn index(&mut self, arg: &Arg) -> Index {
        const KEYS: &[&str] = &[
            "expr",
            "name",
            "unique",
            "using",
            "where",
            "include",
            "with",
            "nulls_not_distinct",
            "tablespace",
            "concurrently",
            "comment",
            "cluster",
        ];
        const FLAGS: &[&str] = &["unique", "nulls_not_distinct", "concurrently", "cluster"];
        let mut index = Index {
            name: None,
            elements: Vec::new(),
            unique: false,
            using: None,
            predicate: None,
            include: Vec::new(),
            with: Vec::new(),
            nulls_not_distinct: false,
            tablespace: None,
            concurrently: None,
            comment: None,
            cluster: false,
            place: arg.place(),
        };
        for arg in inner(self, arg) {
            match arg.key() {
                _ if is_column(arg, FLAGS) => index.elements.extend(self.element(arg)),
                "expr" => index.elements.extend(self.expr_element(arg)),
                "name" => {
                    let value = self.name(arg);
                    self.set(&mut index.name, value, arg);
                }
                "unique" => index.unique = self.is_set(arg),
                "using" => {
                    let value = self.name(arg);
                    self.set(&mut index.using, value, arg);
                }
                "where" => {
                    let value = self.sql(arg);
                    self.set(&mut index.predicate, value, arg);
                }
                "include" => index.include.extend(self.plain_columns(arg)),
                "with" => index.with.extend(self.settings(arg)),
                "nulls_not_distinct" => index.nulls_not_distinct = self.is_set(arg),
                "tablespace" => {
                    let value = self.name(arg);
                    self.set(&mut index.tablespace, value, arg);
                }
                "concurrently" => {
                    let value = self.flag(arg);
                    self.set(&mut index.concurrently, value, arg);
                }
                "comment" => {
                    let value = self.string(arg);
                    self.set(&mut index.comment, value, arg);
                }
                "cluster" => index.cluster = self.is_set(arg),
                _ => self.unknown(arg, "index", KEYS),
            }
        }
        index
    }

    /// `check(…)` and `check = "…"`.
    pub(crate) fn check(&mut self, arg: &Arg) -> Option<Check> {
        const KEYS: &[&str] = &["expr", "name", "no_inherit", "not_valid", "not_enforced", "comment"];
        let place = arg.place();
        let mut expr = None;
        let mut check = Check {
            name: None,
            expr: Placed::new(String::new(), place),
            no_inherit: false,
            not_valid: false,
            not_enforced: false,
            comment: None,
            place,
        };
        if let Form::Equals(_) = arg.form {
            check.expr = self.sql(arg)?;
            return Some(check);
        }
        for inner in inner(self, arg) {
            match inner.key() {
                "expr" => {
                    let value = self.sql(inner);
                    self.set(&mut expr, value, inner);
                }
                _ if matches!(inner.form, Form::Literal(_)) => {
                    let value = self.sql(inner);
                    self.set(&mut expr, value, inner);
                }
                "name" => {
                    let value = self.name(inner);
                    self.set(&mut check.name, value, inner);
                }
                "no_inherit" => check.no_inherit = self.is_set(inner),
                "not_valid" => check.not_valid = self.is_set(inner),
                "not_enforced" => check.not_enforced = self.is_set(inner),
                "comment" => {
                    let value = self.string(inner);
                    self.set(&mut check.comment, value, inner);
                }
                _ => self.unknown(inner, "check", KEYS),
            }
        }
        check.expr = self.required(expr, place, "check", "expr")?;
        Some(check)
    }

    /// Says that a key is missing.
    pub(crate) fn required<T>(&mut self, value: Option<T>, place: Place, of: &str, key: &str) -> Option<T> {
        if value.is_none() && !self.problems.iter().any(|problem| problem.place.0 > place.0) {
            self.problem(
                Problem::new("models::missing_key", format!("`{of}` needs `{key}`"), place)
                    .help(format!("write `{of}({key} = \"…\")`")),
            );
        }
        value
    }

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

    /// `exclude("room with =", "during with &&", using = "gist")`.
    pub(crate) fn exclusion(&mut self, arg: &Arg) -> Exclusion {
        const KEYS: &[&str] = &[
            "using",
            "where",
            "name",
            "include",
            "with",
            "deferrable",
            "initially_deferred",
            "tablespace",
            "comment",
        ];
        let mut exclusion = Exclusion {
            name: None,
            elements: Vec::new(),
            using: None,
            predicate: None,
            include: Vec::new(),
            with: Vec::new(),
            timing: Timing::Immediate,
            tablespace: None,
            comment: None,
            place: arg.place(),
        };
        for arg in inner(self, arg) {
            match arg.key() {
                _ if is_column(arg, &["deferrable", "initially_deferred"]) => {
                    let element = self.element(arg);
                    exclusion.elements.extend(element.filter(|element| self.has_operator(element)));
                }
                "using" => {
                    let value = self.name(arg);
                    self.set(&mut exclusion.using, value, arg);
                }
                "where" => {
                    let value = self.sql(arg);
                    self.set(&mut exclusion.predicate, value, arg);
                }
                "name" => {
                    let value = self.name(arg);
                    self.set(&mut exclusion.name, value, arg);
                }
                "include" => exclusion.include.extend(self.plain_columns(arg)),
                "with" => exclusion.with.extend(self.settings(arg)),
                "tablespace" => {
                    let value = self.name(arg);
                    self.set(&mut exclusion.tablespace, value, arg);
                }
                "comment" => {
                    let value = self.string(arg);
                    self.set(&mut exclusion.comment, value, arg);
                }
                "deferrable" | "initially_deferred" => timing(self, arg, &mut exclusion.timing),
                _ => self.unknown(arg, "exclude", KEYS),
            }
        }
        exclusion
    }

    fn has_operator(&mut self, element: &Element) -> bool {
        if element.operator.is_none() {
            self.problem(
                Problem::new("models::wrong_value", "an exclusion needs an operator", element.place)
                    .help("write `\"column with operator\"`, such as `\"during with &&\"`"),
            );
        }
        element.operator.is_some()
    }

    /// `with(fillfactor = 70)`.
    pub(crate) fn settings(&mut self, arg: &Arg) -> Vec<Setting> {
        let mut settings = Vec::new();
        for arg in inner(self, arg) {
            let key = Placed::new(arg.key.segments.join("."), arg.place());
            if key.is_empty() {
                let _: Option<()> = self.expected(arg, "a parameter with its value", "fillfactor = 70");
                continue;
            }
            let value = match &arg.form {
                Form::Bare => Some(Placed::new("true".to_owned(), arg.place())),
                _ => match single(arg) {
                    Some(Value::Str(text) | Value::Number(text)) => Some(text.clone()),
                    Some(Value::Bool(value)) => Some(Placed::new(value.value.to_string(), value.place)),
                    Some(Value::Path(path)) => Some(Placed::new(path.to_string(), path.place)),
                    None => self.expected(arg, "a value", "70"),
                },
            };
            settings.extend(value.map(|value| Setting { key, value }));
        }
        settings
    }

    /// `partition_of(T, for_values = "…")`.
    pub(crate) fn partition_of(&mut self, arg: &Arg) -> Option<PartitionOf> {
        let place = arg.place();
        let mut parent = None;
        let mut bound = None;
        for arg in inner(self, arg) {
            match arg.key() {
                "for_values" => {
                    let value = self.sql(arg);
                    self.set(&mut bound, value, arg);
                }
                "default" if matches!(arg.form, Form::Bare) => {
                    bound = Some(Placed::new("default".to_owned(), arg.place()));
                }
                _ if arg.is_plain() => {
                    let value = self.target(arg);
                    self.set(&mut parent, value, arg);
                }
                _ => self.unknown(arg, "partition_of", &["for_values", "default"]),
            }
        }
        let parent = self.required(parent, place, "partition_of", "a table")?;
        let bound = self.required(bound, place, "partition_of", "for_values")?;
        Some(PartitionOf { parent, bound, place })
    }

    /// `policy(…)`.
    pub(crate) fn policy(&mut self, arg: &Arg) -> Option<Policy> {
        const KEYS: &[&str] = &["name", "for", "to", "using", "with_check", "restrictive"];
        let place = arg.place();
        let mut name = None;
        let mut policy = Policy {
            name: Placed::new(String::new(), place),
            command: None,
            roles: Vec::new(),
            using: None,
            with_check: None,
            restrictive: false,
            place,
        };
        for arg in inner(self, arg) {
            match arg.key() {
                "name" => {
                    let value = self.name(arg);
                    self.set(&mut name, value, arg);
                }
                "for" => {
                    let value = self.word(arg, &["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"]);
                    self.set(&mut policy.command, value, arg);
                }
                "to" => policy.roles.extend(self.words(arg)),
                "using" => {
                    let value = self.sql(arg);
                    self.set(&mut policy.using, value, arg);
                }
                "with_check" => {
                    let value = self.sql(arg);
                    self.set(&mut policy.with_check, value, arg);
                }
                "restrictive" => policy.restrictive = self.is_set(arg),
                _ => self.unknown(arg, "policy", KEYS),
            }
        }
        policy.name = self.required(name, place, "policy", "name")?;
        Some(policy)
    }

    /// `grant("select", to = "reader")`.
    pub(crate) fn grant(&mut self, arg: &Arg) -> Option<Grant> {
        const KEYS: &[&str] = &["to", "columns", "with_grant_option"];
        const PRIVILEGES: &[&str] =
            &["ALL", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"];
        let mut grant = Grant {
            privileges: Vec::new(),
            roles: Vec::new(),
            columns: Vec::new(),
            with_grant_option: false,
            place: arg.place(),
        };
        for arg in inner(self, arg) {
            match arg.key() {
                _ if is_column(arg, &["with_grant_option"]) => {
                    let Some(text) = self.bare_word(arg) else { continue };
                    for word in text.split(',').map(str::trim) {
                        let given = Placed::new(word.to_uppercase(), text.place);
                        if PRIVILEGES.contains(&given.as_str()) {
                            grant.privileges.push(given);
                        } else {
                            let lower: Vec<String> =
                                PRIVILEGES.iter().map(|word| word.to_lowercase()).collect();
                            self.choice("grant", &Placed::new(word.to_owned(), text.place), &lower);
                        }
                    }
                }
                "to" => grant.roles.extend(self.words(arg)),
                "columns" => grant.columns.extend(self.plain_columns(arg)),
                "with_grant_option" => grant.with_grant_option = self.is_set(arg),
                _ => self.unknown(arg, "grant", KEYS),
            }
        }
        let roles = (!grant.roles.is_empty()).then_some(());
        self.required(roles, grant.place, "grant", "to")?;
        Some(grant)
    }

    /// `trigger(name, when = "before insert or update", execute = "f()")`.
    pub(crate) fn trigger(&mut self, arg: &Arg) -> Option<Trigger> {
        const KEYS: &[&str] = &["name", "when", "execute", "for_each", "condition"];
        let place = arg.place();
        let (mut name, mut when, mut execute, mut for_each, mut condition) = (None, None, None, None, None);
        for arg in inner(self, arg) {
            match arg.key() {
                "name" if !arg.is_plain() => {
                    let value = self.name(arg);
                    self.set(&mut name, value, arg);
                }
                _ if arg.is_plain() => {
                    let value = self.bare_word(arg);
                    self.set(&mut name, value, arg);
                }
                "when" => {
                    let value = self.sql(arg);
                    self.set(&mut when, value, arg);
                }
                "execute" => {
                    let value = self.sql(arg);
                    self.set(&mut execute, value, arg);
                }
                "for_each" => {
                    let value = self.word(arg, &["ROW", "STATEMENT"]);
                    self.set(&mut for_each, value, arg);
                }
                "condition" => {
                    let value = self.sql(arg);
                    self.set(&mut condition, value, arg);
                }
                _ => self.unknown(arg, "trigger", KEYS),
            }
        }
        let name = self.required(name, place, "trigger", "name")?;
        let when = self.required(when, place, "trigger", "when")?;
        let execute = self.required(execute, place, "trigger", "execute")?;
        Some(Trigger { name, when, execute, for_each, condition, place })
    }

    /// `statistics(a, b, kinds = "ndistinct", name = "…")`.
    pub(crate) fn statistics(&mut self, arg: &Arg) -> Statistics {
        let mut statistics =
            Statistics { name: None, elements: Vec::new(), kinds: Vec::new(), place: arg.place() };
        for arg in inner(self, arg) {
            match arg.key() {
                _ if arg.is_plain() => statistics.elements.extend(self.element(arg)),
                "expr" => statistics.elements.extend(self.expr_element(arg)),
                "name" => {
                    let value = self.name(arg);
                    self.set(&mut statistics.name, value, arg);
                }
                "kinds" => {
                    for text in self.words(arg) {
                        let kinds =
                            text.split(',').map(|kind| Placed::new(kind.trim().to_lowercase(), text.place));
                        statistics.kinds.extend(kinds);
                    }
                }
                _ => self.unknown(arg, "statistics", &["kinds", "name", "expr"]),
            }
        }
        for kind in &statistics.kinds {
            const KINDS: [&str; 3] = ["ndistinct", "dependencies", "mcv"];
            if !KINDS.contains(&kind.as_str()) {
                self.choice("kinds", kind, &KINDS);
            }
        }
        statistics
    }
}

/// `schema.table(…)`, unquoted names folded as the server folds them.
fn table_name(text: &Text) -> Option<(Target, Option<&str>)> {
    let (mut parts, group) = qualified(&text.value, true)?;
    let name = parts.pop()?;
    let schema = parts.pop();
    parts.is_empty().then_some((Target::Table { schema, name, place: text.place }, group))
}
