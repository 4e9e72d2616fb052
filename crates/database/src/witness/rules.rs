//! What we know of the catalogs and they don't say of themselves.
//!
//! Each entry has to be here: what cannot be equal between two databases that hold the same, the functions that
//! print a tree which `pg_get_expr` does not print, and the references that no foreign key of the catalogs
//! describes.

use limbeck_sql::{Ident, Sql, sql};

use super::catalogs::Reads;

/// The catalog of dependencies.
pub(super) const DEPENDENCIES: &str = "pg_depend";

/// The catalogs of objects that a reference leads to and that are not read: they belong to the whole server.
pub(super) fn shared(catalog: &str) -> Option<u32> {
    Some(match catalog {
        "pg_authid" => 1260,
        "pg_database" => 1262,
        "pg_tablespace" => 1213,
        _ => return None,
    })
}

/// Catalogs that hold data (statistics, large objects), belong to the whole server, or repeat others: what
/// `pg_shdepend` holds, owners and privileges say, and `pg_init_privs` is read by [`given_privileges`].
pub(super) fn is_left_out(catalog: &str) -> bool {
    const LEFT_OUT: &[&str] = &[
        "pg_auth_members",
        "pg_authid",
        "pg_database",
        "pg_db_role_setting",
        "pg_init_privs",
        "pg_largeobject",
        "pg_largeobject_metadata",
        "pg_parameter_acl",
        "pg_replication_origin",
        "pg_shdepend",
        "pg_shdescription",
        "pg_shseclabel",
        "pg_statistic",
        "pg_statistic_ext_data",
        "pg_subscription_rel",
        "pg_tablespace",
    ];
    LEFT_OUT.contains(&catalog)
}

/// Columns that two databases which hold the same need not agree on.
pub(super) fn is_incidental(catalog: &str, column: &str, of: &str) -> bool {
    // Ages and positions in the log; kept values of rows.
    if ["xid", "xid8", "pg_lsn", "anyarray"].contains(&of) {
        return true;
    }
    let columns: &[&str] = match catalog {
        // Where and how large it is; hints that only VACUUM resets; TOAST tables stay when their reason goes.
        "pg_class" => &[
            "relfilenode",
            "relpages",
            "reltuples",
            "relallvisible",
            "relallfrozen",
            "relhasindex",
            "relhasrules",
            "relhastriggers",
            "relhassubclass",
            "relrewrite",
            "reltoastrelid",
            // Dropped columns are counted too.
            "relnatts",
        ],
        // Positions; caches; the number of dimensions that a declaration gave, which PostgreSQL ignores (manual,
        // 8.15.1).
        "pg_attribute" => {
            &["attnum", "attcacheoff", "atthasmissing", "attmissingval", "attndims", "attisdropped"]
        }
        "pg_type" => &["typndims"],
        "pg_index" => &["indcheckxmin"],
        "pg_inherits" => &["inhseqno"],
        // The version of the library of the machine; the encoding, which CREATE COLLATION … FROM leaves open.
        "pg_collation" => &["collversion", "collencoding"],
        // The rule's action is printed with its condition.
        "pg_rewrite" => &["ev_qual"],
        // The database's own oid.
        "pg_subscription" => &["subdbid"],
        // Parts of addresses, which are shown as one name.
        "pg_depend" | "pg_description" | "pg_seclabel" => &["objsubid", "refobjsubid"],
        _ => &[],
    };
    columns.contains(&column)
}

/// Arrays whose order says nothing; the server keeps columns of statistics and publications in the order of the table.
pub(super) fn is_set(catalog: &str, column: &str) -> bool {
    [("pg_policy", "polroles"), ("pg_publication_rel", "prattrs"), ("pg_statistic_ext", "stxkeys")]
        .contains(&(catalog, column))
}

/// Columns that hold queries.
pub(super) fn is_query(column: &str) -> bool {
    ["ev_action", "polqual", "polwithcheck", "prosqlbody"].contains(&column)
}

/// Whether a column that is not shown helps to name others.
pub(super) fn helps(column: &str) -> bool {
    ["attnum", "objsubid", "refobjsubid"].contains(&column)
}

/// The columns that name a row, where neither its oid nor its first unique index does.
pub(super) fn key(catalog: &str) -> Option<&'static [&'static str]> {
    Some(match catalog {
        "pg_attribute" => &["attrelid", "attname"],
        "pg_depend" => &["classid", "objid", "refclassid", "refobjid", "deptype"],
        // Objects of these have oids, and the server has no word for them.
        "pg_enum" => &["enumtypid", "enumlabel"],
        "pg_inherits" => &["inhrelid", "inhparent"],
        "pg_description" => &["classoid", "objoid"],
        "pg_seclabel" => &["classoid", "objoid", "provider"],
        _ => return None,
    })
}

/// Class, object and part of the addresses of objects of any catalog.
pub(super) const ADDRESSES: &[(&str, &str, &str)] = &[
    ("classid", "objid", "objsubid"),
    ("refclassid", "refobjid", "refobjsubid"),
    ("classoid", "objoid", "objsubid"),
];

/// For numbers of columns that no foreign key describes: the column that holds their relation.
pub(super) fn columns_of(catalog: &str, column: &str) -> Option<&'static str> {
    Some(match (catalog, column) {
        ("pg_constraint", "confdelsetcols") => "conrelid",
        ("pg_publication_rel", "prattrs") => "prrelid",
        _ => return None,
    })
}

/// Columns made of what another row holds.
pub(super) fn extra_columns(catalog: &str) -> &'static [(&'static str, &'static str)] {
    match catalog {
        "pg_class" => &[(
            "toast options",
            "(SELECT pg_catalog.array_to_string(ARRAY(SELECT o FROM pg_catalog.unnest(t.reloptions) AS o ORDER BY o), ' ') \
             FROM pg_catalog.pg_class AS t WHERE t.oid = r.reltoastrelid AND t.reloptions IS NOT NULL)",
        )],
        _ => &[],
    }
}

/// Which rows are a user's, where the key does not say it.
pub(super) fn filter(catalog: &str) -> Option<Sql> {
    Some(Sql::from_trusted(match catalog {
        "pg_attribute" => "r.attrelid >= 16384 AND r.attnum > 0 AND NOT r.attisdropped",
        "pg_depend" => "r.objid >= 16384",
        "pg_description" | "pg_seclabel" => {
            "(r.objoid >= 16384 OR r.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND r.objoid = 2200)"
        }
        // Both are there from the beginning and a user's all the same.
        "pg_namespace" => "(r.oid >= 16384 OR r.oid = 2200)",
        "pg_extension" => "true",
        // Subscriptions of all databases stand in one catalog.
        "pg_subscription" => {
            "r.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())"
        }
        _ => return None,
    }))
}

/// The foreign key that a constraint is a part of, for a part of the table that it refers to.
const WHOLE_OF_SAME_TABLE: &str = "SELECT FROM pg_catalog.pg_constraint AS whole \
    WHERE whole.oid = r.conparentid AND whole.conrelid = r.conrelid";

/// How a column is read.
pub(super) fn expression(catalog: &str, column: &str, of: &str, reads: Reads, relation: Option<&str>) -> Sql {
    let r = Ident::new(column);
    match (catalog, column) {
        // The order of labels, not the numbers that keep it.
        ("pg_enum", "enumsortorder") => {
            return sql!("pg_catalog.row_number() OVER (PARTITION BY r.enumtypid ORDER BY r.enumsortorder)");
        }
        // The columns of an index are named by their place: a renamed column leaves its name behind there.
        ("pg_attribute", "attname") => {
            return sql!(
                "CASE WHEN (SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = r.attrelid) IN ('i', 'I') \
                 THEN r.attnum::text ELSE r.attname END"
            );
        }
        // The columns of an index are stored as the table's were when it was made, or are from then on.
        ("pg_attribute", "attstorage" | "attcompression") => {
            return sql!(
                "CASE WHEN (SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = r.attrelid) NOT IN ('i', 'I') \
                 THEN r.{} END",
                r
            );
        }
        // Of keys over the same columns the server takes the one that was made first for a foreign key, and no statement
        // names another one.
        ("pg_constraint", "conindid") => return first_by_name("r.conindid", "r.contype = 'f'"),
        ("pg_trigger", "tgconstrindid") => return first_by_name("r.tgconstrindid", "r.tgisinternal"),
        ("pg_depend", "refobjid") => {
            return first_by_name(
                "r.refobjid",
                "r.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass \
                 AND r.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND r.deptype = 'n'",
            );
        }
        // An array type is called after its element, or nearly.
        ("pg_type", "typname") => {
            return sql!("CASE WHEN r.typcategory = 'A' AND r.typelem <> 0 THEN NULL ELSE r.typname END");
        }
        // A domain's default as it was first written: what it means stands in `typdefaultbin`.
        ("pg_type", "typdefault") => {
            return sql!("CASE WHEN r.typdefaultbin IS NULL THEN r.typdefault END");
        }
        // Triggers of the system have an oid in their name.
        ("pg_trigger", "tgname") => return sql!("CASE WHEN NOT r.tgisinternal THEN r.tgname END"),
        // The server names what a foreign key keeps for each part of a referenced table by the order in which the parts came.
        ("pg_constraint", "conname") => {
            return sql!(
                "CASE WHEN NOT EXISTS ({}) THEN r.conname END",
                Sql::from_trusted(WHOLE_OF_SAME_TABLE)
            );
        }
        // It means something for checks and NOT NULL; keys on partitions carry what they were made with.
        ("pg_constraint", "connoinherit") => {
            return sql!("CASE WHEN r.contype IN ('c', 'n') THEN r.connoinherit END");
        }
        // Attaching a partition wipes out that it had NOT NULL of its own, and making a key of an index says it again.
        ("pg_constraint", "conislocal") => {
            return sql!(
                "CASE WHEN r.contype <> 'n' OR NOT (SELECT c.relispartition FROM pg_catalog.pg_class AS c \
                 WHERE c.oid = r.conrelid) THEN r.conislocal END"
            );
        }
        // What a foreign key keeps for each part of a referenced partitioned table: VALIDATE passes it over before
        // version 18. A check that a child has from its parent alone is valid if the child was made after it, whatever
        // the parent's is, and `pg_dump` says neither.
        ("pg_constraint", "convalidated") => {
            let whole = Sql::from_trusted(WHOLE_OF_SAME_TABLE);
            return sql!(
                "CASE WHEN NOT EXISTS ({}) AND (r.contype <> 'c' OR r.conislocal OR (SELECT c.relispartition \
                 FROM pg_catalog.pg_class AS c WHERE c.oid = r.conrelid)) THEN r.convalidated END",
                whole
            );
        }
        // Secrets are compared, never read.
        ("pg_user_mapping", "umoptions") | ("pg_subscription", "subconninfo") => {
            return sql!("pg_catalog.md5(r.{}::text)", r);
        }
        _ => {}
    }
    match (reads, of) {
        (Reads::Own | Reads::Refers(_) | Reads::Object { .. }, _) => sql!("r.{}::pg_catalog.oid", r),
        (Reads::RefersToMany(_), _) => sql!("pg_catalog.array_to_string(r.{}::pg_catalog.oid[], ' ')", r),
        (Reads::Columns(_), "int2vector" | "_int2") => {
            sql!("pg_catalog.array_to_string(r.{}::pg_catalog.int2[], ' ')", r)
        }
        (Reads::Columns(_), _) => sql!("r.{}", r),
        (Reads::Text, "pg_node_tree") => tree(catalog, column, relation),
        (Reads::Text, "_aclitem") => privileges(catalog, column),
        // The order of settings and options says nothing; that of argument names does.
        (Reads::Text, "_text") if column != "proargnames" => {
            sql!(
                "ARRAY(SELECT o FROM pg_catalog.unnest(r.{}) AS o WHERE r.{} IS NOT NULL ORDER BY o)::text",
                r,
                r
            )
        }
        (Reads::Text, "_char") if column != "proargmodes" => {
            sql!(
                "ARRAY(SELECT o FROM pg_catalog.unnest(r.{}) AS o WHERE r.{} IS NOT NULL ORDER BY o)::text",
                r,
                r
            )
        }
        (Reads::Text, _) => sql!("r.{}", r),
    }
}

/// An index, or the first by name of those over the same columns that serve a foreign key as well, where that is asked for.
fn first_by_name(index: &str, condition: &str) -> Sql {
    let (index, condition) = (Sql::from_trusted(index), Sql::from_trusted(condition));
    // What an index only carries along stands behind its keys.
    let keys = |index: &str| {
        let index = Sql::from_trusted(index);
        sql!(
            "ARRAY(SELECT k.n FROM pg_catalog.unnest({}.indkey) WITH ORDINALITY AS k (n, place) \
             WHERE k.place <= {}.indnkeyatts ORDER BY k.n)",
            index,
            index
        )
    };
    sql!(
        "coalesce(CASE WHEN {} THEN (SELECT c.oid FROM pg_catalog.pg_index AS i \
         JOIN pg_catalog.pg_index AS o ON o.indrelid = i.indrelid AND {} = {} \
         JOIN pg_catalog.pg_class AS c ON c.oid = o.indexrelid WHERE i.indexrelid = {} \
         AND o.indisunique AND o.indimmediate AND o.indpred IS NULL AND o.indexprs IS NULL \
         ORDER BY c.relname LIMIT 1) END, {})::pg_catalog.oid",
        condition,
        keys("o"),
        keys("i"),
        index,
        index
    )
}

/// An expression as the server prints it.
fn tree(catalog: &str, column: &str, relation: Option<&str>) -> Sql {
    let r = Ident::new(column);
    match (catalog, column) {
        ("pg_rewrite", "ev_action") => sql!("pg_catalog.pg_get_ruledef(r.oid)"),
        ("pg_trigger", _) => {
            sql!("CASE WHEN r.{} IS NOT NULL THEN pg_catalog.pg_get_triggerdef(r.oid) END", r)
        }
        ("pg_proc", "prosqlbody") => {
            sql!("CASE WHEN r.{} IS NOT NULL THEN pg_catalog.pg_get_function_sqlbody(r.oid) END", r)
        }
        ("pg_class", _) => sql!("pg_catalog.pg_get_expr(r.{}, r.oid)", r),
        _ => match relation {
            Some(relation) => sql!("pg_catalog.pg_get_expr(r.{}, r.{})", r, Ident::new(relation)),
            None => sql!("pg_catalog.pg_get_expr(r.{}, 0)", r),
        },
    }
}

/// Who may do what, in an order of its own and with the owner called so; NULL where it is what everybody may by
/// default, whether or not it was ever said.
fn privileges(catalog: &str, column: &str) -> Sql {
    let (class, owner) = match (catalog, column) {
        ("pg_class", _) => ("CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\"", "r.relowner"),
        ("pg_attribute", _) => {
            ("'c'", "(SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = r.attrelid)")
        }
        ("pg_proc", _) => ("'f'", "r.proowner"),
        ("pg_type", _) => ("'T'", "r.typowner"),
        ("pg_namespace", _) => ("'n'", "r.nspowner"),
        ("pg_language", _) => ("'l'", "r.lanowner"),
        ("pg_foreign_data_wrapper", _) => ("'F'", "r.fdwowner"),
        ("pg_foreign_server", _) => ("'S'", "r.srvowner"),
        ("pg_default_acl", _) => ("NULL", "r.defaclrole"),
        _ => {
            let r = Ident::new(column);
            return sql!("ARRAY(SELECT o::text FROM pg_catalog.unnest(r.{}) AS o ORDER BY o::text)::text", r);
        }
    };
    let (r, class, owner) = (Ident::new(column), Sql::from_trusted(class), Sql::from_trusted(owner));
    let own = printed(&sql!("r.{}", r), &owner);
    let default = printed(&sql!("pg_catalog.acldefault({}, {})", class, owner), &owner);
    if class.as_str() == "NULL" {
        return own;
    }
    sql!(
        "CASE WHEN r.{} IS NULL THEN NULL ELSE NULLIF(coalesce({}, '(nobody)'), coalesce({}, '(nobody)')) END",
        r,
        own,
        default
    )
}

/// A list of privileges in an order of its own, with the owner called so.
fn printed(acl: &Sql, owner: &Sql) -> Sql {
    sql!(
        "(SELECT pg_catalog.string_agg(e.one, ', ' ORDER BY e.one) FROM (SELECT pg_catalog.concat(\
         CASE a.grantee WHEN {} THEN '(owner)' WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(a.grantee) END, \
         '=', a.privilege_type, CASE WHEN a.is_grantable THEN '*' END, '/', \
         CASE a.grantor WHEN {} THEN '(owner)' ELSE pg_catalog.pg_get_userbyid(a.grantor) END) AS one \
         FROM pg_catalog.aclexplode({}) AS a) AS e)",
        owner,
        owner,
        acl
    )
}

/// The catalog that says with which privileges the system's and extensions' objects came.
pub(super) const INITIAL_PRIVILEGES: &str = "pg_init_privs";

/// Those of its objects whose privileges are others now: which object, and what they are. The schema `public` is a
/// user's.
pub(super) fn given_privileges() -> Sql {
    let owner = sql!("o.owner");
    let (own, initial) = (
        printed(&sql!("coalesce(o.acl, o.standard)"), &owner),
        printed(&sql!("coalesce(i.initprivs, o.standard)"), &owner),
    );
    sql!(
        "SELECT (pg_catalog.pg_identify_object(o.class, o.oid, o.part)).identity, g.own \
         FROM ({}) AS o (class, oid, part, acl, owner, standard) \
         LEFT JOIN pg_catalog.pg_init_privs AS i ON (i.classoid, i.objoid, i.objsubid) = (o.class, o.oid, o.part), \
         LATERAL (SELECT {}, {}) AS g (own, initial) \
         WHERE (o.acl IS NOT NULL OR i.initprivs IS NOT NULL) AND o.oid <> 2200 AND g.own IS DISTINCT FROM g.initial \
         AND (o.oid < 16384 OR EXISTS (SELECT FROM pg_catalog.pg_depend AS d \
         WHERE (d.classid, d.objid, d.deptype) = (o.class, o.oid, 'e')))",
        Sql::from_trusted(include_str!("privileges.sql")),
        own,
        initial
    )
}
