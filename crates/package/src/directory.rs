//! The directory of an archive, held to its bounds before anything is made of it.
//!
//! The parser keeps every record of every entry in memory, and makes room for as many entries as the
//! archive says that it has. So what it says is looked at first, and the parser gets a reader that
//! ends when more was read than the directory of an honest archive has. The last record of an end is
//! the end, for us as for other readers: the parser would go on to earlier ones, and is shown none.

use crate::limits::Limits;
use crate::problem::{Code, Problem};
use std::io::{self, Read, Seek, SeekFrom};
use zip::ZipArchive;

/// Bytes of the directory for each entry that is allowed: its name, its extra fields, its comment.
const BYTES_PER_ENTRY: u64 = 512;

/// Bytes that are read besides: the comment of the archive, and looking for its end.
const BYTES_BESIDES: u64 = 1 << 20;

/// Where the record of the end may stand: before a comment, and with room to spare.
const TAIL_BYTES: u64 = (64 << 10) + (1 << 10);

const END: &[u8] = b"PK\x05\x06";
const LOCATOR: &[u8] = b"PK\x06\x07";
const END_64: &[u8] = b"PK\x06\x06";

/// Bytes of the locator of a zip64 archive, which stands right before its end.
const LOCATOR_BYTES: u64 = 20;

/// Opens an archive whose directory is within its bounds.
pub(crate) fn open<R: Read + Seek>(
    mut reader: R,
    limits: &Limits,
) -> Result<ZipArchive<R>, Problem> {
    let entries = u64::try_from(limits.entries_max).unwrap_or(u64::MAX);
    let left = entries.saturating_mul(BYTES_PER_ENTRY).saturating_add(BYTES_BESIDES);
    let mut held = Held { reader: &mut reader, place: 0, left, is_spent: false, hidden: vec![] };
    let said = held.look();
    if let Ok(most) = said
        && most > entries
    {
        return Err(too_many(&format!("there are {most} entries, more than {entries}")));
    }
    let opened = said.map_err(zip::result::ZipError::Io);
    let opened = opened.and_then(|_| ZipArchive::new(&mut held).map(drop));
    if held.is_spent {
        return Err(too_many(&format!(
            "its directory is longer than that of {entries} entries is"
        )));
    }
    // The same once more, without the bounds: files are read by this one.
    opened.and_then(|()| ZipArchive::new(reader)).map_err(|error| {
        let message = format!("this is no readable zip archive: {error}");
        Problem::new(Code::Corrupt, None, message)
    })
}

fn too_many(message: &str) -> Problem {
    Problem::new(Code::TooManyEntries, None, message)
}

/// A reader that ends after so many bytes, wherever they were.
struct Held<R> {
    reader: R,
    place: u64,
    left: u64,
    is_spent: bool,
    /// Where records of an end stand that are not the last.
    hidden: Vec<u64>,
}

impl<R: Read + Seek> Held<R> {
    /// Finds the end, hides what else looks like one, and says how many entries a zip64 archive says
    /// that it has; without zip64 there cannot be very many.
    fn look(&mut self) -> io::Result<u64> {
        let bytes = self.seek(SeekFrom::End(0))?;
        let from = bytes.saturating_sub(TAIL_BYTES);
        let mut ends = self.places(END, from, bytes)?;
        let last = ends.pop();
        self.hidden = ends;
        let Some(locator) = last.and_then(|last| last.checked_sub(LOCATOR_BYTES)) else {
            return Ok(0);
        };
        let record = self.part(locator, locator + LOCATOR_BYTES)?;
        if !record.starts_with(LOCATOR) {
            return Ok(0);
        }
        let start = number(&record, 8).min(locator);
        if self.hidden.iter().any(|hidden| hidden + 3 >= start) {
            // What is hidden would make it another archive than the one that files are read from.
            return Err(io::Error::other("an end stands within the end"));
        }
        let mut most = 0;
        for place in self.places(END_64, start, locator)? {
            let record = self.part(place, locator.min(place + 40))?;
            most = most.max(number(&record, 32));
        }
        Ok(most)
    }

    /// Where these four bytes stand between two places.
    fn places(&mut self, magic: &[u8], from: u64, to: u64) -> io::Result<Vec<u64>> {
        let bytes = self.part(from, to)?;
        let found = bytes.windows(magic.len()).zip(from..).filter(|(window, _)| *window == magic);
        Ok(found.map(|(_, place)| place).collect())
    }

    fn part(&mut self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        self.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        self.by_ref().take(to - from).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: Read> Read for Held<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !into.is_empty() {
            self.is_spent = true;
            return Err(io::Error::other("the directory is too long"));
        }
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.reader.read(into.get_mut(..most).unwrap_or_default())?;
        let (from, to) = (self.place, self.place + read as u64);
        let first = self.hidden.partition_point(|hidden| *hidden < from);
        for hidden in self.hidden.iter().skip(first).take_while(|hidden| **hidden < to) {
            let at = usize::try_from(hidden - from).ok();
            if let Some(byte) = at.and_then(|at| into.get_mut(at)) {
                *byte = 0;
            }
        }
        self.left -= read as u64;
        self.place = to;
        Ok(read)
    }
}

impl<R: Seek> Seek for Held<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.place = self.reader.seek(to)?;
        Ok(self.place)
    }
}

/// A number of eight bytes in a record, the least first; 0 if it is not there.
fn number(record: &[u8], at: usize) -> u64 {
    let bytes = record.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
