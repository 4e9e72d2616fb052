//! Operators and casts.

use super::Kind;
use super::types::shape;
use crate::pairs::draw::Draw;
use crate::pairs::paper::{Paper, Phase};
use crate::pairs::world::Object;

/// An operator with a function of its own.
pub(super) fn operator(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let ty = draw.pick("type", &["integer", "text", "jsonb"]);
    let symbol = draw.pick("symbol", &["===", "<#>#", "@@@@", "~!~", "|@|"]);
    let function = &shape.name;
    paper.write(
        Phase::Make,
        format!(
            "CREATE FUNCTION {function}({ty}, {ty}) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 = $2'"
        ),
    );
    let mut sql =
        format!("CREATE OPERATOR {schema}.{symbol} (FUNCTION = {function}, LEFTARG = {ty}, RIGHTARG = {ty}");
    for (key, clause) in [
        ("commutator", format!(", COMMUTATOR = OPERATOR({schema}.{symbol})")),
        ("restrict", ", RESTRICT = eqsel".to_owned()),
        ("join", ", JOIN = eqjoinsel".to_owned()),
        ("hashes", ", HASHES".to_owned()),
    ] {
        if draw.chance(key, 25) {
            sql.push_str(&clause);
        }
    }
    paper.write(Phase::Make, sql + ")");
    paper.comment(draw, "comment", &format!("OPERATOR {schema}.{symbol} ({ty}, {ty})"));
}

/// A cast from or to a user type.
pub(super) fn cast(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    const USER: &[Kind] = &[Kind::Enum, Kind::Composite, Kind::Range];
    let Some(ty) = paper.refer(draw, "type", USER).map(|shape| shape.name.clone()) else { return };
    let to = draw.pick("to", &["integer", "jsonb", "point"]);
    let how = draw.pick("how", &["", " AS ASSIGNMENT", " AS IMPLICIT"]);
    let (from, to) = if draw.chance("back", 30) { (to.to_owned(), ty) } else { (ty, to.to_owned()) };
    if draw.chance("function", 40) {
        let schema = paper.schema(draw);
        let function = shape(object, &schema).name;
        let sql = format!(
            "CREATE FUNCTION {function}({from}) RETURNS {to} STABLE LANGUAGE sql AS 'SELECT NULL::{}'",
            to.replace('\'', "''")
        );
        paper.write(Phase::Make, sql);
        paper.write(
            Phase::Make,
            format!("CREATE CAST ({from} AS {to}) WITH FUNCTION {function}({from}){how}"),
        );
    } else {
        paper.write(Phase::Make, format!("CREATE CAST ({from} AS {to}) WITH INOUT{how}"));
    }
    paper.comment(draw, "comment", &format!("CAST ({from} AS {to})"));
}
