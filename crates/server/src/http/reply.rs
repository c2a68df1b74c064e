//! Small answers that features share.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LAST_MODIFIED};
use http::{HeaderName, HeaderValue, StatusCode};
use time::{OffsetDateTime, UtcDateTime};

/// Headers of an answer.
pub type Headers = Vec<(HeaderName, HeaderValue)>;

/// 204, with headers if there are any.
#[derive(Debug, Default)]
pub struct NoContent(pub Headers);

/// 200 with JSON text as it is.
#[derive(Debug)]
pub struct Json {
    /// The text.
    pub text: String,
    /// Further headers.
    pub headers: Headers,
}

/// 200 with bytes of a type that somebody else named.
#[derive(Debug)]
pub struct Document {
    /// Its `Content-Type`.
    pub content_type: String,
    /// The bytes.
    pub contents: Vec<u8>,
    /// Further headers.
    pub headers: Headers,
}

impl Json {
    /// JSON text without further headers.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), headers: Vec::new() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, header: (HeaderName, HeaderValue)) -> Self {
        self.headers.push(header);
        self
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        answer(StatusCode::NO_CONTENT, Body::empty(), self.0)
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        let Self { text, headers } = self;
        let mut response = answer(StatusCode::OK, Body::from(text), headers);
        let kind = HeaderValue::from_static("application/json");
        response.headers_mut().entry(CONTENT_TYPE).or_insert(kind);
        response
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let Self { content_type, contents, headers } = self;
        let mut response = answer(StatusCode::OK, Body::from(contents), headers);
        response.headers_mut().insert(CONTENT_TYPE, content_type_header(&content_type));
        response
    }
}

/// `Last-Modified` for a time in microseconds since 1970 UTC.
pub fn last_modified(micros: i64) -> (HeaderName, HeaderValue) {
    (LAST_MODIFIED, http_date(micros))
}

/// A time as HTTP writes it (RFC 9110 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(micros: i64) -> HeaderValue {
    let at = OffsetDateTime::from_unix_timestamp(micros.div_euclid(1_000_000))
        .map_or(UtcDateTime::UNIX_EPOCH, UtcDateTime::from);
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    let text = format!(
        "{:.3}, {:02} {:.3} {:04} {:02}:{:02}:{:02} GMT",
        weekday,
        at.day(),
        month,
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    );
    HeaderValue::try_from(text).expect("a date is ASCII")
}

/// A stored content type as a header; what no header can carry becomes `application/octet-stream`.
pub fn content_type_header(content_type: &str) -> HeaderValue {
    HeaderValue::from_str(content_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

fn answer(status: StatusCode, body: Body, headers: Headers) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_http_asks() {
        assert_eq!(http_date(784_111_777_000_000), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(784_111_777_999_999), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn a_content_type_cannot_add_a_header() {
        assert_eq!(content_type_header("text/plain\r\nX: y"), "application/octet-stream");
    }
}
