//! What objects are written on: SQL in chunks, and what later objects may refer to.

use super::draw::Draw;
use super::names::{literal, quoted};
use super::world::Kind;

/// When a chunk is run; later ones may refer to everything in earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Make,
    Link,
    Attach,
    Rows,
    Last,
}

/// A piece of SQL that the server takes or refuses as a whole.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) phase: Phase,
    /// Whether the chunk makes rows.
    pub(super) rows: bool,
    /// The statements.
    pub(super) sql: String,
}

/// A column that others may refer to.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: String,
    /// A value of it, as SQL.
    pub(super) sample: String,
    pub(super) class: Class,
    pub(super) not_null: bool,
    pub(super) generated: bool,
}

/// What can be done with values of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Integer,
    Number,
    Text,
    Time,
    Truth,
    Json,
    Range,
    Array,
    Search,
    Geometry,
    /// Of user types and the rest: equality and order.
    Ordered,
    /// Not even that.
    Other,
}

impl Class {
    pub(super) fn is_ordered(self) -> bool {
        !matches!(self, Self::Json | Self::Search | Self::Geometry | Self::Other)
    }
}

/// What later objects may know of an object.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) id: u32,
    pub(super) kind: Kind,
    /// Its schema, quoted.
    pub(super) schema: String,
    /// In full, quoted.
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// The columns of the primary key.
    pub(super) key: Vec<usize>,
    /// What a value of it looks like, for types; the arguments, for routines.
    pub(super) sample: String,
}

/// Everything that was written so far.
#[derive(Default)]
pub(super) struct Paper {
    pub(super) shapes: Vec<Shape>,
    pub(super) chunks: Vec<Chunk>,
}

impl Paper {
    pub(super) fn write(&mut self, phase: Phase, sql: impl Into<String>) {
        self.chunks.push(Chunk { phase, rows: phase == Phase::Rows, sql: sql.into() });
    }

    pub(super) fn of<'a>(&'a self, kinds: &'a [Kind]) -> impl Iterator<Item = &'a Shape> {
        self.shapes.iter().filter(|shape| kinds.contains(&shape.kind))
    }

    pub(super) fn shape(&self, id: u32) -> Option<&Shape> {
        self.shapes.iter().find(|shape| shape.id == id)
    }

    /// One of the objects of some kinds.
    pub(super) fn refer(&self, draw: &mut Draw<'_>, key: &str, kinds: &[Kind]) -> Option<&Shape> {
        let id = draw.refer(key, self.of(kinds).map(|shape| shape.id))?;
        self.shape(id)
    }

    /// A schema for an object.
    pub(super) fn schema(&self, draw: &mut Draw<'_>) -> String {
        self.refer(draw, "schema", &[Kind::Schema]).map_or("public".to_owned(), |shape| shape.name.clone())
    }

    /// What may be said of every object: a comment and privileges. `what` is as in COMMENT ON, `on` as in GRANT.
    pub(super) fn decorate(&mut self, draw: &mut Draw<'_>, what: &str, on: Option<(&str, &[&str])>) {
        self.comment(draw, "comment", what);
        if let Some((object, privileges)) = on {
            self.grants(draw, object, privileges);
        }
    }

    pub(super) fn comment(&mut self, draw: &mut Draw<'_>, key: &str, what: &str) {
        if draw.chance(key, 15) {
            let text = draw
                .pick(&format!("{key}.text"), &["a", "it's", "a\nb", "back\\slash", "\"x\" -- ; $$", "ü"]);
            self.write(Phase::Last, format!("COMMENT ON {what} IS {}", literal(text)));
        }
    }

    fn grants(&mut self, draw: &mut Draw<'_>, object: &str, privileges: &[&str]) {
        for (slot, role) in ROLES.iter().enumerate() {
            let key = format!("grant{slot}");
            if draw.chance(&key, 8) {
                let privilege = draw.pick(&format!("{key}.what"), privileges);
                let option = draw.chance(&format!("{key}.option"), 20) && *role != "PUBLIC";
                let option = if option { " WITH GRANT OPTION" } else { "" };
                self.write(Phase::Last, format!("GRANT {privilege} ON {object} TO {role}{option}"));
            }
        }
        if draw.chance("revoke", 4) {
            let privilege = draw.pick("revoke.what", privileges);
            let role = draw.pick("revoke.role", &["PUBLIC", "CURRENT_USER"]);
            self.write(Phase::Last, format!("REVOKE {privilege} ON {object} FROM {role}"));
        }
    }
}

/// Roles that the server has; they are the cluster's, not a database's.
pub(super) const ROLES: [&str; 3] = ["limbeck_reader", "\"limbeck we\"\"ird\"", "PUBLIC"];

/// `schema.name`, both in quotes.
pub(super) fn full(schema: &str, bare: &str) -> String {
    format!("{schema}.{}", quoted(bare))
}
