//! A file on its way out, in pieces that are worth a turn of a thread that may wait: the object store
//! would read a folder in hops of 8 KiB, each a turn of its own.

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::{Error, GetResult, GetResultPayload, Result};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

/// Bytes of one piece.
const PIECE_BYTES: u64 = 256 << 10;

/// What was found, piece by piece.
pub(super) fn of(found: GetResult) -> BoxStream<'static, Result<Bytes>> {
    match found.payload {
        GetResultPayload::File(file, _) => of_file(file, found.range),
        GetResultPayload::Stream(stream) => stream,
    }
}

fn of_file(file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
    let rest = (file, range);
    let pieces = stream::try_unfold(rest, |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let reading = tokio::task::spawn_blocking(move || {
            let (piece, file) = read(file, &range)?;
            let rest = range.start + piece.len() as u64..range.end;
            Ok::<_, io::Error>(Some((piece, (file, rest))))
        });
        reading.await?.map_err(|error| Error::Generic { store: "folder", source: error.into() })
    });
    pieces.boxed()
}

/// The first piece of what is left; a file that was cut is an error.
fn read(mut file: File, range: &Range<u64>) -> io::Result<(Bytes, File)> {
    let bytes = PIECE_BYTES.min(range.end - range.start);
    let mut piece = vec![0; usize::try_from(bytes).unwrap_or_default()];
    file.seek(SeekFrom::Start(range.start))?;
    file.read_exact(&mut piece)?;
    Ok((Bytes::from(piece), file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt as _;

    #[tokio::test]
    async fn a_part_comes_in_large_pieces() {
        let all: Vec<u8> = (0..=250_u8).cycle().take(700_000).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &all).unwrap();
        for (range, count) in [(0..700_000, 3), (5..600_000, 3), (9..10, 1), (7..7, 0)] {
            let asked = range.start as u64..range.end as u64;
            let pieces: Vec<_> =
                of_file(file.reopen().unwrap(), asked).try_collect().await.unwrap();
            assert_eq!(pieces.len(), count);
            assert!(pieces.concat() == all[range.clone()], "{range:?}");
        }
        let short = of_file(file.reopen().unwrap(), 699_999..700_001).try_collect::<Vec<_>>().await;
        assert!(short.is_err(), "a file that was cut");
    }
}
