//! The one table of all settings: flags, environment, file and `docs/settings.md` come from it.
//!
//! A bound that is not in this table cannot be set; a test compares the table with `Limits`.

use super::settings::{Database, LogFormat, Settings};
use super::value;
use tracing_subscriber::EnvFilter;

/// One thing that can be set.
pub struct Setting {
    /// Its name in the file; a dot stands for a table.
    pub name: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// Its flag, without the dashes.
    pub flag: &'static str,
    /// Its default as one would write it; empty if there is none.
    pub default: &'static str,
    /// What the value is, such as `BYTES`.
    pub unit: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Who takes the flag.
    pub taken: Taken,
    /// Reads a value into the settings.
    pub apply: fn(&mut Settings, &str) -> Result<(), String>,
}

impl Setting {
    /// What it is for, in lines for people.
    pub fn help(&self) -> String {
        self.doc.lines().map(str::trim).collect::<Vec<_>>().join("\n")
    }
}

/// Which commands take a setting as a flag. Environment and file hold for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Each command that opens the store.
    Everywhere,
    /// Only `serve`.
    Serving,
    /// Only `serve`, and it is seldom needed: `serve -h` leaves it out, `serve --help` shows it.
    Seldom,
}

macro_rules! settings {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $env:literal $flag:literal = $default:literal $unit:literal $taken:ident
            $apply:expr;
    )+) => {
        /// Every setting, in the order of the documentation.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            name: $name,
            env: $env,
            flag: $flag,
            default: $default,
            unit: $unit,
            doc: concat!($($doc, "\n"),+),
            taken: Taken::$taken,
            apply: $apply,
        }),+];
    };
}

macro_rules! set {
    ($($field:ident).+ = $read:expr) => {
        |settings, text| {
            settings.$($field).+ = $read(text)?;
            Ok(())
        }
    };
}

settings! {
    /// Address and port on which requests are answered; 0.0.0.0 means every address of the machine.
    "listen" "ROLLBOOK_LISTEN" "listen" = "127.0.0.1:8080" "ADDR" Serving
        set!(listen = value::address);
    /// Folder of the store: the SQLite file, attachments, and `rollbook.toml` if there is one.
    "data" "ROLLBOOK_DATA" "data" = "data" "DIR" Everywhere
        set!(data = value::path);
    /// PostgreSQL to keep the record in, postgres://user:password@host/name.
    /// Without it the record is a SQLite file in the data folder.
    "database" "ROLLBOOK_DATABASE" "database" = "" "URL" Everywhere
        set!(database = database);
    /// Address by which clients know this server; it names the authority of new keys.
    /// Without it, the address on which the server listens.
    "public_url" "ROLLBOOK_PUBLIC_URL" "public-url" = "" "URL" Everywhere
        |settings, text| {
            settings.public_url = Some(value::url(text)?);
            Ok(())
        };
    /// Whether compression dictionaries are trained on what is stored: smaller, for some work now and then.
    "train_dictionaries" "ROLLBOOK_TRAIN_DICTIONARIES" "train-dictionaries" = "true" "true|false" Seldom
        set!(train_dictionaries = value::truth);

    /// What is logged: error, warn, info, debug or trace, also for one part: info,rollbook_db=debug.
    "log.level" "ROLLBOOK_LOG_LEVEL" "log-level" = "info" "FILTER" Serving
        set!(log_level = log_level);
    /// How the log is written to the standard error: text for people, json for machines.
    "log.format" "ROLLBOOK_LOG_FORMAT" "log-format" = "text" "text|json" Serving
        set!(log_format = log_format);

    /// Bytes of one request body without attachments.
    "limits.request_bytes" "ROLLBOOK_LIMITS_REQUEST_BYTES" "limits-request-bytes" = "32MiB" "BYTES" Seldom
        set!(limits.request_bytes_max = value::size);
    /// Bytes of one statement; at most 63MiB.
    "limits.statement_bytes" "ROLLBOOK_LIMITS_STATEMENT_BYTES" "limits-statement-bytes" = "4MiB" "BYTES" Seldom
        set!(limits.statement_bytes_max = statement);
    /// Statements in one request.
    "limits.batch_statements" "ROLLBOOK_LIMITS_BATCH_STATEMENTS" "limits-batch-statements" = "10000" "COUNT" Seldom
        set!(limits.batch_statements_max = value::count);
    /// Bytes of one attachment.
    "limits.attachment_bytes" "ROLLBOOK_LIMITS_ATTACHMENT_BYTES" "limits-attachment-bytes" = "256MiB" "BYTES" Seldom
        set!(limits.attachment_bytes_max = value::size);
    /// Attachments in one request.
    "limits.attachments" "ROLLBOOK_LIMITS_ATTACHMENTS" "limits-attachments" = "256" "COUNT" Seldom
        set!(limits.attachments_max = value::count);
    /// Bytes of all attachments of one request.
    "limits.attachments_bytes" "ROLLBOOK_LIMITS_ATTACHMENTS_BYTES" "limits-attachments-bytes" = "1GiB" "BYTES" Seldom
        set!(limits.attachments_bytes_max = value::size);
    /// Bytes of one state or profile document.
    "limits.document_bytes" "ROLLBOOK_LIMITS_DOCUMENT_BYTES" "limits-document-bytes" = "16MiB" "BYTES" Seldom
        set!(limits.document_bytes_max = value::size);
    /// Bytes of the id of a state or profile document.
    "limits.document_name_bytes" "ROLLBOOK_LIMITS_DOCUMENT_NAME_BYTES" "limits-document-name-bytes" = "1KiB" "BYTES" Seldom
        set!(limits.document_name_bytes_max = value::size);
    /// Statements in one page of an answer; at most 1000.
    "limits.page_statements" "ROLLBOOK_LIMITS_PAGE_STATEMENTS" "limits-page-statements" = "100" "COUNT" Seldom
        set!(limits.page_statements_max = page);
    /// Bytes of the statements in one page; a page ends early rather than grow past it.
    "limits.page_bytes" "ROLLBOOK_LIMITS_PAGE_BYTES" "limits-page-bytes" = "32MiB" "BYTES" Seldom
        set!(limits.page_bytes_max = value::size);
    /// Postings that are looked at for one page of a query; a page ends early, with `more`, rather than look at others.
    "limits.page_candidates" "ROLLBOOK_LIMITS_PAGE_CANDIDATES" "limits-page-candidates" = "100000" "COUNT" Seldom
        set!(limits.page_candidates_max = value::count);
    /// Bytes of the merged definition of one activity; what would grow past it is not merged in, and its statement is stored.
    "limits.definition_bytes" "ROLLBOOK_LIMITS_DEFINITION_BYTES" "limits-definition-bytes" = "256KiB" "BYTES" Seldom
        set!(limits.definition_bytes_max = value::size);
    /// Statements a second of everybody of a tenant together; 0 is no limit.
    "limits.tenant_statements_per_second" "ROLLBOOK_LIMITS_TENANT_STATEMENTS_PER_SECOND" "limits-tenant-statements-per-second" = "10000" "COUNT" Seldom
        set!(limits.tenant.statements_per_second = value::count_or_none);
    /// Bytes of request bodies a minute of everybody of a tenant together; 0 is no limit.
    "limits.tenant_bytes_per_minute" "ROLLBOOK_LIMITS_TENANT_BYTES_PER_MINUTE" "limits-tenant-bytes-per-minute" = "100000000" "BYTES" Seldom
        set!(limits.tenant.bytes_per_minute = value::size_or_none);
    /// Queries of statements a minute of everybody of a tenant together; 0 is no limit.
    "limits.tenant_queries_per_minute" "ROLLBOOK_LIMITS_TENANT_QUERIES_PER_MINUTE" "limits-tenant-queries-per-minute" = "60000" "COUNT" Seldom
        set!(limits.tenant.queries_per_minute = value::count_or_none);
    /// Other requests that store no statements, a minute, of everybody of a tenant together; 0 is no limit.
    "limits.tenant_requests_per_minute" "ROLLBOOK_LIMITS_TENANT_REQUESTS_PER_MINUTE" "limits-tenant-requests-per-minute" = "600000" "COUNT" Seldom
        set!(limits.tenant.requests_per_minute = value::count_or_none);
    /// Requests at once of everybody of a tenant together; 0 is no limit.
    "limits.tenant_concurrent_requests" "ROLLBOOK_LIMITS_TENANT_CONCURRENT_REQUESTS" "limits-tenant-concurrent-requests" = "256" "COUNT" Seldom
        set!(limits.tenant.concurrent_requests = value::count_or_none);
    /// Bytes of statements as they are kept, documents and attachments of everybody of a tenant together; 0 is no limit.
    "limits.tenant_storage_bytes" "ROLLBOOK_LIMITS_TENANT_STORAGE_BYTES" "limits-tenant-storage-bytes" = "0" "BYTES" Seldom
        set!(limits.tenant.storage_bytes = value::size_or_none);
    /// Statements a second of one API key; 0 is no limit.
    "limits.key_statements_per_second" "ROLLBOOK_LIMITS_KEY_STATEMENTS_PER_SECOND" "limits-key-statements-per-second" = "0" "COUNT" Seldom
        set!(limits.key.statements_per_second = value::count_or_none);
    /// Bytes of request bodies a minute of one API key; 0 is no limit.
    "limits.key_bytes_per_minute" "ROLLBOOK_LIMITS_KEY_BYTES_PER_MINUTE" "limits-key-bytes-per-minute" = "0" "BYTES" Seldom
        set!(limits.key.bytes_per_minute = value::size_or_none);
    /// Queries of statements a minute of one API key; 0 is no limit.
    "limits.key_queries_per_minute" "ROLLBOOK_LIMITS_KEY_QUERIES_PER_MINUTE" "limits-key-queries-per-minute" = "6000" "COUNT" Seldom
        set!(limits.key.queries_per_minute = value::count_or_none);
    /// Other requests that store no statements, a minute, of one API key; 0 is no limit.
    "limits.key_requests_per_minute" "ROLLBOOK_LIMITS_KEY_REQUESTS_PER_MINUTE" "limits-key-requests-per-minute" = "0" "COUNT" Seldom
        set!(limits.key.requests_per_minute = value::count_or_none);
    /// Requests at once of one API key; 0 is no limit.
    "limits.key_concurrent_requests" "ROLLBOOK_LIMITS_KEY_CONCURRENT_REQUESTS" "limits-key-concurrent-requests" = "0" "COUNT" Seldom
        set!(limits.key.concurrent_requests = value::count_or_none);
    /// Statements a second of one user of an issuer of tokens; 0 is no limit.
    "limits.user_statements_per_second" "ROLLBOOK_LIMITS_USER_STATEMENTS_PER_SECOND" "limits-user-statements-per-second" = "0" "COUNT" Seldom
        set!(limits.user.statements_per_second = value::count_or_none);
    /// Bytes of request bodies a minute of one user of an issuer of tokens; 0 is no limit.
    "limits.user_bytes_per_minute" "ROLLBOOK_LIMITS_USER_BYTES_PER_MINUTE" "limits-user-bytes-per-minute" = "0" "BYTES" Seldom
        set!(limits.user.bytes_per_minute = value::size_or_none);
    /// Queries of statements a minute of one user of an issuer of tokens; 0 is no limit.
    "limits.user_queries_per_minute" "ROLLBOOK_LIMITS_USER_QUERIES_PER_MINUTE" "limits-user-queries-per-minute" = "100" "COUNT" Seldom
        set!(limits.user.queries_per_minute = value::count_or_none);
    /// Other requests that store no statements, a minute, of one user of an issuer of tokens; 0 is no limit.
    "limits.user_requests_per_minute" "ROLLBOOK_LIMITS_USER_REQUESTS_PER_MINUTE" "limits-user-requests-per-minute" = "600" "COUNT" Seldom
        set!(limits.user.requests_per_minute = value::count_or_none);
    /// Requests at once of one user of an issuer of tokens; 0 is no limit.
    "limits.user_concurrent_requests" "ROLLBOOK_LIMITS_USER_CONCURRENT_REQUESTS" "limits-user-concurrent-requests" = "0" "COUNT" Seldom
        set!(limits.user.concurrent_requests = value::count_or_none);
    /// Requests that one process works on at once; it refuses others before it looks at them.
    "limits.requests" "ROLLBOOK_LIMITS_REQUESTS" "limits-requests" = "1024" "COUNT" Seldom
        set!(limits.requests_max = value::count);
    /// Requests of one tenant that wait to be stored; others are refused.
    "limits.waiting_requests" "ROLLBOOK_LIMITS_WAITING_REQUESTS" "limits-waiting-requests" = "1024" "COUNT" Seldom
        set!(limits.waiting_requests_max = value::count);
    /// Connections that one process holds; others wait to be accepted.
    "limits.connections" "ROLLBOOK_LIMITS_CONNECTIONS" "limits-connections" = "10000" "COUNT" Seldom
        set!(limits.connections_max = value::count);
    /// Time after which a connection on which nothing moves is closed, in whole seconds.
    "limits.connection_idle" "ROLLBOOK_LIMITS_CONNECTION_IDLE" "limits-connection-idle" = "2m" "TIME" Seldom
        set!(limits.connection_idle_seconds_max = value::seconds);
    /// Time in which each further 16 KiB of a request's body must arrive, or its end, in whole seconds.
    "limits.request_body" "ROLLBOOK_LIMITS_REQUEST_BODY" "limits-request-body" = "30s" "TIME" Seldom
        set!(limits.request_body_seconds_max = value::seconds);
    /// Time in which the head of a request must arrive, in whole seconds.
    "limits.request_head" "ROLLBOOK_LIMITS_REQUEST_HEAD" "limits-request-head" = "30s" "TIME" Seldom
        set!(limits.request_head_seconds_max = value::seconds);
    /// Time that open requests have to end once the server is told to stop, in whole seconds.
    "limits.shutdown" "ROLLBOOK_LIMITS_SHUTDOWN" "limits-shutdown" = "30s" "TIME" Seldom
        set!(limits.shutdown_seconds_max = value::seconds);
    /// Time after which an upload that no statement claimed is removed, in whole seconds.
    "limits.upload" "ROLLBOOK_LIMITS_UPLOAD" "limits-upload" = "1h" "TIME" Seldom
        set!(limits.upload_seconds_max = value::seconds);

    /// Threads that read, each with a connection of its own.
    "sqlite.readers" "ROLLBOOK_SQLITE_READERS" "sqlite-readers" = "4" "COUNT" Seldom
        set!(tuning.readers = value::count);
    /// How long to wait for another process that writes to the same file.
    "sqlite.busy_timeout" "ROLLBOOK_SQLITE_BUSY_TIMEOUT" "sqlite-busy-timeout" = "30s" "TIME" Seldom
        set!(tuning.busy_timeout = value::duration);
    /// Page cache of the writer.
    "sqlite.writer_cache" "ROLLBOOK_SQLITE_WRITER_CACHE" "sqlite-writer-cache" = "64MiB" "BYTES" Seldom
        set!(tuning.writer_cache_bytes = value::size);
    /// Page cache of each reader.
    "sqlite.reader_cache" "ROLLBOOK_SQLITE_READER_CACHE" "sqlite-reader-cache" = "16MiB" "BYTES" Seldom
        set!(tuning.reader_cache_bytes = value::size);
    /// How much of the file readers map into memory; 0 maps none.
    "sqlite.reader_mmap" "ROLLBOOK_SQLITE_READER_MMAP" "sqlite-reader-mmap" = "0" "BYTES" Seldom
        set!(tuning.reader_mmap_bytes = value::size_or_none);
    /// Pages in the write-ahead log that start a checkpoint.
    "sqlite.checkpoint_pages" "ROLLBOOK_SQLITE_CHECKPOINT_PAGES" "sqlite-checkpoint-pages" = "16000" "COUNT" Seldom
        set!(tuning.checkpoint_pages = value::count);
    /// Writes that share one commit at most.
    "sqlite.commit_jobs" "ROLLBOOK_SQLITE_COMMIT_JOBS" "sqlite-commit-jobs" = "256" "COUNT" Seldom
        set!(tuning.jobs_per_commit_max = value::count);
    /// Time after which a group of writes is committed although more are waiting.
    "sqlite.commit_window" "ROLLBOOK_SQLITE_COMMIT_WINDOW" "sqlite-commit-window" = "10ms" "TIME" Seldom
        set!(tuning.commit_window = value::duration);
    /// Writes, or reads, that may wait before their callers are held back.
    "sqlite.queue" "ROLLBOOK_SQLITE_QUEUE" "sqlite-queue" = "1024" "COUNT" Seldom
        set!(tuning.queue_max = value::count);
    /// Connections to PostgreSQL.
    "postgres.pool_size" "ROLLBOOK_POSTGRES_POOL_SIZE" "postgres-pool-size" = "16" "COUNT" Seldom
        set!(tuning.pool_size = value::count);
    /// How long to wait for a connection to PostgreSQL.
    "postgres.connect_timeout" "ROLLBOOK_POSTGRES_CONNECT_TIMEOUT" "postgres-connect-timeout" = "30s" "TIME" Seldom
        set!(tuning.connect_timeout = value::duration);
}

fn database(text: &str) -> Result<Database, String> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(Database::Postgres(text.to_owned()));
    }
    // The text may hold a password, so it is not repeated.
    Err("a database is named by a URL that starts with postgres://; without one the record is a \
         SQLite file in the data folder"
        .to_owned())
}

fn log_level(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is not a level such as info, or info,rollbook_db=debug")),
    }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} is neither text nor json")),
    }
}

/// A stored body of more than 64 MiB counts as damaged, and the LRS adds members of its own.
fn statement(text: &str) -> Result<usize, String> {
    const BYTES_MAX: usize = 63 << 20;
    match value::size(text)? {
        bytes @ ..=BYTES_MAX => Ok(bytes),
        _ => Err("a statement has at most 63MiB".to_owned()),
    }
}

/// `decisions.md` 4: a page may be raised to 1,000 statements and no further.
fn page(text: &str) -> Result<usize, String> {
    match value::count(text)? {
        count @ ..=1_000 => Ok(count),
        _ => Err("a page holds at most 1000 statements".to_owned()),
    }
}
