//! `limbeck diff`: the statements that turn one source into another.

mod strict;

use limbeck_database::scratch::ScratchOptions;
use limbeck_kinds::Schema;
use limbeck_plan::{Options, plan};
use limbeck_schema::Canonical;

use limbeck_revisions::Target;

use crate::args::{Choice, Diff, DiffFormat, Look, ScratchPlace};
use crate::bench::Bench;
use crate::engine::{DEFAULT_VERSION, Engine, Narrow, Scope, Side, Source, renames, sql_statements};
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::out::Out;
use crate::project::{Project, Service};
use crate::render;

pub(super) fn run(args: &Diff, out: &Out) -> Result<Exit> {
    let (from, to) = (Source::parse(&args.from)?, Source::parse(&args.to)?);
    let sources = (from.clone(), to.clone());
    let mut engine = engine(&args.look, out)?;
    let narrow = narrow(&args.look);
    // Models are read last: what the other side prints settles most of their texts.
    let models_first = matches!(from, Source::Models(_)) && !matches!(to, Source::Models(_));
    let (from, to) = if models_first {
        let to = side(&mut engine, &args.look, &to, None, out)?;
        let side = side(&mut engine, &args.look, &from, Some(&to.schema), out)?;
        let to = limited(to, &side);
        (side, to)
    } else {
        let is_models = matches!(to, Source::Models(_)) && !matches!(from, Source::Models(_));
        let from = side(&mut engine, &args.look, &from, None, out)?;
        let to = side(&mut engine, &args.look, &to, Some(&from.schema), out)?;
        (if is_models { limited(from, &to) } else { from }, to)
    };
    let (from, to) = (Engine::narrowed(from, &narrow), Engine::narrowed(to, &narrow));
    let to = Side { schema: engine.reconciled(&from.schema, to.schema)?, ..to };
    let version = from.version.or(to.version).unwrap_or(DEFAULT_VERSION);
    let mut told = to.renames.clone();
    told.extend(renames(&args.renames, &from.schema)?);
    let options = Options { renames: told, version, online: args.online };
    let plan = plan(&from.schema, &to.schema, &options)
        .map_err(|error| Report::error(error.code(), error.to_string()))?;
    if let (Source::Database(url), DiffFormat::Sql) = (&sources.0, args.format) {
        let target = crate::project::target(url, "--from and --to")?;
        engine.roles_are_there(&target, &from.schema, &plan.target, || match &sources.1 {
            Source::Sql(path) => sql_statements(path),
            Source::Models(_)
            | Source::Database(_)
            | Source::Snapshot(_)
            | Source::Revisions(_)
            | Source::Empty => Ok(Vec::new()),
        })?;
    }
    let unmodelled = match args.strict {
        true => strict::unmodelled(&mut engine, args, [(&sources.0, &from), (&sources.1, &to)], &plan, out)?,
        false => Vec::new(),
    };
    match args.format {
        DiffFormat::Sql => out.data(render::script(&plan.statements)),
        DiffFormat::Text => {
            out.data(
                plan.differences.iter().map(|difference| render::line(difference) + "\n").collect::<String>(),
            );
        }
        DiffFormat::Json => {
            let mut document = render::plan(&plan);
            if let Some(keys) = document.as_object_mut().filter(|_| args.strict) {
                keys.insert("unmodelled".to_owned(), unmodelled.iter().map(render::sight).collect());
            }
            out.json(document);
        }
        DiffFormat::Markdown => out.data(render::markdown(&plan)),
    }
    for sight in &unmodelled {
        out.say(format!("seen, not modelled: {sight}"));
    }
    let differs = !plan.differences.is_empty() || !plan.statements.is_empty() || !unmodelled.is_empty();
    Ok(if differs && args.exit_code { Exit::Refused } else { Exit::Done })
}

/// An engine for commands that know no service.
pub(super) fn engine<'a>(look: &Look, out: &'a Out) -> Result<Engine<'a>> {
    let options = ScratchOptions { url: look.scratch_url.clone(), ..ScratchOptions::default() };
    Engine::new(out, options, std::env::current_dir().unwrap_or_default())
}

/// Reads a source; revisions are those of the service that the current folder lies in.
pub(super) fn side(
    engine: &mut Engine<'_>,
    look: &Look,
    source: &Source,
    known: Option<&Schema>,
    out: &Out,
) -> Result<Side> {
    let Source::Revisions(target) = source else { return engine.side(source, known) };
    let (schema, version) =
        on_bench(look, target.as_deref(), out, |bench, service, target| bench.replay_to(service, target))?;
    Ok(Side { schema, renames: Vec::new(), version: Some(version) })
}

/// Does something with the revisions of the service that is meant.
fn on_bench<T>(
    look: &Look,
    target: Option<&str>,
    out: &Out,
    work: impl FnOnce(&mut Bench<'_>, &Service, &Target) -> Result<T>,
) -> Result<T> {
    let choice = Choice { services: look.service.iter().cloned().collect(), ..Choice::default() };
    let project = Project::load(&choice, out)?;
    let services = project.choose(&choice)?;
    let Some(service) = services.first() else {
        return Err(Report::error("cli::source", "`revisions` needs a service").into());
    };
    let target = target.unwrap_or("heads").parse::<Target>()?;
    let place = ScratchPlace { scratch_url: look.scratch_url.clone() };
    let mut bench = Bench::new(&project, &services, &place, out)?;
    work(&mut bench, service, &target)
}

pub(super) fn narrow(look: &Look) -> Narrow {
    Narrow { schemas: look.schemas.clone(), owners: look.owners }
}

/// What models can be compared with: the schemas that they name, and the kinds that they can say.
fn limited(side: Side, models: &Side) -> Side {
    let mut names: Vec<String> = models.schema.iter().map(|(id, _)| id.schema.as_str().to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    let scope = Scope::new(&names, &[], &[], &models.schema, &[]);
    let mut schema: Schema = side.schema.into_inner();
    let unsaid =
        |id: &limbeck_schema::Id| id.kind == limbeck_kinds::kind::SCHEMA && !models.schema.contains(id);
    schema.retain(|id, _| scope.manages(id) && !unsaid(id));
    Side { schema: Canonical::from_server(schema), ..side }
}
