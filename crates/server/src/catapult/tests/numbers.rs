//! Numbers in place of ids: none ever means something else.

use super::super::number;
use super::{Client, actor};
use crate::testing::on_both;
use serde_json::json;
use uuid::Uuid;

on_both! {
    /// Ids that are made one after another have numbers of their own; each finds its own, or nothing.
    async fn a_number_finds_its_own(app: TestApp) {
        let client = Client::new(app).await;
        let course = client.course().await["id"].clone();
        let path = format!("course/{course}/launch-url/0");
        let ids: Vec<Uuid> = (0..40).map(|_| client.app.ids.statement()).collect();
        for (learner, id) in ids.iter().enumerate() {
            let body = json!({"actor": actor(&format!("u{learner}")), "reg": id});
            let launched = client.post(&path, body).await;
            assert_eq!(launched.status, 200, "{launched:?}");
        }
        let mut found = 0;
        for id in &ids {
            let told = client.get(&format!("registration/{}", number::told(*id))).await;
            match told.status.as_u16() {
                200 => {
                    assert_eq!(told.json()["code"], id.to_string());
                    found += 1;
                }
                status => assert_eq!((status, &told.json()["code"]), (409, &json!("catapult.number.ambiguous"))),
            }
        }
        assert!(found > 30, "{found}");
    }

    /// What two have is nobody's number, and each still has its UUID.
    async fn a_number_that_two_have_is_refused(app: TestApp) {
        let client = Client::new(app).await;
        let course = client.course().await["id"].clone();
        let path = format!("course/{course}/launch-url/0");
        let [one, two, other] = [
            "019c2f5a-7b1c-7abc-9def-000000000abc",
            "019c2f5a-7b1c-7abd-9def-0123456789ab",
            "019c2f5a-7b1c-7abe-9def-000000000abc",
        ];
        for (learner, id) in [one, two, other].into_iter().enumerate() {
            let body = json!({"actor": actor(&format!("u{learner}")), "reg": id});
            assert_eq!(client.post(&path, body).await.status, 200);
        }
        let number = |id: &str| number::told(id.parse().unwrap());
        assert_eq!(number(one), number(other));
        let place = format!("registration/{}", number(one));
        let told = client.get(&place).await;
        assert_eq!((told.status.as_u16(), &told.json()["statusCode"]), (409, &json!(409)));
        assert_eq!(client.post(&format!("{place}/waive-au/0"), json!({"reason": "x"})).await.status, 409);
        assert_eq!(client.delete(&place).await, 409);
        for id in [one, other] {
            let told = client.get(&format!("registration/{id}")).await.json();
            assert_eq!((&told["code"], &told["aus"][0]["isWaived"]), (&json!(id), &json!(false)));
        }
        let two_told = client.get(&format!("registration/{}", number(two))).await;
        assert_eq!(two_told.json()["code"], two, "{two_told:?}");
        assert_eq!(client.delete(&format!("registration/{other}")).await, 204);
        assert_eq!(client.get(&place).await.json()["code"], one);
    }
}
