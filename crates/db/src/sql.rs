//! A statement's text: named, static, the same on both engines unless its author says why not.
//!
//! Parameters are written `$1`, `$2` … on both engines.

use std::sync::OnceLock;

/// One statement. Made by [`sql!`](crate::sql!), and by nothing else.
#[derive(Debug)]
pub struct Sql {
    name: &'static str,
    doc: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    numbered: OnceLock<String>,
}

/// What a statement returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The names, in select order; empty for a statement that returns no rows.
    pub names: Vec<String>,
}

impl Columns {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }
}

impl Sql {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        sqlite: &'static str,
        postgres: &'static str,
    ) -> Self {
        Self { name, doc, sqlite, postgres, numbered: OnceLock::new() }
    }

    /// Its name, as errors and logs tell it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is for.
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// The text for SQLite.
    pub fn sqlite(&self) -> &'static str {
        self.sqlite
    }

    /// The text for PostgreSQL.
    pub fn postgres(&self) -> &'static str {
        self.postgres
    }

    /// The SQLite text with `?1` for `$1`: SQLite numbers `$1` by where it first appears, and `?1`
    /// by its number, which is what PostgreSQL does.
    pub(crate) fn numbered(&self) -> &str {
        self.numbered.get_or_init(|| number(self.sqlite))
    }
}

/// Puts `?` for each `$` that starts a parameter, outside of quotes and comments.
fn number(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        match quote {
            Some(end) if c == end => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '-' && next == Some('-') => quote = Some('\n'),
            None if c == '$' && next.is_some_and(|next| next.is_ascii_digit()) => {
                out.push('?');
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

/// Declares statements: `NAME = "text";` for both engines, or
/// `NAME = sqlite: "text", postgres: "text";` where they must differ.
///
/// Each block also declares `ALL`, the list of its statements, for the test that prepares them.
#[macro_export]
macro_rules! sql {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident = $($both:literal)? $(sqlite: $sqlite:literal, postgres: $postgres:literal)?;
    )*) => {
        $(
            $(#[doc = $doc])*
            pub(crate) static $name: $crate::Sql = $crate::Sql::new(
                stringify!($name),
                concat!($($doc, "\n"),*),
                concat!($($both)? $($sqlite)?),
                concat!($($both)? $($postgres)?),
            );
        )*
        /// Every statement of this block.
        pub(crate) static ALL: &[&$crate::Sql] = &[$(&$name),*];
        const _: fn() -> usize = || ALL.len();
    };
}

#[cfg(test)]
mod tests {
    use super::number;

    sql! {
        /// Both.
        ONE = "select $1";
        /// Either.
        /// Twice.
        TWO = sqlite: "select 1", postgres: "select 2";
    }

    #[test]
    fn a_block_declares_named_texts() {
        assert_eq!(ALL.iter().map(|sql| sql.name()).collect::<Vec<_>>(), ["ONE", "TWO"]);
        assert_eq!((ONE.sqlite(), ONE.postgres()), ("select $1", "select $1"));
        assert_eq!((TWO.sqlite(), TWO.postgres()), ("select 1", "select 2"));
        assert_eq!(TWO.doc(), " Either.\n Twice.\n");
    }

    #[test]
    fn parameters_are_numbered_outside_of_quotes() {
        assert_eq!(
            number("select '$1''$2', \"$3\", $14, a$b -- $5\n where x = $6"),
            "select '$1''$2', \"$3\", ?14, a$b -- $5\n where x = ?6"
        );
    }
}
