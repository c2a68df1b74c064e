//! Which document the caller has seen: If-Match and If-None-Match (RFC 9110 13.1, 1.0.3
//! Communication 3.1, 9274.1.1 4.1.4).

/// The two headers of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// One of these must be there.
    pub(super) if_match: Option<Tags>,
    /// None of these may be there.
    pub(super) if_none_match: Option<Tags>,
}

/// What one of the headers lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tags {
    /// `*`: any document at all.
    Any,
    /// Digests that a document of ours can have; others in the header match nothing.
    Of(Vec<String>),
}

impl Seen {
    /// Whether the caller said nothing.
    pub(super) fn is_silent(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// Whether both headers hold for the document with this etag, or for none.
    pub(super) fn holds(&self, etag: Option<&str>) -> bool {
        let lists = |tags: &Tags| match (tags, etag) {
            (_, None) => false,
            (Tags::Any, Some(_)) => true,
            (Tags::Of(tags), Some(etag)) => tags.iter().any(|tag| tag == etag),
        };
        self.if_match.as_ref().is_none_or(lists) && !self.if_none_match.as_ref().is_some_and(lists)
    }
}
