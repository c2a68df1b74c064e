//! How a bucket of an S3-compatible store is reached.
//!
//! What is not set holds as the standard variables of AWS say (`AWS_ACCESS_KEY_ID`, `AWS_REGION` …),
//! or the role that the machine or the pod has.

use anyhow::{Context as _, Result, ensure};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use std::fmt;
use std::time::Duration;

/// The longest pause between two tries of a request.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Where attachments are, and how they are reached; each field is named like its setting.
#[derive(Clone, Debug)]
pub struct BlobSettings {
    /// The bucket; none means the data folder.
    pub url: Option<BucketUrl>,
    /// The address of the S3 service.
    pub endpoint: Option<String>,
    /// The bucket's region.
    pub region: Option<String>,
    /// Whether the bucket is named in the path of a request.
    pub path_style: bool,
    /// Whether TLS may be missing.
    pub allow_http: bool,
    /// The id of the access key.
    pub access_key: Option<String>,
    /// Its secret.
    pub secret_key: Option<Secret>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for an answer, or for more of it.
    pub answer_timeout: Duration,
    /// How often a request is sent again.
    pub retries_max: usize,
    /// When a request is no longer sent again.
    pub retry_within: Duration,
}

/// Text that nobody is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A bucket, and where in it the files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUrl {
    bucket: String,
    prefix: String,
}

impl Default for BlobSettings {
    fn default() -> Self {
        Self {
            url: None,
            endpoint: None,
            region: None,
            path_style: true,
            allow_http: false,
            access_key: None,
            secret_key: None,
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(30),
            retries_max: 3,
            retry_within: Duration::from_secs(20),
        }
    }
}

impl Secret {
    /// A secret.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl BucketUrl {
    /// Reads `s3://bucket` or `s3://bucket/prefix`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is not a bucket such as s3://rollbook or s3://files/lrs");
        let rest = text.strip_prefix("s3://").ok_or_else(bad)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        let named = |part: &str| !part.is_empty() && part.chars().all(fits);
        let walks = |part: &str| part == "." || part == "..";
        if named(bucket)
            && (prefix.is_empty() || prefix.split('/').all(|part| named(part) && !walks(part)))
        {
            return Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() });
        }
        Err(bad())
    }

    /// Where in the bucket the files are; empty if they are at its top.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// A client of the bucket. Nothing is asked of the service yet.
pub(super) fn client(url: &BucketUrl, settings: &BlobSettings) -> Result<AmazonS3> {
    let plain = settings.endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
    ensure!(
        settings.allow_http || !plain,
        "blobs.endpoint has no TLS (http://): set blobs.allow_http if the network is yours"
    );
    // A download may take as long as its reader needs; each wait for more of it is bounded.
    let options = ClientOptions::new()
        .with_allow_http(settings.allow_http)
        .with_connect_timeout(settings.connect_timeout)
        .with_timeout_disabled()
        .with_read_timeout(settings.answer_timeout);
    let retries = RetryConfig {
        backoff: BackoffConfig { max_backoff: PAUSE_MAX, ..BackoffConfig::default() },
        max_retries: settings.retries_max,
        retry_timeout: settings.retry_within,
    };
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(&url.bucket)
        .with_virtual_hosted_style_request(!settings.path_style)
        .with_client_options(options)
        .with_retry(retries)
        // Not every store knows how to delete many at once, and we delete one at a time.
        .with_disable_bulk_delete(true);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    if let Some(region) = &settings.region {
        builder = builder.with_region(region);
    }
    match (&settings.access_key, &settings.secret_key) {
        (Some(id), Some(Secret(secret))) => {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        (None, None) => {}
        _ => anyhow::bail!("blobs.access_key and blobs.secret_key go together: set both or none"),
    }
    builder.build().with_context(|| format!("opening the bucket {url}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_read() {
        for (text, told) in [
            ("s3://rollbook", "s3://rollbook/"),
            ("s3://rollbook/", "s3://rollbook/"),
            ("s3://a.b-c/lrs/files/", "s3://a.b-c/lrs/files"),
        ] {
            assert_eq!(BucketUrl::parse(text).unwrap().to_string(), told);
        }
        for text in [
            "",
            "s3://",
            "s3:///x",
            "rollbook",
            "https://s3/x",
            "s3://b//x",
            "s3://b/../x",
            "s3://b/x?y",
        ] {
            assert!(BucketUrl::parse(text).is_err(), "{text}");
        }
    }

    fn fault(settings: &BlobSettings) -> String {
        let url = BucketUrl::parse("s3://rollbook").unwrap();
        client(&url, settings).unwrap_err().to_string()
    }

    #[test]
    fn a_secret_is_not_shown_and_never_sent_in_the_open_unasked() {
        let secret_key = Some(Secret::new("s3cr3t"));
        let settings = BlobSettings { secret_key, ..BlobSettings::default() };
        assert!(!format!("{settings:?}").contains("s3cr3t"));
        assert!(fault(&settings).contains("go together"));
        let endpoint = Some("http://minio:9000".to_owned());
        let settings = BlobSettings { endpoint, ..BlobSettings::default() };
        assert!(fault(&settings).contains("blobs.allow_http"));
    }
}
