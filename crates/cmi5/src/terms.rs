//! The IRIs of the specification (9.3, 9.4, 9.6).

/// Verbs (9.3).
pub mod verb {
    /// The LMS has launched the assignable unit.
    pub const LAUNCHED: &str = "http://adlnet.gov/expapi/verbs/launched";
    /// The assignable unit has begun.
    pub const INITIALIZED: &str = "http://adlnet.gov/expapi/verbs/initialized";
    /// Everything was seen.
    pub const COMPLETED: &str = "http://adlnet.gov/expapi/verbs/completed";
    /// The learner has passed.
    pub const PASSED: &str = "http://adlnet.gov/expapi/verbs/passed";
    /// The learner has failed.
    pub const FAILED: &str = "http://adlnet.gov/expapi/verbs/failed";
    /// The session ended without a word.
    pub const ABANDONED: &str = "https://w3id.org/xapi/adl/verbs/abandoned";
    /// The LMS has excused the learner.
    pub const WAIVED: &str = "https://w3id.org/xapi/adl/verbs/waived";
    /// The assignable unit has ended.
    pub const TERMINATED: &str = "http://adlnet.gov/expapi/verbs/terminated";
    /// A block or a course is satisfied.
    pub const SATISFIED: &str = "https://w3id.org/xapi/adl/verbs/satisfied";
}

/// The category of every statement that cmi5 defines (9.6.2.1).
pub const CATEGORY_CMI5: &str = "https://w3id.org/xapi/cmi5/context/categories/cmi5";
/// The category of statements that count for moveOn (9.6.2.2).
pub const CATEGORY_MOVE_ON: &str = "https://w3id.org/xapi/cmi5/context/categories/moveon";

/// The type of a course as an object of `satisfied` (9.4).
pub const TYPE_COURSE: &str = "https://w3id.org/xapi/cmi5/activitytype/course";
/// The type of a block as an object of `satisfied` (9.4).
pub const TYPE_BLOCK: &str = "https://w3id.org/xapi/cmi5/activitytype/block";

/// Extensions of the context (9.6.3).
pub mod extension {
    /// 9.6.3.1
    pub const SESSION_ID: &str = "https://w3id.org/xapi/cmi5/context/extensions/sessionid";
    /// 9.6.3.2
    pub const MASTERY_SCORE: &str = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore";
    /// 9.6.3.3
    pub const LAUNCH_MODE: &str = "https://w3id.org/xapi/cmi5/context/extensions/launchmode";
    /// 9.6.3.4
    pub const LAUNCH_URL: &str = "https://w3id.org/xapi/cmi5/context/extensions/launchurl";
    /// 9.6.3.5
    pub const MOVE_ON: &str = "https://w3id.org/xapi/cmi5/context/extensions/moveon";
    /// 9.6.3.6
    pub const LAUNCH_PARAMETERS: &str =
        "https://w3id.org/xapi/cmi5/context/extensions/launchparameters";
    /// Of the result: why somebody was excused (9.5.5.2).
    pub const REASON: &str = "https://w3id.org/xapi/cmi5/result/extensions/reason";
}

/// The state document that tells an assignable unit how it was launched (10.1).
pub const LAUNCH_DATA: &str = "LMS.LaunchData";
/// The agent profile with a learner's preferences (11.0).
pub const LEARNER_PREFERENCES: &str = "cmi5LearnerPreferences";
