//! Partitions, policies, grants, triggers and statistics.

use crate::args::{Arg, Form, Parser};
use crate::parts::{inner, is_column};
use crate::{Grant, PartitionOf, Placed, Policy, Statistics, Trigger};

impl Parser<'_> {
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
