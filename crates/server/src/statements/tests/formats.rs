//! The three formats (1.0.3 Communication 2.1.3 "Language Filtering Requirements for Canonical
//! Format Statements"; 9274.1.1 4.1.6.1) and the store's own definitions and names (2.4, 2.5).

use super::kit::{PATH, agent, get, id, query, statement, store, verb, with};
use crate::app::App;
use crate::testing::{Answer, TestApp, call, on_both};
use http::Method;
use serde_json::{Value, json};

fn named(number: u128, name: &Value) -> Value {
    let object = json!({"id": "https://example.org/activity/one", "definition": {"name": name}});
    with(statement(number), "object", object)
}

/// Statement number `number` in canonical format.
async fn canonical(app: &TestApp, number: u128, languages: Option<&str>) -> Value {
    let call = app.get(&format!("{PATH}?statementId={}&format=canonical", id(number)));
    let call = match languages {
        Some(languages) => call.header("accept-language", languages),
        None => call,
    };
    let answer = call.send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// What the Activities resource says of activity one.
async fn definition(app: &TestApp) -> Value {
    let path = "/xapi/activities?activityId=https://example.org/activity/one";
    let answer: Answer = app.get(path).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["definition"].clone()
}

on_both! {
    /// Row 9. XAPI-00169, XAPI-00172, Communication 2.1.3: one entry of each language map, chosen
    /// by Accept-Language as RFC 4647 3.4 looks up, and the store's definition, not the statement's.
    async fn canonical_chooses_one_language(app: TestApp) {
        let display = json!({"en-GB": "did", "de": "tat", "pt-BR": "fez"});
        let first = named(1, &json!({"en-GB": "One", "de": "Eins"}));
        store(&app, &[with(first, "verb", json!({"id": verb("did"), "display": display}))]).await;
        store(&app, &[named(2, &json!({"pt-BR": "Um"}))]).await;
        for (languages, name, done) in [
            ("de", "Eins", "tat"),
            ("de-AT, en", "Eins", "tat"),
            ("fr, pt-BR;q=0.5, de;q=0.1", "Um", "fez"),
            ("en-GB;q=0, DE", "Eins", "tat"),
            ("EN-gb", "One", "did"),
        ] {
            let shown = canonical(&app, 1, Some(languages)).await;
            let names = shown["object"]["definition"]["name"].as_object().unwrap();
            assert_eq!(names.values().collect::<Vec<_>>(), [name], "{languages}: {names:?}");
            let displays = shown["verb"]["display"].as_object().unwrap();
            assert_eq!(displays.values().collect::<Vec<_>>(), [done], "{languages}: {displays:?}");
        }
        for languages in [None, Some("xx"), Some("*")] {
            let shown = canonical(&app, 2, languages).await;
            let names = shown["object"]["definition"]["name"].as_object().unwrap();
            assert_eq!(names.len(), 1, "one language, whichever: {languages:?} {names:?}");
        }
        assert_eq!(
            get(&app, 2).await.json()["object"]["definition"]["name"],
            json!({"pt-BR": "Um"})
        );
    }

    /// Row 9. In canonical format every Activity shows the store's definition, also where the
    /// statement has none: as Object, in contextActivities and in a SubStatement.
    async fn canonical_defines_every_activity(app: TestApp) {
        let bare = json!({"id": "https://example.org/activity/one"});
        let inside = json!({
            "objectType": "SubStatement", "actor": agent("bob"), "verb": {"id": verb("plans")},
            "object": bare, "context": {"contextActivities": {"other": [bare]}},
        });
        let context = json!({"contextActivities": {"parent": [bare, {"id": "https://example.org/activity/two"}]}});
        store(&app, &[with(with(statement(1), "object", inside), "context", context)]).await;
        let undefined = canonical(&app, 1, None).await;
        assert_eq!(undefined["context"]["contextActivities"]["parent"][0], bare);
        store(&app, &[named(2, &json!({"en": "One"}))]).await;
        let shown = canonical(&app, 1, Some("en")).await;
        let name = json!({"name": {"en": "One"}});
        assert_eq!(shown["object"]["object"]["definition"], name, "{shown}");
        assert_eq!(shown["object"]["context"]["contextActivities"]["other"][0]["definition"], name);
        assert_eq!(shown["context"]["contextActivities"]["parent"][0]["definition"], name);
        assert_eq!(shown["context"]["contextActivities"]["parent"][1].get("definition"), None);
        let page = app.get(&query(&[("format", "canonical")])).send().await.json();
        assert_eq!(page["statements"][1]["object"]["object"]["definition"], name);
    }

    /// Row 9. XAPI-00168, XAPI-00171: `ids` leaves only what identifies; `exact`, which is the
    /// default, leaves all.
    async fn ids_keeps_identifiers_only(app: TestApp) {
        let group = json!({"objectType": "Group", "name": "Team", "member": [
            {"mbox": "mailto:ada@example.org", "name": "Ada"}, {"openid": "https://example.org/bob", "name": "Bob"},
        ]});
        let one = with(
            with(named(1, &json!({"en": "One"})), "actor", group),
            "verb",
            json!({"id": verb("did"), "display": {"en": "did"}}),
        );
        store(&app, std::slice::from_ref(&one)).await;
        let answer = app.get(&query(&[("format", "ids")])).send().await.json();
        let shown = &answer["statements"][0];
        assert_eq!(shown["verb"], json!({"id": verb("did")}));
        assert_eq!(shown["object"], json!({"id": "https://example.org/activity/one"}));
        let members =
            json!([{"mbox": "mailto:ada@example.org"}, {"openid": "https://example.org/bob"}]);
        assert_eq!(shown["actor"], json!({"objectType": "Group", "member": members}));
        for parameters in [&[][..], &[("format", "exact")]] {
            let page = app.get(&query(parameters)).send().await.json();
            let exact = &page["statements"][0];
            for member in ["actor", "verb", "object"] {
                assert_eq!(exact[member], one[member], "{parameters:?}");
            }
        }
        assert_eq!(app.get(&query(&[("format", "Canonical")])).send().await.status, 400);
    }

    /// Row 33. Communication 2.5, Data 2.4.4.1: definitions are merged, language by language and
    /// extension by extension, so that no author's omission takes away another's translation.
    async fn definitions_are_merged(app: TestApp) {
        let object = |definition: Value| json!({"id": "https://example.org/activity/one", "definition": definition});
        let extension = |key: &str, value: Value| {
            let key = format!("https://example.org/extension/{key}");
            json!({ key: value })
        };
        for (number, said) in (1..).zip([
            json!({"name": {"en": "One"}, "type": "https://example.org/type/quiz", "extensions": extension("a", json!(1))}),
            json!({"name": {"de": "Eins"}, "description": {"en": "The first"}}),
            json!({"name": {"en": "No. 1"}, "extensions": extension("b", json!({"deep": null}))}),
        ]) {
            store(&app, &[with(statement(number), "object", object(said))]).await;
        }
        store(&app, &[statement(4)]).await;
        let merged = json!({
            "name": {"en": "No. 1", "de": "Eins"}, "type": "https://example.org/type/quiz",
            "description": {"en": "The first"},
            "extensions": {"https://example.org/extension/a": 1, "https://example.org/extension/b": {"deep": null}},
        });
        assert_eq!(definition(&app).await, merged);
        assert_eq!(get(&app, 1).await.json()["object"]["definition"]["name"], json!({"en": "One"}));
        assert_eq!(
            canonical(&app, 4, Some("de")).await["object"]["definition"]["name"],
            json!({"de": "Eins"})
        );
    }

    /// Row 33. What two nodes learn is one definition, though each remembers what it saw last; a
    /// tenant's definitions are its own.
    async fn definitions_are_one_for_all_nodes(app: TestApp) {
        let (other, key) = (app.node().await, app.all_key());
        let post = async |app: &App, statement: Value| {
            let call = call(app, Method::POST, PATH).version("1.0.3").key(key);
            let answer = call.json(statement.to_string()).send().await;
            assert_eq!(answer.status, 200, "{answer:?}");
        };
        post(&app, named(1, &json!({"en": "A"}))).await;
        post(&other, named(2, &json!({"en": "B"}))).await;
        post(&app, named(3, &json!({"en": "A"}))).await;
        assert_eq!(definition(&app).await["name"], json!({"en": "A"}));
        post(&other, named(4, &json!({"en": "B"}))).await;
        post(&other, named(5, &json!({"de": "C"}))).await;
        assert_eq!(definition(&app).await["name"], json!({"en": "B", "de": "C"}));
        let stranger = app.make_tenant_key(79).await;
        let path = "/xapi/activities?activityId=https://example.org/activity/one";
        let theirs = app.get(path).key(&stranger).send().await.json();
        assert_eq!(theirs.get("definition"), None, "{theirs}");
    }

    /// Row 34. XAPI-00236 to XAPI-00248, Communication 2.4: a Person has every name that statements
    /// gave its identifier, as Actor, Object, member, instructor; no identifier is made up.
    async fn a_person_has_every_name_that_statements_gave(app: TestApp) {
        let called = |name: &str| json!({"objectType": "Agent", "mbox": "mailto:ada@EXAMPLE.org", "name": name});
        let group =
            json!({"objectType": "Group", "name": "Team", "member": [called("A. Lovelace")]});
        let unnamed = statement(1);
        let as_object =
            with(with(statement(2), "actor", called("Ada")), "object", called("Countess"));
        let around =
            with(statement(3), "context", json!({"team": group, "instructor": called("Ada")}));
        store(&app, &[unnamed, as_object, around]).await;
        let path = "/xapi/agents?agent=%7B%22mbox%22%3A%22mailto%3Aada%40example.org%22%7D";
        let person = app.get(path).send().await.json();
        assert_eq!(person["objectType"], "Person");
        let names: Vec<&str> =
            person["name"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(names, ["A. Lovelace", "Ada", "Countess"]);
        assert_eq!(person["mbox"], json!(["mailto:ada@example.org"]));
        assert_eq!(person.as_object().unwrap().len(), 3, "{person}");
        let stranger = app.make_tenant_key(80).await;
        let theirs = app.get(path).key(&stranger).send().await.json();
        assert_eq!(theirs.get("name"), None, "{theirs}");
    }
}
