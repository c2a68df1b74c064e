//! The query of a listing, read strictly by its table (`progress.md` 2.6): `page[size]`,
//! `page[after]`, `filter[name]=a,b`, `filter[name][gte]=…`, `sort=-a,b`, with brackets as they are
//! or percent-encoded.
//!
//! What is not known is refused with what is: a filter that is silently ignored would answer with
//! more than was asked for.

mod read;
#[cfg(test)]
mod tests;

use super::secrets::{Purpose, Secret};
use super::table::QueryTable;
use super::{Cursor, Fingerprint};
use crate::app::App;
use crate::error::Result;
use crate::http::trace::RequestIds;
use crate::tenants::TenantId;
use axum::extract::FromRequestParts;
use http::request::Parts;
use read::Read;
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

    /// Whether the greatest of the first name to order by comes first.
    pub fn is_descending(&self) -> bool {
        self.order.first().is_some_and(|order| order.descending)
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
