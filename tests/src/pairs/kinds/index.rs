//! Indexes of tables and materialized views.

use super::constraint::predicate;
use super::{Kind, routine};
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Class, Column, Paper, Phase, Shape, full};
use crate::pairs::server::since;

/// An index that others may refer to.
pub(super) struct Index {
    pub(super) name: String,
    /// Of all rows, whole columns that are never NULL.
    pub(super) unique: bool,
}

pub(super) fn indexes(
    draw: &mut Draw<'_>,
    paper: &mut Paper,
    shape: &Shape,
    prefix: &str,
    slots: usize,
) -> Vec<Index> {
    let mut made = Vec::new();
    for slot in 0..slots {
        let key = format!("{prefix}{slot}");
        if draw.chance(&key, 35) {
            made.extend(index(draw, paper, shape, &key));
        }
    }
    made
}

fn index(draw: &mut Draw<'_>, paper: &mut Paper, shape: &Shape, key: &str) -> Option<Index> {
    let k = |part: &str| format!("{key}.{part}");
    let ids = (0_u32..).zip(&shape.columns).map(|(id, _)| id);
    let at = usize::try_from(draw.refer(&k("column"), ids)?).ok()?;
    let column = shape.columns.get(at)?;
    let form = draw.pick(&k("name"), &["idx", "Idx ", "we\"idx", "ü"]);
    let bare = format!("{form}{}{key}", shape.id);
    let name = quoted(&bare);
    let method = match column.class {
        Class::Array | Class::Json | Class::Search => "gin",
        Class::Geometry => "gist",
        Class::Range => draw.pick(&k("method"), &["gist", "btree", "spgist", "hash"]),
        Class::Other => return None,
        Class::Integer => draw.pick(&k("method"), &["btree", "btree", "btree", "btree", "hash", "brin"]),
        _ => draw.pick(&k("method"), &["btree", "btree", "btree", "btree", "hash"]),
    };
    let arrow = column.class == Class::Json && draw.chance(&k("arrow"), 30);
    let method = if arrow { "btree" } else { method };
    let tree = method == "btree";
    let mut elements = match arrow {
        true => vec![format!("(({} ->> 'a'::text))", column.name)],
        false => vec![element(draw, paper, &k("e0"), column, tree)],
    };
    if tree && draw.chance(&k("two"), 30) {
        let second = shape.columns.iter().filter(|other| other.class.is_ordered()).nth(1)?;
        elements.push(element(draw, paper, &k("e1"), second, tree));
    }
    let unique = tree && draw.chance(&k("unique"), 20);
    let mut sql = format!(
        "CREATE{} INDEX {name} ON{} {} USING {method} ({})",
        if unique { " UNIQUE" } else { "" },
        if draw.chance(&k("only"), 3) { " ONLY" } else { "" },
        shape.name,
        elements.join(", ")
    );
    if tree && draw.chance(&k("include"), 10) {
        sql.push_str(&format!(" INCLUDE ({})", shape.columns[0].name));
    }
    if unique && draw.chance(&k("nulls"), 15) && since(15) {
        sql.push_str(" NULLS NOT DISTINCT");
    }
    if draw.chance(&k("options"), 8) {
        sql.push_str(match method {
            "btree" => draw.pick(&k("with"), &[" WITH (fillfactor = 70)", " WITH (deduplicate_items = off)"]),
            "gin" => " WITH (fastupdate = off)",
            "brin" => " WITH (pages_per_range = 32)",
            "gist" => " WITH (buffering = off)",
            _ => " WITH (fillfactor = 50)",
        });
    }
    let partial = draw.chance(&k("where"), 18);
    if partial {
        sql.push_str(&format!(" WHERE {}", predicate(draw, &k("p"), &shape.columns, Some(paper))));
    }
    paper.write(Phase::Attach, sql);
    let whole = full(&shape.schema, &bare);
    if elements[0].starts_with('(') && draw.chance(&k("statistics"), 10) {
        paper.write(Phase::Attach, format!("ALTER INDEX {whole} ALTER COLUMN 1 SET STATISTICS 500"));
    }
    paper.comment(draw, &k("comment"), &format!("INDEX {whole}"));
    let plain = elements.iter().all(|element| element.starts_with('"'));
    Some(Index { name, unique: unique && !partial && plain && column.not_null })
}

fn element(draw: &mut Draw<'_>, paper: &Paper, key: &str, column: &Column, tree: bool) -> String {
    let mut element = column.name.clone();
    if tree
        && draw.chance(&format!("{key}.helper"), 5)
        && let Some(call) = routine::call(
            draw,
            &format!("{key}.call"),
            Some(paper),
            column,
            if column.class == Class::Text { "text" } else { "integer" },
        )
    {
        return format!("({call})");
    }
    if tree && draw.chance(&format!("{key}.expression"), 15) {
        let form = match column.class {
            Class::Integer => draw.pick(&format!("{key}.how"), &["(# + 1)", "abs(#)", "(# % 10)"]),
            Class::Text => {
                draw.pick(&format!("{key}.how"), &["lower(#::text)", "(#::text || 'x')", "upper(#::text)"])
            }
            Class::Truth => "(NOT #)",
            _ => "(# IS NULL)",
        };
        let inner = form.replace('#', &column.name);
        element = if inner.starts_with('(') { inner } else { format!("({inner})") };
    } else if tree && column.class == Class::Text && draw.chance(&format!("{key}.class"), 12) {
        match column.ty.as_str() {
            "text" => element.push_str(" text_pattern_ops"),
            "varchar" | "varchar(20)" | "varchar(200)" => element.push_str(" varchar_pattern_ops"),
            _ => {}
        }
    } else if column.class == Class::Text && draw.chance(&format!("{key}.collate"), 8) {
        let own = paper.refer(draw, &format!("{key}.collation"), &[Kind::Collation]);
        let name = own.map_or("\"C\"", |shape| shape.name.as_str());
        element.push_str(&format!(" COLLATE {name}"));
    } else if column.class == Class::Json && draw.chance(&format!("{key}.path"), 30) {
        element.push_str(" jsonb_path_ops");
    }
    if tree {
        element.push_str(
            draw.pick(
                &format!("{key}.order"),
                &["", "", "", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"],
            ),
        );
    }
    element
}
