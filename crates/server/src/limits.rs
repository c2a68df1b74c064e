//! Every bound in the system, named, with its unit and its default. Each may be set.

use crate::usage::Allowance;

/// The bounds that a server runs with.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one request body without attachments.
    pub request_bytes_max: usize,
    /// Bytes of one statement.
    pub statement_bytes_max: usize,
    /// Statements in one request.
    pub batch_statements_max: usize,
    /// Bytes of one attachment.
    pub attachment_bytes_max: u64,
    /// Attachment parts in one request.
    pub attachments_max: usize,
    /// Bytes of all attachments of one request.
    pub attachments_bytes_max: u64,
    /// Bytes of one document of the State and Profile resources.
    pub document_bytes_max: usize,
    /// Bytes of a `stateId` or `profileId`.
    pub document_name_bytes_max: usize,
    /// Statements in one page; `limit=0` and no limit mean this.
    pub page_statements_max: usize,
    /// Bytes of the statements in one page; a page ends early rather than grow past it.
    pub page_bytes_max: usize,
    /// Postings looked at for one page; a page ends early, with `more`, rather than look at others.
    pub page_candidates_max: usize,
    /// Bytes of the merged definition of one activity; what would grow past it is not merged in.
    pub definition_bytes_max: usize,
    /// What everybody of a tenant may use together.
    pub tenant: Allowance,
    /// What each API key may use.
    pub key: Allowance,
    /// What each user of an issuer of tokens may use.
    pub user: Allowance,
    /// Requests that this process works on at once; it refuses others before it looks at them.
    pub requests_max: usize,
    /// Requests of one tenant that wait to be stored.
    pub waiting_requests_max: usize,
    /// Connections that this process holds; others wait to be accepted.
    pub connections_max: usize,
    /// Seconds after which a connection on which nothing moves is closed.
    pub connection_idle_seconds_max: u64,
    /// Seconds in which each further 16 KiB of a request's body must arrive, or its end.
    pub request_body_seconds_max: u64,
    /// Bytes of a JSON body of the API.
    pub api_body_bytes_max: usize,
    /// Rows in one page of a listing of the API.
    pub api_page_max: usize,
    /// Bytes of a cursor of the API.
    pub api_cursor_bytes_max: usize,
    /// Bytes of the value of one filter of the API.
    pub api_filter_bytes_max: usize,
    /// Values with commas between them in one filter of the API.
    pub api_filter_values_max: usize,
    /// Bytes of an answer that is kept for an `Idempotency-Key`.
    pub idempotency_answer_bytes_max: usize,
    /// Answers that are kept for `Idempotency-Key`s of a tenant, give or take what runs at once.
    pub idempotency_answers_max: usize,
    /// Seconds for which the answer to an `Idempotency-Key` is kept.
    pub idempotency_seconds_max: u64,
    /// Seconds in which a request's head must arrive.
    pub request_head_seconds_max: u64,
    /// Seconds that open requests have to end once the server is told to stop.
    pub shutdown_seconds_max: u64,
    /// Seconds after which an upload that no statement claimed is removed.
    pub upload_seconds_max: u64,
    /// Seconds that a check of readiness may take.
    pub ready_seconds_max: u64,
    /// Entries that a tenant's log of requests keeps; the oldest go.
    pub request_log_entries_max: usize,
    /// Seconds that an entry of a log of requests is kept.
    pub request_log_age_seconds_max: u64,
    /// Bytes of the beginning of a body that a log of requests keeps.
    pub request_log_body_bytes_max: usize,
    /// Seconds for which a log of requests may be switched on.
    pub request_log_on_seconds_max: u64,
    /// Entries that may wait to be written; more are dropped.
    pub request_log_waiting_max: usize,
    /// Entries of requests whose credential was not right that a tenant's log keeps.
    pub request_log_strangers_max: usize,
    /// Such entries that a tenant's log takes in one second.
    pub request_log_strangers_per_second_max: usize,
    /// Lookups of keys that are not remembered that run at a time.
    pub key_lookups_max: usize,
    /// Bytes of forms of the alternate request syntax that are held at a time for callers who are
    /// not known yet.
    pub alternate_bytes_max: usize,
    /// Bytes of one token.
    pub token_bytes_max: usize,
    /// Bytes of the keys that an issuer publishes.
    pub jwks_bytes_max: usize,
    /// Seconds in which an issuer's keys must arrive.
    pub jwks_seconds_max: u64,
    /// Issuers of tokens that a tenant may have.
    pub issuers_max: usize,
    /// Keys of a tenant that are neither revoked nor expired.
    pub keys_max: usize,
    /// Bytes of an uploaded package.
    pub package_bytes_max: u64,
    /// Entries of a package, folders among them.
    pub package_entries_max: usize,
    /// Bytes of one file of a package, inflated.
    pub package_file_bytes_max: u64,
    /// Bytes of all files of a package, inflated.
    pub package_total_bytes_max: u64,
    /// Inflated bytes for each byte of a package, once a file is past `package_ratio_from_bytes`.
    pub package_ratio_max: u64,
    /// From how many inflated bytes on the ratio counts.
    pub package_ratio_from_bytes: u64,
    /// Bytes of a path in a package.
    pub package_path_bytes_max: usize,
    /// Folders above a file of a package.
    pub package_depth_max: usize,
    /// Packages that are looked at and kept at a time.
    pub imports_max: usize,
    /// Packages that are received, or wait to be looked at, at a time.
    pub uploads_max: usize,
    /// Seconds for which content is served once its session has ended.
    pub content_after_seconds_max: u64,
    /// Seconds for which the address of a preview is good.
    pub preview_seconds_max: u64,
    /// Launched content.
    pub cmi5: Cmi5Limits,
}

/// The bounds of launched content.
#[derive(Clone, Debug)]
pub struct Cmi5Limits {
    /// Seconds without a request after which a session of launched content is abandoned.
    pub idle_seconds_max: u64,
    /// Seconds that a session of launched content lasts.
    pub session_seconds_max: u64,
    /// Seconds in which the token of a session must be fetched.
    pub fetch_seconds_max: u64,
    /// Seconds for which the token of a session of the Creatiq cmi5 API is good.
    pub token_seconds_max: u64,
    /// Seconds in which a session must end once its learner has come back.
    pub return_seconds_max: u64,
    /// Seconds for which the link of a learner is good.
    pub link_seconds_max: u64,
    /// Events that the log of a session keeps; later ones are dropped.
    pub events_max: usize,
}

/// What everybody of a tenant may use together, unless somebody says else.
const TENANT: Allowance = Allowance {
    statements_per_second: 10_000,
    bytes_per_minute: 100_000_000,
    queries_per_minute: 60_000,
    requests_per_minute: 600_000,
    concurrent_requests: 256,
    storage_bytes: 0,
};

impl Limits {
    /// The most bytes that any body may have, and the limit that says so: statements with all their
    /// attachments, or a package, and what stands around them.
    pub fn largest_body(&self) -> (u64, &'static str) {
        const BETWEEN: u64 = 1 << 20;
        let text = self.request_bytes_max.max(self.document_bytes_max) as u64;
        let record = text.saturating_add(self.attachments_bytes_max);
        let (most, limit) =
            [(record, "attachments_bytes_max"), (self.package_bytes_max, "package_bytes_max")]
                .into_iter()
                .max()
                .unwrap_or_default();
        (most.saturating_add(BETWEEN), limit)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes_max: 32 << 20,
            statement_bytes_max: 4 << 20,
            batch_statements_max: 10_000,
            attachment_bytes_max: 256 << 20,
            attachments_max: 256,
            attachments_bytes_max: 1 << 30,
            document_bytes_max: 16 << 20,
            document_name_bytes_max: 1 << 10,
            page_statements_max: 100,
            page_bytes_max: 32 << 20,
            page_candidates_max: 100_000,
            definition_bytes_max: 256 << 10,
            tenant: TENANT,
            key: Allowance { queries_per_minute: 6_000, ..Allowance::UNLIMITED },
            user: Allowance {
                queries_per_minute: 100,
                requests_per_minute: 600,
                ..Allowance::UNLIMITED
            },
            requests_max: 1_024,
            waiting_requests_max: 1_024,
            connections_max: 10_000,
            connection_idle_seconds_max: 120,
            request_body_seconds_max: 30,
            api_body_bytes_max: 1 << 20,
            api_page_max: 200,
            api_cursor_bytes_max: 4 << 10,
            api_filter_bytes_max: 2 << 10,
            api_filter_values_max: 50,
            idempotency_answer_bytes_max: 1 << 20,
            idempotency_answers_max: 100_000,
            idempotency_seconds_max: 86_400,
            request_head_seconds_max: 30,
            shutdown_seconds_max: 30,
            upload_seconds_max: 3_600,
            ready_seconds_max: 2,
            request_log_entries_max: 10_000,
            request_log_age_seconds_max: 259_200,
            request_log_body_bytes_max: 16 << 10,
            request_log_on_seconds_max: 86_400,
            request_log_waiting_max: 1_024,
            request_log_strangers_max: 1_000,
            request_log_strangers_per_second_max: 10,
            key_lookups_max: 4,
            alternate_bytes_max: 64 << 20,
            token_bytes_max: 16 << 10,
            jwks_bytes_max: 256 << 10,
            jwks_seconds_max: 5,
            issuers_max: 20,
            keys_max: 1_000,
            package_bytes_max: 512 << 20,
            package_entries_max: 20_000,
            package_file_bytes_max: 2 << 30,
            package_total_bytes_max: 4 << 30,
            package_ratio_max: 200,
            package_ratio_from_bytes: 10 << 20,
            package_path_bytes_max: 512,
            package_depth_max: 32,
            imports_max: 2,
            uploads_max: 16,
            content_after_seconds_max: 600,
            preview_seconds_max: 3_600,
            cmi5: Cmi5Limits::default(),
        }
    }
}

impl Default for Cmi5Limits {
    fn default() -> Self {
        Self {
            idle_seconds_max: 14_400,
            session_seconds_max: 86_400,
            fetch_seconds_max: 3_600,
            token_seconds_max: 3_600,
            return_seconds_max: 10,
            link_seconds_max: 7_776_000,
            events_max: 10_000,
        }
    }
}
