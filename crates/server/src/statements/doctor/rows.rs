//! One page of the log: each statement by itself, and what it should have in every table.

use super::tables::{Entry, Table};
use super::{Depth, Examination, Examined, cause, named};
use crate::blobs;
use crate::error::Result;
use crate::statements::link;
use crate::statements::prepared::{NOT_UTC, VOIDED, VOIDING, is_utc};
use crate::statements::read::{self, Row, terms_of};
use crate::statements::terms::{self, TermName, posting_key};
use crate::statements::{export, terms::Kind};
use rollbook_db::Tx;
use rollbook_xapi::index::{Role, actor_keys, index};
use rollbook_xapi::json::{Node, parse};
use rollbook_xapi::statement::Statement;
use rollbook_xapi::validate;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What a statement's text says.
struct Said {
    id: Option<Uuid>,
    voids: bool,
    is_utc: bool,
    target: Option<Uuid>,
    terms: Vec<(TermName, Role)>,
    /// Its attachments by address in lower case, and whether the contents may be elsewhere.
    attachments: Vec<(String, bool)>,
}

impl Examination {
    /// Examines rows of the log; answers what they should have in each table.
    pub(super) fn rows(
        &self,
        tx: &mut Tx<'_>,
        rows: &[Row],
        examined: &mut Examined,
    ) -> Result<Vec<(Table, Entry)>> {
        let mut entries: Vec<_> = rows.iter().map(|row| Entry::id(row.id, row.position)).collect();
        examined.statements += rows.len() as u64;
        let mut texts = Vec::with_capacity(rows.len());
        for row in rows {
            match self.memory.text(tx, self.tenant, row) {
                Ok(text) => texts.push((row, text)),
                Err(problem) => {
                    examined.faults.add(format!("{}: {}", named(row), cause(&problem)));
                }
            }
        }
        if self.depth == Depth::Quick {
            for (row, text) in &texts {
                if !is_named(text, row.id) {
                    examined.faults.add(format!("{}: its text is damaged", named(row)));
                }
            }
            return Ok(entries);
        }
        let mut said = Vec::with_capacity(texts.len());
        for (row, text) in &texts {
            match read::parsed(text, row, says) {
                Ok(found) => said.push((*row, found)),
                Err(problem) => {
                    examined.faults.add(format!("{}: {}", named(row), cause(&problem)));
                }
            }
        }
        self.entries(tx, &said, &mut entries, examined)?;
        self.voided(tx, &said, examined)?;
        self.attached(tx, &said, examined)?;
        Ok(entries)
    }

    fn entries(
        &self,
        tx: &mut Tx<'_>,
        said: &[(&Row, Said)],
        entries: &mut Vec<(Table, Entry)>,
        examined: &mut Examined,
    ) -> Result<()> {
        let names: BTreeSet<&TermName> =
            said.iter().flat_map(|(_, said)| said.terms.iter().map(|(name, _)| name)).collect();
        let names: Vec<TermName> = names.into_iter().cloned().collect();
        let numbers = terms::find(tx, self.tenant.0, &names)?;
        for name in names.iter().filter(|name| !numbers.contains_key(name)) {
            examined.faults.add(format!("{} has no number", told(name)));
        }
        for (row, said) in said {
            if said.id != Some(row.id) {
                examined.faults.add(format!("{} has another id in its text", named(row)));
            }
            let keys: BTreeSet<i64> = said
                .terms
                .iter()
                .filter_map(|(name, role)| Some(posting_key(*numbers.get(name)?, *role)))
                .collect();
            entries.extend(keys.into_iter().map(|key| Entry::posting(key, row.position)));
            let Some(target) = said.target else { continue };
            entries.push(Entry::reference(target, row.position, said.voids));
            match link::inherited(tx, self.tenant, &self.memory, row.position) {
                Ok(found) => {
                    let entry = |(key, source)| Entry::inherited(key, row.position, source);
                    entries.extend(found.into_iter().map(entry));
                }
                Err(problem) => {
                    let fault = format!(
                        "{}: what it refers to cannot be read: {}",
                        named(row),
                        cause(&problem)
                    );
                    examined.faults.add(fault);
                }
            }
        }
        Ok(())
    }

    /// Voided is what a voiding statement refers to, unless it voids itself (Data 2.3.2).
    fn voided(
        &self,
        tx: &mut Tx<'_>,
        said: &[(&Row, Said)],
        examined: &mut Examined,
    ) -> Result<()> {
        let ids = said.iter().map(|(row, _)| row.id).collect();
        let referrers = link::referrers(tx, self.tenant, ids)?;
        for (row, said) in said {
            let by = referrers.get(&row.id).into_iter().flatten();
            let voided = !said.voids && by.into_iter().any(|(_, voiding)| *voiding);
            examined.voided += u64::from(voided);
            for (flag, expected, what) in [
                (VOIDED, voided, "voided"),
                (VOIDING, said.voids, "voiding"),
                (NOT_UTC, !said.is_utc, "stamped with a time zone"),
            ] {
                if (row.flags & flag != 0) != expected {
                    let marked = if expected { "is not marked as" } else { "is wrongly marked as" };
                    examined.faults.add(format!("{} {marked} {what}", named(row)));
                }
            }
        }
        Ok(())
    }

    fn attached(
        &self,
        tx: &mut Tx<'_>,
        said: &[(&Row, Said)],
        examined: &mut Examined,
    ) -> Result<()> {
        let rows: Vec<&Row> = said.iter().map(|(row, _)| *row).collect();
        let mut attached: HashMap<i64, Vec<String>> = export::attached(tx, self.tenant, &rows)?;
        for (row, said) in said {
            let here = attached.remove(&row.position).unwrap_or_default();
            for sha2 in &here {
                examined.attachments += 1;
                if !said.attachments.iter().any(|(known, _)| known == sha2) {
                    examined.faults.add(format!("{} has no attachment {sha2}", named(row)));
                } else if !blobs::is_stored(tx, self.tenant, sha2)? {
                    let fault = format!("{}: its attachment {sha2} is not kept", named(row));
                    examined.faults.add(fault);
                }
            }
            for (sha2, elsewhere) in &said.attachments {
                if !elsewhere && !here.contains(sha2) {
                    let fault = format!("{}: its attachment {sha2} has no contents", named(row));
                    examined.faults.add(fault);
                }
            }
        }
        Ok(())
    }
}

fn says(statement: &Statement<'_>) -> Said {
    let found = index(statement);
    let authority = statement.authority.as_ref().map(actor_keys).unwrap_or_default();
    let attachments = statement.attachments.iter();
    Said {
        id: statement.id,
        voids: found.voids,
        is_utc: is_utc(statement),
        target: found.target,
        terms: terms_of(&found, &authority),
        attachments: attachments
            .map(|attachment| (attachment.sha2.to_ascii_lowercase(), attachment.file_url.is_some()))
            .collect(),
    }
}

/// Whether a text is JSON and has this id.
fn is_named(text: &str, id: Uuid) -> bool {
    parse(text)
        .is_ok_and(|node| node.get("id").and_then(Node::str).and_then(validate::uuid) == Some(id))
}

fn told(name: &TermName) -> String {
    let kind = match name.kind {
        Kind::Verb => "verb",
        Kind::Actor => "actor",
        Kind::Activity => "activity",
        Kind::Registration => "registration",
    };
    format!("{kind} {}", name.name)
}
