//! The About resource, on both engines.

use crate::testing::on_both;

on_both! {
    /// Row 42. XAPI-00315…00321, 1.0.3 Communication 2.8: open to everybody, with any version or none, and nothing more in it.
    async fn anybody_may_ask_which_versions_are_spoken(app: TestApp) {
        for version in [Some("1.0.3"), Some("2.0.0"), Some("0.95"), Some("9.9"), None] {
            let call = app.get("/xapi/about").without("authorization");
            let call = match version {
                Some(version) => call.version(version),
                None => call.without("x-experience-api-version"),
            };
            let answer = call.send().await;
            assert_eq!(answer.status, 200, "{version:?}");
            let about = answer.json();
            let versions = about["version"].as_array().unwrap();
            for named in ["2.0.0", "1.0.3", "1.0.0"] {
                assert!(versions.contains(&named.into()), "{named}");
            }
            let mut members: Vec<_> = about.as_object().unwrap().keys().collect();
            members.sort();
            assert_eq!(members, ["extensions", "version"]);
            let own = &about["extensions"]["urn:rollbook:about:version"];
            assert_eq!(own, env!("CARGO_PKG_VERSION"));
        }
        assert_eq!(app.get("/xapi/about?x=1").send().await.status, 400);
        assert_eq!(app.head("/xapi/about").send().await.status, 200);
    }
}
