//! An S3 service in the test's own process, over a folder, that fails when told to.
//!
//! It proves how we behave, not how a real service does: it has no durability and no latency.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The bucket that is there.
pub const BUCKET: &str = "rollbook";
/// The id of the access key.
pub const ACCESS_KEY: &str = "test-access";
/// Its secret.
pub const SECRET_KEY: &str = "test-secret-of-s3";

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered 500, and not done.
    Refused,
    /// The connection ends before the request is done.
    Cut,
    /// It is done, and the connection ends before the answer.
    Lost,
    /// It is done so much later.
    Slow(Duration),
}

/// Decides by the number of a request (from 0, since this was set), its method and its path with
/// the query.
type Plan = Box<dyn Fn(u64, &Method, &str) -> Option<Fault> + Send + Sync>;

/// A running service. It ends when it is dropped.
pub struct S3 {
    root: TempDir,
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    service: S3Service,
    requests: AtomicU64,
    plan: Mutex<Option<Plan>>,
}

impl S3 {
    /// Starts a service with one empty bucket.
    pub async fn start() -> Self {
        let root = TempDir::new().expect("a temporary folder can be made");
        std::fs::create_dir(root.path().join(BUCKET)).expect("a folder can be made");
        let files = FileSystem::new(root.path()).expect("the folder is there");
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let (requests, plan) = (AtomicU64::new(0), Mutex::new(None));
        let shared = Arc::new(Shared { service, requests, plan });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it listens");
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { root, address, shared, task }
    }

    /// The address of the service.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder of the bucket's objects.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join(BUCKET)
    }

    /// Parts of uploads that were neither completed nor aborted.
    pub fn parts(&self) -> usize {
        let entries = std::fs::read_dir(self.root.path()).expect("the folder is there");
        let is_part = |path: &Path| path.to_string_lossy().contains(".part-");
        entries.filter(|entry| entry.as_ref().is_ok_and(|it| is_part(&it.path()))).count()
    }

    /// From now on requests fail as `plan` says.
    pub fn fail(&self, plan: impl Fn(u64, &Method, &str) -> Option<Fault> + Send + Sync + 'static) {
        self.set(Some(Box::new(plan)));
    }

    /// From now on nothing fails; how many requests there were since it was last set.
    pub fn heal(&self) -> u64 {
        self.set(None)
    }

    fn set(&self, plan: Option<Plan>) -> u64 {
        *self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
        self.shared.requests.swap(0, Ordering::SeqCst)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

/// Ends with the connection, however that ends.
async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let answer = service_fn(move |request| answer(Arc::clone(&shared), request));
    let builder = Builder::new(TokioExecutor::new());
    builder.serve_connection(TokioIo::new(stream), answer).await.ok();
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let number = shared.requests.fetch_add(1, Ordering::SeqCst);
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    let fault = {
        let plan = shared.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.as_ref().and_then(|plan| plan(number, request.method(), path))
    };
    let gone = || io::Error::from(io::ErrorKind::ConnectionAborted);
    match fault {
        Some(Fault::Refused) => {
            request.into_body().collect().await.map_err(io::Error::other)?;
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return Ok(response);
        }
        Some(Fault::Cut) => {
            request.into_body().frame().await;
            return Err(gone());
        }
        Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
        Some(Fault::Lost) | None => {}
    }
    // The whole body first: how it comes is no business of this service.
    let (head, body) = request.into_parts();
    let body: Bytes = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let request = Request::from_parts(head, Body::http_body(Full::new(body)));
    let response = shared.service.call(request).await.map_err(io::Error::other)?;
    if fault == Some(Fault::Lost) { Err(gone()) } else { Ok(response) }
}
