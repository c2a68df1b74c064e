//! `rollbook settings`: everything that can be set.

use crate::config::{self, SETTINGS};
use anyhow::Result;
use clap::Args;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  rollbook settings > data/rollbook.toml
      Starts a settings file: every setting is in it, commented out, with its default.
  ROLLBOOK_LIMITS_PAGE_STATEMENTS=500 rollbook serve
      Sets one in the environment.";

/// Show everything that can be set, as a file to start from.
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
            return Ok(out.write_all(config::markdown().as_bytes())?);
        }
        Ok(file(out)?)
    }
}

/// A settings file with every setting commented out.
fn file(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Settings of Rollbook. Take the # away from what you change.")?;
    let mut table = "";
    for setting in SETTINGS {
        let (within, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if within != table {
            writeln!(out, "\n[{within}]")?;
            table = within;
        }
        writeln!(out, "\n# {}", setting.help().replace('\n', "\n# "))?;
        writeln!(out, "# {key} = {:?}", setting.default)?;
    }
    Ok(())
}
