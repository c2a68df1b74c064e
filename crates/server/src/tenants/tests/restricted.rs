//! Keys that are restricted to addresses, origins and activities.

use super::send;
use crate::config::Settings;
use crate::http::client::ProxyHeader;
use crate::ids::Ids;
use crate::tenants::{self, FIRST_TENANT, KeyWish, NewKey, Restrictions, Scopes};
use crate::testing::{Call, TestApp, on_both};

const AGENT: &str = "%7B%22mbox%22%3A%22mailto%3Aa%40example.com%22%7D";
const INSIDE: &str = "https://example.com/course";

async fn restricted(
    app: &TestApp,
    addresses: &[&str],
    origins: &[&str],
    activities: &[&str],
) -> NewKey {
    let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let restrictions =
        Restrictions::parse(&texts(addresses), &texts(origins), &texts(activities)).unwrap();
    let scopes = Scopes::parse("all").unwrap();
    let wish = KeyWish { restrictions, ..KeyWish::new("x", scopes, "https://lrs.example.com") };
    tenants::create(&app.db, &app.clock, &Ids, FIRST_TENANT, wish).await.unwrap()
}

fn statement(object: &str) -> String {
    format!(
        r#"{{"actor":{{"mbox":"mailto:a@example.com"}},"verb":{{"id":"http://e.com/v"}},"object":{object}}}"#
    )
}

fn about(activity: &str) -> String {
    statement(&format!(r#"{{"id":"{activity}"}}"#))
}

async fn code(call: Call) -> (u16, String) {
    let answer = call.send().await;
    let code = if answer.status.is_success() || answer.body.is_empty() {
        String::new()
    } else {
        answer.json()["code"].as_str().unwrap().to_owned()
    };
    (answer.status.as_u16(), code)
}

on_both! {
    async fn a_key_works_from_its_addresses_only(app: TestApp) {
        let key = restricted(&app, &["192.0.2.0/24", "2001:db8::/32"], &[], &[]).await;
        for (peer, expected) in [
            (Some("192.0.2.7"), 200),
            (Some("::ffff:192.0.2.7"), 403),
            (Some("2001:db8::7"), 200),
            (Some("198.51.100.7"), 403),
            (None, 403),
        ] {
            let mut call = app.get("/read").key(&key);
            if let Some(peer) = peer {
                call = call.from(peer);
            }
            let answer = send(call).await;
            assert_eq!(answer.status, expected, "{peer:?}: {answer:?}");
            if expected == 403 {
                assert_eq!(answer.json()["code"], "auth.address.forbidden");
            }
        }
        let spoofed = app.get("/read").key(&key).from("198.51.100.7");
        let answer = send(spoofed.header("x-forwarded-for", "192.0.2.7")).await;
        assert_eq!(answer.status, 403, "nobody is believed who is no trusted proxy: {answer:?}");
    }

    async fn a_trusted_proxy_says_who_the_client_is(app: TestApp) {
        let key = restricted(&app, &["192.0.2.0/24"], &[], &[]).await;
        let app = app.with_settings(Settings {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            proxy_header: ProxyHeader::XForwardedFor,
            ..Settings::default()
        }).await;
        for (peer, forwarded, expected) in [
            ("10.0.0.1", "192.0.2.7", 200),
            ("10.0.0.1", "192.0.2.7, 198.51.100.7", 403),
            ("10.0.0.1", "198.51.100.7, 192.0.2.7, 10.0.0.2", 200),
            ("198.51.100.7", "192.0.2.7", 403),
        ] {
            let call = app.get("/read").key(&key).from(peer).header("x-forwarded-for", forwarded);
            let answer = send(call).await;
            assert_eq!(answer.status, expected, "{peer} {forwarded}: {answer:?}");
        }
        // For somebody without an address the proxy's own does not stand in.
        let inside = restricted(&app, &["10.0.0.0/8"], &[], &[]).await;
        for (forwarded, expected) in [("", 200), ("10.0.0.9", 200), ("10.0.0.9, unknown", 403)] {
            let call = app.get("/read").key(&inside).from("10.0.0.1");
            let answer = send(call.header("x-forwarded-for", forwarded)).await;
            assert_eq!(answer.status, expected, "{forwarded}: {answer:?}");
        }
    }

    async fn a_key_works_on_its_pages_only(app: TestApp) {
        let key = restricted(&app, &[], &["https://lms.example.com"], &[]).await;
        for (origin, expected) in [
            (Some("https://lms.example.com"), 200),
            (Some("https://evil.example.com"), 403),
            (Some("null"), 403),
            (None, 403),
        ] {
            let mut call = app.get("/read").key(&key);
            if let Some(origin) = origin {
                call = call.header("origin", origin);
            }
            let answer = send(call).await;
            assert_eq!(answer.status, expected, "{origin:?}: {answer:?}");
            if expected == 403 {
                assert_eq!(answer.json()["code"], "auth.origin.forbidden");
            }
        }
        let free = app.get("/read").header("origin", "https://evil.example.com");
        assert_eq!(send(free).await.status, 200, "a key without origins works everywhere");
    }

    async fn a_restricted_key_stores_about_its_activities_only(app: TestApp) {
        let key = restricted(&app, &[], &[], &[INSIDE]).await;
        let voiding = r#"{"objectType":"StatementRef","id":"6690e6c9-3ef0-4ed3-8b37-7f3964730bee"}"#;
        for (body, pointer) in [
            (about(INSIDE), None),
            (about(&format!("{INSIDE}/1")), None),
            (format!("[{},{}]", about(INSIDE), about("https://example.com/course2")), Some("/1/object/id")),
            (about("https://example.org/"), Some("/object/id")),
            (statement(voiding), Some("/object")),
            (statement(r#"{"objectType":"Agent","mbox":"mailto:b@example.com"}"#), Some("/object")),
        ] {
            let answer = app.post("/xapi/statements").key(&key).json(body.clone()).send().await;
            assert_eq!(answer.status, if pointer.is_some() { 403 } else { 200 }, "{body} {answer:?}");
            if let Some(pointer) = pointer {
                let told = answer.json();
                assert_eq!(told["code"], "auth.activity.forbidden");
                let errors = told["errors"].as_array().unwrap();
                assert_eq!(errors.len(), 1, "{told}");
                assert!(errors[0]["pointer"].as_str().unwrap().ends_with(pointer), "{told}");
            }
        }
        let all = app.get("/xapi/statements").send().await;
        assert_eq!(all.json()["statements"].as_array().unwrap().len(), 2, "nothing of a refused batch");
    }

    /// A mention in the context must not change what others' activities are.
    async fn a_restricted_key_defines_its_activities_only(app: TestApp) {
        let key = restricted(&app, &[], &[], &[INSIDE]).await;
        let named = |id: &str| format!(r#"{{"id":"{id}","definition":{{"name":{{"en":"mine"}}}}}}"#);
        let body = statement(&named(INSIDE)).replace(
            "\"object\"",
            &format!(r#""context":{{"contextActivities":{{"parent":[{}]}}}},"object""#, named("https://example.org/")),
        );
        let answer = app.post("/xapi/statements").key(&key).json(body).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        for (activity, defined) in [(INSIDE, true), ("https://example.org/", false)] {
            let answer = app.get(&format!("/xapi/activities?activityId={activity}")).send().await;
            assert_eq!(answer.json()["definition"].is_object(), defined, "{answer:?}");
        }
    }

    async fn a_restricted_key_reads_about_its_activities_only(app: TestApp) {
        let key = restricted(&app, &[], &[], &[INSIDE]).await;
        let mut ids = Vec::new();
        for round in 0..3 {
            for activity in ["https://example.org/a", INSIDE] {
                let body = about(&format!("{activity}/{round}"));
                let answer = app.post("/xapi/statements").json(body).send().await;
                ids.push(answer.json()[0].as_str().unwrap().to_owned());
            }
        }
        let mut path = "/xapi/statements?limit=2".to_owned();
        let mut found = Vec::new();
        while !path.is_empty() {
            let answer = app.get(&path).key(&key).send().await;
            let page = answer.json();
            found.extend(page["statements"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()));
            path = page["more"].as_str().unwrap_or_default().to_owned();
        }
        let mut expected: Vec<String> = ids.iter().skip(1).step_by(2).cloned().collect();
        expected.reverse();
        assert_eq!(found, expected);
        for (id, expected) in [(&ids[0], 404), (&ids[1], 200)] {
            for path in [format!("/xapi/statements?statementId={id}"), format!("/xapi/statements/{id}")] {
                assert_eq!(app.get(&path).key(&key).send().await.status, expected, "{path}");
            }
        }
        let outside = "/xapi/statements?activity=https://example.org/a/0";
        assert_eq!(app.get(outside).key(&key).send().await.json()["statements"].as_array().unwrap().len(), 0);
    }

    async fn a_restricted_key_keeps_documents_of_its_activities_only(app: TestApp) {
        let key = restricted(&app, &[], &[], &[INSIDE]).await;
        let forbidden = (403, "auth.activity.forbidden".to_owned());
        for (activity, good) in [(INSIDE, true), ("https://example.com/course2", false)] {
            let state = format!("/xapi/activities/state?activityId={activity}&agent={AGENT}");
            let profile = format!("/xapi/activities/profile?activityId={activity}");
            for call in [
                app.put(&format!("{state}&stateId=s")).json("{}"),
                app.post(&format!("{state}&stateId=s")).json("{}"),
                app.get(&format!("{state}&stateId=s")),
                app.get(&state),
                app.delete(&format!("{state}&stateId=s")),
                app.delete(&state),
                app.put(&format!("{profile}&profileId=p")).header("if-none-match", "*").json("{}"),
                app.post(&format!("{profile}&profileId=p")).json("{}"),
                app.get(&format!("{profile}&profileId=p")),
                app.get(&profile),
                app.delete(&format!("{profile}&profileId=p")),
                app.get(&format!("/xapi/activities?activityId={activity}")),
            ] {
                let found = code(call.key(&key)).await;
                assert_eq!(found == forbidden, !good, "{activity}: {found:?}");
                assert_eq!(found.0 < 300, good, "{activity}: {found:?}");
            }
        }
        let agents = app.get(&format!("/xapi/agents/profile?agent={AGENT}")).key(&key);
        assert_eq!(code(agents).await.0, 200, "a person is no activity");
    }
}
