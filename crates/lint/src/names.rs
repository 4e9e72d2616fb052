//! The names that a statement mentions, and what it does with them.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::file::Statement;

/// A name in a statement.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    /// Its schema, if one is written.
    pub(crate) schema: Option<String>,
    /// The name, folded as PostgreSQL folds it.
    pub(crate) name: String,
    /// What the statement does with it.
    pub(crate) role: Role,
    /// Where it stands.
    pub(crate) node: SyntaxNode,
}

/// What a statement does with what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Makes, changes or drops it, or writes its rows.
    Target,
    /// Reads it or points at it.
    Use,
}

impl Mention {
    /// Whether it lies in the schema of temporary tables.
    pub(crate) fn is_temporary(&self) -> bool {
        self.schema.as_deref() == Some("pg_temp")
    }

    /// The name with its schema, for comparison.
    pub(crate) fn full(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// The kinds of nodes that name something which lies in a schema.
const NAMES: &[SyntaxKind] = &[
    SyntaxKind::TABLE_NAME,
    SyntaxKind::TABLE_NAME_REF,
    SyntaxKind::RELATION_NAME_REF,
    SyntaxKind::INDEX_REF,
    SyntaxKind::VIEW,
    SyntaxKind::VIEW_REF,
    SyntaxKind::SEQUENCE,
    SyntaxKind::SEQUENCE_REF,
    SyntaxKind::TYPE_NAME,
    SyntaxKind::TYPE_NAME_REF,
    SyntaxKind::DOMAIN,
    SyntaxKind::DOMAIN_REF,
    SyntaxKind::FUNCTION_NAME,
    SyntaxKind::FUNCTION_NAME_REF,
    SyntaxKind::PROCEDURE_NAME,
    SyntaxKind::PROCEDURE_NAME_REF,
    SyntaxKind::STATISTICS,
    SyntaxKind::STATISTICS_REF,
    SyntaxKind::OBJECT_COLUMN,
];

/// Below these, a name is read or pointed at.
const USES: &[SyntaxKind] = &[
    SyntaxKind::FOREIGN_KEY_CONSTRAINT,
    SyntaxKind::REFERENCES_CONSTRAINT,
    SyntaxKind::FROM_CLAUSE,
    SyntaxKind::SELECT,
    SyntaxKind::USING_CLAUSE,
    SyntaxKind::INHERITS,
    SyntaxKind::INHERIT_TABLE,
    SyntaxKind::PARTITION_OF,
    SyntaxKind::PATH_TYPE,
    SyntaxKind::LIKE_CLAUSE,
    SyntaxKind::CALL,
    SyntaxKind::CALL_EXPR,
];

/// Statements that name an index of the table that they are about.
const TABLES: &[SyntaxKind] = &[SyntaxKind::ALTER_TABLE, SyntaxKind::CLUSTER];

/// Statements that are about a routine; elsewhere the name of one may be PostgreSQL's own.
const ROUTINES: &[SyntaxKind] = &[
    SyntaxKind::ALTER_FUNCTION,
    SyntaxKind::ALTER_PROCEDURE,
    SyntaxKind::COMMENT_ON,
    SyntaxKind::DROP_FUNCTION,
    SyntaxKind::DROP_PROCEDURE,
    SyntaxKind::GRANT,
    SyntaxKind::REVOKE,
];

/// Every name in a statement, in order.
pub(crate) fn mentions(statement: &SyntaxNode) -> Vec<Mention> {
    let ctes: Vec<String> = statement
        .descendants()
        .filter_map(ast::CteName::cast)
        .map(|name| ast::NameLike::text(&name))
        .collect();
    let mut found = Vec::new();
    for node in statement.descendants().filter(|node| NAMES.contains(&node.kind())) {
        let Some((schema, name)) = path(&node) else { continue };
        // What a rename gives, and the index of a table that is altered, are named without their schema.
        let renamed =
            node.parent().is_some_and(|parent| format!("{:?}", parent.kind()).ends_with("_RENAME_TO"));
        let of_a_table = node.kind() == SyntaxKind::INDEX_REF && TABLES.contains(&statement.kind());
        let routine = [SyntaxKind::FUNCTION_NAME_REF, SyntaxKind::PROCEDURE_NAME_REF].contains(&node.kind());
        let bare = renamed || of_a_table || routine && !ROUTINES.contains(&statement.kind());
        if bare || schema.is_none() && ctes.contains(&name) {
            continue;
        }
        let used = node.ancestors().skip(1).take_while(|above| above != statement);
        let role = if used.into_iter().any(|above| USES.contains(&above.kind())) || is_query(statement) {
            Role::Use
        } else {
            Role::Target
        };
        found.push(Mention { schema, name, role, node });
    }
    found
}

fn is_query(statement: &SyntaxNode) -> bool {
    USES.contains(&statement.kind())
}

/// Schema and name of a node that holds a path.
fn path(node: &SyntaxNode) -> Option<(Option<String>, String)> {
    if node.kind() == SyntaxKind::OBJECT_COLUMN {
        // `COMMENT ON COLUMN schema.table.column` is about the table.
        let path = node.descendants().find_map(ast::PathRef::cast)?.qualifier()?;
        let schema = path.qualifier().and_then(|path| path.segment()).map(|segment| segment.text());
        return Some((schema, path.segment()?.text()));
    }
    for child in node.children() {
        if let Some(path) = ast::PathRef::cast(child.clone()) {
            let schema = path.qualifier().and_then(|path| path.segment()).map(|segment| segment.text());
            return Some((schema, path.segment()?.text()));
        }
        if let Some(path) = ast::Path::cast(child) {
            let schema = path.qualifier().and_then(|path| path.segment()).map(|segment| segment.text());
            return Some((schema, path.segment()?.text()));
        }
    }
    None
}

/// The tables, types and sequences that a statement makes.
pub(crate) fn made(statement: &Statement) -> Vec<Mention> {
    let makes = matches!(
        statement.ast,
        Some(
            ast::Stmt::CreateTable(_)
                | ast::Stmt::CreateTableAs(_)
                | ast::Stmt::CreateForeignTable(_)
                | ast::Stmt::CreateMaterializedView(_)
                | ast::Stmt::CreateType(_)
                | ast::Stmt::CreateView(_)
                | ast::Stmt::CreateDomain(_)
                | ast::Stmt::CreateSequence(_)
        )
    );
    let first = statement.mentions.iter().find(|mention| mention.role == Role::Target).filter(|_| makes);
    // `ADD GENERATED … AS IDENTITY (SEQUENCE NAME …)`
    let of_identity = |mention: &&Mention| {
        mention.node.parent().is_some_and(|parent| parent.kind() == SyntaxKind::OPTION_SEQUENCE_NAME)
    };
    first.into_iter().chain(statement.mentions.iter().filter(of_identity)).cloned().collect()
}

/// The temporary tables that a statement makes.
pub(crate) fn temporary(statement: &Statement) -> Vec<Mention> {
    let persistence = match &statement.ast {
        Some(ast::Stmt::CreateTable(table)) => table.persistence(),
        Some(ast::Stmt::CreateTableAs(table)) => table.persistence(),
        _ => None,
    };
    if matches!(persistence, Some(ast::Persistence::Temp(_))) { made(statement) } else { Vec::new() }
}

/// Whether a statement is about a table without its partitions.
pub(crate) fn only(statement: &Statement) -> bool {
    let name = match &statement.ast {
        Some(ast::Stmt::AlterTable(alter)) => alter.table_relation_name(),
        Some(ast::Stmt::CreateIndex(index)) => index.table_relation_name(),
        _ => None,
    };
    name.is_some_and(|name| name.only_token().is_some())
}

/// The table that a statement alters or indexes.
pub(crate) fn table(statement: &Statement) -> Option<&Mention> {
    let wanted = match statement.ast.as_ref()? {
        ast::Stmt::AlterTable(alter) => alter.table_relation_name()?.table_name_ref()?.syntax().clone(),
        ast::Stmt::CreateIndex(index) => index.table_relation_name()?.table_name_ref()?.syntax().clone(),
        ast::Stmt::Update(update) => update.relation_name()?.relation_name_ref()?.syntax().clone(),
        ast::Stmt::Delete(delete) => delete.relation_name()?.relation_name_ref()?.syntax().clone(),
        ast::Stmt::Refresh(refresh) => refresh.view_ref()?.syntax().clone(),
        ast::Stmt::AlterType(alter) => alter.type_name_ref()?.syntax().clone(),
        ast::Stmt::AlterDomain(alter) => alter.domain_ref()?.syntax().clone(),
        _ => return None,
    };
    statement.mentions.iter().find(|mention| mention.node == wanted)
}
