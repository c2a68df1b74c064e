//! Listings: what they show, page by page, and what a page costs.

use super::super::lists;
use super::kit::*;
use crate::isolation::rows::leaked;
use crate::testing::{TestApp, call, on_both};
use http::{Method, header};
use rollbook_db::{Engine, Sql, Tx, Value as Arg};
use serde_json::{Value, json};
use uuid::Uuid;

rollbook_db::sql! {
    /// Plans as for a large table.
    NO_SCAN = sqlite: "select 1", postgres: "select set_config('enable_seqscan', 'off', true)";
    /// Plans without sorting.
    NO_SORT = sqlite: "select '1'", postgres: "select set_config('enable_sort', 'off', true)";
}

/// How a text is answered.
async fn plan(app: &TestApp, sql: &'static Sql, more: &[&str]) -> String {
    let is_sqlite = app.db.engine() == Engine::Sqlite;
    let explain = leaked(if is_sqlite {
        format!("explain query plan {}", sql.sqlite())
    } else {
        format!("explain (costs off) {}", sql.postgres())
    });
    let (none, most) = (Uuid::nil(), i64::MAX);
    let mut args: Vec<Arg> =
        vec![1_i64.into(), 0_i64.into(), none.into(), most.into(), 0_i64.into(), 9_i64.into()];
    args.extend(more.iter().map(|text| Arg::from(*text)));
    let job = move |tx: &mut Tx<'_>| {
        if is_sqlite {
            let rows: Vec<(i64, i64, i64, String)> = tx.all(explain, &args)?;
            return Ok::<_, rollbook_db::Error>(rows.into_iter().map(|row| row.3).collect());
        }
        tx.all::<String>(&NO_SCAN, &[])?;
        tx.all::<String>(&NO_SORT, &[])?;
        tx.all::<String>(explain, &args)
    };
    let lines: Vec<String> = app.db.of(1).read(job).await.unwrap();
    lines.join("\n")
}

on_both! {
    /// Each filter is answered by its index, in the order of the page.
    async fn each_filter_has_its_index(app: TestApp) {
        for (sql, more, index) in [
            (&lists::ALL_UP, &[][..], "cmi5_registrations_created"),
            (&lists::ALL_DOWN, &[], "cmi5_registrations_created"),
            (&lists::CONTENT_UP, &["c", ""], "cmi5_registrations_content"),
            (&lists::CONTENT_DOWN, &["c", ""], "cmi5_registrations_content"),
            (&lists::LEARNER_UP, &["u"], "cmi5_registrations_learner"),
            (&lists::LEARNER_DOWN, &["u"], "cmi5_registrations_learner"),
        ] {
            let plan = plan(&app, sql, more).await;
            assert!(plan.contains(&format!("{index} ")) || plan.ends_with(index), "{}: {plan}", sql.name());
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{}: {plan}", sql.name());
        }
    }

    /// Both filters at once, in both orders.
    async fn filters_go_together(app: TestApp) {
        let [one, two] = [course(&app, &au("a", "")).await, course(&app, &au("b", "")).await];
        assert_eq!(one, two, "the same course in two versions");
        for learner in ["u1", "u2", "u1"] {
            registered(&app, &one, learner).await;
        }
        for sort in ["created", "-created"] {
            for (filter, count) in [
                (format!("filter[contentId]={one}&filter[learner]=u1"), 2),
                (format!("filter[contentId]={one}&filter[learner]=u3"), 0),
                (format!("filter[contentId]={one}&filter[satisfied]=false"), 0),
                ("filter[learner]=u1&filter[satisfied]=true".to_owned(), 2),
                ("filter[contentId]=x&filter[learner]=u1".to_owned(), 0),
            ] {
                let path = format!("{REGISTRATIONS}?{filter}&sort={sort}");
                let page = get(&app, &path).await;
                assert_eq!(page["data"].as_array().unwrap().len(), count, "{path}");
                let small = get(&app, &format!("{path}&page[size]=1")).await;
                let next = small["links"]["next"].as_str();
                assert_eq!(next.is_some(), count > 1, "{path}");
                if let Some(next) = next {
                    assert_eq!(get(&app, next).await["data"][0], page["data"][1], "{path}");
                }
            }
        }
    }

    /// Who it is to whoever registered, whose letter counts, and the score.
    async fn a_registration_is_shown_whole(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let mut passed = unit.defined("passed");
        passed["result"]["score"] = json!({"scaled": 0.75});
        assert_eq!(unit.put(&passed).await.status, 204);
        let page = get(&app, REGISTRATIONS).await;
        let shown = &page["data"][0];
        assert_eq!((&shown["learnerId"], &shown["profile"]), (&json!("u1"), &json!("cmi5")));
        assert_eq!((&shown["current"], &shown["score"]), (&json!(false), &json!({"scaled": 0.75})));
    }

    /// Sessions are told page by page, the oldest first unless asked.
    async fn sessions_are_listed(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(launch(&app, &registration, json!({})).await["session"].clone());
        }
        let place = format!("{REGISTRATIONS}/{registration}/sessions");
        let ids = |page: &Value| -> Vec<Value> {
            page["data"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
        };
        assert_eq!(ids(&get(&app, &place).await), all);
        let first = get(&app, &format!("{place}?page[size]=2&sort=-launched")).await;
        assert_eq!(ids(&first), [all[2].clone(), all[1].clone()]);
        let rest = get(&app, first["links"]["next"].as_str().unwrap()).await;
        assert_eq!((ids(&rest), &rest["links"]["next"]), (vec![all[0].clone()], &Value::Null));
    }

    /// RFC 9110 12.5.4: a weight is read with or without a space before it.
    async fn languages_by_their_weights(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        for (asked, title) in [
            ("en; q=0.8, fr", "Cours"),
            ("en;q=0.8, fr;q=0.7", "Course"),
            ("en; q=0, fr; q=0.1", "Cours"),
            ("*", "Course"),
            ("FR-ca", "Cours"),
        ] {
            let call = api(&app, Method::GET, &format!("{REGISTRATIONS}/{registration}")).await;
            let told = call.header(header::ACCEPT_LANGUAGE, asked).send().await;
            assert_eq!(told.json()["title"], title, "{asked}");
        }
    }

    /// That the learner came back is written down once.
    async fn coming_back_is_noted_once(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let launched = launch(&app, &registration, json!({})).await;
        let back = path(launched["returnUrl"].as_str().unwrap());
        let mut writes = Vec::new();
        for _ in 0..3 {
            assert_eq!(call(&app, Method::POST, &back).send().await.status, 202);
            writes.push(app.db.meter().writes.distribution().count);
        }
        assert_eq!(writes[0], writes[1]);
        assert_eq!(writes[1], writes[2]);
    }
}
