//! An archive whose every entry was looked at, and the files in it.

use crate::directory;
use crate::limits::Limits;
use crate::name;
use crate::problem::{Code, Problem};
use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Seek, Write};
use zip::{CompressionMethod, ZipArchive};

/// Problems that are listed.
const PROBLEMS_MAX: usize = 100;

/// What a symbolic link, a device or a pipe is by its Unix mode; a file or none at all is neither.
const MODE_KIND: u32 = 0o170_000;
const MODE_FILE: u32 = 0o100_000;
const MODE_FOLDER: u32 = 0o040_000;

/// An open archive.
#[derive(Debug)]
pub struct Archive<R> {
    zip: ZipArchive<R>,
    entries: Vec<Entry>,
    by_path: HashMap<String, usize>,
    warnings: Vec<Problem>,
    limits: Limits,
    inflated: u64,
}

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the package: relative, with `/`.
    pub path: String,
    /// Its size, as the archive says; what is read is held to it.
    pub bytes: u64,
    index: usize,
}

impl<R: Read + Seek> Archive<R> {
    /// Opens an archive, or says everything that keeps it from being opened.
    pub fn open(reader: R, limits: &Limits) -> Result<Self, Vec<Problem>> {
        let mut zip = directory::open(reader, limits).map_err(|problem| vec![problem])?;
        if zip.len() > limits.entries_max {
            let message =
                format!("there are {} entries, more than {}", zip.len(), limits.entries_max);
            return Err(vec![Problem::new(Code::TooManyEntries, None, message)]);
        }
        let mut problems = Vec::new();
        let entries = looked_at(&mut zip, limits, &mut problems);
        problems.extend(whole(&mut zip, &problems));
        problems.extend(collisions(&entries));
        problems.extend(sizes(&entries, limits));
        let (warnings, mut faults): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(|problem| problem.code.is_warning());
        if !faults.is_empty() {
            faults.truncate(PROBLEMS_MAX);
            return Err(faults);
        }
        let by_path =
            entries.iter().enumerate().map(|(at, entry)| (entry.path.clone(), at)).collect();
        Ok(Self { zip, entries, by_path, warnings, limits: limits.clone(), inflated: 0 })
    }

    /// Copies a file to `sink`, held to its size, its checksum and the limits while it is read.
    pub fn read(&mut self, entry: &Entry, sink: &mut impl Write) -> Result<u64, Problem> {
        let path = entry.path.as_str();
        let fault = |code, message: String| Problem::new(code, Some(path), message);
        let allowed = self.limits.total_bytes_max.saturating_sub(self.inflated);
        let mut file = self
            .zip
            .by_index(entry.index)
            .map_err(|error| fault(Code::Corrupt, format!("the entry cannot be read: {error}")))?;
        // One byte more than it says is enough to know that it lies.
        let most = entry.bytes.min(allowed);
        let copied = io::copy(&mut (&mut file).take(most.saturating_add(1)), sink)
            .map_err(|error| fault(Code::Corrupt, format!("the entry cannot be read: {error}")))?;
        if copied > allowed {
            return Err(fault(
                Code::TooLarge,
                "the package inflates to more than is allowed".to_owned(),
            ));
        }
        if copied != entry.bytes {
            return Err(fault(
                Code::Corrupt,
                format!("the entry has not the {} bytes that it says", entry.bytes),
            ));
        }
        self.inflated = self.inflated.saturating_add(copied);
        Ok(copied)
    }
}

impl<R> Archive<R> {
    /// Every file, in the order of the archive.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is odd about it.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The file of exactly this path.
    pub fn find(&self, path: &str) -> Option<&Entry> {
        self.by_path.get(path).and_then(|at| self.entries.get(*at))
    }
}

/// Every file, with a problem for each entry that is none and no folder.
fn looked_at<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    limits: &Limits,
    problems: &mut Vec<Problem>,
) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(zip.len());
    let mut seen = HashSet::new();
    for index in 0..zip.len() {
        let file = match zip.by_index_raw(index) {
            Ok(file) => file,
            Err(error) => {
                let message = format!("entry {index} cannot be read: {error}");
                problems.push(Problem::new(Code::Corrupt, None, message));
                continue;
            }
        };
        let text = name::text(file.name_raw());
        let is_folder = text.ends_with(['/', '\\']);
        let path = match name::cleaned(&text, limits.path_bytes_max, limits.depth_max) {
            Ok(path) => path,
            Err(reason) => {
                problems.push(Problem::new(Code::UnsafePath, Some(&text), reason));
                continue;
            }
        };
        let kind = file.unix_mode().unwrap_or_default() & MODE_KIND;
        let fault = match () {
            () if file.encrypted() => Some((Code::Encrypted, "the entry is encrypted".to_owned())),
            () if ![0, MODE_FILE, MODE_FOLDER].contains(&kind) => {
                Some((Code::SpecialEntry, "the entry is a link or a device".to_owned()))
            }
            () if is_folder => None,
            () if !matches!(
                file.compression(),
                CompressionMethod::Stored | CompressionMethod::Deflated
            ) =>
            {
                Some((Code::Method, format!("the entry is compressed by {}", file.compression())))
            }
            () => bomb(file.size(), file.compressed_size(), limits),
        };
        if let Some((code, message)) = fault {
            problems.push(Problem::new(code, Some(&path), message));
        } else if !is_folder {
            if !seen.insert(path.clone()) {
                problems.push(Problem::new(
                    Code::DuplicateEntry,
                    Some(&path),
                    "two entries have this name",
                ));
            }
            entries.push(Entry { path, bytes: file.size(), index });
        }
    }
    entries
}

fn bomb(size: u64, packed: u64, limits: &Limits) -> Option<(Code, String)> {
    let honest = size <= limits.ratio_from_bytes || size / packed.max(1) <= limits.ratio_max;
    (!honest).then(|| (Code::Bomb, format!("the entry inflates from {packed} to {size} bytes")))
}

/// What is wrong with the archive as such: two readers of it must see one package.
fn whole<R: Read + Seek>(zip: &mut ZipArchive<R>, so_far: &[Problem]) -> Option<Problem> {
    if zip.has_duplicate_names() {
        let told = so_far.iter().any(|problem| problem.code == Code::DuplicateEntry);
        return (!told)
            .then(|| Problem::new(Code::DuplicateEntry, None, "two entries have one name"));
    }
    if !matches!(zip.has_overlapping_files(), Ok(false)) {
        return Some(Problem::new(Code::Bomb, None, "entries share their bytes"));
    }
    let error = zip.validate_header_consistency().err()?;
    let message = format!("the headers of an entry disagree: {error}");
    Some(Problem::new(Code::Corrupt, None, message))
}

/// Names that a system without cases would take for one.
fn collisions(entries: &[Entry]) -> Vec<Problem> {
    let mut folded: HashMap<String, &str> = HashMap::new();
    let mut problems = Vec::new();
    for entry in entries {
        if let Some(other) = folded.insert(entry.path.to_lowercase(), &entry.path)
            && other != entry.path
        {
            let message = format!("it differs from {other:?} by case only");
            problems.push(Problem::new(Code::CaseCollision, Some(&entry.path), message));
        }
    }
    problems
}

fn sizes(entries: &[Entry], limits: &Limits) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in entries.iter().filter(|entry| entry.bytes > limits.file_bytes_max) {
        let message = format!("it has {} bytes, more than {}", entry.bytes, limits.file_bytes_max);
        problems.push(Problem::new(Code::TooLarge, Some(&entry.path), message));
    }
    let total = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes));
    if total > limits.total_bytes_max {
        let message = format!("its files have {total} bytes, more than {}", limits.total_bytes_max);
        problems.push(Problem::new(Code::TooLarge, None, message));
    }
    problems
}
