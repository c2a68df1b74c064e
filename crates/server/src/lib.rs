//! The Rollbook server: everything that does I/O.
//!
//! One folder per thing a user can name; the order below is the reading order.

pub mod app;
pub mod clock;
pub mod codes;
pub mod error;
mod hex;
pub mod ids;
pub mod limits;
mod nul;
pub mod start;

pub mod http;
pub mod operate;
pub mod requests;
pub mod tenants;
pub mod usage;

pub mod audit;

pub mod about;
pub mod activities;
pub mod agents;
pub mod catapult;
pub mod cmi5;
pub mod content;
pub mod creatiq;
pub mod docs;
pub mod documents;
pub mod learner;
pub mod nodes;
pub mod statements;

pub mod blobs;
pub mod cli;
pub mod config;
#[cfg(test)]
mod isolation;
pub mod migrations;
#[cfg(test)]
mod testing;

use crate::http::Feature;

/// Every feature. The router, the authority probes and the prepare test come from this table.
pub const FEATURES: &[&Feature] = &[
    &tenants::FEATURE,
    &tenants::keyring::FEATURE,
    &audit::FEATURE,
    &tenants::issuers::FEATURE,
    &usage::FEATURE,
    &statements::FEATURE,
    &documents::FEATURE,
    &activities::FEATURE,
    &agents::FEATURE,
    &about::FEATURE,
    &content::FEATURE,
    &cmi5::FEATURE,
    &learner::FEATURE,
    &catapult::FEATURE,
    &creatiq::FEATURE,
    &operate::FEATURE,
    &requests::FEATURE,
    &docs::FEATURE,
    &http::api::FEATURE,
    &nodes::FEATURE,
];
