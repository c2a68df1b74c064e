//! An upload on its way in: the body itself, or the one file of a form. It streams into a spool, and
//! what it is called is not believed (cmi5 14.0).

use super::faults;
use super::imports::Place;
use crate::app::App;
use crate::blobs::{self, Hasher, Sha2, Spool};
use crate::error::{Code, Problem, Result};
use crate::http::body;
use crate::http::media::MediaType;
use crate::http::multipart::paced::{Paced, Progress};
use crate::tenants::TenantId;
use crate::usage::BELIEVED_MICROS;
use axum::body::Body;
use axum::extract::Request;
use futures_util::StreamExt as _;
use http_body::Body as _;
use multer::{Constraints, Multipart, SizeLimit};

/// Types of a body that is the package itself.
pub(crate) const RAW: &[&str] = &[
    "application/zip",
    "application/x-zip-compressed",
    "application/octet-stream",
    "application/xml",
    "text/xml",
];

/// The type of a form.
pub(super) const FORM: &str = "multipart/form-data";

/// Bytes of a form besides its file.
const FORM_BYTES_MAX: u64 = 1 << 20;

/// An upload.
pub(crate) struct Received {
    /// Its bytes.
    pub(crate) contents: Spool,
    /// Their address.
    pub(crate) sha2: Sha2,
    /// Whether whoever sent them calls them a zip. It decides nothing but what is said of them.
    pub(crate) called_zip: bool,
    /// Bytes of the quota that are reserved for it, and since when.
    pub(super) reserved: (u64, i64),
    /// Its place among those that are received; none for what was here already.
    pub(super) _place: Option<Place>,
}

/// What came so far.
struct Coming {
    contents: Spool,
    hasher: Hasher,
    bytes_max: u64,
    called_zip: bool,
    reserved: (u64, i64),
    place: Place,
}

/// Reads an upload to its end. Nothing is read of one that says that it is too large, for which its
/// tenant has no room, or for which there is no place now.
pub(crate) async fn receive(app: &App, tenant: TenantId, request: Request) -> Result<Received> {
    let (parts, body) = request.into_parts();
    let media = MediaType::of(&parts.headers);
    let called_zip = media.as_ref().is_some_and(|media| media.essence.contains("zip"));
    let (is_form, around) = match &media {
        Some(media) if RAW.contains(&media.essence.as_str()) => (false, 0),
        Some(media) if media.essence == FORM => (true, FORM_BYTES_MAX),
        _ => {
            let detail =
                format!("a package is sent as {}, or as one file of {FORM}", RAW.join(", "));
            return Err(faults::media(detail));
        }
    };
    let bytes_max = app.limits.package_bytes_max;
    let declared = body.size_hint().exact().unwrap_or_default();
    if declared > bytes_max.saturating_add(around) {
        return Err(body::over(bytes_max, "package_bytes_max"));
    }
    let place = app.imports.place(tenant)?;
    let reserved = (declared.saturating_sub(around), app.clock.now_micros());
    app.usage.reserve(tenant, reserved.0).await?;
    let (contents, hasher) = (app.blobs.spool(), Hasher::sha256());
    let coming = Coming { contents, hasher, bytes_max, called_zip, reserved, place };
    match media {
        Some(media) if is_form => coming.form(body, &media).await,
        _ => coming.raw(body).await,
    }
}

impl Received {
    /// Bytes that are still reserved for it: what was long in coming may be forgotten.
    pub(super) fn reserved(&self, now: i64) -> u64 {
        let (bytes, since) = self.reserved;
        if (0..BELIEVED_MICROS).contains(&(now - since)) { bytes } else { 0 }
    }
}

impl Coming {
    async fn raw(mut self, body: Body) -> Result<Received> {
        let mut stream = body.into_data_stream();
        while let Some(piece) = stream.next().await {
            self.add(&piece.map_err(body::broken)?).await?;
        }
        Ok(self.finish())
    }

    async fn form(mut self, body: Body, media: &MediaType) -> Result<Received> {
        let boundary = media.parameter("boundary").filter(|text| (1..=70).contains(&text.len()));
        let boundary = boundary.ok_or_else(|| unreadable("the form names no boundary"))?;
        let whole = self.bytes_max.saturating_add(FORM_BYTES_MAX);
        let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(whole));
        let (stream, progress) = Paced::new(body.into_data_stream());
        let mut form = Multipart::with_constraints(stream, boundary, constraints);
        let mut found = false;
        while let Some(mut field) = form.next_field().await.map_err(|e| self.refusal(e))? {
            progress.made();
            if field.file_name().is_some() && std::mem::replace(&mut found, true) {
                return Err(unreadable("the form has more than one file"));
            }
            let is_file = field.file_name().is_some();
            let has_zip = |name: &str| name.to_ascii_lowercase().ends_with(".zip");
            self.called_zip |= field.file_name().is_some_and(has_zip);
            while let Some(piece) = field.chunk().await.map_err(|e| self.refusal(e))? {
                Progress::made(&progress);
                if is_file {
                    self.add(&piece).await?;
                }
            }
        }
        if !found {
            return Err(unreadable("the form has no file"));
        }
        Ok(self.finish())
    }

    async fn add(&mut self, piece: &[u8]) -> Result<()> {
        if self.contents.bytes() + piece.len() as u64 > self.bytes_max {
            return Err(body::over(self.bytes_max, "package_bytes_max"));
        }
        self.hasher.update(piece);
        self.contents.write(piece).await.map_err(blobs::of_io)
    }

    fn finish(self) -> Received {
        let Self { contents, hasher, called_zip, reserved, place, bytes_max: _ } = self;
        Received { contents, sha2: hasher.finish(), called_zip, reserved, _place: Some(place) }
    }

    fn refusal(&self, error: multer::Error) -> Problem {
        match error {
            multer::Error::StreamSizeExceeded { .. } => {
                body::over(self.bytes_max, "package_bytes_max")
            }
            multer::Error::StreamReadFailed(_) => body::broken(axum::Error::new(error)),
            _ => unreadable("the form ends early, or the header of a part cannot be read")
                .because(error),
        }
    }
}

fn unreadable(detail: &str) -> Problem {
    Problem::bad_request(Code::RequestContentInvalid, detail)
}
