//! The record on its way in: statements that another store has kept, and what it learned from them.
//!
//! What always holds: every statement is checked by the rules that it was received by; a batch is
//! stored whole or not at all; what is stored already is recognised, so an import that was
//! interrupted is simply started again.

mod learn;
mod line;

pub(crate) use line::{Checked, Fault, Kept, Line};

use super::append::{is_again, stored_texts};
use super::attach::{self, SIGNATURE_BYTES_MAX};
use super::body::Dictionary;
use super::memory::Memory;
use super::prepared::{Prepared, Receipt};
use super::receive::authority_keys;
use crate::app::App;
use crate::blobs::Sha2;
use crate::error::{Problem, Result};
use crate::tenants::{Caller, Scope};
use futures_util::TryStreamExt as _;
use rollbook_db::Tx;
use rollbook_xapi::json::{Node, parse};
use rollbook_xapi::statement::Statement;
use rollbook_xapi::timestamp::format_micros;
use rollbook_xapi::version::Version;
use rollbook_xapi::violation::Violation;
use rollbook_xapi::{index, signature, validate};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::runtime::Handle;
use uuid::Uuid;

/// A statement's text may be this long; a longer one could not be read again.
const STATEMENT_BYTES_MAX: usize = 32 << 20;
/// How far clocks of two stores may be apart. A `stored` beyond it would carry the end of the log,
/// and so every later `stored`, into the future.
const CLOCKS_APART_MICROS_MAX: i64 = 5 * 60 * 1_000_000;

/// Whoever imports. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Importer {
    app: App,
    caller: Caller,
    authority_keys: Arc<[String]>,
    memory: Arc<Memory>,
}

impl Importer {
    pub(crate) fn new(app: App, caller: Caller) -> Result<Self> {
        let authority_keys = authority_keys(&caller.authority)?.into();
        let memory = app.log.memory(caller.tenant);
        Ok(Self { app, caller, authority_keys, memory })
    }

    /// Whether statements stay what they were: with their `stored`, authority and all. Otherwise
    /// they are stored anew, as if the caller had sent them.
    pub(crate) fn keeps(&self) -> bool {
        self.caller.scopes.any(&[Scope::All])
    }

    /// Checks a batch and makes it ready. Stores nothing.
    pub(crate) async fn check(&self, lines: Vec<Line>) -> Result<Checked> {
        let (own, handle) = (self.clone(), Handle::current());
        let checking = tokio::task::spawn_blocking(move || own.checked(&handle, &lines));
        checking.await.map_err(Problem::internal)?
    }

    /// Stores a batch. Durable when it returns.
    pub(crate) async fn store(&self, prepared: Vec<Prepared>) -> Result<()> {
        self.app.log.store(self.caller.tenant, prepared).await
    }

    /// Sets canonical definitions and adds names of actors, as the other store had them.
    pub(crate) async fn learn(
        &self,
        definitions: Vec<(String, String)>,
        names: Vec<(String, String)>,
    ) -> Result<()> {
        let (tenant, now) = (self.caller.tenant.0, self.app.clock.now_micros());
        let memory = Arc::clone(&self.memory);
        let job =
            move |tx: &mut Tx<'_>| learn::learn(tx, tenant, now, &definitions, &names, &memory);
        let numbers = self.app.db.of(tenant).write(job).await?;
        self.memory.terms.lock().expect("no holder of the term cache panics").learn(numbers);
        Ok(())
    }

    fn checked(&self, handle: &Handle, lines: &[Line]) -> Result<Checked> {
        let mut checked = Checked::default();
        let mut nodes = Vec::with_capacity(lines.len());
        for line in lines {
            match parsed(line) {
                Ok(node) => nodes.push((line, node)),
                Err(fault) => checked.refuse(vec![fault]),
            }
        }
        let id_of = |node: &Node<'_>| node.get("id").and_then(Node::str).and_then(validate::uuid);
        let ids: Vec<Uuid> = nodes.iter().filter_map(|(_, node)| id_of(node)).collect();
        let (tenant, memory) = (self.caller.tenant, Arc::clone(&self.memory));
        let known = move |tx: &mut Tx<'_>| stored_texts(tx, tenant, ids, &memory);
        let stored = handle.block_on(self.app.db.of(tenant.0).read(known))?;
        let dictionary = self.memory.dictionary();
        let mut seen: HashMap<Uuid, usize> = HashMap::new();
        for (line, node) in &nodes {
            let earlier = id_of(node).and_then(|id| stored.get(&id));
            if earlier == Some(&line.text) {
                checked.known += 1;
                continue;
            }
            let prepared = match self.prepared(handle, line, node, &dictionary)? {
                Ok(prepared) => prepared,
                Err(faults) => {
                    checked.refuse(faults);
                    continue;
                }
            };
            let above = || Some(&checked.prepared.get(*seen.get(&prepared.id)?)?.text);
            match earlier.or_else(above).map(|text| is_again(text, &prepared)) {
                Some(true) => checked.known += 1,
                Some(false) => checked.refuse(vec![line.taken(prepared.id)]),
                None => {
                    seen.insert(prepared.id, checked.prepared.len());
                    checked.prepared.push(prepared);
                }
            }
        }
        Ok(checked)
    }

    /// One statement, ready; or everything that is wrong with it.
    fn prepared(
        &self,
        handle: &Handle,
        line: &Line,
        node: &Node<'_>,
        dictionary: &Dictionary,
    ) -> Result<Result<Prepared, Vec<Fault>>> {
        let rules = line.kept.as_ref().map_or_else(|| rules_of(node), |kept| kept.rules);
        let refused = |violations: Vec<Violation>| {
            violations.into_iter().map(|violation| line.broken(&violation)).collect::<Vec<_>>()
        };
        let statement = match validate::statement(node, rules, "") {
            Ok(statement) => statement,
            Err(violations) => return Ok(Err(refused(violations))),
        };
        let (attachments, violations) = self.attached(handle, line, &statement)?;
        if !violations.is_empty() {
            return Ok(Err(refused(violations)));
        }
        let now = self.app.clock.now_micros();
        if self.keeps()
            && let Some(stored) = &statement.stored
            && stored.micros > now.saturating_add(CLOCKS_APART_MICROS_MAX)
        {
            let message = "it was stored in the future; set the clock of this machine right, or \
                           take `stored` out of the statement";
            return Ok(Err(vec![line.fault("/stored", message)]));
        }
        let authority = statement.authority.as_ref().filter(|_| self.keeps());
        let own_keys = authority.map(index::actor_keys);
        let receipt = Receipt {
            version: rules,
            id: self.app.ids.statement(),
            authority: &self.caller.authority,
            authority_keys: own_keys.as_deref().unwrap_or(&self.authority_keys),
            now: &format_micros(now),
            may_define: self.defines(line),
        };
        let prepared = if self.keeps() {
            Prepared::imported(&statement, &receipt, dictionary)
        } else {
            Prepared::new(&statement, &receipt, dictionary)
        };
        let mut prepared = prepared.map_err(Problem::internal)?;
        prepared.within_limits()?;
        prepared.recall(&self.memory);
        Ok(Ok(Prepared { attachments, ..prepared }))
    }

    /// Definitions and names of a whole record are imported by themselves, and not learned again.
    fn defines(&self, line: &Line) -> bool {
        if self.keeps() { line.kept.is_none() } else { self.caller.scopes.any(&[Scope::Define]) }
    }

    /// The contents that belong to a statement, and what is wrong with its attachments.
    fn attached(
        &self,
        handle: &Handle,
        line: &Line,
        statement: &Statement<'_>,
    ) -> Result<(Vec<String>, Vec<Violation>)> {
        let (tenant, blobs) = (self.caller.tenant, &self.app.blobs);
        let mut found = Vec::new();
        let mut violations = Vec::new();
        for (number, attachment) in statement.attachments.iter().enumerate() {
            let sha2 = Sha2::parse(attachment.sha2);
            let with_it = |sha2: &Sha2| {
                let kept = line.kept.as_ref();
                kept.is_none_or(|kept| kept.contents.iter().any(|known| known == sha2.as_str()))
            };
            let here = match sha2.filter(with_it) {
                Some(sha2) if handle.block_on(blobs.size(tenant, &sha2))?.is_some() => Some(sha2),
                _ => None,
            };
            match here {
                Some(sha2) => found.push(sha2.as_str().to_owned()),
                None if attachment.file_url.is_none() => {
                    violations.push(attach::missing(format!("/attachments/{number}")));
                }
                None => {}
            }
        }
        let signature = |sha2: &str| {
            let contents = handle.block_on(self.signature(&Sha2::parse(sha2)?));
            contents.ok().flatten().map(Cow::Owned)
        };
        let signed = signature::check_signatures(statement, "", signature);
        violations.extend(signed.err().into_iter().flatten());
        Ok((found, violations))
    }

    async fn signature(&self, sha2: &Sha2) -> Result<Option<Vec<u8>>> {
        let contents = self.app.blobs.get(self.caller.tenant, sha2).await?;
        let Some(contents) = contents.filter(|found| found.bytes <= SIGNATURE_BYTES_MAX) else {
            return Ok(None);
        };
        let join = |mut all: Vec<u8>, piece: bytes::Bytes| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        };
        contents.stream.try_fold(Vec::new(), join).await.map(Some).map_err(Problem::internal)
    }
}

fn parsed(line: &Line) -> Result<Node<'_>, Fault> {
    if line.text.len() > STATEMENT_BYTES_MAX {
        let message = format!("the statement is longer than {STATEMENT_BYTES_MAX} bytes");
        return Err(line.fault("", message));
    }
    parse(&line.text).map_err(|malformed| {
        let what = format!("not JSON at byte {}: {}", malformed.offset, malformed.message);
        line.fault("", what)
    })
}

/// The rules for a statement of which nothing is known but its own `version`.
fn rules_of(node: &Node<'_>) -> Version {
    let version = node.get("version").and_then(Node::str);
    version.and_then(Version::from_header).unwrap_or(Version::V1)
}
