//! Who vouches, who may, and whose statements they are (1.0.3 Data 2.4.9, Communication 4.2;
//! 9274.1.1 4.2.4.2; `decisions.md` 3).

use super::kit::{
    MULTIPART, PATH, agent, attachment, found, get, id, multipart, numbers, query, referring, sha2,
    statement, store, verb, voiding, with,
};
use crate::testing::on_both;
use serde_json::{Value, json};

on_both! {
    /// Row 31. XAPI-00099, Data 2.4.9: the authority is the credential's, set where there is none
    /// and in place of what a client claims.
    async fn the_authority_is_the_credentials(app: TestApp) {
        let key = app.make_key("statements/write").await;
        let claimed = with(statement(2), "authority", agent("eve"));
        let couple = json!({"objectType": "Group", "member": [
            {"account": {"homePage": "https://example.org", "name": "app"}}, agent("eve"),
        ]});
        let batch = json!([statement(1), claimed, with(statement(3), "authority", couple)]);
        assert_eq!(app.post(PATH).key(&key).json(batch.to_string()).send().await.status, 200);
        for number in 1..=3 {
            let authority = get(&app, number).await.json()["authority"].clone();
            let account = json!({"homePage": "https://lrs.example.com", "name": key.key});
            assert_eq!(authority["account"], account, "{number}");
            assert_ne!(authority["objectType"], "Group");
        }
        let eve = agent("eve").to_string();
        assert_eq!(found(&app, &[("agent", &eve), ("related_agents", "true")]).await, [0; 0]);
    }

    /// Row 31. XAPI-00024, XAPI-00098, XAPI-00100: an authority that is sent must be one: an Agent,
    /// or an anonymous Group of an OAuth consumer and a user.
    async fn a_claimed_authority_has_its_form(app: TestApp) {
        let consumer = json!({"account": {"homePage": "https://example.org", "name": "app"}});
        let group = |members: Value| json!({"objectType": "Group", "member": members});
        for bad in [
            json!("eve"),
            json!({}),
            json!({"name": "Eve"}),
            Value::Null,
            group(json!([consumer])),
            group(json!([consumer, agent("eve"), agent("bob")])),
            group(json!([agent("bob"), agent("eve")])),
            with(group(json!([consumer, agent("eve")])), "mbox", json!("mailto:g@example.org")),
        ] {
            let one = with(statement(1), "authority", bad.clone());
            let answer = app.post(PATH).json(one.to_string()).send().await;
            assert_eq!(answer.status, 400, "{bad}: {answer:?}");
        }
        assert_eq!(found(&app, &[]).await, [0; 0]);
    }

    /// Row 32. Communication 4.2: `statements/read/mine` reads what its own credential stored and
    /// nothing else: by filter, by id, by path, voided, behind a reference, in later pages.
    async fn mine_reads_its_own(app: TestApp) {
        let key = app.make_key("statements/write statements/read/mine").await;
        let own =
            json!([statement(1), voiding(2, 1), statement(3), referring(4, 11), statement(5)]);
        store(&app, &[statement(11), with(statement(12), "actor", agent("bob"))]).await;
        assert_eq!(app.post(PATH).key(&key).json(own.to_string()).send().await.status, 200);
        store(&app, &[referring(13, 3), statement(14), voiding(15, 14)]).await;
        let read = async |path: String| app.get(&path).key(&key).send().await;
        assert_eq!(numbers(&read(query(&[])).await), [5, 4, 3, 2]);
        let ada = agent("ada").to_string();
        assert_eq!(
            numbers(&read(query(&[("agent", &ada), ("verb", &verb("did"))])).await),
            [5, 3, 2]
        );
        let first = read(query(&[("limit", "3")])).await;
        assert_eq!(numbers(&read(first.json()["more"].as_str().unwrap().to_owned()).await), [2]);
        for (number, parameter, status) in [
            (3, "statementId", 200),
            (1, "voidedStatementId", 200),
            (11, "statementId", 404),
            (13, "statementId", 404),
            (14, "voidedStatementId", 404),
            (15, "statementId", 404),
        ] {
            let path = format!("{PATH}?{parameter}={}", id(number));
            assert_eq!(read(path).await.status, status, "{number}");
        }
        assert_eq!(read(format!("{PATH}/{}", id(11))).await.status, 404);
        assert_eq!(read(format!("{PATH}/{}", id(3))).await.status, 200);
        let all = app.make_key("statements/read statements/read/mine").await;
        assert_eq!(
            numbers(&app.get(PATH).key(&all).send().await).len(),
            8,
            "the larger scope counts"
        );
    }

    /// Row 32. Communication 4.2 `define`: a credential without it stores statements, and changes
    /// neither an activity's definition nor an actor's names; one with it does.
    async fn only_define_defines(app: TestApp) {
        let defining = |number, name: &str| {
            let object = json!({"id": "x:one", "definition": {"name": {"en": name}}});
            let actor = json!({"mbox": "mailto:ada@example.org", "name": name});
            with(with(statement(number), "object", object), "actor", actor).to_string()
        };
        let writes = app.make_key("statements/write").await;
        let defines = app.make_key("statements/write define").await;
        let known = async || {
            let activity = app.get("/xapi/activities?activityId=x:one").send().await.json();
            let path = "/xapi/agents?agent=%7B%22mbox%22%3A%22mailto%3Aada%40example.org%22%7D";
            let person = app.get(path).send().await.json();
            (activity["definition"]["name"]["en"].clone(), person["name"].clone())
        };
        for (number, key, name, expected) in [
            (1, &writes, "A", (Value::Null, Value::Null)),
            (2, &defines, "B", (json!("B"), json!(["B"]))),
            (3, &writes, "C", (json!("B"), json!(["B"]))),
        ] {
            let answer = app.post(PATH).key(key).json(defining(number, name)).send().await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(known().await, expected, "{name}");
        }
        let exact = get(&app, 3).await.json();
        assert_eq!(exact["object"]["definition"]["name"]["en"], "C", "the statement keeps its own");
        let path = format!("{PATH}?statementId={}&format=canonical", id(3));
        assert_eq!(app.get(&path).send().await.json()["object"]["definition"]["name"]["en"], "B");
    }

    /// Row 32. Communication 4.2: each scope opens what it names: writing is not reading, and
    /// `all/read` writes nothing.
    async fn a_scope_opens_what_it_names(app: TestApp) {
        for (number, (scopes, write, read)) in (1..).zip([
            ("all", 200, 200),
            ("all/read", 403, 200),
            ("statements/read", 403, 200),
            ("statements/read/mine", 403, 200),
            ("statements/write", 200, 403),
            ("xapi:read", 403, 200),
            ("xapi:write", 200, 403),
            ("state", 403, 403),
            ("profile", 403, 403),
            ("define", 403, 403),
        ]) {
            let key = app.make_key(scopes).await;
            let text = statement(number).to_string();
            let posted = app.post(PATH).key(&key).json(text.as_str()).send().await;
            assert_eq!(posted.status, write, "{scopes}: {posted:?}");
            let put = app.put(&format!("{PATH}?statementId={}", id(number))).key(&key).json(text);
            let put = put.send().await.status.as_u16();
            assert_eq!(put, if write == 200 { 204 } else { 403 }, "{scopes}");
            assert_eq!(app.get(PATH).key(&key).send().await.status, read, "{scopes}");
            assert_eq!(app.head(PATH).key(&key).send().await.status, read, "{scopes}");
        }
    }

    /// Row 32. `decisions.md` 3: an object of another tenant does not exist. The same ids in two
    /// tenants are two statements; voiding, references, filters and attachments stay inside.
    async fn tenants_share_nothing(app: TestApp) {
        let other = app.make_tenant_key(81).await;
        let attached = with(statement(2), "attachments", json!([attachment(b"ours")]));
        let body =
            multipart(&json!([statement(1), attached]).to_string(), &[(&sha2(b"ours"), b"ours")]);
        assert_eq!(app.post(PATH).bytes(MULTIPART, body).send().await.status, 200);
        let read = async |path: String| app.get(&path).key(&other).send().await;
        assert_eq!(numbers(&read(query(&[])).await), [0; 0]);
        assert_eq!(read(format!("{PATH}?statementId={}", id(1))).await.status, 404);
        let theirs = with(statement(1), "verb", json!({"id": verb("saw")}));
        let batch = json!([theirs, voiding(3, 2), referring(4, 2)]);
        let answer = app.post(PATH).key(&other).json(batch.to_string()).send().await;
        assert_eq!(answer.status, 200, "the same id with other content is no conflict: {answer:?}");
        assert_eq!(found(&app, &[]).await, [2, 1], "nothing is voided here");
        assert_eq!(numbers(&read(query(&[])).await), [4, 3, 1]);
        assert_eq!(numbers(&read(query(&[("verb", &verb("did"))])).await), [0; 0]);
        assert_eq!(found(&app, &[("verb", &verb("saw"))]).await, [0; 0]);
        assert_eq!(get(&app, 1).await.json()["verb"]["id"], verb("did"));
        let all = read(query(&[("attachments", "true")])).await;
        assert_eq!(super::kit::parts(&all).len(), 1);
        // The same answer as for a statement that nobody has.
        let (one, none) =
            (read(format!("{PATH}/{}", id(2))).await, read(format!("{PATH}/{}", id(99))).await);
        let said = |answer: &crate::testing::Answer, number| {
            let mut said = answer.json();
            for changing in ["instance", "requestId", "traceId"] {
                said.as_object_mut().unwrap().remove(changing);
            }
            said.to_string().replace(&id(number).to_string(), "")
        };
        assert_eq!(said(&one, 2), said(&none, 99));
    }
}
