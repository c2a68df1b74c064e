//! The machine: what it is, and what a process uses of it (from /proc; nothing on other systems).

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::report::{Cell, Table, histogram, quantile, record};

/// /proc counts processor time in hundredths of a second on every Linux there is.
const TICK: Duration = Duration::from_millis(10);

/// Facts that a figure is worth little without.
pub(crate) fn facts(data: &Path, settings: &[(&str, String)]) -> Result<Table> {
    let mut table = Table::new("machine", "Machine and settings", &["what", "is"]);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZeroUsize::get);
    table.row(vec!["cores".into(), Cell::Count(cores as f64)]);
    table.row(vec!["processor".into(), field("/proc/cpuinfo", "model name")]);
    table.row(vec!["memory".into(), field("/proc/meminfo", "MemTotal")]);
    table.row(vec!["kernel".into(), line("/proc/sys/kernel/osrelease")]);
    table.row(vec!["load before".into(), line("/proc/loadavg")]);
    table.row(vec!["file system of the data".into(), file_system(data).into()]);
    table.row(vec!["fsync of 16 kB, median ms".into(), Cell::millis(fsync(data)?)]);
    table.row(vec!["rollbook-bench".into(), env!("CARGO_PKG_VERSION").into()]);
    table.row(vec!["SQLite of the raw engine".into(), rusqlite::version().into()]);
    for (name, value) in settings {
        table.row(vec![(*name).into(), value.clone().into()]);
    }
    Ok(table)
}

fn line(file: &str) -> Cell {
    fs::read_to_string(file).map_or(Cell::None, |text| text.trim().into())
}

fn field(file: &str, name: &str) -> Cell {
    let text = fs::read_to_string(file).unwrap_or_default();
    value_of(&text, name).map_or(Cell::None, Cell::from)
}

fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let found = text.lines().filter_map(|line| line.split_once(':'));
    found.map(|(key, value)| (key.trim(), value.trim())).find(|(key, _)| *key == name).map(|f| f.1)
}

/// The type of the file system that holds `folder`: on tmpfs nothing is durable and all is fast.
fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        words.next().zip(words.next())
    });
    let holding = mounted.filter(|(point, _)| folder.starts_with(point));
    let nearest = holding.max_by_key(|(point, _)| point.len());
    match nearest {
        Some((_, "tmpfs")) => "tmpfs (in memory: nothing is durable)".to_owned(),
        Some((_, kind)) => kind.to_owned(),
        None => "unknown".to_owned(),
    }
}

fn fsync(folder: &Path) -> Result<Duration> {
    let mut file = tempfile::tempfile_in(folder).context("making a file to sync")?;
    let mut times = histogram();
    for _ in 0..100 {
        file.write_all(&[7; 16_384]).context("writing a file to sync")?;
        let begun = Instant::now();
        file.sync_data().context("syncing a file")?;
        record(&mut times, begun.elapsed());
    }
    Ok(quantile(&times, 0.5))
}

/// Processor time that the process has used, all threads.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    used(&text).unwrap_or_default()
}

/// The fields after the command's name, which may hold anything but ends with the last bracket.
fn used(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11).map(str::parse::<u32>);
    Some(TICK * (fields.next()?.ok()? + fields.next()?.ok()?))
}

/// Processor time that the whole machine has used, all cores, all processes.
pub(crate) fn machine_time() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    busy(&text).unwrap_or_default()
}

fn busy(stat: &str) -> Option<Duration> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u32> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    // user, nice, system, then idle and waiting, which are not work, then interrupts and stolen time.
    let (idle, all) =
        (ticks.iter().skip(3).take(2).sum::<u32>(), ticks.iter().take(8).sum::<u32>());
    Some(TICK * (all - idle))
}

/// Memory of a process in bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    /// All that is resident, mapped files included.
    pub(crate) resident: u64,
    /// Only its own: heap and stacks.
    pub(crate) own: u64,
}

impl Memory {
    /// What the process holds now.
    pub(crate) fn of(pid: u32) -> Self {
        let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let bytes = |name| {
            let kibibytes = value_of(&text, name).and_then(|value| value.strip_suffix(" kB"));
            kibibytes.and_then(|count| count.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
        };
        Self { resident: bytes("VmRSS"), own: bytes("RssAnon") }
    }

    /// The larger of each.
    pub(crate) fn max(self, other: Self) -> Self {
        Self { resident: self.resident.max(other.resident), own: self.own.max(other.own) }
    }
}

/// Watches a process's memory and everybody's processor time while something happens.
pub(crate) struct Watch {
    pid: u32,
    begun: Instant,
    own: Duration,
    server: Duration,
    machine: Duration,
    over: Arc<AtomicBool>,
    sampler: JoinHandle<Memory>,
}

/// What was used between two moments.
pub(crate) struct Usage {
    /// Processor time of this process.
    pub(crate) own: Duration,
    /// Processor time of the watched process.
    pub(crate) server: Duration,
    /// Share of all cores that were at work, 0 to 1.
    pub(crate) machine: f64,
    /// The most memory that the watched process held.
    pub(crate) memory: Memory,
}

impl Watch {
    /// Starts to watch `pid`.
    pub(crate) fn start(pid: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let sample = move || {
            let mut most = Memory::of(pid);
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50));
                most = most.max(Memory::of(pid));
            }
            most
        };
        Self {
            pid,
            begun: Instant::now(),
            own: processor_time(std::process::id()),
            server: processor_time(pid),
            machine: machine_time(),
            over,
            sampler: std::thread::spawn(sample),
        }
    }

    /// Stops.
    pub(crate) fn end(self) -> Usage {
        let Self { pid, begun, own, server, machine, over, sampler } = self;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let passed = begun.elapsed().as_secs_f64() * cores as f64;
        let worked = machine_time().saturating_sub(machine).as_secs_f64();
        over.store(true, Ordering::Relaxed);
        Usage {
            own: processor_time(std::process::id()).saturating_sub(own),
            server: processor_time(pid).saturating_sub(server),
            machine: worked / passed,
            memory: sampler.join().expect("the sampler does not panic"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_the_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 150 0 0 20 0 4 0 9 1 2";
        assert_eq!(used(stat), Some(Duration::from_secs(4)));
        assert_eq!(used("7 (a)"), None);
    }

    #[test]
    fn idle_time_is_not_work() {
        let stat = "cpu  100 0 50 9000 40 5 5 0 0 0\ncpu0 1 1 1 1\n";
        assert_eq!(busy(stat), Some(Duration::from_millis(1_600)));
    }

    #[test]
    fn this_process_uses_memory_and_a_file_system() {
        let memory = Memory::of(std::process::id());
        assert!(memory.resident > 1 << 20 && memory.own <= memory.resident);
        assert_ne!(file_system(Path::new(".")), "unknown");
    }
}
