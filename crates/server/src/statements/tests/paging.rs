//! Pages (1.0.3 Data 2.5, Communication 2.1.3; 9274.1.1 4.1.6.1): `more` goes on where the page
//! ended, whatever happens meanwhile.

use super::kit::{
    PATH, agent, found, number_of, numbers, parts, query, referring, statement, store, verb,
    voiding, with,
};
use crate::clock::Clock;
use crate::limits::Limits;
use crate::testing::{Answer, TestApp, call, on_both, unmetered};
use http::Method;
use serde_json::{Value, json};

async fn store_many(app: &TestApp, range: std::ops::Range<u128>) {
    let statements: Vec<Value> = range.map(statement).collect();
    store(app, &statements).await;
}

fn more(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["more"].as_str().unwrap().to_owned()
}

/// Every page from `path` on; `between` happens before each next one.
async fn all_pages(app: &TestApp, path: String, between: impl AsyncFn(usize)) -> Vec<Vec<u128>> {
    let (mut pages, mut next) = (Vec::new(), path);
    while !next.is_empty() {
        let answer = app.get(&next).send().await;
        pages.push(numbers(&answer));
        next = more(&answer);
        between(pages.len()).await;
    }
    pages
}

on_both! {
    /// Two frequent filters that never meet: pages end early, and `more` goes on to the end and
    /// finds what is there (1.0.3 Communication 2.1.3: a page may hold fewer than `limit`).
    async fn a_page_gives_up_after_so_many_candidates(app: TestApp) {
        let limits = Limits { page_candidates_max: 300, ..unmetered() };
        let app = app.with_limits(limits).await;
        let other = |number: u128| {
            let other = with(statement(number), "actor", agent("bob"));
            with(other, "verb", json!({"id": verb("saw")}))
        };
        let both = |number: u128| with(statement(number), "verb", json!({"id": verb("saw")}));
        let pairs = (0..2_000).map(|n| if n % 2 == 0 { statement(n) } else { other(n) });
        let mut batch: Vec<Value> = pairs.collect();
        batch.extend([both(10_000), referring(10_001, 10_000)]);
        batch.insert(0, both(10_002));
        store(&app, &batch).await;
        let verb = verb("saw");
        let ada = agent("ada").to_string();
        for (ascending, expected) in [("false", [10_001, 10_000, 10_002]), ("true", [10_002, 10_000, 10_001])] {
            let filters = [("verb", verb.as_str()), ("agent", &ada), ("ascending", ascending)];
            let pages = all_pages(&app, query(&filters), async |_| {}).await;
            assert_eq!(pages.concat(), expected, "{ascending}");
            assert!(pages.iter().any(Vec::is_empty), "{ascending}: {pages:?}");
            assert!(pages.len() > 2 && pages.len() < 12, "{ascending}: {pages:?}");
        }
        let unhurried = app.with_limits(unmetered()).await;
        let filters = [("verb", verb.as_str()), ("agent", &ada)];
        let pages = all_pages(&unhurried, query(&filters), async |_| {}).await;
        assert_eq!(pages, [[10_001, 10_000, 10_002]]);
    }

    /// Row 22. XAPI-00108 to XAPI-00114: pages in either order neither skip nor repeat, while new
    /// statements arrive and others are voided between one page and the next; `more` is a relative
    /// address, and empty on the last page.
    async fn pages_are_stable_while_statements_arrive(app: TestApp) {
        store_many(&app, 0..20).await;
        store(&app, &[voiding(30, 14), voiding(31, 13)]).await;
        let newer =
            async |page: usize| store_many(&app, 100 + page as u128..101 + page as u128).await;
        let path = query(&[("limit", "6"), ("verb", &verb("did"))]);
        let pages = all_pages(&app, path, newer).await;
        let expected = [31, 30].into_iter().chain((15..20).rev()).chain((0..13).rev());
        assert_eq!(pages.concat(), expected.collect::<Vec<_>>());
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [6, 6, 6, 2]);
        let more = more(&app.get(&query(&[("limit", "6")])).send().await);
        assert!(more.starts_with("/xapi/statements?"), "{more}");
        // What is voided meanwhile is not shown any more; everything else is, once.
        let voids = async |page: usize| {
            if page == 1 {
                store(&app, &[voiding(40, 11), voiding(41, 0)]).await;
            }
        };
        let path =
            query(&[("limit", "5"), ("ascending", "true"), ("until", "2999-01-01T00:00:00Z")]);
        let pages = all_pages(&app, path, voids).await.concat();
        let kept = (0..20).filter(|number| ![11, 13, 14].contains(number));
        let expected: Vec<u128> = kept.chain([30, 31, 101, 102, 103, 104, 40, 41]).collect();
        assert_eq!(pages, expected, "0 was seen before it was voided");
    }

    /// Row 22. Data 2.5: a `more` link carries every parameter and the language, and asks nothing
    /// of the node or of the time that made it (24 hours at least).
    async fn more_carries_what_was_asked(app: TestApp) {
        let clock = Clock::manual(1_700_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let object = json!({"id": "x:one", "definition": {"name": {"en": "One", "de": "Eins"}}});
        for number in 0..3 {
            let one =
                with(with(statement(number), "object", object.clone()), "actor", agent("cyd"));
            store(&app, &[one, statement(10 + number)]).await;
        }
        let agent = agent("cyd").to_string();
        let parameters = [
            ("limit", "1"),
            ("agent", &*agent),
            ("format", "canonical"),
            ("attachments", "true"),
            ("ascending", "true"),
        ];
        let first = app.get(&query(&parameters)).header("accept-language", "de").send().await;
        let page_of =
            |answer: &Answer| -> Value { serde_json::from_slice(&parts(answer)[0].1).unwrap() };
        let mut next = page_of(&first)["more"].as_str().unwrap().to_owned();
        clock.advance(48 * 3_600_000_000);
        let node = app.node().await;
        for number in 1..3 {
            let call = call(&node, Method::GET, &next).version("1.0.3").key(app.all_key());
            let page = page_of(&call.send().await);
            let statements = page["statements"].as_array().unwrap();
            assert_eq!(statements.iter().map(number_of).collect::<Vec<_>>(), [number]);
            assert_eq!(statements[0]["object"]["definition"]["name"], json!({"de": "Eins"}));
            next = page["more"].as_str().unwrap().to_owned();
        }
        assert_eq!(next, "", "that was all of Cyd's");
        let spoiled = app.get(&format!("{PATH}?cursor=%21")).send().await;
        assert_eq!(spoiled.status, 400, "{spoiled:?}");
    }

    /// Row 22. Data 2.5: a `more` link leads back through the mount by which the client came, so
    /// that it passes the same proxy.
    async fn more_goes_back_the_same_way(app: TestApp) {
        store_many(&app, 0..3).await;
        for mount in ["/xapi", "/xAPI", "/api/xapi", "/api/xapi/statements"] {
            let pages = all_pages(&app, format!("{mount}//statements?limit=1"), async |_| ()).await;
            assert_eq!(pages, [[2], [1], [0]], "{mount}");
            let first = app.get(&format!("{mount}/statements?limit=1")).send().await;
            assert!(more(&first).starts_with(&format!("{mount}/statements?")), "{first:?}");
        }
        let by_path = app.get("/api/xapi/statements?limit=1").send().await;
        assert!(more(&by_path).starts_with("/api/xapi/statements?"), "{by_path:?}");
    }

    /// Row 22. A page that is full of voided statements goes on behind them, and so does one that
    /// would be too large; a reference and its target are two results.
    async fn pages_end_for_a_reason(app: TestApp) {
        store_many(&app, 0..30).await;
        let voids: Vec<Value> = (5..25).map(|number| voiding(100 + number, number)).collect();
        store(&app, &voids).await;
        store(&app, &[referring(200, 3)]).await;
        let path = query(&[
            ("limit", "4"),
            ("ascending", "true"),
            ("activity", "https://example.org/activity/one"),
        ]);
        let pages = all_pages(&app, path, async |_| ()).await;
        let expected: Vec<u128> = (0..5).chain(25..30).chain(105..125).chain([200]).collect();
        assert_eq!(pages.concat(), expected);
        let app = app.with_limits(Limits { page_bytes_max: 1_000, ..Limits::default() }).await;
        let pages = all_pages(&app, query(&[]), async |_| ()).await;
        assert!(pages.iter().all(|page| (1..10).contains(&page.len())), "{pages:?}");
        assert_eq!(pages.concat().len(), expected.len());
    }

    /// Row 23. XAPI-00166, XAPI-00173: no `limit` and 0 mean the server's maximum, more than that
    /// is the maximum; newest first unless `ascending`; what is no such number is refused.
    async fn a_limit_is_at_most_the_servers(app: TestApp) {
        let max = app.limits.page_statements_max as u128;
        store_many(&app, 0..max + 1).await;
        let newest: Vec<u128> = (1..=max).rev().collect();
        for limit in ["0", "100", "101", "4000000000"] {
            let answer = app.get(&query(&[("limit", limit)])).send().await;
            assert_eq!(numbers(&answer), newest, "{limit}");
            assert_eq!(numbers(&app.get(&more(&answer)).send().await), [0]);
        }
        assert_eq!(found(&app, &[]).await, newest);
        assert_eq!(found(&app, &[("limit", "2")]).await, [max, max - 1]);
        assert_eq!(found(&app, &[("limit", "2"), ("ascending", "false")]).await, [max, max - 1]);
        assert_eq!(found(&app, &[("limit", "2"), ("ascending", "true")]).await, [0, 1]);
        let exact =
            app.get(&query(&[("limit", "1"), ("since", "2999-01-01T00:00:00Z")])).send().await;
        assert_eq!(more(&exact), "");
        for limit in ["-1", "1.5", "+5", "ten", "", "99999999999999999999999"] {
            let answer = app.get(&query(&[("limit", limit)])).send().await;
            assert_eq!(answer.status, 400, "{limit:?}: {answer:?}");
        }
    }

    /// Row 23. A page that ends exactly where the statements end has no `more`.
    async fn the_last_page_is_known_as_such(app: TestApp) {
        store_many(&app, 0..6).await;
        for (parameters, sizes) in [
            (&[("limit", "3")][..], &[3, 3][..]),
            (&[("limit", "6")], &[6]),
            (&[("limit", "3"), ("verb", "https://example.org/verb/did")], &[3, 3]),
        ] {
            let pages = all_pages(&app, query(parameters), async |_| ()).await;
            assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{parameters:?}");
        }
    }
}
