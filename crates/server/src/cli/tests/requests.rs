//! `rollbook requests` beside a running server.

use super::kit::{Place, at_both};
use reqwest::Client;
use std::time::{Duration, Instant};

at_both! {
    /// Switched on here, followed by the server, and read here.
    async fn an_operator_sees_why_a_statement_is_refused(place: Place) {
        let made = place.json(&["key", "create", "--name", "x", "--scopes", "all"]).await;
        let running = place.serve().await;
        let url = format!("{}/statements", running.endpoint());
        assert_eq!(place.run(&["requests", "--on", "5m"]).await.unwrap(), "");
        let error = place.run(&["requests", "--on", "25h"]).await.unwrap_err();
        assert!(error.to_string().contains("86400"), "{error}");
        let begun = Instant::now();
        let mut shown = String::new();
        while shown.is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the server does not follow");
            let request = Client::new().post(&url).header("x-experience-api-version", "1.0.3");
            let request = request.basic_auth(made["key"].as_str().unwrap(), made["secret"].as_str());
            assert_eq!(request.body("{}").header("content-type", "application/json").send().await.unwrap().status(), 400);
            tokio::time::sleep(Duration::from_millis(400)).await;
            shown = place.run(&["requests", "--refused", "--limit", "1"]).await.unwrap();
        }
        assert!(shown.contains("  400  POST  /xapi/statements  rk1_"), "{shown}");
        assert!(shown.contains("validation.statement.invalid") && shown.lines().count() > 2, "{shown}");
        let entry = place.json(&["requests", "--limit", "1"]).await;
        assert_eq!(entry["client"], "127.0.0.1");
        running.stop().await;
    }
}
