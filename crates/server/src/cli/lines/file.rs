//! The file of an export: plain, gzip or zstd, or the standard input and output.
//!
//! An export is compressed as its name says. An import looks at the first bytes instead, so that a
//! file may have any name and a pipe has none.

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes that are read or written at once.
const BUFFER_BYTES: usize = 256 << 10;
/// Fast, and half the size of gzip.
const ZSTD_LEVEL: i32 = 3;

/// Where an export comes from.
pub(in crate::cli) struct Source {
    pub(in crate::cli) lines: Box<dyn BufRead + Send>,
    /// The bytes that there are to read, if that is known.
    pub(in crate::cli) bytes: Option<u64>,
}

/// A file that gets its name when it is whole.
pub(in crate::cli) struct Target {
    path: PathBuf,
    partial: PathBuf,
    out: Packed,
}

enum Packed {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Source {
    /// Opens a file, or the standard input for `-`. `bar` moves as it is read.
    pub(in crate::cli) fn open(name: &str, bar: &ProgressBar) -> Result<Self> {
        let (raw, bytes): (Box<dyn Read + Send>, _) = if name == "-" {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(name).with_context(|| format!("opening {name}"))?;
            let length = file.metadata().with_context(|| format!("opening {name}"))?.len();
            (Box::new(file), Some(length))
        };
        let raw = bar.wrap_read(raw);
        let lines = unpacked(raw).with_context(|| format!("reading {name}"))?;
        Ok(Self { lines, bytes })
    }
}

fn unpacked(mut raw: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut first = Vec::with_capacity(4);
    raw.by_ref().take(4).read_to_end(&mut first)?;
    let whole = io::Cursor::new(first.clone()).chain(raw);
    let whole = BufReader::with_capacity(BUFFER_BYTES, whole);
    Ok(match first.as_slice() {
        [0x1f, 0x8b, ..] => {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole)))
        }
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let unpacked = zstd::Decoder::with_buffer(whole)?;
            Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked))
        }
        _ => Box::new(whole),
    })
}

impl Target {
    /// Starts a file beside the one that it is to become.
    pub(in crate::cli) fn create(path: &Path) -> Result<Self> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let creating = || format!("creating {}", partial.display());
        let file = File::create(&partial).with_context(creating)?;
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let out = match ending.as_deref() {
            Some("gz") => Packed::Gzip(GzEncoder::new(file, Compression::default())),
            Some("zst") => {
                Packed::Zstd(zstd::Encoder::new(file, ZSTD_LEVEL).with_context(creating)?)
            }
            _ => Packed::Plain(file),
        };
        Ok(Self { path: path.to_owned(), partial, out })
    }

    /// Ends the file and gives it its name; its bytes.
    pub(in crate::cli) fn finish(self) -> Result<u64> {
        let Self { path, partial, out } = self;
        let written = (|| {
            let file = match out {
                Packed::Plain(file) => file,
                Packed::Gzip(packed) => packed.finish()?,
                Packed::Zstd(packed) => packed.finish()?,
            };
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            let bytes = file.metadata()?.len();
            std::fs::rename(&partial, &path)?;
            Ok::<u64, io::Error>(bytes)
        })();
        written.with_context(|| format!("writing {}", path.display()))
    }

    /// Gives up, and leaves nothing behind.
    pub(in crate::cli) fn discard(self) {
        let Self { path: _, partial, out } = self;
        drop(out);
        // A file that cannot be removed says by its name that it is not whole.
        std::fs::remove_file(partial).ok();
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.out {
            Packed::Plain(file) => file.write(bytes),
            Packed::Gzip(packed) => packed.write(bytes),
            Packed::Zstd(packed) => packed.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Packed::Plain(file) => file.flush(),
            Packed::Gzip(packed) => packed.flush(),
            Packed::Zstd(packed) => packed.flush(),
        }
    }
}
