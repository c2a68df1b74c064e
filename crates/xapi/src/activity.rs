//! Activities, their definitions and interactions (1.0.3 Data 2.4.4.1; 9274.1.1 4.2.2.3).

use crate::json::Node;

/// An Activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its IRI.
    pub id: &'a str,
    /// Its definition, if given.
    pub definition: Option<Definition<'a>>,
}

/// What an Activity is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its members.
    pub node: &'a Node<'a>,
    /// The IRI of the Activity's type.
    pub kind: Option<&'a str>,
    /// How a learner interacts with it.
    pub interaction: Option<InteractionType>,
}

/// The kinds of interactions.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum InteractionType {
    /// `true-false`
    TrueFalse,
    /// `choice`
    Choice,
    /// `fill-in`
    FillIn,
    /// `long-fill-in`
    LongFillIn,
    /// `matching`
    Matching,
    /// `performance`
    Performance,
    /// `sequencing`
    Sequencing,
    /// `likert`
    Likert,
    /// `numeric`
    Numeric,
    /// `other`
    Other,
}

impl InteractionType {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::TrueFalse,
        Self::Choice,
        Self::FillIn,
        Self::LongFillIn,
        Self::Matching,
        Self::Performance,
        Self::Sequencing,
        Self::Likert,
        Self::Numeric,
        Self::Other,
    ];

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The name in statements.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrueFalse => "true-false",
            Self::Choice => "choice",
            Self::FillIn => "fill-in",
            Self::LongFillIn => "long-fill-in",
            Self::Matching => "matching",
            Self::Performance => "performance",
            Self::Sequencing => "sequencing",
            Self::Likert => "likert",
            Self::Numeric => "numeric",
            Self::Other => "other",
        }
    }

    /// The component lists that a definition of this kind may have.
    pub fn components(self) -> &'static [&'static str] {
        match self {
            Self::Choice | Self::Sequencing => &["choices"],
            Self::Likert => &["scale"],
            Self::Matching => &["source", "target"],
            Self::Performance => &["steps"],
            Self::TrueFalse | Self::FillIn | Self::LongFillIn | Self::Numeric | Self::Other => &[],
        }
    }
}
