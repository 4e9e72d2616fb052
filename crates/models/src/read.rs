//! From a path to a schema.

use std::path::{Path, PathBuf};

use limbeck_grammar::Cfg;
use limbeck_kinds::Object;
use limbeck_schema::{Diagnostic, Id, Origin, Schema, Severity};
use memchr::memmem;
use rayon::prelude::*;

use crate::build::{Builder, DeclaredSql, Renamed};
use crate::kept::{KeptFiles, digest_of};
use crate::scan::{Module, Unreadable};
use crate::source::{Source, crate_of, files, module_of, shown};
use crate::tree::{Meaning, Tree};

/// What to read, and how.
#[derive(Clone, Debug)]
pub struct ReadModels<'a> {
    /// A folder, read with everything below it, or one `.rs` file.
    pub path: &'a Path,
    /// What places are written relative to: the project's folder.
    pub base: &'a Path,
    /// The features under which `cfg(feature = "…")` holds.
    pub features: &'a [String],
    /// The schema of what names none.
    pub schema: &'a str,
    /// Doc comments become comments of the database.
    pub comments: bool,
    /// Models of other services, for references to their tables.
    pub known: &'a [Known<'a>],
    /// No struct is no error, because something else says the schema, too.
    pub may_be_empty: bool,
    /// What an earlier run kept of the files.
    pub kept: KeptFiles,
}

impl<'a> ReadModels<'a> {
    /// Reads this path, with places relative to the current folder, and everything else as is usual.
    pub fn new(path: &'a Path) -> Self {
        Self {
            path,
            base: Path::new("."),
            features: &[],
            schema: "public",
            comments: false,
            known: &[],
            may_be_empty: false,
            kept: KeptFiles::default(),
        }
    }
}

/// Models of another service.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Known<'a> {
    /// Where they are.
    pub path: &'a Path,
    /// The schema of what names none there.
    pub schema: &'a str,
}

/// What models say.
#[derive(Clone, Debug, Default)]
pub struct ReadResult {
    /// The objects, with the place of each, their expressions as written.
    pub schema: Schema<Object>,
    /// What only SQL says: `limbeck::sql!` items, and attributes of kinds that have no objects yet. To be run
    /// after the schema's objects exist.
    pub sql: Vec<DeclaredSql>,
    /// Objects that were called otherwise, tables before their columns.
    pub renames: Vec<Renamed>,
    /// What `managed = false` declares: known for references, never to be touched.
    pub unmanaged: Vec<Id>,
    /// Partitioned tables whose partitions come and go without the models.
    pub loose_partitions: Vec<Id>,
    /// Everything that is wrong, in order of place. With an error among it, the schema is not to be used.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read, as messages write them.
    pub files: Vec<String>,
    /// What a later run may be given, of [`KeptFiles::from_bytes`]; `None` where that is what this run was given.
    pub kept: Option<Vec<u8>>,
}

impl ReadResult {
    /// Whether the schema says what the models say.
    pub fn is_complete(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error)
    }
}

/// Reads models.
pub fn read(options: &ReadModels<'_>) -> ReadResult {
    ModelFiles::load(options).read(options)
}

/// The files of models: loaded, and not understood yet.
#[derive(Debug)]
pub struct ModelFiles {
    /// Per path its files, the service's own path first.
    paths: Vec<Vec<Unread>>,
    diagnostics: Vec<Diagnostic>,
    digest: u128,
}

impl ModelFiles {
    /// Loads the files of the models and of those that they know.
    pub fn load(options: &ReadModels<'_>) -> Self {
        let mut diagnostics = Vec::new();
        let known = options.known.iter().map(|known| (known.path, true));
        let paths: Vec<Vec<Unread>> = std::iter::once((options.path, false))
            .chain(known)
            .map(|(path, known)| load(path, options.base, known, &mut diagnostics))
            .collect();
        let ReadModels { path, base, features, schema, comments, known, may_be_empty: _, kept: _ } = options;
        let digest = digest_of(&((path, base, features, schema, comments, known), &paths));
        Self { paths, diagnostics, digest }
    }

    /// A digest of everything that [`ModelFiles::read`] depends on; `None` where a file can't be read.
    pub fn digest(&self) -> Option<u128> {
        self.diagnostics.is_empty().then_some(self.digest)
    }

    /// Reads what was loaded under these options.
    pub fn read(self, options: &ReadModels<'_>) -> ReadResult {
        let cfg = Cfg { features: options.features.to_vec() };
        let mut reader = Reader {
            cfg: &cfg,
            base: options.base,
            kept: &options.kept,
            keep: Vec::new(),
            tree: Tree::default(),
            diagnostics: self.diagnostics,
        };
        let rest = self.paths.into_iter().flat_map(|files| reader.add(files)).collect();
        reader.follow(rest);
        let Reader { tree, mut diagnostics, keep, .. } = reader;
        let own = tree.declared().filter(|(_, entry)| !entry.known).count();
        if own == 0 && diagnostics.is_empty() && !options.may_be_empty {
            diagnostics.push(no_models(options));
        }
        let result = Builder::new(&tree, options).build();
        diagnostics.extend(result.diagnostics);
        diagnostics.sort_by(|a, b| place(a).cmp(&place(b)));
        diagnostics.dedup();
        let files = tree.sources.iter().map(|source| source.shown.to_string()).collect();
        ReadResult { diagnostics, files, kept: options.kept.with(&keep), ..result }
    }
}

fn place(diagnostic: &Diagnostic) -> Option<(&str, u32, u32)> {
    diagnostic.origin.as_ref().map(|Origin { file, line, column, .. }| (file.as_ref(), *line, *column))
}

fn no_models(options: &ReadModels<'_>) -> Diagnostic {
    let path = shown(options.path, options.base);
    Diagnostic {
        severity: Severity::Error,
        code: "models::no_models",
        message: format!("no models found in `{path}`"),
        origin: None,
        label: String::new(),
        help: Some(
            "models are structs with `#[derive(limbeck::Table)]`; check `models` in limbeck.toml and the features that \
             they need. An empty schema is written `empty`"
                .to_owned(),
        ),
    }
}

/// Loads the files of a path.
fn load(path: &Path, base: &Path, known: bool, diagnostics: &mut Vec<Diagnostic>) -> Vec<Unread> {
    let found = match files(path) {
        Ok(found) => found,
        Err(error) => {
            diagnostics.push(unreadable(&shown(path, base), &error));
            return Vec::new();
        }
    };
    let (crate_name, prefix) = crate_of(path);
    let prefix: Vec<String> = std::iter::once(crate_name).chain(prefix).collect();
    let read: Vec<_> = found
        .into_par_iter()
        .map(|file| match std::fs::read(&file).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(Unread { module: module_of(&file, path, &prefix), text, known, path: file }),
            Ok(Err(_)) => {
                let error = std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8");
                Err(Box::new(unreadable(&shown(&file, base), &error)))
            }
            Err(error) => Err(Box::new(unreadable(&shown(&file, base), &error))),
        })
        .collect();
    let mut files = Vec::new();
    for file in read {
        match file {
            Ok(file) => files.push(file),
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    files
}

/// A file that was loaded.
#[derive(Debug, Hash)]
struct Unread {
    path: PathBuf,
    text: String,
    module: Vec<String>,
    known: bool,
}

struct Reader<'a> {
    cfg: &'a Cfg,
    base: &'a Path,
    kept: &'a KeptFiles,
    /// What is to be kept of the files that were read.
    keep: Vec<(u128, Option<Vec<u8>>)>,
    tree: Tree,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reads those of a path's files that hold models; returns the others.
    fn add(&mut self, files: Vec<Unread>) -> Vec<Unread> {
        let (models, rest): (Vec<Unread>, Vec<Unread>) =
            files.into_iter().partition(|file| may_hold_models(&file.text));
        let excluded = self.scan(models);
        rest.into_iter().filter(|file| !is_excluded(&file.module, &excluded)).collect()
    }

    /// Scans files, and returns the modules that are not compiled.
    fn scan(&mut self, files: Vec<Unread>) -> Vec<Vec<String>> {
        let (kept, cfg) = (self.kept, self.cfg);
        let read: Vec<_> = files.into_par_iter().map(|file| (kept.read(&file.text, cfg), file)).collect();
        let mut excluded = Vec::new();
        for (read, file) in &read {
            for module in read.modules.iter().flatten() {
                excluded.extend(module.excluded.iter().map(|name| {
                    file.module.iter().chain(&module.path).chain([name]).cloned().collect::<Vec<String>>()
                }));
            }
        }
        for (read, file) in read {
            self.keep.extend(read.keep);
            if !is_excluded(&file.module, &excluded) {
                self.take(read.modules, file);
            }
        }
        excluded
    }

    fn take(&mut self, result: Result<Vec<Module>, Unreadable>, file: Unread) {
        let source = Source::new(shown(&file.path, self.base), file.text);
        match result {
            Ok(modules) => self.tree.add(source, &file.module, modules, file.known),
            Err(Unreadable { message, start, end }) => self.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                code: "models::not_rust",
                message: format!("`{}` can't be read: {message}", source.shown),
                origin: Some(source.origin(start, end)),
                label: String::new(),
                help: Some("`cargo check` says more".to_owned()),
            }),
        }
    }

    /// Reads those of the other files that hold a name which what was read leads to.
    fn follow(&mut self, mut rest: Vec<Unread>) {
        for _ in 0..8 {
            let wanted = self.unresolved();
            let finders: Vec<_> = wanted.iter().map(|name| memmem::Finder::new(name.as_bytes())).collect();
            let (found, others): (Vec<Unread>, Vec<Unread>) = std::mem::take(&mut rest)
                .into_iter()
                .partition(|file| finders.iter().any(|finder| finder.find(file.text.as_bytes()).is_some()));
            if found.is_empty() {
                return;
            }
            self.scan(found);
            rest = others;
        }
    }

    /// The last names of paths that lead nowhere yet.
    fn unresolved(&self) -> Vec<String> {
        let mut names = std::collections::BTreeSet::new();
        for entry in &self.tree.entries {
            crate::build::paths(&entry.item.kind, &mut |path| {
                if let Meaning::External(full) = self.tree.meaning(&entry.module, path) {
                    let first = full.first().map_or("", String::as_str);
                    let known = if full.len() > 1 {
                        crate::rust_types::is_known_crate(first)
                    } else {
                        crate::rust_types::is_builtin(first)
                    };
                    if !known {
                        names.extend(full.last().cloned());
                    }
                }
            });
        }
        names.into_iter().collect()
    }
}

fn is_excluded(module: &[String], excluded: &[Vec<String>]) -> bool {
    excluded.iter().any(|excluded| module.starts_with(excluded))
}

/// Whether a file may declare something of ours.
fn may_hold_models(text: &str) -> bool {
    let text = text.as_bytes();
    ["limbeck", "Table", "derive(Enum", "Domain", "Composite", "table(", "pg("]
        .iter()
        .any(|word| memmem::find(text, word.as_bytes()).is_some())
}

fn unreadable(path: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "models::unreadable_file",
        message: format!("`{path}` can't be read: {error}"),
        origin: None,
        label: String::new(),
        help: Some("check `models` in limbeck.toml, and the file's permissions".to_owned()),
    }
}
