//! The measured outcome (1.0.3 Data 2.4.5; 9274.1.1 4.2.2.4).

/// The `result` of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// The score.
    pub score: Option<Score<'a>>,
    /// Whether the attempt was successful.
    pub success: Option<bool>,
    /// Whether the Activity was completed.
    pub completion: Option<bool>,
    /// The learner's response.
    pub response: Option<&'a str>,
    /// How long it took, an ISO 8601 duration.
    pub duration: Option<&'a str>,
    /// The text of the extensions.
    pub extensions: Option<&'a str>,
}

/// The `score` of a result. Numbers are kept as text, so that nothing is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score<'a> {
    /// From -1 to 1.
    pub scaled: Option<&'a str>,
    /// From `min` to `max`.
    pub raw: Option<&'a str>,
    /// The lowest possible `raw`.
    pub min: Option<&'a str>,
    /// The highest possible `raw`.
    pub max: Option<&'a str>,
}
