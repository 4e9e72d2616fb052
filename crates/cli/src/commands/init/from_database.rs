//! `limbeck init --from-database URL`: a project for a database that is there: models, a baseline revision that
//! would make it, and the stamp that says it is applied.

use std::fs;
use std::path::Path;

use limbeck_kinds::{Schema, kind};
use limbeck_lint::acknowledge;
use limbeck_plan::{Options, plan};
use limbeck_revisions::file::Script;
use limbeck_revisions::store::{Stored, write};
use limbeck_revisions::{RevisionFile, RevisionId};
use limbeck_schema::{Canonical, Id};

use crate::args::{Choice, Init};
use crate::bench::Bench;
use crate::engine::{Engine, Narrow, Side, bookkeeping};
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::file;
use crate::out::Out;
use crate::project::{Project, target};
use crate::render;
use crate::state::Files;

use super::{keys, unwritable};

/// Where the models are written.
const MODELS: &str = "src/models";

pub(super) fn run(args: &Init, url: &str, out: &Out) -> Result<Exit> {
    let models = Path::new(args.models.as_deref().unwrap_or(MODELS));
    let revisions = args.revisions.as_deref().unwrap_or("migrations");
    let source = if models.extension().is_some() { models.to_owned() } else { models.join("mod.rs") };
    for path in [args.config.as_path(), models, Path::new(revisions)] {
        if path.exists() {
            return Err(Report::error(
                "cli::exists",
                format!("`{}` exists, and `init` changes nothing in it", path.display()),
            )
            .help("name other places with `--config`, `--models` and `--revisions`")
            .exit(Exit::Refused));
        }
    }
    let database = target(url, "`--from-database`")?;
    let mut engine = Engine::new(out, Default::default(), std::env::current_dir().unwrap_or_default())?;
    let connection = engine.connect(&database)?;
    engine.prefer(&connection);
    let read = engine.runtime.block_on(limbeck_database::read(&connection))?;
    let version = connection.version;
    drop(connection);
    let schemas = schemas(args, &read);
    let narrow = Narrow { schemas: schemas.clone(), owners: false };
    let side = Engine::narrowed(Side { schema: read, renames: Vec::new(), version: Some(version) }, &narrow);
    let mut schema = side.schema.into_inner();
    schema.retain(|id, _| !bookkeeping(id));
    drop(engine);
    if schema.iter().all(|(id, _)| id.kind == kind::SCHEMA || id.target().is_some()) {
        return Err(Report::error("cli::empty_database", "the database holds nothing to begin with")
            .place(&database)
            .help("`limbeck init` without `--from-database` begins a project with models")
            .exit(Exit::Refused));
    }

    // Everything is made in memory and written last; only the baseline needs the project to be there.
    let text = limbeck_models::write(&schema, version);
    let config = config(&models.display().to_string(), revisions, &schemas);
    if let Some(folder) = source.parent() {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    fs::write(&source, text).map_err(|error| unwritable(&source, &error))?;
    fs::create_dir_all(revisions).map_err(|error| unwritable(Path::new(revisions), &error))?;
    fs::write(&args.config, config).map_err(|error| unwritable(&args.config, &error))?;
    for path in [source.display().to_string(), args.config.display().to_string()] {
        out.say(format!("wrote {path}"));
    }
    baseline(args, &database, &Canonical::from_server(schema), version, out)
}

/// The schemas that were named, or all that the database has of its own.
fn schemas(args: &Init, schema: &Schema) -> Vec<String> {
    if !args.schemas.is_empty() {
        return args.schemas.clone();
    }
    let holds = |name: &Id| schema.iter().any(|(id, _)| id.schema == name.name && !bookkeeping(id));
    let all = schema.iter().map(|(id, _)| id).filter(|id| id.kind == kind::SCHEMA);
    let own = all.filter(|id| id.name != "public" || holds(id)).map(|id| id.name.as_str().to_owned());
    let own = own.collect::<Vec<_>>();
    if own.is_empty() { vec!["public".to_owned()] } else { own }
}

fn config(models: &str, revisions: &str, schemas: &[String]) -> String {
    let keys = keys(models, revisions, schemas);
    format!("# Limbeck's configuration; `limbeck explain cli::unknown_key` lists the keys.\n{keys}")
}

/// The revision that makes the database, recorded as applied; and what the models can't say is said.
fn baseline(
    args: &Init,
    database: &limbeck_database::Target,
    schema: &Canonical<Schema>,
    version: i32,
    out: &Out,
) -> Result<Exit> {
    let choice = Choice { config: Some(args.config.clone()), ..Choice::default() };
    let project = Project::load(&choice, out)?;
    let services = project.choose(&choice)?;
    let Some(service) = services.first() else { return Ok(Exit::Done) };
    let mut bench = Bench::new(&project, &services, &args.scratch, out)?;
    let (read, version_read) = bench.read(database)?;
    let comparison = bench.against(service, read, version_read, &[], false)?;
    for difference in &comparison.plan.differences {
        out.warn(Report::warning(
            "cli::baseline",
            format!("the models don't say this: {}", render::line(difference)),
        ));
    }
    let empty = limbeck_kinds::namespace::Namespace { id: limbeck_kinds::namespace::id("public".into()) };
    let empty = Canonical::from_server([empty.into()].into_iter().collect::<Schema>());
    let options = || Options { renames: Vec::new(), version, online: false };
    let fail = |error: limbeck_plan::Error| Report::error(error.code(), error.to_string());
    let up = plan(&empty, schema, &options()).map_err(fail)?;
    let down = plan(schema, &empty, &options()).map_err(fail)?;
    let files = Files::read(&project, service)?;
    let mut file: RevisionFile = file::baseline(&files)?;
    file.upgrade = Script::from_statements(&up.statements);
    file.downgrade = Some(Script::from_statements(&down.statements));
    acknowledge(&mut file)?;
    for path in write(&files.store.folder, &[file])? {
        out.say(format!("wrote {}", path.display()));
    }
    let files = Files::read(&project, service)?;
    files.sound()?;
    let stored = files.store.files.iter().map(record).collect::<Vec<_>>();
    let records = stored.iter().map(|(id, message, checksum)| limbeck_database::version_table::Record {
        id: id.as_str(),
        message,
        checksum,
    });
    bench.stamp(&files, database, &[], &records.collect::<Vec<_>>())?;
    out.say(format!("stamped {}", crate::commands::at(&files.history().heads())));
    Ok(Exit::Done)
}

fn record(stored: &Stored) -> (RevisionId, String, String) {
    (stored.file.id.clone(), stored.file.message.clone(), stored.checksum.clone())
}
