//! Lists under `/api/v1` in pages, and bodies and answers in JSON.
//!
//! A page is followed by what its last entry is found by (`page[after]`), so it costs what the first
//! one costs, and nothing is seen twice whatever is added meanwhile.

use super::parameters::{Parameters, invalid};
use super::reply::Json;
use super::body;
use crate::app::App;
use crate::error::{Problem, Result};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Entries in a page unless it is said.
const PAGE_ENTRIES: usize = 50;

/// Entries in a page at most.
const PAGE_ENTRIES_MAX: usize = 200;

/// The parameters of every list.
pub const PAGE_SIZE: &str = "page[size]";
/// What the page before ended with.
pub const PAGE_AFTER: &str = "page[after]";

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many entries it has at most.
    pub size: usize,
    /// What the entry before it is found by.
    pub after: Option<String>,
}

impl Page {
    /// Reads the parameters of a page.
    pub fn of(parameters: &Parameters) -> Result<Self> {
        let size = match parameters.count(PAGE_SIZE)? {
            None => PAGE_ENTRIES,
            Some(size) if (1..=PAGE_ENTRIES_MAX).contains(&size) => size,
            Some(_) => {
                let kind = format!("an integer from 1 to {PAGE_ENTRIES_MAX}");
                return Err(invalid(PAGE_SIZE, &kind));
            }
        };
        let after = parameters.text(PAGE_AFTER).map(opened).transpose()?;
        Ok(Self { size, after })
    }

    /// The entry before this page as a number.
    pub fn after_number(&self) -> Result<Option<i64>> {
        let number = |text: &String| text.parse().map_err(|_no_number| stray());
        self.after.as_ref().map(number).transpose()
    }

    /// The page out of one entry more than fits, which says that there is a next page.
    pub fn answer<T, D: Serialize>(
        &self,
        mut found: Vec<T>,
        path: &str,
        parameters: &Parameters,
        tell: impl Fn(&T) -> D,
        key: impl Fn(&T) -> String,
    ) -> Result<Json> {
        let more = found.len() > self.size;
        found.truncate(self.size);
        let cursor = found.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        let next = cursor.as_ref().map(|cursor| link(path, parameters, cursor));
        let data: Vec<D> = found.iter().map(tell).collect();
        let told = json!({
            "data": data,
            "meta": { "page": { "size": self.size, "nextCursor": cursor } },
            "links": { "next": next },
        });
        Ok(Json::new(told.to_string()))
    }
}

/// A body in JSON.
///
/// # Errors
/// 415 for another type, 400 for what is not JSON, 422 for JSON that is not what was asked for.
pub async fn read_json<T: DeserializeOwned>(app: &App, request: Request) -> Result<T> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let detail = "send the body as `Content-Type: application/json`";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "body.type.unsupported", detail));
    }
    let bytes_max = app.limits.request_bytes_max;
    let text = body::read_text(request.into_body(), bytes_max, "request_bytes_max").await?;
    serde_json::from_str(&text).map_err(|error| {
        if error.is_data() {
            let detail = format!("the body is not what is asked for here: {error}");
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body.invalid", detail);
        }
        Problem::bad_request("body.malformed", format!("the body is not JSON: {error}"))
    })
}

/// 200, or another status, with a body in JSON that no cache keeps.
pub fn told(status: StatusCode, body: &impl Serialize) -> Result<Response> {
    let text = serde_json::to_string(body).map_err(Problem::internal)?;
    let mut response = Json::new(text).into_response();
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// 201 with the place of what was made.
pub fn created(place: &str, body: &impl Serialize) -> Result<Response> {
    let mut response = told(StatusCode::CREATED, body)?;
    let place = HeaderValue::try_from(place).map_err(Problem::internal)?;
    response.headers_mut().insert(header::LOCATION, place);
    Ok(response)
}

/// The path of the next page: the same parameters, and what this page ended with.
fn link(path: &str, parameters: &Parameters, cursor: &str) -> String {
    let mut query = form_urlencoded::Serializer::for_suffix(format!("{path}?"), path.len() + 1);
    for name in parameters.names().filter(|name| *name != PAGE_AFTER) {
        query.append_pair(name, parameters.text(name).unwrap_or_default());
    }
    query.append_pair(PAGE_AFTER, cursor).finish()
}

fn opened(cursor: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_not_ours| stray())?;
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or_else(stray)
}

fn stray() -> Problem {
    Problem::bad_request(
        "cursor.invalid",
        "this cursor was not made here; take `meta.page.nextCursor` of the page before",
    )
}
