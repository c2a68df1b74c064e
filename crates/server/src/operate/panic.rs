//! A panic as a log may show it.
//!
//! A message that was put together at run time may quote what a learner did (a slice that is out
//! of bounds quotes the text), so only one that stands in the program is told. The place is
//! enough to find the rest.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

/// What is said in place of a message that may quote.
pub const WITHHELD: &str = "(a message that may quote data is withheld)";

/// The message of a panic, if it stands in the program.
pub fn message(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or(WITHHELD)
}

/// From now on every panic of this process is one line of the log.
pub fn log_panics() {
    std::panic::set_hook(Box::new(told));
}

fn told(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let message = payload.downcast_ref::<&'static str>().copied().unwrap_or(WITHHELD);
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    // Functions and lines, if RUST_BACKTRACE asks for them; no values.
    let trace = Backtrace::capture();
    let trace = (trace.status() == BacktraceStatus::Captured).then(|| trace.to_string());
    tracing::error!(place, thread, message, backtrace = trace, "Panicked");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_in_the_program_is_told() {
        let name = "Ada Canary".to_owned();
        let fixed = std::panic::catch_unwind(|| panic!("an invariant")).unwrap_err();
        let made = std::panic::catch_unwind(|| panic!("no {name}")).unwrap_err();
        let other = std::panic::catch_unwind(|| std::panic::panic_any(7)).unwrap_err();
        assert_eq!(message(&*fixed), "an invariant");
        assert_eq!(message(&*made), WITHHELD);
        assert_eq!(message(&*other), WITHHELD);
    }
}
