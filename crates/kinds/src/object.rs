//! The list of kinds.

use limbeck_schema::{Id, Kind, Rename};
use limbeck_sql::{Ident, Statement};

use crate::definition::{Alter, Context, Definition, Visitor};
use crate::rename::Follow;
use crate::{
    Schema, aggregate, column, comment, composite, constraint, domain, enumeration, event_trigger, extension,
    function, index, materialized_view, namespace, policy, procedure, range, row_security, rule, sequence,
    statistics, table, trigger, view,
};
use crate::{
    access_method, base_type, cast, collation, default_privileges, encoding_conversion, extension_dependency,
    foreign_data_wrapper, foreign_table, grant, language, operator, operator_class, operator_family, owner,
    publication, security_label, server, subscription, text_search, transform, user_mapping,
};

macro_rules! kinds {
    ($($variant:ident($definition:path) $doc:literal,)*) => {
        /// An object of any kind.
        #[derive(Clone, Debug, PartialEq, Hash)]
        #[allow(clippy::large_enum_variant)]
        pub enum Object {
            $(#[doc = $doc] $variant($definition),)*
        }

        /// Every kind that is modelled, in the order of the list.
        pub const KINDS: &[Kind] = &[$(<$definition as Definition>::KIND),*];

        $(impl From<$definition> for Object {
            fn from(definition: $definition) -> Self {
                Self::$variant(definition)
            }
        })*

        impl Object {
            /// Shows every name in the object to the visitor.
            pub fn visit(&mut self, visitor: &mut dyn Visitor) {
                match self { $(Self::$variant(object) => object.visit(visitor),)* }
            }

            /// The statements that make it, as `to` holds it: what default privileges do to it is mended.
            pub fn create(&self, context: &Context<'_>) -> Vec<Statement> {
                let mut statements = match self { $(Self::$variant(object) => object.create(context),)* };
                statements.extend(default_privileges::mended(self, context));
                statements
            }

            /// The statements that make an end of it.
            pub fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
                match self { $(Self::$variant(object) => object.drop(context),)* }
            }

            /// How it becomes `to`; `None` where `to` is of another kind.
            pub fn alter(&self, to: &Self, context: &Context<'_>) -> Option<Alter> {
                match (self, to) {
                    $((Self::$variant(from), Self::$variant(to)) => Some(from.alter(to, context)),)*
                    #[allow(unreachable_patterns)]
                    (_, _) => None,
                }
                .map(|alter| alter.and(default_privileges::mended_sequence(self, to, context)))
            }

            /// Objects that its creation writes along.
            pub fn inlines(&self, context: &Context<'_>) -> Vec<Id> {
                match self { $(Self::$variant(object) => object.inlines(context),)* }
            }

            /// The roles that it names, `public` among them.
            pub fn roles(&self) -> Vec<Ident> {
                match self { $(Self::$variant(object) => object.roles(),)* }
            }

            /// What it needs in its schema beyond the names that it holds.
            pub fn extra_needs(&self, schema: &Schema) -> Vec<Id> {
                match self { $(Self::$variant(object) => object.extra_needs(schema),)* }
            }
        }

        impl limbeck_schema::Object for Object {
            fn id(&self) -> Id {
                match self { $(Self::$variant(object) => object.id(),)* }
            }

            fn rename(&mut self, rename: &Rename) {
                self.visit(&mut Follow(rename));
            }
        }
    };
}

kinds! {
    Namespace(namespace::Namespace) "A schema, in PostgreSQL's sense.",
    Extension(extension::Extension) "An extension.",
    Enumeration(enumeration::Enumeration) "An enum type.",
    Domain(domain::Domain) "A domain.",
    DomainConstraint(domain::DomainConstraint) "A check of a domain.",
    Composite(composite::Composite) "A composite type.",
    Range(range::Range) "A range type.",
    Sequence(sequence::Sequence) "A sequence.",
    SequenceOwner(sequence::SequenceOwner) "The column that owns a sequence.",
    Table(table::Table) "A table.",
    Column(column::Column) "A column of a table.",
    Constraint(constraint::Constraint) "A constraint of a table.",
    Index(index::Index) "An index.",
    Function(function::Function) "A function.",
    Procedure(procedure::Procedure) "A procedure.",
    Aggregate(aggregate::Aggregate) "An aggregate.",
    View(view::View) "A view.",
    MaterializedView(materialized_view::MaterializedView) "A materialized view.",
    Statistics(statistics::Statistics) "A statistics object.",
    Rule(rule::Rule) "A rewrite rule.",
    Trigger(trigger::Trigger) "A trigger.",
    EventTrigger(event_trigger::EventTrigger) "An event trigger.",
    Policy(policy::Policy) "A policy of row-level security.",
    RowSecurity(row_security::RowSecurity) "The row-level security of a table.",
    Language(language::Language) "A procedural language.",
    AccessMethod(access_method::AccessMethod) "An access method.",
    Collation(collation::Collation) "A collation.",
    Conversion(encoding_conversion::Conversion) "A conversion between encodings.",
    ShellType(base_type::ShellType) "The name of a type that has functions.",
    BaseType(base_type::BaseType) "A base type.",
    Cast(cast::Cast) "A cast.",
    Operator(operator::Operator) "An operator.",
    OperatorFamily(operator_family::OperatorFamily) "An operator family.",
    OperatorClass(operator_class::OperatorClass) "An operator class.",
    Transform(transform::Transform) "A transform of a type for a language.",
    TextSearchParser(text_search::Parser) "A text search parser.",
    TextSearchTemplate(text_search::Template) "A text search template.",
    TextSearchDictionary(text_search::Dictionary) "A text search dictionary.",
    TextSearchConfiguration(text_search::Configuration) "A text search configuration.",
    ForeignDataWrapper(foreign_data_wrapper::ForeignDataWrapper) "A foreign-data wrapper.",
    Server(server::Server) "A foreign server.",
    UserMapping(user_mapping::UserMapping) "A user mapping.",
    ForeignTable(foreign_table::ForeignTable) "A foreign table.",
    ForeignColumn(foreign_table::ColumnOptions) "The options of a foreign table's column.",
    Publication(publication::Publication) "A publication.",
    PublishedTable(publication::PublishedTable) "A table of a publication.",
    PublishedSchema(publication::PublishedSchema) "A schema of a publication.",
    Subscription(subscription::Subscription) "A subscription.",
    Owner(owner::Owner) "Who owns an object.",
    DefaultPrivileges(default_privileges::DefaultPrivileges) "What new objects grant by themselves.",
    Grant(grant::Grant) "What a role may do with an object.",
    ExtensionDependency(extension_dependency::ExtensionDependency) "An object that goes with an extension.",
    Comment(comment::Comment) "A comment on an object.",
    SecurityLabel(security_label::SecurityLabel) "A security label.",
}
