//! An upload looked at whole: what it is, what is in it, and everything that is wrong with it.
//!
//! Every file is inflated here once, to be hashed and held to its checksum, before any is kept: an
//! upload that is refused leaves nothing.

use super::faults;
use super::spelling::spellings;
use crate::blobs::{Hasher, Reader, Sha2};
use crate::error::{Problem, Result};
use crate::limits::Limits;
use rollbook_cmi5::course::{Course, in_language};
use rollbook_cmi5::structure::{self, Launchable};
use rollbook_package::{self as package, Archive, Entry, Kind, Upload};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write};

/// The file of a zip that has the structure (cmi5 14.1).
const STRUCTURE: &str = "cmi5.xml";

/// What is odd about an archive and listed; more would help nobody.
const WARNINGS_MAX: usize = 100;

/// A reader of an upload.
pub(super) type Source = BufReader<Reader>;

/// What was found.
pub(super) struct Examined {
    /// Whether it is an archive; else it is a structure alone.
    pub(super) is_archive: bool,
    /// Its structure.
    pub(super) course: Course,
    /// Its files.
    pub(super) files: Vec<(Entry, Sha2)>,
    /// What is odd about it.
    pub(super) warnings: Vec<package::Problem>,
}

impl Examined {
    /// The title in the first language that there is.
    pub(super) fn title(&self) -> &str {
        in_language(&self.course.title, &[])
    }
}

/// The bounds of an archive.
pub(super) fn bounds(limits: &Limits) -> package::Limits {
    package::Limits {
        entries_max: limits.package_entries_max,
        file_bytes_max: limits.package_file_bytes_max,
        total_bytes_max: limits.package_total_bytes_max,
        ratio_max: limits.package_ratio_max,
        ratio_from_bytes: limits.package_ratio_from_bytes,
        path_bytes_max: limits.package_path_bytes_max,
        depth_max: limits.package_depth_max,
    }
}

/// Looks at an upload, which somebody may have called a zip. It waits for the disk: call it where that
/// is allowed.
pub(super) fn examine(
    source: Reader,
    bounds: &package::Limits,
    called_zip: bool,
) -> Result<Examined> {
    let mut source = BufReader::new(source);
    let mut head = Vec::new();
    (&mut source).take(512).read_to_end(&mut head).map_err(Problem::internal)?;
    source.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
    match package::upload(&head) {
        Upload::Archive => archive(source, bounds),
        Upload::Xml => alone(source),
        Upload::Unknown => Err(faults::one(
            if called_zip { faults::ZIP } else { faults::FORM },
            "",
            "this is neither a zip archive nor an XML text",
            "send a course package as a zip, or a course structure as XML",
        )),
    }
}

/// A structure without a package (cmi5 14.2).
fn alone(source: Source) -> Result<Examined> {
    let mut bytes = Vec::new();
    let most = structure::BYTES_MAX as u64 + 1;
    source.take(most).read_to_end(&mut bytes).map_err(Problem::internal)?;
    let course = structure::read(&bytes, &Launchable::Absolute).map_err(faults::of_structure)?;
    Ok(Examined { is_archive: false, course, files: Vec::new(), warnings: Vec::new() })
}

fn archive(source: Source, bounds: &package::Limits) -> Result<Examined> {
    let mut archive = Archive::open(source, bounds).map_err(faults::of_archive)?;
    let entry = archive.find(STRUCTURE).cloned().ok_or_else(|| no_structure(&archive))?;
    let mut text = Vec::new();
    if entry.bytes <= structure::BYTES_MAX as u64 {
        archive.read(&entry, &mut text).map_err(|problem| faults::of_archive(vec![problem]))?;
    } else {
        let message = format!("the structure is longer than {} bytes", structure::BYTES_MAX);
        return Err(faults::one(faults::NAME, STRUCTURE, message, "split the course"));
    }
    let has = |path: &str| spellings(path).iter().any(|path| archive.find(path).is_some());
    let course = structure::read(&text, &Launchable::Package(&has));
    let course = course.map_err(faults::of_structure)?;
    let files = hashed(&mut archive, &entry, &text)?;
    let warnings = archive.warnings().iter().take(WARNINGS_MAX).cloned().collect();
    Ok(Examined { is_archive: true, course, files, warnings })
}

/// Every file with its address, or everything that cannot be read.
fn hashed(
    archive: &mut Archive<Source>,
    structure: &Entry,
    text: &[u8],
) -> Result<Vec<(Entry, Sha2)>> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for entry in archive.entries().to_vec() {
        let mut sink = Hashing(Hasher::sha256());
        if entry == *structure {
            sink.0.update(text); // It was read, and counts once.
        } else if let Err(problem) = archive.read(&entry, &mut sink) {
            problems.push(problem);
            continue;
        }
        files.push((entry, sink.0.finish()));
    }
    if problems.is_empty() { Ok(files) } else { Err(faults::of_archive(problems)) }
}

/// Says where the structure is missed, and what the archive seems to be instead.
fn no_structure(archive: &Archive<Source>) -> Problem {
    let fix = "put the structure into the zip as `cmi5.xml`, in no folder";
    let (kind, said) = match package::kind(archive).first() {
        Some(Kind::Scorm) => ("scorm", "this is a SCORM package, which is not played here yet"),
        Some(Kind::H5p) => ("h5p", "this is an H5P package, which is not played here yet"),
        Some(Kind::TinCan) => ("tincan", "this is a package of Tin Can (tincan.xml), not of cmi5"),
        Some(Kind::Aicc) => ("aicc", "this is an AICC course, which is not played here"),
        Some(Kind::Cmi5) | None => {
            let named = |entry: &&Entry| {
                entry.path.rsplit('/').next().is_some_and(|n| n.eq_ignore_ascii_case(STRUCTURE))
            };
            return match archive.entries().iter().find(named) {
                Some(entry) => faults::one(
                    faults::NAME,
                    &entry.path,
                    "the structure is not `cmi5.xml` at the top of the zip",
                    fix,
                ),
                None => faults::one(faults::NAME, STRUCTURE, "the zip has no `cmi5.xml`", fix),
            };
        }
    };
    faults::unsupported(kind, said)
}

/// A sink that only hashes.
struct Hashing(Hasher);

impl Write for Hashing {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
