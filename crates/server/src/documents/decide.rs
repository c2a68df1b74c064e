//! What may be done to a document, and with which answer (1.0.3 Communication 2.2, 3.1;
//! 9274.1.1 4.1.4; `decisions.md` 4 "State PUT without precondition headers").
//!
//! Each function is a whole transaction's program: it decides and writes at once.

use super::document::{Document, Found};
use super::key::{Context, Key, Resource};
use super::merge::{self, NotMergeable};
use super::store;
use crate::error::{Code, Problem, Result};
use crate::http::Precondition;
use crate::tenants::{TenantId, life};
use http::StatusCode;
use rollbook_db::Tx;
use rollbook_xapi::version::Version;

/// Stores a document over what the caller has seen.
///
/// # Errors
/// 412 if a precondition fails; 409 or 400 if there was none and the resource asks for one.
pub(super) fn put(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    document: &Document,
    seen: &Precondition,
    version: Version,
) -> Result<()> {
    life::hold(tx, tenant)?;
    if !seen.is_none() {
        let stored = store::put_if_seen(tx, tenant, key, document, seen)?;
        return if stored { Ok(()) } else { Err(precondition_failed()) };
    }
    let stored = match (key.context.resource, version) {
        (Resource::State, Version::V1) => store::put(tx, tenant, key, document)?,
        (Resource::State, Version::V2) => store::put_if_lenient(tx, tenant, key, document)?,
        (_, Version::V2) => store::create(tx, tenant, key, document)?,
        // The text is silent where no profile is; the ADL suite wants 400 (XAPI-00273, XAPI-00288).
        (_, Version::V1) if store::exists(tx, tenant, key)? => false,
        (_, Version::V1) => return Err(precondition_required()),
    };
    if stored { Ok(()) } else { Err(unseen()) }
}

/// Merges a document into the one that is there, or stores it if there is none.
///
/// # Errors
/// 412 if a precondition fails; 400 if the two are not both JSON objects.
pub(super) fn post(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    posted: &Document,
    seen: &Precondition,
) -> Result<()> {
    life::hold(tx, tenant)?;
    loop {
        let Some(found) = store::hold(tx, tenant, key)? else {
            if !seen.holds(None) {
                return Err(precondition_failed());
            }
            if store::create(tx, tenant, key, posted)? {
                return Ok(());
            }
            continue; // Somebody stored one in between, so now it can be held.
        };
        if !seen.holds(Some(&found.etag)) {
            return Err(precondition_failed());
        }
        let merged = merged(&found, posted).map_err(|NotMergeable(why)| not_mergeable(&why))?;
        store::put(tx, tenant, key, &merged)?;
        return Ok(());
    }
}

/// Deletes a document; that there is none is no error, unless the caller has seen one.
///
/// # Errors
/// 412 if a precondition fails.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    seen: &Precondition,
) -> Result<()> {
    if store::delete(tx, tenant, key, seen)? {
        return Ok(());
    }
    let refused = seen.if_match.is_some()
        || (seen.if_none_match.is_some() && store::exists(tx, tenant, key)?);
    if refused { Err(precondition_failed()) } else { Ok(()) }
}

/// Deletes all documents of a context; without a registration, those of every registration
/// (1.0.3 Communication 2.3 "Multiple Document DELETE").
///
/// # Errors
/// 400 for a precondition: it would speak of one document.
pub(super) fn delete_all(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    context: &Context,
    seen: &Precondition,
) -> Result<()> {
    if !seen.is_none() {
        let detail = "If-Match and If-None-Match speak of one document, and this request deletes \
                      all of a context; leave them out, or name a stateId";
        return Err(Problem::bad_request(Code::DocumentPreconditionAmbiguous, detail));
    }
    store::delete_all(tx, tenant, context)?;
    Ok(())
}

fn merged(found: &Found, posted: &Document) -> Result<Document, NotMergeable> {
    for (which, content_type) in [("stored", &found.content_type), ("posted", &posted.content_type)]
    {
        if !merge::is_json_type(content_type) {
            let why = format!("the {which} document is {content_type}, not application/json");
            return Err(NotMergeable(why));
        }
    }
    let text = merge::merge(&found.body, &posted.body)?;
    Ok(Document::new(found.content_type.clone(), text.into_bytes(), posted.updated))
}

/// 412: what is there is not what the caller has seen.
pub(super) fn precondition_failed() -> Problem {
    let detail = "the document is not as If-Match or If-None-Match says; get it again, and repeat \
                  the request with its present ETag";
    Problem::new(StatusCode::PRECONDITION_FAILED, Code::DocumentPreconditionFailed, detail)
}

fn precondition_required() -> Problem {
    let detail = "a PUT of a profile needs an If-Match header with the ETag of the document, or \
                  If-None-Match: * if there is none yet";
    Problem::bad_request(Code::DocumentPreconditionRequired, detail)
}

/// 1.0.3 Communication 3.1: the response explains what the client should do.
fn unseen() -> Problem {
    let detail = "a document with this id exists already: check its current state with a GET, then \
                  repeat the PUT with an If-Match header that holds its current ETag";
    Problem::conflict(Code::DocumentUnseen, detail)
}

fn not_mergeable(why: &str) -> Problem {
    let detail = format!("{why}; a POST merges two JSON objects, a PUT replaces any document");
    Problem::bad_request(Code::DocumentNotMergeable, detail)
}
