//! `limbeck inspect`: a whole schema, as SQL, snapshot, models or diagram.

use limbeck_kinds::{Object, Schema};
use limbeck_plan::{Options, Plan, plan};
use serde_json::json;

use super::diff::{engine, narrow, side};
use crate::args::{Inspect, InspectFormat};
use crate::engine::{BESIDE_MODELS, DEFAULT_VERSION, Engine, Side, Source};
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::out::Out;
use crate::render;

pub(super) fn run(args: &Inspect, out: &Out) -> Result<Exit> {
    let source = Source::parse(&args.from)?;
    if args.out.is_some() && args.format != InspectFormat::Rust {
        return Err(Report::error("cli::usage", "`--out` goes with `--format rust`").exit(Exit::Usage));
    }
    let mut engine = engine(&args.look, out)?;
    let side = side(&mut engine, &args.look, &source, None, out)?;
    let side = Engine::narrowed(side, &narrow(&args.look));
    match args.format {
        InspectFormat::Sql => out.data(render::script(&creation(&mut engine, args, &side)?.statements)),
        InspectFormat::Json => {
            let plan = creation(&mut engine, args, &side)?;
            let objects: Vec<_> = plan.differences.iter().map(render::object).collect();
            let statements: Vec<_> = plan.statements.iter().map(render::statement).collect();
            out.json(json!({ "version": side.version, "objects": objects, "statements": statements }));
        }
        InspectFormat::Mermaid => out.data(mermaid(&side.schema)),
        InspectFormat::Rust => rust(args, &side, out)?,
    }
    Ok(Exit::Done)
}

/// The way from an empty database to the schema.
fn creation(engine: &mut Engine<'_>, args: &Inspect, side: &Side) -> Result<Plan> {
    let empty = engine.side(&Source::Empty, None)?;
    let empty = Engine::narrowed(empty, &narrow(&args.look));
    let options =
        Options { renames: Vec::new(), version: side.version.unwrap_or(DEFAULT_VERSION), online: false };
    Ok(plan(&empty.schema, &side.schema, &options)
        .map_err(|error| Report::error(error.code(), error.to_string()))?)
}

/// Models: one file on stdout, or a folder with models and SQL apart.
fn rust(args: &Inspect, side: &Side, out: &Out) -> Result<()> {
    let (schema, version) = (&side.schema, side.version.unwrap_or(DEFAULT_VERSION));
    let Some(folder) = &args.out else {
        out.data(limbeck_models::write(schema, version));
        return Ok(());
    };
    let (models, sql) = limbeck_models::write_apart(schema, version);
    let unwritable = |error: std::io::Error| {
        Report::error("cli::unwritable", format!("cannot write into {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let sql: String =
        sql.iter().map(|statement| format!("{};\n\n", statement.trim_end_matches(';'))).collect();
    for (name, text) in [("models.rs", &models), (BESIDE_MODELS, &sql)] {
        if !text.is_empty() {
            std::fs::write(folder.join(name), text).map_err(unwritable)?;
        }
    }
    out.say(format!("models written to {}", folder.display()));
    Ok(())
}

/// An entity-relationship diagram of the tables.
fn mermaid(schema: &Schema) -> String {
    use limbeck_kinds::constraint::ConstraintDefinition;
    let word = |text: &str| -> String {
        text.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect()
    };
    let mut out = String::from("erDiagram\n");
    let mut open = None;
    for (id, object) in schema.iter() {
        let Object::Column(column) = object else { continue };
        let table = id.relation();
        if open != Some(table) {
            if open.is_some() {
                out.push_str("    }\n");
            }
            out.push_str(&format!("    {} {{\n", word(&table.to_string())));
            open = Some(table);
        }
        let key = limbeck_kinds::constraint::of_table(schema, table).any(|constraint| {
            matches!(&constraint.definition, ConstraintDefinition::PrimaryKey(key) if key.columns.contains(&id.name))
        });
        let mark = if key { " PK" } else { "" };
        out.push_str(&format!("        {} {}{mark}\n", word(&column.ty.to_string()), word(id.name.as_str())));
    }
    if open.is_some() {
        out.push_str("    }\n");
    }
    for (_, object) in schema.iter() {
        let Object::Constraint(constraint) = object else { continue };
        let ConstraintDefinition::ForeignKey(key) = &constraint.definition else { continue };
        let (from, to) = (word(&constraint.table().to_string()), word(&key.table.to_string()));
        out.push_str(&format!("    {from} }}o--|| {to} : {}\n", word(constraint.id.name.as_str())));
    }
    out
}
