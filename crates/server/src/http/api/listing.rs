//! The answer of a listing: `{"data":[…],"meta":{…},"links":{"next":…}}` (`progress.md` 1.6, 2.5).

use super::query::{PlaceOf, Query};
use super::{Cursor, VERSION};
use crate::error::{Problem, Result};
use crate::http::reply::Json;
use axum::response::{IntoResponse, Response};
use http::Uri;
use rollbook_db::Value;
use serde::Serialize;

/// One page, ready to be answered.
#[derive(Debug)]
pub struct Listing<T> {
    data: Vec<T>,
    size: usize,
    next: Option<String>,
    place: PlaceOf,
}

impl<T> Listing<T> {
    /// The same page with each row in the form in which it is answered, if each has one.
    pub fn try_map<U>(self, shown: impl FnMut(T) -> Result<U>) -> Result<Listing<U>> {
        let Self { data, size, next, place } = self;
        Ok(Listing { data: data.into_iter().map(shown).collect::<Result<_>>()?, size, next, place })
    }

    /// A page out of the [`Query::rows`] that were read for it: one more than it has, if there is a
    /// next one. `keys` are the values by which a row is ordered, the last of which is its own.
    pub fn new(query: Query, mut rows: Vec<T>, keys: impl Fn(&T) -> Vec<Value>) -> Self {
        let Query { page, bound, place, .. } = query;
        let has_next = rows.len() > page.size;
        rows.truncate(page.size);
        let last = rows.last().filter(|_| has_next);
        let cursor = last.map(|row| Cursor { keys: keys(row), bound });
        let next = cursor.map(|cursor| cursor.write(&place.secret, &place.fingerprint));
        Self { data: rows, size: page.size, next, place }
    }

    /// The same page with each row in the form in which it is answered.
    pub fn map<U>(self, shown: impl FnMut(T) -> U) -> Listing<U> {
        let Self { data, size, next, place } = self;
        Listing { data: data.into_iter().map(shown).collect(), size, next, place }
    }
}

#[derive(Serialize)]
struct Body<'a, T> {
    data: &'a [T],
    meta: Meta<'a>,
    links: Links,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    request_id: Option<&'a str>,
    api_version: &'a str,
    trace_id: Option<String>,
    page: PageMeta<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageMeta<'a> {
    size: usize,
    next_cursor: Option<&'a str>,
}

#[derive(Serialize)]
struct Links {
    next: Option<String>,
}

impl<T: Serialize> IntoResponse for Listing<T> {
    fn into_response(self) -> Response {
        let PlaceOf { path, repeated, ids, secret: _, fingerprint: _ } = &self.place;
        let next_cursor = self.next.as_deref();
        let body = Body {
            data: &self.data,
            meta: Meta {
                request_id: ids.as_ref().map(|ids| &*ids.request),
                api_version: VERSION,
                trace_id: ids.as_ref().map(|ids| ids.trace.to_string()),
                page: PageMeta { size: self.size, next_cursor },
            },
            links: Links { next: next_cursor.map(|cursor| address(path, repeated, cursor)) },
        };
        let text: Result<_> = serde_json::to_string(&body).map_err(Problem::internal);
        text.map(Json::new).into_response()
    }
}

/// The path of the next page. Brackets are encoded, so that it may be pasted anywhere.
fn address(path: &str, repeated: &str, cursor: &str) -> String {
    let repeated = repeated.replace('[', "%5B").replace(']', "%5D");
    let and = if repeated.is_empty() { "" } else { "&" };
    let address = format!("{path}?{repeated}{and}page%5Bafter%5D={cursor}");
    debug_assert!(address.parse::<Uri>().is_ok(), "{address}");
    address
}
