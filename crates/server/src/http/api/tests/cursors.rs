//! Cursors and listings, asked page by page (`progress.md` 2.5, 2.6).

use super::kit::{PATH, add_row, ask, code, send, strangers_key};
use crate::app::App;
use crate::tenants::{FIRST_TENANT, NewKey, TenantId};
use crate::testing::{Answer, call, on_both};
use http::Method;
use std::collections::HashSet;

async fn add(app: &App, tenant: i64, names: impl IntoIterator<Item = (i64, i64)>) {
    let names: Vec<(i64, i64)> = names.into_iter().collect();
    let job = move |tx: &mut rollbook_db::Tx<'_>| {
        for (number, created) in names {
            add_row(tx, TenantId(tenant), &format!("row {number:04}"), created)?;
        }
        Ok::<(), rollbook_db::Error>(())
    };
    app.db.of(tenant).write(job).await.unwrap();
}

async fn get(app: &App, key: &NewKey, query: &str) -> Answer {
    send(ask(app, key, Method::GET, query)).await
}

fn cursor(answer: &Answer) -> String {
    answer.json()["meta"]["page"]["nextCursor"].as_str().expect("there is a next page").to_owned()
}

fn names(answer: &Answer) -> Vec<String> {
    let data = answer.json()["data"].as_array().cloned().expect("a listing has data");
    data.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    /// `progress.md` 1.6: data, meta and links; ids are those of the request.
    async fn a_listing_has_data_meta_and_links(app: TestApp) {
        let key = app.make_key("read").await;
        add(&app, 1, (0..3).map(|number| (number, number))).await;
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = format!("00-{trace}-00f067aa0ba902b7-01");
        let request = ask(&app, &key, Method::GET, "?page[size]=2&filter[kind]=old,new");
        let answer = send(request.header("traceparent", &parent).header("x-request-id", "r-1")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let said = answer.json();
        assert_eq!(names(&answer), ["row 0000", "row 0001"]);
        let (meta, page) = (&said["meta"], &said["meta"]["page"]);
        assert_eq!((&meta["requestId"], &meta["traceId"]), (&"r-1".into(), &trace.into()));
        assert_eq!((&meta["apiVersion"], &page["size"]), (&"1.0".into(), &2.into()));
        let next = said["links"]["next"].as_str().unwrap();
        let expected = format!(
            "{PATH}?page%5Bsize%5D=2&filter%5Bkind%5D=old,new&page%5Bafter%5D={}",
            cursor(&answer)
        );
        assert_eq!(next, expected);
        let last = send(call(&app, Method::GET, next).key(&key)).await;
        assert_eq!(names(&last), ["row 0002"]);
        let said = last.json();
        assert!(said["links"]["next"].is_null() && said["meta"]["page"]["nextCursor"].is_null());
    }

    /// `progress.md` 2.5: keyset, bounded at page 1: each row once, whoever writes meanwhile.
    async fn pages_neither_repeat_nor_leave_out_while_others_write(app: TestApp) {
        let key = app.make_key("read").await;
        // Ties in the order, and room between for those that come later.
        add(&app, 1, (0..100).map(|number| (number * 2, number / 3 * 10))).await;
        let (other, nodes) = (app.node().await, app.node().await);
        let writing = tokio::spawn(async move {
            for number in 0..100 {
                let late = other.clock.now_micros() + 3_600_000_000;
                // Before, among and behind what is listed.
                add(&other, 1, [(number * 2 + 1, number / 3 * 10), (number + 5_000, late)]).await;
            }
        });
        let (mut seen, mut query) = (Vec::new(), "?page[size]=7".to_owned());
        for turn in 0.. {
            // Any node goes on where another stopped.
            let node = if turn % 2 == 0 { &*app } else { &nodes };
            let answer = get(node, &key, &query).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            seen.extend(names(&answer));
            let said = answer.json();
            let Some(next) = said["links"]["next"].as_str() else { break };
            query = next.strip_prefix(PATH).unwrap().to_owned();
        }
        writing.await.unwrap();
        let each: HashSet<_> = seen.iter().collect();
        assert_eq!(each.len(), seen.len(), "a row was listed twice");
        for number in 0..100 {
            let name = format!("row {:04}", number * 2);
            assert!(each.contains(&name), "{name} was left out");
        }
        assert!(!seen.iter().any(|name| name.as_str() >= "row 5000"), "later than the first page");
    }

    /// Bad MAC, shape, or another tenant's → 400; another query's → 410.
    async fn a_cursor_is_good_for_one_query_of_one_tenant(app: TestApp) {
        let (key, other) = (app.make_key("read").await, strangers_key(&app, "read").await);
        add(&app, 1, (0..5).map(|number| (number, number))).await;
        add(&app, 2, (0..5).map(|number| (number, number))).await;
        let cursor = cursor(&get(&app, &key, "?page[size]=2&filter[kind]=old").await);
        let at = |query: &str| format!("?page[after]={cursor}{query}");
        let good = get(&app, &key, &at("&filter[kind]=old")).await;
        assert_eq!(names(&good), ["row 0002", "row 0003", "row 0004"]);
        let again = get(&app, &key, &format!("?page[cursor]={cursor}&filter%5Bkind%5D=old")).await;
        assert_eq!(names(&again), names(&good));
        for query in ["", "&filter[kind]=new", "&filter[kind]=old&sort=name"] {
            let answer = get(&app, &key, &at(query)).await;
            assert_eq!(code(&answer), (410, "cursor.stale".to_owned()), "{query}: {answer:?}");
        }
        let strange = get(&app, &other, &at("&filter[kind]=old")).await;
        assert_eq!(code(&strange), (400, "cursor.invalid".to_owned()), "{strange:?}");
        for bad in ["", "x", &format!("{cursor}A"), &cursor.to_lowercase()] {
            let answer = get(&app, &key, &format!("?page[after]={bad}&filter[kind]=old")).await;
            assert_eq!(code(&answer), (400, "cursor.invalid".to_owned()), "{bad}");
        }
    }

    /// Another process has the same secret; two that need it first at once make one.
    async fn every_node_has_the_same_secret(app: TestApp) {
        use crate::http::api::Purpose;
        let nodes = [app.node().await, app.node().await, app.node().await];
        let asked = nodes.iter().map(|node| node.secrets.get(FIRST_TENANT, Purpose::Cursor));
        let mut secrets = futures_util::future::join_all(asked).await.into_iter();
        let first = secrets.next().unwrap().unwrap();
        assert!(secrets.all(|secret| secret.unwrap() == first));
        let other = app.secrets.get(FIRST_TENANT, Purpose::Idempotency).await.unwrap();
        let strange = app.secrets.get(TenantId(2), Purpose::Cursor).await.unwrap();
        assert!(other != first && strange != first);
        assert_eq!(format!("{first:?}"), "Secret");
    }

    /// A page is as long as its limit and no longer; what is not known is refused.
    async fn a_query_is_read_strictly(app: TestApp) {
        let key = app.make_key("read").await;
        assert_eq!(get(&app, &key, "?page[size]=200").await.status, 200);
        for (query, expected) in [
            ("?page[size]=201", "query.parameter.invalid"),
            ("?offset=1", "query.parameter.unknown"),
            ("?filter[who]=x", "query.filter.unknown"),
            ("?sort=age", "query.sort.unknown"),
        ] {
            let answer = get(&app, &key, query).await;
            assert_eq!(code(&answer), (400, expected.to_owned()), "{answer:?}");
            assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 1, "{answer:?}");
        }
    }
}
