//! Text search dictionaries.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Sql, Statement, sql};

use crate::catalog::class::PG_TS_DICT;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause, expression};

/// A text search dictionary.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Dictionary {
    /// Its id.
    pub id: Id,
    /// Its template.
    pub template: Sql,
    /// `language = 'english', stopwords = 'english'`, as the catalog keeps it.
    pub options: Option<Sql>,
}

impl Dictionary {
    /// Name and value of each option, as SQL.
    fn assignments(&self) -> Vec<(String, String)> {
        let parts = self.options.as_ref().map(expression::split_list).unwrap_or_default();
        parts
            .into_iter()
            .filter_map(|part| {
                let (name, value) = part.split_once(" = ")?;
                Some((name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect()
    }
}

impl Definition for Dictionary {
    const KIND: Kind = crate::kind::TEXT_SEARCH_DICTIONARY;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, template, options: _ } = self;
        visitor.id(id);
        visitor.expression(None, template);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let options = self.options.as_ref().map(|options| sql!(", {}", options)).unwrap_or_default();
        let text = sql!(
            "CREATE TEXT SEARCH DICTIONARY {} (TEMPLATE = {}{})",
            self.id.qualified(),
            self.template,
            options
        );
        vec![Statement::new(text)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP TEXT SEARCH DICTIONARY {}", self.id.qualified()))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        if self.template != to.template {
            return Alter::replace(vec![clause::change("template", &self.template, &to.template)]);
        }
        let text = |options: &Option<Sql>| options.clone().unwrap_or_default();
        let details = vec![clause::change("options", text(&self.options), text(&to.options))];
        let (old, new) = (self.assignments(), to.assignments());
        let set = new.iter().filter(|option| !old.contains(option));
        let gone = old.iter().filter(|(name, _)| !new.iter().any(|(other, _)| other == name));
        let changes: Vec<Sql> = set
            .map(|(name, value)| format!("{name} = {value}"))
            .chain(gone.map(|(name, _)| name.clone()))
            .map(Sql::from_trusted)
            .collect();
        if changes.is_empty() {
            // Only their order differs, which the server does not change in place.
            return Alter::replace(details);
        }
        let text =
            sql!("ALTER TEXT SEARCH DICTIONARY {} ({})", to.id.qualified(), limbeck_sql::list(changes));
        Alter::in_place(details, vec![Statement::new(text)])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let options = row.sql()?;
    let template = row.sql()?.unwrap_or_default();
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_TS_DICT, oid)
    {
        let id = Id::inside(Dictionary::KIND, schema, name);
        catalog.add(PG_TS_DICT, oid, Dictionary { id, template, options });
    }
    Ok(())
}
