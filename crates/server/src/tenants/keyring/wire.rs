//! Keys as they are sent and told.

use crate::error::{Fault, Place, Problem, Result};
use crate::tenants::{KeyChange, KeyError, KeyWish, Listed, Restrictions, Scopes};
use rollbook_xapi::timestamp::{self, format_micros};
use rollbook_xapi::version::Version;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A key to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewKeyBody {
    /// What people call it; it is also the name of the authority of what it stores.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What people want to remember of it.
    #[serde(default)]
    #[schema(max_length = 2000)]
    notes: String,
    /// What it may do: names of scopes, or `xapi:read` and `xapi:write`.
    #[schema(min_items = 1)]
    scopes: Vec<String>,
    /// Networks that it may be used from, such as `192.0.2.0/24`; any if there is none.
    #[serde(default)]
    ip_ranges: Vec<String>,
    /// Origins of the pages that it may be used by; any if there is none.
    #[serde(default)]
    origins: Vec<String>,
    /// Beginnings of the IRIs of the activities that it may touch; any if there is none.
    #[serde(default)]
    activity_prefixes: Vec<String>,
    /// When it ends; never if this is left out.
    #[schema(format = DateTime)]
    expires: Option<String>,
}

/// What shall change about a key; what is left out stays.
#[expect(clippy::option_option, reason = "left out, null and a time are three things")]
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct KeyChangeBody {
    /// What people call it. The authority of what it stores keeps the first name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What people want to remember of it.
    #[schema(max_length = 2000)]
    notes: Option<String>,
    /// What it may do.
    #[schema(min_items = 1)]
    scopes: Option<Vec<String>>,
    /// Networks that it may be used from.
    ip_ranges: Option<Vec<String>>,
    /// Origins of the pages that it may be used by.
    origins: Option<Vec<String>>,
    /// Beginnings of the IRIs of the activities that it may touch.
    activity_prefixes: Option<Vec<String>>,
    /// When it ends; null for never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Option<String>>,
}

/// How a key gets a new secret.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RotationBody {
    /// Seconds that the old secret works beside the new one; 0 ends it at once.
    #[schema(maximum = 7_776_000)]
    pub(super) overlap_seconds: u32,
}

/// A key, without its secret.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Key)]
pub(super) struct KeyShown {
    /// The public part: the user name of Basic authentication.
    key: String,
    /// What people call it.
    name: String,
    /// What people want to remember of it.
    notes: String,
    /// What it may do.
    scopes: Vec<String>,
    /// Networks that it may be used from; any if there is none.
    ip_ranges: Vec<String>,
    /// Origins of the pages that it may be used by; any if there is none.
    origins: Vec<String>,
    /// Beginnings of the IRIs of the activities that it may touch; any if there is none.
    activity_prefixes: Vec<String>,
    /// `active`, `expired` or `revoked`.
    state: String,
    /// When it was made.
    created: String,
    /// When it ends; null for never.
    expires: Option<String>,
    /// When it was revoked.
    revoked: Option<String>,
    /// When it was last used, give or take a minute.
    last_used: Option<String>,
    /// When it last got a new secret.
    rotated: Option<String>,
    /// Until when the secret before that works.
    old_secret_until: Option<String>,
}

/// A key that was just made. Its secret is told only now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeKey)]
pub(super) struct KeyMade {
    #[serde(flatten)]
    pub(super) shown: KeyShown,
    /// The secret: the password of Basic authentication.
    pub(super) secret: String,
}

/// A new secret of a key, told only now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RotatedKey)]
pub(super) struct KeyRotated {
    /// The public part, which stays.
    pub(super) key: String,
    /// The new secret.
    pub(super) secret: String,
    /// When the old secret ends.
    pub(super) old_secret_until: String,
}

/// A key in JSON.
pub(super) fn in_json(listed: &Listed, now: i64) -> serde_json::Value {
    serde_json::to_value(KeyShown::of(listed, now)).expect("a key is texts")
}

impl KeyShown {
    pub(super) fn of(listed: &Listed, now: i64) -> Self {
        let Restrictions { addresses, origins, activities } = &listed.restrictions;
        let state = match listed {
            Listed { revoked: Some(_), .. } => "revoked",
            Listed { expires: Some(end), .. } if *end <= now => "expired",
            _ => "active",
        };
        Self {
            key: listed.key.clone(),
            name: listed.name.clone(),
            notes: listed.notes.clone(),
            scopes: listed.scopes.names().map(str::to_owned).collect(),
            ip_ranges: addresses.iter().map(ToString::to_string).collect(),
            origins: origins.clone(),
            activity_prefixes: activities.clone(),
            state: state.to_owned(),
            created: format_micros(listed.created),
            expires: listed.expires.map(format_micros),
            revoked: listed.revoked.map(format_micros),
            last_used: listed.last_used.map(format_micros),
            rotated: listed.rotated.map(format_micros),
            old_secret_until: listed.old_until.map(format_micros),
        }
    }
}

impl NewKeyBody {
    /// The wish that this is, of a key under this server's address.
    pub(super) fn wish(self, home_page: &str) -> Result<KeyWish> {
        let Self { name, notes, scopes, ip_ranges, origins, activity_prefixes, expires } = self;
        let restrictions = Restrictions::parse(&ip_ranges, &origins, &activity_prefixes);
        Ok(KeyWish {
            name,
            notes,
            scopes: parsed(&scopes)?,
            restrictions: restrictions.map_err(KeyError::from)?,
            expires: expires.as_deref().map(end).transpose()?,
            home_page: home_page.to_owned(),
        })
    }
}

impl KeyChangeBody {
    /// The change of a key as it is now: each list of restrictions stays unless it is given.
    pub(super) fn change(self, before: &Listed) -> Result<KeyChange> {
        let Self { name, notes, scopes, ip_ranges, origins, activity_prefixes, expires } = self;
        let given = ip_ranges.is_some() || origins.is_some() || activity_prefixes.is_some();
        let Restrictions { addresses, origins: pages, activities } = &before.restrictions;
        let networks = || addresses.iter().map(ToString::to_string).collect();
        let restrictions = || {
            Restrictions::parse(
                &ip_ranges.unwrap_or_else(networks),
                &origins.unwrap_or_else(|| pages.clone()),
                &activity_prefixes.unwrap_or_else(|| activities.clone()),
            )
        };
        let restrictions = given.then(restrictions).transpose().map_err(KeyError::from)?;
        Ok(KeyChange {
            name,
            notes,
            scopes: scopes.as_deref().map(parsed).transpose()?,
            restrictions,
            expires: match expires {
                None => None,
                Some(None) => Some(None),
                Some(Some(text)) => Some(Some(end(&text)?)),
            },
        })
    }
}

fn parsed(scopes: &[String]) -> Result<Scopes> {
    Ok(Scopes::parse(&scopes.join(",")).map_err(KeyError::from)?)
}

fn end(text: &str) -> Result<i64> {
    timestamp::parse(text, Version::V1).map(|found| found.micros).map_err(|_unreadable| {
        let place = Place::Body("#/expires".to_owned());
        let detail = "a time reads like 2026-11-21T07:00:00Z".to_owned();
        Problem::faults(vec![Fault { place, detail }])
    })
}

/// A member that is there, be it null.
#[expect(clippy::option_option, reason = "left out, null and a time are three things")]
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}
