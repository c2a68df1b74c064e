//! Every route of `/api/v1` keeps the conventions, whichever folder it is in.

use crate::content::tests::kit::{imported, package_titled};
use crate::http::openapi::Place;
use crate::http::{Endpoint, api};
use crate::tenants::NewKey;
use crate::testing::{Call, TestApp, call, on_both};
use http::Method;

/// Every endpoint of the API.
fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    let all = crate::FEATURES.iter().flat_map(|feature| feature.endpoints);
    all.filter(|endpoint| endpoint.path.starts_with("/api/v1/"))
}

/// What is nothing's id.
const NOTHING: &str = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee";

/// A request to an endpoint by one who may do everything, its path filled in with an id.
fn ask(app: &TestApp, key: &NewKey, endpoint: &Endpoint, id: &str, query: &str) -> Call {
    let method = Method::from_bytes(endpoint.method.as_bytes()).unwrap();
    let fill = |segment: &str| if segment.starts_with('{') { id } else { segment }.to_owned();
    let path = endpoint.path.split('/').map(fill).collect::<Vec<_>>().join("/");
    call(app, method, &format!("{path}{query}")).key(key)
}

on_both! {
    /// `progress.md` 2.7: each write may be sent again.
    async fn every_write_takes_an_idempotency_key(app: TestApp) {
        let key = app.make_key("all,read,write,admin,operator").await;
        for endpoint in endpoints().filter(|endpoint| endpoint.method != "GET") {
            let name = format!("{} {}", endpoint.method, endpoint.path);
            let call = ask(&app, &key, endpoint, NOTHING, "").header(api::IDEMPOTENCY_KEY, "\"");
            let answer = call.send().await;
            assert_eq!(answer.status, 400, "{name}: {answer:?}");
            assert_eq!(answer.json()["code"], "idempotency.key_invalid", "{name}");
        }
    }

    /// `progress.md` 2.5 and 2.6: each listing has pages, and refuses what it does not know.
    async fn every_listing_has_pages(app: TestApp) {
        let key = app.make_key("all,read,write,admin,operator").await;
        let course = imported(&app, package_titled("https://p.example/c", "c", "x")).await;
        for endpoint in endpoints().filter(|endpoint| endpoint.operation.id.starts_with("list")) {
            // What is listed of a thing is listed of one that is there.
            let id = if endpoint.path.starts_with("/api/v1/courses/") {
                course["id"].as_str().expect("an id")
            } else {
                NOTHING
            };
            let name = format!("{} {}", endpoint.method, endpoint.path);
            let takes = |name| {
                let mut taken = endpoint.operation.parameters.iter();
                taken.any(|one| one.place == Place::Query && one.name == name)
            };
            assert!(takes("page[size]") && takes("page[after]") && takes("sort"), "{name}");
            let answer = ask(&app, &key, endpoint, id, "?page%5Bsize%5D=1").send().await;
            assert_eq!(answer.status, 200, "{name}: {answer:?}");
            let page = answer.json();
            assert!(page["data"].is_array() && page["meta"]["page"]["size"] == 1, "{name}: {page}");
            assert_eq!(page["meta"]["apiVersion"], api::VERSION, "{name}");
            assert!(page["links"].get("next").is_some(), "{name}: {page}");
            for (query, code) in [
                ("?nonsense=1", "query.parameter.unknown"),
                ("?filter%5Bnonsense%5D=1", "query.filter.unknown"),
                ("?sort=nonsense", "query.sort.unknown"),
                ("?page%5Bafter%5D=nonsense", "cursor.invalid"),
                ("?page%5Bsize%5D=0", "query.parameter.invalid"),
            ] {
                let answer = ask(&app, &key, endpoint, id, query).send().await;
                assert_eq!(answer.status, 400, "{name}{query}: {answer:?}");
                assert_eq!(answer.json()["code"], code, "{name}{query}");
            }
        }
    }
}
