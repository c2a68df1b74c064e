//! The rules by which statements of units are refused, with their requirement ids.

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The requirement's id.
    pub id: &'static str,
    /// The clause.
    pub clause: &'static str,
    /// What a developer changes.
    pub fix: &'static str,
}

macro_rules! rules {
    ($($name:ident = $id:literal $clause:literal $fix:literal;)+) => {
        $(
            #[doc = concat!("`", $id, "`")]
            pub(super) static $name: Rule = Rule { id: $id, clause: $clause, fix: $fix };
        )+
        /// Every rule of [`super::check`].
        pub static CATALOGUE: &[&Rule] = &[$(&$name),+];
    };
}

rules! {
    ACTOR = "8.1.3.0-3" "8.1.3" "use the actor of the launch URL as it is";
    ID = "9.1.0.0-1" "9.1" "give each statement an id of its own";
    TIMESTAMP = "9.7.0.0-1" "9.7" "give each statement a timestamp";
    UTC = "9.7.0.0-2" "9.7" "write timestamps in UTC, with Z";
    VOIDING = "6.3.0.0-1" "6.3" "ask the LMS to void it";
    CONTEXT = "9.6.0.0-1" "9.6" "begin the context with the contextTemplate of LMS.LaunchData";
    REGISTRATION = "9.6.1.0-1" "9.6.1" "use the registration of the launch URL";
    SESSION_ID = "9.6.3.1-4" "9.6.3.1" "copy the session id out of the contextTemplate of LMS.LaunchData";
    TEMPLATE = "9.6.2.0-1" "9.6.2, 10.2.1" "keep every activity of the contextTemplate and add to it";
    FIRST = "9.3.0.0-4" "9.3" "send a cmi5 defined initialized first";
    PREFERENCES = "11.0.0.0-3" "11" "read the agent profile cmi5LearnerPreferences before initialized";
    LAST = "9.3.0.0-5" "9.3" "send nothing after terminated; launch again";
    ABANDONED = "9.3.6.0-2" "9.3.6" "launch again: this session was given up";
    VERB = "9.3.0.0-1" "9.3" "use one of initialized, completed, passed, failed, terminated, or leave the category out";
    OBJECT = "8.1.5.0-6" "8.1.5" "use the activityId of the launch URL as the object's id";
    DUPLICATE = "9.3.0.0-2" "9.3" "use each verb once in a session";
    OUTCOME_TWICE = "9.3.0.0-3" "9.3" "send one of passed and failed in a session";
    COMPLETED_TWICE = "9.3.0.0-6" "9.3" "complete a unit once in a registration";
    PASSED_TWICE = "9.3.0.0-7" "9.3" "pass a unit once in a registration";
    FAILED_AFTER_PASSED = "9.3.0.0-8" "9.3" "do not fail what was passed; ask for a new registration";
    BROWSE = "10.2.2.0-2" "10.2.2" "in Browse send only initialized and terminated";
    REVIEW = "10.2.2.0-3" "10.2.2" "in Review send only initialized and terminated";
    SCORE = "9.5.1.0-2" "9.5.1" "leave the score out, or send it with passed or failed";
    RAW = "9.5.1.0-3" "9.5.1" "give min and max with raw";
    SCORE_VALUES = "RB-CMI5-SCORE" "9.5.1" "use integers with min <= raw <= max, and scaled from 0 to 1";
    SUCCESS_TRUE = "9.5.2.0-1" "9.5.2" "set success to true";
    SUCCESS_FALSE = "9.5.2.0-2" "9.5.2" "set success to false";
    SUCCESS_ABSENT = "9.5.2.0-3" "9.5.2" "leave success out";
    COMPLETION_TRUE = "9.5.3.0-1" "9.5.3" "set completion to true";
    COMPLETION_ABSENT = "9.5.3.0-2" "9.5.3" "leave completion out";
    DURATION_TERMINATED = "9.5.4.1-1" "9.5.4.1" "say how long the session took";
    DURATION_COMPLETED = "9.5.4.1-2" "9.5.4.1" "say how long it took";
    DURATION_PASSED = "9.5.4.1-3" "9.5.4.1" "say how long it took";
    DURATION_FAILED = "9.5.4.1-4" "9.5.4.1" "say how long it took";
    MOVE_ON = "9.6.2.2-1" "9.6.2.2" "add the category moveon";
    MOVE_ON_ABSENT = "9.6.2.2-2" "9.6.2.2" "leave the category moveon out";
    PASSED_SCORE = "9.3.4.0-2" "9.3.4" "send failed, or a score of at least masteryScore";
    FAILED_SCORE = "9.3.5.0-2" "9.3.5" "send passed, or a score below masteryScore";
    MASTERY = "9.6.3.2-2" "9.6.3.2" "copy masteryScore of LMS.LaunchData into the context extension";
}
