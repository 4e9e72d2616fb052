//! `limbeck inspect`: a whole schema, as SQL or as a diagram.

use limbeck_kinds::{Object, Schema};
use limbeck_plan::{Options, plan};

use super::diff::{DEFAULT_VERSION, engine, narrow};
use crate::args::{Inspect, InspectFormat};
use crate::engine::{Engine, Source};
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::out::Out;
use crate::render;

pub(super) fn run(args: &Inspect, out: &Out) -> Result<Exit> {
    let source = Source::parse(&args.from)?;
    let mut engine = engine(&args.look, out)?;
    let side = engine.side(&source, None)?;
    let side = Engine::narrowed(side, &narrow(&args.look));
    match args.format {
        InspectFormat::Sql => {
            let empty = engine.side(&Source::Empty, None)?;
            let empty = Engine::narrowed(empty, &narrow(&args.look));
            let options = Options { renames: Vec::new(), version: side.version.unwrap_or(DEFAULT_VERSION) };
            let plan = plan(&empty.schema, &side.schema, &options)
                .map_err(|error| Report::error(error.code(), error.to_string()))?;
            out.data(render::script(&plan.statements));
        }
        InspectFormat::Mermaid => out.data(mermaid(&side.schema)),
        InspectFormat::Json | InspectFormat::Rust => {
            return Err(Report::error("cli::not_yet", "this format is not written yet").exit(Exit::Usage));
        }
    }
    Ok(Exit::Done)
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
