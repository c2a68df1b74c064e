//! What the system knows of this process (Linux; elsewhere nothing is known and nothing is shown).

use std::fs;

/// Ticks of the clock in which Linux counts processor time: `USER_HZ`, the same on every machine.
const TICKS_PER_SECOND: f64 = 100.0;

/// What is shown of the process.
#[derive(Debug, Default)]
pub(super) struct Process {
    /// Memory that is in use now.
    pub(super) resident_bytes: Option<u64>,
    /// Files and sockets that are open.
    pub(super) open_files: Option<u64>,
    /// Processor time since the start, of user and system together.
    pub(super) cpu_seconds: Option<f64>,
}

impl Process {
    /// As it is now. Reads a few small files that the system makes up.
    pub(super) fn now() -> Self {
        Self { resident_bytes: resident(), open_files: open_files(), cpu_seconds: cpu() }
    }
}

fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib << 10)
}

fn open_files() -> Option<u64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    u64::try_from(count).ok()
}

fn cpu() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold blanks.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some((f64::from(ticks()?) + f64::from(ticks()?)) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_has_memory_files_and_time() {
        let Process { resident_bytes, open_files, cpu_seconds } = Process::now();
        assert!(resident_bytes.unwrap() > 1 << 20);
        assert!(open_files.unwrap() > 2);
        assert!(cpu_seconds.unwrap() >= 0.0);
    }
}
