//! Statements whose bytes tell: numbers, escapes and double keys that a rewriter would change.

use rand::Rng as _;
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use uuid::{Builder, Uuid};

/// A statement as it was sent.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) id: Uuid,
    pub(crate) text: String,
    /// What it voids.
    pub(crate) target: Option<Uuid>,
}

/// Where a statement belongs; each part is a way to find it.
pub(crate) struct Scene<'a> {
    pub(crate) mbox: &'a str,
    pub(crate) activity: &'a str,
    pub(crate) registration: Uuid,
}

pub(crate) fn id(rng: &mut StdRng) -> Uuid {
    Builder::from_random_bytes(rng.random()).into_uuid()
}

/// A statement about the scene's activity.
pub(crate) fn completed(scene: &Scene<'_>, id: Uuid, rng: &mut StdRng) -> Told {
    let object = format!(r#"{{"id":"{}"}}"#, scene.activity);
    let padding = "\\u00e9 ".repeat(rng.random_range(0..60));
    let result = format!(
        r#","result":{{"score":{{"raw":1.10,"scaled":-0.0}},"extensions":{{"https://example.com/twice":1E400,"https://example.com/twice":"{padding}"}}}}"#
    );
    Told { id, text: text(scene, id, "completed", &object, &result), target: None }
}

/// A statement that voids another, which need not exist.
pub(crate) fn voiding(scene: &Scene<'_>, id: Uuid, target: Uuid) -> Told {
    let object = format!(r#"{{"id":"{target}","objectType":"StatementRef"}}"#);
    Told { id, text: text(scene, id, "voided", &object, ""), target: Some(target) }
}

/// A statement with an attachment.
pub(crate) fn attached(scene: &Scene<'_>, id: Uuid, content: &[u8]) -> Told {
    let object = format!(r#"{{"id":"{}"}}"#, scene.activity);
    let attachments = format!(
        r#","attachments":[{{"usageType":"https://example.com/picture","display":{{"en":"A picture"}},"contentType":"application/octet-stream","length":{},"sha2":"{}"}}]"#,
        content.len(),
        sha2(content)
    );
    Told { id, text: text(scene, id, "attached", &object, &attachments), target: None }
}

/// The hash by which a statement names its attachment.
pub(crate) fn sha2(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn text(scene: &Scene<'_>, id: Uuid, verb: &str, object: &str, more: &str) -> String {
    let Scene { mbox, activity: _, registration } = scene;
    // With a timestamp, or a retry would not be the same statement.
    format!(
        r#"{{ "verb":{{"id":"http://adlnet.gov/expapi/verbs/{verb}"}},"actor":{{"mbox":"{mbox}"}},"object":{object},"id":"{id}"{more},"context":{{"registration":"{registration}"}},"timestamp":"2026-11-21T07:00:00.10+01:00"}}"#
    )
}
