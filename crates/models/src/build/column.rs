//! Columns, and the sequences behind serial ones.

use limbeck_grammar::{Identity, Problem};
use limbeck_kinds::column::{self, Hint, Value};
use limbeck_kinds::sequence::{self, SequenceOptions};
use limbeck_kinds::{TypeName, table};
use limbeck_schema::Incidental;
use limbeck_sql::{Ident, Literal, Name, Sql, sql};

use super::Builder;
use super::table::{DraftColumn, TableDraft};
use super::types::collation;
use crate::tree::Entry;

impl<'a> Builder<'a> {
    pub(super) fn build_columns(&mut self, draft: &TableDraft<'a>) {
        let key = draft.primary_key();
        let mut seen: Vec<Ident> = Vec::new();
        for (at, column) in draft.columns.iter().enumerate() {
            let entry = self.tree.entry(column.item);
            if seen.contains(&column.name) {
                self.duplicate(draft, column);
                continue;
            }
            seen.push(column.name);
            let position = i16::try_from(at + 1).unwrap_or(i16::MAX);
            self.build_column(draft, column, &key, position);
            let id = column::id(draft.name, column.name);
            let declared = &column.field.column;
            self.comment(id, declared.comment.as_ref(), column.field.docs.as_ref(), entry);
            if let Some(from) = &declared.renamed_from {
                let former = column::id(draft.name, Ident::new(&from.value));
                self.renamed(former, id, entry, from.place);
            }
        }
    }

    /// The grammar finds those of one struct; here are those that flattening makes.
    fn duplicate(&mut self, draft: &TableDraft<'a>, column: &DraftColumn<'a>) {
        if draft.columns.iter().all(|column| column.item == draft.columns[0].item) {
            return;
        }
        let problem = Problem::new(
            "models::duplicate_column",
            format!("column `{}` is declared twice", column.name),
            column.field.ident.place,
        )
        .label(format!("in table `{}`, by way of `flatten`", draft.name))
        .help("give one of them another `name`, or `flatten` with a `prefix`");
        self.problem(self.tree.entry(column.item), &problem);
    }

    fn build_column(
        &mut self,
        draft: &TableDraft<'a>,
        column: &DraftColumn<'a>,
        key: &[Ident],
        position: i16,
    ) {
        let entry = self.tree.entry(column.item);
        let owner = self.tree.entry(column.item).item.name.clone();
        let owner = limbeck_grammar::Placed::new(owner, column.field.ident.place);
        let ty = self.field_type(entry, column.field, &owner);
        let not_null = self.refuses_null(column, key);
        // Where the type is unknown, which is reported, the expressions are looked at all the same.
        let known = ty.is_some();
        let ty = ty.unwrap_or_else(|| TypeName::built_in("text"));
        let value = self.value(draft, column, &ty, known);
        if !known {
            return;
        }
        let declared = &column.field.column;
        let storage = declared.storage.as_ref().map(|text| text.to_uppercase());
        let object = column::Column {
            id: column::id(draft.name, column.name),
            position: Incidental(position),
            collation: declared.collate.as_ref().map(collation),
            not_null: not_null.then(column::NotNull::default),
            value,
            storage: storage.filter(|storage| storage != default_storage(&ty)).map(Sql::from_trusted),
            compression: declared.compression.as_ref().map(|text| Ident::new(&text.value)),
            statistics: declared.statistics.as_ref().and_then(|target| i16::try_from(target.value).ok()),
            options: Default::default(),
            inherited: false,
            backfill: Incidental(declared.backfill.as_ref().map(|text| {
                self.checked(entry, text, &text.value);
                Hint::new(text.trim())
            })),
            using: Incidental(declared.using.as_ref().map(|text| {
                self.checked(entry, text, &text.value);
                Hint::new(text.trim())
            })),
            ty,
        };
        self.add(object, entry, column.field.ident.place);
    }

    fn value(
        &mut self,
        draft: &TableDraft<'a>,
        column: &DraftColumn<'a>,
        ty: &TypeName,
        known: bool,
    ) -> Value {
        let entry = self.tree.entry(column.item);
        let declared = &column.field.column;
        if let Some(text) = &declared.default {
            return Value::Default(self.expression(entry, text));
        }
        if let Some(generated) = &declared.generated {
            let expression = self.expression(entry, &generated.expr);
            return Value::Generated { expression, stored: !generated.is_virtual };
        }
        let integer = ty.as_built_in().filter(|ty| ["smallint", "integer", "bigint"].contains(&ty.as_str()));
        if let Some(identity) = &declared.identity {
            if integer.is_none() && known {
                self.not_an_integer(entry, column, "identity", identity.place);
            }
            return Value::Identity(Box::new(self.identity(
                draft,
                column,
                identity,
                integer.as_deref().unwrap_or("bigint"),
            )));
        }
        if let Some(place) = declared.serial {
            let Some(integer) = integer else {
                if known {
                    self.not_an_integer(entry, column, "serial", place);
                }
                return Value::Plain;
            };
            return self.serial(draft, column, &integer);
        }
        Value::Plain
    }

    fn not_an_integer(
        &mut self,
        entry: &Entry,
        column: &DraftColumn<'a>,
        key: &str,
        place: limbeck_grammar::Place,
    ) {
        let problem =
            Problem::new("models::wrong_value", format!("`{key}` needs a column of an integer type"), place)
                .label(format!("field `{}` is `{}`", column.field.ident.value, column.field.ty))
                .help("use `i16`, `i32` or `i64`, or `type = \"bigint\"`");
        self.problem(entry, &problem);
    }

    fn identity(
        &mut self,
        draft: &TableDraft<'a>,
        column: &DraftColumn<'a>,
        declared: &Identity,
        ty: &str,
    ) -> column::Identity {
        let Identity { always, start, increment, min, max, cache, cycle, sequence, place: _ } = declared;
        let value =
            |number: &Option<limbeck_grammar::Placed<i64>>| number.as_ref().map(|number| number.value);
        let options = SequenceOptions::with_defaults(
            ty,
            value(increment).unwrap_or(1),
            value(min),
            value(max),
            value(start),
        );
        let sequence = match sequence {
            Some(text) => self.former_name(draft.name, text),
            None => {
                self.unnamed.push(column::id(draft.name, column.name));
                self.sequence_name(draft, column)
            }
        };
        let options = SequenceOptions { cache: value(cache).unwrap_or(1), cycle: *cycle, ..options };
        let unlogged = draft.table.unlogged.as_ref().is_some_and(|flag| flag.value);
        column::Identity { always: *always, sequence, unlogged, options }
    }

    fn sequence_name(&mut self, draft: &TableDraft<'a>, column: &DraftColumn<'a>) -> Name {
        let name = self.names.relation(draft.name, Some(column.name.as_str()), "seq", false);
        Name { name, ..draft.name }
    }

    fn serial(&mut self, draft: &TableDraft<'a>, column: &DraftColumn<'a>, ty: &str) -> Value {
        let entry = self.tree.entry(column.item);
        let name = self.sequence_name(draft, column);
        let id = sequence::id(name.schema, name.name);
        let unlogged = draft.table.unlogged.as_ref().is_some_and(|flag| flag.value);
        let options = SequenceOptions::of_type(ty);
        self.add(sequence::Sequence { id, unlogged, options }, entry, column.field.ident.place);
        self.unnamed.push(id);
        let owner = table::id(draft.name.schema, draft.name.name);
        self.add(sequence::SequenceOwner::new(id, owner, column.name), entry, column.field.ident.place);
        Value::Default(sql!("nextval({}::regclass)", Literal::new(name.to_string())))
    }
}

/// The storage that columns of a type have unless something else is said (`typstorage` of `pg_type`).
fn default_storage(ty: &TypeName) -> &'static str {
    const PLAIN: &[&str] = &[
        "boolean",
        "smallint",
        "integer",
        "bigint",
        "real",
        "double precision",
        "uuid",
        "date",
        "money",
        "oid",
        "\"char\"",
        "name",
        "macaddr",
        "macaddr8",
        "point",
        "line",
        "lseg",
        "box",
        "circle",
        "pg_lsn",
        "xid",
        "cid",
        "tid",
    ];
    let text = ty.to_string();
    if text.ends_with("[]") {
        return "EXTENDED";
    }
    let base = text.split('(').next().unwrap_or(&text).trim();
    if PLAIN.contains(&base) || base.starts_with("time") || base.starts_with("interval") {
        "PLAIN"
    } else if ["numeric", "inet", "cidr"].contains(&base) {
        "MAIN"
    } else {
        "EXTENDED"
    }
}
