//! The Agents resource, on both engines.

use super::person;
use crate::tenants::{FIRST_TENANT, TenantId};
use crate::testing::on_both;
use expect_test::expect;
use rollbook_db::Tx;

const ANN: &str = "%7B%22mbox%22%3A%22mailto%3Aann%40example.org%22%2C%22name%22%3A%22A.%22%7D";

rollbook_db::sql! {
    /// An actor, as the statements feature interns it.
    TERM = "insert into term (tenant, kind, name, term) values ($1, 2, $2, $3)";
    /// A name of that actor.
    NAME = "insert into actor_name (tenant, term, name) values ($1, $2, $3)";
}

fn remember(tx: &mut Tx<'_>, tenant: TenantId, key: &str, names: &[&str]) {
    let term = 77_i64;
    tx.run(&TERM, &[tenant.0.into(), key.into(), term.into()]).unwrap();
    for &name in names {
        tx.run(&NAME, &[tenant.0.into(), term.into(), name.into()]).unwrap();
    }
}

#[test]
fn known_names_win_over_the_one_asked_with() {
    let asked = r#"{"name":"Eve","mbox":"mailto:ann@example.org"}"#;
    let ann = "mbox:mailto:ann@example.org";
    expect![[r#"{"objectType":"Person","name":["Eve"],"mbox":["mailto:ann@example.org"]}"#]]
        .assert_eq(&person(ann.into(), vec![], asked));
    expect![[r#"{"objectType":"Person","name":["A","B"],"mbox":["mailto:ann@example.org"]}"#]]
        .assert_eq(&person(ann.into(), vec!["B".into(), "A".into()], asked));
    expect![[r#"{"objectType":"Person","mbox":["mailto:ann@example.org"]}"#]].assert_eq(&person(
        ann.into(),
        vec![],
        "{}",
    ));
}

on_both! {
    /// Row 34. XAPI-00236…00248: every name that statements gave, and the identifier asked with.
    async fn a_person_has_all_names(app: TestApp) {
        let path = format!("/xapi/agents?agent={ANN}");
        let unknown = app.get(&path).send().await;
        expect![[r#"{"objectType":"Person","name":["A."],"mbox":["mailto:ann@example.org"]}"#]]
            .assert_eq(unknown.text());
        let write = app.db.every().write(|tx| {
            let key = "mbox:mailto:ann@example.org";
            remember(tx, FIRST_TENANT, key, &["Äpfel", "Ann", "ann"]);
            remember(tx, TenantId(2), key, &["of another tenant"]);
            Ok::<_, rollbook_db::Error>(())
        });
        write.await.unwrap();
        let known = app.get(&path).version("2.0.0").send().await;
        assert_eq!(known.status, 200);
        expect![[r#"{"objectType":"Person","name":["Ann","ann","Äpfel"],"mbox":["mailto:ann@example.org"]}"#]]
            .assert_eq(known.text());
        let etag = crate::http::conditional::etag_for(&known.body);
        assert_eq!(known.header("etag"), Some(&*etag));
        let head = app.head(&path).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    }

    /// The record escapes U+0000 and U+001A; whoever looks there must do the same.
    async fn a_name_may_hold_nul(app: TestApp) {
        let agent = r#"{"name":"A\u0000\u001a","account":{"homePage":"http://e.org","name":"a\u0000\u001ab"}}"#;
        let query = percent_encoding::utf8_percent_encode(agent, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/xapi/agents?agent={query}");
        let person = format!(
            r#"{{"objectType":"Person","name":["A\u0000\u001a"],"account":[{}]}}"#,
            r#"{"homePage":"http://e.org","name":"a\u0000\u001ab"}"#
        );
        let unknown = app.get(&path).send().await;
        assert_eq!((unknown.status.as_u16(), unknown.text()), (200, person.as_str()));
        let statement = format!(
            r#"{{"actor":{agent},"verb":{{"id":"http://e.org/v"}},"object":{{"id":"http://e.org/o"}}}}"#
        );
        assert_eq!(app.post("/xapi/statements").json(statement).send().await.status, 200);
        let other = query.to_string().replacen("A%5Cu0000", "Asked", 1);
        let known = app.get(&format!("/xapi/agents?agent={other}")).send().await;
        assert_eq!((known.status.as_u16(), known.text()), (200, person.as_str()));
    }

    /// XAPI-00243, XAPI-00249, XAPI-00324.
    async fn an_agent_is_asked_for(app: TestApp) {
        let group = "%7B%22objectType%22%3A%22Group%22%2C%22mbox%22%3A%22mailto%3Ag%40e.org%22%7D";
        for query in ["", "?agent=", "?agent=%7B%7D", "?agent=true", "?Agent=%7B%7D", "?page=1"] {
            let answer = app.get(&format!("/xapi/agents{query}")).send().await;
            assert_eq!(answer.status, 400, "{query}");
        }
        let answer = app.get(&format!("/xapi/agents?agent={group}")).send().await;
        assert_eq!(answer.status, 400);
    }
}
