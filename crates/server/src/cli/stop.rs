//! How a server is told to stop: SIGTERM, Ctrl-C, or the end of its terminal.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ready when the process is told to stop.
pub(super) fn told_to_stop() -> Result<impl Future> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let outlives = std::fs::read_to_string("/proc/self/status").is_ok_and(|it| ignores_hangup(&it));
    let hangup = (!outlives).then(|| signal(SignalKind::hangup())).transpose();
    let hangup = hangup.context("listening for SIGHUP")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = hung_up(hangup) => {}
        }
        tracing::info!("Told to stop: open requests may end");
    })
}

async fn hung_up(hangup: Option<Signal>) {
    match hangup {
        Some(mut hangup) => {
            hangup.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether whoever started this process has it ignore SIGHUP, signal 1, as `nohup` does: from what
/// Linux says of it (`proc_pid_status(5)`).
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn who_outlives_a_terminal_is_known() {
        for (mask, expected) in [
            ("0000000000000001", true),
            ("0000000000001001", true),
            ("0000000000001000", false),
            ("x", false),
        ] {
            let status = format!("Name:\trollbook\nSigIgn:\t{mask}\nSigCgt:\t0000000000000001\n");
            assert_eq!(ignores_hangup(&status), expected, "{mask}");
        }
        assert!(!ignores_hangup(""));
    }
}
