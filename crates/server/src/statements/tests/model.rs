//! Random operations against a naive model of the record: no difference allowed.
//!
//! Statements are stored in random order, refer to each other before and after they exist, in chains
//! and cycles, and are voided before and after they exist; every query is paged through and compared
//! with what the model says (1.0.3 Communication 2.1.3, Data 2.3.2).

use crate::testing::{TestApp, on_both};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rollbook_testkit::model::{Filter, Model};
use rollbook_testkit::random;
use serde_json::{Value, json};
use uuid::Uuid;

/// Steps of a run in the ordinary tests; `cargo xtask soak` asks for more.
const STEPS: usize = 1_500;
/// Steps after which a fresh store begins, for the model reads all of it each time.
const STEPS_PER_STORE: usize = 750;

#[expect(clippy::disallowed_methods, reason = "a soak says how long it is by the environment")]
fn steps() -> usize {
    std::env::var("ROLLBOOK_MODEL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(STEPS)
}

#[expect(clippy::disallowed_methods, reason = "a failure is repeated by naming its seed")]
fn seed() -> u64 {
    std::env::var("ROLLBOOK_MODEL_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20_261_121)
}

/// A store and its model.
struct Run<'a> {
    app: &'a TestApp,
    key: crate::tenants::NewKey,
    model: Model,
    rng: StdRng,
}

on_both! {
    /// Rows 1, 2, 3, 22, 23, 25, 26, 27. Thousands of random operations, paged through.
    async fn the_record_answers_as_the_model_does(app: TestApp) {
        let mut left = steps();
        let mut round = 0;
        while left > 0 {
            let some = left.min(STEPS_PER_STORE);
            let mut run = Run::new(&app, seed() + round).await;
            for step in 0..some {
                run.step(step).await;
            }
            assert!(run.model.len() > some / 10, "the run stored too little to prove anything");
            left -= some;
            round += 1;
        }
    }
}

impl<'a> Run<'a> {
    async fn new(app: &'a TestApp, seed: u64) -> Self {
        let key = app.make_tenant_key(1_000 + i64::try_from(seed % 1_000_000).unwrap()).await;
        let authority =
            json!({"account": {"homePage": "https://lrs.example.com", "name": key.key}});
        Self { app, key, model: Model::new(authority), rng: StdRng::seed_from_u64(seed) }
    }

    async fn step(&mut self, step: usize) {
        match self.rng.random_range(0..10) {
            0..4 => self.store().await,
            4 => self.void().await,
            5 => self.look_up().await,
            _ => self.query(step).await,
        }
    }

    async fn store(&mut self) {
        let mut batch = Vec::new();
        for _ in 0..self.rng.random_range(1..5) {
            let id = random::some_id(&mut self.rng);
            if !self.model.contains(id)
                && batch.iter().all(|other: &Value| other["id"] != json!(id))
            {
                batch.push(random::statement(&mut self.rng, id));
            }
        }
        self.post(batch).await;
    }

    async fn void(&mut self) {
        let (id, target) = (random::some_id(&mut self.rng), random::some_id(&mut self.rng));
        if !self.model.contains(id) {
            let voiding = random::voiding(&mut self.rng, id, target);
            self.post(vec![voiding]).await;
        }
    }

    async fn post(&mut self, batch: Vec<Value>) {
        let answer = self
            .app
            .post("/xapi/statements")
            .key(&self.key)
            .json(json!(batch).to_string())
            .send()
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        for statement in batch {
            assert!(self.model.store(statement));
        }
    }

    /// A statement by id: `statementId` finds those not voided, `voidedStatementId` the others.
    async fn look_up(&mut self) {
        let id = random::some_id(&mut self.rng);
        let stored = self.model.contains(id);
        let voided = self.model.voided(id);
        for (parameter, expected) in
            [("statementId", stored && !voided), ("voidedStatementId", stored && voided)]
        {
            let answer = self
                .app
                .get(&format!("/xapi/statements?{parameter}={id}"))
                .key(&self.key)
                .send()
                .await;
            assert_eq!(
                answer.status,
                if expected { 200 } else { 404 },
                "{parameter} {id}: {answer:?}"
            );
        }
    }

    async fn query(&mut self, step: usize) {
        let filter = self.filter();
        let mut expected = self.model.query(&filter);
        let ascending = self.rng.random_bool(0.5);
        if !ascending {
            expected.reverse();
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("ascending", &ascending.to_string());
        query.append_pair("limit", &self.rng.random_range(1..40).to_string());
        let Filter { agent, related_agents, verb, activity, related_activities, registration } =
            &filter;
        query.extend_pairs(agent.iter().map(|agent| ("agent", agent.to_string())));
        query.extend_pairs(related_agents.then_some(("related_agents", "true")));
        query.extend_pairs(verb.iter().map(|verb| ("verb", verb)));
        query.extend_pairs(activity.iter().map(|activity| ("activity", activity)));
        query.extend_pairs(related_activities.then_some(("related_activities", "true")));
        query.extend_pairs(registration.iter().map(|id| ("registration", id.to_string())));
        let found = self.page_through(&format!("/xapi/statements?{}", query.finish())).await;
        assert_eq!(found, expected, "step {step}, seed {}: {filter:?}", seed());
    }

    fn filter(&mut self) -> Filter {
        let rng = &mut self.rng;
        let mut filter = Filter::default();
        if rng.random_bool(0.5) {
            let mut agent = random::agent(rng);
            if rng.random_bool(0.1) {
                agent = json!({"objectType": "Group", "mbox": "mailto:team@example.org"});
            }
            filter.agent = Some(agent);
            filter.related_agents = rng.random_bool(0.5);
        }
        if rng.random_bool(0.4) {
            let voided = "http://adlnet.gov/expapi/verbs/voided".to_owned();
            filter.verb = Some(if rng.random_bool(0.2) { voided } else { random::verb(rng) });
        }
        if rng.random_bool(0.4) {
            filter.activity = Some(random::activity(rng));
            filter.related_activities = rng.random_bool(0.5);
        }
        if rng.random_bool(0.2) {
            filter.registration = Some(random::registration(rng));
        }
        filter
    }

    /// The ids on every page.
    async fn page_through(&self, first: &str) -> Vec<Uuid> {
        let mut found = Vec::new();
        let mut next = first.to_owned();
        while !next.is_empty() {
            let answer = self.app.get(&next).key(&self.key).send().await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let page: Value = answer.json();
            let ids = page["statements"]
                .as_array()
                .unwrap()
                .iter()
                .map(|statement| statement["id"].as_str().unwrap());
            found.extend(ids.map(|id| id.parse::<Uuid>().unwrap()));
            next = page["more"].as_str().unwrap().to_owned();
        }
        found
    }
}
