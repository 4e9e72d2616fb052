//! Finished SQL and the macro that puts it together.

use std::fmt;

use crate::{DollarQuoted, Ident, Literal, Name};

/// Finished SQL: a statement, a clause or an expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sql(Box<str>);

impl Sql {
    /// Takes text that is SQL already: an expression of a model, or what a server printed.
    ///
    /// The one door by which text becomes SQL without quoting. Values and names never come in here.
    pub fn from_trusted(text: impl Into<String>) -> Self {
        Self(text.into().into_boxed_str())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True where nothing stands.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends finished SQL, without a separator.
    pub fn push(&mut self, more: &Sql) {
        self.0 = [&*self.0, &*more.0].concat().into();
    }

    #[doc(hidden)]
    pub fn assemble(arguments: fmt::Arguments<'_>) -> Self {
        Self(arguments.to_string().into_boxed_str())
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Sql> for String {
    fn from(sql: Sql) -> String {
        sql.0.into_string()
    }
}

/// What may stand in the braces of [`sql!`]: things whose `Display` is quoted SQL, and numbers.
pub trait Fragment: fmt::Display {}

impl Fragment for Ident {}
impl Fragment for Name {}
impl Fragment for Literal {}
impl Fragment for DollarQuoted {}
impl Fragment for Sql {}
impl Fragment for i16 {}
impl Fragment for i32 {}
impl Fragment for i64 {}
impl Fragment for u16 {}
impl Fragment for u32 {}
impl Fragment for u64 {}
impl Fragment for usize {}
impl Fragment for f32 {}
impl<T: Fragment + ?Sized> Fragment for &T {}

/// Puts SQL together as `format!` does, from [`Fragment`]s only.
///
/// ```
/// use limbeck_sql::{sql, Ident, Name};
///
/// let table = Name::new("public", "we\"ird");
/// let column = Ident::new("select");
/// assert_eq!(
///     sql!("ALTER TABLE {} DROP COLUMN {}", table, column).as_str(),
///     r#"ALTER TABLE public."we""ird" DROP COLUMN "select""#,
/// );
/// ```
///
/// A `String` is not SQL:
///
/// ```compile_fail
/// limbeck_sql::sql!("DROP TABLE {}", String::from("t"));
/// ```
#[macro_export]
macro_rules! sql {
    ($format:literal $(, $argument:expr)* $(,)?) => {{
        // A statement of its own: the arguments are not kept across an `.await` of the expression around.
        let sql = $crate::Sql::assemble(::std::format_args!($format $(, $crate::fragment(&$argument))*));
        sql
    }};
}

#[doc(hidden)]
pub fn fragment<T: Fragment + ?Sized>(fragment: &T) -> &T {
    fragment
}

/// The parts with `, ` between them.
pub fn list<T: Fragment>(parts: impl IntoIterator<Item = T>) -> Sql {
    join(parts, ", ")
}

fn join<T: Fragment>(parts: impl IntoIterator<Item = T>, separator: &str) -> Sql {
    let mut text = String::new();
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            text.push_str(separator);
        }
        text.push_str(&part.to_string());
    }
    Sql::from_trusted(text)
}
