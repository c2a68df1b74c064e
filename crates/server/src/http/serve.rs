//! Serving over TCP: HTTP/1.1 and HTTP/2 with prior knowledge, and an orderly end.
//!
//! At shutdown nothing new is accepted, open requests end, and what has not ended by then is cut.

use crate::app::App;
use crate::http::server;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Answers requests on `listener` until `shutdown` is ready, then ends as [`server`] says.
pub async fn serve(app: App, listener: TcpListener, shutdown: impl Future) -> io::Result<()> {
    let stop_within = Duration::from_secs(app.limits.shutdown_seconds_max);
    let head_within = Duration::from_secs(app.limits.request_head_seconds_max);
    let service = TowerToHyperService::new(server::service(app));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_within);
    builder.http2().timer(TokioTimer::new());
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream,
            _ = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
        };
        let connection = builder.serve_connection(TokioIo::new(stream), service.clone());
        let connection = graceful.watch(connection.into_owned());
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(cause = error, "Connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(stop_within, graceful.shutdown()).await.is_err() {
        tracing::warn!(count = connections.len(), "Cut the connections that did not end in time");
    }
    connections.shutdown().await;
    Ok(())
}

/// The next connection. A failure to accept is logged and waited out: it says nothing about the next.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers must not wait for the acknowledgement of earlier ones.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(cause = %error, "Could not set TCP_NODELAY");
                }
                return stream;
            }
            Err(error) => {
                tracing::warn!(cause = %error, "Could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
