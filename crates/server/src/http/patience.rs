//! How long a body may take: a sender who trickles is given up.
//!
//! From the moment at which there is nothing to read, so much must arrive in so much time, or the
//! body's end. Time that the server takes to read what is there does not count.

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// What must arrive in each stretch of time, in bytes: half a kilobyte a second, by default.
const STRETCH_BYTES_MIN: usize = 16 << 10;

/// The sender was given up.
#[derive(Debug, thiserror::Error)]
#[error("the body arrives too slowly")]
pub(super) struct TooSlow;

struct Awaited {
    body: Body,
    within: Duration,
    /// Runs while a stretch is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
    /// Bytes that came in this stretch.
    arrived: usize,
}

/// The body, which fails if it takes too long.
pub fn within(body: Body, within: Duration) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(Awaited { body, within, waiting: None, arrived: 0 })
}

impl http_body::Body for Awaited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let own = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut own.body).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                own.arrived += frame.data_ref().map_or(0, Bytes::len);
            }
            if own.arrived >= STRETCH_BYTES_MIN {
                own.waiting = None;
                own.arrived = 0;
            }
            return Poll::Ready(frame);
        }
        let within = own.within;
        let waiting = own.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        match waiting.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(axum::Error::new(TooSlow)))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whether a body broke off because its sender was given up.
pub(super) fn was_too_slow(cause: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(cause);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::body;
    use super::*;
    use futures_util::StreamExt as _;

    const SOON: Duration = Duration::from_millis(200);
    const LATER: Duration = Duration::from_mins(1);

    /// What becomes of a body that sends `count` pieces of so many bytes, each after a moment.
    async fn status(count: usize, bytes: usize, patience: Duration) -> u16 {
        let pieces = futures_util::stream::iter(0..count).then(move |_| async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![b' '; bytes]))
        });
        // What does not end by itself stalls.
        let stalled = futures_util::stream::pending();
        let body = match count {
            usize::MAX => Body::from_stream(pieces.chain(stalled)),
            0 => Body::from_stream(stalled),
            _ => Body::from_stream(pieces),
        };
        let read = body::read(within(body, patience), usize::MAX, "none").await;
        read.map_or_else(|problem| problem.status.as_u16(), |_bytes| 200)
    }

    #[tokio::test]
    async fn who_sends_in_time_may_send_much() {
        assert_eq!(status(20, STRETCH_BYTES_MIN, LATER).await, 200);
        assert_eq!(status(20, 1, LATER).await, 200, "the end comes in time");
    }

    #[tokio::test]
    async fn who_stalls_or_trickles_is_given_up() {
        assert_eq!(status(0, 0, SOON).await, 408);
        assert_eq!(status(usize::MAX, 1, SOON).await, 408);
    }
}
