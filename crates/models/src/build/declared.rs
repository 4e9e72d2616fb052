//! Attributes of kinds that have no objects of their own yet: they become SQL, as a `.sql` file would say it.

use limbeck_grammar::{ElementKind, Place, Policy, Rls, Statistics, Text, Trigger};
use limbeck_schema::Id;
use limbeck_sql::{Ident, Name, Sql, list, sql};

use super::table::TableDraft;
use super::{Builder, DeclaredSql};
use crate::tree::{Entry, ItemId};

impl<'a> Builder<'a> {
    /// Row security, policies, grants, triggers and statistics of a table.
    pub(super) fn declare(&mut self, item: ItemId, draft: &TableDraft<'a>) {
        let entry = self.tree.entry(item);
        let table = draft.name;
        if let Some(rls) = &draft.table.rls {
            let mut statements = Vec::new();
            if rls.value != Rls::Disabled {
                statements.push(sql!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY", table));
            }
            if rls.value == Rls::Forced {
                statements.push(sql!("ALTER TABLE {} FORCE ROW LEVEL SECURITY", table));
            }
            statements.into_iter().for_each(|statement| self.declared_sql(statement, entry, rls.place));
        }
        for declared in &draft.table.policies {
            let statement = self.policy(entry, table, declared);
            self.declared_sql(statement, entry, declared.place);
        }
        for declared in &draft.table.grants {
            let privileges = list(declared.privileges.iter().map(|text| Sql::from_trusted(text.as_str())));
            let columns = self.columns(entry, draft, &declared.columns);
            let on = if columns.is_empty() { sql!("") } else { sql!(" ({})", list(columns)) };
            let option = if declared.with_grant_option { sql!(" WITH GRANT OPTION") } else { sql!("") };
            let roles = list(declared.roles.iter().map(role));
            let statement = sql!("GRANT {}{} ON TABLE {} TO {}{}", privileges, on, table, roles, option);
            self.declared_sql(statement, entry, declared.place);
        }
        for declared in &draft.table.triggers {
            self.declared_sql(trigger(table, declared), entry, declared.place);
        }
        for declared in &draft.table.statistics {
            let statement = self.statistics(entry, draft, declared);
            self.declared_sql(statement, entry, declared.place);
        }
    }

    fn policy(&mut self, entry: &Entry, table: Name, declared: &Policy) -> Sql {
        let mut text = sql!("CREATE POLICY {} ON {}", Ident::new(&declared.name.value), table);
        if declared.restrictive {
            text.push(&sql!(" AS RESTRICTIVE"));
        }
        if let Some(command) = &declared.command {
            text.push(&sql!(" FOR {}", Sql::from_trusted(command.as_str())));
        }
        if !declared.roles.is_empty() {
            text.push(&sql!(" TO {}", list(declared.roles.iter().map(role))));
        }
        if let Some(using) = &declared.using {
            let using = self.expression(entry, using);
            text.push(&sql!(" USING ({})", using));
        }
        if let Some(check) = &declared.with_check {
            let check = self.expression(entry, check);
            text.push(&sql!(" WITH CHECK ({})", check));
        }
        text
    }

    fn statistics(&mut self, entry: &Entry, draft: &TableDraft<'a>, declared: &Statistics) -> Sql {
        let mut parts = Vec::new();
        for element in &declared.elements {
            match &element.kind {
                ElementKind::Column(_) => {
                    let columns = self.columns(entry, draft, std::slice::from_ref(element));
                    parts.extend(columns.into_iter().map(|column| sql!("{}", column)));
                }
                ElementKind::Expr(text) => {
                    self.checked(entry, text, &text.value);
                    parts.push(sql!("({})", Sql::from_trusted(text.trim())));
                }
            }
        }
        let name = match &declared.name {
            Some(name) => Ident::new(&name.value),
            None => {
                let columns = parts.iter().map(|part| part.as_str().trim_matches('"'));
                let middle =
                    crate::choose::addition(columns.map(|c| if c.starts_with('(') { "expr" } else { c }));
                self.names.relation(draft.name, Some(&middle), "stat", false)
            }
        };
        let kinds = if declared.kinds.is_empty() {
            sql!("")
        } else {
            sql!(" ({})", list(declared.kinds.iter().map(|kind| Sql::from_trusted(kind.as_str()))))
        };
        let name = Name { schema: draft.name.schema, name };
        sql!("CREATE STATISTICS {}{} ON {} FROM {}", name, kinds, list(parts), draft.name)
    }

    /// `owner = "…"`.
    pub(super) fn owner(&mut self, owner: Option<&Text>, id: Id, entry: &Entry) {
        let Some(owner) = owner else { return };
        let word = match id.kind.name() {
            "table" => sql!("TABLE"),
            "domain" => sql!("DOMAIN"),
            _ => sql!("TYPE"),
        };
        let statement = sql!("ALTER {} {} OWNER TO {}", word, id.qualified(), role(owner));
        self.declared_sql(statement, entry, owner.place);
    }

    fn declared_sql(&mut self, sql: Sql, entry: &Entry, place: Place) {
        let origin = self.origin(entry, place);
        self.result.sql.push(DeclaredSql { sql, origin });
    }
}

/// A role; `public` and its like are words, not names.
fn role(text: &Text) -> Sql {
    match text.to_lowercase().as_str() {
        word @ ("public" | "current_user" | "session_user" | "current_role") => {
            Sql::from_trusted(word.to_uppercase())
        }
        _ => sql!("{}", Ident::new(&text.value)),
    }
}

fn trigger(table: Name, declared: &Trigger) -> Sql {
    let Trigger { name, when, execute, for_each, condition, place: _ } = declared;
    let each = for_each.as_ref().map_or("ROW", |text| text.as_str());
    let mut text = sql!(
        "CREATE TRIGGER {} {} ON {} FOR EACH {}",
        Ident::new(&name.value),
        Sql::from_trusted(when.trim()),
        table,
        Sql::from_trusted(each)
    );
    if let Some(condition) = condition {
        text.push(&sql!(" WHEN ({})", Sql::from_trusted(condition.trim())));
    }
    text.push(&sql!(" EXECUTE FUNCTION {}", Sql::from_trusted(execute.trim())));
    text
}
