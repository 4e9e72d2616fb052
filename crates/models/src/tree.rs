//! All modules that were read, and what names mean in them.

use std::cell::RefCell;
use std::rc::Rc;

use limbeck_grammar::TypePath;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::scan::{Item, ItemKind, Module, Use};
use crate::source::Source;

/// An item by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ItemId(pub(crate) usize);

/// An item and where it lies.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) item: Item,
    pub(crate) source: usize,
    /// The crate's name, then the modules.
    pub(crate) module: Vec<String>,
    /// It belongs to another service: known for references, never part of the schema.
    pub(crate) known: bool,
}

#[derive(Debug, Default)]
struct Scope {
    uses: Vec<Use>,
    items: FxHashMap<String, ItemId>,
}

/// Meanings of paths.
type Found = FxHashMap<Vec<String>, Meaning>;

/// Everything that was read.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) sources: Vec<Source>,
    pub(crate) entries: Vec<Entry>,
    /// By module path.
    scopes: FxHashMap<Vec<String>, Scope>,
    by_name: FxHashMap<String, Vec<ItemId>>,
    crates: FxHashSet<String>,
    /// What was found, by module, and by path with and without `::` before it: most columns repeat a few.
    found: RefCell<FxHashMap<Vec<String>, [Found; 2]>>,
}

/// What a path means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    /// An item that was read.
    Item(ItemId),
    /// Something of another crate, by its full path as far as the imports tell.
    External(Rc<Vec<String>>),
}

/// How far imports may lead to imports.
const DEPTH: u32 = 24;

impl Tree {
    /// Adds a file's modules; `module` is the file's own, the crate's name first.
    pub(crate) fn add(&mut self, source: Source, module: &[String], modules: Vec<Module>, known: bool) {
        self.found.get_mut().clear();
        let number = self.sources.len();
        self.crates.extend(module.first().cloned());
        self.sources.push(source);
        for inner in modules {
            let path: Vec<String> = module.iter().chain(&inner.path).cloned().collect();
            let scope = self.scopes.entry(path.clone()).or_default();
            scope.uses.extend(inner.uses);
            for item in inner.items {
                let id = ItemId(self.entries.len());
                if !item.name.is_empty() {
                    // The first of two items of one name is the one meant; two tables of one name are reported.
                    scope.items.entry(item.name.clone()).or_insert(id);
                    self.by_name.entry(item.name.clone()).or_default().push(id);
                }
                self.entries.push(Entry { item, source: number, module: path.clone(), known });
            }
        }
    }

    pub(crate) fn entry(&self, id: ItemId) -> &Entry {
        &self.entries[id.0]
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ItemId> + use<> {
        (0..self.entries.len()).map(ItemId)
    }

    /// What a path means in a module.
    ///
    /// Where imports lead out of what was read, an item of that last name is taken if there is exactly one:
    /// a re-export may stand in a file that holds no model.
    pub(crate) fn meaning(&self, module: &[String], path: &TypePath) -> Meaning {
        let of_module = |found: &FxHashMap<Vec<String>, [Found; 2]>| {
            found.get(module)?[usize::from(path.absolute)].get(&path.segments).cloned()
        };
        if let Some(found) = of_module(&self.found.borrow()) {
            return found;
        }
        let found = self.find(module, path);
        let mut all = self.found.borrow_mut();
        let of_module = all.entry(module.to_vec()).or_default();
        of_module[usize::from(path.absolute)].insert(path.segments.clone(), found.clone());
        found
    }

    fn find(&self, module: &[String], path: &TypePath) -> Meaning {
        let found = if path.absolute {
            Meaning::External(Rc::new(path.segments.clone()))
        } else {
            self.resolve(module, &path.segments, None, DEPTH)
        };
        let Meaning::External(full) = found else { return found };
        // Only paths that could lead to one of our files: not those of a crate that has a type of this name.
        let first = full.first().map_or("", String::as_str);
        let inside = ["crate", "self", "super"].contains(&first) || self.is_crate(first);
        let foreign = full.len() > 1 && crate::rust_types::is_known_crate(first);
        match self.by_name.get(path.last()).map(Vec::as_slice) {
            Some([only])
                if inside
                    || (!foreign && (full.len() > 1 || !crate::rust_types::is_builtin(path.last()))) =>
            {
                Meaning::Item(*only)
            }
            Some(several) if inside || !foreign => {
                let module: Vec<&ItemId> = several
                    .iter()
                    .filter(|id| full.len() > 1 && self.entry(**id).module.last() == full.get(full.len() - 2))
                    .collect();
                match module.as_slice() {
                    [only] => Meaning::Item(**only),
                    _ => Meaning::External(full),
                }
            }
            _ => Meaning::External(full),
        }
    }

    fn is_crate(&self, name: &str) -> bool {
        self.crates.contains(name)
    }

    fn resolve(&self, module: &[String], path: &[String], without: Option<usize>, depth: u32) -> Meaning {
        let Some((first, rest)) = path.split_first() else { return Meaning::External(Rc::new(Vec::new())) };
        if depth == 0 {
            return Meaning::External(Rc::new(path.to_vec()));
        }
        match first.as_str() {
            "crate" => return self.absolute(&module[..module.len().min(1)], rest, path, depth),
            "self" => return self.absolute(module, rest, path, depth),
            "super" => {
                let parent = &module[..module.len().saturating_sub(1)];
                let mut inside = parent.to_vec();
                let mut rest = rest;
                while let Some((next, after)) = rest.split_first()
                    && next == "super"
                {
                    inside.pop();
                    rest = after;
                }
                return self.absolute(&inside, rest, path, depth);
            }
            _ => {}
        }
        if let Some(found) = self.inside(module, path, without, depth) {
            return found;
        }
        if !rest.is_empty() && self.scopes.contains_key(std::slice::from_ref(first)) {
            return self.absolute(std::slice::from_ref(first), rest, path, depth);
        }
        Meaning::External(Rc::new(path.to_vec()))
    }

    /// A path below a module, whatever stands in that module's scope.
    fn absolute(&self, module: &[String], path: &[String], written: &[String], depth: u32) -> Meaning {
        if path.is_empty() {
            return Meaning::External(Rc::new(written.to_vec()));
        }
        let full: Vec<String> = module.iter().chain(path).cloned().collect();
        for end in (module.len()..full.len()).rev() {
            if self.scopes.contains_key(&full[..end])
                && let Some(found) = self.inside(&full[..end], &full[end..], None, depth)
            {
                return found;
            }
        }
        Meaning::External(Rc::new(written.to_vec()))
    }

    /// A path whose first segment is declared or imported in a module.
    fn inside(
        &self,
        module: &[String],
        path: &[String],
        without: Option<usize>,
        depth: u32,
    ) -> Option<Meaning> {
        let scope = self.scopes.get(module)?;
        let (first, rest) = path.split_first()?;
        if depth == 0 {
            return None;
        }
        if rest.is_empty()
            && let Some(id) = scope.items.get(first)
        {
            return Some(Meaning::Item(*id));
        }
        if !rest.is_empty() {
            let below: Vec<String> = module.iter().chain([first]).cloned().collect();
            if self.scopes.contains_key(&below) {
                return Some(self.absolute(&below, rest, path, depth - 1));
            }
        }
        for (at, import) in scope.uses.iter().enumerate() {
            if import.name == *first && without != Some(at) {
                let full: Vec<String> = import.path.iter().chain(rest).cloned().collect();
                return Some(self.resolve(module, &full, Some(at), depth - 1));
            }
        }
        for (at, import) in scope.uses.iter().enumerate() {
            if import.name == "*" && without != Some(at) {
                let full: Vec<String> = import.path.iter().chain(path).cloned().collect();
                if let found @ Meaning::Item(_) = self.resolve(module, &full, Some(at), depth - 1) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// Every item that declares something of ours.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (ItemId, &Entry)> {
        self.ids()
            .map(|id| (id, self.entry(id)))
            .filter(|(_, entry)| matches!(entry.item.kind, ItemKind::Declared(_) | ItemKind::Sql(_)))
    }

    /// Names like a given one, among the items that were read.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use limbeck_grammar::{Cfg, Place};

    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (module, text) in files {
            let module: Vec<String> = module.split("::").map(str::to_owned).collect();
            let modules = crate::scan::scan(text, &Cfg::default()).expect("the test's source is Rust");
            tree.add(Source::new("a.rs".to_owned(), (*text).to_owned()), &module, modules, false);
        }
        tree
    }

    fn meaning(tree: &Tree, module: &str, path: &str) -> String {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        let segments = path.split("::").map(str::to_owned).collect();
        match tree.meaning(&module, &TypePath { absolute: false, segments, place: Place(0) }) {
            Meaning::Item(id) => {
                let entry = tree.entry(id);
                format!("{}::{}", entry.module.join("::"), entry.item.name)
            }
            Meaning::External(path) => format!("external {}", path.join("::")),
        }
    }

    #[test]
    fn names_are_found_by_path_import_glob_and_reexport() {
        let tree = tree(&[
            (
                "app",
                "mod models; mod ids { pub struct Id(i64); pub mod deep { pub struct Deep(i64); } } pub use ids::deep::Deep as Deepest;",
            ),
            ("app::models", "pub use user::{User as Person, *}; mod user; mod post;"),
            (
                "app::models::user",
                "use uuid::Uuid; use crate::ids::*; use chrono as c; pub struct User(Uuid); pub struct Role(i32);",
            ),
            (
                "app::models::post",
                "use super::Person; use super::user; use self::inner::X; pub struct Post(i64); mod inner { pub struct X(u8); }",
            ),
            ("auth", "pub struct Owner(i64);"),
        ]);
        assert_eq!(meaning(&tree, "app::models::post", "Person"), "app::models::user::User");
        assert_eq!(meaning(&tree, "app::models::post", "user::Role"), "app::models::user::Role");
        assert_eq!(meaning(&tree, "app::models::post", "super::Role"), "app::models::user::Role");
        assert_eq!(
            meaning(&tree, "app::models::post", "super::super::models::user::Role"),
            "app::models::user::Role"
        );
        assert_eq!(meaning(&tree, "app::models::post", "crate::Deepest"), "app::ids::deep::Deep");
        assert_eq!(meaning(&tree, "app::models::post", "X"), "app::models::post::inner::X");
        assert_eq!(meaning(&tree, "app::models::user", "Id"), "app::ids::Id");
        assert_eq!(meaning(&tree, "app::models::user", "Uuid"), "external uuid::Uuid");
        assert_eq!(meaning(&tree, "app::models::user", "c::DateTime"), "external chrono::DateTime");
        assert_eq!(meaning(&tree, "app::models::user", "auth::Owner"), "auth::Owner");
        assert_eq!(meaning(&tree, "app::models::user", "String"), "external String");
    }

    #[test]
    fn circles_of_imports_end() {
        let tree = tree(&[(
            "a",
            "use crate::b::X; mod b { pub use crate::X; pub use crate::b::*; pub use super::*; }",
        )]);
        assert!(meaning(&tree, "a", "X").starts_with("external"));
        assert!(meaning(&tree, "a::b", "Y").starts_with("external"));
    }

    #[test]
    fn an_only_name_is_found_where_imports_lead_out_of_what_was_read() {
        let tree = tree(&[
            ("app::models::user", "pub struct User(i64);"),
            ("app::models::post", "use crate::prelude::*; struct P(i64);"),
        ]);
        assert_eq!(meaning(&tree, "app::models::post", "User"), "app::models::user::User");
        assert_eq!(meaning(&tree, "app::models::post", "crate::models::User"), "app::models::user::User");
        assert_eq!(meaning(&tree, "app::models::post", "uuid::User"), "external uuid::User");
    }
}
