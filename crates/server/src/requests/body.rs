//! The beginning of a body, kept while it passes by.

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// What has passed by so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed {
    /// The beginning.
    pub(super) start: Vec<u8>,
    /// How many bytes there were in all.
    pub(super) bytes: u64,
}

/// What a body that is still on its way has shown; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Glimpse(Arc<Mutex<Passed>>);

impl Glimpse {
    /// What has passed by so far.
    pub(super) fn passed(&self) -> Passed {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn see(&self, data: &[u8], start_max: usize) {
        let mut passed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = start_max.saturating_sub(passed.start.len()).min(data.len());
        passed.start.extend_from_slice(data.get(..room).unwrap_or_default());
        passed.bytes += data.len() as u64;
    }
}

/// A body that is watched, and what to do when it has ended or was given up.
struct Watched<F: FnOnce(Passed)> {
    body: Body,
    glimpse: Glimpse,
    start_max: usize,
    end: Option<F>,
}

/// The same body; its first `start_max` bytes are kept, and `end` hears of them once it is gone.
pub(super) fn watched(
    body: Body,
    glimpse: Glimpse,
    start_max: usize,
    end: impl FnOnce(Passed) + Send + Unpin + 'static,
) -> Body {
    Body::new(Watched { body, glimpse, start_max, end: Some(end) })
}

impl<F: FnOnce(Passed) + Unpin> HttpBody for Watched<F> {
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
            self.glimpse.see(data, self.start_max);
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

impl<F: FnOnce(Passed)> Drop for Watched<F> {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end(self.glimpse.passed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use std::sync::mpsc::channel;

    #[tokio::test]
    async fn a_body_passes_whole_and_its_beginning_is_kept() {
        for (max, start) in [(0, ""), (4, "1234"), (10, "1234567890"), (11, "1234567890")] {
            let (told, heard) = channel();
            let end = move |passed| told.send(passed).unwrap();
            let body = watched(Body::from("1234567890"), Glimpse::default(), max, end);
            assert_eq!(body.size_hint().exact(), Some(10));
            assert_eq!(body.collect().await.unwrap().to_bytes(), "1234567890");
            let passed = heard.recv().unwrap();
            assert_eq!((passed.start.as_slice(), passed.bytes), (start.as_bytes(), 10));
        }
    }
}
