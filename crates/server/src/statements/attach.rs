//! Attachments of statements (Data 2.4.11, Communication 1.5.2, 9274.1.1 4.1.3 and 4.2.2.6).
//!
//! An attachment and its contents meet by hash alone, and the hash was computed from what came.
//! Contents are written before the statement that needs them, and belong to nobody until it is
//! stored; see `blobs` for what happens to them if it never is.

use super::read;
use crate::app::App;
use crate::blobs::Sha2;
use crate::error::{Code, Problem, Result};
use crate::http::multipart::{Attached, Part};
use crate::tenants::TenantId;
use bytes::Bytes;
use rollbook_xapi::attachment::Attachment;
use rollbook_xapi::statement::Statement;
use rollbook_xapi::violation::Violation;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A signature is far smaller than this.
pub(super) const SIGNATURE_BYTES_MAX: u64 = 1 << 20;

/// Signatures of one statement; each costs a certificate chain.
const SIGNATURES_MAX: usize = 8;

/// The contents that came with a request.
pub(super) struct Parts {
    parts: Vec<Part>,
    /// Those small enough to be a signature, by hash.
    small: HashMap<Sha2, Bytes>,
}

impl Parts {
    /// Takes over what the request brought.
    pub(super) async fn take_in(mut parts: Vec<Part>) -> Result<Self> {
        let mut small = HashMap::new();
        for part in &mut parts {
            if part.contents.bytes() <= SIGNATURE_BYTES_MAX {
                let contents = part.contents.contents().await.map_err(Problem::internal)?;
                small.insert(part.sha2.clone(), contents);
            }
        }
        Ok(Self { parts, small })
    }

    /// Whether nothing came.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Bytes of all contents.
    pub(super) fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.contents.bytes()).sum()
    }

    /// Writes the contents, which then wait for their statement to be stored.
    pub(super) async fn put(mut self, app: &App, tenant: TenantId) -> Result<()> {
        for part in &mut self.parts {
            app.blobs.put(tenant, &part.sha2, &mut part.contents).await?;
        }
        Ok(())
    }

    fn has(&self, sha2: &Sha2) -> bool {
        self.parts.iter().any(|part| part.sha2 == *sha2)
    }

    fn content(&self, sha2: &str) -> Option<Cow<'_, [u8]>> {
        let content = self.small.get(&Sha2::parse(sha2)?)?;
        Some(Cow::Borrowed(content))
    }
}

/// Checks that attachments and contents fit, signatures included, and answers for each statement
/// the addresses of the contents that came for it.
pub(super) fn check(
    statements: &[Statement<'_>],
    is_list: bool,
    parts: &Parts,
) -> Result<Vec<Vec<String>>> {
    let mut violations: Vec<Violation> = Vec::new();
    let mut wanted: HashSet<Sha2> = HashSet::new();
    let mut attached = Vec::with_capacity(statements.len());
    for (at, statement) in statements.iter().enumerate() {
        let at = if is_list { format!("/{at}") } else { String::new() };
        let mut came = Vec::new();
        for (number, attachment) in statement.attachments.iter().enumerate() {
            match Sha2::parse(attachment.sha2).filter(|sha2| parts.has(sha2)) {
                Some(sha2) => {
                    came.push(sha2.as_str().to_owned());
                    wanted.insert(sha2);
                }
                None if attachment.file_url.is_none() => {
                    violations.push(missing(format!("{at}/attachments/{number}")));
                }
                None => {}
            }
        }
        if statement.attachments.iter().filter(|it| it.is_signature()).count() > SIGNATURES_MAX {
            let detail = format!("a statement carries at most {SIGNATURES_MAX} signatures");
            return Err(Problem::too_large("statement_signatures_max", detail));
        }
        let signatures =
            rollbook_xapi::signature::check_signatures(statement, &at, |sha2| parts.content(sha2));
        violations.extend(signatures.err().into_iter().flatten());
        attached.push(came);
    }
    if !violations.is_empty() {
        return Err(Problem::violations(violations));
    }
    if let Some(excess) = parts.parts.iter().find(|part| !wanted.contains(&part.sha2)) {
        let detail = format!(
            "the part with hash {} belongs to no attachment of these statements (XAPI-00128, Communication 1.5.2); leave it out, or give its hash as an attachment's `sha2`",
            excess.sha2.as_str(),
        );
        return Err(Problem::bad_request(Code::ValidationAttachmentExcess, detail));
    }
    Ok(attached)
}

pub(super) fn missing(pointer: String) -> Violation {
    Violation {
        requirement: "XAPI-00129",
        clause: "1.0.3 Communication 1.5.1, 1.5.2; 9274.1.1 4.1.3",
        pointer,
        message: "the attachment has neither a `fileUrl` nor a part with its `sha2`".to_owned(),
        fix: "send its contents as a part of a multipart/mixed request, or give a `fileUrl`"
            .to_owned(),
    }
}

/// The attachments of the statements at `positions`.
pub(super) async fn of(app: &App, tenant: TenantId, positions: Vec<i64>) -> Result<Vec<Attached>> {
    let memory = app.log.memory(tenant);
    let job = move |tx: &mut rollbook_db::Tx<'_>| {
        let mut attached = Vec::new();
        for row in read::rows(tx, tenant, positions)? {
            let text = memory.text(tx, tenant, &row)?;
            read::parsed(&text, &row, |statement| {
                attached.extend(statement.attachments.iter().map(described));
            })?;
        }
        Ok::<_, Problem>(attached)
    };
    app.db.of(tenant.0).read(job).await
}

fn described(attachment: &Attachment<'_>) -> Attached {
    Attached { sha2: attachment.sha2.to_owned(), content_type: attachment.content_type.to_owned() }
}
