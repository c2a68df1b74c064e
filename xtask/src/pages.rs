//! `cargo xtask settings`, `errors` and `openapi`: pages that the program itself writes, so that they
//! are never stale.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// A page and the command of `rollbook` that prints it.
pub(crate) struct Page {
    path: &'static str,
    command: &'static [&'static str],
    task: &'static str,
}

/// Every setting.
pub(crate) const SETTINGS: Page = Page {
    path: "docs/settings.md",
    command: &["settings", "--markdown"],
    task: "cargo xtask settings",
};

/// Every code of a refusal.
pub(crate) const ERRORS: Page =
    Page { path: "docs/errors.md", command: &["errors", "--markdown"], task: "cargo xtask errors" };

/// The interface, for programs.
pub(crate) const OPENAPI: Page =
    Page { path: "docs/openapi.json", command: &["openapi"], task: "cargo xtask openapi" };

#[derive(clap::Args)]
pub(crate) struct Write {
    /// Writes nothing; fails when the page is not what the program says
    #[arg(long)]
    check: bool,
}

impl Write {
    pub(crate) fn run(&self, page: &Page, root: &Path) -> anyhow::Result<()> {
        let Page { path, command: _, task } = page;
        let said = page.said(root)?;
        let file = root.join(path);
        if self.check {
            let written = fs::read_to_string(&file).with_context(|| format!("reading {path}"))?;
            ensure!(written == said, "{path} is stale: run `{task}`");
        } else {
            fs::write(&file, said).with_context(|| format!("writing {path}"))?;
            println!("wrote {path}");
        }
        Ok(())
    }
}

impl Page {
    /// What the program says.
    fn said(&self, root: &Path) -> anyhow::Result<String> {
        let output = Command::new("cargo")
            .current_dir(root)
            // The same flags as for the tests, or cargo would compile the dependencies a second time.
            .args(["run", "--quiet", "--locked", "--all-features", "--package", "rollbook-server"])
            .args(["--bin", "rollbook", "--"])
            .args(self.command)
            .output()
            .context("starting cargo")?;
        ensure!(
            output.status.success(),
            "`rollbook {}` failed: {}",
            self.command.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).context("reading what the program printed")
    }
}
