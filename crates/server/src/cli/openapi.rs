//! `rollbook openapi`: the interface as a document.

use crate::http::openapi;
use anyhow::Result;
use clap::Args;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  rollbook openapi > openapi.json
      What a server of this version answers at /openapi.json, without starting one.";

/// Show the interface of a server as OpenAPI 3.1
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {}

pub(super) fn run(out: &mut dyn Write) -> Result<()> {
    Ok(out.write_all(openapi::document(crate::FEATURES).as_bytes())?)
}
