//! Signed statements (1.0.3 Data 2.6, XAPI-00115 to XAPI-00117; 9274.1.1 4.2.6).
//!
//! A signature is an attachment that holds a JWS in compact form over the statement as it was
//! before it was signed. It is accepted only with RS256, RS384 or RS512, with a payload that is the
//! same statement ([`crate::equality`]), and, when its header brings certificates, only when the
//! first of them verifies it and each is signed by the next. There is no trust anchor and no clock
//! here: the check finds broken signatures, it does not say whom to trust. Without certificates
//! there is no key to check with, and the signature's form and payload are what can be held to.

mod chain;
mod jws;

use crate::attachment::Attachment;
use crate::equality::same;
use crate::statement::Statement;
use crate::version::Version;
use crate::violation::Violation;
use jws::Jws;
use std::borrow::Cow;

/// The only media type of a signature.
const CONTENT_TYPE: &str = "application/octet-stream";

/// Checks every signature among the attachments of `statement`, which stands at `at`.
///
/// `content` gives what came with the request for a SHA-2 in hex. A signature must be there itself;
/// a `fileUrl` does not stand in for it.
pub fn check_signatures<'c>(
    statement: &Statement<'_>,
    at: &str,
    content: impl Fn(&str) -> Option<Cow<'c, [u8]>>,
) -> Result<(), Vec<Violation>> {
    let mut violations = Vec::new();
    for (place, attachment) in statement.attachments.iter().enumerate() {
        if !attachment.is_signature() {
            continue;
        }
        let at = format!("{at}/attachments/{place}");
        violations.extend(check_media_type(attachment, statement.rules, &at).err());
        match content(attachment.sha2) {
            Some(jws) => {
                let found = check_signature(statement, &jws, &at).err();
                violations.extend(found.unwrap_or_default());
            }
            None => violations.push(violation(statement.rules, Fault::Absent, &at)),
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

/// Checks `jws`, the content of the signature that the attachment at `at` describes.
pub fn check_signature(
    statement: &Statement<'_>,
    jws: &[u8],
    at: &str,
) -> Result<(), Vec<Violation>> {
    let faults = match Jws::read(jws) {
        Ok(jws) => jws.faults(statement.raw),
        Err(fault) => vec![fault],
    };
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.into_iter().map(|fault| violation(statement.rules, fault, at)).collect())
}

fn check_media_type(
    attachment: &Attachment<'_>,
    rules: Version,
    at: &str,
) -> Result<(), Violation> {
    if attachment.content_type == CONTENT_TYPE {
        return Ok(());
    }
    Err(violation(rules, Fault::MediaType, &format!("{at}/contentType")))
}

/// What can be wrong with a signature.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Fault {
    /// The request has no content with the attachment's hash.
    Absent,
    /// The attachment is not declared as `application/octet-stream`.
    MediaType,
    /// The content is no JWS in compact form; what is wrong with it.
    Form(&'static str),
    /// The payload is not JSON text.
    Payload,
    /// The payload is another statement.
    OtherStatement,
    /// The algorithm is not one of the three.
    Algorithm,
    /// The certificates cannot be read, or one is not signed by the next; what is wrong with them.
    Chain(&'static str),
    /// The first certificate's key did not make this signature.
    Forged,
}

fn violation(rules: Version, fault: Fault, at: &str) -> Violation {
    let (requirement, message, fix) = match fault {
        Fault::Absent => (
            "XAPI-00115",
            "the statement has a signature attachment, but the request has no part with its hash",
            "send the JWS as a part of a multipart/mixed request",
        ),
        Fault::MediaType => (
            "XAPI-00115",
            "the content type of a signature is not application/octet-stream",
            "set contentType to application/octet-stream",
        ),
        Fault::Form(message) => {
            ("XAPI-00115", message, "send a JSON web signature in compact serialization (RFC 7515)")
        }
        Fault::Payload => (
            "XAPI-00116",
            "the payload of the signature is not JSON",
            "sign the JSON of the statement as it is before the signature is added",
        ),
        Fault::OtherStatement => (
            "XAPI-00116",
            "the payload of the signature is not the statement that it is attached to",
            "sign the same statement that is sent, and change nothing after signing",
        ),
        Fault::Algorithm => (
            "XAPI-00117",
            "the algorithm of the signature is not RS256, RS384 or RS512",
            "sign with an RSA key and RS256, RS384 or RS512",
        ),
        Fault::Chain(message) => (
            "XAPI-00115",
            message,
            "put the signer's certificate first in x5c and after each one the one that signed it",
        ),
        Fault::Forged => (
            "XAPI-00117",
            "the signature does not verify against the first certificate in x5c",
            "sign with the private key that belongs to the first certificate",
        ),
    };
    let clause = match rules {
        Version::V1 => "1.0.3 Data 2.6",
        Version::V2 => "9274.1.1 4.2.6",
    };
    Violation {
        requirement,
        clause,
        pointer: at.to_owned(),
        message: message.to_owned(),
        fix: fix.to_owned(),
    }
}

impl Jws<'_> {
    /// Everything that is wrong with a readable signature of the statement `text`.
    fn faults(&self, text: &str) -> Vec<Fault> {
        let algorithm = if self.algorithm.is_none() { Some(Fault::Algorithm) } else { None };
        let payload = match self.payload() {
            Some(payload) if same(payload, text) => None,
            Some(_) => Some(Fault::OtherStatement),
            None => Some(Fault::Payload),
        };
        algorithm.into_iter().chain(payload).chain(chain::check(self).err()).collect()
    }
}

#[cfg(test)]
mod tests;
