//! The catalogue of rules: each with its requirement id, its clause in both versions and its text.
//!
//! Ids are those of the conformance requirements (`XAPI-…`); where they have none, ours (`RB-…`).

/// One rule of the standard.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The requirement's id.
    pub id: &'static str,
    /// The clause of 1.0.3.
    pub v1: &'static str,
    /// The clause of 2.0.
    pub v2: &'static str,
    /// What it demands.
    pub text: &'static str,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $v1:literal, $v2:literal, $text:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`")]
            pub(super) static $name: Rule = Rule {
                id: $id,
                v1: concat!("1.0.3 Data ", $v1),
                v2: concat!("9274.1.1 ", $v2),
                text: $text,
            };
        )*

        /// Every rule that [`super::statement`] checks.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    NULL = "XAPI-00001", "2.2", "4.2.1", "A value is not null, except inside extensions.";
    ACTOR_MISSING = "XAPI-00003", "2.2", "4.2.2", "A statement has an actor.";
    VERB_MISSING = "XAPI-00004", "2.2", "4.2.2", "A statement has a verb.";
    OBJECT_MISSING = "XAPI-00005", "2.2", "4.2.2", "A statement has an object.";
    TYPE = "XAPI-00006", "2.2", "4.2.1", "A value has the type that its property asks for.";
    KEY_CASE = "XAPI-00008", "2.2", "4.2.1", "A key is written in the case of the standard.";
    ENUM_CASE = "XAPI-00009", "2.2", "4.2.1", "An enumerated value is written in the case of the standard.";
    KEY_UNKNOWN = "XAPI-00010", "2.2", "4.2.1", "A key is one that the standard knows at its place.";
    IRI_SCHEME = "XAPI-00011", "2.2", "4.2.1", "An IRI or IRL has a scheme.";
    VOIDING_OBJECT = "XAPI-00017", "2.3.2", "4.2.5", "The object of a voiding statement is a StatementRef.";
    DUPLICATE = "XAPI-00021", "2.2", "4.2.1", "A property is used at most once in an object.";
    TIMESTAMP = "XAPI-00022", "2.4.7", "4.2.4.2", "A timestamp is a Timestamp.";
    STORED = "XAPI-00023", "2.4.8", "4.2.4.2", "A stored time is a Timestamp.";
    AUTHORITY = "XAPI-00024", "2.4.9", "4.2.4.2", "An authority is an Agent or a Group.";
    ATTACHMENTS = "XAPI-00025", "2.4.11", "4.2.2.6", "The attachments are an array of attachment objects.";
    UUID_FORM = "XAPI-00027", "2.4.1", "4.2.7", "A UUID is written in the standard form of RFC 4122.";
    UUID_STRING = "XAPI-00028", "2.4.1", "4.2.7", "A UUID is a string.";
    ACTOR_TYPE = "XAPI-00031", "2.4.2", "4.2.2.1", "The objectType of an actor is Agent or Group.";
    OBJECT_TYPE_STRING = "XAPI-00032", "2.4.2.1", "4.2.2.1", "An objectType is a string.";
    ACTOR_NAME = "XAPI-00033", "2.4.2.1", "4.2.2.1", "The name of an actor is a string.";
    AGENT_IFI = "XAPI-00034", "2.4.2.1", "4.2.2.1", "An Agent has exactly one of mbox, mbox_sha1sum, openid and account.";
    MEMBER_MISSING = "XAPI-00035", "2.4.2.2", "4.2.2.1", "A Group has an identifier or members, and only a Group has members.";
    MEMBER = "XAPI-00036", "2.4.2.2", "4.2.2.1", "The members of a Group are an array of Agents.";
    GROUP_IFI = "XAPI-00037", "2.4.2.2", "4.2.2.1", "An identified Group has exactly one of mbox, mbox_sha1sum, openid and account.";
    MBOX = "XAPI-00038", "2.4.2.3", "4.2.2.1", "An mbox is mailto: and an e-mail address.";
    MBOX_SHA1SUM = "XAPI-00039", "2.4.2.3", "4.2.2.1", "An mbox_sha1sum is 40 hex digits.";
    OPENID = "XAPI-00040", "2.4.2.3", "4.2.2.1", "An openid is a URI.";
    ACCOUNT = "XAPI-00041", "2.4.2.4", "4.2.2.1", "An account is an object.";
    ACCOUNT_HOME_PAGE = "XAPI-00042", "2.4.2.4", "4.2.2.1", "An account has a homePage, an IRL.";
    ACCOUNT_NAME = "XAPI-00043", "2.4.2.4", "4.2.2.1", "An account has a name, a string.";
    VERB_ID = "XAPI-00044", "2.4.3", "4.2.2.2", "A verb has an id, an IRI.";
    VERB_DISPLAY = "XAPI-00045", "2.4.3", "4.2.2.2", "The display of a verb is a language map.";
    OBJECT_TYPE = "XAPI-00046", "2.4.4", "4.2.2.3", "The objectType of an object is Activity, Agent, Group, StatementRef or SubStatement.";
    ACTIVITY_ID = "XAPI-00047", "2.4.4.1", "4.2.2.3", "An Activity has an id, an IRI.";
    DEFINITION = "XAPI-00048", "2.4.4.1", "4.2.2.3", "The definition of an Activity is an object.";
    DEFINITION_NAME = "XAPI-00056", "2.4.4.1", "4.2.2.3", "The name of a definition is a language map.";
    DEFINITION_EXTENSIONS = "XAPI-00057", "2.4.4.1", "4.2.2.3", "The extensions of a definition are an object.";
    DEFINITION_DESCRIPTION = "XAPI-00059", "2.4.4.1", "4.2.2.3", "The description of a definition is a language map.";
    DEFINITION_TYPE = "XAPI-00060", "2.4.4.1", "4.2.2.3", "The type of a definition is an IRI.";
    MORE_INFO = "XAPI-00061", "2.4.4.1", "4.2.2.3", "The moreInfo of a definition is an IRL.";
    INTERACTION_TYPE = "XAPI-00049", "2.4.4.1", "4.2.2.3", "An interactionType is one of the ten of the standard.";
    INTERACTION_TYPE_MISSING = "XAPI-00064", "2.4.4.1", "4.2.2.3", "A definition with interaction properties has an interactionType.";
    RESPONSES_PATTERN = "RB-DATA-2.4.4.1-1", "2.4.4.1", "4.2.2.3", "A correctResponsesPattern is an array of strings.";
    COMPONENTS = "RB-DATA-2.4.4.1-2", "2.4.4.1", "4.2.2.3", "A list of interaction components is an array of objects with an id, a string.";
    COMPONENT_IDS = "RB-DATA-2.4.4.1-3", "2.4.4.1", "4.2.2.3", "The ids in a list of interaction components are distinct.";
    COMPONENTS_UNSUPPORTED = "RB-DATA-2.4.4.1-4", "2.4.4.1", "4.2.2.3", "A list of interaction components is one that the interactionType supports.";
    COMPONENT_DESCRIPTION = "RB-DATA-2.4.4.1-5", "2.4.4.1", "4.2.2.3", "The description of an interaction component is a language map.";
    ACTOR_AS_OBJECT = "XAPI-00065", "2.4.4.2", "4.2.2.3", "An Agent or Group as object has an objectType.";
    SUB_STATEMENT = "XAPI-00066", "2.4.4.3", "4.2.2.3", "A SubStatement says that it is one and follows the rules of statements.";
    SUB_AUTHORITY = "XAPI-00067", "2.4.4.3", "4.2.2.3", "A SubStatement has no authority.";
    SUB_VERSION = "XAPI-00068", "2.4.4.3", "4.2.2.3", "A SubStatement has no version.";
    SUB_STORED = "XAPI-00069", "2.4.4.3", "4.2.2.3", "A SubStatement has no stored time.";
    SUB_ID = "XAPI-00070", "2.4.4.3", "4.2.2.3", "A SubStatement has no id.";
    SUB_NESTED = "XAPI-00071", "2.4.4.3", "4.2.2.3", "A SubStatement holds no SubStatement.";
    REF_ID = "XAPI-00072", "2.4.4.3", "4.2.2.3", "A StatementRef has an id, a UUID.";
    REF_TYPE = "XAPI-00073", "2.4.4.3", "4.2.2.3", "A StatementRef has the objectType StatementRef.";
    SUCCESS = "XAPI-00074", "2.4.5", "4.2.2.4", "A success is a boolean.";
    COMPLETION = "XAPI-00075", "2.4.5", "4.2.2.4", "A completion is a boolean.";
    RESPONSE = "XAPI-00076", "2.4.5", "4.2.2.4", "A response is a string.";
    DURATION = "XAPI-00077", "2.4.5", "4.2.2.4", "A duration is a string.";
    DURATION_FORM = "XAPI-00124", "4.6", "4.2.7", "A duration is written as ISO 8601:2004 4.4.3.2 says.";
    RESULT_EXTENSIONS = "XAPI-00078", "2.4.5", "4.2.2.4", "The extensions of a result are an object.";
    SCORE = "XAPI-00079", "2.4.5.1", "4.2.2.4", "A score is an object.";
    SCORE_MAX = "XAPI-00080", "2.4.5.1", "4.2.2.4", "The max of a score is a number.";
    SCORE_MIN = "XAPI-00081", "2.4.5.1", "4.2.2.4", "The min of a score is a number less than its max.";
    SCORE_RAW = "XAPI-00082", "2.4.5.1", "4.2.2.4", "The raw of a score is a number between its min and its max.";
    SCORE_SCALED = "XAPI-00083", "2.4.5.1", "4.2.2.4", "The scaled of a score is a number from -1 to 1.";
    REVISION_OBJECT = "XAPI-00084", "2.4.6", "4.2.2.5", "A revision is used only where the object is an Activity.";
    PLATFORM_OBJECT = "XAPI-00085", "2.4.6", "4.2.2.5", "A platform is used only where the object is an Activity.";
    CONTEXT_ACTIVITIES = "XAPI-00086", "2.4.6", "4.2.2.5", "The contextActivities are an object.";
    REGISTRATION = "XAPI-00087-1", "2.4.6", "4.2.2.5", "A registration is a UUID.";
    INSTRUCTOR = "XAPI-00087-2", "2.4.6", "4.2.2.5", "An instructor is an Agent or a Group.";
    TEAM = "XAPI-00088", "2.4.6", "4.2.2.5", "A team is a Group.";
    REVISION = "XAPI-00089", "2.4.6", "4.2.2.5", "A revision is a string.";
    PLATFORM = "XAPI-00090", "2.4.6", "4.2.2.5", "A platform is a string.";
    LANGUAGE = "XAPI-00091", "2.4.6", "4.2.2.5", "A language is a language tag of RFC 5646.";
    CONTEXT_STATEMENT = "XAPI-00092", "2.4.6", "4.2.2.5", "A statement in a context is a StatementRef.";
    CONTEXT_ACTIVITIES_KEY = "XAPI-00093", "2.4.6.2", "4.2.2.5", "A key of contextActivities is parent, grouping, category or other.";
    CONTEXT_ACTIVITIES_VALUE = "XAPI-00094", "2.4.6.2", "4.2.2.5", "A value of contextActivities is an Activity or an array of Activities.";
    CONTEXT_AGENTS = "RB-DATA-2.4.6-1", "2.4.6", "4.2.2.5", "The contextAgents are an array of contextAgent objects, each with its objectType and an agent.";
    CONTEXT_GROUPS = "RB-DATA-2.4.6-2", "2.4.6", "4.2.2.5", "The contextGroups are an array of contextGroup objects, each with its objectType and a group.";
    RELEVANT_TYPES = "RB-DATA-2.4.6-3", "2.4.6", "4.2.2.5", "The relevantTypes are an array of at least one IRI.";
    CONTEXT_EXTENSIONS = "RB-DATA-2.4.6-4", "2.4.6", "4.2.2.5", "The extensions of a context are an object.";
    AUTHORITY_GROUP = "XAPI-00098", "2.4.9", "4.2.4.2", "An authority that is a Group is anonymous and has exactly two Agents.";
    AUTHORITY_CONSUMER = "XAPI-00100", "2.4.9", "4.2.4.2", "Of an authority's two Agents, the OAuth consumer has an account.";
    VERSION = "XAPI-00101", "2.4.10", "4.2.4.3", "The version of a statement is one of the request's series.";
    ATTACHMENT_LENGTH = "XAPI-00102", "2.4.11", "4.2.2.6", "An attachment has a length, an integer of at least 0.";
    ATTACHMENT_SHA2 = "XAPI-00103", "2.4.11", "4.2.2.6", "An attachment has a sha2, the hex digits of a SHA-2 hash.";
    ATTACHMENT_FILE_URL = "XAPI-00104", "2.4.11", "4.2.2.6", "The fileUrl of an attachment is an IRL.";
    ATTACHMENT_CONTENT_TYPE = "XAPI-00105", "2.4.11", "4.2.2.6", "An attachment has a contentType, an internet media type.";
    ATTACHMENT_DISPLAY = "XAPI-00106", "2.4.11", "4.2.2.6", "An attachment has a display, a language map.";
    ATTACHMENT_USAGE_TYPE = "XAPI-00107", "2.4.11", "4.2.2.6", "An attachment has a usageType, an IRI.";
    ATTACHMENT_DESCRIPTION = "RB-DATA-2.4.11-1", "2.4.11", "4.2.2.6", "The description of an attachment is a language map.";
    EXTENSION_KEY = "XAPI-00118", "4.1", "4.2.7", "A key of extensions is an IRI.";
    LANGUAGE_MAP = "XAPI-00121", "4.2", "4.2.7", "A language map has language tags of RFC 5646 as keys and strings as values.";
    TIMESTAMP_FORM = "XAPI-00123", "4.5", "4.2.7", "A Timestamp is ISO 8601; in 2.0, RFC 3339.";
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
