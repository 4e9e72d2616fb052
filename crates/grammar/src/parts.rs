//! Keys, indexes, checks and exclusions: what stands in several places with the same arguments.

use crate::args::{Arg, Form, Parser, Value, single};
use crate::{Check, Element, Exclusion, Index, Key, Place, Placed, Problem, Setting, Timing};

/// The arguments of `key(…)`; none for a bare `key`.
pub(crate) fn inner<'a>(parser: &mut Parser<'_>, arg: &'a Arg) -> &'a [Arg] {
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
pub(crate) fn is_column(arg: &Arg, flags: &[&str]) -> bool {
    arg.is_plain() && !(matches!(arg.form, Form::Bare) && flags.contains(&arg.key()))
}

impl Timing {
    fn strengthen(&mut self, to: Timing) {
        if *self != Timing::Deferred {
            *self = to;
        }
    }
}

pub(crate) fn timing(parser: &mut Parser<'_>, arg: &Arg, timing: &mut Timing) {
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
}
