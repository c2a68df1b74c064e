//! A frugal HTTP/1.1 client: one kept-alive connection, whole bodies, no copies.
//!
//! It shares the machine with the server, so every cycle it saves is a cycle measured.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Where statements are.
pub(crate) const STATEMENTS: &str = "/xapi/statements";

/// What most bodies are.
pub(crate) const JSON: &str = "application/json";

/// What came back.
pub(crate) struct Answer {
    status: StatusCode,
    body: Bytes,
}

/// Whom to call, and as who.
#[derive(Clone)]
pub(crate) struct Target {
    /// The server.
    pub(crate) address: SocketAddr,
    authorization: HeaderValue,
    host: HeaderValue,
}

impl Target {
    /// The server at `address`, called with a key.
    pub(crate) fn new(address: SocketAddr, key: &str, secret: &str) -> Result<Self> {
        let credentials = STANDARD.encode(format!("{key}:{secret}"));
        let header = |text: String| HeaderValue::from_str(&text).context("a header is plain text");
        let authorization = header(format!("Basic {credentials}"))?;
        Ok(Self { address, authorization, host: header(address.to_string())? })
    }

    /// The same server, called with another credential.
    pub(crate) fn presenting(&self, authorization: &str) -> Result<Self> {
        let authorization =
            HeaderValue::from_str(authorization).context("a header is plain text")?;
        Ok(Self { authorization, ..self.clone() })
    }
}

impl Answer {
    /// The body; another status is an error.
    pub(crate) fn expect(self, status: StatusCode, path: &str) -> Result<Bytes> {
        if self.status == status {
            return Ok(self.body);
        }
        let answer = String::from_utf8_lossy(&self.body);
        let start: String = answer.chars().take(600).collect();
        bail!("{path} answered {}: {start}", self.status)
    }
}

/// One connection; requests on it follow each other.
pub(crate) struct Connection {
    target: Target,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(target: &Target) -> Result<Self> {
        let stream = TcpStream::connect(target.address).await.context("connecting")?;
        stream.set_nodelay(true).context("connecting")?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.context("connecting")?;
        // Ends when the sender is dropped; a broken connection shows at the next request.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { target: target.clone(), sender })
    }

    /// Stores statements; whatever is not 200 is an error.
    pub(crate) async fn store(&mut self, body: Bytes) -> Result<()> {
        let answer = self.ask(Method::POST, STATEMENTS, JSON, body).await?;
        answer.expect(StatusCode::OK, STATEMENTS).map(drop)
    }

    /// Stores statements, or not; answers the status.
    pub(crate) async fn try_store(&mut self, body: Bytes) -> Result<u16> {
        let answer = self.ask(Method::POST, STATEMENTS, JSON, body).await?;
        Ok(answer.status.as_u16())
    }

    /// Reads `path`; whatever is not 200 is an error.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Bytes> {
        let answer = self.ask(Method::GET, path, JSON, Bytes::new()).await?;
        answer.expect(StatusCode::OK, path)
    }

    /// Sends a body of this kind.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        kind: &'static str,
        body: Bytes,
    ) -> Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.target.host.clone())
            .header(AUTHORIZATION, self.target.authorization.clone())
            .header("x-experience-api-version", HeaderValue::from_static("1.0.3"))
            .header(CONTENT_TYPE, HeaderValue::from_static(kind))
            .header(ACCEPT_LANGUAGE, HeaderValue::from_static("en-US, en;q=0.8"))
            .body(Full::new(body))
            .with_context(|| format!("asking for {path}"))?;
        self.send(request).await
    }

    /// Asks whether a page elsewhere may ask, as browsers do.
    pub(crate) async fn preflight(
        &mut self,
        path: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Answer> {
        let mut request = Request::builder().method(Method::OPTIONS).uri(path);
        request = request.header(HOST, self.target.host.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::new()));
        self.send(request.with_context(|| format!("asking for {path}"))?).await
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        self.sender.ready().await.context("the server closed the connection")?;
        let response = self.sender.send_request(request).await.context("sending a request")?;
        let status = response.status();
        let body = response.into_body().collect().await.context("reading an answer")?.to_bytes();
        Ok(Answer { status, body })
    }
}
