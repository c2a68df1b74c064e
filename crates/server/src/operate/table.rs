//! The one table of all metrics: what `/metrics` shows and `docs/observability.md` explains.
//!
//! A test compares the table with both. A metric that is not here cannot be shown.

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How values are spread.
    Histogram,
}

/// One metric.
#[derive(Debug)]
pub(super) struct Metric {
    /// Its name; ends in its unit.
    pub(super) name: &'static str,
    /// What kind of number it is.
    pub(super) kind: Kind,
    /// What its series are told apart by.
    pub(super) labels: &'static [&'static str],
    /// What it is, in one sentence without a point.
    pub(super) help: &'static str,
}

macro_rules! metrics {
    ($($name:literal $kind:ident [$($label:literal),*] $help:literal;)+) => {
        /// Every metric, in the order in which they are shown.
        pub(super) const METRICS: &[Metric] = &[$(Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        }),+];
    };
}

metrics! {
    "rollbook_build_info" Gauge ["version", "engine"] "Always 1; which Rollbook this is and on which database engine";
    "rollbook_ready" Gauge [] "1 when /readyz last answered ready, 0 otherwise";
    "rollbook_blobs_reachable" Gauge [] "1 when the blob store answered the last /readyz, 0 otherwise";
    "rollbook_http_requests_total" Counter ["route", "method", "status"] "Requests answered";
    "rollbook_http_request_duration_seconds" Histogram ["route", "method"] "Time from a request's head to its answer's head";
    "rollbook_http_requests_in_flight" Gauge [] "Requests that wait for the head of their answer";
    "rollbook_refusals_total" Counter ["code"] "Requests refused or failed, by the code of their problem";
    "rollbook_statements_stored_total" Counter ["tenant"] "Statements stored, by the tenant's number";
    "rollbook_statement_batch_size" Histogram [] "Statements in one request that stores";
    "rollbook_log_group_statements" Histogram [] "Statements in one append to a tenant's log";
    "rollbook_log_append_seconds" Histogram [] "Time of one append to a tenant's log, waiting for the database included";
    "rollbook_log_requests_waiting" Gauge [] "Requests that wait in the lanes of all tenants";
    "rollbook_consistent_through_age_seconds" Histogram [] "How far Consistent-Through lay back in answers of the Statements resource";
    "rollbook_caller_lookups_total" Counter ["outcome"] "Credentials resolved: remembered (hit) or looked up (miss)";
    "rollbook_db_read_seconds" Histogram [] "Time of one read, waiting included";
    "rollbook_db_write_seconds" Histogram [] "Time of one write, waiting included";
    "rollbook_db_commit_seconds" Histogram [] "Time of one commit";
    "rollbook_db_commit_jobs" Histogram [] "Writes that shared one commit";
    "rollbook_db_reads_waiting" Gauge [] "Reads that wait for a reader (SQLite)";
    "rollbook_db_writes_waiting" Gauge [] "Writes that wait for the writer (SQLite)";
    "rollbook_db_connections" Gauge [] "Open connections: of the pool (PostgreSQL), or readers and writer (SQLite)";
    "rollbook_db_connections_in_use" Gauge [] "Connections of the pool in use (PostgreSQL)";
    "rollbook_db_connections_waited_for" Gauge [] "Callers who wait for a connection of the pool (PostgreSQL)";
    "rollbook_db_replica_reads_total" Counter ["outcome"] "Reads for which the replica was asked: it answered, was behind, or failed; then the primary answered";
    "rollbook_blob_written_bytes_total" Counter [] "Bytes of attachments written to the blob store";
    "rollbook_blob_read_bytes_total" Counter [] "Bytes of attachments asked of the blob store";
    "rollbook_work_runs_total" Counter ["work", "outcome"] "Runs of background work, done or failed";
    "rollbook_work_last_success_timestamp_seconds" Gauge ["work"] "When background work was last done";
    "rollbook_request_log_tenants" Gauge [] "Tenants whose request log is on";
    "rollbook_request_log_waiting" Gauge [] "Entries of request logs that wait to be written";
    "rollbook_request_log_dropped_total" Counter [] "Entries of request logs that were dropped because too many waited, they were of strangers, or they could not be written";
    "rollbook_spans_total" Counter ["outcome"] "Spans of traces exported, dropped because too many waited, or failed";
    "process_resident_memory_bytes" Gauge [] "Memory in use";
    "process_open_fds" Gauge [] "Files and sockets that are open";
    "process_cpu_seconds_total" Counter [] "Processor time used";
    "process_start_time_seconds" Gauge [] "When the process started";
}
