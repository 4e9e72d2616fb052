//! Plans and differences as text and JSON.

use limbeck_database::witness::Sight;
use limbeck_plan::{Difference, Plan};
use limbeck_sql::{HazardKind, Lock, Size, Statement, Transaction, segments};
use serde_json::{Value, json};

/// A plan as a script for `psql`: transactions written out, statements outside of them where the server
/// demands it.
pub(crate) fn script(statements: &[Statement]) -> String {
    let segments = segments(statements);
    let mut out = String::new();
    for (at, segment) in segments.iter().enumerate() {
        // A statement is a transaction by itself.
        let block = segment.transactional
            && segment.statements.iter().filter(|statement| statement.runs()).count() > 1;
        if at > 0 {
            out.push('\n');
        }
        if block {
            out.push_str("BEGIN;\n");
        }
        for statement in segment.statements {
            for hazard in statement.hazards.iter().filter(|hazard| hazard.kind == HazardKind::DataLoss) {
                out.push_str(&format!("-- loses: {}\n", hazard.message.replace('\n', " ")));
            }
            for hazard in statement.hazards.iter().filter(|hazard| hazard.kind == HazardKind::Undecided) {
                out.push_str(&format!("-- todo: {}\n", hazard.message.replace('\n', " ")));
            }
            if statement.runs() {
                out.push_str(statement.sql.as_str());
                out.push_str(";\n");
            }
        }
        if block {
            out.push_str("COMMIT;\n");
        }
    }
    out
}

/// A difference in a line: `~ column habits.t.c  type text → uuid`.
pub(crate) fn line(difference: &Difference) -> String {
    let Difference { change, id, detail, origin } = difference;
    let mut line = format!("{} {} {id}", change.mark(), id.kind);
    if !detail.is_empty() {
        line.push_str("  ");
        line.push_str(&one_line(detail));
    }
    if let Some(origin) = origin {
        line.push_str(&format!("  ({origin})"));
    }
    line
}

/// Differences as the header of a revision has them: `+ column habits.t.c text    src/models.rs:41`, the places
/// below each other.
pub(crate) fn summary<'a>(differences: impl IntoIterator<Item = &'a Difference>) -> Vec<String> {
    /// Beyond this width a place follows its line as it comes.
    const WIDEST: usize = 72;
    let lines: Vec<(String, Option<String>)> = differences
        .into_iter()
        .map(|Difference { change, id, detail, origin }| {
            let text = one_line(&format!("{} {} {id} {detail}", change.mark(), id.kind));
            (text, origin.as_ref().map(|origin| format!("{}:{}", origin.file, origin.line)))
        })
        .collect();
    let widths = lines.iter().map(|(text, _)| text.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or_default();
    lines
        .into_iter()
        .map(|(text, place)| match place {
            Some(place) => format!("{text:<width$}    {place}"),
            None => text,
        })
        .collect()
}

/// The text without line breaks, for lists.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A difference as the contract writes it.
pub(crate) fn difference(difference: &Difference) -> Value {
    let Difference { change, id, detail, origin } = difference;
    json!({
        "change": change.word(),
        "kind": id.kind.name(),
        "object": id.to_string(),
        "detail": detail,
        "source": origin.as_ref().map(ToString::to_string),
    })
}

/// An object of a snapshot.
pub(crate) fn object(difference: &Difference) -> Value {
    let Difference { id, detail, .. } = difference;
    json!({ "kind": id.kind.name(), "object": id.to_string(), "detail": detail })
}

/// A lock as the contract writes it, with the relation's size where it is known.
pub(crate) fn lock(lock: &Lock) -> Value {
    let Lock { relation, mode, work, size } = lock;
    let mut value = json!({ "relation": relation, "mode": mode.to_string(), "work": work.to_string() });
    if let (Some(Size { rows, bytes }), Some(object)) = (size, value.as_object_mut()) {
        object.insert("rows".to_owned(), json!(rows));
        object.insert("bytes".to_owned(), json!(bytes));
    }
    value
}

/// A statement as the contract writes it.
pub(crate) fn statement(statement: &Statement) -> Value {
    let locks: Vec<Value> = statement.locks.iter().map(lock).collect();
    let hazards: Vec<Value> = statement
        .hazards
        .iter()
        .map(|hazard| json!({ "kind": hazard.kind.name(), "message": hazard.message }))
        .collect();
    json!({
        "sql": statement.sql.as_str(),
        "transaction": statement.transaction != Transaction::Forbidden,
        "locks": locks,
        "hazards": hazards,
    })
}

/// What the witness sees and no kind models.
pub(crate) fn sight(sight: &Sight) -> Value {
    let Sight { catalog, object, column, from, to } = sight;
    json!({ "catalog": catalog, "object": object, "column": column, "from": from, "to": to })
}

/// `diff --format json`.
pub(crate) fn plan(plan: &Plan) -> Value {
    json!({
        "differences": plan.differences.iter().map(difference).collect::<Vec<_>>(),
        "statements": plan.statements.iter().filter(|statement| statement.runs()).map(statement).collect::<Vec<_>>(),
    })
}

/// `diff --format markdown`: what changes in a table, the SQL below.
pub(crate) fn markdown(plan: &Plan) -> String {
    if plan.differences.is_empty() && plan.statements.is_empty() {
        return "No difference.\n".to_owned();
    }
    let cell = |text: &str| one_line(text).replace('|', "\\|");
    let mut out = String::from("| change | object | detail |\n| --- | --- | --- |\n");
    for Difference { change, id, detail, .. } in &plan.differences {
        out.push_str(&format!(
            "| {} | {} `{}` | {} |\n",
            change.word(),
            id.kind,
            cell(&id.to_string()),
            cell(detail)
        ));
    }
    out.push_str(&format!("\n```sql\n{}```\n", script(&plan.statements)));
    out
}

#[cfg(test)]
mod tests {
    use limbeck_sql::{Statement, Transaction, sql};

    use super::script;

    #[test]
    fn transactions_stand_where_the_server_wants_them() {
        let plain = |n: i32| Statement::new(sql!("SELECT {}", n));
        let mut label = plain(1);
        label.transaction = Transaction::CommitAfter;
        let text = script(&[label, plain(2), plain(3).outside_transaction(), plain(4), plain(5)]);
        assert_eq!(text, "SELECT 1;\n\nSELECT 2;\n\nSELECT 3;\n\nBEGIN;\nSELECT 4;\nSELECT 5;\nCOMMIT;\n");
        assert_eq!(script(&[plain(1)]), "SELECT 1;\n");
        assert_eq!(script(&[]), "");
    }
}
