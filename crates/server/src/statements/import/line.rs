//! A line of an import that holds a statement, and what can be wrong with it.

use crate::statements::prepared::Prepared;
use rollbook_xapi::version::Version;
use rollbook_xapi::violation::Violation;
use std::fmt;
use uuid::Uuid;

/// A statement that is to be imported.
#[derive(Debug)]
pub(crate) struct Line {
    /// Which line of the file it is.
    pub(crate) number: u64,
    /// Its text.
    pub(crate) text: String,
    /// What the store that it comes from knows of it; nothing if it is a statement alone.
    pub(crate) kept: Option<Kept>,
}

/// What a store knows of a statement besides its text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The rules by which it was checked.
    pub(crate) rules: Version,
    /// Content addresses of the attachments whose contents came with it.
    pub(crate) contents: Vec<String>,
}

/// Why a line cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: u64,
    /// Where in the statement, as a JSON pointer.
    pub(crate) pointer: String,
    /// The requirement of the standard that it breaks, if it is one of the standard.
    pub(crate) requirement: Option<&'static str>,
    pub(crate) message: String,
}

/// A batch, ready to be stored.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) prepared: Vec<Prepared>,
    /// Statements that are stored already.
    pub(crate) known: u64,
    /// Statements that cannot be stored.
    pub(crate) refused: u64,
    pub(crate) faults: Vec<Fault>,
}

impl Line {
    pub(super) fn fault(&self, pointer: &str, message: impl Into<String>) -> Fault {
        let (line, pointer) = (self.number, pointer.to_owned());
        Fault { line, pointer, requirement: None, message: message.into() }
    }

    pub(super) fn broken(&self, violation: &Violation) -> Fault {
        let Violation { requirement, clause, pointer, message, fix } = violation;
        let fault = self.fault(pointer, format!("{message}; {fix} ({requirement}, {clause})"));
        Fault { requirement: Some(requirement), ..fault }
    }

    pub(super) fn taken(&self, id: Uuid) -> Fault {
        self.fault(
            "/id",
            format!(
                "statement {id} is stored already, or stands above, with different content (Data 2.3.1)"
            ),
        )
    }
}

impl Checked {
    pub(super) fn refuse(&mut self, faults: Vec<Fault>) {
        self.refused += 1;
        self.faults.extend(faults);
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, pointer, requirement: _, message } = self;
        let pointer = if pointer.is_empty() { "the statement" } else { pointer };
        write!(f, "line {line}: {pointer}: {message}")
    }
}
