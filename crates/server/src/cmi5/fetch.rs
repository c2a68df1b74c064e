//! The fetch URL: one token, once (8.2).
//!
//! Whoever asks proves nothing but that they know the URL, so it is long and random. One statement
//! decides who is first. What it answers when it has been used depends on whose letter counts
//! (`cmi5.md` 2.2).

use super::desk::Desk;
use super::events::Event;
use super::row::Profile;
use super::store;
use super::token::FetchToken;
use crate::app::App;
use crate::error::Result;
use crate::http::api::Purpose;
use crate::ids::sha2_256;
use rollbook_db::{Tx, Value};
use uuid::Uuid;

/// What a fetch gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fetched {
    /// The token of the session.
    Token(String),
    /// The token was handed out before, or the session has ended.
    Used(Profile),
    /// Nobody came for it in time.
    Expired(Profile),
    /// There is no such URL.
    Unknown,
}

/// A session as its fetch URL finds it.
struct Found {
    session: Uuid,
    registration: Uuid,
    profile: Profile,
    used: bool,
    fetch_expires: i64,
    expires: i64,
    /// How many lines its log has.
    events: usize,
}

/// Hands out the token of a session, once.
pub(super) async fn fetch(app: &App, token: &str) -> Result<Fetched> {
    let Some(claimed) = FetchToken::read(token) else { return Ok(Fetched::Unknown) };
    let tenant = claimed.tenant;
    // Strangers cost no look at the store, and make no secrets.
    let secret = app.secrets.made(tenant, Purpose::Session).await?;
    if !secret.is_some_and(|secret| claimed.is_proved(&secret)) {
        return Ok(Fetched::Unknown);
    }
    let digest = sha2_256(token.as_bytes());
    let args = [tenant.0.into(), Value::from(digest.as_slice())];
    let job = move |tx: &mut Tx<'_>| tx.one::<Found>(&store::FETCH, &args);
    match app.db.of(tenant.0).read(job).await? {
        None => return Ok(Fetched::Unknown),
        // Whoever asks again and again costs nothing more once the log of the session is full.
        Some(found) if found.used && found.events >= app.limits.cmi5.events_max => {
            return Ok(Fetched::Used(found.profile));
        }
        Some(_) => {}
    }
    let desk = Desk::open(app, tenant).await?;
    app.db.of(tenant.0).write(move |tx| desk.fetch(tx, &digest)).await
}

impl Desk {
    fn fetch(&self, tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Fetched> {
        let digest = Value::from(digest.as_slice());
        let found: Option<Found> = tx.one(&store::FETCH, &self.args([digest.clone()]))?;
        let Some(found) = found else { return Ok(Fetched::Unknown) };
        let Found { session, registration, profile, used, fetch_expires, expires, .. } = found;
        let (token, token_expires) = self.new_token(profile, (registration, session), expires)?;
        let row = [
            digest,
            self.now().into(),
            sha2_256(token.as_bytes()).as_slice().into(),
            token_expires.into(),
        ];
        let (fetched, what) = if tx.run(&store::TAKE_TOKEN, &self.args(row))? == 1 {
            (Fetched::Token(token), "handed out the token of the session")
        } else if !used && fetch_expires.min(expires) <= self.now() {
            (Fetched::Expired(profile), "refused: the fetch URL has expired (8.2.3)")
        } else {
            let what = "refused: the token was handed out already, or the session is over (8.2.3)";
            (Fetched::Used(profile), what)
        };
        self.note(tx, session, &Event::of_ours("fetch", what.to_owned()))?;
        Ok(fetched)
    }
}

impl rollbook_db::FromRow for Found {
    fn from_row(row: &rollbook_db::Row<'_>) -> rollbook_db::Result<Self> {
        let (fetched, ended): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
        Ok(Self {
            session: row.get(0)?,
            registration: row.get(1)?,
            profile: if row.text(2)? == "creatiq" { Profile::Creatiq } else { Profile::Cmi5 },
            used: fetched.is_some() || ended.is_some(),
            fetch_expires: row.get(5)?,
            expires: row.get(6)?,
            events: usize::try_from(row.get::<i64>(7)?).unwrap_or(usize::MAX),
        })
    }
}
