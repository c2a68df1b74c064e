//! The verb (1.0.3 Data 2.4.3; 9274.1.1 4.2.2.2) and the one that voids (Data 2.3.2; 4.2.5).

use crate::json::Node;

/// The only verb with a meaning to the store itself.
pub const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verb<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its IRI.
    pub id: &'a str,
    /// Its display, a language map.
    pub display: Option<&'a Node<'a>>,
}

impl Verb<'_> {
    /// Whether this verb voids the statement that the Object refers to.
    pub fn voids(&self) -> bool {
        self.id == VOIDED
    }
}
