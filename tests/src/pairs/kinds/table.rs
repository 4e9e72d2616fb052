//! Tables: plain, partitioned, and children of others.

use super::types::shape;
use super::{Kind, column, constraint, index};
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Class, Paper, Phase, Shape, full};
use crate::pairs::world::Object;

const SLOTS: usize = 8;

/// How a table is partitioned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    None,
    Range,
    List,
    Hash,
}

pub(super) fn table(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let parts = match draw.number("parts", 12) {
        9 => Parts::Range,
        10 => Parts::List,
        11 => Parts::Hash,
        _ => Parts::None,
    };
    let unlogged = parts == Parts::None && draw.chance("unlogged", 5);
    let mut slots = Vec::new();
    let mut items = Vec::new();
    for slot in 0..SLOTS {
        if slot != 0 && !draw.chance(&format!("c{slot}"), 55) {
            continue;
        }
        let written = column::column(draw, paper, slot, &shape.columns);
        items.push(written.sql);
        shape.columns.push(written.column);
        slots.push(slot);
    }
    constraint::keys(draw, paper, &mut shape, &mut items, parts == Parts::None);
    constraint::checks(draw, paper, &shape, &mut items, parts == Parts::None);
    constraint::foreign(draw, paper, &mut shape, &mut items);
    let key = part_key(draw, &shape, &items, parts);
    let by = match parts {
        Parts::None => String::new(),
        Parts::Range => format!(" PARTITION BY RANGE ({})", key.join(", ")),
        Parts::List => format!(" PARTITION BY LIST ({})", key.join(", ")),
        Parts::Hash => format!(" PARTITION BY HASH ({})", key.join(", ")),
    };
    let options = if parts == Parts::None { options(draw) } else { String::new() };
    if let Some(of) = paper.refer(draw, "of", &[Kind::Composite]).cloned()
        && draw.chance("typed", 4)
    {
        typed(draw, paper, shape, &of);
        return;
    }
    let unlogged = if unlogged { " UNLOGGED" } else { "" };
    paper.write(
        Phase::Make,
        format!("CREATE{unlogged} TABLE {} (\n  {}\n){by}{options}", shape.name, items.join(",\n  ")),
    );
    partitions(object, draw, paper, &shape, (parts, key.len()));
    finish(draw, paper, shape, &slots, parts == Parts::None);
}

/// A partition key: the first column, two of them, or an expression. Unique keys have to hold all columns of it.
fn part_key(draw: &mut Draw<'_>, shape: &Shape, items: &[String], parts: Parts) -> Vec<String> {
    let first = &shape.columns[0];
    let mut key = vec![first.name.clone()];
    let has_unique = items.iter().any(|item| item.contains("UNIQUE"));
    let has_primary = items.iter().any(|item| item.contains("PRIMARY KEY"));
    match draw.number("parts.key", 6) {
        4 if parts != Parts::List && !has_unique => {
            let second = shape.columns.get(1).filter(|column| column.class.is_ordered() && !column.generated);
            let fits = !has_primary || shape.key.contains(&1);
            key.extend(second.filter(|_| fits).map(|column| column.name.clone()));
        }
        5 if !has_unique && !has_primary => match first.class {
            Class::Integer => key = vec![format!("({} + 0)", first.name)],
            Class::Text => key = vec![format!("lower({}::text)", first.name)],
            _ => {}
        },
        _ => {}
    }
    key
}

/// A table of a composite type.
fn typed(draw: &mut Draw<'_>, paper: &mut Paper, mut shape: Shape, of: &Shape) {
    shape.columns = of.columns.clone();
    shape.key.clear();
    let first = &mut shape.columns[0];
    let mut items = Vec::new();
    if first.class.is_ordered() && draw.chance("typed.key", 50) {
        first.not_null = true;
        items.push(format!("PRIMARY KEY ({})", first.name));
    } else if draw.chance("typed.default", 50) {
        items.push(format!("{} WITH OPTIONS DEFAULT {}", first.name, first.sample));
    }
    constraint::checks(draw, paper, &shape, &mut items, true);
    let items = if items.is_empty() { String::new() } else { format!(" ({})", items.join(", ")) };
    paper.write(Phase::Make, format!("CREATE TABLE {} OF {}{items}", shape.name, of.name));
    finish(draw, paper, shape, &[], true);
}

fn options(draw: &mut Draw<'_>) -> String {
    if !draw.chance("options", 8) {
        return String::new();
    }
    let with = draw.pick(
        "options.which",
        &[
            "fillfactor = 70",
            "autovacuum_enabled = false",
            "fillfactor = 80, parallel_workers = 2",
            "toast.autovacuum_enabled = false",
        ],
    );
    format!(" WITH ({with})")
}

/// What all tables have in common.
fn finish(draw: &mut Draw<'_>, paper: &mut Paper, shape: Shape, slots: &[usize], plain: bool) {
    for (at, slot) in slots.iter().enumerate() {
        column::details(draw, paper, &shape, *slot, at);
    }
    let indexes = index::indexes(draw, paper, &shape, "i", 3);
    let table = &shape.name;
    if plain {
        match draw.number("identity", 20) {
            18 => paper.write(Phase::Attach, format!("ALTER TABLE {table} REPLICA IDENTITY FULL")),
            17 => paper.write(Phase::Attach, format!("ALTER TABLE {table} REPLICA IDENTITY NOTHING")),
            16 => {
                for index in indexes.iter().filter(|index| index.unique).take(1) {
                    let sql = format!("ALTER TABLE {table} REPLICA IDENTITY USING INDEX {}", index.name);
                    paper.write(Phase::Attach, sql);
                }
            }
            _ => {}
        }
        if let Some(index) = indexes.first().filter(|_| draw.chance("cluster", 8)) {
            paper.write(Phase::Attach, format!("ALTER TABLE {table} CLUSTER ON {}", index.name));
        }
    }
    if draw.chance("security", 10) {
        let how = draw.pick("security.how", &["ENABLE", "FORCE"]);
        paper.write(Phase::Attach, format!("ALTER TABLE {table} {how} ROW LEVEL SECURITY"));
    }
    paper.decorate(
        draw,
        &format!("TABLE {table}"),
        Some((
            &format!("TABLE {table}"),
            &["SELECT", "INSERT, UPDATE", "ALL", "DELETE", "TRUNCATE, REFERENCES, TRIGGER"],
        )),
    );
    rows(paper, &shape);
    paper.shapes.push(shape);
}

/// Two rows, if the constraints let them in.
fn rows(paper: &mut Paper, shape: &Shape) {
    let columns: Vec<_> = shape.columns.iter().filter(|column| !column.generated).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    for row in 0..2 {
        let values: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| match (at, column.class, column.sample.as_str()) {
                (0, Class::Integer, _) => format!("{}", row + 1),
                (0, _, sample) if sample.contains('7') => sample.replace('7', &format!("{}", row + 1)),
                (0, _, sample) => sample.replacen('a', &format!("{}", row + 1), 1),
                (_, _, sample) => sample.to_owned(),
            })
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})",
            shape.name,
            names.join(", "),
            values.join(", ")
        );
        paper.write(Phase::Rows, sql);
    }
}

fn partitions(
    object: &Object,
    draw: &mut Draw<'_>,
    paper: &mut Paper,
    shape: &Shape,
    (parts, width): (Parts, usize),
) {
    if parts == Parts::None {
        return;
    }
    let class = shape.columns[0].class;
    for slot in 0..4 {
        let key = format!("p{slot}");
        if !draw.chance(&key, 60) {
            continue;
        }
        let turn = usize::try_from(draw.number(&format!("{key}.bound"), 3)).unwrap_or(0);
        let bound = bound((parts, width), class, &shape.columns[0].ty, slot, turn);
        let form = draw.pick(&format!("{key}.name"), &["part ", "p", "P\""]);
        let bare = format!("{form}{}_{slot}", object.id);
        let name = full(&shape.schema, &bare);
        let below = draw.chance(&format!("{key}.sub"), 12);
        let by =
            if below { format!(" PARTITION BY HASH ({})", shape.columns[0].name) } else { String::new() };
        if draw.chance(&format!("{key}.attached"), 12) {
            // With columns in another order.
            let columns: Vec<String> = shape
                .columns
                .iter()
                .enumerate()
                .rev()
                .map(|(at, column)| {
                    let null = if column.not_null || shape.key.contains(&at) { " NOT NULL" } else { "" };
                    format!("{} {}{null}", column.name, column.ty)
                })
                .collect();
            let made = format!("CREATE TABLE {name} ({}){by}", columns.join(", "));
            let attached = format!("ALTER TABLE {} ATTACH PARTITION {name} {bound}", shape.name);
            paper.write(Phase::Make, format!("{made}; {attached}"));
        } else {
            paper.write(Phase::Make, format!("CREATE TABLE {name} PARTITION OF {} {bound}{by}", shape.name));
        }
        if below {
            let under = full(&shape.schema, &format!("{bare}s"));
            let bound = "FOR VALUES WITH (MODULUS 1, REMAINDER 0)";
            paper.write(Phase::Make, format!("CREATE TABLE {under} PARTITION OF {name} {bound}"));
        }
        paper.comment(draw, &format!("{key}.comment"), &format!("TABLE {name}"));
        paper.shapes.push(Shape {
            id: object.id * 10_000 + u32::try_from(slot).unwrap_or(0),
            kind: Kind::Partition,
            name: name.clone(),
            ..shape.clone()
        });
        if draw.chance(&format!("{key}.default"), 8) && shape.columns.len() > 1 && !shape.columns[1].generated
        {
            let column = &shape.columns[1];
            paper.write(
                Phase::Attach,
                format!("ALTER TABLE {name} ALTER COLUMN {} SET DEFAULT {}", column.name, column.sample),
            );
        }
        if draw.chance(&format!("{key}.index"), 12) {
            let index = quoted(&format!("{bare}i"));
            paper.write(Phase::Attach, format!("CREATE INDEX {index} ON {name} ({})", shape.columns[0].name));
        }
        if draw.chance(&format!("{key}.check"), 8) {
            let sql = format!("ALTER TABLE {name} ADD CHECK ({} IS NOT NULL)", shape.columns[0].name);
            paper.write(Phase::Attach, sql);
        }
    }
}

fn bound((parts, width): (Parts, usize), class: Class, ty: &str, slot: usize, turn: usize) -> String {
    let value = |n: usize| match (class, ty) {
        (Class::Integer, _) => format!("{}", n * 10),
        (_, "uuid") => format!("'{n:08}-0000-0000-0000-000000000000'"),
        _ => format!("'{}'", char::from(b'a' + u8::try_from(n % 26).unwrap_or(0))),
    };
    let rest = ", MINVALUE".repeat(width.saturating_sub(1));
    match (parts, slot) {
        (Parts::Range | Parts::List, 3) => "DEFAULT".to_owned(),
        (Parts::Range, 0) => format!("FOR VALUES FROM (MINVALUE{rest}) TO ({}{rest})", value(1 + turn)),
        (Parts::Range, _) => {
            format!("FOR VALUES FROM ({}{rest}) TO ({}{rest})", value(slot * 5), value(slot * 5 + 1 + turn))
        }
        (Parts::List, 0) => "FOR VALUES IN (NULL)".to_owned(),
        (Parts::List, _) => {
            let values: Vec<String> = (0..=turn).map(|n| value(slot * 5 + n)).collect();
            format!("FOR VALUES IN ({})", values.join(", "))
        }
        (Parts::Hash | Parts::None, _) => {
            let modulus = [4, 4, 8][turn];
            format!("FOR VALUES WITH (MODULUS {modulus}, REMAINDER {slot})")
        }
    }
}

/// Partitions are written with their tables.
pub(super) fn partition(_: &Object, _: &mut Draw<'_>, _: &mut Paper) {}

/// A table that inherits.
pub(super) fn child(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let deep = paper.refer(draw, "above", &[Kind::Child]).filter(|_| draw.chance("deep", 40)).cloned();
    let Some(parent) = deep.or_else(|| paper.refer(draw, "parent", &[Kind::Table]).cloned()) else { return };
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    shape.columns = parent
        .columns
        .iter()
        .map(|column| crate::pairs::paper::Column {
            // Whatever the parent generates, the child inherits.
            ..column.clone()
        })
        .collect();
    let mut items = Vec::new();
    // A child of a child has columns beside those of its parent.
    let first = if parent.kind == Kind::Child { 12 } else { 10 };
    for slot in first..first + 2 {
        if draw.chance(&format!("c{slot}"), 50) {
            let written = column::column(draw, paper, slot, &[]);
            items.push(written.sql);
            shape.columns.push(written.column);
        }
    }
    if draw.chance("merged", 20) && !shape.columns[0].generated {
        items.push(format!("{} {}", shape.columns[0].name, shape.columns[0].ty));
    }
    constraint::checks(draw, paper, &shape, &mut items, true);
    let mut parents = parent.name.clone();
    if let Some(second) = paper.refer(draw, "second", &[Kind::Child]).filter(|_| draw.chance("two", 10)) {
        parents = format!("{parents}, {}", second.name);
    }
    paper.write(
        Phase::Make,
        format!("CREATE TABLE {} ({}) INHERITS ({parents})", shape.name, items.join(", ")),
    );
    finish(draw, paper, shape, &[], true);
}
