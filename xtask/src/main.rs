//! Chores of this repository: `cargo xtask tidy`, `soak`, `settings`, `errors` and `openapi`.
//!
//! No Rollbook crate is a dependency: a rule must be able to judge a tree that does not compile.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program answers on standard output and error"
)]

mod pages;
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
    /// Runs the long proofs: the model test and the crash tests, on both engines
    Soak(soak::Soak),
    /// Writes docs/settings.md from the program's own table
    Settings(pages::Write),
    /// Writes docs/openapi.json from the program's own table of endpoints
    Openapi(pages::Write),
    /// Writes docs/errors.md from the table of codes
    Errors(pages::Write),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Tidy => tidy::run(&root()),
        Task::Soak(soak) => soak.run(&root()),
        Task::Settings(write) => write.run(&pages::SETTINGS, &root()),
        Task::Openapi(write) => write.run(&pages::OPENAPI, &root()),
        Task::Errors(write) => write.run(&pages::ERRORS, &root()),
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
