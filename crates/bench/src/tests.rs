//! The HTTP parts against a tiny server that counts, stalls and pages.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::client::{Connection, Target};
use crate::load::drive;
use crate::queries::walk;
use crate::report::quantile;
use crate::world::World;

const STALL: Duration = Duration::from_millis(300);

#[derive(Default)]
struct Echo {
    stored: AtomicUsize,
    requests: AtomicUsize,
    /// The number of the request that is answered late.
    stalls_at: Option<usize>,
    /// Full pages before the last, which is empty.
    pages: usize,
}

impl Echo {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        assert_eq!(request.headers()["authorization"], "Basic a2V5OnNlY3JldA==");
        assert_eq!(request.headers()["x-experience-api-version"], "1.0.3");
        if request.method() == http::Method::GET {
            let query = request.uri().query().unwrap_or_default();
            let page: usize = query.strip_prefix("page=").and_then(|n| n.parse().ok()).unwrap_or(1);
            let statements = if page > self.pages { 0 } else { 100 };
            let more = if page > self.pages {
                String::new()
            } else {
                format!("/xapi/statements?page={}", page + 1)
            };
            let page = serde_json::json!({ "statements": vec![1; statements], "more": more });
            return Response::new(Full::new(page.to_string().into()));
        }
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        if self.stalls_at == Some(number) {
            tokio::time::sleep(STALL).await;
        }
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(&body) else {
            let mut answer = Response::new(Full::new("not JSON".into()));
            *answer.status_mut() = StatusCode::BAD_REQUEST;
            return answer;
        };
        let count = value.as_array().map_or(1, Vec::len);
        self.stored.fetch_add(count, Ordering::Relaxed);
        Response::new(Full::new("[]".into()))
    }
}

async fn serve(echo: Echo) -> (Target, Arc<Echo>) {
    let echo = Arc::new(echo);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::new(listener.local_addr().unwrap(), "key", "secret").unwrap();
    let shared = Arc::clone(&echo);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let echo = Arc::clone(&shared);
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let echo = Arc::clone(&echo);
                    async move { Ok::<_, Infallible>(echo.answer(request).await) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                drop(http.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    (target, echo)
}

fn bodies(requests: u64, batch: usize) -> Vec<Bytes> {
    let world = World::new(3);
    (0..requests).map(|n| world.body(n * 1_000, batch)).collect()
}

#[tokio::test]
async fn a_closed_loop_sends_every_body_once() {
    let (target, echo) = serve(Echo::default()).await;
    let outcome = drive(&target, bodies(20, 50), 4, None).await.unwrap();
    assert_eq!(outcome.latencies.len(), 20);
    assert_eq!(echo.stored.load(Ordering::Relaxed), 1_000);
    assert!(outcome.elapsed > Duration::ZERO);
}

#[tokio::test]
async fn an_open_loop_keeps_its_rate() {
    let (target, echo) = serve(Echo::default()).await;
    let outcome = drive(&target, bodies(200, 1), 8, Some(400.0)).await.unwrap();
    assert_eq!(echo.stored.load(Ordering::Relaxed), 200);
    // 199 intervals of 2.5 ms; never faster, whatever the machine is doing.
    assert!(outcome.elapsed > Duration::from_millis(480), "{:?}", outcome.elapsed);
}

/// One stall of 300 ms on the only connection: in a closed loop one request in 100 would be slow;
/// here all that were due meanwhile are.
#[tokio::test]
async fn a_stall_is_not_omitted() {
    let echo = Echo { stalls_at: Some(10), ..Echo::default() };
    let (target, _) = serve(echo).await;
    let outcome = drive(&target, bodies(100, 1), 1, Some(200.0)).await.unwrap();
    let slow = outcome.latencies.count_between(100_000, 600_000_000);
    assert!(slow >= 30, "{slow} requests waited");
    assert!(quantile(&outcome.latencies, 1.0) >= STALL);
}

#[tokio::test]
async fn a_refusal_fails_the_run_and_says_why() {
    let (target, _) = serve(Echo::default()).await;
    let refused = drive(&target, vec![Bytes::from_static(b"{")], 1, None).await;
    let text = refused.err().unwrap().to_string();
    assert!(text.contains("400") && text.contains("not JSON"), "{text}");
}

#[tokio::test]
async fn a_walk_ends_at_the_depth_or_at_the_last_full_page() {
    let (target, _) = serve(Echo { pages: 7, ..Echo::default() }).await;
    let mut connection = Connection::open(&target).await.unwrap();
    let first = "/xapi/statements?verb=x";
    let deep = walk(&mut connection, first, 5).await.unwrap();
    assert_eq!(deep, (5, "/xapi/statements?page=5".to_owned()));
    let last = walk(&mut connection, first, 50).await.unwrap();
    assert_eq!(last, (7, "/xapi/statements?page=7".to_owned()));
    assert_eq!(walk(&mut connection, first, 1).await.unwrap(), (1, first.to_owned()));
}
