//! Constraints of tables.

use super::{Kind, routine};
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Class, Column, Paper, Phase, Shape};
use crate::pairs::server::since;

/// `CONSTRAINT name `, or nothing where the server finds one.
fn named(draw: &mut Draw<'_>, key: &str, shape: &Shape, what: &str) -> String {
    if !draw.chance(&format!("{key}.named"), 50) {
        return String::new();
    }
    let form = draw.pick(&format!("{key}.name"), &["k", "Key ", "we\"ird "]);
    format!("CONSTRAINT {} ", quoted(&format!("{form}{what}{}", shape.id)))
}

fn deferrable(draw: &mut Draw<'_>, key: &str) -> &'static str {
    match draw.number(&format!("{key}.deferrable"), 12) {
        10 => " DEFERRABLE",
        11 => " DEFERRABLE INITIALLY DEFERRED",
        _ => "",
    }
}

/// One of the columns that an ordered index can hold.
fn ordered<'a>(draw: &mut Draw<'_>, key: &str, shape: &'a Shape) -> Option<&'a Column> {
    let ids = (0_u32..).zip(&shape.columns).filter(|(_, column)| column.class.is_ordered());
    let id = draw.refer(key, ids.map(|(id, _)| id))?;
    shape.columns.get(usize::try_from(id).ok()?)
}

/// Primary key, unique and exclusion constraints.
pub(super) fn keys(
    draw: &mut Draw<'_>,
    paper: &mut Paper,
    shape: &mut Shape,
    items: &mut Vec<String>,
    plain: bool,
) {
    if draw.chance("pk", 75) {
        let name = named(draw, "pk", shape, "pk");
        let mut columns = vec![shape.columns[0].name.clone()];
        shape.key = vec![0];
        if draw.chance("pk.two", 15) && shape.columns.len() > 1 && shape.columns[1].class.is_ordered() {
            columns.push(shape.columns[1].name.clone());
            shape.key.push(1);
        }
        let include = match ordered(draw, "pk.include", shape) {
            Some(column) if draw.chance("pk.includes", 6) => format!(" INCLUDE ({})", column.name),
            _ => String::new(),
        };
        let deferrable = deferrable(draw, "pk");
        if !deferrable.is_empty() {
            // A foreign key cannot refer to it.
            shape.key.clear();
        }
        items.push(format!("{name}PRIMARY KEY ({}){include}{deferrable}", columns.join(", ")));
        paper_comment(draw, paper, "pk", &name, shape);
    }
    for slot in 0..2 {
        let key = format!("u{slot}");
        if !draw.chance(&key, 18) {
            continue;
        }
        let name = named(draw, &key, shape, &key);
        let mut columns = vec![shape.columns[0].name.clone()];
        if let Some(column) = ordered(draw, &format!("{key}.column"), shape)
            && column.name != columns[0]
        {
            columns.push(column.name.clone());
        }
        let nulls =
            if draw.chance(&format!("{key}.nulls"), 15) && since(15) { " NULLS NOT DISTINCT" } else { "" };
        let fill = if draw.chance(&format!("{key}.fill"), 6) { " WITH (fillfactor=70)" } else { "" };
        let deferrable = deferrable(draw, &key);
        items.push(format!("{name}UNIQUE{nulls} ({}){fill}{deferrable}", columns.join(", ")));
        paper_comment(draw, paper, &key, &name, shape);
    }
    if plain && draw.chance("x0", 6) {
        let name = named(draw, "x0", shape, "x0");
        let range = shape.columns.iter().find(|column| column.class == Class::Range);
        let ordered = ordered(draw, "x0.column", shape);
        let element = match (range, ordered) {
            (Some(column), _) => format!("USING gist ({} WITH &&)", column.name),
            (None, Some(column)) => format!("USING btree ({} WITH =)", column.name),
            (None, None) => return,
        };
        let predicate = if draw.chance("x0.where", 30) {
            format!(" WHERE ({} IS NOT NULL)", shape.columns[0].name)
        } else {
            String::new()
        };
        let deferrable = deferrable(draw, "x0");
        items.push(format!("{name}EXCLUDE {element}{predicate}{deferrable}"));
    }
}

fn paper_comment(draw: &mut Draw<'_>, paper: &mut Paper, key: &str, name: &str, shape: &Shape) {
    if let Some(name) = name.strip_prefix("CONSTRAINT ") {
        paper.comment(draw, &format!("{key}.comment"), &format!("CONSTRAINT {name}ON {}", shape.name));
    }
}

/// An expression that is true or false of a row.
pub(super) fn predicate(draw: &mut Draw<'_>, key: &str, columns: &[Column], paper: Option<&Paper>) -> String {
    let ids = (0_u32..).zip(columns).map(|(id, _)| id);
    let at = draw.refer(&format!("{key}.column"), ids).and_then(|id| usize::try_from(id).ok()).unwrap_or(0);
    let Some(column) = columns.get(at) else { return "true".to_owned() };
    if draw.chance(&format!("{key}.helper"), 10)
        && let Some(call) = routine::call(draw, &format!("{key}.call"), paper, column, "boolean")
    {
        return call;
    }
    let forms: &[&str] = match column.class {
        Class::Integer => &[
            "# IS NOT NULL",
            "# > 0",
            "# <> 100",
            "# BETWEEN 0 AND 1000",
            "# IN (1, 2, 7, 42)",
            "# % 2 = # % 2",
            "NOT (# = 99 OR # = 98)",
        ],
        Class::Text => &[
            "# IS NOT NULL",
            "#::text <> 'zz'",
            "length(#::text) > 0",
            "#::text ~ '^.*$'",
            "#::text IN ('a', 'b') OR true",
            "lower(#::text) = lower(#::text)",
            "#::text LIKE '%'",
        ],
        Class::Number => &["# IS NOT NULL", "# > 0", "# >= 0.5", "# <> 9 AND # <> 8"],
        Class::Truth => &["# IS NOT NULL", "#", "# IS TRUE", "# OR NOT #", "# = true"],
        Class::Array => &["# IS NOT NULL", "cardinality(#) > 0", "array_ndims(#) >= 1"],
        Class::Json => &["# IS NOT NULL", "# <> '[]'", "jsonb_typeof(#) = 'object'", "(# ->> 'a') IS NULL"],
        Class::Range => &["# IS NOT NULL", "isempty(#) OR true", "NOT upper_inf(#)"],
        Class::Time | Class::Ordered => &["# IS NOT NULL", "# = @", "# >= @", "# IN (@)"],
        Class::Search | Class::Geometry | Class::Other => &["# IS NOT NULL", "# IS NULL OR true"],
    };
    draw.pick(&format!("{key}.form"), forms).replace('#', &column.name).replace('@', &column.sample)
}

/// Check constraints.
pub(super) fn checks(
    draw: &mut Draw<'_>,
    paper: &mut Paper,
    shape: &Shape,
    items: &mut Vec<String>,
    plain: bool,
) {
    for slot in 0..3 {
        let key = format!("k{slot}");
        if !draw.chance(&key, 18) {
            continue;
        }
        let name = named(draw, &key, shape, &key);
        let mut expression = predicate(draw, &key, &shape.columns, Some(paper));
        if draw.chance(&format!("{key}.two"), 15) {
            expression = format!(
                "({expression}) OR {}",
                predicate(draw, &format!("{key}.2"), &shape.columns, Some(paper))
            );
        }
        let inherit = if plain && draw.chance(&format!("{key}.no_inherit"), 8) { " NO INHERIT" } else { "" };
        if !name.is_empty() && draw.chance(&format!("{key}.not_valid"), 8) {
            let sql = format!("ALTER TABLE {} ADD {name}CHECK ({expression}){inherit} NOT VALID", shape.name);
            paper.write(Phase::Link, sql);
        } else {
            items.push(format!("{name}CHECK ({expression}){inherit}"));
        }
        paper_comment(draw, paper, &key, &name, shape);
    }
}

/// Foreign keys, with the columns that hold them.
pub(super) fn foreign(draw: &mut Draw<'_>, paper: &mut Paper, shape: &mut Shape, items: &mut Vec<String>) {
    for slot in 0..2 {
        let key = format!("f{slot}");
        if !draw.chance(&key, 30) {
            continue;
        }
        // The table itself may be the target.
        let ids = paper.of(&[Kind::Table, Kind::Partition]).map(|shape| shape.id).chain([shape.id]);
        let Some(id) = draw.refer(&format!("{key}.target"), ids) else { continue };
        let target = paper.shape(id).unwrap_or(shape).clone();
        if target.key.is_empty() {
            continue;
        }
        let mut locals = Vec::new();
        for (at, part) in target.key.iter().enumerate() {
            let of = &target.columns[*part];
            let form = draw.pick(&format!("{key}.name"), &["ref", "Ref ", "we\"ref"]);
            let name = quoted(&format!("{form}{slot}{at}"));
            items.insert(shape.columns.len(), format!("{name} {}", of.ty));
            shape.columns.push(Column {
                name: name.clone(),
                not_null: false,
                generated: false,
                sample: "NULL".to_owned(),
                ..of.clone()
            });
            locals.push(name);
        }
        let referred: Vec<&str> = target.key.iter().map(|part| target.columns[*part].name.as_str()).collect();
        let name = named(draw, &key, shape, &key);
        let mut sql = format!("{name}FOREIGN KEY ({}) REFERENCES {}", locals.join(", "), target.name);
        if draw.chance(&format!("{key}.explicit"), 50) {
            sql.push_str(&format!(" ({})", referred.join(", ")));
        }
        sql.push_str(draw.pick(&format!("{key}.match"), &["", "", "", "", " MATCH FULL"]));
        let actions = [
            "",
            "",
            " ON DELETE CASCADE",
            " ON DELETE SET NULL",
            " ON DELETE RESTRICT",
            " ON DELETE SET DEFAULT",
            " ON DELETE SET NULL@",
        ];
        let columns = if since(15) { format!(" ({})", locals[0]) } else { String::new() };
        sql.push_str(&draw.pick(&format!("{key}.delete"), &actions).replace('@', &columns));
        sql.push_str(draw.pick(
            &format!("{key}.update"),
            &["", "", " ON UPDATE CASCADE", " ON UPDATE SET NULL", " ON UPDATE RESTRICT"],
        ));
        sql.push_str(deferrable(draw, &key));
        let later = draw.chance(&format!("{key}.not_valid"), 8);
        paper.write(
            Phase::Link,
            format!("ALTER TABLE {} ADD {sql}{}", shape.name, if later { " NOT VALID" } else { "" }),
        );
        paper_comment(draw, paper, &key, &name, shape);
    }
}
