//! A service's models beside its database.

use std::collections::BTreeSet;
use std::path::Path;

use limbeck_kinds::{Schema, column, constraint, kind, namespace};
use limbeck_models::{Known, ModelFiles, ReadModels, ReadResult};
use limbeck_plan::{Options, Plan, plan};
use limbeck_schema::{Canonical, Id, Origin, Rename};
use limbeck_sql::Ident;
use rustc_hash::FxHashSet;

use super::cache::digest_of;
use super::scope::Scope;
use super::{Engine, files, script, source};
use crate::failure::{Report, Result};
use crate::project::{Project, Service};

/// What a service's sources say.
pub(crate) struct Wanted {
    /// The models as they were read.
    pub(crate) read: ReadResult,
    /// The declared SQL.
    pub(crate) sql: Vec<(String, Origin)>,
}

/// The two sides of a service, and the way between them.
pub(crate) struct Comparison {
    /// What the database holds.
    pub(crate) from: Canonical<Schema>,
    /// What it should hold: what the models say, and what they leave alone as it is.
    pub(crate) to: Canonical<Schema>,
    /// The way there.
    pub(crate) plan: Plan,
    /// Seen in the owned schemas, not managed.
    pub(crate) unmanaged: Vec<Id>,
    /// The declared SQL, as it stands.
    pub(crate) declared: Vec<(String, Origin)>,
}

/// A service's models and declared SQL: loaded, and not understood yet.
pub(crate) struct Sources {
    models: Vec<ModelFiles>,
    sql: Vec<(String, Origin)>,
}

impl Sources {
    /// Loads them.
    ///
    /// # Errors
    ///
    /// A file of SQL that can't be read.
    pub(crate) fn load(project: &Project, service: &Service) -> Result<Self> {
        let models = of_models(project, service, |options| Ok(ModelFiles::load(options)))?;
        let mut sql = Vec::new();
        for path in &service.sql {
            for file in files::sql_files(path)? {
                let shown = project.shown(&file).display().to_string();
                sql.push((
                    script::read_text(&file)?,
                    Origin { file: shown.into(), line: 1, column: 1, length: 0 },
                ));
            }
        }
        Ok(Self { models, sql })
    }

    /// A digest of all that they hold; `None` where a file can't be read.
    pub(crate) fn digest(&self) -> Option<u128> {
        let models: Vec<u128> = self.models.iter().map(ModelFiles::digest).collect::<Option<_>>()?;
        let sql: Vec<(&str, &str)> = self.sql.iter().map(|(text, at)| (text.as_str(), &*at.file)).collect();
        Some(digest_of((models, sql)))
    }

    /// Reads them.
    ///
    /// # Errors
    ///
    /// All that is wrong with them.
    pub(crate) fn read(self, project: &Project, service: &Service) -> Result<Wanted> {
        let Self { models, sql } = self;
        let mut models = models.into_iter();
        let read = of_models(project, service, |options| {
            let files = models.next().unwrap_or_else(|| ModelFiles::load(options));
            source::read_models(files, options.clone())
        })?;
        let whole = read.into_iter().reduce(|mut whole, read| {
            whole.schema.extend(read.schema);
            whole.sql.extend(read.sql);
            whole.renames.extend(read.renames);
            whole.unmanaged.extend(read.unmanaged);
            whole.loose_partitions.extend(read.loose_partitions);
            whole.diagnostics.extend(read.diagnostics);
            whole
        });
        let read = whole.ok_or_else(|| {
            Report::error("models::no_models", format!("service `{}` names no models", service.name))
                .help("set `models` in limbeck.toml")
        })?;
        Ok(Wanted { read, sql })
    }
}

/// Does something with each path of a service's models, under the options with which it is read.
fn of_models<T>(
    project: &Project,
    service: &Service,
    mut each: impl FnMut(&ReadModels<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let schema = |service: &Service| service.schemas.first().map_or("public".to_owned(), String::clone);
    let others: Vec<(&Path, String)> = project
        .services
        .iter()
        .filter(|other| other.name != service.name)
        .flat_map(|other| {
            let present = other.models.iter().filter(|path| path.exists());
            present.map(|path| (path.as_path(), schema(other)))
        })
        .collect();
    let known: Vec<Known<'_>> = others.iter().map(|(path, schema)| Known { path, schema }).collect();
    let schema = schema(service);
    let options = |path| ReadModels {
        base: &project.root,
        features: &service.features,
        schema: &schema,
        known: &known,
        ..ReadModels::new(path)
    };
    service.models.iter().map(|path| each(&options(path))).collect()
}

/// How a comparison is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    /// Renames of the command line.
    pub(crate) renames: Vec<Rename>,
    /// The database's `server_version_num`.
    pub(crate) version: i32,
    /// The plan keeps readers and writers going.
    pub(crate) online: bool,
}

/// Compares a service with a database that was read.
///
/// # Errors
///
/// A declared text that the server does not take; no order for the plan.
pub(crate) fn compare(
    engine: &mut Engine<'_>,
    service: &Service,
    wanted: Wanted,
    database: Canonical<Schema>,
    terms: Terms,
) -> Result<Comparison> {
    let Terms { renames, version, online } = terms;
    let Wanted { read, sql } = wanted;
    let (hands_off, loose) = (read.unmanaged.clone(), read.loose_partitions.clone());
    let mut told: Vec<Rename> = read.renames.iter().map(|renamed| renamed.rename).collect();
    told.extend(renames);
    let inline = read.sql.iter().map(|item| (item.sql.to_string(), item.origin.clone()));
    let texts = inline.chain(sql.iter().cloned()).collect();
    let mut declared = engine.declared(read, &sql, &database)?.into_inner();
    declared.retain(|id, _| !hands_off.iter().any(|off| id == off || id.relation() == off.qualified()));
    let mut scope = Scope::new(&service.schemas, &service.exclude, &service.manage, &declared, &hands_off);
    scope.keep_off(partitions_of(&database, &loose));
    scope.keep_off_views(&database);
    scope.follow_owners(&told);
    // Owners are compared only where the service declares one or asks for it: an owner that is left alone would
    // look like one that is missing as soon as its object has another name.
    let mut database = database.into_inner();
    database.retain(|id, _| id.kind != kind::OWNER || scope.manages(id));
    let database = Canonical::from_server(database);
    let unmanaged = scope.unmanaged(&database);
    // What a told rename leads away from is the service's, wherever it lies.
    let renamed: BTreeSet<Id> = told.iter().map(|rename| rename.from).collect();
    let mut to = database.part(|id, _| !scope.manages(id) && !renamed.contains(id));
    for schema in scope.schemas() {
        to.insert(namespace::Namespace { id: namespace::id(schema) }.into());
    }
    to.extend(declared);
    let to = engine.reconciled(&database, Canonical::from_server(to))?;
    let options = Options { renames: told, version, online };
    let mut plan =
        plan(&database, &to, &options).map_err(|error| Report::error(error.code(), error.to_string()))?;
    let to = Canonical::from_server(std::mem::take(&mut plan.target));
    Ok(Comparison { from: database, to, plan, unmanaged, declared: texts })
}

/// The partitions, however deep, of tables whose partitions come and go without the models.
fn partitions_of(database: &Schema, parents: &[Id]) -> Vec<Id> {
    let mut found: Vec<Id> = Vec::new();
    let mut open = parents.to_vec();
    while let Some(parent) = open.pop() {
        let children = database.iter().filter_map(|(id, object)| match object {
            limbeck_kinds::Object::Table(table) => {
                table.partition_of.as_ref().filter(|of| of.parent == parent).map(|_| *id)
            }
            _ => None,
        });
        let children: Vec<Id> = children.collect();
        open.extend(children.iter().copied());
        found.extend(children);
    }
    found
}

/// The statements that make a schema in an empty database; what it needs from elsewhere is taken from `known`.
///
/// # Errors
///
/// No order for the objects.
pub(crate) fn creation(schema: &Schema, known: &Schema, major: Option<u32>) -> Result<Vec<String>> {
    let mut whole = borrowed(schema, known);
    whole.extend(schema.clone());
    statements(Schema::new(), whole, major)
}

/// The statements from one schema to another, on scratch.
///
/// # Errors
///
/// No order for the objects.
pub(crate) fn statements(mut from: Schema, to: Schema, major: Option<u32>) -> Result<Vec<String>> {
    from.extend(limbeck_kinds::namespace::of_empty(&to));
    let options = Options { renames: Vec::new(), version: super::plan_version(major), online: false };
    let plan = plan(&Canonical::from_server(from), &Canonical::from_server(to), &options)
        .map_err(|error| Report::error(error.code(), error.to_string()))?;
    let texts = plan.statements.into_iter().map(|statement| String::from(statement.sql));
    Ok(texts.filter(|text| !text.starts_with("SET LOCAL")).collect())
}

/// What a schema needs and does not hold, as `known` has it; all its extensions, whose types no object names.
pub(crate) fn borrowed(schema: &Schema, known: &Schema) -> Schema {
    let mut borrowed = Schema::new();
    let mut open: Vec<Id> = schema.iter().map(|(id, _)| *id).collect();
    open.extend(known.iter().map(|(id, _)| *id).filter(|id| id.kind == kind::EXTENSION));
    let mut seen: FxHashSet<Id> = FxHashSet::default();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let own = schema.contains(&id);
        let source = if own { schema } else { known };
        let Some(object) = source.get(&id) else { continue };
        open.extend(limbeck_kinds::needs(source, object));
        if !own {
            if id.kind == kind::TABLE {
                open.extend(parts(known, id));
            }
            borrowed.insert(object.clone());
            if let Some(edges) = known.edges.get(&id) {
                borrowed.edges.insert(id, edges.clone());
            }
        }
    }
    borrowed
}

/// The columns of a table, in order of their names.
pub(super) fn columns(schema: &Schema, table: Id) -> impl Iterator<Item = Id> {
    let relation = table.qualified();
    let ids = schema.range(column::id(relation, Ident::default())..).map(|(id, _)| *id);
    ids.take_while(move |id| id.kind == kind::COLUMN && id.relation() == relation)
}

/// The columns and keys of a table that others refer to.
fn parts(schema: &Schema, table: Id) -> Vec<Id> {
    let constraints = constraint::of_table(schema, table.qualified()).map(|constraint| constraint.id);
    columns(schema, table).chain(constraints).collect()
}
