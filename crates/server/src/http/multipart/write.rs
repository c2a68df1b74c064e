//! Answering statements with their attachments.

use crate::app::App;
use crate::blobs::{Blobs, Sha2};
use crate::error::{Problem, Result};
use crate::http::reply::content_type_header;
use crate::tenants::TenantId;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io;

/// Files whose sizes are asked for at the same time.
const SIZES_AT_ONCE: usize = 16;

/// An attachment to be sent along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Its hash as its statement says it, in whatever case.
    pub sha2: String,
    /// Its type as its statement says it.
    pub content_type: String,
}

/// A part that is there.
struct Found {
    head: Bytes,
    sha2: Sha2,
}

/// Answers `text` followed by the contents of `attached`, each content once. Contents that are not
/// in the store, because only a `fileUrl` was ever given, are left out.
pub async fn reply(
    app: &App,
    tenant: TenantId,
    text: String,
    attached: Vec<Attached>,
) -> Result<Response> {
    let boundary = boundary(app.ids.secret());
    let first = format!("--{boundary}\r\nContent-Type: application/json\r\n\r\n{text}");
    let last = format!("\r\n--{boundary}--\r\n");
    let mut length = (first.len() + last.len()) as u64;
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let asked = attached.into_iter().filter_map(|attached| {
        let sha2 = Sha2::parse(&attached.sha2).filter(|sha2| seen.insert(sha2.clone()))?;
        let blobs = app.blobs.clone();
        Some(async move {
            let bytes = blobs.kept_size(tenant, &sha2).await?;
            Ok::<_, Problem>((attached, sha2, bytes))
        })
    });
    // In order, but not one after the other: a bucket takes its time for each.
    let mut sizes = stream::iter(asked).buffered(SIZES_AT_ONCE);
    while let Some((attached, sha2, bytes)) = sizes.try_next().await? {
        let Some(bytes) = bytes else { continue };
        let head = head(&boundary, &attached);
        length += head.len() as u64 + bytes;
        found.push(Found { head, sha2 });
    }
    let parts = parts(app.blobs.clone(), tenant, found);
    let body = once(first.into()).chain(parts).chain(once(last.into()));
    let mut response = Response::new(Body::from_stream(body));
    let kind = format!("multipart/mixed; boundary={boundary}");
    let kind = HeaderValue::try_from(kind).expect("a boundary is letters and digits");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

fn boundary(random: [u8; 32]) -> String {
    random.iter().take(24).fold(String::from("rollbook"), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes what is written to it");
        text
    })
}

fn head(boundary: &str, attached: &Attached) -> Bytes {
    let Attached { sha2, content_type } = attached;
    let mut head = format!("\r\n--{boundary}\r\nContent-Type: ").into_bytes();
    head.extend_from_slice(content_type_header(content_type).as_bytes());
    let rest =
        format!("\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n");
    head.extend_from_slice(rest.as_bytes());
    Bytes::from(head)
}

/// The parts one after the other; a file is opened when its turn comes. One that has gone meanwhile
/// breaks the answer off, since its length was promised.
fn parts(
    blobs: Blobs,
    tenant: TenantId,
    found: Vec<Found>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::iter(found)
        .then(move |Found { head, sha2 }| {
            let blobs = blobs.clone();
            async move {
                let contents = blobs.get(tenant, &sha2).await.ok().flatten();
                let contents = contents.ok_or_else(|| {
                    tracing::error!(%sha2, "An attachment went away while it was being sent");
                    io::Error::from(io::ErrorKind::NotFound)
                })?;
                Ok::<_, io::Error>(once(head).chain(contents.stream.map_err(io::Error::other)))
            }
        })
        .try_flatten()
}

fn once(bytes: Bytes) -> stream::Once<std::future::Ready<io::Result<Bytes>>> {
    stream::once(std::future::ready(Ok(bytes)))
}
