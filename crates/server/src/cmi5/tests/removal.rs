//! What goes with a registration, and what stays.

use super::kit::*;
use crate::isolation::rows::rows;
use crate::tenants::FIRST_TENANT;
use crate::testing::{TestApp, on_both};
use http::Method;
use serde_json::json;

/// Everything in a table.
async fn held(app: &TestApp, table: &str) -> String {
    let all = rows(app, FIRST_TENANT).await;
    all.into_iter().find(|(name, _)| name == table).map(|(_, rows)| rows).unwrap_or_default()
}

on_both! {
    /// State documents go with their registration, `LMS.LaunchData` and its entitlement key among
    /// them; so do sessions and their logs. Another registration keeps its own, and preferences and
    /// statements stay.
    async fn state_documents_go_with_their_registration(app: TestApp) {
        let url = "<url>https://c.example/a</url><entitlementKey>Zebrafinch</entitlementKey>";
        let id = course(&app, &au_with("a", "", url)).await;
        let [gone, kept] = [registered(&app, &id, "u1").await, registered(&app, &id, "u1").await];
        for registration in [&gone, &kept] {
            let unit = Unit::running(&app, registration, json!({})).await;
            let bookmark = unit.call(Method::PUT, &unit.state("bookmark")).json(r#"{"page":7}"#);
            assert_eq!(bookmark.send().await.status, 204);
            let preferences = json!({"languagePreference": "de", "audioPreference": "on"});
            let put = unit.call(Method::PUT, &unit.preferences()).header("if-none-match", "*");
            put.json(preferences.to_string()).send().await;
        }
        let before = held(&app, "document").await;
        assert!(before.contains(&gone) && before.contains(&kept), "{before}");
        let said = verbs(&app, &gone).await;
        let place = format!("{REGISTRATIONS}/{gone}");
        assert_eq!(api(&app, Method::DELETE, &place).await.send().await.status, 204);
        let after = held(&app, "document").await;
        assert!(!after.contains(&gone) && after.contains(&kept), "{after}");
        assert!(after.contains("cmi5LearnerPreferences") && after.contains("bookmark"), "{after}");
        let left = held(&app, "cmi5_session").await;
        assert_eq!(left.lines().count(), 1, "{left}");
        let session = get(&app, &format!("{REGISTRATIONS}/{kept}/sessions")).await["data"][0]["id"].clone();
        let log = get(&app, &format!("{REGISTRATIONS}/{kept}/sessions/{}/log", session.as_str().unwrap())).await;
        let events = held(&app, "cmi5_event").await;
        assert_eq!(events.lines().count(), log["data"].as_array().unwrap().len(), "{events}");
        assert_eq!(verbs(&app, &gone).await, format!("{said} abandoned"));
    }

    /// A log that is being written while its registration goes leaves nothing behind.
    async fn a_log_does_not_outlive_its_session(app: TestApp) {
        for round in 0..5 {
            let registration = enrolled(&app, &au("a", "")).await;
            let unit = Unit::running(&app, &registration, json!({})).await;
            let place = format!("{REGISTRATIONS}/{registration}");
            let path = unit.state("bookmark");
            let asks = futures_util::future::join_all((0..12).map(|_| unit.call(Method::GET, &path).send()));
            let gone = async { api(&app, Method::DELETE, &place).await.send().await };
            let (_, gone) = futures_util::future::join(asks, gone).await;
            assert_eq!(gone.status, 204, "{gone:?}");
            assert_eq!(held(&app, "cmi5_event").await, "", "round {round}");
        }
    }

    /// 8.1.2: what content writes while its registration goes, or its session ends, is not there after.
    async fn what_is_written_late_is_refused(app: TestApp) {
        for round in 0..5 {
            let registration = enrolled(&app, &au("a", "")).await;
            let unit = Unit::running(&app, &registration, json!({})).await;
            let place = format!("{REGISTRATIONS}/{registration}");
            let keep = async |at: usize| {
                let path = unit.state(&format!("page-{at}"));
                unit.call(Method::PUT, &path).json("{}").send().await.status.as_u16()
            };
            let writes = futures_util::future::join_all((0..24).map(keep));
            let gone = async { api(&app, Method::DELETE, &place).await.send().await };
            let (statuses, gone) = futures_util::future::join(writes, gone).await;
            assert_eq!(gone.status, 204, "{gone:?}");
            assert!(statuses.iter().all(|status| [204, 401, 403].contains(status)), "{statuses:?}");
            let left = held(&app, "document").await;
            assert!(!left.contains("page-"), "round {round}: {statuses:?} {left}");
        }
    }
}
