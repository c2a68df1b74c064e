//! The operator is in the first tenant and nowhere else.

use super::calls;
use super::told::Told;
use super::world::{OTHER, OWN, World};
use crate::http::{Access, Endpoint};
use crate::tenants::{self, Scope, TenantId};
use crate::testing::on_both;
use http::Method;

fn of_the_operator() -> impl Iterator<Item = &'static Endpoint> {
    let all = crate::FEATURES.iter().flat_map(|feature| feature.endpoints);
    all.filter(|endpoint| matches!(endpoint.access, Access::AnyOf([Scope::Operator])))
}

on_both! {
    /// Everything that can be given in another tenant is not enough, and a refusal says nothing of
    /// whether the tenant is there that it was asked about.
    async fn nobody_else_operates(app: TestApp) {
        let world = World::new(app).await;
        let mut seen = 0;
        for endpoint in of_the_operator() {
            for caller in &world.callers().await {
                let theirs = calls::of(endpoint, &world.theirs);
                let absent = calls::of(endpoint, &world.absent);
                for (theirs, absent) in theirs.into_iter().zip(absent) {
                    let place = format!("{} as {}: {theirs:?}", endpoint.path, caller.name);
                    let there = theirs.by(caller, &world.app).send().await;
                    let nowhere = absent.by(caller, &world.app).send().await;
                    assert_eq!(there.status, 403, "{place}: {there:?}");
                    let there = Told::of(&there, &world.theirs, &world.absent);
                    assert_eq!(there, Told::of(&nowhere, &world.absent, &world.absent), "{place}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 0, "no endpoint is the operator's");
    }

    /// The scope itself cannot be given elsewhere, by whomever.
    async fn the_scope_cannot_be_had_elsewhere(app: TestApp) {
        let world = World::new(app).await;
        let wish = r#"{"name":"x","scopes":["operator"]}"#;
        for caller in &world.callers().await {
            let made = caller.call(&world.app, Method::POST, "/api/v1/keys");
            let made = made.json(wish).send().await;
            assert_eq!(made.status, 403, "{}: {made:?}", caller.name);
        }
        for tenant in [OWN, OTHER] {
            let tenant = TenantId(tenant);
            let keys = tenants::list(&world.app.db, tenant).await.unwrap();
            assert!(keys.iter().all(|key| !key.scopes.any(&[Scope::Operator])), "{tenant:?}");
        }
    }
}
