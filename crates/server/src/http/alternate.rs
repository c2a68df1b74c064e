//! The alternate request syntax (1.0.3 Communication 1.3, XAPI-00336).
//!
//! A browser that can send neither headers nor methods sends `POST …?method=PUT` with a form: some
//! fields are headers, `content` is the body, the others are query parameters. The request is
//! rewritten into the one that was meant before anything else looks at it. 2.0 has no such syntax.
//!
//! What always holds: the credential is in the form, so nobody is known while it is read, and all
//! forms that are held together are bounded: each byte is counted until a handler has taken the
//! request apart, and so knows who calls.

use crate::error::{Code, Problem, Result};
use crate::http::{body, form, version};
use crate::limits::Limits;
use crate::operate::Seen;
use axum::body::Body;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt as _;
use rollbook_xapi::version::Version;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The headers that a form may carry, and no others.
const HEADERS: &[&str] = &[
    "authorization",
    "x-experience-api-version",
    "content-type",
    "content-length",
    "if-match",
    "if-none-match",
];

/// Forms that may be read, and bytes of forms that may be held, at a time, by all requests: who sends
/// them is not known yet. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Room {
    bytes: Arc<Semaphore>,
    readers: Arc<Semaphore>,
}

/// The bytes that a request holds of it, in its extensions; given back when it is gone.
#[derive(Clone)]
struct Held {
    #[expect(dead_code, reason = "it is there to be dropped")]
    bytes: Arc<OwnedSemaphorePermit>,
}

/// What a form says.
#[derive(Debug, Default)]
struct Form {
    headers: HeaderMap,
    content: Option<String>,
    query: Vec<String>,
}

impl Room {
    /// Room for so many bytes, read by so many requests.
    pub fn new(bytes_max: usize, readers_max: usize) -> Self {
        let of = |most: usize| Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
        Self { bytes: of(bytes_max), readers: of(readers_max) }
    }

    /// Reads a form as it arrives; 503 as soon as there is no room for what came.
    ///
    /// What is only announced takes no room, or a few who send nothing would keep all others out.
    async fn read(&self, mut body: Body, bytes_max: usize) -> Result<(Vec<u8>, Option<Held>)> {
        // Forms that trickle in take no more than their share of the places in this process.
        let Ok(_reading) = self.readers.try_acquire() else { return Err(Problem::busy()) };
        let (mut bytes, mut held) = (Vec::new(), None::<OwnedSemaphorePermit>);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(body::broken)?.into_data() else { continue };
            if data.len() > bytes_max - bytes.len() {
                return Err(body::over(bytes_max as u64, "request_bytes_max"));
            }
            let Ok(count) = u32::try_from(data.len()) else { return Err(Problem::busy()) };
            let more = Arc::clone(&self.bytes).try_acquire_many_owned(count);
            let Ok(more) = more else { return Err(Problem::busy()) };
            match &mut held {
                Some(held) => held.merge(more),
                None => held = Some(more),
            }
            bytes.extend_from_slice(&data);
        }
        Ok((bytes, held.map(|held| Held { bytes: Arc::new(held) })))
    }
}

/// Rewrites `request` if it uses the alternate syntax; otherwise returns it as it is.
pub async fn rewrite(
    request: Request<Body>,
    limits: &Limits,
    room: &Room,
) -> Result<Request<Body>> {
    let query = request.uri().query().unwrap_or_default();
    if request.method() != Method::POST || !query.contains("method") {
        return Ok(request);
    }
    let fields = match form::fields(query) {
        Ok(fields) => fields,
        // Whoever reads the parameters tells of it.
        Err(form::Unreadable::NotUtf8) => return Ok(request),
        Err(many) => return Err(many.problem(|| refused("the query is not UTF-8"))),
    };
    let Some(method) = fields.iter().find(|field| field.name == "method") else {
        return Ok(request);
    };
    if fields.len() > 1 {
        return Err(refused("only `method` may be in the query; the rest belongs in the form"));
    }
    let method = meant(&method.value)?;
    let (mut parts, body) = request.into_parts();
    refuse_version_2(&parts.headers)?;
    must_be_form(&parts.headers)?;
    let (bytes, held) = room.read(body, limits.request_bytes_max).await?;
    if let Some(held) = held {
        parts.extensions.insert(held);
    }
    let form = read_form(bytes, &parts.extensions)?;
    refuse_version_2(&form.headers)?;
    rebuild(parts, method, form)
}

fn meant(method: &str) -> Result<Method> {
    [Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE]
        .into_iter()
        .find(|known| known.as_str() == method)
        .ok_or_else(|| refused("`method` must be GET, HEAD, PUT, POST or DELETE"))
}

fn refuse_version_2(headers: &HeaderMap) -> Result<()> {
    match version::of(headers) {
        Ok(Version::V2) => Err(refused("xAPI 2.0 has no alternate request syntax")),
        // A missing or unknown version is told of when the rewritten request is routed.
        Ok(Version::V1) | Err(_) => Ok(()),
    }
}

/// Old browsers cannot set the type of a form, so text and no type at all are taken for one.
fn must_be_form(headers: &HeaderMap) -> Result<()> {
    let kind = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "" | "application/x-www-form-urlencoded" | "text/plain" => Ok(()),
        _ => Err(refused("the body must be application/x-www-form-urlencoded")),
    }
}

fn read_form(bytes: Vec<u8>, extensions: &Extensions) -> Result<Form> {
    let text = body::text(bytes)?;
    let fields = form::fields(text.trim())
        .map_err(|unreadable| unreadable.problem(|| refused("the form is not UTF-8")))?;
    let mut form = Form::default();
    for field in fields {
        let form::Field { name, value, raw } = field;
        if name == "content" {
            if form.content.replace(value).is_some() {
                return Err(refused("`content` is given more than once"));
            }
        } else if let Some(header) = HEADERS.iter().find(|known| name.eq_ignore_ascii_case(known)) {
            let value = HeaderValue::from_str(&value).map_err(|error| {
                refused(format!("the field `{header}` cannot be a header")).because(error)
            })?;
            if *header == "authorization" {
                Seen::form_credential(extensions, &value);
            }
            if form.headers.insert(*header, value).is_some() {
                return Err(refused(format!("the header `{header}` is given more than once")));
            }
        } else {
            form.query.push(raw.to_owned());
        }
    }
    Ok(form)
}

fn rebuild(mut parts: Parts, method: Method, form: Form) -> Result<Request<Body>> {
    let Form { headers, content, query } = form;
    if content.is_none() && (method == Method::PUT || method == Method::POST) {
        return Err(refused("the form has no field `content`"));
    }
    let content = content.unwrap_or_default();
    // The outer type and length are those of the form.
    for outer in [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING] {
        parts.headers.remove(outer);
    }
    for (name, value) in &headers {
        if name != CONTENT_LENGTH {
            parts.headers.insert(name, value.clone());
        }
    }
    if !content.is_empty() {
        // Content is always text here, and all of xAPI's own text is JSON.
        let json = HeaderValue::from_static("application/json");
        parts.headers.entry(CONTENT_TYPE).or_insert(json);
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(content.len()));
    }
    parts.method = method;
    parts.uri = with_query(&parts.uri, &query.join("&"))?;
    Ok(Request::from_parts(parts, Body::from(content)))
}

fn with_query(uri: &Uri, query: &str) -> Result<Uri> {
    let path = uri.path();
    let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let path_and_query = PathAndQuery::try_from(text)
        .map_err(|error| refused("the form's fields do not make a query string").because(error))?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    Ok(Uri::from_parts(parts).expect("only the query changed"))
}

fn refused(detail: impl Into<String>) -> Problem {
    let detail = format!("alternate request syntax: {}", detail.into());
    Problem::bad_request(Code::RequestAlternateInvalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Room {
        Room::new(Limits::default().alternate_bytes_max, 16)
    }

    async fn rewritten(query: &str, form: &str) -> Result<(Parts, String)> {
        let request = Request::post(format!("/xapi/statements{query}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
            .header(CONTENT_LENGTH, form.len())
            .header("accept-language", "de")
            .body(Body::from(form.to_owned()))
            .unwrap();
        let (parts, body) = rewrite(request, &Limits::default(), &room()).await?.into_parts();
        let text = body::read_text(body, 1000, "none").await?;
        Ok((parts, text))
    }

    #[tokio::test]
    async fn a_put_is_unwrapped() {
        let form = "statementId=a%20b&content=%7B%22a%22%3A%22%C3%A9%22%7D&Authorization=Basic+eA\
            %3D%3D&X-Experience-API-Version=1.0.3&Content-Length=3&If-Match=%22x%22";
        let (parts, body) = rewritten("?method=PUT", form).await.unwrap();
        assert_eq!(parts.method, Method::PUT);
        assert_eq!(parts.uri, "/xapi/statements?statementId=a%20b");
        assert_eq!(body, "{\"a\":\"é\"}");
        assert_eq!(parts.headers[CONTENT_LENGTH], "10");
        assert_eq!(parts.headers[CONTENT_TYPE], "application/json");
        assert_eq!(parts.headers["authorization"], "Basic eA==");
        assert_eq!(parts.headers[version::HEADER], "1.0.3");
        assert_eq!(parts.headers["if-match"], "\"x\"");
        assert_eq!(parts.headers["accept-language"], "de");
    }

    #[tokio::test]
    async fn a_get_has_no_body_and_no_type() {
        let (parts, body) = rewritten("?method=GET", "limit=1").await.unwrap();
        assert_eq!((parts.method, body.as_str()), (Method::GET, ""));
        assert_eq!(parts.uri, "/xapi/statements?limit=1");
        assert!(!parts.headers.contains_key(CONTENT_TYPE));
        assert!(!parts.headers.contains_key(CONTENT_LENGTH));
    }

    #[tokio::test]
    async fn the_type_of_the_content_is_kept() {
        let form = "content=a+b&content-type=text%2Fplain&stateId=x";
        let (parts, body) = rewritten("?method=POST", form).await.unwrap();
        assert_eq!(
            (body.as_str(), &parts.headers[CONTENT_TYPE]),
            ("a b", &HeaderValue::from_static("text/plain"))
        );
    }

    #[tokio::test]
    async fn what_breaks_the_syntax_is_refused() {
        for (query, form) in [
            ("?method=PUT&statementId=x", "content=%7B%7D"),
            ("?method=PUT", ""),
            ("?method=PUT", "statementId=x"),
            ("?method=PUT", "{\"content\":\"{}\"}"),
            ("?method=PATCH", "content=%7B%7D"),
            ("?method=put", "content=%7B%7D"),
            ("?method=PUT", "content=a&content=b"),
            ("?method=PUT", "content=a&If-Match=a&If-Match=b"),
            ("?method=PUT", "content=a&Authorization=%0A"),
            ("?method=PUT", "content=%FF"),
            ("?method=PUT", "content=a&X-Experience-API-Version=2.0.0"),
        ] {
            let problem = rewritten(query, form).await.expect_err(form);
            assert_eq!(problem.code.name(), "request.alternate.invalid", "{query} {form}");
        }
    }

    /// Nobody is authenticated yet, so a form must not cost more memory than its own text.
    #[tokio::test]
    async fn fields_without_number_are_refused() {
        let many = "a&".repeat(1_000_000);
        let problem = rewritten("?method=GET", &many).await.unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code.name()), (400, "parameter.too_many"));
        let query = format!("?method=GET{}", "&a".repeat(form::FIELDS_MAX));
        let problem = rewritten(&query, "").await.unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code.name()), (400, "parameter.too_many"));
    }

    /// All forms together are as long as the limit at most, until their requests are answered.
    #[tokio::test]
    async fn forms_that_are_held_are_bounded_together() {
        let (limits, room) =
            (Limits { request_bytes_max: 8, ..Limits::default() }, Room::new(10, 16));
        let send = |form: &'static str| {
            let request = Request::post("/xapi/statements?method=GET").body(Body::from(form));
            rewrite(request.unwrap(), &limits, &room)
        };
        assert_eq!(
            send("limit=100").await.unwrap_err().status,
            413,
            "one more than a body may have"
        );
        let first = send("limit=10").await.unwrap();
        let problem = send("a=1").await.unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code.name()), (503, "server.busy"));
        let second = send("a=").await.expect("the last of the room");
        drop(first);
        let third = send("limit=11").await.expect("there is room again");
        assert!(send("a").await.is_err());
        drop((second, third));
        assert!(send("limit=12").await.is_ok());
    }

    #[tokio::test]
    async fn version_2_has_no_alternate_syntax() {
        let request = Request::post("/xapi/statements?method=GET")
            .header(version::HEADER, "2.0.0")
            .body(Body::empty())
            .unwrap();
        let problem = rewrite(request, &Limits::default(), &room()).await.unwrap_err();
        assert_eq!(problem.status.as_u16(), 400);
    }

    #[tokio::test]
    async fn a_usual_request_is_left_alone() {
        let request = Request::put("/xapi/statements?method=POST").body(Body::empty()).unwrap();
        let request = rewrite(request, &Limits::default(), &room()).await.unwrap();
        assert_eq!(request.uri(), "/xapi/statements?method=POST");
    }
}
