//! Rows of `pg_proc`.

use limbeck_schema::Id;
use limbeck_sql::{Ident, Sql};

use super::{Body, Parameter, Routine};
use crate::catalog::class::PG_PROC;
use crate::catalog::{Catalog, Malformed, Row};
use crate::function::Function;
use crate::kind;
use crate::procedure::Procedure;

/// A routine's name as its id holds it: `f(integer, text)`; `types` in their parentheses.
pub(crate) fn identity(name: Ident, types: &str) -> Ident {
    Ident::new(&format!("{name}{types}"))
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let letter = row.letter()?;
    let types = row.text()?;
    let (owner_class, owner): (Option<u32>, Option<u32>) = (row.optional_int()?, row.optional_int()?);
    let Some(definition) = row.optional()? else {
        // Another object made it: calls of it need that object.
        if let Some(owner) = owner_class.zip(owner).and_then(|(class, oid)| catalog.id_of(class, oid)) {
            catalog.address(PG_PROC, oid, owner);
        }
        return Ok(());
    };
    let Some(schema) = catalog.namespace(namespace) else { return Ok(()) };
    let kind = if letter == 'p' { kind::PROCEDURE } else { kind::FUNCTION };
    let arguments = row.text()?;
    let result = row.optional()?;
    let text = Text { definition, arguments, result, parsed: row.optional()?, source: row.text()? };
    let Some((clauses, body)) = text.split() else {
        return Err(row.malformed(Some(definition), "a definition as `pg_get_functiondef` prints it"));
    };
    let defaults = row.int()?;
    let (modes, names, types_of_all) = (row.texts()?, row.texts()?, row.texts()?);
    let parameters = types_of_all
        .into_iter()
        .enumerate()
        .map(|(at, ty)| Parameter {
            mode: modes.get(at).and_then(|mode| mode.chars().next()).unwrap_or('i'),
            name: Ident::new(names.get(at).map_or("", String::as_str)),
            ty: Sql::from_trusted(ty),
        })
        .collect();
    let routine = Routine {
        id: Id::inside(kind, schema, identity(name, &format!("({types})"))),
        arguments: Sql::from_trusted(arguments),
        parameters,
        defaults,
        result: result.map(Sql::from_trusted),
        window: letter == 'w',
        clauses,
        body,
    };
    if letter == 'p' {
        catalog.add(PG_PROC, oid, Procedure(routine));
    } else {
        catalog.add(PG_PROC, oid, Function(routine));
    }
    Ok(())
}

/// What the server prints of a routine, as a whole and in parts.
struct Text<'a> {
    definition: &'a str,
    arguments: &'a str,
    result: Option<&'a str>,
    parsed: Option<&'a str>,
    source: &'a str,
}

impl Text<'_> {
    /// The clauses and the body: what follows the parts that are printed alone, too.
    fn split(&self) -> Option<(Sql, Body)> {
        let head = format!("({})\n", self.arguments);
        let (_, mut rest) = self.definition.split_once(&head)?;
        if let Some(result) = self.result {
            rest = rest.strip_prefix(&format!(" RETURNS {result}\n"))?;
        }
        rest = rest.strip_suffix('\n').unwrap_or(rest);
        if let Some(parsed) = self.parsed {
            let clauses = rest.strip_suffix(parsed)?;
            return Some((Sql::from_trusted(clauses), Body::Parsed(Sql::from_trusted(parsed))));
        }
        // `$function$…$function$`, the tag made longer where the body holds it.
        let tag = &rest[rest.strip_suffix('$')?.rfind('$')?..];
        let start = rest.len().checked_sub(2 * tag.len() + self.source.len())?;
        let clauses = rest.get(..start)?;
        let body = &rest[start..];
        body.starts_with(tag).then(|| (Sql::from_trusted(clauses), Body::Text(Sql::from_trusted(body))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_holds_its_own_tag_is_cut_where_it_begins() {
        let source = "\nSELECT '$function$'; -- $functionx$ no\n";
        let definition = format!(
            "CREATE OR REPLACE FUNCTION s.f(a integer DEFAULT 1)\n RETURNS text\n LANGUAGE sql\n\
             AS $functionx${source}$functionx$\n"
        );
        let text = Text {
            definition: &definition,
            arguments: "a integer DEFAULT 1",
            result: Some("text"),
            parsed: None,
            source,
        };
        let (clauses, body) = text.split().unwrap();
        assert_eq!(clauses.as_str(), " LANGUAGE sql\nAS ");
        assert_eq!(body, Body::Text(Sql::from_trusted(format!("$functionx${source}$functionx$"))));
    }

    #[test]
    fn a_text_of_another_form_is_no_panic() {
        for definition in ["", "$", "()\n", "()\n$$", "()\nAS $f$"] {
            let text = Text { definition, arguments: "", result: None, parsed: None, source: "long body" };
            assert_eq!(text.split(), None, "{definition}");
        }
    }
}
