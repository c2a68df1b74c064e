//! Contents on their way into a file: part by part, and hashed where somebody asks.

use super::address::Hasher;
use super::spool::{self, Rewound};
use crate::error::Problem;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use tokio::fs::File;

/// What is to be written.
pub(super) enum Source<'a> {
    /// All of it.
    Memory(Option<Bytes>),
    /// From where the file stands to its end.
    File(&'a mut File),
    /// What another store has.
    Copy {
        /// What comes.
        stream: BoxStream<'static, object_store::Result<Bytes>>,
        /// What came and is not yet taken.
        waiting: BytesMut,
        /// What was taken.
        hasher: Hasher,
        /// What is told of each piece.
        progress: &'a mut (dyn FnMut(u64) + Send),
    },
}

impl<'a> From<Rewound<'a>> for Source<'a> {
    fn from(contents: Rewound<'a>) -> Self {
        match contents {
            Rewound::Memory(bytes) => Self::Memory(Some(bytes)),
            Rewound::File(file) => Self::File(file),
        }
    }
}

impl Source<'_> {
    /// The next part: `bytes` long unless it is the last; none at the end.
    pub(super) async fn next(&mut self, bytes: usize) -> Result<Option<Bytes>, Problem> {
        match self {
            Self::Memory(all) => Ok(all.take()),
            Self::File(file) => spool::next_part(file, bytes).await.map_err(Problem::internal),
            Self::Copy { stream, waiting, hasher, progress } => {
                while waiting.len() < bytes {
                    let Some(piece) = stream.try_next().await.map_err(Problem::internal)? else {
                        break;
                    };
                    progress(piece.len() as u64);
                    waiting.extend_from_slice(&piece);
                }
                let part = waiting.split_to(bytes.min(waiting.len())).freeze();
                hasher.update(&part);
                Ok((!part.is_empty()).then_some(part))
            }
        }
    }
}
