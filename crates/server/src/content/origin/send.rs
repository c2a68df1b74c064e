//! A file on its way to a browser: its headers, the part that was asked for, and texts compressed.

use super::super::capability::Capability;
use super::find::Found;
use super::media;
use super::range::Range;
use crate::app::App;
use crate::blobs::Contents;
use crate::error::{Problem, Result};
use crate::http::assets::takes_gzip;
use crate::http::conditional::Precondition;
use axum::body::Body;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::TryStreamExt as _;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::io::Write as _;
use tokio::sync::Semaphore;

/// Bytes of texts that are compressed: less is not worth it, and more would keep a processor long.
const GZIP_BYTES: std::ops::RangeInclusive<u64> = 1 << 10..=4 << 20;

/// How many are compressed at a time: each holds a few megabytes and a thread.
static COMPRESSIONS: Semaphore = Semaphore::const_new(8);

/// The answer with a file, or with what was asked for of it.
pub(super) async fn send(
    app: &App,
    of: &Capability,
    file: &Found,
    parts: &Parts,
) -> Result<Response> {
    let mut response = Response::new(Body::empty());
    let (media, headers) = (media::of(&file.path), response.headers_mut());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept(media)));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let shrinks = media::is_text(media) && GZIP_BYTES.contains(&file.bytes);
    if shrinks {
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    // The length of what is compressed is not known before, so HEAD tells of the file as it is.
    let is_gzip = shrinks
        && parts.method == Method::GET
        && takes_gzip(&parts.headers)
        && !parts.headers.contains_key(header::RANGE);
    // Where many are being compressed, what comes on top goes as it is.
    let turn = if is_gzip { COMPRESSIONS.try_acquire().ok() } else { None };
    let is_gzip = is_gzip && turn.is_some();
    // Other bytes have another tag (RFC 9110 8.8.3.3).
    let tag = if is_gzip { format!("{}-gzip", file.sha2) } else { file.sha2.to_string() };
    let quoted = HeaderValue::try_from(format!("\"{tag}\"")).map_err(Problem::internal)?;
    headers.insert(header::ETAG, quoted);
    if seen(&parts.headers, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    if is_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let contents = open(app, of, file, 0..file.bytes).await?;
        *response.body_mut() = compressed(contents).await?.into();
        return Ok(response);
    }
    // There are no parts of anything but a GET (RFC 9110 14.2).
    let range = if parts.method == Method::GET {
        Range::of(&parts.headers, &file.sha2, file.bytes)
    } else {
        Range::All
    };
    let part = match range {
        Range::All => 0..file.bytes,
        Range::Part(part) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let text = format!("bytes {}-{}/{}", part.start, part.end - 1, file.bytes);
            let place = HeaderValue::try_from(text).map_err(Problem::internal)?;
            response.headers_mut().insert(header::CONTENT_RANGE, place);
            part
        }
        Range::Beyond => return beyond(file),
    };
    let bytes = part.end - part.start;
    response.headers_mut().insert(header::CONTENT_LENGTH, bytes.into());
    if parts.method == Method::GET && bytes > 0 {
        *response.body_mut() = Body::from_stream(open(app, of, file, part).await?.stream);
    }
    Ok(response)
}

/// 416: nothing of the file is there. It says nothing of the file itself.
fn beyond(file: &Found) -> Result<Response> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    let text = HeaderValue::try_from(format!("bytes */{}", file.bytes));
    response.headers_mut().insert(header::CONTENT_RANGE, text.map_err(Problem::internal)?);
    Ok(response)
}

async fn open(
    app: &App,
    of: &Capability,
    file: &Found,
    part: std::ops::Range<u64>,
) -> Result<Contents> {
    let contents = if part == (0..file.bytes) {
        app.blobs.get(of.tenant, &file.sha2).await?
    } else {
        app.blobs.get_part(of.tenant, &file.sha2, part).await?
    };
    let lost =
        || Problem::internal(anyhow::anyhow!("the file {} of a course is missing", file.sha2));
    contents.ok_or_else(lost)
}

/// All of it, in gzip.
async fn compressed(contents: Contents) -> Result<Vec<u8>> {
    let pieces: Vec<_> = contents.stream.try_collect().await.map_err(Problem::internal)?;
    let compress = move || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        pieces.iter().try_for_each(|piece: &bytes::Bytes| encoder.write_all(piece))?;
        encoder.finish()
    };
    let done = tokio::task::spawn_blocking(compress).await.map_err(Problem::internal)?;
    done.map_err(Problem::internal)
}

/// A page is looked at again each time, by its tag; what it loads never changes under its address.
fn kept(media: &str) -> &'static str {
    if media == "text/html" { "private, no-cache" } else { "private, max-age=31536000, immutable" }
}

/// Whether the browser has it. A tag that cannot be read is no reason to refuse a file.
fn seen(headers: &HeaderMap, tag: &str) -> bool {
    let asked = Precondition::from_headers(headers).unwrap_or_default();
    asked.if_none_match.is_some_and(|tags| tags.matches_weakly(Some(tag)))
}
