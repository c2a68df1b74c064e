//! The Activities resource, on both engines.

use crate::tenants::{FIRST_TENANT, TenantId};
use crate::testing::on_both;
use rollbook_db::Tx;

rollbook_db::sql! {
    /// An activity, as the statements feature interns it.
    TERM = "insert into term (tenant, kind, name, term) values ($1, 3, $2, $3)";
    /// Its canonical definition.
    DEFINITION = "insert into activity (tenant, term, definition) values ($1, $2, $3)";
}

fn define(tx: &mut Tx<'_>, tenant: TenantId, activity: &str, definition: &str) {
    tx.run(&TERM, &[tenant.0.into(), activity.into(), 77_i64.into()]).unwrap();
    tx.run(&DEFINITION, &[tenant.0.into(), 77_i64.into(), definition.into()]).unwrap();
}

on_both! {
    /// Row 33. XAPI-00250…00254: the canonical definition, its text untouched.
    async fn an_activity_is_shown_with_its_definition(app: TestApp) {
        let path = "/xapi/activities?activityId=http%3A%2F%2Fa.example%2F%22%C3%A9";
        let unknown = app.get("/xapi/activities?activityId=http://a.example/x").version("2.0.0");
        let unknown = unknown.send().await;
        assert_eq!(unknown.status, 200);
        assert_eq!(unknown.text(), r#"{"objectType":"Activity","id":"http://a.example/x"}"#);
        assert_eq!(app.get(path).send().await.status, 400, "a quotation mark is in no IRI");

        let path = "/xapi/activities?activityId=http%3A%2F%2Fa.example%2F%C3%A9";
        let write = app.db.every().write(|tx| {
            let (ours, theirs) = (r#"{"extensions":{"http://e.org/":1.0}}"#, "{}");
            define(tx, FIRST_TENANT, "http://a.example/é", ours);
            define(tx, TenantId(2), "http://a.example/é", theirs);
            Ok::<_, rollbook_db::Error>(())
        });
        write.await.unwrap();
        let known = app.get(path).send().await;
        assert_eq!(
            known.text(),
            r#"{"objectType":"Activity","id":"http://a.example/é","definition":{"extensions":{"http://e.org/":1.0}}}"#
        );
        assert_eq!(known.header("content-type"), Some("application/json"));
        let etag = crate::http::conditional::etag_for(&known.body);
        assert_eq!(known.header("etag"), Some(&*etag));
        let head = app.head(path).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    }

    /// XAPI-00250, XAPI-00324.
    async fn an_activity_is_asked_for(app: TestApp) {
        for query in ["", "?activityId=", "?activityId=x", "?activityid=http://a.example/", "?page=1"] {
            let answer = app.get(&format!("/xapi/activities{query}")).send().await;
            assert_eq!(answer.status, 400, "{query}");
        }
    }
}
