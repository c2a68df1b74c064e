//! What things are called: by both tenants, by the other one alone, or by nobody.
//!
//! The words for the other's and for nobody's are as long as each other, so that answers that repeat
//! them differ in nothing else.

use crate::hex;
use crate::ids::sha2_256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What only the other tenant has.
pub(super) const THEIRS: &str = "theirs";
/// What nobody has.
pub(super) const ABSENT: &str = "absent";

/// One name for everything that can be named.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// What all texts begin with.
    pub(super) word: &'static str,
    pub(super) statement: String,
    pub(super) voided: String,
    pub(super) registration: String,
    pub(super) tenant: String,
    pub(super) key: String,
    pub(super) issuer: String,
    pub(super) request: String,
    pub(super) course: String,
    /// Somebody registered for that course.
    pub(super) enrolled: String,
    /// A session of that registration.
    pub(super) session: String,
    pub(super) etag: String,
    pub(super) sha2: String,
    /// The cursors of each listing, by its path.
    pub(super) cursors: Vec<(&'static str, String)>,
}

impl Names {
    /// Names that begin with `word`; what a store gives itself is not known yet.
    pub(super) fn new(word: &'static str, tenant: &str) -> Self {
        let digest = sha2_256(word.as_bytes());
        let uuid = |number: u8| {
            let rest: String = hex::lower(&digest[..6]);
            format!("00000000-0000-4000-80{number:02}-{rest}")
        };
        Self {
            word,
            statement: uuid(1),
            voided: uuid(2),
            registration: uuid(3),
            tenant: tenant.to_owned(),
            key: String::new(),
            issuer: uuid(4),
            request: uuid(5),
            course: uuid(6),
            enrolled: uuid(7),
            session: uuid(8),
            etag: String::new(),
            sha2: sha2(word.as_bytes()),
            cursors: Vec::new(),
        }
    }

    /// Names of nothing, each as long as the other's.
    pub(super) fn nobodys(theirs: &Self) -> Self {
        let absent = Self::new(ABSENT, "tenant-9");
        Self {
            key: turned(&theirs.key),
            request: near(&theirs.request),
            etag: format!("\"{}\"", "a".repeat(40)),
            cursors: theirs
                .cursors
                .iter()
                .map(|(path, text)| (*path, astray(path, text)))
                .collect(),
            ..absent
        }
    }

    pub(super) fn activity(&self) -> String {
        format!("http://example.com/{}/activity", self.word)
    }

    pub(super) fn verb(&self) -> String {
        format!("http://example.com/{}/verb", self.word)
    }

    pub(super) fn agent(&self) -> String {
        format!(r#"{{"mbox":"mailto:{}@example.com"}}"#, self.word)
    }

    /// What the publisher of a course calls it.
    pub(super) fn publisher(&self) -> String {
        format!("https://{}.example.com/course", self.word)
    }

    pub(super) fn cursor(&self, path: &str) -> String {
        let found = self.cursors.iter().find(|(listing, _)| *listing == path);
        found.unwrap_or_else(|| panic!("the listing {path} needs a cursor: see `world`")).1.clone()
    }

    /// Every name that is not made of the word.
    pub(super) fn all(&self) -> Vec<&str> {
        let Self { statement, voided, registration, tenant, key, issuer, request, course, .. } =
            self;
        let mut all = vec![statement, voided, registration, tenant, key, issuer, request, course]
            .into_iter()
            .map(String::as_str)
            .collect::<Vec<_>>();
        all.extend([self.enrolled.as_str(), &self.session]);
        all.extend([self.sha2.as_str(), self.etag.trim_matches('"')]);
        all.extend(self.cursors.iter().map(|(_, cursor)| cursor.as_str()));
        all
    }

    /// A text with these names in place of `others`.
    pub(super) fn instead_of(&self, others: &Self, text: &str) -> String {
        let pairs = others.all().into_iter().zip(self.all()).filter(|(from, _)| !from.is_empty());
        pairs.fold(text.replace(others.word, self.word), |text, (from, to)| text.replace(from, to))
    }
}

/// A SHA-256 in hexadecimal.
pub(super) fn sha2(contents: &[u8]) -> String {
    hex::lower(&sha2_256(contents))
}

/// Keeps the beginning of a key, which is its tenant's number: only the random part is another's.
fn turned(key: &str) -> String {
    let (kept, random) = key.split_once('_').expect("a key has two parts");
    format!("{kept}_{}", random.chars().rev().collect::<String>())
}

/// The same instant, another id.
fn near(id: &str) -> String {
    let (kept, last) = id.split_at(id.len() - 4);
    format!("{kept}{}", if last == "0000" { "1111" } else { "0000" })
}

/// A cursor that nobody was given.
fn astray(path: &str, cursor: &str) -> String {
    match path {
        "/xapi/statements" => {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).expect("a cursor is base64");
            let position = i64::from_be_bytes(bytes.try_into().expect("of a position"));
            URL_SAFE_NO_PAD.encode((position + 1).to_be_bytes())
        }
        _ => cursor.chars().rev().collect(),
    }
}
