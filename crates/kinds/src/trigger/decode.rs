//! Rows of `pg_trigger`.

use limbeck_sql::{Ident, Sql, sql};

use super::{ConstraintTrigger, Event, Firing, Trigger, TriggerDefinition, id};
use crate::catalog::class::PG_TRIGGER;
use crate::catalog::{Catalog, Malformed, Row};
use crate::expression;

/// The bits of `tgtype` (src/include/catalog/pg_trigger.h).
mod bit {
    pub(super) const ROW: i16 = 1;
    pub(super) const BEFORE: i16 = 2;
    pub(super) const INSERT: i16 = 4;
    pub(super) const DELETE: i16 = 8;
    pub(super) const UPDATE: i16 = 16;
    pub(super) const TRUNCATE: i16 = 32;
    pub(super) const INSTEAD: i16 = 64;
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (oid, relation) = (row.oid()?, row.oid()?);
    let name = row.ident()?;
    let bits: i16 = row.int()?;
    let columns: Vec<i16> = row.numbers()?;
    let is_constraint = row.bool()?;
    let other_table = row.oid()?;
    let (deferrable, initially_deferred) = (row.bool()?, row.bool()?);
    let (old_table, new_table) = (row.optional()?.map(Ident::new), row.optional()?.map(Ident::new));
    let firing = Firing::of_letter(row.letter()?);
    let text = row.optional()?;
    let parent: Option<u32> = row.optional_int()?;
    let Some(relation) = catalog.relation(relation) else { return Ok(()) };
    let on = relation.id;
    let own = id(on.qualified(), name);
    let Some(text) = text else {
        if let Some(parent) = parent.and_then(|parent| catalog.relation(parent)) {
            let part_of = Some(id(parent.name(), name));
            catalog.add(PG_TRIGGER, oid, Trigger { id: own, on, definition: None, part_of, firing });
        }
        return Ok(());
    };
    let Some((when, call)) = when_and_call(text) else {
        return Err(row.malformed(Some(text), "a trigger as `pg_get_triggerdef` prints it"));
    };
    let definition = TriggerDefinition {
        timing: timing(bits),
        events: events(bits),
        columns: columns.iter().map(|number| relation.column(*number)).collect(),
        constraint: is_constraint.then(|| ConstraintTrigger {
            from: catalog.relation(other_table).map(|table| table.id),
            deferrable,
            initially_deferred,
        }),
        old_table,
        new_table,
        for_each_row: bits & bit::ROW != 0,
        when,
        call,
    };
    let definition = Some(Box::new(definition));
    catalog.add(PG_TRIGGER, oid, Trigger { id: own, on, definition, part_of: None, firing });
    Ok(())
}

fn timing(bits: i16) -> Sql {
    if bits & bit::BEFORE != 0 {
        sql!("BEFORE")
    } else if bits & bit::INSTEAD != 0 {
        sql!("INSTEAD OF")
    } else {
        sql!("AFTER")
    }
}

fn events(bits: i16) -> Vec<Event> {
    [
        (bit::INSERT, Event::Insert),
        (bit::DELETE, Event::Delete),
        (bit::UPDATE, Event::Update),
        (bit::TRUNCATE, Event::Truncate),
    ]
    .into_iter()
    .filter(|(bit, _)| bits & bit != 0)
    .map(|(_, event)| event)
    .collect()
}

/// The condition and the call of the function: names in capitals are quoted, so that the bare words are the
/// statement's own.
fn when_and_call(text: &str) -> Option<(Option<Sql>, Sql)> {
    const CALL: &str = "EXECUTE FUNCTION ";
    let execute = expression::find_word(text, "EXECUTE")?;
    let call = text[execute..].strip_prefix(CALL)?;
    let when = match expression::find_word(text, "WHEN").filter(|when| *when < execute) {
        None => None,
        Some(when) => {
            let condition = text[when + "WHEN".len()..execute].trim();
            Some(Sql::from_trusted(condition.strip_prefix('(')?.strip_suffix(')')?))
        }
    };
    Some((when, Sql::from_trusted(call)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_words_inside_names_and_strings_do_not_mislead() {
        let text = "CREATE TRIGGER \"EXECUTE WHEN\" BEFORE UPDATE ON s.t FOR EACH ROW \
                    WHEN ((new.a <> 'EXECUTE FUNCTION x()'::text)) EXECUTE FUNCTION s.f('WHEN (')";
        let (when, call) = when_and_call(text).unwrap();
        assert_eq!(when.unwrap().as_str(), "(new.a <> 'EXECUTE FUNCTION x()'::text)");
        assert_eq!(call.as_str(), "s.f('WHEN (')");
        assert_eq!(when_and_call("CREATE TRIGGER t"), None);
    }
}
