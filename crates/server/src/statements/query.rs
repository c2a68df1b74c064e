//! What a GET on the Statements resource asks for (1.0.3 Communication 2.1.3, 2.1.4).

use crate::cmi5;
use crate::error::{Code, Problem, Result};
use crate::http::parameters::Parameters;
use crate::limits::Limits;
use crate::tenants::SessionCaller;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollbook_xapi::version::Version;
use uuid::Uuid;

/// Parameters of the standard, and two of ours that only `more` links carry.
const ALLOWED: &[&str] = &[
    "statementId",
    "voidedStatementId",
    "agent",
    "verb",
    "activity",
    "registration",
    "related_activities",
    "related_agents",
    "since",
    "until",
    "limit",
    "format",
    "attachments",
    "ascending",
    "cursor",
    "language",
];

/// How statements are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Exact,
    Ids,
    Canonical,
}

/// What to filter by; all must hold on one statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) agent: Option<String>,
    /// The name of an actor's account, or its address.
    pub(super) known_as: Option<String>,
    pub(super) related_agents: bool,
    pub(super) verb: Option<String>,
    pub(super) activity: Option<String>,
    pub(super) related_activities: bool,
    pub(super) registration: Option<Uuid>,
    /// The authority that a `statements/read/mine` caller is confined to.
    pub(super) authority: Option<String>,
}

impl Filter {
    /// Launched content reads what is its learner's, in its registration.
    ///
    /// # Errors
    /// 403 if it asks for somebody else's.
    pub(super) fn confine(&mut self, session: &SessionCaller) -> Result<()> {
        let other = |detail: &str| cmi5::broken("8.1.3.0-3", detail);
        if self.agent.as_ref().is_some_and(|agent| *agent != session.agent_key) {
            return Err(other("the agent is not the learner who was launched"));
        }
        if self.registration.is_some_and(|registration| registration != session.registration) {
            return Err(cmi5::broken(
                "8.1.4.0-3",
                "the registration is not the one of this launch",
            ));
        }
        self.agent = Some(session.agent_key.clone());
        self.related_agents = false;
        self.registration = Some(session.registration);
        Ok(())
    }
}

/// A page of statements.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) filter: Filter,
    /// Stored after this, in microseconds; exclusive.
    pub(super) since: Option<i64>,
    /// Stored up to this, in microseconds; inclusive.
    pub(super) until: Option<i64>,
    pub(super) limit: usize,
    pub(super) ascending: bool,
    /// The position of the last statement of the page before.
    pub(super) cursor: Option<i64>,
}

/// Which statements are asked for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    One { id: Uuid, voided: bool },
    Page(Query),
}

/// A whole GET.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) wanted: Wanted,
    pub(super) format: Format,
    pub(super) attachments: bool,
    /// The languages of a canonical answer, when a `more` link carries them.
    pub(super) language: Option<String>,
}

impl Asked {
    /// Reads the query string; every parameter is known, given once and well formed.
    pub(super) fn parse(query: &str, version: Version, limits: &Limits) -> Result<Self> {
        let parameters = Parameters::parse(query, ALLOWED)?;
        let wanted = match (parameters.uuid("statementId")?, parameters.uuid("voidedStatementId")?)
        {
            (None, None) => Wanted::Page(page(&parameters, version, limits)?),
            (Some(_), Some(_)) => {
                let detail = "`statementId` and `voidedStatementId` cannot be asked for at once (Communication 2.1.3); send one of them";
                return Err(Problem::bad_request(Code::ValidationParameterCombination, detail));
            }
            (Some(id), None) => one(&parameters, id, false)?,
            (None, Some(id)) => one(&parameters, id, true)?,
        };
        Self::shown(&parameters, wanted)
    }

    /// Reads the parameters that go with a statement named by its path.
    pub(super) fn parse_named(query: &str, id: Uuid) -> Result<Self> {
        let parameters = Parameters::parse(query, &["format", "attachments"])?;
        Self::shown(&parameters, Wanted::One { id, voided: false })
    }

    fn shown(parameters: &Parameters, wanted: Wanted) -> Result<Self> {
        let format = match parameters.word("format", &["exact", "ids", "canonical"])? {
            Some("ids") => Format::Ids,
            Some("canonical") => Format::Canonical,
            _ => Format::Exact,
        };
        let attachments = parameters.flag("attachments")?;
        let language = parameters.text("language").map(str::to_owned);
        Ok(Self { wanted, format, attachments, language })
    }
}

/// One statement by id goes with `attachments` and `format` only (XAPI-00150, XAPI-00151).
fn one(parameters: &Parameters, id: Uuid, voided: bool) -> Result<Wanted> {
    let alone = ["statementId", "voidedStatementId", "format", "attachments"];
    if let Some(other) = parameters.names().find(|name| !alone.contains(name)) {
        let detail = format!(
            "`{other}` cannot be combined with a statement id (Communication 2.1.3); only `format` and `attachments` can"
        );
        return Err(Problem::bad_request(Code::ValidationParameterCombination, detail));
    }
    Ok(Wanted::One { id, voided })
}

fn page(parameters: &Parameters, version: Version, limits: &Limits) -> Result<Query> {
    let filter = Filter {
        agent: parameters.agent("agent", version)?.map(|agent| agent.key),
        known_as: None,
        related_agents: parameters.flag("related_agents")?,
        verb: parameters.iri("verb")?.map(str::to_owned),
        activity: parameters.iri("activity")?.map(str::to_owned),
        related_activities: parameters.flag("related_activities")?,
        registration: parameters.uuid("registration")?,
        authority: None,
    };
    Ok(Query {
        ascending: parameters.flag("ascending")?,
        ..bounded(parameters, filter, version, limits)?
    })
}

/// The parameters of the contract of `creatiq` that say which statements are asked for.
const CREATIQ: &[&str] = &["actorId", "verbId", "objectId", "since", "until", "limit", "cursor"];

/// Reads the query of a page as the contract of `creatiq` has it.
pub(super) fn creatiq(query: &str, limits: &Limits) -> Result<Query> {
    let parameters = Parameters::parse(query, CREATIQ)?;
    let filter = Filter {
        known_as: parameters.text("actorId").map(str::to_owned),
        verb: parameters.iri("verbId")?.map(str::to_owned),
        activity: parameters.iri("objectId")?.map(str::to_owned),
        ..Filter::default()
    };
    bounded(&parameters, filter, Version::V1, limits)
}

/// A page of what `filter` finds, the latest first.
fn bounded(
    parameters: &Parameters,
    filter: Filter,
    version: Version,
    limits: &Limits,
) -> Result<Query> {
    // 0 asks for the server's maximum.
    let limit = parameters.count("limit")?.filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(limits.page_statements_max).min(limits.page_statements_max);
    Ok(Query {
        filter,
        since: parameters.timestamp("since", version)?,
        until: parameters.timestamp("until", version)?,
        limit,
        ascending: false,
        cursor: parameters.text("cursor").map(read_cursor).transpose()?,
    })
}

/// The link to the page after `position` of what `address` asks for: relative to the server, and
/// good for as long as the statements are.
pub(super) fn more(address: &str, position: i64, language: Option<&str>) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let kept = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name != "cursor" && name != "language");
    let path = format!("{path}?");
    let mut link = form_urlencoded::Serializer::for_suffix(path.clone(), path.len());
    link.extend_pairs(kept);
    if let Some(language) = language {
        link.append_pair("language", language);
    }
    link.append_pair("cursor", &URL_SAFE_NO_PAD.encode(position.to_be_bytes()));
    link.finish()
}

fn read_cursor(text: &str) -> Result<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    let invalid = || {
        Problem::bad_request(
            Code::CursorInvalid,
            "`cursor` is not one that a `more` link of this server carries; start again without it",
        )
    };
    bytes.map(i64::from_be_bytes).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_more_link_carries_every_parameter_and_one_cursor() {
        let link = more(
            "/xapi/statements?verb=http%3A%2F%2Fa.b%2Fc&limit=2&cursor=old",
            42,
            Some("de, en;q=0.5"),
        );
        let query = link.strip_prefix("/xapi/statements?").unwrap();
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["verb", "limit", "language", "cursor"]);
        assert_eq!(read_cursor(&pairs[3].1).unwrap(), 42);
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        assert_eq!(read_cursor("nonsense").unwrap_err().code.name(), "cursor.invalid");
    }
}
