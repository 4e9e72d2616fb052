//! Objects that a declaration leaves unnamed match an object of the same definition under any name. Only names that the
//! server made of a column's or table's old name follow when that gets a new one.

use std::collections::BTreeSet;

use limbeck_kinds::column::Value;
use limbeck_kinds::{Object, Schema, column, constraint, index, kind, sequence};
use limbeck_schema::{Id, Object as _, Rename};
use limbeck_sql::{Ident, Name};

/// Gives the unnamed objects of `to` the names that their like have in `from`.
pub(crate) fn adopt(from: &Schema, to: &mut Schema, renames: &[Rename]) {
    let mut taken: BTreeSet<Id> = BTreeSet::new();
    for id in to.unnamed.clone() {
        let Some(object) = to.get(&id) else { continue };
        match object {
            Object::Constraint(_) | Object::Index(_) => {
                if let Some(like) = like(from, to, &id, &taken)
                    && !follows(like.name, id.name, id.relation(), renames)
                {
                    taken.insert(like);
                    take_name(to, id, like);
                }
            }
            Object::Sequence(_) => {
                if let Some((owned, table)) = owned_by_same(from, to, &id)
                    && owned != id
                    && !follows(owned.name, id.name, table, renames)
                {
                    let rename = Rename { from: id, to: owned };
                    to.rename(&rename, |id| limbeck_kinds::follow(&rename, id));
                }
            }
            Object::Column(_) => adopt_identity(from, to, &id, renames),
            _ => {}
        }
    }
}

/// Whether a name of something on `relation` becomes the new one where columns and the table itself have theirs:
/// `t_old_key` and `t_new_key`.
pub(crate) fn follows(old: Ident, new: Ident, relation: Name, renames: &[Rename]) -> bool {
    let is_of_it = |rename: &&Rename| match rename.to.kind {
        kind::TABLE => rename.to.qualified() == relation,
        kind::COLUMN => rename.to.relation() == relation,
        _ => false,
    };
    let renamed = renames.iter().filter(is_of_it).fold(old.as_str().to_owned(), |name, rename| {
        with_word(&name, rename.from.name.as_str(), rename.to.name.as_str())
    });
    old != new && renamed == new.as_str()
}

/// The text with one word for another, where it stands between `_`.
fn with_word(text: &str, old: &str, new: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(old).filter(|_| !old.is_empty()) {
        let (before, after) = (&rest[..at], &rest[at + old.len()..]);
        let begins =
            before.ends_with('_') || before.is_empty() && (result.is_empty() || result.ends_with('_'));
        result.push_str(before);
        result.push_str(if begins && (after.is_empty() || after.starts_with('_')) { new } else { old });
        rest = after;
    }
    result.push_str(rest);
    result
}

/// The object of `from` that is the same but for its name, and that `to` does not name itself.
fn like(from: &Schema, to: &Schema, id: &Id, taken: &BTreeSet<Id>) -> Option<Id> {
    let object = to.get(id)?;
    if from.get(id) == Some(object) {
        return None;
    }
    let is_like = |other: Id| {
        let mut renamed = object.clone();
        renamed.rename(&Rename { from: *id, to: other });
        !taken.contains(&other) && !to.contains(&other) && from.get(&other) == Some(&renamed)
    };
    let candidates: Vec<Id> = if id.kind == kind::INDEX {
        index::of_table(from, id.relation()).map(|index| index.id).collect()
    } else {
        constraint::of_table(from, id.relation()).map(|constraint| constraint.id).collect()
    };
    candidates.into_iter().find(|other| is_like(*other))
}

fn take_name(to: &mut Schema, id: Id, name: Id) {
    let rename = Rename { from: id, to: name };
    let origin = to.origins.get(&id).cloned();
    let attached: Vec<Id> = to
        .range(Id::attached(kind::COMMENT, id, "")..=Id::attached(kind::COMMENT, id, ""))
        .map(|(id, _)| *id)
        .collect();
    for id in attached.into_iter().chain([id]) {
        let Some(mut object) = to.remove(&id) else { continue };
        object.rename(&rename);
        to.insert(object);
    }
    to.origins.extend(origin.map(|origin| (name, origin)));
}

/// The sequence that the same column owns, and the column's table.
fn owned_by_same(from: &Schema, to: &Schema, sequence: &Id) -> Option<(Id, Name)> {
    let Some(Object::SequenceOwner(owner)) = to.get(&Id::attached(sequence::OWNER_KIND, *sequence, ""))
    else {
        return None;
    };
    from.iter().find_map(|(id, object)| match object {
        Object::SequenceOwner(other) if other.table == owner.table && other.column == owner.column => {
            Some((id.target()?, owner.table.qualified()))
        }
        _ => None,
    })
}

/// The sequence of an identity column that nobody named keeps the name that it has.
fn adopt_identity(from: &Schema, to: &mut Schema, id: &Id, renames: &[Rename]) {
    let Some(Object::Column(column::Column { value: Value::Identity(old), .. })) = from.get(id) else {
        return;
    };
    let Some(Object::Column(mut column)) = to.get(id).cloned() else { return };
    if let Value::Identity(identity) = &mut column.value
        && !follows(old.sequence.name, identity.sequence.name, id.relation(), renames)
    {
        identity.sequence = old.sequence;
        let edges = to.edges.get(id).cloned();
        let origin = to.origins.get(id).cloned();
        to.insert(column.into());
        to.edges.extend(edges.map(|edges| (*id, edges)));
        to.origins.extend(origin.map(|origin| (*id, origin)));
    }
}

#[cfg(test)]
mod tests {
    use super::with_word;

    #[test]
    fn words_are_whole() {
        assert_eq!(with_word("t_a_a2_a_key", "a", "new"), "t_new_a2_new_key");
        assert_eq!(with_word("mail_key", "mail", "e_mail"), "e_mail_key");
        assert_eq!(with_word("mails_mail", "mail", "x"), "mails_x");
    }
}
