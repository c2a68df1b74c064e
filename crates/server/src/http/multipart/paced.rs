//! A body handed to the multipart reader in small pieces, one at a time.
//!
//! The reader takes whatever its stream has ready and looks for a boundary or for the end of a
//! part's header in all of it. So the stream rests after each piece, and it fails when too much was
//! taken without anything coming of it: memory stays bounded whatever is sent.

use bytes::Bytes;
use futures_util::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

/// The longest piece, in bytes.
const PIECE_BYTES_MAX: usize = 16 << 10;

/// Bytes that may be taken without progress: a preamble, or the header of a part.
const IDLE_BYTES_MAX: usize = 64 << 10;

/// Why the stream failed.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// Too much was taken without progress.
    #[error("a preamble or the header of a part is longer than {IDLE_BYTES_MAX} bytes")]
    Idle,
    /// The body itself failed.
    #[error("the body could not be read")]
    Body(#[source] axum::BoxError),
}

/// Tells a paced stream that something came of what it gave.
#[derive(Clone, Debug)]
pub struct Progress(Arc<AtomicUsize>);

impl Progress {
    /// Says so.
    pub fn made(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The stream.
#[derive(Debug)]
pub struct Paced<S> {
    body: S,
    rest: Bytes,
    rests: bool,
    idle: Progress,
}

impl<S> Paced<S> {
    /// A paced stream, and what tells it of progress.
    pub fn new(body: S) -> (Self, Progress) {
        let idle = Progress(Arc::default());
        (Self { body, rest: Bytes::new(), rests: false, idle: idle.clone() }, idle)
    }
}

impl<S, E> Stream for Paced<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<axum::BoxError>,
{
    type Item = Result<Bytes, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(piece)) => self.rest = piece,
                Some(Err(error)) => return Poll::Ready(Some(Err(Broken::Body(error.into())))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(PIECE_BYTES_MAX);
        let piece = self.rest.split_to(length);
        self.rests = true;
        if self.idle.0.fetch_add(length, Ordering::Relaxed) + length > IDLE_BYTES_MAX {
            return Poll::Ready(Some(Err(Broken::Idle)));
        }
        Poll::Ready(Some(Ok(piece)))
    }
}
