//! `rollbook tenant`, and what the audit log keeps of the operator, on both engines.

use super::kit::{Place, at_both};

at_both! {
    async fn a_tenant_is_made_suspended_resumed_and_deleted(place: Place) {
        place.run(&["key", "create", "--name", "x", "--scopes", "all"]).await.unwrap();
        let made = place.json(&["tenant", "create", "acme", "--title", "Acme é"]).await;
        assert_eq!((made["name"].as_str(), made["number"].as_i64()), (Some("acme"), Some(2)));
        let error = place.run(&["tenant", "create", "acme"]).await.unwrap_err().to_string();
        assert_eq!(error, "there is a tenant acme already; choose another name");
        assert!(place.run(&["tenant", "create", "a b"]).await.is_err());

        let key = ["key", "create", "--tenant", "acme", "--name", "Ada", "--scopes", "all,admin"];
        let key = place.json(&key).await["key"].as_str().unwrap().to_owned();
        assert!(key.starts_with("rk2_"), "{key}");
        let rotated = place.json(&["key", "rotate", &key, "--tenant", "acme", "--overlap", "1h"]).await;
        assert!(rotated["secret"].is_string() && rotated["old_secret_until"].is_string());

        let text = place.run(&["tenant", "suspend", "acme"]).await.unwrap();
        assert_eq!(text, "acme (tenant 2) is suspended.\n");
        let table = place.run(&["tenant", "list"]).await.unwrap();
        assert!(table.lines().nth(2).unwrap().starts_with("acme  2       suspended"), "{table}");
        place.run(&["tenant", "resume", "acme"]).await.unwrap();
        place.run(&["tenant", "rename", "acme", "--to", "acme2"]).await.unwrap();

        let error = place.run(&["tenant", "delete", "main", "--yes"]).await.unwrap_err().to_string();
        assert!(error.starts_with("the first tenant "), "{error}");
        let error = place.run(&["tenant", "delete", "acme", "--yes"]).await.unwrap_err().to_string();
        assert_eq!(error, "there is no such tenant");
        let deleted = place.json(&["tenant", "delete", "acme2", "--yes"]).await;
        assert!(deleted["rows"].as_u64().unwrap() > 3, "{deleted}");
        let listed = place.json(&["tenant", "list"]).await;
        assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
        let error = place.run(&["key", "list", "--tenant", "acme2"]).await.unwrap_err().to_string();
        assert_eq!(error, "there is no tenant \"acme2\"");

        let verified = place.json(&["audit", "verify"]).await;
        assert_eq!(verified[0]["entries"], 8, "{verified}");
        let text = place.run(&["audit", "verify"]).await.unwrap();
        assert!(text.contains(verified[0]["last"].as_str().unwrap()), "{text}");
        assert_eq!(place.json(&["doctor"]).await["healthy"], true);
    }

    /// A key of one tenant is none of another's.
    async fn keys_belong_to_their_tenant(place: Place) {
        let create = ["key", "create", "--name", "x", "--scopes", "all"];
        let key = place.json(&create).await["key"].as_str().unwrap().to_owned();
        place.run(&["tenant", "create", "acme"]).await.unwrap();
        for act in ["revoke", "rotate"] {
            let error = place.run(&["key", act, &key, "--tenant", "acme"]).await.unwrap_err();
            assert_eq!(error.to_string(), format!("there is no key {key}"));
        }
        let operator = ["key", "create", "--tenant", "acme", "--name", "x", "--scopes", "operator"];
        assert!(place.run(&operator).await.is_err());
    }
}
