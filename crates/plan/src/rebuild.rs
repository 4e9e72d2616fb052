//! Which dependents are in the way of a change, and what becomes of them.
//!
//! The server refuses to drop what others need, and to retype what a view reads. Such dependents are dropped
//! before and made again after, exactly as `to` holds them, with all that is attached to them. Never by CASCADE:
//! what is dropped is named.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::constraint::ConstraintDefinition;
use limbeck_kinds::{Alter, Context, How, Object, Schema, Visitor, kind, needs, table};
use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Name, Sql};

use crate::row_types::{self, Waiting};
use crate::{parents, remade, retype};

/// What happens to one object.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// It is made.
    Create,
    /// It is dropped.
    Drop,
    /// It is changed in place.
    Alter(Alter),
    /// It is dropped and made again.
    Replace,
    /// A type is made again while its columns keep their values.
    Retype,
}

/// The actions, once everything that is in their way is among them.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    pub(crate) by_id: BTreeMap<Id, Action>,
    /// Columns and domains whose default is taken off and put back, because it needs what is replaced.
    pub(crate) detached: BTreeMap<Id, Vec<Id>>,
    /// Columns whose values are text for a moment, because they hold rows of tables that change.
    pub(crate) waiting: Waiting,
    /// Foreign keys that are gone while a column changes which their key only includes.
    pub(crate) over_included: Vec<(Id, Id)>,
    /// Objects that stay although they need what is dropped: the drop will be refused.
    pub(crate) in_the_way: Vec<(Id, Id)>,
}

/// Who needs whom, the other way round.
pub(crate) struct Dependents(BTreeMap<Id, Vec<Id>>);

impl Dependents {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut dependents: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        for (id, object) in schema.iter() {
            for need in needs(schema, object) {
                dependents.entry(need).or_default().push(*id);
            }
        }
        Self(dependents)
    }

    pub(crate) fn of_id(&self, id: &Id) -> &[Id] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }
}

/// Adds what is in the way of the actions, until nothing is.
pub(crate) fn close(mut by_id: BTreeMap<Id, Action>, context: &Context<'_>) -> Actions {
    let Context { from, to, .. } = *context;
    let mut remade = remade::in_need(&by_id, context);
    while let Some(whole) = without_part(&by_id, &remade, context).or_else(|| gets_part(&by_id, context)) {
        by_id.insert(whole, Action::Replace);
    }
    let tables: Vec<Id> = by_id.keys().filter(|id| id.kind == kind::TABLE).copied().collect();
    remade.extend(parents::referenced::to_detached(&tables, context));
    remade.extend(parents::coming_down::remade(&tables, context));
    let mut actions = Actions::default();
    let troubling = |action: &Action| match action {
        Action::Create => false,
        Action::Drop | Action::Replace | Action::Retype => true,
        Action::Alter(alter) => matches!(alter.how, How::InPlace { rebuild, .. } if !rebuild.is_empty()),
    };
    let mut work: Vec<Id> = by_id.iter().filter(|(_, action)| troubling(action)).map(|(id, _)| *id).collect();
    let loses = by_id.keys().any(|id| loses_attribute(id, context));
    if work.is_empty() && remade.is_empty() && !loses && !row_types::are_held(from) {
        actions.by_id = by_id;
        return actions;
    }
    let dependents = Dependents::of(from);
    for id in remade {
        by_id.insert(id, Action::Replace);
        work.push(id);
    }
    let left = by_id.keys().filter(|id| loses_attribute(id, context) && is_left(id, context, &dependents));
    let left: Vec<Id> = left.copied().collect();
    for id in left.into_iter().chain(held_types(&by_id, from, to, &dependents)) {
        by_id.insert(id, Action::Retype);
        work.push(id);
    }
    loop {
        if work.is_empty() {
            work.extend(row_types::find(&mut by_id, &mut actions.waiting, context, &dependents));
        }
        let Some(id) = work.pop() else { break };
        let Some(action) = by_id.get(&id).cloned() else { continue };
        for dependent in reached(&id, &action, from, to, &dependents) {
            let new = match verdict(&id, &action, &dependent, &by_id, from, to) {
                Verdict::Stays => continue,
                Verdict::InTheWay => {
                    actions.in_the_way.push((dependent, id));
                    continue;
                }
                Verdict::Detached => {
                    actions.detached.entry(dependent).or_default().push(id);
                    continue;
                }
                Verdict::Replaced if is_retyped(&by_id, &id) && retype::KINDS.contains(&dependent.kind) => {
                    Action::Retype
                }
                Verdict::Replaced => Action::Replace,
            };
            by_id.insert(dependent, new);
            work.push(dependent);
        }
    }
    for ty in by_id.keys().filter(|id| loses_attribute(id, context)) {
        for dependent in dependents.of_id(ty) {
            let has = |schema: &Schema| {
                matches!(schema.get(dependent), Some(Object::Column(Column { value: Value::Default(_), .. })))
            };
            if has(from) && has(to) && !matches!(by_id.get(dependent), Some(Action::Replace)) {
                actions.detached.entry(*dependent).or_default().push(*ty);
            }
        }
    }
    let changed = by_id.iter().flat_map(|(id, action)| match action {
        Action::Alter(_) if id.kind == kind::COLUMN => vec![*id],
        Action::Retype => retype::columns(*id, from, to).iter().map(|column| column.id).collect(),
        _ => Vec::new(),
    });
    for column in changed {
        let keys = over_included(&column, from, &dependents).into_iter();
        let gone = keys.filter(|key| matches!(by_id.get(key), Some(Action::Drop | Action::Replace)));
        actions.over_included.extend(gone.map(|key| (key, column)));
    }
    actions.by_id = by_id;
    actions
}

/// An index or key of a partitioned table that stays while a part of it shall go: the server drops no part by itself.
fn without_part(by_id: &BTreeMap<Id, Action>, remade: &[Id], context: &Context<'_>) -> Option<Id> {
    let goes = |id: &Id| matches!(by_id.get(id), Some(Action::Drop | Action::Replace));
    let whole_of = |object: &Object| match object {
        Object::Index(index) => index.attached_to,
        Object::Constraint(constraint) => constraint.attached_to(),
        _ => None,
    };
    by_id.iter().find_map(|(id, action)| {
        let whole = context.from.get(id).and_then(whole_of)?;
        let table = table::id(id.schema, id.relation);
        let stays = matches!(action, Action::Alter(_))
            && context.to.get(id).is_some_and(|part| whole_of(part) == Some(whole));
        if stays || goes(&table) || remade.contains(&table) {
            return None;
        }
        table::common_parents(id.relation(), context).into_iter().find_map(|parent| {
            let kinds = [kind::INDEX, kind::CONSTRAINT].into_iter();
            let mut wholes = kinds.map(|kind| Id::on(kind, parent.qualified(), whole.name));
            let is_left =
                |whole: &Id| context.from.contains(whole) && context.to.contains(whole) && !goes(whole);
            wholes.find(|whole| is_left(whole) && !goes(&parent) && !remade.contains(&parent))
        })
    })
}

/// Whether a composite type is altered and loses an attribute: rows of it in defaults would keep its place.
fn loses_attribute(id: &Id, context: &Context<'_>) -> bool {
    match (context.from.get(id), context.to.get(id)) {
        (Some(Object::Composite(from)), Some(Object::Composite(to))) => {
            let stays = |name| to.attributes.iter().any(|attribute| attribute.name == name);
            from.attributes.iter().any(|attribute| !stays(attribute.name))
        }
        _ => false,
    }
}

/// An index that was made without its parts, where a new partition would get one.
fn gets_part(by_id: &BTreeMap<Id, Action>, context: &Context<'_>) -> Option<Id> {
    let is_half =
        |object: &Object| matches!(object, Object::Index(index) if index.partitioned && !index.valid);
    let made = |id: &Id| matches!(by_id.get(id), Some(Action::Create | Action::Replace));
    let half =
        context.to.iter().filter(|(id, object)| is_half(object) && context.from.contains(id) && !made(id));
    half.map(|(id, object)| (*id, object)).find_map(|(id, object)| {
        let partitions = needs(context.to, object).into_iter().filter(|need| need.kind == kind::TABLE);
        let mut others = partitions.filter(|need| need.qualified() != id.relation());
        others.any(|need| made(&need)).then_some(id)
    })
}

/// The dependents that an action concerns.
fn reached(id: &Id, action: &Action, from: &Schema, to: &Schema, dependents: &Dependents) -> Vec<Id> {
    match action {
        Action::Create => Vec::new(),
        Action::Drop => dependents.of_id(id).to_vec(),
        Action::Replace => {
            let inherited = inherited_checks(id, from);
            let of_inherited = inherited.iter().flat_map(|check| dependents.of_id(check));
            dependents.of_id(id).iter().chain(of_inherited).copied().collect()
        }
        Action::Alter(alter) => match alter.how {
            How::InPlace { rebuild, .. } => {
                let mut reached = lost(dependents.of_id(id), rebuild, from);
                if !rebuild.is_empty() {
                    let keys = of_kinds(dependents.of_id(id), &[kind::CONSTRAINT]);
                    reached.extend(keys.into_iter().filter(|key| compares_meanwhile(key, from, to)));
                    reached.extend(over_included(id, from, dependents));
                }
                reached
            }
            How::Replace => Vec::new(),
        },
        Action::Retype => {
            let columns = retype::columns(*id, from, to);
            // Values that follow from others are not carried over: the server takes no USING for them.
            let goes = |dependent: &Id| dependent.kind != kind::COLUMN || is_generated(dependent, from);
            let own = dependents.of_id(id).iter().copied().filter(goes);
            let context = Context { from, to, version: 0 };
            let with_children = columns.iter().flat_map(|column| retype::with_children(column, &context));
            let of_columns = with_children.flat_map(|column| {
                let own = dependents.of_id(&column.id);
                let keys = of_kinds(own, &[kind::CONSTRAINT]);
                let mut reached = lost(own, limbeck_kinds::column::REBUILT, from);
                reached.extend(keys.into_iter().filter(|key| compares_meanwhile(key, from, to)));
                reached.extend(over_included(&column.id, from, dependents));
                // The server changes no column of a partition key.
                let table = limbeck_kinds::table::id(column.id.schema, column.id.relation);
                reached.extend(remade::is_key(from, column).then_some(table));
                reached
            });
            // A view of a column that goes has the old type until it is made again, whatever it reads then.
            let is_column = |id: &&Id| id.kind == kind::COLUMN;
            let of_gone = dependents.of_id(id).iter().filter(is_column).flat_map(|column| {
                of_kinds(dependents.of_id(column), &[kind::VIEW, kind::MATERIALIZED_VIEW])
            });
            own.chain(of_columns).chain(of_gone).collect()
        }
    }
}

/// The checks of tables below that come and go with this one.
pub(crate) fn inherited_checks(check: &Id, from: &Schema) -> Vec<Id> {
    if !matches!(from.get(check), Some(Object::Constraint(constraint)) if constraint.is_inheritable()) {
        return Vec::new();
    }
    let below = table::descendants(from, check.relation()).into_iter();
    let of_below = below.map(|child| Id::on(kind::CONSTRAINT, child, check.name));
    let inherited =
        |id: &Id| matches!(from.get(id), Some(Object::Constraint(check)) if check.definition.is_inherited());
    of_below.filter(inherited).collect()
}

fn is_generated(column: &Id, from: &Schema) -> bool {
    matches!(from.get(column), Some(Object::Column(Column { value: Value::Generated { .. }, .. })))
}

/// Those of the kinds that the server refuses to carry over, and indexes of which it forgets something: the
/// statistics targets of their expressions.
fn lost(ids: &[Id], kinds: &[Kind], from: &Schema) -> Vec<Id> {
    let has_targets = |id: &Id| matches!(from.get(id), Some(Object::Index(index)) if index.keys.iter().any(|key| key.statistics.is_some()));
    let mut lost = of_kinds(ids, kinds);
    if !kinds.is_empty() {
        lost.extend(ids.iter().copied().filter(has_targets));
    }
    lost
}

/// Foreign keys to a key that includes the column without being about it: the server makes such a key anew, and
/// forgets them.
fn over_included(column: &Id, from: &Schema, dependents: &Dependents) -> Vec<Id> {
    let keys = of_kinds(dependents.of_id(column), &[kind::CONSTRAINT, kind::INDEX]);
    let over = keys.iter().flat_map(|key| of_kinds(dependents.of_id(key), &[kind::CONSTRAINT]));
    let is_about = |id: &Id| match from.get(id) {
        Some(Object::Constraint(constraint)) => match &constraint.definition {
            ConstraintDefinition::ForeignKey(key) => key.referenced.contains(&column.name),
            _ => true,
        },
        _ => true,
    };
    over.filter(|id| !is_about(id)).collect()
}

fn is_retyped(by_id: &BTreeMap<Id, Action>, id: &Id) -> bool {
    matches!(by_id.get(id), Some(Action::Retype))
}

/// Types whose change the server refuses while columns hold them: another type of an attribute, and, inside
/// arrays and rows, a stricter domain (manual, ALTER TYPE and ALTER DOMAIN).
fn held_types(
    by_id: &BTreeMap<Id, Action>,
    from: &Schema,
    to: &Schema,
    dependents: &Dependents,
) -> BTreeSet<Id> {
    let stricter = |action: &Action| match action {
        Action::Create | Action::Replace => true,
        Action::Alter(alter) => alter.details.iter().any(|detail| detail == "not valid → valid"),
        Action::Drop | Action::Retype => false,
    };
    let concerned = by_id.iter().filter_map(|(id, action)| match (id.kind, action) {
        (kind::COMPOSITE_TYPE | kind::DOMAIN, Action::Alter(alter)) => {
            matches!(alter.how, How::InPlace { rebuild, .. } if !rebuild.is_empty()).then_some(*id)
        }
        (kind::DOMAIN_CONSTRAINT, action) if stricter(action) => {
            let validated = matches!(to.get(id), Some(Object::DomainConstraint(check)) if check.validated);
            validated.then(|| Id::inside(kind::DOMAIN, id.schema, id.relation))
        }
        _ => None,
    });
    concerned.filter(|id| from.contains(id) && to.contains(id) && is_held(id, from, dependents)).collect()
}

/// Whether a column of the type goes over to another one: it has to keep its values until then.
fn is_left(ty: &Id, context: &Context<'_>, dependents: &Dependents) -> bool {
    let of_column = |schema: &Schema, id: &Id| match schema.get(id) {
        Some(Object::Column(column)) => Some(column.ty.base.clone()),
        _ => None,
    };
    dependents.of_id(ty).iter().any(|id| {
        let types = of_column(context.from, id).zip(of_column(context.to, id));
        types.is_some_and(|(from, to)| from != to)
    })
}

/// Whether a column holds the type; of a domain only those count that hold it inside something else.
fn is_held(ty: &Id, from: &Schema, dependents: &Dependents) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![(*ty, ty.kind != kind::DOMAIN)];
    while let Some((id, inside)) = open.pop() {
        for dependent in dependents.of_id(&id) {
            let array = match from.get(dependent) {
                Some(Object::Column(column)) => column.ty.suffix.as_str().ends_with("[]"),
                Some(Object::Domain(domain)) => domain.base.suffix.as_str().ends_with("[]"),
                _ => false,
            };
            match dependent.kind {
                kind::COLUMN if inside || array => return true,
                kind::DOMAIN if seen.insert(*dependent) => open.push((*dependent, inside || array)),
                kind::COMPOSITE_TYPE | kind::RANGE_TYPE if seen.insert(*dependent) => {
                    open.push((*dependent, true));
                }
                _ => {}
            }
        }
    }
    false
}

/// Whether a foreign key would have to compare types that have no common equality, while one of its columns has
/// its new type and the other one still its old.
fn compares_meanwhile(key: &Id, from: &Schema, to: &Schema) -> bool {
    let Some(Object::Constraint(constraint)) = from.get(key) else { return false };
    let ConstraintDefinition::ForeignKey(foreign) = &constraint.definition else { return false };
    let ty = |schema: &Schema, table: limbeck_sql::Name, column: limbeck_sql::Ident| match schema
        .get(&limbeck_kinds::column::id(table, column))
    {
        Some(Object::Column(column)) => column.ty.as_built_in().map(|ty| family(&ty).to_owned()),
        _ => None,
    };
    foreign.columns.iter().zip(&foreign.referenced).any(|(own, other)| {
        let (own_table, other_table) = (constraint.table(), foreign.table.qualified());
        let before = (ty(from, own_table, *own), ty(from, other_table, *other));
        let after = (ty(to, own_table, *own), ty(to, other_table, *other));
        before.0.is_none() || before != after && (before.0 != after.1 || after.0 != before.1)
    })
}

/// Types that one operator family compares with each other go under one name.
fn family(ty: &str) -> &str {
    let bare = ty.split('(').next().unwrap_or(ty);
    match bare {
        "smallint" | "integer" | "bigint" => "integer",
        "text" | "character varying" => "text",
        _ => ty,
    }
}

fn of_kinds(ids: &[Id], kinds: &[Kind]) -> Vec<Id> {
    ids.iter().copied().filter(|id| kinds.contains(&id.kind)).collect()
}

enum Verdict {
    Stays,
    InTheWay,
    Detached,
    Replaced,
}

fn verdict(
    id: &Id,
    action: &Action,
    dependent: &Id,
    by_id: &BTreeMap<Id, Action>,
    from: &Schema,
    to: &Schema,
) -> Verdict {
    let altered = match by_id.get(dependent) {
        Some(Action::Create | Action::Drop | Action::Replace | Action::Retype) => return Verdict::Stays,
        Some(Action::Alter(_)) => true,
        None => false,
    };
    if !to.contains(dependent) {
        return Verdict::Stays;
    }
    if matches!(action, Action::Drop) {
        // A table of another kind bears the name now.
        if is_whole(id, dependent) {
            return Verdict::Replaced;
        }
        // What is altered no longer needs it, unless its words stay; what stays as it is still does.
        if altered && !keeps_words(dependent, from, to) {
            return Verdict::Stays;
        }
        if let Some(target) = dependent.target() {
            // Something of another kind bears the name now, and the comment with it.
            let of_it = target == *id || (target.kind == kind::COLUMN && target.relation() == id.qualified());
            return if of_it { Verdict::Replaced } else { Verdict::Stays };
        }
        return still_needs(id, dependent, from, to);
    }
    if dependent.kind == kind::COLUMN {
        return column_verdict(id, dependent, from);
    }
    if dependent.kind == kind::TABLE {
        let stays = match id.kind {
            kind::TABLE => !limbeck_kinds::table::parents(to, dependent.qualified()).contains(id),
            _ => {
                let of_key = matches!(action, Action::Retype) && has_key_of(id, dependent, from);
                !of_key && !is_in_key(id, dependent, from)
            }
        };
        if stays {
            return Verdict::Stays;
        }
    }
    Verdict::Replaced
}

/// Whether an object that is altered keeps what it says of others: its expressions, a column's value.
fn keeps_words(id: &Id, from: &Schema, to: &Schema) -> bool {
    match (from.get(id), to.get(id)) {
        (Some(Object::Column(old)), Some(Object::Column(new))) => {
            old.value == new.value && !matches!(old.value, Value::Plain)
        }
        (Some(old), Some(new)) => {
            let words = expressions(old);
            !words.is_empty() && words == expressions(new)
        }
        _ => false,
    }
}

/// The expressions in an object.
fn expressions(object: &Object) -> Vec<Sql> {
    struct Words(Vec<Sql>);
    impl Visitor for Words {
        fn id(&mut self, _: &mut Id) {}
        fn column(&mut self, _: Name, _: &mut Ident) {}
        fn expression(&mut self, _: Option<Name>, text: &mut Sql) {
            self.0.push(text.clone());
        }
    }
    let mut words = Words(Vec::new());
    object.clone().visit(&mut words);
    words.0
}

/// An object that stays as it is although it needs what is dropped. Where another object of the same
/// effect remains (two unique keys under one foreign key) nothing is in the way. Where the same text means another
/// object now (`f(a)`, once `f(integer)` and now `f(integer, integer DEFAULT 1)`) it is made again to mean it.
fn still_needs(id: &Id, dependent: &Id, from: &Schema, to: &Schema) -> Verdict {
    let own = |schema: &Schema| schema.get(dependent).map(|object| needs(schema, object)).unwrap_or_default();
    let recorded = from.edges.get(dependent).is_some_and(|edges| edges.contains(id));
    let now = own(to);
    let kinds = [kind::CONSTRAINT, kind::INDEX];
    if dependent.kind == kind::CONSTRAINT && kinds.contains(&id.kind) {
        if recorded {
            return Verdict::Replaced;
        }
        let others = now.iter().any(|need| kinds.contains(&need.kind) && from.contains(need));
        return if others { Verdict::Replaced } else { Verdict::Stays };
    }
    match (recorded, now.contains(id)) {
        (false, _) => Verdict::Stays,
        (true, true) if dependent.kind == kind::CONSTRAINT => Verdict::Stays,
        (true, true) => Verdict::InTheWay,
        (true, false) if dependent.kind == kind::COLUMN => column_verdict(id, dependent, from),
        (true, false) if dependent.kind == kind::TABLE && !is_in_key(id, dependent, from) => Verdict::Stays,
        (true, false) if dependent.kind == kind::DOMAIN => Verdict::Detached,
        (true, false) => Verdict::Replaced,
    }
}

/// Whether the table's partition key calls or names that function, collation or operator class: nothing else of a
/// table needs one.
fn is_in_key(id: &Id, table: &Id, from: &Schema) -> bool {
    let kinds = [kind::FUNCTION, kind::COLLATION, kind::OPERATOR_CLASS, kind::OPERATOR];
    kinds.contains(&id.kind) && from.edges.get(table).is_some_and(|edges| edges.contains(id))
}

/// Whether a column of that type is a part of the table's partition key.
fn has_key_of(ty: &Id, table: &Id, from: &Schema) -> bool {
    let columns = limbeck_kinds::table::columns_of(from, table.qualified());
    columns
        .into_iter()
        .any(|column| remade::is_key(from, column) && needs(from, &column.clone().into()).contains(ty))
}

/// Whether it is the table, foreign or not, that the column, check or trigger is a part of.
fn is_whole(id: &Id, part: &Id) -> bool {
    let kinds = [kind::TABLE, kind::FOREIGN_TABLE, kind::VIEW, kind::MATERIALIZED_VIEW];
    kinds.contains(&id.kind) && part.of == Kind::NONE && id.qualified() == part.relation()
}

/// A column holds data: it is never dropped to make way, unless its values follow from others.
fn column_verdict(id: &Id, dependent: &Id, from: &Schema) -> Verdict {
    let Some(Object::Column(Column { value, .. })) = from.get(dependent) else { return Verdict::Stays };
    let of_its_table = is_whole(id, dependent);
    let parent_column =
        id.kind == kind::COLUMN && id.name == dependent.name && id.relation() != dependent.relation();
    match value {
        _ if of_its_table => Verdict::Replaced,
        _ if parent_column => Verdict::Stays,
        Value::Generated { .. } => Verdict::Replaced,
        Value::Default(_) => Verdict::Detached,
        Value::Plain | Value::Identity(_) => Verdict::Stays,
    }
}
