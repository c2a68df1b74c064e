//! A connection to the server, and what it means that it ends: whether the last request was done is
//! then unknown.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, IF_MATCH};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Whom to call, and as who.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) authorization: String,
}

/// A request, which may be sent more than once.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
    /// The ETag that must be there.
    pub(crate) if_match: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The connection ended before the whole answer was there.
#[derive(Debug)]
pub(crate) struct Gone;

/// One connection; requests on it follow each other.
pub(crate) struct Connection {
    target: Target,
    sender: SendRequest<Full<Bytes>>,
}

impl Ask {
    /// Asks for a path.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        let (path, content_type) = (path.into(), String::new());
        Self { method: Method::GET, path, content_type, body: Bytes::new(), if_match: None }
    }

    /// Sends JSON.
    pub(crate) fn json(method: Method, path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let (path, body) = (path.into(), body.into());
        let content_type = "application/json".to_owned();
        Self { method, path, content_type, body, if_match: None }
    }
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> Result<Self, Gone> {
        let stream = TcpStream::connect(target.address).await.map_err(gone)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(gone)?;
        tokio::spawn(connection);
        Ok(Self { target: target.clone(), sender })
    }

    pub(crate) async fn send(&mut self, ask: &Ask) -> Result<Answer, Gone> {
        let Ask { method, path, content_type, body, if_match } = ask.clone();
        let request = match if_match {
            Some(etag) => Request::builder().header(IF_MATCH, etag),
            None => Request::builder(),
        };
        let request = request
            .method(method)
            .uri(path)
            .header(HOST, self.target.address.to_string())
            .header(AUTHORIZATION, &self.target.authorization)
            .header("x-experience-api-version", "1.0.3")
            .header(CONTENT_TYPE, content_type)
            .body(Full::new(body))
            .unwrap();
        self.sender.ready().await.map_err(gone)?;
        let (head, body) = self.sender.send_request(request).await.map_err(gone)?.into_parts();
        let body = body.collect().await.map_err(gone)?.to_bytes();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// The body of what must be there.
    pub(crate) async fn get(&mut self, path: &str) -> Bytes {
        let answer = self.send(&Ask::get(path)).await.expect("the server runs");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }
}

fn gone<E>(_: E) -> Gone {
    Gone
}

/// `path` with parameters.
pub(crate) fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}
