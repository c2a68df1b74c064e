//! `rollbook errors`: every code of a refusal.

use crate::codes::{self, CODES};
use anyhow::Result;
use clap::Args;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  rollbook errors | grep cursor
      What the codes about cursors mean.";

/// Show every code with which a request is refused.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// Print the page of the documentation instead
    #[arg(long)]
    markdown: bool,
}

impl Show {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<()> {
        if self.markdown {
            return Ok(out.write_all(codes::markdown().as_bytes())?);
        }
        for code in CODES {
            writeln!(out, "{} {code}: {}", code.status(), code.meaning())?;
        }
        Ok(())
    }
}
