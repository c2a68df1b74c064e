//! A unit against a tiny server that knows one session.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::unit::{self, Unit};
use crate::client::{Connection, Target};
use crate::world::Dice;

const SESSION_ID: &str = "https://w3id.org/xapi/cmi5/context/extensions/sessionid";

/// What was asked: method, path without its query, credential, body.
type Asked = Arc<Mutex<Vec<(Method, String, String, Value)>>>;

async fn answer(asked: &Asked, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let credential = request.headers()["authorization"].to_str().unwrap().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    asked.lock().unwrap().push((method.clone(), path.clone(), credential, body));
    let template = json!({
        "contextActivities": {"grouping": [{"id": "https://publisher.example/unit"}]},
        "extensions": {SESSION_ID: "s1"},
    });
    let (status, body) = match (method.as_str(), path.as_str()) {
        ("POST", "/api/cmi5/fetch/once") => (200, json!({"auth-token": "dG9rZW4="})),
        ("GET", "/xapi/activities/state") => (200, json!({"contextTemplate": template})),
        ("GET", "/xapi/agents/profile") => (404, Value::Null),
        ("PUT", "/xapi/statements") => (204, Value::Null),
        _ => (500, Value::Null),
    };
    let mut response = Response::new(Full::new(body.to_string().into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

async fn serve() -> (Target, Asked) {
    let asked = Asked::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::new(listener.local_addr().unwrap(), "key", "secret").unwrap();
    let shared = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let asked = Arc::clone(&shared);
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let asked = Arc::clone(&asked);
                    async move { Ok::<_, Infallible>(answer(&asked, request).await) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                drop(http.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    (target, asked)
}

#[tokio::test]
async fn a_unit_does_what_cmi5_asks_in_its_order() {
    let (target, asked) = serve().await;
    let mut dice = Dice::new(1, 1);
    let url = "https://content.example/1/index.html?own=1&endpoint=http%3A%2F%2Fl%2Fxapi%2F\
               &fetch=http%3A%2F%2Fl%2Fapi%2Fcmi5%2Ffetch%2Fonce&registration=r1&activityId=a1\
               &actor=%7B%22account%22%3A%7B%22homePage%22%3A%22h%22%2C%22name%22%3A%22n%22%7D%7D";
    let mut unit = Unit::begin(&target, url, &mut dice).await.unwrap();
    unit.complete(&mut dice).await.unwrap();
    let (path, plain) = unit.plain(&mut dice);
    let mut api = Connection::open(&target).await.unwrap();
    unit::put(&mut api, &path, plain).await.unwrap();

    let asked = asked.lock().unwrap();
    let credentials: Vec<&str> = asked.iter().map(|(_, _, credential, _)| &**credential).collect();
    let key = "Basic a2V5OnNlY3JldA==";
    let token = "Basic dG9rZW4=";
    assert_eq!(credentials, [key, token, token, token, token, token, key]);
    let said: Vec<&Value> =
        asked.iter().filter(|(method, ..)| method == Method::PUT).map(|(.., body)| body).collect();
    let verbs: Vec<&str> = said
        .iter()
        .map(|one| one["verb"]["id"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    assert_eq!(verbs, ["initialized", "completed", "terminated", "completed"]);
    for one in &said {
        assert_eq!(one["context"]["extensions"][SESSION_ID], "s1");
        assert_eq!(one["object"]["id"], "a1");
    }
    let [_, completed, _, plain] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(completed["context"]["registration"], "r1");
    assert_ne!(plain["context"]["registration"], "r1");
    assert_eq!(completed["result"], plain["result"], "the same but for where it belongs");
    let sizes = [completed, plain].map(|one| one.to_string().len());
    assert!(sizes[0].abs_diff(sizes[1]) < 40, "{sizes:?}");
}

#[tokio::test]
async fn what_is_refused_fails_the_run() {
    let (target, _) = serve().await;
    let url = "https://c.example/?fetch=http%3A%2F%2Fl%2Fapi%2Fcmi5%2Ffetch%2Fother";
    let refused = Unit::begin(&target, url, &mut Dice::new(1, 1)).await;
    let text = refused.err().unwrap().to_string();
    assert!(text.contains("500"), "{text}");
}
