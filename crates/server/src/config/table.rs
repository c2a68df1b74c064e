//! The one table of all settings: flags, environment, file and `docs/settings.md` come from it.
//!
//! A bound that is not in this table cannot be set; a test compares the table with `Limits`.

use super::setting::{Setting, Taken, set, settings};
use super::{jwt, value, words};
use crate::blobs::{BucketUrl, Secret};

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
        set!(database = words::database);
    /// PostgreSQL server that follows the one of `database`, by its URL. It answers queries for which it
    /// has all that is stored; the other one answers the rest.
    "database_replica" "ROLLBOOK_DATABASE_REPLICA" "database-replica" = "" "URL" Everywhere
        |settings, text| {
            settings.replica = Some(words::database(text)?);
            Ok(())
        };
    /// Address by which clients know this server; it names the authority of new keys.
    /// Without it, the address on which the server listens.
    "public_url" "ROLLBOOK_PUBLIC_URL" "public-url" = "" "URL" Everywhere
        |settings, text| {
            settings.public_url = Some(value::url(text)?);
            Ok(())
        };
    /// Address and port on which uploaded content is served, an origin of its own.
    /// Without it, the address of `listen` with a port that is 1000 higher.
    "content_listen" "ROLLBOOK_CONTENT_LISTEN" "content-listen" = "" "ADDR" Serving
        set!(content_listen = |text: &str| value::address(text).map(Some));
    /// Address by which browsers know that origin, with another host name than `public_url` has. If it begins with
    /// `*`, as in https://*.content.example.com, each version of a course has a host name of its own.
    /// Without it, the port on which content is served, at the host of `public_url` if that begins with `http:`.
    /// If it begins with `https:`, courses need an address here.
    "content_url" "ROLLBOOK_CONTENT_URL" "content-url" = "" "URL" Serving
        set!(content_url = |text: &str| value::url(text).map(Some));
    /// Origins of other platforms, separated by commas, that launch courses by the API and show them in a frame of
    /// theirs: https://lms.example.com,https://*.example.org. The platform itself always may.
    "content_frames" "ROLLBOOK_CONTENT_FRAMES" "content-frames" = "" "ORIGINS" Seldom
        set!(content_frames = value::origins);
    /// Whether compression dictionaries are trained on what is stored: smaller, for some work now and then.
    "train_dictionaries" "ROLLBOOK_TRAIN_DICTIONARIES" "train-dictionaries" = "true" "true|false" Seldom
        set!(train_dictionaries = value::truth);
    /// Whether the Creatiq cmi5 API registers and launches: the gate that it calls `cmi5-launch`.
    "cmi5_launch" "ROLLBOOK_CMI5_LAUNCH" "cmi5-launch" = "true" "true|false" Seldom
        set!(cmi5_launch = value::truth);

    /// Networks of the proxies in front of this server, separated by commas: 10.0.0.0/8,2001:db8::/32.
    /// Only they are believed about where a request comes from.
    "trusted_proxies" "ROLLBOOK_TRUSTED_PROXIES" "trusted-proxies" = "" "NETWORKS" Serving
        set!(trusted_proxies = value::networks);
    /// Header by which these proxies say whom they speak for. The other one is not read: it may come from anybody.
    "proxy_header" "ROLLBOOK_PROXY_HEADER" "proxy-header" = "x-forwarded-for" "x-forwarded-for|forwarded" Seldom
        set!(proxy_header = words::proxy_header);

    /// Secret of the tokens (JWT, HS256) that are good for every tenant, at least 32 bytes. Better in the environment
    /// than on the command line, which other users of the machine can read.
    "jwt.secret" "ROLLBOOK_JWT_SECRET" "jwt-secret" = "" "TEXT" Seldom
        set!(jwt.secret = jwt::secret);
    /// Address of the public keys of the tokens that are good for every tenant, in place of a secret.
    "jwt.jwks_url" "ROLLBOOK_JWT_JWKS_URL" "jwt-jwks-url" = "" "URL" Seldom
        set!(jwt.jwks_url = |text: &str| value::text(text).map(Some));
    /// Who issues these tokens: their claim `iss`, a URL. It names the accounts of those whom it vouches for.
    "jwt.issuer" "ROLLBOOK_JWT_ISSUER" "jwt-issuer" = "" "URL" Seldom
        set!(jwt.issuer = jwt::issuer);
    /// Whom these tokens must be for: their claim `aud`.
    "jwt.audience" "ROLLBOOK_JWT_AUDIENCE" "jwt-audience" = "" "TEXT" Seldom
        set!(jwt.audience = |text: &str| value::text(text).map(Some));
    /// Algorithms by which these tokens may be signed, separated by commas.
    /// Without it, HS256 with a secret, and RS256, ES256 and EdDSA with public keys.
    "jwt.algorithms" "ROLLBOOK_JWT_ALGORITHMS" "jwt-algorithms" = "" "NAMES" Seldom
        set!(jwt.algorithms = value::names);
    /// Claim that names the tenant.
    "jwt.tenant_claim" "ROLLBOOK_JWT_TENANT_CLAIM" "jwt-tenant-claim" = "tid" "CLAIM" Seldom
        set!(jwt.tenant_claim = value::text);
    /// Claim that holds the scopes, as one text or a list. A JSON pointer such as /realm_access/roles reaches deeper.
    "jwt.scope_claim" "ROLLBOOK_JWT_SCOPE_CLAIM" "jwt-scope-claim" = "scope" "CLAIM" Seldom
        set!(jwt.scope_claim = value::text);
    /// Claim that says whom a token stands for.
    "jwt.subject_claim" "ROLLBOOK_JWT_SUBJECT_CLAIM" "jwt-subject-claim" = "sub" "CLAIM" Seldom
        set!(jwt.subject_claim = value::text);
    /// How far the clocks of issuers may differ from this machine's.
    "jwt.leeway" "ROLLBOOK_JWT_LEEWAY" "jwt-leeway" = "60s" "TIME" Seldom
        set!(jwt.leeway = value::duration);
    /// Time after which a token is not good any more, counted from its claim `iat`, whatever its `exp` says.
    /// 0 for no such bound; then `iat` may be missing.
    "jwt.max_age" "ROLLBOOK_JWT_MAX_AGE" "jwt-max-age" = "24h" "TIME" Seldom
        set!(jwt.max_age = value::duration_or_none);
    /// Time after which the public keys of an issuer are fetched again.
    "jwt.jwks_ttl" "ROLLBOOK_JWT_JWKS_TTL" "jwt-jwks-ttl" = "10m" "TIME" Seldom
        set!(jwt.jwks_ttl = value::duration);
    /// Time for which fetched keys are used while an issuer cannot be reached.
    "jwt.jwks_stale" "ROLLBOOK_JWT_JWKS_STALE" "jwt-jwks-stale" = "1d" "TIME" Seldom
        set!(jwt.jwks_stale = value::duration);
    /// Time that passes at least between two fetches of an issuer's keys, also when a token names a new key.
    "jwt.jwks_retry" "ROLLBOOK_JWT_JWKS_RETRY" "jwt-jwks-retry" = "10s" "TIME" Seldom
        set!(jwt.jwks_retry = value::duration);
    /// Whether keys are fetched over plain HTTP too, and for tenants' issuers from addresses inside the network.
    "jwt.jwks_anywhere" "ROLLBOOK_JWT_JWKS_ANYWHERE" "jwt-jwks-anywhere" = "false" "true|false" Seldom
        set!(jwt.jwks_anywhere = value::truth);
    /// Bucket to keep attachments in, s3://bucket or s3://bucket/prefix: any store that speaks S3.
    /// Without it they are in the folder `blobs` of the data folder.
    "blobs.url" "ROLLBOOK_BLOBS_URL" "blobs-url" = "" "URL" Everywhere
        |settings, text| {
            settings.blobs.url = Some(BucketUrl::parse(text)?);
            Ok(())
        };
    /// Address of the S3 service, if it is not Amazon's; `AWS_ENDPOINT_URL` does the same.
    "blobs.endpoint" "ROLLBOOK_BLOBS_ENDPOINT" "blobs-endpoint" = "" "URL" Everywhere
        |settings, text| {
            settings.blobs.endpoint = Some(value::url(text)?);
            Ok(())
        };
    /// Region of the bucket; `AWS_REGION` does the same. Without either, us-east-1.
    "blobs.region" "ROLLBOOK_BLOBS_REGION" "blobs-region" = "" "NAME" Everywhere
        set!(blobs.region = words::some_text);
    /// Whether the bucket is named in the path (true) or in the host name (false) of a request.
    /// In the latter case an endpoint that is set begins with the bucket: https://bucket.s3.example.com.
    "blobs.path_style" "ROLLBOOK_BLOBS_PATH_STYLE" "blobs-path-style" = "true" "true|false" Everywhere
        set!(blobs.path_style = value::truth);
    /// Whether the S3 service may be reached without TLS: only within a network that you trust.
    "blobs.allow_http" "ROLLBOOK_BLOBS_ALLOW_HTTP" "blobs-allow-http" = "false" "true|false" Everywhere
        set!(blobs.allow_http = value::truth);
    /// Id of the access key. Without it the standard variables of AWS hold, or the machine's role.
    "blobs.access_key" "ROLLBOOK_BLOBS_ACCESS_KEY" "blobs-access-key" = "" "ID" Everywhere
        set!(blobs.access_key = words::some_text);
    /// Secret of the access key. In the environment or a file rather than as a flag, which others see.
    "blobs.secret_key" "ROLLBOOK_BLOBS_SECRET_KEY" "blobs-secret-key" = "" "SECRET" Everywhere
        |settings, text| {
            settings.blobs.secret_key = Some(Secret::new(text));
            Ok(())
        };
    /// How long to wait for a connection to the S3 service.
    "blobs.connect_timeout" "ROLLBOOK_BLOBS_CONNECT_TIMEOUT" "blobs-connect-timeout" = "5s" "TIME" Seldom
        set!(blobs.connect_timeout = value::duration);
    /// How long to wait for the S3 service to answer a request, or to go on with an answer.
    "blobs.answer_timeout" "ROLLBOOK_BLOBS_ANSWER_TIMEOUT" "blobs-answer-timeout" = "30s" "TIME" Seldom
        set!(blobs.answer_timeout = value::duration);
    /// How often a request to the S3 service that failed is sent again.
    "blobs.retries" "ROLLBOOK_BLOBS_RETRIES" "blobs-retries" = "3" "COUNT" Seldom
        set!(blobs.retries_max = value::count);
    /// Time after which a request to the S3 service that failed is not sent again.
    "blobs.retry_within" "ROLLBOOK_BLOBS_RETRY_WITHIN" "blobs-retry-within" = "20s" "TIME" Seldom
        set!(blobs.retry_within = value::duration);

    /// Address by which you know this server among those that share its database, in `/api/v1/nodes`.
    /// Without it, the address on which it listens.
    "nodes.address" "ROLLBOOK_NODES_ADDRESS" "nodes-address" = "" "TEXT" Seldom
        set!(node_address = words::some_text);
    /// How often a server says that it is there.
    "nodes.heartbeat" "ROLLBOOK_NODES_HEARTBEAT" "nodes-heartbeat" = "2s" "TIME" Seldom
        set!(nodes.heartbeat = value::duration);
    /// How long a server that is not heard of counts as there; several times the heartbeat.
    "nodes.dead_after" "ROLLBOOK_NODES_DEAD_AFTER" "nodes-dead-after" = "10s" "TIME" Seldom
        set!(nodes.dead_after = value::duration);
    /// How long background work stays with a server that was killed before another takes it over.
    "nodes.lease" "ROLLBOOK_NODES_LEASE" "nodes-lease" = "10s" "TIME" Seldom
        set!(nodes.lease = value::duration);
    /// How long a server that is not heard of is remembered in the database.
    "nodes.forget_after" "ROLLBOOK_NODES_FORGET_AFTER" "nodes-forget-after" = "1h" "TIME" Seldom
        set!(nodes.forget_after = value::duration);

    /// What is logged: error, warn, info, debug or trace, also for one part: info,rollbook_db=debug.
    "log.level" "ROLLBOOK_LOG_LEVEL" "log-level" = "info" "FILTER" Serving
        set!(log_level = words::log_level);
    /// How the log is written to the standard error: text for people, json for machines.
    "log.format" "ROLLBOOK_LOG_FORMAT" "log-format" = "text" "text|json" Serving
        set!(log_format = words::log_format);
    /// Whether each request is a line of the log, by the template of its route and without who a learner is.
    "log.requests" "ROLLBOOK_LOG_REQUESTS" "log-requests" = "true" "true|false" Seldom
        set!(log_requests = value::truth);
    /// A request that takes longer is a warning.
    "log.slow_request" "ROLLBOOK_LOG_SLOW_REQUEST" "log-slow-request" = "2s" "TIME" Seldom
        set!(slow_request = value::duration);

    /// Address and port on which /healthz, /readyz and /metrics are answered without a credential.
    /// It must be reachable for operators and their tools only. Without it, /metrics needs a key with the scope operator.
    "operate.listen" "ROLLBOOK_OPERATE_LISTEN" "operate-listen" = "" "ADDR" Seldom
        |settings, text| {
            settings.operate_listen = Some(value::address(text)?);
            Ok(())
        };
    /// How long a server that was told to stop goes on serving, while /readyz answers 503, before it stops: as long as a load balancer takes to notice.
    /// 0 stops at once.
    "operate.drain" "ROLLBOOK_OPERATE_DRAIN" "operate-drain" = "0" "TIME" Seldom
        set!(drain = value::duration_or_none);

    /// Collector to which traces are sent by OTLP over HTTP, such as http://localhost:4318; OTEL_EXPORTER_OTLP_ENDPOINT is read too.
    /// Without it none are sent. Headers for the collector are read from OTEL_EXPORTER_OTLP_HEADERS.
    "otel.endpoint" "ROLLBOOK_OTEL_ENDPOINT" "otel-endpoint" = "" "URL" Seldom
        |settings, text| {
            settings.otel.endpoint = Some(value::url(text)?);
            Ok(())
        };
    /// What this server is called in traces; OTEL_SERVICE_NAME is read too.
    "otel.service_name" "ROLLBOOK_OTEL_SERVICE_NAME" "otel-service-name" = "rollbook" "NAME" Seldom
        set!(otel.service_name = value::name);
    /// Which part of the traces that begin here is sent, from 0 to 1; whoever sends traceparent decides for itself.
    "otel.sample_ratio" "ROLLBOOK_OTEL_SAMPLE_RATIO" "otel-sample-ratio" = "1" "RATIO" Seldom
        set!(otel.sample_ratio = value::ratio);

    /// Bytes of one request body without attachments.
    "limits.request_bytes" "ROLLBOOK_LIMITS_REQUEST_BYTES" "limits-request-bytes" = "32MiB" "BYTES" Seldom
        set!(limits.request_bytes_max = value::size);
    /// Bytes of one statement; at most 63MiB.
    "limits.statement_bytes" "ROLLBOOK_LIMITS_STATEMENT_BYTES" "limits-statement-bytes" = "4MiB" "BYTES" Seldom
        set!(limits.statement_bytes_max = words::statement);
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
        set!(limits.page_statements_max = words::page);
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
    /// Bytes of a JSON body of the API.
    "limits.api_body_bytes" "ROLLBOOK_LIMITS_API_BODY_BYTES" "limits-api-body-bytes" = "1MiB" "BYTES" Seldom
        set!(limits.api_body_bytes_max = value::size);
    /// Rows in one page of a listing of the API; at most 1000.
    "limits.api_page" "ROLLBOOK_LIMITS_API_PAGE" "limits-api-page" = "200" "COUNT" Seldom
        set!(limits.api_page_max = words::page);
    /// Bytes of a cursor of the API.
    "limits.api_cursor_bytes" "ROLLBOOK_LIMITS_API_CURSOR_BYTES" "limits-api-cursor-bytes" = "4KiB" "BYTES" Seldom
        set!(limits.api_cursor_bytes_max = value::size);
    /// Bytes of the value of one filter of the API.
    "limits.api_filter_bytes" "ROLLBOOK_LIMITS_API_FILTER_BYTES" "limits-api-filter-bytes" = "2KiB" "BYTES" Seldom
        set!(limits.api_filter_bytes_max = value::size);
    /// Values with commas between them in one filter of the API.
    "limits.api_filter_values" "ROLLBOOK_LIMITS_API_FILTER_VALUES" "limits-api-filter-values" = "50" "COUNT" Seldom
        set!(limits.api_filter_values_max = value::count);
    /// Bytes of an answer that is kept for an Idempotency-Key.
    "limits.idempotency_answer_bytes" "ROLLBOOK_LIMITS_IDEMPOTENCY_ANSWER_BYTES" "limits-idempotency-answer-bytes" = "1MiB" "BYTES" Seldom
        set!(limits.idempotency_answer_bytes_max = value::size);
    /// Answers that are kept for a tenant's Idempotency-Keys.
    "limits.idempotency_answers" "ROLLBOOK_LIMITS_IDEMPOTENCY_ANSWERS" "limits-idempotency-answers" = "100000" "COUNT" Seldom
        set!(limits.idempotency_answers_max = value::count);
    /// Time for which the answer to an Idempotency-Key is kept, in whole seconds.
    "limits.idempotency" "ROLLBOOK_LIMITS_IDEMPOTENCY" "limits-idempotency" = "24h" "TIME" Seldom
        set!(limits.idempotency_seconds_max = value::seconds);
    /// Time in which the head of a request must arrive, in whole seconds.
    "limits.request_head" "ROLLBOOK_LIMITS_REQUEST_HEAD" "limits-request-head" = "30s" "TIME" Seldom
        set!(limits.request_head_seconds_max = value::seconds);
    /// Time that open requests have to end once the server is told to stop, in whole seconds.
    "limits.shutdown" "ROLLBOOK_LIMITS_SHUTDOWN" "limits-shutdown" = "30s" "TIME" Seldom
        set!(limits.shutdown_seconds_max = value::seconds);
    /// Time after which an upload that no statement claimed is removed, in whole seconds.
    "limits.upload" "ROLLBOOK_LIMITS_UPLOAD" "limits-upload" = "1h" "TIME" Seldom
        set!(limits.upload_seconds_max = value::seconds);
    /// Time that each check of /readyz may take, in whole seconds.
    "limits.ready" "ROLLBOOK_LIMITS_READY" "limits-ready" = "2s" "TIME" Seldom
        set!(limits.ready_seconds_max = value::seconds);
    /// Entries that a tenant's log of requests keeps; the oldest go.
    "limits.request_log_entries" "ROLLBOOK_LIMITS_REQUEST_LOG_ENTRIES" "limits-request-log-entries" = "10000" "COUNT" Seldom
        set!(limits.request_log_entries_max = value::count);
    /// Time that an entry of a log of requests is kept, in whole seconds.
    "limits.request_log_age" "ROLLBOOK_LIMITS_REQUEST_LOG_AGE" "limits-request-log-age" = "3d" "TIME" Seldom
        set!(limits.request_log_age_seconds_max = value::seconds);
    /// Bytes of the beginning of a body that a log of requests keeps.
    "limits.request_log_body_bytes" "ROLLBOOK_LIMITS_REQUEST_LOG_BODY_BYTES" "limits-request-log-body-bytes" = "16KiB" "BYTES" Seldom
        set!(limits.request_log_body_bytes_max = value::size);
    /// Time for which a log of requests may be switched on, in whole seconds.
    "limits.request_log_on" "ROLLBOOK_LIMITS_REQUEST_LOG_ON" "limits-request-log-on" = "24h" "TIME" Seldom
        set!(limits.request_log_on_seconds_max = value::seconds);
    /// Entries of logs of requests that may wait to be written; more are dropped and counted.
    "limits.request_log_waiting" "ROLLBOOK_LIMITS_REQUEST_LOG_WAITING" "limits-request-log-waiting" = "1024" "COUNT" Seldom
        set!(limits.request_log_waiting_max = value::count);
    /// Entries of requests with a wrong credential that a tenant's log of requests keeps: anybody can send them in
    /// the tenant's name.
    "limits.request_log_strangers" "ROLLBOOK_LIMITS_REQUEST_LOG_STRANGERS" "limits-request-log-strangers" = "1000" "COUNT" Seldom
        set!(limits.request_log_strangers_max = value::count);
    /// Such entries that a tenant's log takes in one second on each server; more are dropped and counted.
    "limits.request_log_strangers_per_second" "ROLLBOOK_LIMITS_REQUEST_LOG_STRANGERS_PER_SECOND" "limits-request-log-strangers-per-second" = "10" "COUNT" Seldom
        set!(limits.request_log_strangers_per_second_max = value::count);
    /// Lookups of keys that are not remembered that run at a time: made-up keys must not take the whole database.
    /// More wait for a second and are then answered with 503. A quarter of `postgres.pool_size` is good.
    "limits.key_lookups" "ROLLBOOK_LIMITS_KEY_LOOKUPS" "limits-key-lookups" = "4" "COUNT" Seldom
        set!(limits.key_lookups_max = value::count);
    /// Bytes of forms of the alternate request syntax that are held at a time: they are read before anybody is known.
    /// Not less than `limits.request_bytes`; what comes on top is answered with 503.
    "limits.alternate_bytes" "ROLLBOOK_LIMITS_ALTERNATE_BYTES" "limits-alternate-bytes" = "64MiB" "BYTES" Seldom
        set!(limits.alternate_bytes_max = value::size);
    /// Bytes of one token.
    "limits.token_bytes" "ROLLBOOK_LIMITS_TOKEN_BYTES" "limits-token-bytes" = "16KiB" "BYTES" Seldom
        set!(limits.token_bytes_max = value::size);
    /// Bytes of the keys that an issuer publishes.
    "limits.jwks_bytes" "ROLLBOOK_LIMITS_JWKS_BYTES" "limits-jwks-bytes" = "256KiB" "BYTES" Seldom
        set!(limits.jwks_bytes_max = value::size);
    /// Time in which an issuer's keys must arrive, in whole seconds.
    "limits.jwks" "ROLLBOOK_LIMITS_JWKS" "limits-jwks" = "5s" "TIME" Seldom
        set!(limits.jwks_seconds_max = value::seconds);
    /// Issuers of tokens that a tenant may have.
    "limits.issuers" "ROLLBOOK_LIMITS_ISSUERS" "limits-issuers" = "20" "COUNT" Seldom
        set!(limits.issuers_max = value::count);
    /// Keys that a tenant may have, those that are revoked or expired not counted.
    "limits.keys" "ROLLBOOK_LIMITS_KEYS" "limits-keys" = "1000" "COUNT" Seldom
        set!(limits.keys_max = value::count);
    /// Bytes of an uploaded package.
    "limits.package_bytes" "ROLLBOOK_LIMITS_PACKAGE_BYTES" "limits-package-bytes" = "512MiB" "BYTES" Seldom
        set!(limits.package_bytes_max = value::size);
    /// Files and folders in a package.
    "limits.package_entries" "ROLLBOOK_LIMITS_PACKAGE_ENTRIES" "limits-package-entries" = "20000" "COUNT" Seldom
        set!(limits.package_entries_max = value::count);
    /// Bytes of one file of a package, inflated.
    "limits.package_file_bytes" "ROLLBOOK_LIMITS_PACKAGE_FILE_BYTES" "limits-package-file-bytes" = "2GiB" "BYTES" Seldom
        set!(limits.package_file_bytes_max = value::size);
    /// Bytes of all files of a package, inflated.
    "limits.package_total_bytes" "ROLLBOOK_LIMITS_PACKAGE_TOTAL_BYTES" "limits-package-total-bytes" = "4GiB" "BYTES" Seldom
        set!(limits.package_total_bytes_max = value::size);
    /// How many times as large as in the package a file may be, if it is large.
    "limits.package_ratio" "ROLLBOOK_LIMITS_PACKAGE_RATIO" "limits-package-ratio" = "200" "COUNT" Seldom
        set!(limits.package_ratio_max = value::count);
    /// Bytes from which on a file of a package is large in this sense.
    "limits.package_ratio_from_bytes" "ROLLBOOK_LIMITS_PACKAGE_RATIO_FROM_BYTES" "limits-package-ratio-from-bytes" = "10MiB" "BYTES" Seldom
        set!(limits.package_ratio_from_bytes = value::size);
    /// Bytes of a path in a package; at most 1KiB.
    "limits.package_path_bytes" "ROLLBOOK_LIMITS_PACKAGE_PATH_BYTES" "limits-package-path-bytes" = "512B" "BYTES" Seldom
        set!(limits.package_path_bytes_max = words::package_path);
    /// Folders above a file of a package.
    "limits.package_depth" "ROLLBOOK_LIMITS_PACKAGE_DEPTH" "limits-package-depth" = "32" "COUNT" Seldom
        set!(limits.package_depth_max = value::count);
    /// Packages that a server looks at and keeps at a time, which costs a processor and much of the disk; more wait.
    "limits.imports" "ROLLBOOK_LIMITS_IMPORTS" "limits-imports" = "2" "COUNT" Seldom
        set!(limits.imports_max = value::count);
    /// Packages that a server receives, or that wait to be looked at, at a time; a tenant may have half of them, and more are refused.
    "limits.uploads" "ROLLBOOK_LIMITS_UPLOADS" "limits-uploads" = "16" "COUNT" Seldom
        set!(limits.uploads_max = value::count);
    /// Time for which the files of a course are served once a session has ended, for what it shows at its end, in whole seconds.
    "limits.content_after" "ROLLBOOK_LIMITS_CONTENT_AFTER" "limits-content-after" = "10m" "TIME" Seldom
        set!(limits.content_after_seconds_max = value::seconds);
    /// Time for which the address of a preview of a course is good, in whole seconds.
    "limits.preview" "ROLLBOOK_LIMITS_PREVIEW" "limits-preview" = "1h" "TIME" Seldom
        set!(limits.preview_seconds_max = value::seconds);
    /// Time without a request after which a session of launched content is abandoned, in whole seconds.
    "limits.cmi5_idle" "ROLLBOOK_LIMITS_CMI5_IDLE" "limits-cmi5-idle" = "4h" "TIME" Seldom
        set!(limits.cmi5.idle_seconds_max = value::seconds);
    /// Time that a session of launched content lasts, in whole seconds.
    "limits.cmi5_session" "ROLLBOOK_LIMITS_CMI5_SESSION" "limits-cmi5-session" = "24h" "TIME" Seldom
        set!(limits.cmi5.session_seconds_max = value::seconds);
    /// Time in which launched content must fetch its token, in whole seconds.
    "limits.cmi5_fetch" "ROLLBOOK_LIMITS_CMI5_FETCH" "limits-cmi5-fetch" = "1h" "TIME" Seldom
        set!(limits.cmi5.fetch_seconds_max = value::seconds);
    /// Time for which the token of a session of the Creatiq cmi5 API is good, in whole seconds.
    "limits.cmi5_token" "ROLLBOOK_LIMITS_CMI5_TOKEN" "limits-cmi5-token" = "1h" "TIME" Seldom
        set!(limits.cmi5.token_seconds_max = value::seconds);
    /// Time in which a session must end once its learner has come back, in whole seconds.
    "limits.cmi5_return" "ROLLBOOK_LIMITS_CMI5_RETURN" "limits-cmi5-return" = "10s" "TIME" Seldom
        set!(limits.cmi5.return_seconds_max = value::seconds);
    /// Time for which the link of a learner is good at most, in whole seconds.
    "limits.cmi5_link" "ROLLBOOK_LIMITS_CMI5_LINK" "limits-cmi5-link" = "90d" "TIME" Seldom
        set!(limits.cmi5.link_seconds_max = value::seconds);
    /// Events that the log of a session of launched content keeps.
    "limits.cmi5_events" "ROLLBOOK_LIMITS_CMI5_EVENTS" "limits-cmi5-events" = "10000" "COUNT" Seldom
        set!(limits.cmi5.events_max = value::count);

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
