//! The Rollbook server: everything that does I/O.
//!
//! One folder per thing a user can name; the order below is the reading order.

pub mod app;
pub mod clock;
pub mod error;
pub mod ids;
pub mod limits;
mod nul;
pub mod start;

pub mod http;
pub mod tenants;
pub mod usage;

pub mod about;
pub mod activities;
pub mod agents;
pub mod documents;
pub mod statements;

pub mod blobs;
pub mod cli;
pub mod config;
pub mod migrations;
#[cfg(test)]
mod testing;

use crate::http::Feature;

/// Every feature. The router, the authority probes and the prepare test come from this table.
pub const FEATURES: &[&Feature] = &[
    &tenants::FEATURE,
    &usage::FEATURE,
    &statements::FEATURE,
    &documents::FEATURE,
    &activities::FEATURE,
    &agents::FEATURE,
    &about::FEATURE,
];
