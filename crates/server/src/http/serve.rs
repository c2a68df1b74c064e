//! Serving over TCP: HTTP/1.1 and HTTP/2 with prior knowledge, and an orderly end.
//!
//! At shutdown nothing new is accepted, open requests end, and what has not ended by then is cut.

use crate::app::App;
use crate::http::client::Peer;
use crate::http::idle::Idle;
use crate::http::server::{self, Front};
use crate::limits::Limits;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

/// How a connection in HTTP/2 with prior knowledge begins (RFC 9113 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Answers requests on `listener` until `shutdown` is ready, then ends as [`server`] says.
pub async fn serve(app: App, listener: TcpListener, shutdown: impl Future) -> io::Result<()> {
    let limits = app.limits.clone();
    serve_front(server::service(app), &limits, listener, shutdown).await
}

/// The same for any service.
pub async fn serve_front(
    front: Front,
    limits: &Limits,
    listener: TcpListener,
    shutdown: impl Future,
) -> io::Result<()> {
    let stop_within = Duration::from_secs(limits.shutdown_seconds_max);
    let head_within = Duration::from_secs(limits.request_head_seconds_max);
    let idle_within = Duration::from_secs(limits.connection_idle_seconds_max);
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_within);
    builder.http2().timer(TokioTimer::new());
    let graceful = GracefulShutdown::new();
    let (stopping, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer, place) = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
        };
        let service = TowerToHyperService::new(Connection { front: front.clone(), peer });
        let (builder, watcher) = (builder.clone(), graceful.watcher());
        let mut stopped = stopped.clone();
        connections.spawn(async move {
            // The timeout of a head only runs once it is known which HTTP is spoken.
            let begun = tokio::select! {
                biased;
                begun = tokio::time::timeout(head_within, begun(&stream)) => begun,
                // There is nothing to see, only an end to wait for.
                _ = stopped.changed() => return,
            };
            if !matches!(begun, Ok(Ok(()))) {
                tracing::debug!("Closed a connection on which no request began");
                return;
            }
            let stream = Idle::new(stream, idle_within);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            let _place = place;
            if let Err(error) = watcher.watch(connection.into_owned()).await {
                tracing::debug!(cause = error, "Connection ended early");
            }
        });
    }
    drop((listener, stopping));
    if tokio::time::timeout(stop_within, graceful.shutdown()).await.is_err() {
        tracing::warn!(count = connections.len(), "Cut the connections that did not end in time");
    }
    connections.shutdown().await;
    Ok(())
}

/// The service on one connection: each of its requests comes from its peer.
#[derive(Clone)]
struct Connection {
    front: Front,
    peer: Peer,
}

impl Service<Request<Incoming>> for Connection {
    type Response = <Front as Service<Request<Incoming>>>::Response;
    type Error = <Front as Service<Request<Incoming>>>::Error;
    type Future = <Front as Service<Request<Incoming>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<Request<Incoming>>::poll_ready(&mut self.front, context)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.front.call(request)
    }
}

/// Waits until it can be told which HTTP is spoken; nothing is taken from the stream.
async fn begun(stream: &TcpStream) -> io::Result<()> {
    let mut start = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut start).await?;
        let start = start.get(..count).unwrap_or_default();
        if start.is_empty() || start.len() == PREFACE.len() || !PREFACE.starts_with(start) {
            return Ok(());
        }
        // What was seen stays there to be read, so there is no waiting for more of it.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The next connection. A failure to accept is logged and waited out: it says nothing about the next.
///
/// When there are as many as there may be, the next ones wait in the kernel until one has ended.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Peer, OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await.expect("nobody closes the semaphore");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small answers must not wait for the acknowledgement of earlier ones.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(cause = %error, "Could not set TCP_NODELAY");
                }
                return (stream, peer.into(), place);
            }
            Err(error) => {
                tracing::warn!(cause = %error, "Could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestApp;
    use std::net::SocketAddr;
    use std::time::Instant;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    struct Running {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        server: JoinHandle<io::Result<()>>,
        app: TestApp,
    }

    async fn running(limits: Limits) -> Running {
        let app = TestApp::sqlite().await.with_limits(limits).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(App::clone(&app), listener, stopped));
        Running { address, stop, server, app }
    }

    /// The head of a request whose body is still to come; it is read before anything is decided.
    const OPEN: &[u8] = b"POST /xapi/statements?method=GET HTTP/1.1\r\nHost: x\r\n\
        Content-Length: 7\r\nConnection: close\r\n\r\n";

    async fn open(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(OPEN).await.unwrap();
        // The server must have taken it up before it is told to stop.
        tokio::time::sleep(Duration::from_millis(200)).await;
        stream
    }

    #[tokio::test]
    async fn an_open_request_ends_and_nothing_new_is_accepted() {
        let Running { address, stop, server, app } = running(Limits::default()).await;
        let mut open = open(address).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        stop.send(()).unwrap();
        // Reset, where it was not yet accepted.
        assert!(matches!(idle.read(&mut [0]).await, Ok(0) | Err(_)), "what is idle is closed");
        assert!(TcpStream::connect(address).await.is_err(), "nothing new is accepted");
        assert!(!server.is_finished());
        open.write_all(b"limit=1").await.unwrap();
        let mut answer = String::new();
        open.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
        assert!(answer.contains("x-experience-api-version: 2.0.0"), "{answer}");
        server.await.unwrap().unwrap();
        drop(app);
    }

    #[tokio::test]
    async fn what_does_not_end_in_time_is_cut() {
        let limits = Limits { shutdown_seconds_max: 1, ..Limits::default() };
        let Running { address, stop, server, app } = running(limits).await;
        let mut open = open(address).await;
        let start = Instant::now();
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        assert!(start.elapsed() >= Duration::from_secs(1));
        assert!(matches!(open.read(&mut [0]).await, Ok(0) | Err(_)), "the connection is gone");
        drop(app);
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_ends_the_connection() {
        let limits = Limits { request_head_seconds_max: 1, ..Limits::default() };
        let Running { address, stop, server, app } = running(limits).await;
        let heads: [&[u8]; 3] = [b"GET /xapi/about HTTP/1.1\r\n", b"", b"PRI * HT"];
        for head in heads {
            let mut slow = TcpStream::connect(address).await.unwrap();
            slow.write_all(head).await.unwrap();
            let mut answer = Vec::new();
            let end = tokio::time::timeout(Duration::from_secs(10), slow.read_to_end(&mut answer));
            end.await.expect("the server does not wait for ever").ok();
        }
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        drop(app);
    }

    #[tokio::test]
    async fn a_connection_too_many_waits_for_its_turn() {
        let limits = Limits { connections_max: 1, ..Limits::default() };
        let Running { address, stop, server, app } = running(limits).await;
        let first = open(address).await;
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(b"GET /xapi/about HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let waited = Duration::from_millis(300);
        let early = tokio::time::timeout(waited, second.read_to_string(&mut answer)).await;
        assert!(early.is_err(), "{answer}");
        drop(first);
        second.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        drop(app);
    }

    /// Also in HTTP/2, where a quiet connection waits for no head.
    #[tokio::test]
    async fn a_quiet_connection_is_closed() {
        let limits = Limits { connection_idle_seconds_max: 1, ..Limits::default() };
        let Running { address, stop, server, app } = running(limits).await;
        let mut quiet = TcpStream::connect(address).await.unwrap();
        quiet.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        quiet.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        let mut answer = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(20), quiet.read_to_end(&mut answer));
        end.await.expect("the server does not wait for ever").ok();
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        drop(app);
    }

    #[tokio::test]
    async fn http2_is_spoken_with_prior_knowledge() {
        let Running { address, stop, server, app } = running(Limits::default()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let empty_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.write_all(&empty_settings).await.unwrap();
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head[3], 4, "a settings frame comes back");
        drop(stream);
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        drop(app);
    }
}
