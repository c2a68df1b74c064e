//! `cargo xtask soak`: the proofs that are too long for every push, in release, on both engines.
//!
//! They are the same tests as in `make test`; only their number of rounds differs.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Writers, and learners in courses, whose server is killed.
const CRASH: &str = "test(/^(crash|learners)::/)";

/// How many rounds of each proof; 0 leaves it out.
#[derive(clap::Args)]
pub(crate) struct Soak {
    /// Random operations against the naive model
    #[arg(long, value_name = "STEPS", default_value_t = 1_000_000)]
    model: u64,
    /// Times that a server under load is killed and started again
    #[arg(long, value_name = "ROUNDS", default_value_t = 1_000)]
    crash: u64,
}

impl Soak {
    pub(crate) fn run(&self, root: &Path) -> anyhow::Result<()> {
        let filter = self.filter();
        ensure!(!filter.is_empty(), "nothing to run: both --model and --crash are 0");
        let status = Command::new(root.join("scripts/with-postgres"))
            .current_dir(root)
            .args(["cargo", "nextest", "run", "--release", "--locked", "--no-fail-fast"])
            .args(["--profile", "soak", "--package", "rollbook-server", "-E", &filter])
            .env("ROLLBOOK_MODEL_STEPS", self.model.to_string())
            .env("ROLLBOOK_CRASH_ROUNDS", self.crash.to_string())
            .status()
            .context("starting scripts/with-postgres")?;
        ensure!(status.success(), "a proof failed");
        Ok(())
    }

    /// Which tests to run, as nextest's filter expression.
    fn filter(&self) -> String {
        let Self { model, crash } = self;
        [(*model, "test(model::)"), (*crash, CRASH)]
            .into_iter()
            .filter(|(rounds, _)| *rounds > 0)
            .map(|(_, test)| test)
            .collect::<Vec<_>>()
            .join(" + ")
    }
}

#[cfg(test)]
mod tests {
    use super::{CRASH, Soak};

    #[test]
    fn zero_leaves_a_proof_out() {
        let both = format!("test(model::) + {CRASH}");
        assert_eq!(Soak { model: 1, crash: 1 }.filter(), both);
        assert_eq!(Soak { model: 0, crash: 9 }.filter(), CRASH);
        assert_eq!(Soak { model: 0, crash: 0 }.filter(), "");
    }
}
