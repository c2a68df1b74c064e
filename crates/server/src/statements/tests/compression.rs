//! Bodies are compressed with a dictionary that is trained on them (`docs/storage.md`), and nobody
//! can tell: old and new come back exactly, from every node (1.0.3 Communication 2.1.3 `exact`).

use super::kit::{PATH, activity, id, query, verb};
use crate::app::App;
use crate::tenants::FIRST_TENANT;
use crate::testing::{TestApp, call, on_both};
use http::Method;
use std::time::Duration;

/// Training begins when a node has stored this many.
const TRAINED_AFTER: u128 = 2_000;

/// Statement number `number`, as alike and as different as those of a course are.
fn text(number: u128) -> String {
    let (verb, activity) =
        (verb(&format!("v{}", number % 7)), activity(&format!("a{}", number % 53)));
    format!(
        r#"{{"id":"{}","actor":{{"mbox":"mailto:learner{}@example.org"}},"verb":{{"id":"{verb}","display":{{"en":"\u0064id"}}}},"object":{{"id":"{activity}"}},"result":{{"score":{{"raw":{number}.10}},"duration":"PT{}S"}},"timestamp":"2026-03-04T05:06:07.{number:04}Z"}}"#,
        id(number),
        number % 211,
        number % 600,
    )
}

async fn post(app: &TestApp, node: &App, range: std::ops::Range<u128>) {
    let texts: Vec<String> = range.map(text).collect();
    let body = format!("[{}]", texts.join(","));
    let answer =
        call(node, Method::POST, PATH).version("1.0.3").key(app.all_key()).json(body).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Each of `numbers` is answered by `node` as it was sent.
async fn check(app: &TestApp, node: &App, numbers: impl Iterator<Item = u128>) {
    for number in numbers {
        let path = format!("{PATH}?statementId={}", id(number));
        let answer =
            call(node, Method::GET, &path).version("1.0.3").key(app.all_key()).send().await;
        let sent = text(number);
        assert!(answer.text().starts_with(sent.strip_suffix('}').unwrap()), "{answer:?}\n{sent}");
    }
}

/// The number of the dictionary with which `node` compresses.
fn dictionary(node: &App) -> i64 {
    node.log.memory(FIRST_TENANT).dictionary().number()
}

on_both! {
    /// Row 10. After 2,000 statements a dictionary is trained: what was compressed before it and
    /// what came after come back exactly, from this node, from one that runs already and from a
    /// new one, which compresses with what it finds.
    async fn a_trained_dictionary_changes_nothing(app: TestApp) {
        let other = app.node().await;
        for batch in 0..4 {
            post(&app, &app, batch * 500..(batch + 1) * 500).await;
        }
        for _ in 0..500 {
            if dictionary(&app) == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(dictionary(&app), 1, "trained after {TRAINED_AFTER}");
        post(&app, &app, TRAINED_AFTER..TRAINED_AFTER + 50).await;
        post(&app, &other, TRAINED_AFTER + 50..TRAINED_AFTER + 60).await;
        let some = || {
            (0..TRAINED_AFTER).step_by(401).chain((TRAINED_AFTER..TRAINED_AFTER + 60).step_by(7))
        };
        check(&app, &app, some()).await;
        check(&app, &other, some()).await;
        assert_eq!(dictionary(&other), 1, "learned by reading");
        let new = app.node().await;
        check(&app, &new, some()).await;
        let page = call(&new, Method::GET, &query(&[("ascending", "true"), ("limit", "100")]));
        let page = page.version("1.0.3").key(app.all_key()).send().await;
        assert_eq!(super::kit::numbers(&page), (0..100).collect::<Vec<_>>());
    }
}
