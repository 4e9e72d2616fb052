//! Values of a type that is made again, in the shape of the new one.
//!
//! Most go over through their text. A row's text tells its attributes by their places alone, so where these change, the
//! row is put together anew from its attributes by name, at whatever depth: in a row, under a domain, in an array. A
//! label that gets another name is looked up. The elements of an array are reached by a temporary function, because
//! USING takes no subquery.

use limbeck_kinds::composite::{Attribute, Composite};
use limbeck_kinds::{Context, Object, TypeBase, TypeName, enumeration, names};
use limbeck_sql::{DollarQuoted, Ident, Literal, Name, Sql, Statement, sql};

/// What is written so that one column's values go over.
pub(crate) struct Carried<'a> {
    context: &'a Context<'a>,
    functions: Vec<(Name, Sql)>,
}

impl<'a> Carried<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self { context, functions: Vec::new() }
    }

    /// The value of a type that is made again under the same name, as one of the new type.
    pub(crate) fn value(&mut self, value: &Sql, ty: &TypeName) -> Sql {
        if self.by_text(ty) {
            let brackets = Sql::from_trusted("[]".repeat(usize::from(element(ty).is_some())));
            return sql!("{}::text{}::{}", value, brackets, ty);
        }
        if let Some(element) = element(ty) {
            return sql!("{}({})", self.function(&element), value);
        }
        match self.made_again(ty) {
            Some((Object::Composite(old), Object::Composite(new))) => {
                let values: Vec<Sql> =
                    new.attributes.iter().map(|attribute| self.attribute(value, attribute, old)).collect();
                // The server reads `IS NULL` wrongly where it goes through the expression again, for a child.
                sql!("CASE num_nulls({}) WHEN 0 THEN ROW({})::{} END", value, limbeck_sql::list(values), ty)
            }
            Some((Object::Domain(old), Object::Domain(_))) => {
                sql!("({})::{}", self.value(value, &old.base), ty)
            }
            Some((Object::Enumeration(old), Object::Enumeration(new))) => {
                let renames = enumeration::renames(old, new);
                let cases = renames.iter().map(|(old, new)| {
                    sql!("WHEN {} THEN {}", Literal::new(old), Literal::new(new)).to_string()
                });
                let cases = Sql::from_trusted(cases.collect::<Vec<_>>().join(" "));
                sql!("(CASE {}::text {} ELSE {}::text END)::{}", value, cases, value, ty)
            }
            _ => sql!("{}::text::{}", value, ty),
        }
    }

    /// An attribute of the new row: the old one's of that name, or nothing.
    fn attribute(&mut self, row: &Sql, attribute: &Attribute, old: &Composite) -> Sql {
        let Some(own) = old.attributes.iter().find(|own| own.name == attribute.name) else {
            return sql!("NULL");
        };
        let value = sql!("({}).{}", row, attribute.name);
        match own.ty == attribute.ty {
            true => self.value(&value, &attribute.ty),
            false => sql!("{}::text::{}", value, attribute.ty),
        }
    }

    /// The statements that make the functions, and those that drop them.
    pub(crate) fn functions(self) -> (Vec<Statement>, Vec<Statement>) {
        let drop = |name: &Name| Statement::new(sql!("DROP FUNCTION {}(anyarray)", name));
        let dropped = self.functions.iter().rev().map(|(name, _)| drop(name)).collect();
        (self.functions.into_iter().map(|(_, create)| Statement::new(create)).collect(), dropped)
    }

    /// The function that takes an array of the old type over, element by element, to one of the new.
    fn function(&mut self, element: &TypeName) -> Name {
        let value = self.value(&sql!("old[i]"), element);
        let mut name = names::object_name(element.short(), None, "limbeck_new");
        while self.functions.iter().any(|(taken, _)| taken.name == name) {
            name = names::object_name(name, None, "1");
        }
        let name = Name { schema: Ident::new("pg_temp"), name };
        let body = sql!(
            "
DECLARE
    new {}[] := '{{}}';
BEGIN
    IF array_ndims(old) > 1 THEN
        RAISE EXCEPTION 'an array of more than one dimension cannot go over to the new type';
    END IF;
    FOR i IN COALESCE(array_lower(old, 1), 1)..COALESCE(array_upper(old, 1), 0) LOOP
        new[i] := {};
    END LOOP;
    RETURN new;
END
",
            element,
            value
        );
        let create = sql!(
            "CREATE FUNCTION {}(old anyarray) RETURNS {}[] LANGUAGE plpgsql STRICT AS {}",
            name,
            element,
            DollarQuoted::new(body)
        );
        self.functions.push((name, create));
        name
    }

    /// Whether the text of an old value says the same of the new type.
    fn by_text(&self, ty: &TypeName) -> bool {
        match self.made_again(ty) {
            Some((Object::Composite(old), Object::Composite(new))) => {
                let is_same = |(old, new): (&Attribute, &Attribute)| {
                    old.name == new.name && (old.ty != new.ty || self.by_text(&new.ty))
                };
                old.attributes.len() == new.attributes.len()
                    && old.attributes.iter().zip(&new.attributes).all(is_same)
            }
            Some((Object::Domain(old), Object::Domain(new))) => {
                old.base != new.base || self.by_text(&new.base)
            }
            Some((Object::Enumeration(old), Object::Enumeration(new))) => {
                enumeration::renames(old, new).is_empty()
            }
            _ => true,
        }
    }

    /// The type of the database on both sides, where it is one.
    fn made_again(&self, ty: &TypeName) -> Option<(&'a Object, &'a Object)> {
        match ty.base {
            TypeBase::User { name, brought_by } if brought_by.qualified() == name => {
                Some((self.context.from.get(&brought_by)?, self.context.to.get(&brought_by)?))
            }
            TypeBase::User { .. } | TypeBase::BuiltIn(_) => None,
        }
    }
}

/// The type of an array's elements.
fn element(ty: &TypeName) -> Option<TypeName> {
    let suffix = ty.suffix.as_str().strip_suffix("[]")?;
    Some(TypeName { base: ty.base.clone(), suffix: Sql::from_trusted(suffix) })
}
