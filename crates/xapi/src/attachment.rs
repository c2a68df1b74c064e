//! Files that belong to a statement (1.0.3 Data 2.4.11; 9274.1.1 4.2.2.6).

/// The usage type of a statement's signature (Data 2.6; 4.2.6).
pub const SIGNATURE: &str = "http://adlnet.gov/expapi/attachments/signature";

/// What a statement says of one attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// What it is used for: an IRI.
    pub usage_type: &'a str,
    /// The internet media type of its content.
    pub content_type: &'a str,
    /// The bytes of its content.
    pub length: u64,
    /// The SHA-2 of its content, hex.
    pub sha2: &'a str,
    /// Where its content is or was to be had: an IRL.
    pub file_url: Option<&'a str>,
}

impl Attachment<'_> {
    /// Whether this is the statement's signature.
    pub fn is_signature(&self) -> bool {
        self.usage_type == SIGNATURE
    }
}
