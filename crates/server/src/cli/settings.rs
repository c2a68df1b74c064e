//! `rollbook settings`: everything that can be set.

use crate::config::{self, SETTINGS};
use anyhow::Result;
use clap::Args;
use std::io::Write;

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
        let text = if self.markdown { config::markdown() } else { file() };
        Ok(out.write_all(text.as_bytes())?)
    }
}

/// A settings file with every setting commented out.
fn file() -> String {
    let mut text = "# Settings of Rollbook. Take the # away from what you change.\n".to_owned();
    let mut table = "";
    for setting in SETTINGS {
        let (within, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if within != table {
            text += &format!("\n[{within}]\n");
            table = within;
        }
        text += &format!("\n# {}\n", setting.help().replace('\n', "\n# "));
        text += &format!("# {key} = {:?}\n", setting.default);
    }
    text
}
