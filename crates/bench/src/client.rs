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
        let (status, answer) = self.send(Method::POST, STATEMENTS, body).await?;
        expect_ok(status, &answer, STATEMENTS)
    }

    /// Stores statements, or not; answers the status.
    pub(crate) async fn try_store(&mut self, body: Bytes) -> Result<u16> {
        let (status, _) = self.send(Method::POST, STATEMENTS, body).await?;
        Ok(status.as_u16())
    }

    /// Reads `path`; whatever is not 200 is an error.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Bytes> {
        let (status, answer) = self.send(Method::GET, path, Bytes::new()).await?;
        expect_ok(status, &answer, path)?;
        Ok(answer)
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.target.host.clone())
            .header(AUTHORIZATION, self.target.authorization.clone())
            .header("x-experience-api-version", HeaderValue::from_static("1.0.3"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT_LANGUAGE, HeaderValue::from_static("en-US, en;q=0.8"))
            .body(Full::new(body))
            .with_context(|| format!("asking for {path}"))?;
        self.sender.ready().await.context("the server closed the connection")?;
        let response = self.sender.send_request(request).await.context("sending a request")?;
        let status = response.status();
        let answer = response.into_body().collect().await.context("reading an answer")?;
        Ok((status, answer.to_bytes()))
    }
}

fn expect_ok(status: StatusCode, answer: &Bytes, path: &str) -> Result<()> {
    if status == StatusCode::OK {
        return Ok(());
    }
    let answer = String::from_utf8_lossy(answer);
    let start: String = answer.chars().take(600).collect();
    bail!("{path} answered {status}: {start}")
}
