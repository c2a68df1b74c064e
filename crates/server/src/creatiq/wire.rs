//! Bodies and queries of the contract. What is sent besides is let pass, as it is there.

use crate::cmi5::{Account, LaunchWish, Status, UnitName};
use crate::error::{Problem, Result};
use crate::http::Parameters;
use crate::http::api::{self, Faults};
use rollbook_cmi5::launch::LaunchMode;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

/// Characters of the reason for a waiver.
const REASON_CHARS_MAX: usize = 500;

/// Who is registered for what.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatiqRegister)]
pub(super) struct RegisterBody {
    /// What the content is called: 1 to 500 characters.
    pub(super) content_id: String,
    /// What the learner is called: 1 to 255 characters.
    pub(super) learner_id: String,
    /// The learner in statements.
    #[serde(deserialize_with = "api::object")]
    pub(super) actor_account: AccountBody,
    /// Whether this is a new attempt, which takes the place of the registration before it.
    #[serde(default)]
    pub(super) new_attempt: bool,
}

/// An account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatiqAccount)]
pub(super) struct AccountBody {
    /// Who vouches for the name: a URL of at most 500 characters.
    home_page: String,
    /// The name: 1 to 255 characters.
    name: String,
}

/// What came of a session.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreatiqStatus)]
pub(super) struct StatusBody {
    /// `initialized`, `launched`, `completed`, `passed`, `failed`, `abandoned`, `waived` or `terminated`.
    status: String,
    /// The score; what it was stays if it is left out.
    score: Option<ScoreBody>,
    /// Why the learner is excused: `Administrative` unless said.
    reason: Option<String>,
}

/// A score.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[schema(as = CreatiqScore)]
pub(super) struct ScoreBody {
    /// From 0 to 1.
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    scaled: Option<Number>,
    /// Any number.
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Number>,
    /// The least that `raw` can be.
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<Number>,
    /// The most that `raw` can be.
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Number>,
}

/// A status that is asked for.
pub(super) struct StatusWish {
    pub(super) status: Status,
    /// As JSON.
    pub(super) score: Option<String>,
    pub(super) reason: String,
}

impl RegisterBody {
    /// Refuses what the contract does not take.
    pub(super) fn check(&self) -> Result<()> {
        let AccountBody { home_page, name } = &self.actor_account;
        let mut faults = Faults::default();
        faults.unless(fits(&self.content_id, 500), "#/contentId", of_chars(500));
        faults.unless(fits(&self.learner_id, 255), "#/learnerId", of_chars(255));
        let is_url = home_page.contains("://") && rollbook_xapi::iri::is_iri(home_page);
        let detail = "this is a URL of at most 500 characters";
        faults.unless(is_url && fits(home_page, 500), "#/actorAccount/homePage", detail);
        faults.unless(fits(name, 255), "#/actorAccount/name", of_chars(255));
        let detail = format!("this has at most {} bytes", Account::BYTES_MAX);
        let bytes = home_page.len() + name.len();
        faults.unless(bytes <= Account::BYTES_MAX, "#/actorAccount", detail);
        faults.into_result()
    }

    pub(super) fn account(&self) -> Account {
        let AccountBody { home_page, name } = &self.actor_account;
        Account { home_page: home_page.clone(), name: name.clone() }
    }
}

impl StatusBody {
    /// What it asks for.
    pub(super) fn read(self) -> Result<StatusWish> {
        let Self { status, score, reason } = self;
        let mut faults = Faults::default();
        let status = Status::parse(&status);
        let names = Status::ALL.map(|(name, _)| name).join(", ");
        faults.unless(status.is_some(), "#/status", format!("this is one of {names}"));
        let scaled = score.as_ref().and_then(|score| score.scaled.as_ref()?.as_f64());
        let is_scaled = scaled.is_none_or(|scaled| (0.0..=1.0).contains(&scaled));
        faults.unless(is_scaled, "#/score/scaled", "this is from 0 to 1");
        let reason = reason.unwrap_or_else(|| "Administrative".to_owned());
        faults.unless(fits(&reason, REASON_CHARS_MAX), "#/reason", of_chars(REASON_CHARS_MAX));
        faults.into_result()?;
        let score = score.map(|score| serde_json::to_string(&score)).transpose();
        Ok(StatusWish {
            status: status.unwrap_or(Status::Initialized),
            score: score.map_err(Problem::internal)?,
            reason,
        })
    }
}

/// How something shall be launched, by the parameters `au`, `mode` and `returnUrl`.
pub(super) fn wish(query: &str) -> Result<LaunchWish> {
    let query = Parameters::parse(query, &["au", "mode", "returnUrl"])?;
    let mode = query.text("mode");
    let modes = LaunchMode::ALL.iter();
    let read = mode.and_then(|text| modes.clone().find(|(name, _)| *name == text));
    let mut faults = Faults::default();
    let detail = "`mode` is Normal, Browse or Review";
    faults.unless(mode.is_none() || read.is_some(), "#/mode", detail);
    faults.into_result()?;
    let unit = query.text("au").map(|text| match text.parse() {
        Ok(place) => UnitName::Index(place),
        Err(_no_number) => UnitName::Id(text.to_owned()),
    });
    Ok(LaunchWish {
        unit,
        mode: read.map(|(_, mode)| *mode),
        return_url: query.text("returnUrl").map(str::to_owned),
        ..LaunchWish::default()
    })
}

fn fits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn of_chars(most: usize) -> String {
    format!("this has 1 to {most} characters, no control characters")
}
