//! What is received and not yet stored: in memory while it is small, then in a file without a name,
//! which the system removes whatever happens to this process.

use bytes::Bytes;
use std::io::{self, Cursor, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

/// Contents up to this many bytes never touch the disk before they are stored.
pub const MEMORY_BYTES_MAX: usize = 256 << 10;

/// Received contents.
#[derive(Debug)]
pub struct Spool {
    folder: Arc<Path>,
    kept: Kept,
    bytes: u64,
}

#[derive(Debug)]
enum Kept {
    Memory(Vec<u8>),
    File(File),
}

impl Spool {
    /// An empty spool that overflows into `folder`.
    pub fn new(folder: Arc<Path>) -> Self {
        Self { folder, kept: Kept::Memory(Vec::new()), bytes: 0 }
    }

    /// How many bytes were written.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds a piece.
    pub async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.bytes += piece.len() as u64;
        if let Kept::Memory(memory) = &mut self.kept {
            if memory.len() + piece.len() <= MEMORY_BYTES_MAX {
                memory.extend_from_slice(piece);
                return Ok(());
            }
            let mut file = unnamed(self.folder.clone()).await?;
            file.write_all(memory).await?;
            self.kept = Kept::File(file);
        }
        if let Kept::File(file) = &mut self.kept {
            file.write_all(piece).await?;
        }
        Ok(())
    }

    /// All of it, for contents that are known to be small enough.
    pub async fn contents(&mut self) -> io::Result<Bytes> {
        match &mut self.kept {
            Kept::Memory(memory) => Ok(Bytes::copy_from_slice(memory)),
            Kept::File(file) => {
                file.flush().await?;
                file.seek(SeekFrom::Start(0)).await?;
                let mut contents = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
                file.read_to_end(&mut contents).await?;
                Ok(Bytes::from(contents))
            }
        }
    }

    /// A reader from the start, for a thread that may wait. One at a time: the place is shared.
    pub async fn reader(&mut self) -> io::Result<Reader> {
        match self.rewound().await? {
            Rewound::Memory(bytes) => Ok(Reader::Memory(Cursor::new(bytes))),
            Rewound::File(file) => Ok(Reader::File(file.try_clone().await?.into_std().await)),
        }
    }

    /// The contents if they are in memory; otherwise the file, rewound, to be read in parts.
    pub(super) async fn rewound(&mut self) -> io::Result<Rewound<'_>> {
        match &mut self.kept {
            Kept::Memory(memory) => Ok(Rewound::Memory(Bytes::copy_from_slice(memory))),
            Kept::File(file) => {
                file.flush().await?;
                file.seek(SeekFrom::Start(0)).await?;
                Ok(Rewound::File(file))
            }
        }
    }
}

/// Contents to be read, and sought in, by a thread that may wait.
#[derive(Debug)]
pub enum Reader {
    /// All of it.
    Memory(Cursor<Bytes>),
    /// Too large for memory.
    File(std::fs::File),
}

impl io::Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => io::Read::read(bytes, into),
            Self::File(file) => io::Read::read(file, into),
        }
    }
}

impl io::Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Memory(bytes) => io::Seek::seek(bytes, to),
            Self::File(file) => io::Seek::seek(file, to),
        }
    }
}

/// What a thread that may wait writes: like a spool, in memory while it is small.
#[derive(Debug)]
pub struct Draft {
    folder: Arc<Path>,
    memory: Vec<u8>,
    file: Option<std::fs::File>,
    bytes: u64,
    failed: Option<io::ErrorKind>,
}

impl Draft {
    pub(super) fn new(folder: Arc<Path>) -> Self {
        Self { folder, memory: Vec::new(), file: None, bytes: 0, failed: None }
    }

    /// Why it could not be written, for who cannot tell that from a failure to read.
    pub fn failed(&self) -> Option<io::ErrorKind> {
        self.failed
    }

    /// What was written.
    pub fn into_spool(self) -> Spool {
        let Self { folder, memory, file, bytes, failed: _ } = self;
        let kept = match file {
            Some(file) => Kept::File(File::from_std(file)),
            None => Kept::Memory(memory),
        };
        Spool { folder, kept, bytes }
    }
}

impl Draft {
    fn add(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.file.is_none() && self.memory.len() + piece.len() > MEMORY_BYTES_MAX {
            let mut file = tempfile::tempfile_in(&self.folder)?;
            io::Write::write_all(&mut file, &std::mem::take(&mut self.memory))?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => io::Write::write_all(file, piece)?,
            None => self.memory.extend_from_slice(piece),
        }
        self.bytes += piece.len() as u64;
        Ok(())
    }
}

impl io::Write for Draft {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let added = self.add(piece);
        self.failed = added.as_ref().err().map(io::Error::kind).or(self.failed);
        added.map(|()| piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A spool to be read from its start.
pub(super) enum Rewound<'a> {
    /// All of it.
    Memory(Bytes),
    /// Too large for memory.
    File(&'a mut File),
}

/// The next part of a file: `bytes` long unless the file ends; none at its end.
pub(super) async fn next_part(file: &mut File, bytes: usize) -> io::Result<Option<Bytes>> {
    let mut part = Vec::with_capacity(bytes);
    let limit = u64::try_from(bytes).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut part).await?;
    Ok((!part.is_empty()).then(|| Bytes::from(part)))
}

async fn unnamed(folder: Arc<Path>) -> io::Result<File> {
    let file = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await??;
    Ok(File::from_std(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn contents_survive_the_move_to_disk() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [0, 1, MEMORY_BYTES_MAX, MEMORY_BYTES_MAX + 1, 3 * MEMORY_BYTES_MAX] {
            let all: Vec<u8> = (0..=250_u8).cycle().take(bytes).collect();
            let mut spool = Spool::new(Arc::from(folder.path()));
            for piece in all.chunks(10_007) {
                spool.write(piece).await.unwrap();
            }
            assert_eq!(matches!(spool.kept, Kept::Memory(_)), bytes <= MEMORY_BYTES_MAX);
            assert_eq!(spool.bytes(), bytes as u64);
            assert_eq!(spool.contents().await.unwrap(), all);
            assert_eq!(spool.contents().await.unwrap(), all, "and can be read again");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
    }
}
