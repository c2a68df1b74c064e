//! Whose session a token is of, for the one resolver of credentials (8.1.2).
//!
//! It is asked for each request and answers out of the store, so that a session that has ended is
//! over for the next request on every node. A session that has ended is still known: what its content
//! sends then is refused with the reason, and what it stored before may be sent again.

use super::desk::{AU, authority};
use super::row::Account;
use super::store;
use super::token::is_proved;
use crate::clock::Clock;
use crate::config::Secret as JwtSecret;
use crate::error::Problem;
use crate::http::api::{Purpose, Secrets};
use crate::ids::sha2_256;
use crate::limits::Limits;
use crate::tenants::{
    Caller, Claimed, Principal, Scope, Scopes, Session, SessionCaller, Sessions, TenantId,
};
use futures_util::future::BoxFuture;
use rollbook_db::{Db, FromRow, Row, Tx, Value};
use std::sync::Arc;
use uuid::Uuid;

/// How often it is written down that a session is alive, in microseconds.
const ALIVE_NOTED_MICROS: i64 = 60_000_000;

/// What content may do with its token: what xAPI is for, and nothing else.
const SCOPES: Scopes = Scopes::NONE
    .with(Scope::StatementsWrite)
    .with(Scope::StatementsRead)
    .with(Scope::State)
    .with(Scope::Profile)
    .with(Scope::Define);

/// What may be done with the token of a session that has ended: to be told so.
const ENDED: Scopes = Scopes::NONE.with(Scope::StatementsWrite);

/// Knows the tokens of sessions.
pub(crate) struct Known {
    db: Db,
    clock: Clock,
    secrets: Secrets,
    jwt: Option<JwtSecret>,
    events_max: usize,
    authority: Arc<str>,
}

struct Found {
    session: SessionCaller,
    last_request: i64,
    expires: i64,
    tenant: String,
    suspended: bool,
    /// How many lines its log has.
    events: usize,
}

impl Known {
    /// Looks tokens up in `db`, if `secrets` or `jwt` prove them.
    pub(crate) fn new(
        db: Db,
        clock: Clock,
        secrets: Secrets,
        jwt: Option<JwtSecret>,
        (public_url, limits): (&str, &Limits),
    ) -> Self {
        let authority = authority(public_url, AU).into();
        Self { db, clock, secrets, jwt, events_max: limits.cmi5.events_max, authority }
    }

    async fn look_up(&self, text: &str) -> Result<Option<Session>, Problem> {
        let Some(Claimed { tenant, token }) = Claimed::read(text) else { return Ok(None) };
        let secret = self.secrets.made(tenant, Purpose::Session).await?;
        if !secret.is_some_and(|secret| is_proved(&token, &secret, self.jwt.as_ref())) {
            return Ok(None);
        }
        let args = [tenant.0.into(), Value::from(sha2_256(token.as_bytes()).as_slice())];
        let job = move |tx: &mut Tx<'_>| tx.one::<Found>(&store::TOKEN, &args);
        let Some(found) = self.db.of(tenant.0).read(job).await? else { return Ok(None) };
        let Found { mut session, last_request, expires, tenant: name, suspended, events } = found;
        session.is_logged = events < self.events_max;
        // What comes with a token that has ended is refused, so nothing was heard.
        if !session.ended && self.clock.now_micros() < expires {
            self.note_alive(tenant, session.id, last_request);
        }
        let caller = Caller {
            tenant,
            principal: Principal::Session(session.id),
            scopes: if session.ended { ENDED } else { SCOPES },
            authority: Arc::clone(&self.authority),
            activity_prefixes: None,
            bounds: None,
            session: Some(Arc::new(session)),
        };
        Ok(Some(Session { caller, tenant: name.into(), suspended, expires }))
    }

    /// Any request says that a session is alive; it is written down now and then, and not while the
    /// content waits.
    fn note_alive(&self, tenant: TenantId, session: Uuid, last_request: i64) {
        let now = self.clock.now_micros();
        if now < last_request.saturating_add(ALIVE_NOTED_MICROS) {
            return;
        }
        let args = [tenant.0.into(), session.into(), now.into()];
        let db = self.db.clone();
        tokio::spawn(async move {
            let job = move |tx: &mut Tx<'_>| tx.run(&store::NOTE_REQUEST, &args);
            if let Err(error) = db.of(tenant.0).write(job).await {
                tracing::debug!(%error, "That a session is alive was not noted");
            }
        });
    }
}

impl Sessions for Known {
    fn find<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Session>, Problem>> {
        Box::pin(self.look_up(token))
    }
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        let account = Account { home_page: row.get(9)?, name: row.get(10)? };
        let token_expires: Option<i64> = row.get(7)?;
        let expires: i64 = row.get(8)?;
        Ok(Self {
            last_request: row.get(6)?,
            expires: token_expires.unwrap_or(expires).min(expires),
            tenant: row.get(11)?,
            suspended: row.get::<Option<i64>>(12)?.is_some(),
            events: usize::try_from(row.get::<i64>(13)?).unwrap_or(usize::MAX),
            session: SessionCaller {
                id: row.get(0)?,
                registration: row.get(1)?,
                activity: row.get(2)?,
                publisher_id: row.get(3)?,
                ended: row.get::<Option<i64>>(4)?.is_some(),
                preferences_read: row.get::<Option<i64>>(5)?.is_some(),
                is_logged: true,
                agent_key: account.key(),
                account: (account.home_page, account.name),
            },
        })
    }
}
