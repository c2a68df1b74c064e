//! What the tests below HTTP share: documents on a server's database, spoken to directly.

use crate::documents::decide;
use crate::documents::document::Document;
use crate::documents::key::{Context, Key, Resource};
use crate::documents::store;
use crate::error::Problem;
use crate::http::Precondition;
use crate::http::conditional::{Tag, Tags, digest};
use crate::tenants::FIRST_TENANT;
use crate::testing::TestApp;
use rollbook_db::Db;
use rollbook_xapi::version::Version;

/// A server's database, spoken to directly.
pub(super) struct Bench {
    pub(super) app: TestApp,
}

/// The status of a refusal.
pub(super) type Outcome = Result<(), u16>;

impl Bench {
    pub(super) fn of(app: TestApp) -> Self {
        Self { app }
    }

    pub(super) async fn put(
        &self,
        key: &Key,
        body: &str,
        seen: Precondition,
        version: Version,
    ) -> Outcome {
        put(&self.app.db, key, body, seen, version).await
    }

    pub(super) async fn post(&self, key: &Key, body: &str, seen: Precondition) -> Outcome {
        self.post_as(key, "application/json", body, seen).await
    }

    pub(super) async fn post_as(
        &self,
        key: &Key,
        content_type: &str,
        body: &str,
        seen: Precondition,
    ) -> Outcome {
        let (key, document) = (key.clone(), document(content_type, body));
        outcome(
            self.app
                .db
                .every()
                .write(move |tx| decide::post(tx, FIRST_TENANT, &key, &document, &seen))
                .await,
        )
    }

    pub(super) async fn delete(&self, key: &Key, seen: Precondition) -> Outcome {
        let key = key.clone();
        outcome(
            self.app
                .db
                .every()
                .write(move |tx| decide::delete(tx, FIRST_TENANT, &key, &seen))
                .await,
        )
    }

    pub(super) async fn body(&self, key: &Key) -> Option<String> {
        body(&self.app.db, key).await
    }

    pub(super) async fn names(&self, context: Context, since: i64) -> Vec<String> {
        let read =
            self.app.db.every().read(move |tx| store::names(tx, FIRST_TENANT, &context, since));
        let mut names = read.await.unwrap();
        names.sort();
        names.into_iter().map(|(name, _)| name).collect()
    }

    pub(super) async fn delete_all(&self, context: Context) -> Outcome {
        let seen = Precondition::default();
        outcome(
            self.app
                .db
                .every()
                .write(move |tx| decide::delete_all(tx, FIRST_TENANT, &context, &seen))
                .await,
        )
    }
}

pub(super) async fn put(
    db: &Db,
    key: &Key,
    body: &str,
    seen: Precondition,
    version: Version,
) -> Outcome {
    let (key, document) = (key.clone(), document("application/json", body));
    outcome(
        db.every()
            .write(move |tx| decide::put(tx, FIRST_TENANT, &key, &document, &seen, version))
            .await,
    )
}

pub(super) async fn body(db: &Db, key: &Key) -> Option<String> {
    let key = key.clone();
    let found = db.every().read(move |tx| store::get(tx, FIRST_TENANT, &key)).await.unwrap();
    found.map(|found| String::from_utf8(found.body).unwrap())
}

pub(super) fn outcome(result: Result<(), Problem>) -> Outcome {
    result.map_err(|problem| problem.status.as_u16())
}

pub(super) fn document(content_type: &str, body: &str) -> Document {
    Document::new(content_type.to_owned(), body.as_bytes().to_vec(), 1_000)
}

pub(super) fn context(resource: Resource) -> Context {
    let (activity, agent) = match resource {
        Resource::State => ("http://a.example/", "mbox:mailto:ann@example.org"),
        Resource::AgentProfile => ("", "mbox:mailto:ann@example.org"),
        Resource::ActivityProfile => ("http://a.example/", ""),
    };
    Context { resource, activity: activity.into(), agent: agent.into(), registration: None }
}

pub(super) fn key(resource: Resource) -> Key {
    Key { context: context(resource), name: "one".to_owned() }
}

pub(super) fn silent() -> Precondition {
    Precondition::default()
}

pub(super) fn matching(tags: &[&str]) -> Precondition {
    Precondition { if_match: Some(of(tags)), if_none_match: None }
}

pub(super) fn unless(tags: &[&str]) -> Precondition {
    Precondition { if_match: None, if_none_match: Some(of(tags)) }
}

pub(super) fn of(tags: &[&str]) -> Tags {
    match tags {
        ["*"] => Tags::Any,
        bodies => Tags::List(
            bodies
                .iter()
                .map(|body| Tag { weak: false, opaque: digest(body.as_bytes()) })
                .collect(),
        ),
    }
}

pub(super) const EVERY: [Resource; 3] =
    [Resource::State, Resource::AgentProfile, Resource::ActivityProfile];
