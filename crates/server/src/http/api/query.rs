//! The query of a listing, read strictly by its table (`progress.md` 2.6): `page[size]`,
//! `page[after]`, `filter[name]=a,b`, `filter[name][gte]=…`, `sort=-a,b`, with brackets as they are
//! or percent-encoded.
//!
//! What is not known is refused with what is: a filter that is silently ignored would answer with
//! more than was asked for.

use super::secrets::{Purpose, Secret};
use super::table::{Filter, Kind, QueryTable};
use super::{Cursor, Fingerprint, PAGE_SIZE, cursor};
use crate::app::App;
use crate::error::{Code, Fault, Place, Problem, Result};
use crate::http::form::{self, Field};
use crate::http::trace::RequestIds;
use crate::limits::Limits;
use crate::tenants::TenantId;
use axum::extract::FromRequestParts;
use http::request::Parts;
use rollbook_xapi::version::Version;
use std::convert::Infallible;

/// The query of a request, not read yet: a handler's argument.
#[derive(Clone, Debug)]
pub struct Asked {
    path: String,
    query: String,
    ids: Option<RequestIds>,
}

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// How many there are in a page.
    pub size: usize,
    /// Where it begins; the first page has none.
    pub after: Option<Cursor>,
}

/// A query that its listing understands.
#[derive(Clone, Debug)]
pub struct Query {
    /// Which page.
    pub page: Page,
    /// What bounds all pages: the time of the first in microseconds, unless the listing says else.
    /// Rows behind it are left out, so that pages do not shift while others write.
    pub bound: i64,
    filters: Vec<(&'static str, Given)>,
    order: Vec<Order>,
    pub(super) place: PlaceOf,
}

/// What makes the cursor and the address of the next page.
#[derive(Clone, Debug)]
pub(super) struct PlaceOf {
    pub(super) secret: Secret,
    pub(super) fingerprint: Fingerprint,
    pub(super) path: String,
    /// Every parameter as it was sent, but for the cursor.
    pub(super) repeated: String,
    pub(super) ids: Option<RequestIds>,
}

/// One name to order by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The name.
    pub name: &'static str,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// A span of time in microseconds since 1970 UTC: from the first up to, and without, the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: i64,
    /// The moment before which it ends.
    pub before: i64,
}

/// What a filter was given.
#[derive(Clone, Debug, PartialEq)]
enum Given {
    Texts(Vec<String>),
    Words(Vec<&'static str>),
    Span(Span),
    Flag(bool),
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            ids: parts.extensions.get().cloned(),
        })
    }
}

impl Asked {
    /// The query, as the listing understands it.
    pub async fn of(
        self,
        table: &'static QueryTable,
        app: &App,
        tenant: TenantId,
    ) -> Result<Query> {
        let read = Read::new(&self.query, table, &app.limits)?;
        let secret = app.secrets.get(tenant, Purpose::Cursor).await?;
        let fingerprint = read.fingerprint(table, tenant);
        let after = match &read.after {
            Some(text) => Some(Cursor::read(text, &secret, &fingerprint)?),
            None => None,
        };
        let bound = after.as_ref().map_or_else(|| app.clock.now_micros(), |cursor| cursor.bound);
        let Self { path, query: _, ids } = self;
        let Read { size, after: _, filters, order, repeated } = read;
        let place = PlaceOf { secret, fingerprint, path, repeated, ids };
        Ok(Query { page: Page { size, after }, bound, filters, order, place })
    }
}

impl Query {
    /// By what to order.
    pub fn order(&self) -> &[Order] {
        &self.order
    }

    /// How many rows to read: one more than a page, which says whether there is a next one.
    pub fn rows(&self) -> i64 {
        i64::try_from(self.page.size).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// The text of a filter, or the first of its texts.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts(name)?.first().map(String::as_str)
    }

    /// The texts of a filter; at least one if it is given.
    pub fn texts(&self, name: &str) -> Option<&[String]> {
        match self.given(name)? {
            Given::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The words of a filter; at least one if it is given.
    pub fn words(&self, name: &str) -> Option<&[&'static str]> {
        match self.given(name)? {
            Given::Words(words) => Some(words),
            _ => None,
        }
    }

    /// The span of a filter; all of time if it is not given.
    pub fn span(&self, name: &str) -> Span {
        match self.given(name) {
            Some(Given::Span(span)) => *span,
            _ => Span::ALL,
        }
    }

    /// The truth that a filter asks for.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.given(name)? {
            Given::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    fn given(&self, name: &str) -> Option<&Given> {
        self.filters.iter().find(|(known, _)| *known == name).map(|(_, given)| given)
    }
}

impl Span {
    /// All of time.
    pub const ALL: Self = Self { from: i64::MIN, before: i64::MAX };
}

/// A query that was read, but for its cursor.
#[derive(Debug)]
struct Read {
    size: usize,
    after: Option<String>,
    filters: Vec<(&'static str, Given)>,
    order: Vec<Order>,
    repeated: String,
}

impl Read {
    fn new(query: &str, table: &'static QueryTable, limits: &Limits) -> Result<Self> {
        let fields = form::fields(query).map_err(|unreadable| {
            unreadable.problem(|| Problem::of(Code::ParameterEncoding, "the query is not UTF-8"))
        })?;
        let mut read = Self {
            size: PAGE_SIZE.min(limits.api_page_max),
            after: None,
            filters: Vec::new(),
            order: Vec::new(),
            repeated: String::new(),
        };
        let mut seen: Vec<&str> = Vec::new();
        for Field { name, value, raw: _ } in &fields {
            // The two names of the cursor are one parameter.
            let one = if name == "page[cursor]" { "page[after]" } else { name.as_str() };
            if seen.contains(&one) {
                let what = format!("`{one}` is given more than once");
                return Err(wrong(Code::QueryParameterRepeated, one, what));
            }
            seen.push(one);
            read.take(one, value, table, limits)?;
        }
        if read.order.is_empty() {
            read.order = order(table.order, table)?;
        }
        read.filters.sort_by_key(|(name, _)| *name);
        let is_cursor = |field: &Field<'_>| matches!(&*field.name, "page[after]" | "page[cursor]");
        let kept = fields.iter().filter(|field| !is_cursor(field)).map(|field| field.raw);
        read.repeated = kept.collect::<Vec<_>>().join("&");
        Ok(read)
    }

    fn take(
        &mut self,
        name: &str,
        value: &str,
        table: &'static QueryTable,
        limits: &Limits,
    ) -> Result<()> {
        match name {
            "page[size]" => self.size = size(value, limits.api_page_max)?,
            "page[after]" => self.after = Some(cursor_text(value, limits)?),
            "sort" => self.order = order(value, table)?,
            _ => match name.strip_prefix("filter[") {
                Some(rest) => return self.filter(name, rest, value, table, limits),
                None => return Err(unknown_parameter(name, table)),
            },
        }
        Ok(())
    }

    /// `rest` is what follows `filter[`.
    fn filter(
        &mut self,
        parameter: &str,
        rest: &str,
        value: &str,
        table: &'static QueryTable,
        limits: &Limits,
    ) -> Result<()> {
        let unknown = || unknown_filter(parameter, table);
        let filter = table.filters.iter().find(|filter| filter.parameters.contains(&parameter));
        let filter = filter.ok_or_else(unknown)?;
        if value.len() > limits.api_filter_bytes_max {
            let most = limits.api_filter_bytes_max;
            return Err(Problem::too_large(
                "api_filter_bytes_max",
                format!("a filter has at most {most} bytes"),
            ));
        }
        let operator = rest.strip_prefix(filter.name).ok_or_else(unknown)?;
        let given = given(filter, parameter, value, limits)?;
        match given {
            Ok(given) => self.filters.push((filter.name, given)),
            Err(at) => self.narrow(filter.name, parameter, operator, at)?,
        }
        Ok(())
    }

    /// One end of a span, of which each is given once.
    fn narrow(
        &mut self,
        name: &'static str,
        parameter: &str,
        operator: &str,
        at: i64,
    ) -> Result<()> {
        let known = self.filters.iter_mut().find(|(known, _)| *known == name);
        let mut span = match &known {
            Some((_, Given::Span(span))) => *span,
            _ => Span::ALL,
        };
        let (end, unset, at) = match operator {
            "][gte]" => (&mut span.from, i64::MIN, at),
            "][gt]" => (&mut span.from, i64::MIN, at.saturating_add(1)),
            "][lte]" => (&mut span.before, i64::MAX, at.saturating_add(1)),
            _ => (&mut span.before, i64::MAX, at),
        };
        if *end != unset {
            let what = format!("`{parameter}` bounds what another parameter bounds already");
            return Err(wrong(Code::QueryParameterRepeated, parameter, what));
        }
        *end = at;
        match known {
            Some((_, given)) => *given = Given::Span(span),
            None => self.filters.push((name, Given::Span(span))),
        }
        Ok(())
    }

    fn fingerprint(&self, table: &QueryTable, tenant: TenantId) -> Fingerprint {
        let canonical = |given: &Given| match given {
            Given::Texts(texts) => format!("{texts:?}"),
            Given::Words(words) => format!("{words:?}"),
            Given::Span(Span { from, before }) => format!("{from} {before}"),
            Given::Flag(flag) => flag.to_string(),
        };
        let filters = self.filters.iter();
        let filters: Vec<_> =
            filters.map(|(name, given)| ((*name).to_owned(), canonical(given))).collect();
        let order: Vec<_> = self.order.iter().map(Order::signed).collect();
        Fingerprint::new(tenant.0, table.name, &filters, &order)
    }
}

impl Order {
    fn signed(&self) -> String {
        format!("{}{}", if self.descending { '-' } else { '+' }, self.name)
    }
}

fn size(value: &str, most: usize) -> Result<usize> {
    let is_count = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let size = value.parse().ok().filter(|size| is_count && (1..=most).contains(size));
    size.ok_or_else(|| invalid("page[size]", &format!("a number from 1 to {most}")))
}

fn cursor_text(value: &str, limits: &Limits) -> Result<String> {
    // Longer than any that we make.
    let is_short = value.len() <= limits.api_cursor_bytes_max;
    if is_short { Ok(value.to_owned()) } else { Err(cursor::invalid()) }
}

fn order(value: &str, table: &'static QueryTable) -> Result<Vec<Order>> {
    let mut order: Vec<Order> = Vec::new();
    for asked in value.split(',') {
        let (descending, asked) = match asked.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, asked),
        };
        let name = table.sorts.names.iter().find(|name| **name == asked).ok_or_else(|| {
            let what = format!("this can be ordered by {}", listed(table.sorts.names));
            wrong(Code::QuerySortUnknown, "sort", what)
        })?;
        if order.iter().any(|earlier| earlier.name == *name) {
            let what = format!("`sort` names `{name}` more than once");
            return Err(wrong(Code::QueryParameterRepeated, "sort", what));
        }
        order.push(Order { name, descending });
    }
    Ok(order)
}

/// What a filter was given; or, of a span, the moment of one of its ends.
fn given(
    filter: &'static Filter,
    parameter: &str,
    value: &str,
    limits: &Limits,
) -> Result<Result<Given, i64>> {
    if value.is_empty() {
        return Err(invalid(parameter, "something to look for"));
    }
    Ok(Ok(match filter.kind {
        Kind::Time => return time(parameter, value).map(Err),
        Kind::Text => Given::Texts(vec![value.to_owned()]),
        Kind::Texts => Given::Texts(split(parameter, value, limits)?),
        Kind::Words(words) => {
            let known = |asked: &String| words.iter().copied().find(|word| word == asked);
            let given: Option<Vec<_>> =
                split(parameter, value, limits)?.iter().map(known).collect();
            let one_of = || invalid(parameter, &format!("some of {}", listed(words)));
            Given::Words(given.ok_or_else(one_of)?)
        }
        Kind::Flag => match value {
            "true" => Given::Flag(true),
            "false" => Given::Flag(false),
            _ => return Err(invalid(parameter, "`true` or `false`")),
        },
    }))
}

fn time(parameter: &str, value: &str) -> Result<i64> {
    // A `+` that a client forgot to encode arrives as a space, which no timestamp has.
    let text = value.replace(' ', "+");
    let found = rollbook_xapi::timestamp::parse(&text, Version::V2).map(|found| found.micros);
    found.map_err(|_fault| invalid(parameter, "a time with a zone, such as 2026-11-21T07:00:00Z"))
}

/// The texts between commas, each once, in an order of their own.
fn split(parameter: &str, value: &str, limits: &Limits) -> Result<Vec<String>> {
    let mut texts = vec![String::new()];
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = texts.last_mut().expect("there is one at the start");
        match letter {
            '\\' => last.push(letters.next_if(|next| matches!(next, ',' | '\\')).unwrap_or('\\')),
            ',' => texts.push(String::new()),
            _ => last.push(letter),
        }
    }
    let most = limits.api_filter_values_max;
    if texts.len() > most || texts.iter().any(String::is_empty) {
        return Err(invalid(parameter, &format!("1 to {most} texts with commas between them")));
    }
    texts.sort_unstable();
    texts.dedup();
    Ok(texts)
}

fn wrong(code: Code, parameter: &str, detail: String) -> Problem {
    let fault = Fault { place: Place::Query(parameter.to_owned()), detail: detail.clone() };
    Problem { faults: vec![fault], ..Problem::of(code, detail) }
}

fn invalid(parameter: &str, kind: &str) -> Problem {
    wrong(Code::QueryParameterInvalid, parameter, format!("`{parameter}` must be {kind}"))
}

fn unknown_parameter(name: &str, table: &QueryTable) -> Problem {
    let mut known = vec!["page[size]", "page[after]", "sort"];
    known.extend(table.filters.iter().flat_map(|filter| filter.parameters));
    let detail = format!("there is no parameter `{name}` here; there are {}", listed(&known));
    wrong(Code::QueryParameterUnknown, name, detail)
}

fn unknown_filter(name: &str, table: &QueryTable) -> Problem {
    let known: Vec<_> =
        table.filters.iter().flat_map(|filter| filter.parameters).copied().collect();
    let detail = if known.is_empty() {
        "there are no filters here".to_owned()
    } else {
        format!("there is no `{name}` here; there are {}", listed(&known))
    };
    wrong(Code::QueryFilterUnknown, name, detail)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
