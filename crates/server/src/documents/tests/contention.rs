//! Many writers on one document: nothing that was acknowledged is lost (1.0.3 Communication 3.1;
//! row 14, where other stores race).

use super::bench::{Bench, body, key, matching, put, silent, unless};
use crate::documents::key::Resource;
use crate::testing::on_both;
use rollbook_xapi::version::Version::{V1, V2};
use std::sync::Arc;

on_both! {
    /// Row 14. XAPI-00322: 10,000 contended writes by 50 writers who count up one number: each that was told 204 counts.
    async fn no_lost_update_by_if_match(app: TestApp) {
        const WRITERS: usize = 50;
        const TIMES: usize = 200;
        let bench = Bench::of(app);
        let key = Arc::new(key(Resource::AgentProfile));
        assert_eq!(bench.put(&key, "0", unless(&["*"]), V1).await, Ok(()));
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..WRITERS {
            let (db, key) = (bench.app.db.clone(), key.clone());
            writers.spawn(async move {
                let mut stored = 0;
                for _ in 0..TIMES {
                    let old = body(&db, &key).await.unwrap();
                    let new = (old.parse::<usize>().unwrap() + 1).to_string();
                    match put(&db, &key, &new, matching(&[&old]), V1).await {
                        Ok(()) => stored += 1,
                        Err(status) => assert_eq!(status, 412),
                    }
                }
                stored
            });
        }
        let stored: usize = writers.join_all().await.into_iter().sum();
        assert!((TIMES..WRITERS * TIMES).contains(&stored), "{stored} were no contest");
        assert_eq!(bench.body(&key).await, Some(stored.to_string()));
    }

    /// Rows 14, 16. A merge reads and writes under one lock: each of 1,000 members posted at once is there.
    async fn no_lost_member_by_merge(app: TestApp) {
        let bench = Bench::of(app);
        let bench = Arc::new(bench);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..20 {
            let bench = bench.clone();
            writers.spawn(async move {
                for time in 0..50 {
                    let posted = format!("{{\"{writer}-{time}\":{time}}}");
                    assert_eq!(bench.post(&key(Resource::State), &posted, silent()).await, Ok(()));
                }
            });
        }
        writers.join_all().await;
        let body = bench.body(&key(Resource::State)).await.unwrap();
        let members: serde_json::Map<_, _> = serde_json::from_str(&body).unwrap();
        assert_eq!(members.len(), 1_000);
    }

    /// Row 14. If-None-Match: * lets exactly one of many in.
    async fn one_creator_wins(app: TestApp) {
        let bench = Bench::of(app);
        let bench = Arc::new(bench);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..50 {
            let bench = bench.clone();
            writers.spawn(async move {
                let body = writer.to_string();
                bench.put(&key(Resource::ActivityProfile), &body, unless(&["*"]), V2).await
            });
        }
        let outcomes = writers.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(412))));
    }
}
