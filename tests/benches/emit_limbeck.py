"""Models in Limbeck's grammar for the generator of benchmark schemas.

    generate.py N --out DIR --emit sql,emit_limbeck.py

In DIR it writes, for each version of the schema, a project of one service that owns all schemas:

    v1/limbeck.toml, v1/src/models/<schema>.rs       structs and enums, a file a schema
    v1/sql/declared.sql                              what structs don't say: functions, sequences, views

`limbeck check` in v1 finds no difference to a database that holds schema.sql; in v2 likewise schema_v2.sql.
"""

RUST = {
    "uuid": "Uuid", "bigint": "i64", "integer": "i32", "smallint": "i16", "text": "String", "boolean": "bool",
    "jsonb": "serde_json::Value", "json": "serde_json::Value", "bytea": "Vec<u8>", "date": "NaiveDate",
    "timestamptz": "DateTime<Utc>", "timestamp": "NaiveDateTime", "time": "NaiveTime", "interval": "PgInterval",
    "inet": "IpNetwork", "double precision": "f64", "real": "f32", "numeric": "Decimal", "varchar": "String",
    "char": "String", "tsvector": "String",
}
NAMED = {"numeric", "varchar", "char", "tsvector"}


def text(s):
    """A Rust string literal."""
    return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def rust_type(column):
    t = column.type
    inner = camel(t.name) if t.kind == "enum" else RUST[t.kind]
    inner = f"Vec<{inner}>" if t.array else inner
    return f"Option<{inner}>" if column.null else inner


def field(table, column):
    keys, t = [], column.type
    if table.pk == [column.name]:
        keys.append("pk")
    if column.identity:
        keys.append("identity" if column.identity == "by default" else 'identity = "always"')
    if t.kind in NAMED:
        keys.append(f"type = {text(t.sql())}")
    if t.kind == "json":
        keys.append('json = "json"')
    if column.generated:
        keys.append(f"generated = {text(column.generated)}")
    elif column.default is not None:
        plain = column.default.isdigit() or column.default in ("true", "false")
        keys.append(f"default = {column.default if plain else text(column.default)}")
    for key in table.fks:
        if key.columns == [column.name]:
            more = f', on_delete = "{key.on_delete.lower()}"' if key.on_delete else ""
            more += ", deferrable, initially_deferred" if key.deferrable else ""
            to = text(f"{key.ref_schema}.{key.ref_table}({key.ref_columns[0]})")
            keys.append(f"references({to}{more})")
    if column.comment:
        keys.append(f"comment = {text(column.comment)}")
    head = f"    #[column({', '.join(keys)})]\n" if keys else ""
    return f"{head}    pub {column.name}: {rust_type(column)},\n"


def index(i):
    if any(expression for _, expression, _ in i.keys) or any(order for _, _, order in i.keys):
        keys = [text(f"{k}{' ' + d.lower() if d else ''}") if ex or d else k for k, ex, d in i.keys]
    else:
        keys = [k for k, _, _ in i.keys]
    more = [f"name = {text(i.name)}"]
    more += ["unique"] if i.unique else []
    more += [f'using = "{i.method}"'] if i.method != "btree" else []
    more += [f"include({', '.join(i.include)})"] if i.include else []
    more += [f"where = {text(i.where)}"] if i.where else []
    return f"index({', '.join(keys + more)})"


def struct(table):
    parts = [f"schema = {text(table.schema)}, name = {text(table.name)}"]
    if len(table.pk) > 1:
        parts.append(f"primary_key({', '.join(table.pk)})")
    parts += [f"unique({', '.join(u.columns)}, name = {text(u.name)})" for u in table.uniques]
    parts += [f"check(name = {text(c.name)}, expr = {text(c.expr)})" for c in table.checks]
    parts += [index(i) for i in table.indexes]
    if table.comment:
        parts.append(f"comment = {text(table.comment)}")
    for g in table.triggers:
        parts.append(f"trigger(name = {text(g.name)}, when = {text(g.timing.lower())}, "
                     f"execute = {text(g.function + '()')})")
    if table.policies:
        parts.append("rls")
    for p in table.policies:
        parts.append(f"policy(name = {text(p.name)}, for = {text(p.command.lower())}, using = {text(p.using)})")
    attributes = "".join(f"#[table({part})]\n" for part in parts)
    fields = "".join(field(table, column) for column in table.columns)
    return (f"/// One row of {table.name}.\n#[derive(Debug, Clone, limbeck::Table, sqlx::FromRow)]\n{attributes}"
            f"pub struct {camel(table.name)} {{\n{fields}}}\n")


def enum(e):
    values = "".join(f"    {camel(v)},\n" for v in e.values)
    comment = f", comment = {text(e.comment)}" if e.comment else ""
    return (f"#[derive(Debug, Clone, Copy, limbeck::Enum)]\n#[pg(schema = {text(e.schema)}, name = {text(e.name)}, "
            f'rename_all = "snake_case"{comment})]\npub enum {camel(e.name)} {{\n{values}}}\n')


def declared(db):
    lines = []
    for q in db.sequences:
        lines.append(f"CREATE SEQUENCE {q.schema}.{q.name} START WITH {q.start};")
    for f in db.functions:
        lines.append(f"CREATE FUNCTION {f.schema}.{f.name}{f.head} LANGUAGE {f.language} {f.options} "
                     f"AS $body$\n{f.body}\n$body$;")
    for v in db.views:
        kind = "MATERIALIZED VIEW" if v.materialized else "VIEW"
        lines.append(f"CREATE {kind} {v.schema}.{v.name} AS {v.sql};")
        if v.comment:
            quoted = v.comment.replace("'", "''")
            lines.append(f"COMMENT ON {kind} {v.schema}.{v.name} IS '{quoted}';")
    return "\n".join(lines) + "\n"


def emit(db, out, version):
    project = out / f"v{version}"
    models, sql = project / "src/models", project / "sql"
    for folder in (models, sql, project / "migrations"):
        folder.mkdir(parents=True, exist_ok=True)
    uses = ("use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};\nuse ipnetwork::IpNetwork;\n"
            "use rust_decimal::Decimal;\nuse sqlx::postgres::types::PgInterval;\nuse uuid::Uuid;\n")
    for schema in db.schemas:
        items = [enum(e) for e in db.enums if e.schema == schema]
        items += [struct(t) for t in db.tables if t.schema == schema]
        (models / f"{schema}.rs").write_text(uses + "\n" + "\n".join(items))
    (models / "mod.rs").write_text("".join(f"pub mod {schema};\n" for schema in db.schemas))
    (sql / "declared.sql").write_text(declared(db))
    schemas = ", ".join(f'"{schema}"' for schema in db.schemas)
    (project / "limbeck.toml").write_text(
        f'models = "src/models"\nsql = "sql"\nrevisions = "migrations"\nschemas = [{schemas}]\n'
        'url = "env:DATABASE_URL"\n')
