//! ALTER COLUMN.

use limbeck_schema::Kind;
use limbeck_sql::{HazardKind, Name, Sql, Statement, Work, sql};

use super::cast::{cast, meaning};
use super::{Column, Identity, Value, locked};
use crate::conversion::{Conversion, Lost, conversion, loses};
use crate::{
    Alter, Context, How, Object, TypeBase, TypeName, base_type, clause, expression, kind, preflight,
    sequence, table,
};

/// Dependents that the server does not carry over a change of type (manual, ALTER TABLE): the rest (indexes,
/// constraints) it rebuilds by itself.
pub const REBUILT: &[Kind] = &[
    kind::VIEW,
    kind::MATERIALIZED_VIEW,
    kind::TRIGGER,
    kind::RULE,
    kind::POLICY,
    kind::FUNCTION,
    kind::PROCEDURE,
    kind::PUBLICATION_TABLE,
    kind::COLUMN,
];

pub(super) fn alter(from: &Column, to: &Column, context: &Context<'_>) -> Alter {
    let parents = parents(to, context);
    let mut change = Change {
        from,
        to,
        context,
        parents,
        details: Vec::new(),
        statements: Vec::new(),
        rebuild: false,
        retyped: false,
    };
    if change.expression() || change.generated_from_plain() {
        return Alter::replace(change.details);
    }
    change.ty();
    change.value();
    change.nullability();
    change.storage();
    let Change { details, statements, rebuild, .. } = change;
    Alter { details, how: How::InPlace { statements, rebuild: if rebuild { REBUILT } else { &[] } } }
}

fn parents<'a>(column: &Column, context: &Context<'a>) -> Vec<(&'a Column, &'a Column)> {
    let of = |parent: &limbeck_schema::Id| {
        let id = super::id(parent.qualified(), column.id.name);
        match (context.from.get(&id), context.to.get(&id)) {
            (Some(Object::Column(from)), Some(Object::Column(to))) => Some((from, to)),
            _ => None,
        }
    };
    table::common_parents(column.table(), context).iter().filter_map(of).collect()
}

/// The same column in tables that have this one as a parent on both sides, and in theirs: before and after.
pub(super) fn descendants<'a>(column: &Column, context: &Context<'a>) -> Vec<(&'a Column, &'a Column)> {
    if !table::has_children(context.to, column.table()) {
        return Vec::new();
    }
    let mut found: Vec<(&Column, &Column)> = Vec::new();
    let mut open = vec![column.table()];
    while let Some(parent) = open.pop() {
        for child in table::children(context.to, parent) {
            let known = found.iter().any(|(_, column)| column.table() == child);
            let id = super::id(child, column.id.name);
            let stays = table::common_parents(child, context).iter().any(|of| of.qualified() == parent);
            if let (Some(Object::Column(was)), Some(Object::Column(column))) =
                (context.from.get(&id), context.to.get(&id))
                && stays
                && !known
            {
                found.push((was, column));
                open.push(child);
            }
        }
    }
    found
}

pub(super) struct Change<'a> {
    pub(super) from: &'a Column,
    pub(super) to: &'a Column,
    pub(super) context: &'a Context<'a>,
    /// The same column of parents that the table has on both sides, before and after.
    pub(super) parents: Vec<(&'a Column, &'a Column)>,
    pub(super) details: Vec<String>,
    pub(super) statements: Vec<Statement>,
    rebuild: bool,
    /// This statement gave the column its type, not one on a parent.
    retyped: bool,
}

impl Change<'_> {
    pub(super) fn act(&mut self, action: Sql) {
        let statement = table::alter(self.to.table(), sql!("ALTER COLUMN {} {}", self.to.id.name, action));
        self.statements.push(statement);
    }

    /// A default is changed here and not in children, which say for themselves what they have.
    fn act_only(&mut self, action: Sql) {
        let table = self.to.table();
        let only = if table::has_children(self.context.to, table) { sql!("ONLY ") } else { sql!("") };
        let text = sql!("ALTER TABLE {}{} ALTER COLUMN {} {}", only, table, self.to.id.name, action);
        self.statements.push(locked(table, text, Work::Catalog));
    }

    /// A generation expression that changed; true where the column must be made anew.
    fn expression(&mut self) -> bool {
        let (Value::Generated { expression: old, stored: was }, Value::Generated { expression: new, stored }) =
            (&self.from.value, &self.to.value)
        else {
            return false;
        };
        if was != stored {
            self.details.push("stored or virtual".to_owned());
            return true;
        }
        if old == new {
            return false;
        }
        self.details.push(clause::change("generated as", expression::bare(old), expression::bare(new)));
        if self.context.version < 170_000 {
            return true;
        }
        // A parent's change comes down.
        let comes_down =
            |(was, parent): &(&Column, &Column)| was.value != parent.value && parent.value == self.to.value;
        if self.parents.iter().any(comes_down) {
            return false;
        }
        let table = self.to.table();
        let action =
            sql!("ALTER COLUMN {} SET EXPRESSION AS {}", self.to.id.name, clause::parenthesised(new));
        let work = if *stored { Work::Rewrite } else { Work::Catalog };
        self.statements.push(locked(table, sql!("ALTER TABLE {} {}", table, action), work));
        false
    }

    /// A plain column that becomes a generated one cannot do so in place.
    fn generated_from_plain(&mut self) -> bool {
        let becomes = matches!(self.to.value, Value::Generated { .. })
            && !matches!(self.from.value, Value::Generated { .. });
        let was_virtual = matches!(self.from.value, Value::Generated { stored: false, .. })
            && !matches!(self.to.value, Value::Generated { .. });
        if becomes || was_virtual {
            self.details.push(clause::change("value", describe(&self.from.value), describe(&self.to.value)));
        }
        becomes || was_virtual
    }

    fn ty(&mut self) {
        if self.from.ty == self.to.ty && self.from.collation == self.to.collation {
            return;
        }
        if self.from.ty != self.to.ty {
            self.details.push(clause::change("type", &self.from.ty, &self.to.ty));
        }
        if self.from.collation != self.to.collation {
            let name = |c: &Column| c.collation.map(|(name, _)| name.to_string()).unwrap_or_default();
            self.details.push(clause::change("collation", name(self.from), name(self.to)));
        }
        self.rebuild = true;
        let conversion = conversion(&self.from.ty, &self.to.ty);
        // A type is changed where the column comes from, and refused elsewhere. The default went there, too.
        if !self.parents.is_empty() {
            if conversion == Conversion::Using
                && let (Value::Default(_), Value::Default(default)) = (&self.from.value, &self.to.value)
            {
                self.act_only(sql!("SET DEFAULT {}", default));
            }
            return;
        }
        self.unbind();
        let hint = self.to.using.0.map(super::Hint::sql);
        let using = match (&hint, conversion) {
            (Some(hint), _) => sql!(" USING {}", hint),
            (None, Conversion::Using) => sql!(" USING {}", cast(self.from, &self.to.ty)),
            (None, Conversion::Free | Conversion::Assignment) => sql!(""),
        };
        // The server converts a default by assignment only, and refuses the rest.
        let has_default = |column: &Column| {
            matches!(
                self.context.from.get(&column.id),
                Some(Object::Column(Column { value: Value::Default(_), .. }))
            )
        };
        let drops_default = conversion == Conversion::Using
            && (has_default(self.from)
                || descendants(self.to, self.context).iter().any(|(was, _)| has_default(was)));
        if drops_default {
            self.act(sql!("DROP DEFAULT"));
        }
        let table = self.to.table();
        let collation = match (&self.to.collation, &self.from.collation) {
            (Some((name, _)), _) => sql!(" COLLATE {}", name),
            _ => sql!(""),
        };
        let free = conversion == Conversion::Free && hint.is_none();
        let text = sql!(
            "ALTER TABLE {} ALTER COLUMN {} TYPE {}{}{}",
            table,
            self.to.id.name,
            self.to.ty,
            collation,
            using
        );
        let mut statement = locked(table, text, if free { Work::Catalog } else { Work::Rewrite });
        if !free {
            let column = &self.to.id;
            let refuses = hint.is_some() || !super::holds_all(&self.from.ty, &self.to.ty);
            if refuses {
                let refused = format!("fails if a value of {column} is no {}", self.to.ty);
                statement = statement.hazard(HazardKind::MayFail, refused);
            }
            let lost = loses(&self.from.ty, &self.to.ty).filter(|_| hint.is_none());
            if let Some(lost) = lost {
                let what = match lost {
                    Lost::Digits => format!("digits of {column} that {} has no room for", self.to.ty),
                    Lost::Time => format!("the time of day of {column}"),
                    Lost::Day => format!("the day of {column}"),
                };
                statement = statement.hazard(HazardKind::DataLoss, what);
            }
            if refuses && hint.is_none() {
                statement.preflights.extend(super::misfits::question(self.from, &self.to.ty, self.context));
            }
            if hint.is_none()
                && let Some(meaning) = meaning(self.from, &self.to.ty)
            {
                statement = statement.hazard(HazardKind::Compatibility, format!("{column}: {meaning}"));
            }
        }
        self.statements.push(statement);
        self.retyped = true;
        if drops_default && let Value::Default(default) = &self.to.value {
            self.act_only(sql!("SET DEFAULT {}", default));
        }
    }

    /// What a column is computed from, and the sequence of an identity, stand in the way of another type.
    fn unbind(&mut self) {
        match (&self.from.value, &self.to.value) {
            (Value::Generated { .. }, Value::Generated { .. }) | (Value::Identity(_), Value::Identity(_)) => {
            }
            (Value::Generated { .. }, _) => self.act(sql!("DROP EXPRESSION")),
            (Value::Identity(_), _) => self.drop_identity(),
            (Value::Plain | Value::Default(_), _) => {}
        }
    }

    /// The sequence of an identity goes with it: its successor goes on from there.
    fn drop_identity(&mut self) {
        if matches!(self.to.value, Value::Default(_))
            && let Some(new) = sequence::owned_by(self.context.to, &self.to.id)
            && !self.context.from.contains(&new)
        {
            self.statements.extend(continue_sequence(self.to, new.qualified(), self.context));
        }
        self.act(sql!("DROP IDENTITY"));
    }

    fn value(&mut self) {
        let (from, to) = (&self.from.value, &self.to.value);
        if from == to {
            return;
        }
        let retyped =
            self.from.ty != self.to.ty && conversion(&self.from.ty, &self.to.ty) == Conversion::Using;
        match (from, to) {
            (Value::Default(from), Value::Default(to)) => {
                self.details.push(clause::change("default", from, to));
                if !retyped {
                    self.act_only(sql!("SET DEFAULT {}", to));
                }
            }
            (Value::Default(from), Value::Plain) => {
                self.details.push(clause::change("default", from, ""));
                if !retyped && !self.is_identity_above() {
                    self.act_only(sql!("DROP DEFAULT"));
                }
            }
            (Value::Plain, Value::Default(to)) => {
                self.details.push(clause::change("default", "", to));
                self.act_only(sql!("SET DEFAULT {}", to));
            }
            (Value::Generated { .. }, Value::Generated { .. }) => {}
            (Value::Identity(from), Value::Identity(to)) => self.identity(&from.clone(), &to.clone()),
            (_, _) => self.other_value(retyped),
        }
    }

    /// From one way of having a value to another: first an end of the old one, then the new one.
    fn other_value(&mut self, retyped: bool) {
        let (from, to) = (self.from.value.clone(), self.to.value.clone());
        self.details.push(clause::change("value", describe(&from), describe(&to)));
        match from {
            Value::Plain => {}
            Value::Default(_) if retyped => {}
            // Partitions share the identity, and none of them may have a default (PostgreSQL 17).
            Value::Default(_) if matches!(to, Value::Identity(_)) && self.hands_identity_down() => {
                self.act(sql!("DROP DEFAULT"));
            }
            Value::Default(_) => self.act_only(sql!("DROP DEFAULT")),
            // A change of type has done so first.
            Value::Generated { .. } | Value::Identity(_) if self.rebuild && self.parents.is_empty() => {}
            // A parent's change comes down, and the server refuses it here.
            Value::Generated { .. } if self.is_dropped_above() => {}
            Value::Generated { .. } => self.act(sql!("DROP EXPRESSION")),
            Value::Identity(_) => self.drop_identity(),
        }
        match to {
            Value::Plain | Value::Generated { .. } => {}
            Value::Default(default) => self.act_only(sql!("SET DEFAULT {}", default)),
            Value::Identity(identity) => {
                if self.from.not_null.is_none() {
                    let holds_null = format!("fails if {} holds NULL", self.to.id);
                    let count = preflight::nulls(self.to.table(), self.from.id.name);
                    let statement = super::set_not_null(self.to, self.context.version)
                        .hazard(HazardKind::MayFail, holds_null)
                        .preflight(count, format!("rows with NULL in {}", self.to.id));
                    self.statements.push(statement);
                }
                let clause = identity.clause(self.to.table(), self.to.id.name);
                self.act(sql!("ADD {}", clause));
                self.statements.extend(continue_sequence(self.to, identity.sequence, self.context));
            }
        }
    }

    /// Whether partitions get the identity of the column.
    fn hands_identity_down(&self) -> bool {
        self.context.version >= 170_000 && table::is_partitioned(self.context.to, self.to.table())
    }

    /// Whether the column of the partitioned table becomes an identity, and takes the defaults of partitions along.
    fn is_identity_above(&self) -> bool {
        let is_identity = |column: &Column| matches!(column.value, Value::Identity(_));
        self.context.version >= 170_000
            && table::is_partition(self.context.to, self.to.table())
            && self.parents.iter().any(|(from, to)| !is_identity(from) && is_identity(to))
    }

    /// Whether the column of a parent loses its expression.
    fn is_dropped_above(&self) -> bool {
        let is_generated = |column: &Column| matches!(column.value, Value::Generated { .. });
        self.parents.iter().any(|(from, to)| is_generated(from) && !is_generated(to))
    }

    fn identity(&mut self, from: &Identity, to: &Identity) {
        if from.always != to.always {
            let word = |always: bool| if always { "ALWAYS" } else { "BY DEFAULT" };
            self.details.push(clause::change("identity", word(from.always), word(to.always)));
            self.act(sql!("SET GENERATED {}", Sql::from_trusted(word(to.always))));
        }
        if from.sequence != to.sequence {
            self.details.push(clause::change("sequence", from.sequence, to.sequence));
            self.statements.push(Statement::new(sql!(
                "ALTER SEQUENCE {} RENAME TO {}",
                from.sequence,
                to.sequence.name
            )));
        }
        if from.options != to.options {
            self.details.extend(from.options.describe(&to.options));
            self.statements.extend(sequence::alter_options(to.sequence, &from.options, &to.options));
        }
    }

    fn storage(&mut self) {
        let (from, to) = (self.from, self.to);
        // With another type come that type's storage and compression.
        if self.retyped && from.storage == to.storage {
            self.statements
                .extend(to.storage.as_ref().map(|storage| to.action(sql!("SET STORAGE {}", storage))));
        }
        if self.retyped && from.compression == to.compression {
            self.statements
                .extend(to.compression.map(|method| to.action(sql!("SET COMPRESSION {}", method))));
        }
        if from.storage != to.storage {
            let word =
                |storage: &Option<Sql>| storage.clone().unwrap_or_else(|| Sql::from_trusted("default"));
            self.details.push(clause::change("storage", word(&from.storage), word(&to.storage)));
            // Another type brings its own.
            let default = || default_storage(to, self.context).filter(|_| !self.retyped);
            let storage = to.storage.clone().or_else(default);
            self.statements.extend(storage.map(|storage| to.action(sql!("SET STORAGE {}", storage))));
        }
        if from.compression != to.compression {
            let word =
                |method: Option<limbeck_sql::Ident>| method.unwrap_or(limbeck_sql::Ident::new("default"));
            self.details.push(clause::change("compression", word(from.compression), word(to.compression)));
            let method = to.compression.map_or(sql!("DEFAULT"), |method| sql!("{}", method));
            self.act(sql!("SET COMPRESSION {}", method));
        }
        if from.statistics != to.statistics {
            let word = |target: Option<i16>| target.map(|n| n.to_string()).unwrap_or_default();
            self.details.push(clause::change(
                "statistics target",
                word(from.statistics),
                word(to.statistics),
            ));
            self.act_only(sql!("SET STATISTICS {}", to.statistics.unwrap_or(-1)));
        }
        if from.options != to.options {
            self.details.push(clause::describe_options(&from.options, &to.options));
            for clause in clause::set_options(&from.options, &to.options) {
                self.act(clause);
            }
        }
    }
}

/// The storage of a column whose type says it: `SET STORAGE DEFAULT` exists from version 16 on.
fn default_storage(column: &Column, context: &Context<'_>) -> Option<Sql> {
    if context.version >= 160_000 {
        return Some(sql!("DEFAULT"));
    }
    const PLAIN: &[&str] = &[
        "boolean",
        "\"char\"",
        "name",
        "bigint",
        "smallint",
        "integer",
        "oid",
        "tid",
        "xid",
        "xid8",
        "cid",
        "point",
        "lseg",
        "box",
        "line",
        "circle",
        "real",
        "double precision",
        "macaddr",
        "macaddr8",
        "money",
        "date",
        "uuid",
        "pg_lsn",
        "tsquery",
    ];
    let ty = base(&column.ty, context.to);
    let bare = ty.split('(').next().unwrap_or(&ty);
    let is_like = |words: &[&str]| words.iter().any(|word| bare.starts_with(word));
    if let Some(storage) = base_type::storage_of(&ty, context.to) {
        return Some(storage);
    }
    Some(if ty.ends_with("[]") {
        sql!("EXTENDED")
    } else if PLAIN.contains(&bare) || is_like(&["time", "interval", "reg"]) {
        sql!("PLAIN")
    } else if ["numeric", "inet", "cidr"].contains(&bare) {
        sql!("MAIN")
    } else {
        sql!("EXTENDED")
    })
}

/// The built-in type that a type is stored as; an enum is as long as an integer.
fn base(ty: &TypeName, schema: &crate::Schema) -> String {
    match &ty.base {
        TypeBase::User { brought_by, .. } if ty.suffix.is_empty() => match schema.get(brought_by) {
            Some(Object::Domain(domain)) => base(&domain.base, schema),
            Some(Object::Enumeration(_)) => "integer".to_owned(),
            _ => ty.to_string(),
        },
        _ => ty.to_string(),
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Plain => "no default".to_owned(),
        Value::Default(default) => format!("default {default}"),
        Value::Generated { expression, .. } => format!("generated as {}", expression::bare(expression)),
        Value::Identity(identity) => {
            format!("identity {}", if identity.always { "always" } else { "by default" })
        }
    }
}

/// The new sequence of a column goes on where the old one ends; without an old one, where the rows end. Those of a
/// foreign table are another server's, and not read.
fn continue_sequence(column: &Column, sequence: Name, context: &Context<'_>) -> Option<Statement> {
    let literal = limbeck_sql::Literal::new(sequence.to_string());
    let text = match replaced_sequence(column, context).filter(|old| *old != sequence) {
        Some(old) => sql!("SELECT setval({}::regclass, last_value, is_called) FROM {}", literal, old),
        None if table::foreign_need(context.to, column.table()).is_some() => return None,
        None => sql!(
            "SELECT setval({}::regclass, max({})) FROM {} HAVING max({}) IS NOT NULL",
            literal,
            column.id.name,
            column.table(),
            column.id.name
        ),
    };
    Some(Statement::new(text))
}

/// The sequence that gave the column its numbers, and that this plan drops.
fn replaced_sequence(column: &Column, context: &Context<'_>) -> Option<Name> {
    let Some(Object::Column(old)) = context.from.get(&column.id) else { return None };
    match &old.value {
        Value::Identity(identity) => Some(identity.sequence),
        Value::Default(_) => sequence::owned_by(context.from, &column.id)
            .filter(|id| !context.to.contains(id))
            .map(|id| id.qualified()),
        Value::Plain | Value::Generated { .. } => None,
    }
}
