//! Every endpoint, called by each kind of caller with the other tenant's names.

use super::calls::{self, Ask};
use super::names::Names;
use super::rows::{blobs, rows};
use super::told::Told;
use super::world::{CANARY, Caller, OTHER, World};
use crate::audit;
use crate::http::Endpoint;
use crate::tenants::TenantId;
use crate::testing::{Answer, on_both};
use rollbook_db::Tx;
use std::time::Duration;

fn endpoints(safe: bool) -> impl Iterator<Item = &'static Endpoint> {
    let all = crate::FEATURES.iter().flat_map(|feature| feature.endpoints);
    all.filter(move |endpoint| (endpoint.method == "GET") == safe)
}

/// All that a tenant has.
async fn everything(world: &World, tenant: i64) -> Vec<(String, Vec<u8>)> {
    let mut all = blobs(&world.app, TenantId(tenant));
    for (table, rows) in rows(&world.app, TenantId(tenant)).await {
        all.push((table, rows.into_bytes()));
    }
    all
}

/// The same once nothing changes any more: that a key was used is written down a little later.
async fn settled(world: &World, tenant: i64) -> Vec<(String, Vec<u8>)> {
    let mut before = everything(world, tenant).await;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let after = everything(world, tenant).await;
        if after == before {
            return after;
        }
        before = after;
    }
}

fn assert_ours(answer: &Answer, place: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    assert!(!body.contains(CANARY), "{place} tells what the other tenant's is: {answer:?}");
    let headers = format!("{:?}", answer.headers);
    assert!(!headers.contains(CANARY), "{place} tells what the other tenant's is: {answer:?}");
}

/// Sends what names the other's, then what names nobody's: nobody can tell them apart.
async fn compare(world: &World, caller: &Caller, endpoint: &Endpoint, differ: &mut Vec<String>) {
    let World { app, theirs, absent, .. } = world;
    let asks = calls::of(endpoint, theirs).into_iter().zip(calls::of(endpoint, absent));
    for (of_theirs, of_nobody) in asks {
        let place = format!("{} as {}: {of_theirs:?}", endpoint.operation.id, caller.name);
        let answer = async |ask: &Ask, names: &Names| {
            let answer = ask.by(caller, app).send().await;
            assert_ours(&answer, &place);
            // The contract of `creatiq` says 500 for a registration that is not there.
            let may = endpoint.path.ends_with("/{registrationId}");
            assert!(may || answer.status != 500, "{place}: {answer:?}");
            (Told::of(&answer, names, absent), answer)
        };
        let (theirs_told, theirs_answer) = answer(&of_theirs, theirs).await;
        let (absent_told, absent_answer) = answer(&of_nobody, absent).await;
        if theirs_told != absent_told {
            differ.push(format!("{place}\n{theirs_answer:?}\nand of nobody's\n{absent_answer:?}"));
        }
    }
}

on_both! {
    /// Issue 3, point 2: never a byte, never another status than for what does not exist, and
    /// nothing of the other tenant is changed by any call.
    async fn the_others_names_are_nobodys(app: TestApp) {
        let world = World::new(app).await;
        let callers = world.callers().await;
        let before = settled(&world, OTHER).await;
        for what in ["statement", "document", "blob", "credential", "issuer", "audit", "idempotency", "course", "course_version", "course_file", "cmi5_registrations", "cmi5_session", "cmi5_unit", "cmi5_event"] {
            let found = before.iter().find(|(table, _)| table == what);
            assert!(found.is_some_and(|(_, rows)| !rows.is_empty()), "the other has no {what}");
        }
        let mut differ = Vec::new();
        // What is read first is not changed by what is written later.
        for safe in [true, false] {
            for caller in &callers {
                for endpoint in endpoints(safe) {
                    compare(&world, caller, endpoint, &mut differ).await;
                }
            }
        }
        assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n\n"));
        let after = settled(&world, OTHER).await;
        for (was, is) in before.iter().zip(&after) {
            assert_eq!(was.0, is.0);
            assert!(was.1 == is.1, "{} of the other tenant changed", was.0);
        }
        assert_eq!(before.len(), after.len());
        for tenant in [1, 2, 3] {
            let job = move |tx: &mut Tx<'_>| audit::verify(tx, TenantId(tenant));
            let verified = world.app.db.of(tenant).read(job).await.unwrap();
            assert_eq!(verified.fault, None, "the audit log of tenant {tenant}");
        }
    }

    /// What both have under one name, each has for itself.
    async fn shared_names_are_ones_own(app: TestApp) {
        let world = World::new(app).await;
        for caller in &world.callers().await {
            for endpoint in endpoints(true) {
                for ask in calls::of(endpoint, &world.shared) {
                    let answer = ask.by(caller, &world.app).send().await;
                    assert_ours(&answer, &format!("{ask:?} as {}", caller.name));
                }
            }
        }
    }
}
