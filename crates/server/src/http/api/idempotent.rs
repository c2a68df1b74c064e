//! `Idempotency-Key`: the same request sent again has its effect once (`progress.md` 2.7,
//! draft-ietf-httpapi-idempotency-key-header).
//!
//! What always holds: an effect and the record of its key commit together, or neither does. The
//! record is claimed first, so a second request with the key waits in the database until the first
//! has ended, on whatever node; in this process it is told so at once (409).
//!
//! Only what succeeded is kept. A refusal rolls everything back, the key's record too: nothing
//! happened, so the request may be mended and sent again with the same key.
//!
//! Nothing is stored in clear. The key is found by a digest, and the answer is sealed with a key
//! derived from the client's: who reads the store, the tenant's secret in it too, must guess the
//! client's key to open it. So an answer that holds a secret is kept for keys of 16 characters or
//! more only; a random one of that length, such as a UUID, is not guessed.

use super::key::read_key;
use super::reply::Reply;
use super::seal::{Scope, Seal};
use super::secrets::Purpose;
use super::store;
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::http::authority;
use crate::ids::sha2_256;
use crate::tenants::{Principal, TenantId};
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use rollbook_db::{Reached, Tx, Value};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Says that an answer was kept, and is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Characters of the shortest key for an answer that holds a secret.
const SECRET_KEY_CHARS_MIN: usize = 16;

/// A write that may be sent again. Take it after the authority and before the body.
#[derive(Debug)]
pub struct Idempotent {
    given: Option<Given>,
}

/// The header, and what the request is.
#[derive(Debug)]
struct Given {
    key: String,
    principal: String,
    method: String,
    path: String,
    query: String,
    body: BodyDigest,
}

/// SHA-256 of the body of a request, set by whoever reads it; in the request's extensions.
#[derive(Clone, Debug, Default)]
pub(super) struct BodyDigest(Arc<OnceLock<[u8; 32]>>);

/// The keys whose effects run in this process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<HashSet<RunningKey>>>);

/// The tenant, and by what the record is found.
type RunningKey = (TenantId, [u8; 32]);

/// While it lives, its key is running.
struct Turn {
    running: Running,
    key: RunningKey,
}

/// How a write ended.
enum End {
    Done(Reply),
    Replayed(Reply),
}

/// What a key was used for.
struct Kept {
    fingerprint: Vec<u8>,
    answer: Option<Vec<u8>>,
}

impl FromRequestParts<App> for Idempotent {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let Some(key) = read_key(&parts.headers)? else { return Ok(Self { given: None }) };
        let principal = match authority::caller(parts, app).await?.principal {
            Principal::Key(key) => format!("key {key}"),
            Principal::User { issuer, subject } => format!("user {issuer} {subject}"),
            Principal::Session(id) => format!("session {id}"),
            Principal::Operator => "operator".to_owned(),
        };
        let body = BodyDigest::default();
        parts.extensions.insert(body.clone());
        let method = parts.method.to_string();
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { given: Some(Given { key, principal, method, path, query, body }) })
    }
}

impl Idempotent {
    /// Notes what the body was, for a request whose body is no [`ApiJson`](super::ApiJson).
    pub fn body_was(&self, sha2_256: [u8; 32]) {
        if let Some(given) = &self.given {
            given.body.0.get_or_init(|| sha2_256);
        }
    }

    /// Refuses a request without the header, where it is not a choice.
    pub fn required(self) -> Result<Self> {
        if self.given.is_some() {
            return Ok(self);
        }
        let detail = "this needs the header Idempotency-Key: a new string for each new request, \
                      such as a UUID, and the same when it is sent again";
        Err(Problem::of(Code::IdempotencyKeyMissing, detail))
    }

    /// Refuses a key that may be guessed, where the answer holds a secret.
    pub fn for_secret(self) -> Result<Self> {
        if self.given.as_ref().is_none_or(|given| given.key.len() >= SECRET_KEY_CHARS_MIN) {
            return Ok(self);
        }
        let detail = format!(
            "the answer to this holds a secret, so its Idempotency-Key has at least \
             {SECRET_KEY_CHARS_MIN} characters that nobody guesses, such as a UUID"
        );
        Err(Problem::of(Code::IdempotencyKeyInvalid, detail))
    }

    /// Runs the effect, in one transaction with the record of the key; or, if it ran before, answers
    /// what was answered then.
    pub async fn run(
        self,
        app: &App,
        tenant: TenantId,
        effect: impl FnOnce(&mut Tx<'_>) -> Result<Reply> + Send + 'static,
    ) -> Result<Response> {
        self.run_within(app.db.of(tenant.0), app, tenant, effect).await
    }

    /// The same for an effect of the operator's, which concerns other tenants too.
    pub async fn run_everywhere(
        self,
        app: &App,
        tenant: TenantId,
        effect: impl FnOnce(&mut Tx<'_>) -> Result<Reply> + Send + 'static,
    ) -> Result<Response> {
        self.run_within(app.db.every(), app, tenant, effect).await
    }

    async fn run_within(
        self,
        db: Reached,
        app: &App,
        tenant: TenantId,
        effect: impl FnOnce(&mut Tx<'_>) -> Result<Reply> + Send + 'static,
    ) -> Result<Response> {
        let Some(given) = self.given else {
            return Ok(db.write(effect).await?.into_response());
        };
        let secret = app.secrets.get(tenant, Purpose::Idempotency).await?;
        let Given { key, principal, method, path, query, body } = given;
        let fingerprint = fingerprint(&method, &path, &query, &body);
        let scope =
            Scope { tenant, principal: &principal, method: &method, path: &path, key: &key };
        let seal = Seal::new(&secret, &scope);
        let turn = app.running.begin(tenant, seal.name()).ok_or_else(in_progress)?;
        let once = Once {
            tenant,
            seal,
            fingerprint,
            nonce: app.ids.nonce(),
            now: app.clock.now_micros(),
            kept_micros: i64::try_from(app.limits.idempotency_seconds_max)
                .map_or(i64::MAX, |seconds| seconds.saturating_mul(1_000_000)),
            answer_bytes_max: app.limits.idempotency_answer_bytes_max,
            answers_max: app.limits.idempotency_answers_max,
        };
        // The turn goes with the job, which runs on when its client is gone, and ends after the commit.
        let job = move |tx: &mut Tx<'_>| once.run(tx, effect).map(|end| (end, turn));
        let (end, turn) = db.write(job).await?;
        drop(turn);
        Ok(match end {
            End::Done(reply) => reply.into_response(),
            End::Replayed(reply) => {
                let mut response = reply.into_response();
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
                response
            }
        })
    }
}

/// One request with a key, inside of its transaction.
struct Once {
    tenant: TenantId,
    seal: Seal,
    fingerprint: [u8; 32],
    nonce: [u8; 12],
    now: i64,
    kept_micros: i64,
    answer_bytes_max: usize,
    answers_max: usize,
}

impl Once {
    fn run(
        &self,
        tx: &mut Tx<'_>,
        effect: impl FnOnce(&mut Tx<'_>) -> Result<Reply>,
    ) -> Result<End> {
        let expires = self.now.saturating_add(self.kept_micros);
        let claimed = [
            self.tenant.0.into(),
            self.name(),
            Value::from(self.fingerprint.as_slice()),
            self.now.into(),
            expires.into(),
        ];
        if tx.run(&store::CLAIM_KEY, &claimed)? == 0 {
            return self.replay(tx).map(End::Replayed);
        }
        self.has_room(tx)?;
        let reply = effect(tx)?;
        let answer = self.seal.close(&reply.to_bytes()?, self.nonce)?;
        if answer.len() > self.answer_bytes_max {
            let what = "an answer is longer than idempotency_answer_bytes_max";
            return Err(Problem::internal(anyhow::anyhow!(what)));
        }
        tx.run(&store::KEEP_ANSWER, &[self.tenant.0.into(), self.name(), answer.into()])?;
        Ok(End::Done(reply))
    }

    /// Refuses a key more than may be kept; this one is among those that are counted.
    fn has_room(&self, tx: &mut Tx<'_>) -> Result<()> {
        let most = i64::try_from(self.answers_max).unwrap_or(i64::MAX);
        let args = [self.tenant.0.into(), self.now.into(), most.saturating_add(1).into()];
        let kept: Option<i64> = tx.one(&store::COUNT_KEPT, &args)?;
        if kept.unwrap_or_default() <= most {
            return Ok(());
        }
        let detail = format!(
            "{most} answers are kept for this tenant (limits.idempotency_answers): wait until some \
             have expired, or send this without an Idempotency-Key"
        );
        let mut problem = Problem::of(Code::IdempotencyTooMany, detail);
        problem.headers.push((RETRY_AFTER, HeaderValue::from_static("60")));
        Err(problem)
    }

    fn replay(&self, tx: &mut Tx<'_>) -> Result<Reply> {
        let kept = tx.one(&store::KEPT_ANSWER, &[self.tenant.0.into(), self.name()])?;
        // Swept between the two statements: whoever asks again is the first.
        let Some(Kept { fingerprint, answer }) = kept else { return Err(in_progress()) };
        if fingerprint != self.fingerprint {
            let detail = "this Idempotency-Key was used for a request with another query or body: \
                          each new request needs a new key";
            return Err(Problem::of(Code::IdempotencyKeyReused, detail));
        }
        let answer = answer.ok_or_else(in_progress)?;
        Reply::from_bytes(&self.seal.open(&answer)?)
    }

    fn name(&self) -> Value {
        Value::from(self.seal.name().as_slice())
    }
}

impl Running {
    /// Begins a key, unless it runs.
    fn begin(&self, tenant: TenantId, key: [u8; 32]) -> Option<Turn> {
        let key = (tenant, key);
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        is_new.then(|| Turn { running: self.clone(), key })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl BodyDigest {
    /// Notes what the body was.
    pub(super) fn note(&self, body: &[u8]) {
        self.0.get_or_init(|| sha2_256(body));
    }
}

impl rollbook_db::FromRow for Kept {
    fn from_row(row: &rollbook_db::Row<'_>) -> rollbook_db::Result<Self> {
        Ok(Self { fingerprint: row.get(0)?, answer: row.get(1)? })
    }
}

fn fingerprint(method: &str, path: &str, query: &str, body: &BodyDigest) -> [u8; 32] {
    let body = body.0.get().copied().unwrap_or_else(|| sha2_256(b""));
    let text = serde_json::to_vec(&(method, path, query, body));
    sha2_256(&text.expect("texts and bytes are JSON"))
}

fn in_progress() -> Problem {
    let detail = "the first request with this Idempotency-Key still runs: ask again in a moment";
    let mut problem = Problem::of(Code::IdempotencyInProgress, detail);
    problem.headers.push((RETRY_AFTER, HeaderValue::from_static("1")));
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_runs_once_at_a_time() {
        let running = Running::default();
        let turn = running.begin(TenantId(1), [0; 32]);
        assert!(turn.is_some());
        assert!(running.begin(TenantId(1), [0; 32]).is_none());
        assert!(running.begin(TenantId(2), [0; 32]).is_some());
        drop(turn);
        assert!(running.begin(TenantId(1), [0; 32]).is_some());
    }
}
