//! Which file an address means, and whether its session lasts.
//!
//! A version never changes, and each learner's browser asks for all of it, so what was read is
//! believed for five seconds, as credentials are: what was deleted or suspended is served no longer
//! than that.

use super::super::capability::Capability;
use super::super::spelling::spellings;
use super::super::store;
use crate::app::App;
use crate::blobs::Sha2;
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use lru::LruCache;
use percent_encoding::percent_decode_str;
use rollbook_db::{Tx, Value};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// How long what was read is believed, in microseconds.
const BELIEVED_MICROS: i64 = 5_000_000;

/// Files, and sessions, that are remembered.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(8_192).expect("not zero");

/// Bytes of a path under the capability; percent-encoding makes three of one.
const PATH_BYTES_MAX: usize = 4 << 10;

/// A file of a version.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: String,
    pub(super) sha2: Sha2,
    pub(super) bytes: u64,
}

/// What the session of an address is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Session {
    /// It lasts, or there is none because this is a preview.
    Lasts,
    /// It ended then, in microseconds since 1970 UTC.
    Ended(i64),
    /// It was deleted with its registration.
    Gone,
}

/// What was read a moment ago. Cheap to clone.
#[derive(Clone)]
pub(super) struct Memory(Arc<Mutex<Remembered>>);

struct Remembered {
    files: LruCache<(TenantId, Uuid, i64, String), (i64, Found)>,
    sessions: LruCache<(TenantId, Uuid), (i64, Session)>,
}

impl Default for Memory {
    fn default() -> Self {
        let (files, sessions) = (LruCache::new(REMEMBERED_MAX), LruCache::new(REMEMBERED_MAX));
        Self(Arc::new(Mutex::new(Remembered { files, sessions })))
    }
}

/// Whether nothing more is served in a session: it may still load what it shows at its end.
pub(super) fn is_over(app: &App, session: Session) -> bool {
    let seconds = i64::try_from(app.limits.content_after_seconds_max).unwrap_or(i64::MAX);
    match session {
        Session::Lasts => false,
        Session::Ended(at) => {
            at.saturating_add(seconds.saturating_mul(1_000_000)) <= app.clock.now_micros()
        }
        Session::Gone => true,
    }
}

impl Memory {
    /// The session of an address, and the file that its path means.
    pub(super) async fn find(
        &self,
        app: &App,
        capability: &Capability,
        path: &str,
    ) -> Result<(Session, Option<Found>)> {
        let Some(wanted) = Wanted::of(capability, path) else {
            return Ok((Session::Lasts, None));
        };
        let (tenant, now) = (capability.tenant, app.clock.now_micros());
        let of_session = (tenant, capability.session);
        let of_file = (tenant, capability.course, capability.version, path.to_owned());
        let (session, file) = {
            let mut known = self.lock();
            let fresh = |read: i64| (0..BELIEVED_MICROS).contains(&(now - read));
            let session = known.sessions.get(&of_session).filter(|known| fresh(known.0));
            let session = session.map(|known| known.1);
            let session = if capability.session.is_nil() { Some(Session::Lasts) } else { session };
            let file = known.files.get(&of_file).filter(|known| fresh(known.0));
            (session, file.map(|known| known.1.clone()))
        };
        if let (Some(session), Some(file)) = (session, &file) {
            return Ok((session, Some(file.clone())));
        }
        let (asks_session, asks_file) = (session.is_none(), file.is_none());
        let job = move |tx: &mut Tx<'_>| {
            let session = asks_session.then(|| read_session(tx, of_session)).transpose()?;
            let file = if asks_file { wanted.read(tx)? } else { None };
            Ok::<_, Problem>((session, file))
        };
        let (read, found) = app.db.of(tenant.0).read(job).await?;
        // Only what was read now is believed from now on.
        let mut known = self.lock();
        if let Some(read) = read {
            known.sessions.put(of_session, (now, read));
        }
        if let Some(found) = &found {
            known.files.put(of_file, (now, found.clone()));
        }
        Ok((session.or(read).unwrap_or(Session::Gone), file.or(found)))
    }

    /// Nothing that may panic runs under the lock.
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file that a path may mean: exactly so, then percent-decoded, then with its accents written
/// otherwise, then whatever the case if only one file is meant (many courses were only ever tried on
/// Windows).
struct Wanted {
    args: Vec<Value>,
    exactly: [String; 4],
}

impl Wanted {
    /// None if no file can be meant.
    fn of(capability: &Capability, path: &str) -> Option<Self> {
        let Capability { tenant, course, version, .. } = *capability;
        let decoded = percent_decode_str(path).decode_utf8().ok()?;
        if path.len() > PATH_BYTES_MAX || decoded.chars().any(char::is_control) {
            return None;
        }
        let [decoded, composed, apart] = spellings(&decoded);
        let exactly = [path.to_owned(), decoded, composed, apart];
        let mut args: Vec<Value> = vec![tenant.0.into(), course.into(), version.into()];
        args.extend(exactly.iter().map(|name| name.to_lowercase().into()));
        args.extend(exactly.iter().map(Value::from));
        Some(Self { args, exactly })
    }

    fn read(&self, tx: &mut Tx<'_>) -> Result<Option<Found>> {
        let rows: Vec<(String, String, i64)> = tx.all(&store::FILES, &self.args)?;
        let exact = |wanted: &String| rows.iter().position(|(known, ..)| known == wanted);
        let at = self.exactly.iter().find_map(exact).or((rows.len() == 1).then_some(0));
        let Some((path, sha2, bytes)) = at.and_then(|at| rows.into_iter().nth(at)) else {
            return Ok(None);
        };
        let lost = || Problem::internal(anyhow::anyhow!("a file of a course has no address"));
        let sha2 = Sha2::parse(&sha2).ok_or_else(lost)?;
        Ok(Some(Found { path, sha2, bytes: u64::try_from(bytes).map_err(Problem::internal)? }))
    }
}

fn read_session(tx: &mut Tx<'_>, (tenant, session): (TenantId, Uuid)) -> Result<Session> {
    let args = [tenant.0.into(), session.into()];
    Ok(match tx.one::<Option<i64>>(&store::SESSION, &args)? {
        None => Session::Gone,
        Some(None) => Session::Lasts,
        Some(Some(at)) => Session::Ended(at),
    })
}
