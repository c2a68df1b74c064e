//! Bodies as CATAPULT's clients send them. What they send besides is let pass, as it is there.

use crate::cmi5::{Account, LaunchWish, UnitName};
use crate::error::{Fault, Place, Problem, Result};
use rollbook_cmi5::course::{MasteryScore, MoveOn};
use rollbook_cmi5::launch::LaunchMode;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// A tenant that is asked for.
#[derive(Deserialize, ToSchema)]
#[schema(as = CatapultTenant)]
pub(super) struct TenantBody {
    /// What to call it.
    pub(super) code: String,
}

/// For whom a token is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CatapultAudience)]
pub(super) struct AuthBody {
    /// The tenant.
    pub(super) tenant_id: i64,
    /// What the token is for; it changes nothing.
    #[serde(rename = "audience")]
    pub(super) _audience: String,
}

/// A learner, as an Agent with an account.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = CatapultActor)]
pub(super) struct Actor {
    account: ActorAccount,
}

/// The account of a learner.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CatapultAccount)]
struct ActorAccount {
    /// Who vouches for the name.
    home_page: String,
    /// The name.
    name: String,
}

/// A registration to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CatapultRegistrationBody)]
pub(super) struct RegistrationBody {
    /// The course, by its number or UUID.
    #[schema(value_type = Object)]
    pub(super) course_id: Value,
    /// The learner.
    pub(super) actor: Actor,
}

/// A launch to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CatapultLaunchBody)]
pub(super) struct LaunchBody {
    /// The learner.
    pub(super) actor: Actor,
    /// The registration; it is made if it is not known.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub(super) reg: Option<Uuid>,
    /// `Normal`, `Browse` or `Review`.
    #[schema(value_type = Option<String>)]
    launch_mode: Option<LaunchMode>,
    /// What is handed to the unit as it is.
    launch_parameters: Option<String>,
    /// The least score that passes.
    #[schema(value_type = Option<f64>)]
    mastery_score: Option<Box<RawValue>>,
    /// What satisfies the unit.
    #[schema(value_type = Option<String>)]
    move_on: Option<MoveOn>,
    /// A key beside the one of the structure.
    alternate_entitlement_key: Option<String>,
    /// Where the learner goes at the end.
    return_url: Option<String>,
    /// More for the template of the context, which is not taken here.
    #[schema(value_type = Option<Object>)]
    context_template_additions: Option<Value>,
}

/// Why a learner is excused.
#[derive(Deserialize, ToSchema)]
#[schema(as = CatapultWaiver)]
pub(super) struct WaiveBody {
    /// Why.
    pub(super) reason: String,
}

impl Actor {
    /// The account.
    pub(super) fn account(self) -> Result<Account> {
        let ActorAccount { home_page, name } = self.account;
        let account = Account { home_page, name };
        account.check()?;
        Ok(account)
    }
}

impl RegistrationBody {
    /// The course as it would stand in a path.
    pub(super) fn course(&self) -> String {
        self.course_id.as_str().map_or_else(|| self.course_id.to_string(), str::to_owned)
    }
}

impl LaunchBody {
    /// How the unit at this place shall be launched.
    pub(super) fn wish(self, unit: usize) -> Result<LaunchWish> {
        let has_more = |value: &Value| value.as_object().is_none_or(|object| !object.is_empty());
        let additions = self.context_template_additions.filter(|value| !value.is_null());
        if additions.as_ref().is_some_and(has_more) {
            let detail = "the template of the context is as short as cmi5 10.2.1 lets it be";
            return Err(fault("#/contextTemplateAdditions", detail));
        }
        let score = self.mastery_score.filter(|score| score.get() != "null");
        let score = score.map(|score| MasteryScore::parse(score.get())).transpose();
        Ok(LaunchWish {
            unit: Some(UnitName::Index(unit)),
            mode: self.launch_mode,
            move_on: self.move_on,
            mastery_score: score.map_err(|why| fault("#/masteryScore", why))?,
            launch_parameters: self.launch_parameters,
            alternate_key: self.alternate_entitlement_key,
            return_url: self.return_url,
        })
    }
}

/// 422 for one thing.
pub(super) fn fault(pointer: &str, detail: &str) -> Problem {
    let place = Place::Body(pointer.to_owned());
    Problem::faults([Fault { place, detail: detail.to_owned() }])
}
