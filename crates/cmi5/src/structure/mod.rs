//! From the XML of a course structure to a [`Course`], or every fault in it (13, 14).
//!
//! The schema is checked by hand: fifteen of the sixteen structures that the public suite wants
//! refused are valid by the schema, so the schema alone decides little. Elements and attributes of
//! other namespaces are let through (13.1.5) and stay in the package, whose bytes are what is
//! exported.

mod decode;
mod elements;
mod parts;
#[cfg(test)]
mod tests;
mod url;
mod whole;

use crate::course::Course;
use roxmltree::{Document, ParsingOptions};
use serde::Serialize;

pub use url::{Launchable, file_of};

/// The namespace of course structures (13.2).
pub const NAMESPACE: &str = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd";

/// Bytes of a course structure. A thousand units with every text take half of one megabyte.
pub const BYTES_MAX: usize = 32 << 20;

/// Nodes of its XML.
const NODES_MAX: u32 = 2_000_000;

/// Faults that are listed; more would help nobody.
const FAULTS_MAX: usize = 100;

/// One rule that a structure breaks, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The requirement's id; `RB-CMI5-…` where the list of requirements has none.
    pub requirement: &'static str,
    /// The clause.
    pub clause: &'static str,
    /// The line, from 1; 0 where there is no place in the text.
    pub line: u32,
    /// The column, in characters, from 1.
    pub column: u32,
    /// The element or attribute, such as `/courseStructure/block[2]/au[1]/@moveOn`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What an author changes to make it right.
    pub fix: String,
}

/// A rule of the specification.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    requirement: &'static str,
    clause: &'static str,
}

const fn rule(requirement: &'static str, clause: &'static str) -> Rule {
    Rule { requirement, clause }
}

/// Identifiers are absolute IRIs.
const IRI: Rule = rule("R:3.0.0.0-1", "3.0");
/// The structure follows the schema.
const SCHEMA: Rule = rule("R:13.2.0.0-1", "13.2");
/// A block's id is unique.
const BLOCK_ID: Rule = rule("R:13.1.2.0-1", "13.1.2");
/// An objective's id is unique.
const OBJECTIVE_ID: Rule = rule("R:13.1.3.0-1", "13.1.3");
/// An assignable unit's id is unique.
const AU_ID: Rule = rule("R:13.1.4.0-1", "13.1.4");
/// A URL follows RFC 1738.
const URL: Rule = rule("R:13.1.4.0-2", "13.1.4");
/// The URL's own query leaves the five names of the launch alone.
const QUERY: Rule = rule("R:8.1.0.0-6", "8.1");
/// Without a package, each URL is fully qualified.
const ABSOLUTE: Rule = rule("R:14.2.0.0-1", "14.2");
/// In a package, a relative URL leads to a file of it.
const FILE: Rule = rule("R:14.1.0.0-4", "14.1");
/// The mastery score has at most four decimal places, from 0 to 1.
const MASTERY: Rule = rule("R:13.2.0.0-1", "13.1.4, 9.6.3.2");
/// A reference to an objective leads to one.
const REFERENCE: Rule = rule("RB-CMI5-OBJECTIVE", "13.1.3");
/// The text is XML within bounds.
const XML: Rule = rule("RB-CMI5-XML", "13.2");
/// A URL that a browser would run in the launching page.
const SCHEME: Rule = rule("RB-CMI5-SCHEME", "13.1.4");

/// Reads a structure. `launchable` says what URLs may be relative to.
///
/// The faults are in the order of the text.
pub fn read(bytes: &[u8], launchable: &Launchable<'_>) -> Result<Course, Vec<Fault>> {
    let unreadable = |line, column, message: String, fix: &str| {
        vec![Fault {
            requirement: XML.requirement,
            clause: XML.clause,
            line,
            column,
            path: "/".to_owned(),
            message,
            fix: fix.to_owned(),
        }]
    };
    if bytes.len() > BYTES_MAX {
        let message = format!("the structure is longer than {BYTES_MAX} bytes");
        return Err(unreadable(0, 0, message, "split the course"));
    }
    let text = decode::text(bytes)
        .map_err(|message| unreadable(0, 0, message, "save the structure as UTF-8"))?;
    // A document type could define entities that fetch files or multiply without end.
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(|error| {
        let place = error.pos();
        let fix = match error {
            roxmltree::Error::DtdDetected => "remove the DOCTYPE",
            _ => "make the text well-formed XML",
        };
        unreadable(place.row, place.col, format!("the text cannot be read as XML: {error}"), fix)
    })?;
    let mut reader = elements::Reader::new(&document);
    let course = parts::structure(&mut reader);
    if let Some(course) = &course {
        whole::check(&mut reader, course, launchable);
    }
    let mut faults = reader.into_faults();
    faults.sort_by_key(|fault| (fault.line, fault.column));
    faults.truncate(FAULTS_MAX);
    match course {
        Some(parsed) if faults.is_empty() => Ok(parsed.course),
        _ => Err(faults),
    }
}
