//! Objects that an extension brings: by default privileges the server grants on them what the other side may not have,
//! and nobody knows them before. So there are none while extensions are made.

use limbeck_kinds::default_privileges::DefaultPrivileges;
use limbeck_kinds::extension::Extension;
use limbeck_kinds::{Context, Object, kind};
use limbeck_schema::Id;

use crate::graph::Builder;
use crate::rebuild::{Action, Actions};

/// Takes default privileges off where they would reach an extension's objects, and puts them back.
pub(crate) fn add(builder: &mut Builder<'_>, actions: &Actions) {
    let context = *builder.context;
    let made: Vec<(&Extension, usize)> = actions
        .by_id
        .iter()
        .filter(|(_, action)| matches!(action, Action::Create | Action::Replace))
        .filter_map(|(id, _)| match context.to.get(id) {
            Some(Object::Extension(extension)) => Some((extension, *builder.creates.get(id)?)),
            _ => None,
        })
        .collect();
    if made.is_empty() {
        return;
    }
    let reached = |privileges: &DefaultPrivileges| -> Vec<usize> {
        let id = privileges.id;
        let reaches = |extension: &Extension| id.schema.is_empty() || id.schema == extension.schema.name;
        made.iter().filter(|(extension, _)| reaches(extension)).map(|(_, node)| *node).collect()
    };
    for (id, object) in context.from.iter().chain(context.to.iter().filter(|(id, _)| is_new(id, &context))) {
        let Object::DefaultPrivileges(privileges) = object else { continue };
        let extensions = reached(privileges);
        if extensions.is_empty() {
            continue;
        }
        if let Some(drop) = builder.drops.get(id).copied() {
            extensions.into_iter().for_each(|then| builder.edge(drop, then));
        } else if let Some(create) = builder.creates.get(id).copied() {
            extensions.into_iter().for_each(|first| builder.edge(first, create));
        } else {
            let kept = Context { to: context.from, ..context };
            let off = builder.node(1, *id, object.drop(&kept));
            let on = builder.node(1, *id, object.create(&kept));
            builder.edge(off, on);
            for extension in extensions {
                builder.edge(off, extension);
                builder.edge(extension, on);
            }
            // Whatever else is made has them.
            let others =
                builder.creates.iter().filter(|(id, _)| ![kind::SCHEMA, kind::EXTENSION].contains(&id.kind));
            let later: Vec<usize> =
                others.map(|(_, node)| *node).chain(builder.alters.get(id).copied()).collect();
            later.into_iter().for_each(|then| builder.edge(on, then));
        }
    }
}

fn is_new(id: &Id, context: &Context<'_>) -> bool {
    id.kind == kind::DEFAULT_PRIVILEGES && !context.from.contains(id)
}
