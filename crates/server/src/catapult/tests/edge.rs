//! Refusals, whoever refuses, have what CATAPULT's clients read.

use super::{Client, api};
use crate::testing::{VERSION, call, on_both};
use http::Method;
use serde_json::json;

on_both! {
    async fn whoever_refuses_says_it_alike(app: TestApp) {
        let client = Client::new(app).await;
        let reader = client.app.make_key("read").await;
        let open = |path: &str| call(&client.app, Method::GET, path).without(VERSION);
        let post = |path: &str| api(&client.app, &client.key, Method::POST, path);
        for (answer, status, error) in [
            (open("/api/v1/registration/1").send().await, 401, "Unauthorized"),
            (api(&client.app, &reader, Method::POST, "registration").json("{}").send().await, 403, "Forbidden"),
            (post("registration").json("{").send().await, 400, "Bad Request"),
            (post("registration").bytes("text/plain", "x").send().await, 415, "Unsupported Media Type"),
            (post("registration").json("{}").send().await, 422, "Unprocessable Entity"),
            (client.get("course/1").await, 404, "Not Found"),
            (client.get("session/1/nothing").await, 404, "Not Found"),
            (post("about").json("{}").send().await, 405, "Method Not Allowed"),
        ] {
            assert_eq!(answer.status, status, "{answer:?}");
            let told = answer.json();
            assert_eq!((&told["statusCode"], &told["error"]), (&json!(status), &json!(error)), "{told}");
            assert_eq!((&told["message"], &told["status"]), (&told["detail"], &json!(status)), "{told}");
            assert!(told["violatedReqId"].is_null(), "{told}");
        }
        let ours = open("/api/v1/registrations").send().await.json();
        assert!(ours["statusCode"].is_null() && ours["error"].is_null(), "{ours}");
    }
}
