//! Health, readiness, metrics and traces, on both engines.

use super::table::{Kind, METRICS};
use super::{Otel, listen};
use crate::app::App;
use crate::config::Settings;
use crate::ids::Ids;
use crate::testing::{TestApp, call, on_both};
use http::Method;
use tempfile::TempDir;
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

on_both! {
    /// A process that lives says so, whatever else is broken.
    async fn health_asks_nobody(app: TestApp) {
        app.db.clone().close().await;
        let answer = call(&app, Method::GET, "/healthz").send().await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, r#"{"status":"alive"}"#));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }

    /// Ready, until it is told to stop: then not, at once.
    async fn a_server_that_is_told_to_stop_is_not_ready(app: TestApp) {
        let answer = call(&app, Method::GET, "/readyz").send().await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, r#"{"status":"ready","failed":[]}"#));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        app.operate.stop();
        let answer = call(&app, Method::GET, "/readyz").send().await;
        assert_eq!((answer.status.as_u16(), answer.text()), (503, r#"{"status":"unready","failed":["stopping"]}"#));
        assert_eq!(call(&app, Method::GET, "/healthz").send().await.status, 200);
    }

    /// What is missing is named, and nothing more is told of it.
    async fn a_server_without_its_database_is_not_ready(app: TestApp) {
        app.db.clone().close().await;
        let answer = call(&app, Method::GET, "/readyz").send().await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.text(), r#"{"status":"unready","failed":["database","migrations"]}"#);
    }

    /// Without its files a server serves what needs none, so it is ready, and says what it lacks.
    async fn a_server_without_its_files_is_ready(app: TestApp) {
        std::fs::remove_dir_all(app.blob_folder()).unwrap();
        let answer = call(&app, Method::GET, "/readyz").send().await;
        let expected = (200, r#"{"status":"ready","failed":["blobs"]}"#);
        assert_eq!((answer.status.as_u16(), answer.text()), expected);
        let operator = app.make_key("operator").await;
        let page = call(&app, Method::GET, "/metrics").key(&operator).send().await;
        for line in ["rollbook_ready 1\n", "rollbook_blobs_reachable 0\n"] {
            assert!(page.text().contains(line), "{page:?}");
        }
    }

    /// Metrics count what happened, by template and number, and name nobody.
    async fn metrics_count_and_name_nobody(app: TestApp) {
        let operator = app.make_key("operator").await;
        let statement = r#"{"actor":{"mbox":"mailto:canary@example.com"},"verb":{"id":"http://e.x/v"},"object":{"id":"http://e.x/a"}}"#;
        let stored = app.post("/xapi/statements").json(format!("[{statement},{statement}]")).send().await;
        assert_eq!(stored.status, 200, "{stored:?}");
        app.post("/xapi/statements").json("{}").send().await;
        let one = "/xapi/statements/6690e6c9-3ef0-4ed3-8b37-7f3964730bee";
        app.get(one).send().await;
        app.get("/xapi/canary").send().await;
        let page = call(&app, Method::GET, "/metrics").key(&operator).send().await;
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let text = page.text();
        let posts = r#"rollbook_http_requests_total{route="/xapi/statements",method="POST",status="#;
        for line in [
            format!(r#"{posts}"200"}} 1"#),
            format!(r#"{posts}"400"}} 1"#),
            r#"rollbook_http_requests_total{route="/xapi/statements/{id}",method="GET",status="404"} 1"#.to_owned(),
            r#"rollbook_http_requests_total{route="none",method="none",status="404"} 1"#.to_owned(),
            r#"rollbook_refusals_total{code="validation.statement.invalid"} 1"#.to_owned(),
            r#"rollbook_statements_stored_total{tenant="1"} 2"#.to_owned(),
            r#"rollbook_statement_batch_size_bucket{le="2"} 1"#.to_owned(),
            "rollbook_http_requests_in_flight 1".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        for metric in METRICS {
            assert!(text.contains(&format!("# TYPE {} ", metric.name)), "{}", metric.name);
        }
        assert!(!text.contains("canary") && !text.contains(&app.all_key().key), "{text}");
    }

    /// A client that goes away is counted, and is no longer in flight.
    async fn a_request_that_was_given_up_is_counted(app: TestApp) {
        let operator = app.make_key("operator").await;
        let gone = app.get("/xapi/statements").send();
        tokio::time::timeout(std::time::Duration::ZERO, gone).await.ok();
        let page = call(&app, Method::GET, "/metrics").key(&operator).send().await;
        assert!(page.text().contains("rollbook_http_requests_in_flight 1\n"), "{page:?}");
    }

    /// Where only operators come, no credential is needed, and nothing else is there.
    async fn operators_have_an_address_of_their_own(app: TestApp) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(listen::serve(App::clone(&app), listener));
        let client = reqwest::Client::new();
        let status = async |path: &str| {
            client.get(format!("{url}{path}")).send().await.unwrap().status().as_u16()
        };
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(status(path).await, 200, "{path}");
        }
        assert_eq!(status("/xapi/about").await, 404);
        app.operate.stop();
        assert_eq!(status("/readyz").await, 503);
        assert_eq!(status("/metrics").await, 200);
        server.abort();
    }

    /// A collector receives the trace that the caller began, and nothing of what it was about.
    async fn a_collector_receives_the_trace(app: TestApp) {
        let collector = MockServer::start().await;
        let taken = Mock::given(method("POST")).and(path("/v1/traces"));
        taken.respond_with(ResponseTemplate::new(200)).mount(&collector).await;
        let (traced, _data) = traced(&app, collector.uri()).await;
        let canary = "/xapi/agents?agent=%7B%22mbox%22%3A%22mailto%3Acanary%40example.com%22%7D";
        let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let asked = call(&traced, Method::GET, canary).key(app.all_key()).version("1.0.3");
        assert_eq!(asked.header("traceparent", &parent).send().await.status, 200);
        let unsampled = format!("00-{}-00f067aa0ba902b7-00", TRACE.replace('4', "5"));
        call(&traced, Method::GET, "/xapi/about").header("traceparent", &unsampled).send().await;
        traced.operate.flush().await;
        let sent = collector.received_requests().await.unwrap();
        let body: Vec<u8> = sent.iter().flat_map(|request| request.body.clone()).collect();
        let has = |bytes: &[u8]| body.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(b"GET /xapi/agents") && has(b"rollbook.tenant") && has(b"service.name"));
        assert!(has(&u128::from_str_radix(TRACE, 16).unwrap().to_be_bytes()), "the caller's trace");
        assert!(has(&0x00f0_67aa_0ba9_02b7_u64.to_be_bytes()), "the caller's span");
        assert!(!has(b"about"), "what the caller does not record is not sent");
        assert!(!has(b"canary"), "who it was about is not told");
    }

    /// A collector that is not there costs spans and no request.
    async fn a_collector_that_is_gone_holds_nobody_up(app: TestApp) {
        let (traced, _data) = traced(&app, "http://127.0.0.1:9".to_owned()).await;
        for _ in 0..3 {
            assert_eq!(call(&traced, Method::GET, "/xapi/about").send().await.status, 200);
        }
        traced.operate.flush().await;
        assert_eq!(traced.operate.spans_told(), [0, 0, 3]);
    }
}

/// Another server on the same database that sends traces.
async fn traced(app: &TestApp, collector: String) -> (App, TempDir) {
    let data = TempDir::new().unwrap();
    let otel = Otel { endpoint: Some(collector), ..Settings::default().otel };
    let settings = Settings { data: data.path().to_owned(), otel, ..Settings::default() };
    let started = crate::start::assemble(app.db.clone(), &settings, app.clock.clone(), Ids).await;
    (started.unwrap(), data)
}

/// The page for operators explains every metric, and no other.
#[test]
fn the_page_explains_every_metric() {
    let page = include_str!("../../../../docs/observability.md");
    let explained = page
        .lines()
        .filter(|line| line.starts_with("| `rollbook_") || line.starts_with("| `process_"));
    let expected = METRICS.iter().map(|metric| {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{}` | {kind} | {} | {}. |", metric.name, labels.join(", "), metric.help)
            .replace("|  |", "| |")
    });
    let (explained, expected): (Vec<_>, Vec<_>) = (explained.collect(), expected.collect());
    assert_eq!(explained, expected, "\n{}", expected.join("\n"));
}

/// Prometheus wants base units and the kind in the name.
#[test]
fn names_say_their_units() {
    for metric in METRICS {
        let total = metric.name.ends_with("_total");
        assert_eq!(total, metric.kind == Kind::Counter, "{}", metric.name);
        assert!(!metric.name.contains("_ms") && !metric.name.contains("micros"), "{}", metric.name);
        assert!(!metric.help.ends_with('.'), "{}", metric.name);
    }
}
