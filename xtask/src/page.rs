//! `cargo xtask settings` and `errors`: `docs/settings.md` is what `rollbook settings --markdown` prints, and
//! `docs/errors.md` what `rollbook errors --markdown` does, so that neither is ever stale.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

#[derive(clap::Args)]
pub(crate) struct Page {
    /// Writes nothing; fails when the page is not what the program says
    #[arg(long)]
    check: bool,
}

impl Page {
    /// Writes or checks `docs/NAME.md`, which is what `rollbook NAME --markdown` prints.
    pub(crate) fn run(&self, name: &str, root: &Path) -> anyhow::Result<()> {
        let said = said(name, root)?;
        let path = format!("docs/{name}.md");
        let page = root.join(&path);
        if self.check {
            let written = fs::read_to_string(&page).with_context(|| format!("reading {path}"))?;
            ensure!(written == said, "{path} is stale: run `cargo xtask {name}`");
        } else {
            fs::write(&page, said).with_context(|| format!("writing {path}"))?;
            println!("wrote {path}");
        }
        Ok(())
    }
}

/// What the program prints.
fn said(name: &str, root: &Path) -> anyhow::Result<String> {
    let output = Command::new("cargo")
        .current_dir(root)
        // The same flags as for the tests, or cargo would compile the dependencies a second time.
        .args(["run", "--quiet", "--locked", "--all-features", "--package", "rollbook-server"])
        .args(["--bin", "rollbook", "--", name, "--markdown"])
        .output()
        .context("starting cargo")?;
    ensure!(
        output.status.success(),
        "`rollbook {name} --markdown` failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .with_context(|| format!("reading what `rollbook {name}` printed"))
}
