//! Chores of this repository: `cargo xtask tidy`, `soak`, `settings` and `errors`.
//!
//! No Rollbook crate is a dependency: a rule must be able to judge a tree that does not compile.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program answers on standard output and error"
)]

mod page;
mod soak;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

/// Chores of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Checks the house rules that a machine can see; fast, no compiler
    Tidy,
    /// Runs the long proofs: the model test and the crash test, on both engines
    Soak(soak::Soak),
    /// Writes docs/settings.md from the program's own table
    Settings(page::Page),
    /// Writes docs/errors.md from the table of codes
    Errors(page::Page),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Tidy => tidy::run(&root()),
        Task::Soak(soak) => soak.run(&root()),
        Task::Settings(page) => page.run("settings", &root()),
        Task::Errors(page) => page.run("errors", &root()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The top folder of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ is inside the repository").into()
}
