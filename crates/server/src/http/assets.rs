//! Files for browsers, which `scripts/web` builds from `web/` and which are kept in the program.
//!
//! A program that was compiled while they were not built has none; each surface says what it shows
//! then. Texts are kept compressed and answered so to whoever takes it. A file under `assets/` has
//! a name that changes with its contents, so a browser never asks for it again.

use crate::hex;
use crate::http::{Precondition, conditional};
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{Embed, EmbeddedFile};
use std::io::Read as _;

/// The folder exists in every clone; see `web/dist/.gitignore`.
#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// One set of pages: a folder of `web/dist`, and what a browser may do with it.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// The folder.
    pub folder: &'static str,
    /// The `Content-Security-Policy` of all that is in it.
    pub policy: &'static str,
}

/// A file as it is answered.
struct File {
    contents: Vec<u8>,
    /// The opaque part of its tag.
    tag: String,
    is_gzip: bool,
}

impl Surface {
    /// The answer with this file, if it was built.
    pub fn answer(&self, path: &str, headers: &HeaderMap, seen: &Precondition) -> Option<Response> {
        let file = File::find(&format!("{}/{path}", self.folder), takes_gzip(headers))?;
        let kept = if path.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        Some(self.dressed(file, path, kept, seen))
    }

    /// The answer with a page that is not among the files.
    pub fn html(&self, text: &str, seen: &Precondition) -> Response {
        let contents = text.as_bytes().to_vec();
        let tag = conditional::digest(&contents);
        self.dressed(File { contents, tag, is_gzip: false }, "index.html", "no-cache", seen)
    }

    fn dressed(&self, file: File, path: &str, kept: &'static str, seen: &Precondition) -> Response {
        let File { contents, tag, is_gzip } = file;
        let known = seen.is_not_modified(Some(&tag));
        let mut response = Response::new(if known { Body::empty() } else { contents.into() });
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.extend([conditional::header(&tag)]);
        for (name, value) in [
            (header::CONTENT_TYPE, media_type(path)),
            (header::CACHE_CONTROL, kept),
            (header::VARY, "Accept-Encoding"),
            (header::CONTENT_SECURITY_POLICY, self.policy),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if is_gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

impl File {
    fn find(path: &str, takes_gzip: bool) -> Option<Self> {
        let Some(EmbeddedFile { data, metadata }) = Built::get(&format!("{path}.gz")) else {
            let EmbeddedFile { data, metadata } = Built::get(path)?;
            let tag = hex::lower(&metadata.sha256_hash());
            return Some(Self { contents: data.into_owned(), tag, is_gzip: false });
        };
        let tag = hex::lower(&metadata.sha256_hash());
        if takes_gzip {
            return Some(Self { contents: data.into_owned(), tag, is_gzip: true });
        }
        let mut contents = Vec::new();
        flate2::read::GzDecoder::new(&*data).read_to_end(&mut contents).ok()?;
        // Other bytes need another tag (RFC 9110 8.8.3.3).
        Some(Self { contents, tag: format!("{tag}0"), is_gzip: false })
    }
}

/// A name that leads nowhere but to a file beside the others.
pub fn plain_name(name: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (!name.starts_with('.') && !name.is_empty() && name.bytes().all(plain)).then_some(name)
}

/// Whether the client takes gzip (RFC 9110 12.5.3). Without the header it may be given anything,
/// but programs that do not send it cannot unpack.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING);
    let mut codings =
        lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().trim_start_matches("q=");
        let refused = !weight.is_empty() && weight.trim_matches(['0', '.']).is_empty();
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        takes_gzip(&headers)
    }

    #[test]
    fn gzip_is_given_to_whoever_takes_it() {
        for value in ["gzip", "br, GZIP;q=0.5", "deflate,gzip;q=1.0"] {
            assert!(accepting(value), "{value}");
        }
        for value in ["", "br", "gzip;q=0", "gzip; q=0.000", "identity"] {
            assert!(!accepting(value), "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(plain_name("page-0a1b2c3d.js"), Some("page-0a1b2c3d.js"));
        for name in ["", ".gitignore", "../a", "a/b", "a\\b", "..", "a%2fb", "é"] {
            assert_eq!(plain_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_page_that_was_not_built_is_answered_like_one_that_was() {
        let surface = Surface { folder: "nothing", policy: "default-src 'none'" };
        let seen = Precondition::default();
        assert!(surface.answer("index.html", &HeaderMap::new(), &seen).is_none());
        let response = surface.html("<!doctype html>", &seen);
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'none'");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, response.headers()[header::ETAG].clone());
        let again = surface.html("<!doctype html>", &Precondition::from_headers(&asked).unwrap());
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
}
