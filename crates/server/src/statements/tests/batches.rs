//! A request is stored whole or not at all (1.0.3 Communication 2.1.2, 3.2; 9274.1.1 4.1.6.1).

use super::kit::{
    MULTIPART, PATH, attachment, found, get, id, multipart, refusal, sha2, statement, store,
    voiding, with,
};
use crate::blobs::Sha2;
use crate::clock::Clock;
use crate::tenants::FIRST_TENANT;
use crate::testing::on_both;
use serde_json::{Value, json};
use std::time::Duration;

on_both! {
    /// Row 12. Communication 2.1.2, 9274.1.1 4.1.6.1: the same id twice in one request is refused
    /// by both versions, equal or not, in whatever case it is written; nothing is stored.
    async fn an_id_twice_in_a_batch_is_refused(app: TestApp) {
        let shouted = id(1).to_string().to_uppercase();
        let other = with(statement(1), "verb", json!({"id": "x:other"}));
        for second in [statement(1), other, with(statement(1), "id", json!(shouted))] {
            let batch = json!([statement(1), statement(2), second]).to_string();
            for version in ["1.0.3", "2.0.0"] {
                let answer = app.post(PATH).version(version).json(batch.as_str()).send().await;
                assert_eq!(answer.status, 400, "{answer:?}");
                assert_eq!(answer.json()["errors"][0]["pointer"], "/2/id", "{answer:?}");
            }
        }
        assert_eq!(found(&app, &[]).await, [0; 0]);
    }

    /// Row 13. XAPI-00326, XAPI-00182, Communication 3.2.s3.b9: one bad statement refuses its
    /// request, wherever it is and whatever is wrong; nothing of the others is seen by any route.
    async fn one_bad_statement_refuses_all(app: TestApp) {
        store(&app, &[statement(9)]).await;
        let definition = json!({"id": "https://example.org/activity/new", "definition": {"name": {"en": "New"}}});
        let good = with(
            with(statement(1), "object", definition),
            "actor",
            json!({"mbox": "mailto:eve@example.org", "name": "Eve"}),
        );
        let conflict = with(statement(9), "verb", json!({"id": "x:other"}));
        let bad = with(statement(2), "actor", json!({"mbox": "nobody"}));
        for (second, status) in [(conflict, 409), (bad, 400), (json!(1), 400)] {
            for batch in [json!([good, second]), json!([second, good, voiding(3, 9)])] {
                let answer = app.post(PATH).json(batch.to_string()).send().await;
                assert_eq!(answer.status, status, "{answer:?}");
                assert_eq!(get(&app, 1).await.status, 404);
                assert_eq!(found(&app, &[]).await, [9], "neither stored nor voided");
                assert_eq!(found(&app, &[("verb", &super::kit::verb("did"))]).await, [9]);
                let path = "/xapi/activities?activityId=https://example.org/activity/new";
                assert_eq!(app.get(path).send().await.json()["definition"], Value::Null);
                let path = "/xapi/agents?agent=%7B%22mbox%22%3A%22mailto%3Aeve%40example.org%22%7D";
                assert_eq!(app.get(path).send().await.json()["name"], Value::Null);
            }
        }
        assert_eq!(
            app.post(PATH).json(json!([good, voiding(3, 9)]).to_string()).send().await.status,
            200
        );
        assert_eq!(found(&app, &[]).await, [3, 1]);
    }

    /// Row 13. Every violation of every statement is told, each with its place.
    async fn every_violation_is_told(app: TestApp) {
        let first = with(with(statement(1), "actor", json!({"mbox": "nobody"})), "Verb", json!(1));
        let third = with(statement(3), "result", json!({"score": {"scaled": 2}, "success": "yes"}));
        let answer =
            app.post(PATH).json(json!([first, statement(2), third]).to_string()).send().await;
        let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
        let pointers: Vec<&str> =
            errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers.len(), 4, "{answer:?}");
        for expected in ["/0/actor/mbox", "/0/Verb", "/2/result/score/scaled", "/2/result/success"]
        {
            assert!(pointers.contains(&expected), "{expected}: {pointers:?}");
        }
        for member in ["requirement", "clause", "detail", "fix"] {
            assert!(
                errors.iter().all(|error| !error[member].as_str().unwrap().is_empty()),
                "{member}"
            );
        }
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }

    /// Row 13. Attachments of a refused request are not on disk, or are swept: those of a request
    /// that was refused only by what is stored already are never seen and leave after an hour.
    async fn attachments_of_a_refused_batch_leave_the_disk(app: TestApp) {
        let clock = Clock::manual(1_700_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let (photo, kept) = (&b"a photo"[..], &b"kept"[..]);
        let with_photo = |number, contents: &[&[u8]]| {
            let attachments: Vec<Value> =
                contents.iter().map(|content| attachment(content)).collect();
            with(statement(number), "attachments", json!(attachments))
        };
        let post = async |batch: Value, contents: &[&[u8]]| {
            let hashes: Vec<String> = contents.iter().map(|content| sha2(content)).collect();
            let parts: Vec<_> =
                hashes.iter().map(String::as_str).zip(contents.iter().copied()).collect();
            let answer =
                app.post(PATH).bytes(MULTIPART, multipart(&batch.to_string(), &parts)).send().await;
            answer.status.as_u16()
        };
        let on_disk = async |content: &[u8]| {
            let address = Sha2::parse(&sha2(content)).unwrap();
            app.blobs.size(FIRST_TENANT, &address).await.unwrap().is_some()
        };
        let bad = with(statement(2), "actor", json!({}));
        assert_eq!(post(json!([with_photo(1, &[photo]), bad]), &[photo]).await, 400);
        assert!(!on_disk(photo).await);
        assert_eq!(post(with_photo(9, &[kept]), &[kept]).await, 200);
        let conflict = with(statement(9), "verb", json!({"id": "x:other"}));
        assert_eq!(
            post(json!([with_photo(1, &[photo, kept]), conflict]), &[photo, kept]).await,
            409
        );
        assert_eq!(found(&app, &[]).await, [9]);
        clock.advance(3_601_000_000);
        app.blobs.sweep(Duration::from_hours(1)).await.unwrap();
        assert!(!on_disk(photo).await, "nobody claimed it");
        assert!(on_disk(kept).await, "a stored statement claims it");
        assert_eq!(post(with_photo(1, &[photo]), &[photo]).await, 200);
        assert!(on_disk(photo).await);
    }

    /// Row 13. An empty batch stores nothing; ids are answered in the order received (XAPI-00146).
    async fn ids_are_answered_in_order(app: TestApp) {
        let empty = app.post(PATH).json("[]").send().await;
        assert_eq!((empty.status.as_u16(), empty.text()), (200, "[]"));
        let mut nameless = statement(5);
        nameless.as_object_mut().unwrap().remove("id");
        let batch = json!([statement(7), nameless, statement(3)]);
        let answer = app.post(PATH).json(batch.to_string()).send().await;
        let ids = answer.json();
        assert_eq!((&ids[0], &ids[2]), (&json!(id(7)), &json!(id(3))));
        let made = ids[1].as_str().unwrap();
        let got = app.get(&format!("{PATH}?statementId={made}")).send().await;
        assert_eq!(got.json()["id"], made);
        let one = app.post(PATH).json(statement(8).to_string()).send().await;
        assert_eq!(one.json(), json!([id(8)]), "a single statement is answered as a list too");
        assert_eq!(refusal(&app.put(PATH).json(statement(8).to_string()).send().await).0, 400);
    }
}
