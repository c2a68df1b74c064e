//! The log of administrative acts, on both engines.

use super::{By, Filter, record, verify};
use crate::app::App;
use crate::tenants::{FIRST_TENANT, TenantId};
use crate::testing::on_both;
use rollbook_db::{Sql, Tx, sql};
use serde_json::json;

sql! {
    /// Changes an act, as somebody would who can write to the database.
    CHANGE = "update audit set act = 'key.made' where tenant = $1 and position = 2";
    /// Removes an act.
    REMOVE = "delete from audit where tenant = $1 and position = $2";
    /// Puts the triggers away.
    DISARM_CHANGE =
        sqlite: "drop trigger audit_unchanged",
        postgres: "drop trigger audit_unchanged on audit";
    /// Puts the other trigger away.
    DISARM_REMOVAL =
        sqlite: "drop trigger audit_kept",
        postgres: "drop trigger audit_kept on audit";
    /// Empties the table.
    /// Every tenant: it is the table that is guarded.
    EMPTY = sqlite: "delete from audit", postgres: "truncate audit";
}

const ALL_FIVE: [&str; 5] =
    ["tenant.created", "key.created", "key.rotated", "key.revoked", "limits.changed"];

async fn acts(app: &App, tenant: TenantId) {
    for (at, act) in (1..).zip(ALL_FIVE) {
        let job = move |tx: &mut Tx<'_>| {
            let detail = json!({ "n": at });
            record(tx, tenant, By::operator(), act, "key:a", &detail, at * 1_000_000)
        };
        app.db.of(tenant.0).write(job).await.unwrap();
    }
}

async fn fault(app: &App) -> Option<String> {
    let verified = app.db.of(1).read(|tx| verify(tx, FIRST_TENANT)).await.unwrap();
    verified.fault
}

async fn run(app: &App, sql: &'static Sql, args: &'static [i64]) -> rollbook_db::Result<u64> {
    let args: Vec<_> = args.iter().map(|arg| (*arg).into()).collect();
    app.db.every().write(move |tx| tx.run(sql, &args)).await
}

on_both! {
    async fn acts_are_listed_newest_first_and_filtered(app: TestApp) {
        acts(&app, FIRST_TENANT).await;
        let admin = app.make_key("admin").await;
        let list = async |query: &str| {
            let answer = app.get(&format!("/api/v1/audit{query}")).key(&admin).send().await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let page = answer.json();
            let acts = page["data"].as_array().unwrap().iter();
            let acts: Vec<i64> = acts.map(|act| act["position"].as_i64().unwrap()).collect();
            (acts, page)
        };
        let (all, page) = list("").await;
        assert_eq!(all, [5, 4, 3, 2, 1]);
        let first = &page["data"][4];
        assert_eq!(first["act"], "tenant.created");
        assert_eq!(first["at"], "1970-01-01T00:00:01.000000Z");
        assert_eq!((&first["principal"], &first["detail"]), (&json!("operator"), &json!({"n": 1})));
        assert_eq!(list("?filter[act]=key.created").await.0, [2]);
        assert_eq!(list("?filter[principal]=operator&page[size]=2").await.0, [5, 4]);
        assert_eq!(list("?filter[principal]=key%3Ax").await.0, [0; 0]);
        let between =
            "?filter[at][gte]=1970-01-01T00:00:02Z&filter[at][lt]=1970-01-01T00:00:04Z";
        assert_eq!(list(between).await.0, [3, 2]);
        assert_eq!(list("?sort=position&page[size]=2").await.0, [1, 2]);
        let (_, page) = list("?page[size]=3").await;
        let next = page["links"]["next"].as_str().unwrap().strip_prefix("/api/v1/audit").unwrap();
        assert_eq!(list(next).await.0, [2, 1]);
    }

    async fn a_tenant_sees_its_own_log_only(app: TestApp) {
        acts(&app, FIRST_TENANT).await;
        acts(&app, TenantId(7)).await;
        let found = |tenant: TenantId| {
            let job = move |tx: &mut Tx<'_>| {
                super::list::list(tx, tenant, &Filter::default(), None, true, 100)
            };
            app.db.of(tenant.0).read(job)
        };
        let (ours, theirs) = (found(FIRST_TENANT).await.unwrap(), found(TenantId(7)).await.unwrap());
        assert_eq!((ours.len(), theirs.len()), (5, 5));
        assert_ne!(ours[0].hash, theirs[0].hash, "the tenant is part of what is hashed");
    }

    async fn many_at_once_make_one_chain(app: TestApp) {
        let mut writers = Vec::new();
        for at in 0..20 {
            let db = app.db.clone();
            writers.push(tokio::spawn(async move {
                let job = move |tx: &mut Tx<'_>| {
                    record(tx, FIRST_TENANT, By::operator(), "key.created", "key:a", &json!({}), at)
                };
                db.of(1).write(job).await
            }));
        }
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
        let verified = app.db.of(1).read(|tx| verify(tx, FIRST_TENANT)).await.unwrap();
        assert_eq!((verified.entries, verified.fault), (20, None));
    }

    async fn the_database_refuses_to_change_or_remove_an_act(app: TestApp) {
        acts(&app, FIRST_TENANT).await;
        assert!(run(&app, &CHANGE, &[1]).await.is_err());
        assert!(run(&app, &REMOVE, &[1, 5]).await.is_err());
        assert!(run(&app, &EMPTY, &[]).await.is_err());
        assert_eq!(fault(&app).await, None);
    }

    async fn what_was_changed_is_noticed(app: TestApp) {
        acts(&app, FIRST_TENANT).await;
        run(&app, &DISARM_CHANGE, &[]).await.unwrap();
        run(&app, &CHANGE, &[1]).await.unwrap();
        assert_eq!(fault(&app).await.unwrap(), "entry 2 of the audit log was changed");
    }

    async fn what_was_removed_is_noticed(app: TestApp) {
        acts(&app, FIRST_TENANT).await;
        run(&app, &DISARM_CHANGE, &[]).await.unwrap();
        run(&app, &DISARM_REMOVAL, &[]).await.unwrap();
        run(&app, &REMOVE, &[1, 5]).await.unwrap();
        let last = "entry 5 of the audit log should be the last, and 4 is";
        assert_eq!(fault(&app).await.unwrap(), last);
        run(&app, &REMOVE, &[1, 2]).await.unwrap();
        assert_eq!(fault(&app).await.unwrap(), "entry 2 of the audit log is missing");
    }
}
