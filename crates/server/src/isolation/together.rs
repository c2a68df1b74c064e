//! Both tenants write at once, the same ids, other contents.

use super::names::Names;
use super::world::{CANARY, OURS, document, record};
use crate::tenants::NewKey;
use crate::testing::{TestApp, call, on_both};
use http::Method;

const ROUNDS: usize = 12;

/// The names of one round: made of one word, and ids of the round's own.
fn names(round: usize) -> Names {
    let mut names = Names::new("shared", "tenant-2");
    for (number, id) in
        [&mut names.statement, &mut names.voided, &mut names.registration].into_iter().enumerate()
    {
        *id = format!("00000000-0000-4000-8{number:03}-{round:012}");
    }
    names
}

async fn writes(app: &TestApp, key: &NewKey, text: &str) {
    for round in 0..ROUNDS {
        // Profiles are one for all rounds, so whoever writes first in a tenant has them.
        for resource in ["activities/profile", "agents/profile"] {
            let path = document(&names(round), resource);
            let gone = call(app, Method::DELETE, &path).key(key).version("1.0.3");
            let gone = gone.send().await;
            assert_eq!(gone.status, 204, "{gone:?}");
        }
        record(app, key, &mut names(round), text).await;
    }
}

async fn reads(app: &TestApp, key: &NewKey, own: &str, others: &str) {
    for round in 0..ROUNDS {
        let names = names(round);
        let mut paths = vec![
            format!("/xapi/statements?statementId={}", names.statement),
            format!("/xapi/statements?voidedStatementId={}", names.voided),
            format!("/xapi/statements?registration={}&format=canonical", names.registration),
            format!("/xapi/activities?activityId={}", names.activity()),
        ];
        paths.extend(
            ["activities/state", "activities/profile", "agents/profile"]
                .map(|resource| document(&names, resource)),
        );
        for path in paths {
            let got = call(app, Method::GET, &path).key(key).version("1.0.3").send().await;
            assert_eq!(got.status, 200, "{path}: {got:?}");
            assert!(got.text().contains(own) && !got.text().contains(others), "{path}: {got:?}");
        }
    }
    let all = call(app, Method::GET, "/xapi/statements?limit=500").key(key).version("1.0.3");
    let all = all.send().await;
    assert!(!all.text().contains(others), "{all:?}");
    // The voided ones are left out.
    let found = all.json()["statements"].as_array().map(Vec::len);
    assert_eq!(found, Some(2 * ROUNDS), "{all:?}");
}

on_both! {
    /// Issue 3, point 2: nothing of one tenant's gets into what the other wrote at the same time.
    async fn tenants_that_write_at_once_do_not_mix(app: TestApp) {
        let (one, other) = (app.make_tenant_key(2).await, app.make_tenant_key(3).await);
        tokio::join!(writes(&app, &one, OURS), writes(&app, &other, CANARY));
        reads(&app, &one, OURS, CANARY).await;
        reads(&app, &other, CANARY, OURS).await;
    }
}
