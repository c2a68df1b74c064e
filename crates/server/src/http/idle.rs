//! A connection on which nothing moves is closed, whichever HTTP it speaks.
//!
//! HTTP/1.1 has a time for a request's head; a quiet connection in HTTP/2, a client that does not read
//! its answer, and one that sends nothing of its body have only this.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A stream that fails when nothing was read or written for so long.
pub(super) struct Idle<S> {
    stream: S,
    within: Duration,
    moved: Instant,
    alarm: Pin<Box<Sleep>>,
    working: Working,
}

/// Requests of one connection on which this server works. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Working(Arc<AtomicUsize>);

/// One of them, until it is dropped.
pub(super) struct Work(Working);

impl Working {
    /// One more.
    pub(super) fn begin(&self) -> Work {
        self.0.fetch_add(1, Ordering::Relaxed);
        Work(self.clone())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S> Idle<S> {
    /// Watches `stream`. While the server works on a request, its client has nothing to say.
    pub(super) fn new(stream: S, within: Duration, working: Working) -> Self {
        let alarm = Box::pin(tokio::time::sleep(within));
        Self { stream, within, moved: Instant::now(), alarm, working }
    }

    /// What became of a try to read or to write.
    fn noted<T>(
        &mut self,
        tried: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if tried.is_ready() {
            self.moved = Instant::now();
            return tried;
        }
        // The alarm is set anew only when it rings, not each time that something moves.
        while self.alarm.as_mut().poll(context).is_ready() {
            if self.working.0.load(Ordering::Relaxed) > 0 {
                self.moved = Instant::now();
            }
            let end = self.moved + self.within;
            if Instant::now() >= end {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.alarm.as_mut().reset(end);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Idle<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let tried = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.noted(tried, context)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let tried = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(tried, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let tried = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.noted(tried, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    const SOON: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn a_quiet_stream_ends() {
        let (_near, far) = duplex(8);
        let began = Instant::now();
        let error = Idle::new(far, SOON, Working::default()).read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= SOON);
    }

    #[tokio::test]
    async fn who_does_not_read_ends_too() {
        let (_near, far) = duplex(8);
        let error = Idle::new(far, SOON, Working::default()).write_all(&[0; 9]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_stream_is_not_idle_while_the_server_works() {
        let (_near, far) = duplex(8);
        let working = Working::default();
        let work = working.begin();
        let mut far = Idle::new(far, SOON, working);
        let read = tokio::time::timeout(SOON * 5, far.read_u8()).await;
        assert!(read.is_err(), "it waits for the server: {read:?}");
        drop(work);
        let error = far.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_stream_lives_for_as_long_as_something_moves() {
        let (mut near, far) = duplex(8);
        let mut far = Idle::new(far, Duration::from_secs(5), Working::default());
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            near.write_all(b"a").await.unwrap();
            far.read_u8().await.unwrap();
        }
        drop(near);
        let end = far.read_u8().await.unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof, "its own end");
    }
}
