//! One endpoint as it is documented.
//!
//! Everything is made in `const`, so that it stands in the table of endpoints.

use utoipa::openapi::{RefOr, Schema};

/// What is said of one method on one path.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its name, unique and stable: clients name generated functions by it.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// More, in Markdown: rules, units and the clause they come from.
    pub description: &'static str,
    /// What it takes in path, query and headers.
    pub parameters: &'static [Parameter],
    /// The body that it takes.
    pub body: Option<Payload>,
    /// Another kind of body that it takes instead.
    pub other_body: Option<Payload>,
    /// What it answers when it succeeds. Refusals are documented for all alike, see `refusals.rs`.
    pub answers: &'static [Answer],
    /// Headers of these answers, besides those that every answer has.
    pub headers: &'static [Header],
    /// Statuses of refusals that cannot be told from the rest of what is said here.
    pub refuses: &'static [u16],
    /// Whether it does something although it is a GET, so that HEAD is not answered.
    pub acts: bool,
}

/// One value outside the body.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Whether it must be there.
    pub required: bool,
    /// What it is, in Markdown.
    pub description: &'static str,
    /// Its shape.
    pub schema: fn() -> RefOr<Schema>,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// A body, of a request or an answer.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    /// The media types in which it may come.
    pub media: &'static [&'static str],
    /// Its shape.
    pub schema: fn() -> RefOr<Schema>,
}

/// One way to succeed. Two with the same status are one answer in two kinds of body.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// When this is answered.
    pub description: &'static str,
    /// What comes with it.
    pub body: Option<Payload>,
}

/// A header of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it says, in Markdown.
    pub description: &'static str,
    /// Its shape.
    pub schema: fn() -> RefOr<Schema>,
}

impl Operation {
    /// An operation by its name and one line.
    pub const fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            description: "",
            parameters: &[],
            body: None,
            other_body: None,
            answers: &[],
            headers: &[],
            refuses: &[],
            acts: false,
        }
    }

    /// The same for a GET that does something: HEAD is not answered.
    #[must_use]
    pub const fn acts(self) -> Self {
        Self { acts: true, ..self }
    }

    /// The same, described.
    #[must_use]
    pub const fn says(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// The same, with what it takes outside the body.
    #[must_use]
    pub const fn takes(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    /// The same, with the body that it takes.
    #[must_use]
    pub const fn reads(self, body: Payload) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The same, with another kind of body that it takes instead.
    #[must_use]
    pub const fn or_reads(self, body: Payload) -> Self {
        Self { other_body: Some(body), ..self }
    }

    /// The same, with what it answers.
    #[must_use]
    pub const fn gives(self, answers: &'static [Answer]) -> Self {
        Self { answers, ..self }
    }

    /// The same, with headers of its answers.
    #[must_use]
    pub const fn heads(self, headers: &'static [Header]) -> Self {
        Self { headers, ..self }
    }

    /// The same, with statuses of refusals that nothing else here tells of.
    #[must_use]
    pub const fn refuses(self, statuses: &'static [u16]) -> Self {
        Self { refuses: statuses, ..self }
    }
}
