//! A statement made ready outside the transaction: checked, completed, compressed, indexed.

use super::body::Dictionary;
use super::memory::Memory;
use super::read::terms_of;
use super::terms::{Kind, TermName, posting_key};
use crate::error::Problem;
use crate::tenants::Activities;
use anyhow::Result;
use rollbook_xapi::complete::{Owned, complete, complete_keeping, with_stored};
use rollbook_xapi::index::{Role, index};
use rollbook_xapi::object::Object;
use rollbook_xapi::statement::Statement;
use rollbook_xapi::timestamp::format_micros;
use rollbook_xapi::version::Version;
use uuid::Uuid;

/// `flags` of a row: this statement is voided.
pub(super) const VOIDED: i64 = 1;
/// `flags` of a row: this is a voiding statement, which can never be voided (Data 2.3.2).
pub(super) const VOIDING: i64 = 2;
/// `flags` of a row: some timestamp is not in UTC and is converted for 2.0 readers (9274.1.1 4.2.7).
pub(super) const NOT_UTC: i64 = 4;
/// `flags` of a row: checked by the rules of 2.0.
pub(super) const VERSION_2: i64 = 8;
/// `flags` of a row: imported; the body holds its `stored` text already.
pub(super) const IMPORTED: i64 = 16;

/// Bytes of an IRI or an actor's identifier. A b-tree of PostgreSQL takes 2,704 a row.
const IDENTIFIER_BYTES_MAX: usize = 2_000;
/// Bytes of a name that the Person object shows.
const NAME_BYTES_MAX: usize = 1_000;

/// One statement, ready to be appended.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(super) id: Uuid,
    /// The text that is kept, without `stored` unless imported.
    pub(super) text: String,
    /// Whether it came with a timestamp; otherwise the one in `text` is when it came.
    pub(super) dated: bool,
    pub(super) body: Vec<u8>,
    pub(super) dictionary: i64,
    pub(super) flags: i64,
    /// What it is found by, as far as this process knows the numbers.
    pub(super) keys: Vec<i64>,
    /// What else it is found by.
    pub(super) terms: Vec<(TermName, Role)>,
    /// What it says of activities, if this caller may define.
    pub(super) definitions: Vec<Definition>,
    /// Actor and name, if this caller may define and the name may be new.
    pub(super) names: Vec<(TermName, String)>,
    /// The statement that this one refers to as its Object.
    pub(super) target: Option<Uuid>,
    /// Content addresses of the attachments whose contents came along or are stored already.
    pub(super) attachments: Vec<String>,
    /// The position asked for by an import that keeps `stored`.
    pub(super) stored: Option<i64>,
}

/// A definition that a statement gives to an activity.
#[derive(Clone)]
pub(super) struct Definition {
    pub(super) activity: TermName,
    pub(super) text: String,
    /// The text's hash and the activity's number, if this process knows the activity.
    pub(super) known: Option<(i64, u64)>,
    /// The head's counter of definitions at which this text was what was merged last.
    pub(super) merged_at: Option<i64>,
}

/// What the receiver decides for each statement.
pub(crate) struct Receipt<'a> {
    /// The rules it was checked by.
    pub(crate) version: Version,
    /// Its id if it brought none.
    pub(crate) id: Uuid,
    /// The authority's JSON.
    pub(crate) authority: &'a str,
    /// The authority's key, by which it is found.
    pub(crate) authority_keys: &'a [String],
    /// Its timestamp if it brought none.
    pub(crate) now: &'a str,
    /// Whether its definitions and names count (`define`, 1.0.3 Communication 4.2).
    pub(crate) may_define: bool,
}

impl<'a> Receipt<'a> {
    fn owned(&self, statement: &Statement<'_>) -> Owned<'a> {
        let id = statement.id.unwrap_or(self.id);
        Owned { id, authority: self.authority, timestamp: self.now }
    }
}

impl Prepared {
    /// Makes `statement` ready.
    pub(super) fn new(
        statement: &Statement<'_>,
        receipt: &Receipt<'_>,
        dictionary: &Dictionary,
    ) -> Result<Self> {
        let text = complete(statement, &receipt.owned(statement));
        Self::make(statement, receipt, text, dictionary)
    }

    /// Makes a statement ready that moves here from another store and keeps what that store said.
    pub(super) fn imported(
        statement: &Statement<'_>,
        receipt: &Receipt<'_>,
        dictionary: &Dictionary,
    ) -> Result<Self> {
        let text = complete_keeping(statement, &receipt.owned(statement));
        let Some(stored) = statement.stored.as_ref().map(|stored| stored.micros) else {
            return Self::make(statement, receipt, text, dictionary);
        };
        // As this store would have written it: the position tells it, so that it need not be kept.
        let told = format!(",\"stored\":\"{}\"}}", format_micros(stored));
        let (text, flags) = match text.strip_suffix(&told) {
            Some(body) => (format!("{body}}}"), 0),
            None => (text, IMPORTED),
        };
        let prepared = Self::make(statement, receipt, text, dictionary)?;
        Ok(Self { flags: prepared.flags | flags, stored: Some(stored), ..prepared })
    }

    /// This statement for a position other than it asked for: with its `stored` in its text.
    pub(super) fn moved_to(&self, position: i64, dictionary: &Dictionary) -> Option<Result<Self>> {
        let stored = self.stored.filter(|stored| *stored != position)?;
        if self.flags & IMPORTED != 0 {
            return None;
        }
        let text = with_stored(&self.text, &format_micros(stored));
        let body = dictionary.compress(&text);
        let flags = self.flags | IMPORTED;
        Some(body.map(|body| Self {
            text,
            body,
            flags,
            dictionary: dictionary.number(),
            ..self.clone()
        }))
    }

    fn make(
        statement: &Statement<'_>,
        receipt: &Receipt<'_>,
        text: String,
        dictionary: &Dictionary,
    ) -> Result<Self> {
        let id = statement.id.unwrap_or(receipt.id);
        let found = index(statement);
        let terms = terms_of(&found, receipt.authority_keys);
        let (mut definitions, mut names) = (Vec::new(), Vec::new());
        if receipt.may_define {
            definitions.extend(found.definitions.iter().map(|(activity, text)| Definition {
                activity: TermName::new(Kind::Activity, activity),
                text: (*text).to_owned(),
                known: None,
                merged_at: None,
            }));
            let term = |(actor, name): (String, String)| (TermName::new(Kind::Actor, &actor), name);
            names.extend(found.names.into_iter().map(term));
        }
        let flags = [
            (found.voids, VOIDING),
            (!is_utc(statement), NOT_UTC),
            (receipt.version == Version::V2, VERSION_2),
        ];
        Ok(Self {
            id,
            body: dictionary.compress(&text)?,
            dictionary: dictionary.number(),
            flags: flags.iter().filter(|(on, _)| *on).map(|(_, flag)| flag).sum(),
            text,
            keys: Vec::new(),
            dated: statement.timestamp.is_some(),
            terms,
            definitions,
            names,
            target: found.target,
            attachments: Vec::new(),
            stored: None,
        })
    }
}

impl Prepared {
    /// Refuses identifiers that an index cannot hold, on either engine; names of that size are kept
    /// in the statement only.
    pub(super) fn within_limits(&mut self) -> Result<(), Problem> {
        self.names.retain(|(_, name)| name.len() <= NAME_BYTES_MAX);
        match self.terms.iter().find(|(term, _)| term.name.len() > IDENTIFIER_BYTES_MAX) {
            None => Ok(()),
            Some((term, _)) => {
                let (id, kind, bytes) = (self.id, term.kind.noun(), term.name.len());
                let detail = format!(
                    "statement {id} names {kind} by {bytes} bytes; an identifier has at most \
                     {IDENTIFIER_BYTES_MAX}. Use a shorter one: an id need not carry content"
                );
                Err(Problem::too_large("identifier_bytes_max", detail))
            }
        }
    }

    /// Forgets what it says of activities that its caller may not touch: they are only mentioned.
    pub(super) fn defines_only(&mut self, activities: &Activities) {
        self.definitions.retain(|definition| activities.include(&definition.activity.name));
    }

    /// Replaces by numbers whatever this process remembers, and drops what the store knows already,
    /// so that the transaction has only news to see to.
    pub(super) fn recall(&mut self, memory: &Memory) {
        let mut terms = memory.terms.lock().expect("no holder of the term cache panics");
        let keys = &mut self.keys;
        self.terms.retain(|(name, role)| match terms.get(name) {
            Some(term) => {
                keys.push(posting_key(term, *role));
                false
            }
            None => true,
        });
        let mut defined = memory.defined.lock().expect("no holder of the definitions panics");
        for definition in &mut self.definitions {
            if let Some(term) = terms.get(&definition.activity) {
                let hash = defined.hash(&definition.text);
                definition.known = Some((term, hash));
                definition.merged_at = defined.merged_at(term, hash);
            }
        }
        self.names.retain(|(actor, name)| {
            terms.get(actor).is_none_or(|term| !defined.has_name(term, name))
        });
    }

    /// Names whose numbers the transaction needs.
    pub(super) fn unresolved(&self) -> impl Iterator<Item = &TermName> {
        let terms = self.terms.iter().map(|(name, _)| name);
        let unknown = self.definitions.iter().filter(|definition| definition.known.is_none());
        let activities = unknown.map(|definition| &definition.activity);
        terms.chain(activities).chain(self.names.iter().map(|(actor, _)| actor))
    }
}

/// Whether every timestamp that 2.0 shows in UTC is written so.
pub(super) fn is_utc(statement: &Statement<'_>) -> bool {
    let inner = match &statement.object {
        Object::SubStatement(inner) => inner.timestamp.as_ref(),
        _ => None,
    };
    [statement.timestamp.as_ref(), inner].into_iter().flatten().all(|timestamp| timestamp.is_utc)
}
