//! No learner's name, address or answer, no token and no secret in any line of the log, at any
//! level, in any format; nor in what operators are shown.
//!
//! The server is told to log everything, and is sent canaries in every place where a client can put
//! a text: then none of them may be found.

use crate::on_both;
use crate::server::Store;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What stands in every text that nobody may see.
const CANARY: &str = "c4n4ry";
const SECRET: &str = "c4n4ry-secret";

mod text {
    use super::on_both;

    async fn no_canary_is_logged_as_text(store: crate::server::Store) {
        super::no_canary_is_logged(store, "text").await;
    }

    on_both!(no_canary_is_logged_as_text);
}

mod json {
    use super::on_both;

    async fn no_canary_is_logged_as_json(store: crate::server::Store) {
        super::no_canary_is_logged(store, "json").await;
    }

    on_both!(no_canary_is_logged_as_json);
}

async fn no_canary_is_logged(mut store: Store, format: &str) {
    store.password = Some(SECRET);
    store.flags = ["--log-level", "trace", "--log-format", format].map(str::to_owned).to_vec();
    let server = store.start().await;
    let operator = key(&store, "operator,admin").await;
    let target = server.target.clone();
    let to = Client { address: target.address, authorization: target.authorization };
    let own = Client { authorization: operator, ..to.clone() };
    let wish = r#"{"minutes":30,"bodies":true}"#;
    assert_eq!(own.send("PUT", "/api/v1/request-log", &[JSON], wish).await.0, 200);
    let mut answered = learners(&to).await + queries(&to).await + strangers(&to).await;
    answered += broken(&to).await;
    // The blob store fails: its errors name what was stored.
    let blobs = store.data().join("blobs");
    fs::rename(&blobs, store.data().join("away")).unwrap();
    fs::write(&blobs, CANARY).unwrap();
    assert_eq!(attachment(&to, true).await, 500);
    let (status, ready) = own.send("GET", "/readyz", &[], "").await;
    assert!(status == 200 && ready.contains(r#"["blobs"]"#), "{ready}");
    let (status, metrics) = own.send("GET", "/metrics", &[], "").await;
    assert!(status == 200 && metrics.contains("rollbook_refusals_total"), "{metrics}");
    let (status, kept) = own.send("GET", "/api/v1/requests?page[size]=200", &[], "").await;
    assert!(status == 200 && kept.contains(CANARY), "learners' data is the tenant's own: {kept}");
    assert!(!kept.contains(SECRET), "secrets are nobody's: {kept}");
    for shown in [ready, metrics] {
        assert!(!shown.to_lowercase().contains(CANARY), "{shown}");
    }
    server.terminate().await;
    assert!(server.ended().await.success());
    let log = store.log();
    assert!(answered > 30 && log.matches("Answered").count() >= answered, "{answered}: {log}");
    assert!(log.contains("Stored statements"), "everything is logged: {log}");
    assert!(log.contains("Request failed") && log.contains("the object store failed"), "{log}");
    let encoded = STANDARD.encode(SECRET);
    for line in log.lines() {
        let seen = line.to_lowercase().contains(CANARY) || line.contains(&encoded);
        assert!(!seen && !line.contains(&to.authorization), "{line}");
        assert!(format != "json" || serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}

/// Who a request is sent as.
#[derive(Clone)]
struct Client {
    address: SocketAddr,
    authorization: String,
}

impl Client {
    /// Sends a request with a credential and a version; its status and all of its answer.
    async fn send(&self, method: &str, path: &str, more: &[&str], body: &str) -> (u16, String) {
        let authorization = format!("Authorization: {}", self.authorization);
        let mut headers = vec![authorization.as_str(), "X-Experience-API-Version: 1.0.3"];
        headers.extend(more);
        self.raw(method, path, &headers, body).await
    }

    /// Sends exactly these headers.
    async fn raw(&self, method: &str, path: &str, headers: &[&str], body: &str) -> (u16, String) {
        let (head, length) = (headers.join("\r\n"), body.len());
        let end =
            format!("Host: x\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n\r\n");
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream
            .write_all(format!("{method} {path} HTTP/1.1\r\n{end}{body}").as_bytes())
            .await
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_default(), answer)
    }
}

async fn key(store: &Store, scopes: &str) -> String {
    let args = ["key", "create", "--name", "canary", "--scopes", scopes, "--json"];
    let key: Value = serde_json::from_str(&store.run(&args).await).unwrap();
    let [key, secret] = ["key", "secret"].map(|name| key[name].as_str().unwrap());
    format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")))
}

const JSON: &str = "Content-Type: application/json";

/// A statement that speaks of somebody; `id` and answer as given, an activity of that length.
fn statement(id: &str, answer: &str, activity_bytes: usize) -> String {
    let activity = "x".repeat(activity_bytes);
    format!(
        r#"{{"id":"{id}","actor":{{"name":"Ada {CANARY}","mbox":"mailto:{CANARY}@example.com"}},
        "verb":{{"id":"http://e.x/{CANARY}","display":{{"en":"{CANARY}"}}}},
        "object":{{"id":"http://e.x/{CANARY}/{activity}","definition":{{"name":{{"en":"{CANARY}"}}}}}},
        "result":{{"response":"{answer}"}},
        "context":{{"instructor":{{"account":{{"homePage":"http://{CANARY}.x","name":"{CANARY}"}}}},
        "extensions":{{"http://e.x/token":"{SECRET}"}}}}}}"#
    )
}

/// Statements and documents about learners, good and bad.
async fn learners(to: &Client) -> usize {
    let (path, id) = ("/xapi/statements", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee");
    let good = statement(id, CANARY, 8);
    let agent = "%7B%22mbox%22%3A%22mailto%3Ac4n4ry%40example.com%22%7D";
    let state =
        format!("/xapi/activities/state?activityId=http://e.x/c4n4ry&agent={agent}&stateId=c4n4ry");
    let bodies = [
        ("POST", path, good.clone(), 200),
        ("POST", path, statement(id, "another c4n4ry", 8), 409),
        ("POST", path, good.replace("mailto:", "mail c4n4ry"), 400),
        ("POST", path, good.replace("http://e.x/c4n4ry\"", "c4n4ry\""), 400),
        ("POST", path, good.replace("\"actor\"", "\"c4n4ry\""), 400),
        ("POST", path, good.chars().take(100).collect(), 400),
        ("POST", path, format!("[{good},{good}]"), 400),
        ("POST", path, "\"c4n4ry\"".to_owned(), 400),
        ("PUT", "/xapi/statements?statementId=c4n4ry", good.clone(), 400),
        ("PUT", &state, r#"{"answer":"c4n4ry"}"#.to_owned(), 204),
        ("POST", &state, "[\"c4n4ry\"]".to_owned(), 412),
        (
            "PUT",
            &format!("/xapi/agents/profile?agent={agent}&profileId=c4n4ry"),
            "{\"c4n4ry\"".to_owned(),
            400,
        ),
        ("PUT", "/api/v1/request-log", r#"{"minutes":"c4n4ry"}"#.to_owned(), 403),
    ];
    for (method, path, body, expected) in &bodies {
        let (status, answer) = to.send(method, path, &[JSON, "If-None-Match: *"], body).await;
        assert!(status == *expected || *expected == 0 && status < 500, "{body}: {answer}");
    }
    // As long as an identifier may be, and longer.
    let long = statement("6690e6c9-3ef0-4ed3-8b37-7f3964730bef", "x", 20_000);
    let (status, answer) = to.send("POST", path, &[JSON], &long).await;
    assert_eq!(status, 413, "{answer}");
    assert_eq!(attachment(to, true).await, 200);
    assert_eq!(attachment(to, false).await, 400);
    bodies.len() + 3
}

/// A statement with an attachment that holds a canary; its status.
async fn attachment(to: &Client, right: bool) -> u16 {
    let contents = if right { "the attachment c4n4ry" } else { "another c4n4ry at all" };
    let sha2 = "21a7bb2eb8ad5dd8c3fb4b0ac1b5c7cb9d6ee3b0cf9c4a9ea6f0d6a5d3f7b1c2";
    let sha2 = if right { sha2_of(contents) } else { sha2.to_owned() };
    let described = format!(
        r#""attachments":[{{"usageType":"http://e.x/u","display":{{"en":"c4n4ry"}},"contentType":"text/plain","length":{},"sha2":"{sha2}"}}],"#,
        contents.len()
    );
    let text = statement("", CANARY, 8).replacen("\"id\":\"\",", &described, 1);
    let part = format!(
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}"
    );
    let body =
        format!("--b\r\n{JSON}\r\n\r\n{text}\r\n--b\r\n{part}\r\n\r\n{contents}\r\n--b--\r\n");
    let kind = "Content-Type: multipart/mixed; boundary=b";
    to.send("POST", "/xapi/statements", &[kind], &body).await.0
}

fn sha2_of(text: &str) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let mut digits = String::new();
    for byte in sha2::Sha256::digest(text) {
        write!(digits, "{byte:02x}").unwrap();
    }
    digits
}

/// Queries, paths and headers that speak of learners.
async fn queries(to: &Client) -> usize {
    let agent = "%7B%22mbox%22%3A%22mailto%3Ac4n4ry%40example.com%22%7D";
    let asked = [
        format!("/xapi/statements?agent={agent}"),
        format!("/xapi/agents?agent={agent}"),
        format!("/xAPI//agents?agent={agent}"),
        "/xapi/agents?agent=%7B%22mbox%22%3A%22c4n4ry".to_owned(),
        "/xapi/statements?since=c4n4ry".to_owned(),
        "/xapi/statements?c4n4ry=1".to_owned(),
        "/xapi/statements?statementId=c4n4ry".to_owned(),
        "/xapi/statements/c4n4ry".to_owned(),
        "/xapi/statements?cursor=c4n4ry".to_owned(),
        "/xapi/activities?activityId=c4n4ry%00".to_owned(),
        "/xapi/c4n4ry".to_owned(),
        "/c4n4ry?token=c4n4ry-secret".to_owned(),
        "/api/v1/requests/c4n4ry".to_owned(),
    ];
    for path in &asked {
        assert_ne!(to.send("GET", path, &[], "").await.0, 500, "{path}");
    }
    let headers = [
        "X-Request-Id: c4n4ry@example.com",
        "User-Agent: c4n4ry",
        "Referer: http://e.x/?actor=c4n4ry",
        "Cookie: session=c4n4ry-secret",
        "traceparent: 00-c4n4ry-c4n4ry-01",
        "Accept-Language: c4n4ry",
        "If-Match: \"c4n4ry\"",
        "Content-Type: c4n4ry/c4n4ry",
        "X-Experience-API-Version: c4n4ry",
        "X-API-Key: c4n4ry-secret",
        "Origin: http://c4n4ry.x",
        "X-Tenant-Id: c4n4ry",
    ];
    for header in headers {
        to.send("GET", "/xapi/about", &[header], "").await;
        to.send("POST", "/xapi/statements", &[header], "{}").await;
    }
    asked.len() + 2 * headers.len()
}

/// Credentials that are nobody's.
async fn strangers(to: &Client) -> usize {
    let encoded = |text: &str| format!("Authorization: Basic {}", STANDARD.encode(text));
    let credentials = [
        encoded("rk1_000000000000c4n4ry:c4n4ry-secret"),
        encoded("c4n4ry:c4n4ry-secret"),
        encoded("c4n4ry"),
        "Authorization: Basic c4n4ry-secret".to_owned(),
        "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.c4n4ry.c4n4ry-secret".to_owned(),
        "Authorization: C4n4ry c4n4ry-secret".to_owned(),
        "X-API-Key: rk1_000000000000c4n4ry:c4n4ry-secret".to_owned(),
    ];
    for credential in &credentials {
        let headers = [credential.as_str(), "X-Experience-API-Version: 1.0.3"];
        let (status, answer) = to.raw("GET", "/xapi/statements", &headers, "").await;
        assert_eq!(status, 401, "{credential}: {answer}");
    }
    // The alternate syntax of 1.0.3 carries credentials and statements in a form.
    let secret = STANDARD.encode("rk1_000000000000:c4n4ry-secret").replace('=', "%3D");
    let form =
        format!("Authorization=Basic+{secret}&X-Experience-API-Version=1.0.3&content=c4n4ry");
    let kinds =
        ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded", "text/plain"];
    for kind in kinds {
        for form in [&form, &form.replace("Auth", "%41uth")] {
            let kind = [&*format!("Content-Type: {kind}")];
            let (status, _) = to.raw("POST", "/xapi/statements?method=POST", &kind, form).await;
            assert_eq!(status, 401);
        }
    }
    credentials.len() + 2 * kinds.len()
}

/// What is hardly HTTP.
async fn broken(to: &Client) -> usize {
    assert_eq!(to.send("C4N4RY", "/xapi/about", &[], "").await.0, 405);
    for text in [
        "GET /c4n4ry HTTP/9.9\r\n\r\n",
        "GET /xapi/about HTTP/1.1\r\nc4n4ry c4n4ry\r\n\r\n",
        "c4n4ry\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nc4n4ry c4n4ry c4n4ry",
        "POST /xapi/statements HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nc4n4ry\r\n",
    ] {
        let mut stream = TcpStream::connect(to.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        // Reset or answered, both will do.
        stream.read_to_end(&mut Vec::new()).await.ok();
    }
    1
}

/// A database that cannot be reached, or whose URL is wrong, is told without its password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_not_told() {
    let store = Store::sqlite();
    for url in [
        "postgres://u:c4n4ry-secret@127.0.0.1:1/x",
        "postgres://u:c4n4ry-secret@127.0.0.1:notaport/x",
        "postgres://u:c4n4ry-secret@[::1/x?sslmode=c4n4ry",
        "mysql://u:c4n4ry-secret@127.0.0.1/x",
    ] {
        let mut command = store.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--log-level", "trace", "--postgres-connect-timeout", "1s"]);
        let output = command.args(["--database", url]).output().await.unwrap();
        assert!(!output.status.success(), "{url}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(said.contains("error") && !said.contains(CANARY), "{url}: {said}");
    }
}
