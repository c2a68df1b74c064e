//! `cargo xtask settings`: `docs/settings.md` is what `rollbook settings --markdown` prints, so it is never stale.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Where the table is kept.
const PAGE: &str = "docs/settings.md";

#[derive(clap::Args)]
pub(crate) struct Settings {
    /// Writes nothing; fails when the page is not what the program says
    #[arg(long)]
    check: bool,
}

impl Settings {
    pub(crate) fn run(&self, root: &Path) -> anyhow::Result<()> {
        let said = said(root)?;
        let page = root.join(PAGE);
        if self.check {
            let written = fs::read_to_string(&page).with_context(|| format!("reading {PAGE}"))?;
            ensure!(written == said, "{PAGE} is stale: run `cargo xtask settings`");
        } else {
            fs::write(&page, said).with_context(|| format!("writing {PAGE}"))?;
            println!("wrote {PAGE}");
        }
        Ok(())
    }
}

/// What the program says its settings are.
fn said(root: &Path) -> anyhow::Result<String> {
    let output = Command::new("cargo")
        .current_dir(root)
        // The same flags as for the tests, or cargo would compile the dependencies a second time.
        .args(["run", "--quiet", "--locked", "--all-features", "--package", "rollbook-server"])
        .args(["--bin", "rollbook", "--", "settings", "--markdown"])
        .output()
        .context("starting cargo")?;
    ensure!(
        output.status.success(),
        "`rollbook settings --markdown` failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).context("reading what `rollbook settings` printed")
}
