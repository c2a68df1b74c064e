//! Reading a body of statements, with attachments or without.

use super::paced::{Broken, Paced, Progress};
use super::{Incoming, Part};
use crate::app::App;
use crate::blobs::{self, Sha2, Spool};
use crate::error::{Code, Problem, Result};
use crate::http::body;
use crate::http::media::MediaType;
use crate::limits::Limits;
use axum::body::Body;
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Request};
use multer::{Constraints, Field, Multipart, SizeLimit};
use rollbook_xapi::violation::Violation;
use std::path::Path;
use std::sync::Arc;

const HASH: &str = "X-Experience-API-Hash";
const ENCODING: &str = "Content-Transfer-Encoding";

/// The longest boundary that RFC 2046 5.1.1 allows, in bytes.
const BOUNDARY_BYTES_MAX: usize = 70;

/// Reads the body of a request that stores statements.
pub async fn read(app: &App, request: Request<Body>) -> Result<Incoming> {
    let (parts, body) = request.into_parts();
    let media = MediaType::of(&parts.headers);
    let limits = &app.limits;
    match media {
        Some(media) if media.is_json() => {
            let text = body::read_text(body, limits.request_bytes_max, "request_bytes_max").await?;
            Ok(Incoming { text, is_multipart: false, parts: Vec::new() })
        }
        Some(media) if media.essence == "multipart/mixed" => {
            let boundary = boundary(&media)?;
            let new_spool = || app.blobs.spool();
            Reader { limits, new_spool, attachments_bytes: 0 }
                .read(body.into_data_stream(), boundary)
                .await
        }
        _ => Err(invalid(
            "XAPI-00127",
            "statements are sent as application/json in UTF-8, or with attachments as multipart/mixed",
            "set the header Content-Type to one of the two",
        )),
    }
}

/// Reads `bytes` as a body with `boundary` under tiny limits and checks what must hold whatever
/// they are: for the fuzzer. Never waits and never touches a disk.
pub fn fuzz(boundary: &str, bytes: &[u8]) {
    let limits = Limits {
        request_bytes_max: 4_096,
        attachment_bytes_max: 1_024,
        attachments_max: 4,
        attachments_bytes_max: 2_048,
        ..Limits::default()
    };
    let folder: Arc<Path> = Arc::from(Path::new("/nonexistent"));
    let new_spool = || Spool::new(folder.clone());
    let pieces: Vec<_> = bytes
        .chunks(61)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let reader = Reader { limits: &limits, new_spool, attachments_bytes: 0 };
    let mut read = std::pin::pin!(reader.read(futures_util::stream::iter(pieces), boundary));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let outcome = loop {
        // Every wait is the stream's rest between two pieces, which ends by itself.
        if let std::task::Poll::Ready(outcome) = read.as_mut().poll(&mut context) {
            break outcome;
        }
    };
    match outcome {
        Ok(incoming) => {
            assert!(incoming.text.len() <= limits.request_bytes_max);
            assert!(incoming.parts.len() <= limits.attachments_max);
            let total: u64 = incoming.parts.iter().map(|part| part.contents.bytes()).sum();
            assert!(total <= limits.attachments_bytes_max);
        }
        Err(problem) => assert!(problem.status.is_client_error(), "{problem:?}"),
    }
}

/// The boundary that a type names.
fn boundary(media: &MediaType) -> Result<&str> {
    let boundary = media.parameter("boundary").filter(|boundary| {
        (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len()) && !boundary.ends_with(' ')
    });
    boundary.ok_or_else(|| {
        invalid(
            "XAPI-00131",
            "multipart/mixed needs the parameter `boundary`, 1 to 70 characters long",
            "name the boundary in the header Content-Type",
        )
    })
}

/// Reads one multipart body.
struct Reader<'a, F> {
    limits: &'a Limits,
    new_spool: F,
    attachments_bytes: u64,
}

impl<F: Fn() -> Spool> Reader<'_, F> {
    async fn read<S, E>(mut self, stream: S, boundary: &str) -> Result<Incoming>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Into<axum::BoxError>,
    {
        // The parts are counted one by one; this bounds what surrounds them.
        let whole = (self.limits.request_bytes_max as u64)
            .saturating_add(self.limits.attachments_bytes_max)
            .saturating_add(1 << 20);
        let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(whole));
        let (stream, progress) = Paced::new(stream);
        let mut multipart = Multipart::with_constraints(stream, boundary, constraints);
        let first = multipart.next_field().await.map_err(|error| refusal(error, self.limits))?;
        progress.made();
        let text = match first {
            Some(first) => self.statements(first, &progress).await?,
            None => return Err(no_json("the body has no part")),
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut count = 0;
        loop {
            let field =
                multipart.next_field().await.map_err(|error| refusal(error, self.limits))?;
            progress.made();
            let Some(field) = field else { break };
            count += 1;
            if count > self.limits.attachments_max {
                let detail =
                    format!("the limit `attachments_max` is {}", self.limits.attachments_max);
                return Err(Problem::too_large("attachments_max", detail));
            }
            let part = self.attachment(field, count, &progress).await?;
            if parts.iter().all(|earlier| earlier.sha2 != part.sha2) {
                parts.push(part);
            }
        }
        Ok(Incoming { text, is_multipart: true, parts })
    }

    /// The first part: the statements (XAPI-00134).
    async fn statements(&self, mut field: Field<'_>, progress: &Progress) -> Result<String> {
        if !MediaType::of(field.headers()).is_some_and(|media| media.is_json()) {
            return Err(no_json("the first part is not application/json in UTF-8"));
        }
        let mut bytes = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(|error| refusal(error, self.limits))? {
            progress.made();
            if bytes.len() + piece.len() > self.limits.request_bytes_max {
                return Err(body::over(self.limits.request_bytes_max as u64, "request_bytes_max"));
            }
            bytes.extend_from_slice(&piece);
        }
        body::text(bytes)
    }

    /// Any other part: an attachment (XAPI-00132, XAPI-00135).
    async fn attachment(
        &mut self,
        mut field: Field<'_>,
        number: usize,
        progress: &Progress,
    ) -> Result<Part> {
        let headers = field.headers();
        let sha2 = claimed_hash(headers, number)?;
        must_be_binary(headers, number)?;
        let content_type = text_of(headers, "content-type").map(str::to_owned);
        let mut contents = (self.new_spool)();
        let mut hasher = sha2.hasher();
        while let Some(piece) = field.chunk().await.map_err(|error| refusal(error, self.limits))? {
            progress.made();
            self.attachments_bytes += piece.len() as u64;
            if contents.bytes() + piece.len() as u64 > self.limits.attachment_bytes_max {
                return Err(body::over(self.limits.attachment_bytes_max, "attachment_bytes_max"));
            }
            if self.attachments_bytes > self.limits.attachments_bytes_max {
                return Err(body::over(self.limits.attachments_bytes_max, "attachments_bytes_max"));
            }
            hasher.update(&piece);
            contents.write(&piece).await.map_err(blobs::of_io)?;
        }
        let found = hasher.finish();
        if found != sha2 {
            let message = format!(
                "attachment part {number} has the SHA-2 {found}, not the one in its {HASH}"
            );
            return Err(invalid(
                "XAPI-00132",
                message,
                "compute the hash from the bytes that are sent",
            ));
        }
        Ok(Part { sha2, content_type, contents })
    }
}

/// The hash that a part claims to have; its length says which SHA-2.
fn claimed_hash(headers: &HeaderMap, number: usize) -> Result<Sha2> {
    let Some(text) = text_of(headers, HASH) else {
        let message = format!("attachment part {number} has no header {HASH}");
        return Err(invalid("XAPI-00132", message, "send the SHA-2 of the part's bytes in it"));
    };
    Sha2::parse(text).ok_or_else(|| {
        let message = format!("the {HASH} of attachment part {number} is no SHA-2 in hexadecimal");
        invalid("XAPI-00132", message, "send SHA-224, SHA-256, SHA-384 or SHA-512 in hexadecimal")
    })
}

/// A part that says nothing of its encoding is taken as binary (Communication 1.5.2).
fn must_be_binary(headers: &HeaderMap, number: usize) -> Result<()> {
    match text_of(headers, ENCODING) {
        Some(encoding) if !encoding.eq_ignore_ascii_case("binary") => {
            let message = format!("the {ENCODING} of attachment part {number} is not `binary`");
            Err(invalid("XAPI-00135", message, "send the bytes as they are"))
        }
        None if headers.contains_key(ENCODING) => {
            let message = format!("the {ENCODING} of attachment part {number} is no text");
            Err(invalid("XAPI-00135", message, "send `binary`"))
        }
        Some(_) | None => Ok(()),
    }
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn no_json(message: &str) -> Problem {
    invalid(
        "XAPI-00134",
        format!("the first part holds the statements, and {message}"),
        "send the statements first, with Content-Type: application/json",
    )
}

/// The problem for what the multipart reader could not read.
fn refusal(error: multer::Error, limits: &Limits) -> Problem {
    use multer::Error;
    let message = match &error {
        Error::StreamSizeExceeded { .. } => {
            return body::over(limits.attachments_bytes_max, "attachments_bytes_max");
        }
        Error::StreamReadFailed(cause) => match cause.downcast_ref::<Broken>() {
            Some(idle @ Broken::Idle) => idle.to_string(),
            _ => return body::broken(axum::Error::new(error)),
        },
        Error::IncompleteFieldData { .. } | Error::IncompleteStream => {
            "the body ends before its closing boundary, or a boundary is missing".to_owned()
        }
        _ => "the header of a part cannot be read".to_owned(),
    };
    invalid("XAPI-00130", message, "build the body as RFC 2046 5.1 says").because(error)
}

fn invalid(requirement: &'static str, message: impl Into<String>, fix: &str) -> Problem {
    let message = message.into();
    let clause = "1.0.3 Communication 1.5; 9274.1.1 4.1.3";
    let detail = message.clone();
    let fix = fix.to_owned();
    let violations = vec![Violation { requirement, clause, pointer: String::new(), message, fix }];
    Problem { violations, ..Problem::bad_request(Code::RequestContentInvalid, detail) }
}
