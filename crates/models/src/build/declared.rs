//! Attributes of a table beyond its columns, keys and indexes: row security, policies, grants, triggers, extended
//! statistics, owners. What only a server resolves (`current_user`, ALL PRIVILEGES) becomes SQL, as a `.sql` file
//! would say it.

use std::collections::BTreeSet;

use limbeck_grammar::{ElementKind, Grant, Place, Policy, Rls, Statistics, Text, Trigger, TriggerEvents};
use limbeck_kinds::grant::{self, Grantee};
use limbeck_kinds::policy::Command;
use limbeck_kinds::statistics::Form;
use limbeck_kinds::trigger::{Event, Firing, TriggerDefinition};
use limbeck_kinds::{Object, column, owner, policy, row_security, statistics, table, trigger};
use limbeck_schema::Id;
use limbeck_sql::{Ident, Name, Sql, list, sql};

use super::table::TableDraft;
use super::{Builder, DeclaredSql};
use crate::tree::{Entry, ItemId};

impl<'a> Builder<'a> {
    /// Row security, policies, grants, triggers and statistics of a table.
    pub(super) fn declare(&mut self, item: ItemId, draft: &TableDraft<'a>) {
        let entry = self.tree.entry(item);
        let table = table::id(draft.name.schema, draft.name.name);
        if let Some(rls) = draft.table.rls.as_ref().filter(|rls| rls.value != Rls::Disabled) {
            let id = row_security::id(table);
            let forced = rls.value == Rls::Forced;
            self.add(row_security::RowSecurity { id, enabled: true, forced }, entry, rls.place);
        }
        for declared in &draft.table.policies {
            self.policy(entry, draft.name, declared);
        }
        for declared in &draft.table.grants {
            self.grant(entry, draft, table, declared);
        }
        for declared in &draft.table.triggers {
            self.trigger(entry, draft.name, table, declared);
        }
        for declared in &draft.table.statistics {
            self.statistics(entry, draft, table, declared);
        }
    }

    fn policy(&mut self, entry: &Entry, table: Name, declared: &Policy) {
        let name = Ident::new(&declared.name.value);
        let command = declared.command.as_ref().map_or(Some(Command::All), |word| Command::of_word(word));
        let using = declared.using.as_ref().map(|text| self.expression(entry, text));
        let check = declared.with_check.as_ref().map(|text| self.expression(entry, text));
        if let (Some(command), Some(mut roles)) = (command, names(&declared.roles)) {
            if roles.is_empty() {
                roles.push(Ident::new("public"));
            }
            roles.sort();
            roles.dedup();
            let id = Id::on(policy::KIND, table, name);
            let permissive = !declared.restrictive;
            let policy = policy::Policy { id, command, permissive, roles, using, check };
            self.add(policy, entry, declared.place);
            return;
        }
        let mut text = sql!("CREATE POLICY {} ON {}", name, table);
        if declared.restrictive {
            text.push(&sql!(" AS RESTRICTIVE"));
        }
        if let Some(command) = &declared.command {
            text.push(&sql!(" FOR {}", Sql::from_trusted(command.as_str())));
        }
        if !declared.roles.is_empty() {
            text.push(&sql!(" TO {}", list(declared.roles.iter().map(role))));
        }
        if let Some(using) = using {
            text.push(&sql!(" USING ({})", using));
        }
        if let Some(check) = check {
            text.push(&sql!(" WITH CHECK ({})", check));
        }
        self.declared_sql(text, entry, declared.place);
    }

    fn grant(&mut self, entry: &Entry, draft: &TableDraft<'a>, table: Id, declared: &Grant) {
        let columns = self.columns(entry, draft, &declared.columns);
        // Which privileges ALL stands for depends on the server's version.
        let all = declared.privileges.iter().any(|privilege| privilege.starts_with("ALL"));
        let Some(roles) = names(&declared.roles).filter(|_| !all) else {
            let privileges = list(declared.privileges.iter().map(|text| Sql::from_trusted(text.as_str())));
            let on = if columns.is_empty() { sql!("") } else { sql!(" ({})", list(columns)) };
            let option = if declared.with_grant_option { sql!(" WITH GRANT OPTION") } else { sql!("") };
            let roles = list(declared.roles.iter().map(role));
            let statement = sql!("GRANT {}{} ON TABLE {} TO {}{}", privileges, on, draft.name, roles, option);
            return self.declared_sql(statement, entry, declared.place);
        };
        let targets = match columns.as_slice() {
            [] => vec![table],
            columns => columns.iter().map(|name| column::id(draft.name, *name)).collect(),
        };
        for target in targets {
            for name in &roles {
                let grantee = Grantee::named(*name);
                let id = grant::id(target, grantee.sub());
                // Several attributes may grant to one role.
                let mut held = match self.object(&id) {
                    Some(Object::Grant(before)) => before.held.clone(),
                    _ => grant::Privileges::new(),
                };
                for privilege in &declared.privileges {
                    *held.entry(Ident::new(privilege.as_str())).or_default() |= declared.with_grant_option;
                }
                let grant = grant::Grant {
                    id,
                    grantee,
                    grantor: None,
                    held,
                    default: BTreeSet::new(),
                    holder: grant::Holder::None,
                    place: limbeck_schema::Incidental(0),
                };
                self.add(grant, entry, declared.place);
            }
        }
    }

    fn trigger(&mut self, entry: &Entry, relation: Name, on: Id, declared: &Trigger) {
        let Trigger { name, when, execute, for_each, condition, place } = declared;
        let name = Ident::new(&name.value);
        let for_each = for_each.as_ref().map_or("ROW", |text| text.as_str());
        let call = self.expression(entry, execute);
        let condition = condition.as_ref().map(|text| self.expression(entry, text));
        if let Some(fires) = TriggerEvents::parse(when) {
            let definition = TriggerDefinition {
                timing: Sql::from_trusted(fires.timing),
                events: Event::ALL.into_iter().filter(|event| fires.events.contains(&event.word())).collect(),
                columns: fires.columns.iter().map(|name| Ident::new(name)).collect(),
                constraint: None,
                old_table: None,
                new_table: None,
                for_each_row: for_each == "ROW",
                when: condition,
                call,
            };
            let id = trigger::id(relation, name);
            let definition = Some(Box::new(definition));
            let trigger = trigger::Trigger { id, on, definition, part_of: None, firing: Firing::default() };
            self.add(trigger, entry, *place);
            return;
        }
        let mut text = sql!(
            "CREATE TRIGGER {} {} ON {} FOR EACH {}",
            name,
            Sql::from_trusted(when.trim()),
            relation,
            Sql::from_trusted(for_each)
        );
        if let Some(condition) = condition {
            text.push(&sql!(" WHEN ({})", condition));
        }
        text.push(&sql!(" EXECUTE FUNCTION {}", call));
        self.declared_sql(text, entry, *place);
    }

    fn statistics(&mut self, entry: &Entry, draft: &TableDraft<'a>, on: Id, declared: &Statistics) {
        let (mut columns, mut expressions, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for element in &declared.elements {
            match &element.kind {
                ElementKind::Column(_) => {
                    let found = self.columns(entry, draft, std::slice::from_ref(element));
                    words.extend(found.iter().map(|column| column.as_str()));
                    columns.extend(found);
                }
                ElementKind::Expr(text) => {
                    words.push("expr");
                    expressions.push(self.expression(entry, text));
                }
            }
        }
        let name = match &declared.name {
            Some(name) => Ident::new(&name.value),
            None => {
                let middle = crate::choose::addition(words);
                self.names.relation(draft.name, Some(&middle), "stat", false)
            }
        };
        // All forms are the default; of a single expression there are none (manual, CREATE STATISTICS).
        let single = columns.is_empty() && expressions.len() == 1;
        let forms = match declared.kinds.as_slice() {
            [] if single => Vec::new(),
            [] => Form::ALL.to_vec(),
            kinds => Form::ALL
                .into_iter()
                .filter(|form| kinds.iter().any(|kind| kind.as_str() == form.word()))
                .collect(),
        };
        columns.sort();
        let id = Id::inside(statistics::KIND, draft.name.schema, name);
        let statistics = statistics::Statistics { id, on, forms, columns, expressions, target: None };
        self.add(statistics, entry, declared.place);
    }

    /// `owner = "…"`.
    pub(super) fn owner(&mut self, owner: Option<&Text>, id: Id, entry: &Entry) {
        let Some(owner) = owner else { return };
        match names(std::slice::from_ref(owner)).as_deref() {
            Some([role]) => self.add(owner::Owner { id: owner::id(id), role: *role }, entry, owner.place),
            _ => {
                let word = match id.kind.name() {
                    "table" => sql!("TABLE"),
                    "domain" => sql!("DOMAIN"),
                    _ => sql!("TYPE"),
                };
                let statement = sql!("ALTER {} {} OWNER TO {}", word, id.qualified(), role(owner));
                self.declared_sql(statement, entry, owner.place);
            }
        }
    }

    fn declared_sql(&mut self, sql: Sql, entry: &Entry, place: Place) {
        let origin = self.origin(entry, place);
        self.result.sql.push(DeclaredSql { sql, origin });
    }
}

/// Words that stand for a role, whichever it is then.
const WHOEVER: [&str; 3] = ["current_user", "session_user", "current_role"];

/// The names of roles; `None` where one of them is a word for whoever runs the statement.
fn names(roles: &[Text]) -> Option<Vec<Ident>> {
    let name = |text: &Text| {
        let lower = text.to_lowercase();
        let whoever = WHOEVER.contains(&lower.as_str());
        let name = if lower == "public" { Ident::new("public") } else { Ident::new(&text.value) };
        (!whoever).then_some(name)
    };
    roles.iter().map(name).collect()
}

/// A role; `public` and its like are words, not names.
fn role(text: &Text) -> Sql {
    match text.to_lowercase().as_str() {
        word if word == "public" || WHOEVER.contains(&word) => Sql::from_trusted(word.to_uppercase()),
        _ => sql!("{}", Ident::new(&text.value)),
    }
}
