//! Statements about statements (1.0.3 Communication 2.1.3 "Filter Conditions for `StatementRefs`",
//! Data 2.4.4.3; 9274.1.1 4.1.6.1): found by what they lead to, whatever arrived first.

use super::kit::{activity, agent, found, id, query, referring, statement, store, verb, with};
use crate::testing::{TestApp, on_both};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The filters that the statement number 1 meets and a reference to it does not.
fn of_the_target() -> [(&'static str, String); 3] {
    [("agent", agent("ada").to_string()), ("verb", verb("did")), ("activity", activity("one"))]
}

/// The `stored` of a statement.
async fn stored(app: &TestApp, number: u128) -> String {
    super::kit::get(app, number).await.json()["stored"].as_str().unwrap().to_owned()
}

on_both! {
    /// Row 1. XAPI-00164, Communication 2.1.3: who refers to a statement that a filter finds is
    /// found too, and so is who refers to that one.
    async fn a_reference_is_found_by_what_it_leads_to(app: TestApp) {
        store(&app, &[statement(1)]).await;
        store(&app, &[referring(2, 1)]).await;
        store(&app, &[with(referring(3, 2), "actor", agent("cyd")), statement(9)]).await;
        store(&app, &[with(statement(9 + 1), "verb", json!({"id": verb("other")}))]).await;
        for (name, value) in of_the_target() {
            let expected: &[u128] = if name == "verb" { &[9, 3, 2, 1] } else { &[10, 9, 3, 2, 1] };
            assert_eq!(found(&app, &[(name, &value)]).await, expected, "{name}");
        }
        assert_eq!(found(&app, &[("agent", &agent("bob").to_string())]).await, [3, 2]);
        assert_eq!(found(&app, &[("agent", &agent("cyd").to_string())]).await, [3]);
    }

    /// Row 1. `decisions.md` 4: every filter must hold on one and the same statement of the chain.
    async fn all_filters_hold_on_one_statement(app: TestApp) {
        store(&app, &[statement(1), referring(2, 1)]).await;
        let (ada, bob) = (agent("ada").to_string(), agent("bob").to_string());
        let (did, saw, one) = (verb("did"), verb("saw"), activity("one"));
        assert_eq!(found(&app, &[("agent", &ada), ("verb", &did)]).await, [2, 1]);
        assert_eq!(found(&app, &[("agent", &bob), ("verb", &saw)]).await, [2]);
        let nobody: [u128; 0] = [];
        assert_eq!(found(&app, &[("agent", &bob), ("verb", &did)]).await, nobody);
        assert_eq!(found(&app, &[("verb", &saw), ("activity", &one)]).await, nobody);
    }

    /// Row 1. Communication 2.1.3: `since`, `until` and `limit` apply to the referrer alone.
    async fn time_and_limit_apply_to_the_referrer(app: TestApp) {
        store(&app, &[statement(1)]).await;
        store(&app, &[referring(2, 1)]).await;
        store(&app, &[referring(3, 1)]).await;
        let did = verb("did");
        let (first, second) = (stored(&app, 1).await, stored(&app, 2).await);
        let since =
            |at: &str| [("verb".to_owned(), did.clone()), ("since".to_owned(), at.to_owned())];
        let until =
            |at: &str| [("verb".to_owned(), did.clone()), ("until".to_owned(), at.to_owned())];
        for (parameters, expected) in [
            (since(&first), &[3, 2][..]),
            (since(&second), &[3]),
            (until(&second), &[2, 1]),
            (until(&first), &[1]),
        ] {
            let given = parameters.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
            assert_eq!(found(&app, &given).await, expected, "{given:?}");
        }
        assert_eq!(found(&app, &[("verb", &did), ("limit", "1")]).await, [3]);
    }

    /// Row 1. Communication 2.1.3, note: neither `context.statement` nor a SubStatement's reference
    /// makes a statement found by its target; nor does an Activity that has the target's id.
    async fn only_the_object_itself_refers(app: TestApp) {
        let by_context = json!({"statement": {"objectType": "StatementRef", "id": id(1)}});
        let inside = json!({
            "objectType": "SubStatement", "actor": agent("bob"), "verb": {"id": verb("saw")},
            "object": {"objectType": "StatementRef", "id": id(1)},
        });
        let other = json!({"id": activity("two")});
        let about =
            with(with(statement(2), "actor", agent("bob")), "verb", json!({"id": verb("saw")}));
        store(
            &app,
            &[statement(1), with(with(about.clone(), "object", other), "context", by_context)],
        )
        .await;
        store(&app, &[with(with(about, "object", inside), "id", json!(id(3)))]).await;
        for (name, value) in of_the_target() {
            assert_eq!(found(&app, &[(name, &value)]).await, [1], "{name}");
        }
    }

    /// Row 2. Communication 2.1.3: a reference that arrives before its target, in an earlier
    /// request or in the same one, is found once the target is there; one to nothing is kept.
    async fn a_reference_may_arrive_before_its_target(app: TestApp) {
        store(&app, &[referring(2, 1)]).await;
        store(&app, &[referring(3, 2), referring(4, 99)]).await;
        let did = verb("did");
        let nobody: [u128; 0] = [];
        assert_eq!(found(&app, &[("verb", &did)]).await, nobody);
        store(&app, &[referring(5, 1), statement(1)]).await;
        assert_eq!(found(&app, &[("verb", &did)]).await, [1, 5, 3, 2]);
        assert_eq!(found(&app, &[("verb", &did), ("ascending", "true")]).await, [2, 3, 5, 1]);
        assert_eq!(found(&app, &[]).await, [1, 5, 4, 3, 2]);
    }

    /// Row 2. A circle of references is legal: each of it is found by all of it, once.
    async fn references_may_go_in_a_circle(app: TestApp) {
        let round = |number: u128, target: u128| {
            with(referring(number, target), "verb", json!({"id": verb(&format!("v{number}"))}))
        };
        store(&app, &[round(1, 3)]).await;
        store(&app, &[round(2, 1)]).await;
        store(&app, &[round(3, 2), round(4, 3), round(5, 5)]).await;
        for number in 1..=3 {
            let verb = verb(&format!("v{number}"));
            assert_eq!(found(&app, &[("verb", &verb)]).await, [4, 3, 2, 1], "v{number}");
        }
        assert_eq!(found(&app, &[("verb", &verb("v4"))]).await, [4]);
        assert_eq!(found(&app, &[("verb", &verb("v5"))]).await, [5]);
    }

    /// Row 2. Chains and circles in random order of arrival, in requests of random size: what is
    /// found depends on what is stored, never on when it came.
    async fn the_order_of_arrival_does_not_matter(app: TestApp) {
        for seed in 0..8 {
            let mut rng = StdRng::seed_from_u64(seed);
            let key = app.make_tenant_key(500 + i64::try_from(seed).unwrap()).await;
            // Some refer to nothing, some to what never comes.
            let target = |_| rng.random_bool(0.7).then(|| rng.random_range(0..18));
            let targets: Vec<Option<u128>> = (0..14).map(target).collect();
            let mut statements: Vec<Value> = (0..)
                .zip(&targets)
                .map(|(number, target)| {
                    let plain = || statement(number);
                    let one = target.map_or_else(plain, |target| referring(number, target));
                    with(one, "verb", json!({"id": verb(&format!("v{number}"))}))
                })
                .collect();
            statements.shuffle(&mut rng);
            while !statements.is_empty() {
                let size = rng.random_range(1..=statements.len().min(5));
                let batch: Vec<Value> = statements.drain(..size).collect();
                let answer = app.post(super::kit::PATH).key(&key).json(json!(batch).to_string());
                assert_eq!(answer.send().await.status, 200);
            }
            for number in 0..14 {
                let path = query(&[("verb", &verb(&format!("v{number}")))]);
                let page = app.get(&path).key(&key).send().await;
                let found: BTreeSet<u128> = super::kit::numbers(&page).into_iter().collect();
                let leads =
                    (0..14).filter(|from| chain(*from, &targets).contains(&number)).collect();
                assert_eq!(found, leads, "v{number}, seed {seed}, {targets:?}");
            }
        }
    }
}

/// The numbers that `from` leads to, itself included.
fn chain(from: u128, targets: &[Option<u128>]) -> BTreeSet<u128> {
    let mut seen = BTreeSet::new();
    let mut next = Some(from);
    while let Some(number) = next.filter(|number| seen.insert(*number)) {
        let at = usize::try_from(number).expect("numbers are small");
        next = targets.get(at).copied().flatten();
    }
    seen
}
