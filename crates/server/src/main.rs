//! The program `rollbook`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rollbook_server::cli::main()
}
