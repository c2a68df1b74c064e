//! Bodies that are counted as they pass.
//!
//! A request's body that said its length was paid for before it is read; one that did not pays piece
//! by piece, and ends where the rate does. An answer that streams is under way until its end.

use super::meters::UnderWay;
use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

/// The body ended because a rate did.
#[derive(Debug, thiserror::Error)]
#[error("the body is longer than a rate admits")]
pub(super) struct Exhausted;

/// Pays for a piece.
pub(super) type Pay = Box<dyn FnMut(u64) -> Result<(), Exhausted> + Send>;

/// A request's body.
pub(super) struct Counted {
    body: Body,
    read: Arc<AtomicU64>,
    /// For a body of unknown length.
    pay: Option<Pay>,
}

impl Counted {
    /// Counts what is read of `body`.
    pub(super) fn body(body: Body, read: Arc<AtomicU64>, pay: Option<Pay>) -> Body {
        Body::new(Self { body, read, pay })
    }
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.read.fetch_add(data.len() as u64, Ordering::Relaxed);
            if let Some(pay) = &mut self.pay
                && let Err(exhausted) = pay(data.len() as u64)
            {
                return Poll::Ready(Some(Err(axum::Error::new(exhausted))));
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body.
pub(super) struct Held {
    body: Body,
    /// What is left of the piece that came last.
    rest: Bytes,
    _under_way: UnderWay,
}

/// Bytes that are handed on at a time: a whole page at once would be gone from here, and still wait
/// in memory for its reader.
const PIECE: usize = 64 << 10;

impl Held {
    /// Keeps the guard until `body` has gone.
    pub(super) fn body(body: Body, under_way: UnderWay) -> Body {
        Body::new(Self { body, rest: Bytes::new(), _under_way: under_way })
    }
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (after, rest) = (self.body.size_hint(), self.rest.len() as u64);
        after.exact().map_or(after, |bytes| SizeHint::with_exact(bytes + rest))
    }
}
