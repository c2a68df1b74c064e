//! The settings that a server runs with, read and checked.

use super::jwt::Jwt;
use super::table::SETTINGS;
use crate::blobs::BlobSettings;
use crate::http::client::ProxyHeader;
use crate::limits::Limits;
use crate::nodes::Timing;
use crate::operate::Otel;
use ipnet::IpNet;
use rollbook_db::{Location, Options};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that can be set. What each is for is said in [`SETTINGS`].
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where requests are answered.
    pub listen: SocketAddr,
    /// The folder of everything that is not in PostgreSQL.
    pub data: PathBuf,
    /// Where the record is.
    pub database: Database,
    /// A server that follows the database and answers reads.
    pub replica: Option<Database>,
    /// The address by which clients know this server.
    pub public_url: Option<String>,
    /// Where uploaded content is served.
    pub content_listen: Option<SocketAddr>,
    /// The address by which browsers know the origin of content.
    pub content_url: Option<String>,
    /// Origins of other platforms that show content in frames of theirs.
    pub content_frames: Vec<String>,
    /// What is logged.
    pub log_level: String,
    /// How the log is written.
    pub log_format: LogFormat,
    /// Whether each request is a line of the log.
    pub log_requests: bool,
    /// From when on a request is slow.
    pub slow_request: Duration,
    /// Where health and metrics are answered without a credential.
    pub operate_listen: Option<SocketAddr>,
    /// How long a server that was told to stop goes on, unready, before it stops.
    pub drain: Duration,
    /// Where traces go.
    pub otel: Otel,
    /// Whether dictionaries are trained on what is stored.
    pub train_dictionaries: bool,
    /// Whether the Creatiq cmi5 API registers and launches.
    pub cmi5_launch: bool,
    /// Networks of the proxies that are believed about where a request comes from.
    pub trusted_proxies: Vec<IpNet>,
    /// The header by which they say so.
    pub proxy_header: ProxyHeader,
    /// Whose tokens are good.
    pub jwt: Jwt,
    /// Where attachments are, and how they are reached.
    pub blobs: BlobSettings,
    /// How servers that share a database hear of each other.
    pub nodes: Timing,
    /// The address by which an operator knows this server among them.
    pub node_address: Option<String>,
    /// Every bound.
    pub limits: Limits,
    /// How the engines are driven.
    pub tuning: Tuning,
}

/// Where the record is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file in the data folder.
    Sqlite,
    /// A PostgreSQL server, by its URL.
    Postgres(String),
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How the engines are driven; each field is named like its setting.
#[derive(Debug, Clone)]
pub struct Tuning {
    /// Reader threads on SQLite.
    pub readers: usize,
    /// Connections to PostgreSQL.
    pub pool_size: usize,
    /// How long to wait for PostgreSQL.
    pub connect_timeout: Duration,
    /// How long to wait for another process that writes to the SQLite file.
    pub busy_timeout: Duration,
    /// Page cache of the SQLite writer.
    pub writer_cache_bytes: u64,
    /// Page cache of each SQLite reader.
    pub reader_cache_bytes: u64,
    /// How much of the SQLite file readers map into memory.
    pub reader_mmap_bytes: u64,
    /// Pages in SQLite's log that start a checkpoint.
    pub checkpoint_pages: u32,
    /// Writes that share one commit on SQLite.
    pub jobs_per_commit_max: usize,
    /// Time after which a group of writes is committed on SQLite.
    pub commit_window: Duration,
    /// Writes or reads that wait on SQLite.
    pub queue_max: usize,
}

impl Settings {
    /// The SQLite file, unless the record is in PostgreSQL.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        (self.database == Database::Sqlite).then(|| self.data.join("rollbook.sqlite"))
    }

    /// How the database is opened.
    pub fn options(&self) -> Options {
        let location = |database: &Database| match database {
            Database::Sqlite => Location::Sqlite(self.data.join("rollbook.sqlite")),
            Database::Postgres(url) => Location::Postgres(url.clone()),
        };
        let Tuning {
            readers,
            pool_size,
            connect_timeout,
            busy_timeout,
            writer_cache_bytes,
            reader_cache_bytes,
            reader_mmap_bytes,
            checkpoint_pages,
            jobs_per_commit_max,
            commit_window,
            queue_max,
        } = self.tuning.clone();
        Options {
            location: location(&self.database),
            replica: self.replica.as_ref().map(location),
            readers,
            pool_size,
            connect_timeout,
            busy_timeout,
            writer_cache_bytes,
            reader_cache_bytes,
            reader_mmap_bytes,
            checkpoint_pages,
            jobs_per_commit_max,
            commit_window,
            queue_max,
            writes: true,
        }
    }

    /// The address by which clients know this server: as set, or where it listens. Ends without `/`.
    pub fn public_url(&self, listening: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => local_url(listening),
        }
    }
}

/// How far the port of content is from the one of everything else, unless it is set.
const CONTENT_PORT_OFFSET: u16 = 1_000;

impl Settings {
    /// Where uploaded content is served: as set, or beside `listen`. Port 0 means any that is free.
    pub fn content_address(&self) -> SocketAddr {
        let beside = match self.listen.port() {
            0 => 0,
            port => port.checked_add(CONTENT_PORT_OFFSET).unwrap_or(0),
        };
        self.content_listen.unwrap_or_else(|| SocketAddr::new(self.listen.ip(), beside))
    }

    /// The address by which browsers know the origin of content: as set, or on the host of
    /// `public_url`, or where it is served. Ends without `/`.
    pub fn content_url(&self) -> String {
        let address = self.content_address();
        match (&self.content_url, self.public_url.as_deref().and_then(plain_host)) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some(host)) => format!("http://{host}:{}", address.port()),
            (None, None) => local_url(address),
        }
    }

    /// Whether browsers that are on the platform cannot reach courses: no port of ours speaks HTTPS.
    pub fn hides_content(&self) -> bool {
        let is_https = |url: &String| url.starts_with("https://");
        self.content_url.is_none() && self.public_url.as_ref().is_some_and(is_https)
    }
}

/// The host of an address without TLS, which needs no proxy: its other ports are ours too.
fn plain_host(url: &str) -> Option<&str> {
    let place = url.strip_prefix("http://")?.split('/').next()?;
    match place.find(']') {
        Some(end) => place.get(..=end),
        None => place.split(':').next(),
    }
}

/// The address of a server for clients on the same machine.
///
/// Nobody can call `0.0.0.0`, so a server on every address is known as `localhost`.
pub fn local_url(listening: SocketAddr) -> String {
    if listening.ip().is_unspecified() {
        format!("http://localhost:{}", listening.port())
    } else {
        format!("http://{listening}")
    }
}

impl Default for Settings {
    fn default() -> Self {
        let mut settings = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::new(),
            database: Database::Sqlite,
            replica: None,
            public_url: None,
            content_listen: None,
            content_url: None,
            content_frames: Vec::new(),
            log_level: String::new(),
            log_format: LogFormat::Text,
            log_requests: true,
            slow_request: Duration::ZERO,
            operate_listen: None,
            drain: Duration::ZERO,
            otel: Otel { endpoint: None, service_name: String::new(), sample_ratio: 1.0 },
            train_dictionaries: true,
            cmi5_launch: true,
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            jwt: Jwt::default(),
            blobs: BlobSettings::default(),
            nodes: Timing::default(),
            node_address: None,
            limits: Limits::default(),
            tuning: Tuning::default(),
        };
        for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
            (setting.apply)(&mut settings, setting.default).expect("defaults can be read");
        }
        settings
    }
}

impl Default for Tuning {
    fn default() -> Self {
        let Options {
            location: _,
            replica: _,
            readers,
            pool_size,
            connect_timeout,
            busy_timeout,
            writer_cache_bytes,
            reader_cache_bytes,
            reader_mmap_bytes,
            checkpoint_pages,
            jobs_per_commit_max,
            commit_window,
            queue_max,
            writes: _,
        } = Options::sqlite("");
        Self {
            readers,
            pool_size,
            connect_timeout,
            busy_timeout,
            writer_cache_bytes,
            reader_cache_bytes,
            reader_mmap_bytes,
            checkpoint_pages,
            jobs_per_commit_max,
            commit_window,
            queue_max,
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "Sqlite",
            Self::Postgres(_) => "Postgres(…)", // The URL holds the password.
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_as_set_or_by_where_it_listens() {
        let url = |set: Option<&str>, listening: &str| {
            let settings = Settings { public_url: set.map(str::to_owned), ..Settings::default() };
            settings.public_url(listening.parse().unwrap())
        };
        assert_eq!(url(Some("https://lrs.example.com/"), "0.0.0.0:80"), "https://lrs.example.com");
        assert_eq!(url(None, "127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(url(None, "[::1]:8080"), "http://[::1]:8080");
        assert_eq!(url(None, "0.0.0.0:81"), "http://localhost:81");
        assert_eq!(url(None, "[::]:81"), "http://localhost:81");
    }

    #[test]
    fn content_has_an_origin_of_its_own() {
        let at = |listen: &str| {
            let settings = Settings { listen: listen.parse().unwrap(), ..Settings::default() };
            (settings.content_address().to_string(), settings.content_url())
        };
        assert_eq!(at("127.0.0.1:80"), ("127.0.0.1:1080".into(), "http://127.0.0.1:1080".into()));
        assert_eq!(at("0.0.0.0:8080").1, "http://localhost:9080");
        assert_eq!(at("127.0.0.1:0").0, "127.0.0.1:0");
        assert_eq!(at("127.0.0.1:65000").0, "127.0.0.1:0");
        let content_url = Some("https://*.content.example.com/".to_owned());
        let settings = Settings { content_url, ..Settings::default() };
        assert_eq!(settings.content_url(), "https://*.content.example.com");
        assert!(!settings.hides_content());
    }

    #[test]
    fn browsers_of_other_machines_find_content_beside_the_platform() {
        let beside = |public_url: &str| {
            let listen = "0.0.0.0:8080".parse().unwrap();
            let public_url = Some(public_url.to_owned());
            let settings = Settings { listen, public_url, ..Settings::default() };
            (settings.content_url(), settings.hides_content())
        };
        for (public_url, expected) in [
            ("http://192.0.2.1:8080", "http://192.0.2.1:9080"),
            ("http://lrs.example.com", "http://lrs.example.com:9080"),
            ("http://lrs.example.com/rollbook/", "http://lrs.example.com:9080"),
            ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:9080"),
        ] {
            assert_eq!(beside(public_url), (expected.to_owned(), false));
        }
        let behind_a_proxy = ("http://localhost:9080".to_owned(), true);
        assert_eq!(beside("https://lrs.example.com"), behind_a_proxy);
    }

    #[test]
    fn a_password_is_not_shown() {
        let settings = Settings {
            database: Database::Postgres("postgres://u:s3cr3t@h/x".to_owned()),
            ..Settings::default()
        };
        assert!(!format!("{settings:?}").contains("s3cr3t"));
    }
}
