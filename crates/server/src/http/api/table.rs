//! What a listing understands, as a table: the parser, the text of its refusals and the parameters
//! in its documentation come from it (`progress.md` 2.6).

use crate::http::openapi::{Parameter, Place};
use utoipa::PartialSchema as _;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

/// What one listing understands.
#[derive(Debug)]
pub struct QueryTable {
    /// Its name: a cursor of one listing is not one of another.
    pub name: &'static str,
    /// By what it can be narrowed; made by `filter!`.
    pub filters: &'static [Filter],
    /// By what it can be ordered; made by `sorts!`.
    pub sorts: Sorts,
    /// The order when none is asked for, as one would ask for it.
    pub order: &'static str,
}

/// By what a listing can be ordered.
#[derive(Clone, Copy, Debug)]
pub struct Sorts {
    /// The names.
    pub names: &'static [&'static str],
    /// What the documentation says.
    pub doc: &'static str,
}

/// By what a listing can be narrowed.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it is, for the documentation.
    pub doc: &'static str,
    /// The parameters that it stands for.
    pub parameters: &'static [&'static str],
    /// The shape of its value.
    pub schema: fn() -> RefOr<Schema>,
}

/// What a filter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One text, to be equal to.
    Text,
    /// Any of some texts. A comma within one is written `\,`.
    Texts,
    /// Any of these words.
    Words(&'static [&'static str]),
    /// A span of time: `[gte]`, `[gt]`, `[lte]`, `[lt]`.
    Time,
    /// `true` or `false`.
    Flag,
}

/// One filter of a table: `filter!("outcome", words ["passed", "failed"], "What became of it.")`,
/// and likewise with `text`, `texts`, `time` and `flag`.
#[macro_export]
macro_rules! api_filter {
    ($name:literal, words [$($word:literal),+ $(,)?], $doc:literal) => {
        $crate::http::api::Filter {
            name: $name,
            kind: $crate::http::api::Kind::Words(&[$($word),+]),
            doc: $doc,
            parameters: &[concat!("filter[", $name, "]")],
            schema: || $crate::http::api::words_schema(&[$($word),+]),
        }
    };
    (@ $name:literal, $kind:ident, $schema:ident, $doc:literal) => {
        $crate::http::api::Filter {
            name: $name,
            kind: $crate::http::api::Kind::$kind,
            doc: $doc,
            parameters: &[concat!("filter[", $name, "]")],
            schema: $crate::http::api::$schema,
        }
    };
    ($name:literal, text, $doc:literal) => {
        $crate::api_filter!(@ $name, Text, text_schema, $doc)
    };
    ($name:literal, texts, $doc:literal) => {
        $crate::api_filter!(@ $name, Texts, text_schema, $doc)
    };
    ($name:literal, flag, $doc:literal) => {
        $crate::api_filter!(@ $name, Flag, flag_schema, $doc)
    };
    ($name:literal, time, $doc:literal) => {
        $crate::http::api::Filter {
            name: $name,
            kind: $crate::http::api::Kind::Time,
            doc: $doc,
            parameters: &[
                concat!("filter[", $name, "][gte]"),
                concat!("filter[", $name, "][gt]"),
                concat!("filter[", $name, "][lte]"),
                concat!("filter[", $name, "][lt]"),
            ],
            schema: $crate::http::api::time_schema,
        }
    };
}
pub use api_filter as filter;

/// By what a table can be ordered: `sorts!["createdAt", "name"]`.
#[macro_export]
macro_rules! api_sorts {
    [$($name:literal),+ $(,)?] => {
        $crate::http::api::Sorts {
            names: &[$($name),+],
            doc: concat!(
                "The order, by one or more of", $(" `", $name, "`"),+,
                "; a `-` before a name means descending.",
            ),
        }
    };
}
pub use api_sorts as sorts;

impl QueryTable {
    /// How many parameters it has in the documentation.
    #[expect(
        clippy::indexing_slicing,
        reason = "it runs when it is compiled, where an index out of bounds is an error"
    )]
    pub const fn count(&self) -> usize {
        let (mut count, mut at) = (PAGE.len() + 1, 0);
        while at < self.filters.len() {
            count += self.filters[at].parameters.len();
            at += 1;
        }
        count
    }

    /// Its parameters for the documentation; `N` is [`count`](Self::count).
    ///
    /// # Panics
    /// If `N` is another number; that is found when it is compiled.
    #[expect(
        clippy::indexing_slicing,
        reason = "it runs when it is compiled, where an index out of bounds is an error"
    )]
    pub const fn parameters<const N: usize>(&self) -> [Parameter; N] {
        assert!(N == self.count(), "N is not the count of parameters");
        let mut all = [PAGE[0]; N];
        all[1] = PAGE[1];
        all[2] = Parameter { description: self.sorts.doc, ..query("sort", "", text_schema) };
        let (mut to, mut filter) = (PAGE.len() + 1, 0);
        while filter < self.filters.len() {
            let Filter { name: _, kind: _, doc, parameters, schema } = self.filters[filter];
            let mut from = 0;
            while from < parameters.len() {
                all[to] = query(parameters[from], doc, schema);
                from += 1;
                to += 1;
            }
            filter += 1;
        }
        all
    }
}

/// Parameters of two lists in one; `N` is the count of both.
///
/// # Panics
/// If `N` is another number; that is found when it is compiled.
#[expect(
    clippy::indexing_slicing,
    reason = "it runs when it is compiled, where an index out of bounds is an error"
)]
pub const fn joined<const N: usize>(first: &[Parameter], then: &[Parameter]) -> [Parameter; N] {
    assert!(N > 0 && N == first.len() + then.len(), "N is not the count of parameters");
    let mut all = [if first.is_empty() { then[0] } else { first[0] }; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { then[at - first.len()] };
        at += 1;
    }
    all
}

/// What every listing takes.
const PAGE: [Parameter; 2] = [
    query("page[size]", "How many there are in a page: 50 unless said, at most 200.", size_schema),
    query("page[after]", "`meta.page.nextCursor` of the page before this one.", text_schema),
];

const fn query(
    name: &'static str,
    description: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    Parameter { name, place: Place::Query, required: false, description, schema }
}

/// The shape of a text.
pub fn text_schema() -> RefOr<Schema> {
    String::schema()
}

/// The shape of a truth.
pub fn flag_schema() -> RefOr<Schema> {
    bool::schema()
}

/// The shape of a time.
pub fn time_schema() -> RefOr<Schema> {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
}

/// The shape of some of these words, with commas between them.
pub fn words_schema(words: &[&str]) -> RefOr<Schema> {
    let one = words.join("|");
    let pattern = format!("^({one})(,({one}))*$");
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).into()
}

fn size_schema() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(200))
        .default(Some(super::PAGE_SIZE.into()))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: QueryTable = QueryTable {
        name: "things",
        filters: &[
            filter!("kind", words ["a", "b"], "Its kind."),
            filter!("at", time, "When."),
            filter!("who", texts, "Whose."),
        ],
        sorts: sorts!["at", "name"],
        order: "-at",
    };

    #[test]
    fn the_documentation_names_every_parameter() {
        const PARAMETERS: [Parameter; TABLE.count()] = TABLE.parameters();
        const BOTH: [Parameter; 4] = joined(&PAGE, &PAGE);
        let names = PARAMETERS.map(|parameter| parameter.name).join(" ");
        assert_eq!(
            names,
            "page[size] page[after] sort filter[kind] filter[at][gte] filter[at][gt] \
             filter[at][lte] filter[at][lt] filter[who]"
        );
        assert_eq!(
            PARAMETERS[2].description,
            "The order, by one or more of `at` `name`; a `-` before a name means descending."
        );
        assert_eq!(BOTH.map(|parameter| parameter.name).concat().matches("size").count(), 2);
    }
}
