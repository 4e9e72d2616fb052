//! `#[table(…)]` and `#[column(…)]`.

use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields};

use crate::args::{Arg, Form, Parser, Value, single};
use crate::attributes::find;
use crate::rust_type::plain;
use crate::{
    Column, Field, Flatten, Generated, Identity, Json, Partitions, Placed, Problem, RenameAll, Rls, RustType,
    Table, Text,
};

const TABLE_KEYS: &[&str] = &[
    "name",
    "schema",
    "rename_all",
    "renamed_from",
    "managed",
    "comment",
    "primary_key",
    "unique",
    "index",
    "foreign_key",
    "check",
    "exclude",
    "partition_by",
    "partitions",
    "partition_of",
    "inherits",
    "unlogged",
    "with",
    "tablespace",
    "replica_identity",
    "rls",
    "policy",
    "grant",
    "trigger",
    "statistics",
    "owner",
];

const COLUMN_KEYS: &[&str] = &[
    "name",
    "renamed_from",
    "type",
    "skip",
    "flatten",
    "prefix",
    "null",
    "not_null",
    "pk",
    "identity",
    "serial",
    "default",
    "generated",
    "unique",
    "index",
    "references",
    "check",
    "collate",
    "comment",
    "json",
    "array_dims",
    "storage",
    "compression",
    "statistics",
    "using",
    "backfill",
];

pub(crate) fn parse(parser: &mut Parser<'_>, item: &DeriveInput) -> Table {
    let ours = find(parser, &item.attrs, &["table"]);
    let mut table = empty(parser.text(plain(&item.ident), item.ident.span()));
    table.docs = ours.docs;
    for tokens in ours.tokens {
        for arg in parser.args(tokens) {
            table_arg(parser, &mut table, &arg);
        }
    }
    for tokens in ours.sqlx {
        for arg in parser.args(tokens) {
            if arg.key() == "rename_all" && table.rename_all.is_none() {
                table.rename_all = parser.rename_all(&arg);
            }
        }
    }
    table.fields = named_fields(parser, item, "Table", &["column"]);
    table
}

fn empty(ident: Text) -> Table {
    Table {
        ident,
        docs: None,
        name: None,
        schema: None,
        rename_all: None,
        renamed_from: None,
        managed: None,
        comment: None,
        primary_key: None,
        uniques: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        exclusions: Vec::new(),
        partition_by: None,
        partitions: None,
        partition_of: None,
        inherits: Vec::new(),
        unlogged: None,
        with: Vec::new(),
        tablespace: None,
        replica_identity: None,
        rls: None,
        policies: Vec::new(),
        grants: Vec::new(),
        triggers: Vec::new(),
        statistics: Vec::new(),
        owner: None,
        fields: Vec::new(),
    }
}

fn table_arg(parser: &mut Parser<'_>, table: &mut Table, arg: &Arg) {
    macro_rules! once {
        ($field:ident, $method:ident) => {{
            let value = parser.$method(arg);
            parser.set(&mut table.$field, value, arg);
        }};
    }
    match arg.key() {
        "name" => once!(name, name),
        "schema" => once!(schema, name),
        "rename_all" => once!(rename_all, rename_all),
        "renamed_from" => once!(renamed_from, name),
        "managed" => once!(managed, flag),
        "comment" => once!(comment, string),
        "primary_key" => {
            let key = Some(parser.key(arg));
            parser.set(&mut table.primary_key, key, arg);
        }
        "unique" => table.uniques.push(parser.key(arg)),
        "index" => table.indexes.push(parser.index(arg)),
        "foreign_key" => table.foreign_keys.push(parser.foreign_key(arg, false)),
        "check" => table.checks.extend(parser.check(arg)),
        "exclude" => table.exclusions.push(parser.exclusion(arg)),
        "partition_by" => once!(partition_by, sql),
        "partitions" => {
            let word = parser.word(arg, &["IGNORE", "MANAGED"]);
            let value = word.map(|word| {
                let value = if word.value == "IGNORE" { Partitions::Ignore } else { Partitions::Managed };
                Placed::new(value, word.place)
            });
            parser.set(&mut table.partitions, value, arg);
        }
        "partition_of" => once!(partition_of, partition_of),
        "inherits" => match &arg.form {
            Form::List(args) => {
                for inner in args {
                    table.inherits.extend(parser.target(inner));
                }
            }
            _ => table.inherits.extend(parser.target(arg).filter(|_| !matches!(arg.form, Form::Bare))),
        },
        "unlogged" => once!(unlogged, flag),
        "with" => table.with.extend(parser.settings(arg)),
        "tablespace" => once!(tablespace, name),
        "replica_identity" => once!(replica_identity, name),
        "rls" => {
            let value = rls(parser, arg);
            parser.set(&mut table.rls, value, arg);
        }
        "policy" => table.policies.extend(parser.policy(arg)),
        "grant" => table.grants.extend(parser.grant(arg)),
        "trigger" => table.triggers.extend(parser.trigger(arg)),
        "statistics" => table.statistics.push(parser.statistics(arg)),
        "owner" => once!(owner, name),
        _ => parser.unknown(arg, "table", TABLE_KEYS),
    }
}

fn rls(parser: &mut Parser<'_>, arg: &Arg) -> Option<Placed<Rls>> {
    if matches!(single(arg), Some(Value::Str(_))) {
        return parser.word(arg, &["FORCE"]).map(|word| Placed::new(Rls::Forced, word.place));
    }
    if let Form::List(args) = &arg.form
        && let [force] = args.as_slice()
        && force.key() == "force"
    {
        return Some(Placed::new(Rls::Forced, force.place()));
    }
    let flag = parser.flag(arg)?;
    Some(Placed::new(if flag.value { Rls::Enabled } else { Rls::Disabled }, flag.place))
}

impl Parser<'_> {
    pub(crate) fn rename_all(&mut self, arg: &Arg) -> Option<Placed<RenameAll>> {
        let text = self.string(arg)?;
        let parsed = RenameAll::parse(&text.value);
        if parsed.is_none() {
            self.choice("rename_all", &text, &RenameAll::NAMES);
        }
        parsed.map(|value| Placed::new(value, text.place))
    }
}

/// The fields of a struct that must have named fields.
pub(crate) fn named_fields(
    parser: &mut Parser<'_>,
    item: &DeriveInput,
    derive: &str,
    wanted: &[&str],
) -> Vec<Field> {
    let fields = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            Fields::Unnamed(_) | Fields::Unit => None,
        },
        Data::Enum(_) | Data::Union(_) => None,
    };
    let Some(fields) = fields else {
        let place = parser.places.add(item.ident.span());
        let message = format!("`{derive}` needs a struct with named fields");
        let help = if derive == "Table" {
            "an enum takes `limbeck::Enum`, a struct around one value `limbeck::Domain`"
        } else {
            "name the fields; a struct around one value takes `limbeck::Domain`"
        };
        parser.problem(Problem::new("models::wrong_item", message, place).help(help));
        return Vec::new();
    };
    fields
        .iter()
        .filter(|field| parser.cfg.includes(&field.attrs))
        .filter_map(|field| Some((field, field.ident.as_ref()?)))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|(field, ident)| {
            let ours = find(parser, &field.attrs, wanted);
            let ident = parser.text(plain(ident), ident.span());
            let ty = RustType::of(&field.ty, &mut parser.places);
            let mut column = Column::default();
            for tokens in ours.tokens {
                let args = parser.args(tokens);
                column_args(parser, &mut column, &args);
            }
            for tokens in ours.sqlx {
                let args = parser.args(tokens);
                sqlx_args(parser, &mut column, &args);
            }
            Field { ident, ty, docs: ours.docs, column }
        })
        .collect()
}

/// What sqlx says of a field, where our attributes are silent; what it says otherwise is sqlx's to judge.
fn sqlx_args(parser: &mut Parser<'_>, column: &mut Column, args: &[Arg]) {
    for arg in args {
        match arg.key() {
            "rename" if column.name.is_none() => column.name = parser.name(arg),
            "skip" => {
                column.skip.get_or_insert(arg.place());
            }
            "flatten" => {
                column.flatten.get_or_insert(Flatten { prefix: None, place: arg.place() });
            }
            "json" => {
                column.json.get_or_insert(Placed::new(Json::Jsonb, arg.place()));
            }
            _ => {}
        }
    }
}

fn column_args(parser: &mut Parser<'_>, column: &mut Column, args: &[Arg]) {
    for arg in args {
        column_arg(parser, column, arg);
    }
    for arg in args.iter().filter(|arg| arg.key() == "prefix") {
        let prefix = parser.string(arg);
        match &mut column.flatten {
            Some(flatten) => parser.set(&mut flatten.prefix, prefix, arg),
            None => parser.problem(
                Problem::new("models::conflict", "`prefix` stands without `flatten`", arg.place())
                    .help("write `flatten, prefix = \"…\"`"),
            ),
        }
    }
}

fn column_arg(parser: &mut Parser<'_>, column: &mut Column, arg: &Arg) {
    macro_rules! once {
        ($field:ident, $method:ident) => {{
            let value = parser.$method(arg);
            parser.set(&mut column.$field, value, arg);
        }};
    }
    match arg.key() {
        "name" => once!(name, name),
        "renamed_from" => once!(renamed_from, name),
        "type" => once!(sql_type, sql),
        "skip" => once!(skip, mark),
        "prefix" => {}
        "flatten" => flatten(parser, column, arg),
        "null" | "not_null" => {
            let value =
                parser.flag(arg).map(|flag| Placed::new(flag.value == (arg.key() == "null"), flag.place));
            parser.set(&mut column.nullable, value, arg);
        }
        "pk" => once!(pk, mark),
        "identity" => {
            let value = identity(parser, arg).map(Box::new);
            parser.set(&mut column.identity, value, arg);
        }
        "serial" => once!(serial, mark),
        "default" => once!(default, sql),
        "generated" => {
            let value = generated(parser, arg).map(Box::new);
            parser.set(&mut column.generated, value, arg);
        }
        "unique" => {
            let key = parser.key(arg);
            no_columns(parser, &key.columns, "unique");
            parser.set(&mut column.unique, Some(Box::new(key)), arg);
        }
        "index" => {
            let index = parser.index(arg);
            column.indexes.push(index);
        }
        "references" => {
            let key = parser.foreign_key(arg, true);
            parser.set(&mut column.references, Some(Box::new(key)), arg);
        }
        "check" => column.checks.extend(parser.check(arg)),
        "collate" => once!(collate, name),
        "comment" => once!(comment, string),
        "json" => {
            let value = json(parser, arg);
            parser.set(&mut column.json, value, arg);
        }
        "array_dims" => once!(array_dims, number),
        "storage" => {
            let word = parser.word(arg, &["PLAIN", "EXTERNAL", "EXTENDED", "MAIN"]);
            let value = word.map(|word| Placed::new(word.value.to_lowercase(), word.place));
            parser.set(&mut column.storage, value, arg);
        }
        "compression" => {
            let word = parser.word(arg, &["PGLZ", "LZ4"]);
            let value = word.map(|word| Placed::new(word.value.to_lowercase(), word.place));
            parser.set(&mut column.compression, value, arg);
        }
        "statistics" => once!(statistics, number),
        "using" => once!(using, sql),
        "backfill" => once!(backfill, sql),
        _ => parser.unknown(arg, "column", COLUMN_KEYS),
    }
}

fn no_columns(parser: &mut Parser<'_>, columns: &[crate::Element], of: &str) {
    if let Some(first) = columns.first() {
        parser.problem(
            Problem::new("models::wrong_value", format!("`{of}` of a column takes no columns"), first.place)
                .help(format!("for several columns write `#[table({of}(…))]` on the struct")),
        );
    }
}

fn flatten(parser: &mut Parser<'_>, column: &mut Column, arg: &Arg) {
    let mut flatten = Flatten { prefix: None, place: arg.place() };
    match &arg.form {
        Form::List(args) => {
            for inner in args {
                if inner.key() == "prefix" {
                    flatten.prefix = parser.string(inner);
                } else {
                    parser.unknown(inner, "flatten", &["prefix"]);
                }
            }
        }
        _ => {
            if !parser.is_set(arg) {
                return;
            }
        }
    }
    parser.set(&mut column.flatten, Some(flatten), arg);
}

fn json(parser: &mut Parser<'_>, arg: &Arg) -> Option<Placed<Json>> {
    if let Form::Bare = arg.form {
        return Some(Placed::new(Json::Jsonb, arg.place()));
    }
    let word = parser.word(arg, &["JSON", "JSONB"])?;
    Some(Placed::new(if word.value == "JSON" { Json::Json } else { Json::Jsonb }, word.place))
}

fn identity(parser: &mut Parser<'_>, arg: &Arg) -> Option<Identity> {
    const KEYS: &[&str] =
        &["always", "by_default", "start", "increment", "min", "max", "cache", "cycle", "sequence"];
    let mut identity = Identity {
        always: false,
        start: None,
        increment: None,
        min: None,
        max: None,
        cache: None,
        cycle: false,
        sequence: None,
        place: arg.place(),
    };
    match &arg.form {
        Form::Bare => {}
        Form::List(args) => {
            for arg in args {
                match arg.key() {
                    "always" => identity.always = parser.is_set(arg),
                    "by_default" => identity.always = !parser.is_set(arg),
                    "start" => identity.start = parser.number(arg),
                    "increment" => identity.increment = parser.number(arg),
                    "min" => identity.min = parser.number(arg),
                    "max" => identity.max = parser.number(arg),
                    "cache" => identity.cache = parser.number(arg),
                    "cycle" => identity.cycle = parser.is_set(arg),
                    "sequence" => identity.sequence = parser.name(arg),
                    _ => parser.unknown(arg, "identity", KEYS),
                }
            }
        }
        Form::Equals(_) | Form::Literal(_) => {
            identity.always = parser.word(arg, &["ALWAYS", "BY DEFAULT"])?.value == "ALWAYS";
        }
    }
    Some(identity)
}

fn generated(parser: &mut Parser<'_>, arg: &Arg) -> Option<Generated> {
    let place = arg.place();
    let Form::List(args) = &arg.form else {
        return parser.sql(arg).map(|expr| Generated { expr, is_virtual: false, place });
    };
    let mut expr = None;
    let mut is_virtual = false;
    for inner in args {
        match inner.key() {
            "virtual" => is_virtual = parser.is_set(inner),
            "stored" => is_virtual = !parser.is_set(inner),
            "expr" => {
                let value = parser.sql(inner);
                parser.set(&mut expr, value, inner);
            }
            _ if matches!(inner.form, Form::Literal(_)) => {
                let value = parser.sql(inner);
                parser.set(&mut expr, value, inner);
            }
            _ => parser.unknown(inner, "generated", &["expr", "virtual", "stored"]),
        }
    }
    let expr = parser.required(expr, place, "generated", "expr")?;
    Some(Generated { expr, is_virtual, place })
}

/// The one field of a struct around a value.
pub(crate) fn inner_type(parser: &mut Parser<'_>, item: &DeriveInput) -> RustType {
    if let Data::Struct(data) = &item.data
        && data.fields.len() == 1
        && let Some(field) = data.fields.iter().next()
    {
        return RustType::of(&field.ty, &mut parser.places);
    }
    let place = parser.places.add(item.ident.span());
    parser.problem(
        Problem::new("models::wrong_item", "`Domain` needs a struct around one value", place)
            .help(format!("write `struct {}(String);`", item.ident)),
    );
    RustType::Other(parser.places.add(item.span()))
}
