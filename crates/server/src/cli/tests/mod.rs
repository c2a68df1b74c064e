//! The commands, run in this process, on both engines.

mod backup;
mod bucket;
mod content;
mod doctor;
mod import;
mod kit;
mod learners;
mod record;
mod requests;
mod tenants;
mod transfer;

use super::{Cli, is_usage, serve};
use crate::config::{self, Settings};
use crate::start;
use clap::{CommandFactory as _, Parser as _};
use kit::{Place, at_both, paste};
use std::collections::BTreeMap;
use tempfile::TempDir;

at_both! {
    async fn keys_are_made_listed_and_revoked(place: Place) {
        let create = ["key", "create", "--name", "Moodle", "--scopes", "xapi:write"];
        let made = place.json(&create).await;
        let key = made["key"].as_str().unwrap().to_owned();
        assert!(key.starts_with("rk1_"), "{made}");
        assert_eq!(made["scopes"].as_array().unwrap().len(), 4, "{made}");
        let listed = place.json(&["key", "list"]).await;
        assert_eq!(listed[0]["key"], key.as_str());
        assert_eq!(listed[0]["state"], "active");
        let secret = made["secret"].as_str().unwrap();
        assert!(!listed.to_string().contains(secret), "a secret is shown once");

        let text = place.run(&["key", "revoke", &key]).await.unwrap();
        assert!(text.starts_with(&format!("{key} is revoked since ")), "{text}");
        let again = place.json(&["key", "revoke", &key]).await;
        let listed = place.json(&["key", "list"]).await;
        assert_eq!(listed[0]["state"], "revoked");
        assert_eq!(listed[0]["revoked"], again["revoked"], "the first moment is kept");

        let text = place.run(&[&create[..], &["--expires", "90d"]].concat()).await.unwrap();
        assert!(text.contains("secret ") && !text.contains("never"), "{text}");
        let table = place.run(&["key", "list", "--tenant", "main"]).await.unwrap();
        assert_eq!(table.lines().count(), 3, "{table}");
        assert!(table.lines().next().unwrap().starts_with("KEY "), "{table}");
    }

    async fn what_is_asked_wrongly_is_usage(place: Place) {
        let create = |scopes| ["key", "create", "--name", "x", "--scopes", scopes];
        let error = place.run(&create("wirte")).await.unwrap_err();
        assert!(is_usage(&error) && error.to_string().contains("statements/read/mine"), "{error}");
        let error = place.run(&["key", "create", "--name", "", "--scopes", "all"]).await.unwrap_err();
        assert!(is_usage(&error), "{error}");
        place.run(&create("all")).await.unwrap();
        let error = place.run(&["key", "revoke", "rk1_nobody"]).await.unwrap_err();
        assert!(!is_usage(&error));
        assert_eq!(error.to_string(), "there is no key rk1_nobody");
        let error = place.run(&["key", "list", "--tenant", "acme"]).await.unwrap_err();
        assert_eq!(error.to_string(), "there is no tenant \"acme\"");
    }

    /// The printed lines work as pasted, and a key is told once in the life of a store.
    async fn a_new_store_greets_with_a_key_that_works(place: Place) {
        let server = place.serve().await;
        let [store, read] = &server.pasted()[..] else { panic!("{}", server.said.text()) };
        let (store, read) = (paste(store).await, paste(read).await);
        match (&store, &read) {
            (Some(stored), Some(read)) => {
                let ids: Vec<String> = serde_json::from_str(stored).expect(stored);
                let page: serde_json::Value = serde_json::from_str(read).expect(read);
                assert_eq!(page["statements"][0]["id"], ids[0].as_str());
                assert_eq!(page["statements"][0]["authority"]["name"], "first key");
            }
            _ => eprintln!("skipped what is pasted: there is no curl"),
        }
        server.stop().await;
        let server = place.serve().await;
        assert_eq!(server.pasted(), [""; 0]);
        server.stop().await;
        assert_eq!(place.json(&["key", "list"]).await.as_array().unwrap().len(), 1);
    }

    /// A key that another process makes is known at once.
    async fn keys_are_made_while_a_server_runs(place: Place) {
        let server = place.serve().await;
        let made = place.json(&["key", "create", "--name", "x", "--scopes", "all"]).await;
        let user = format!("{}:{}", made["key"].as_str().unwrap(), made["secret"].as_str().unwrap());
        let ask = format!(
            "curl -s -o /dev/null -w '%{{http_code}}' -H 'X-Experience-API-Version: 1.0.3' '{}/agents?agent=%7B%22mbox%22%3A%22mailto%3Aa%40example.com%22%7D'",
            server.endpoint()
        );
        for (line, expected) in [(format!("{ask} -u '{user}'"), "200"), (ask.clone(), "401")] {
            match paste(&line).await {
                Some(status) => assert_eq!(status, expected, "{line}"),
                None => eprintln!("skipped: there is no curl"),
            }
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn one_server_at_a_time_has_a_folder() {
    let place = Place::new(None);
    let server = place.serve().await;
    let (settings, mut out) = (place.settings(), Vec::new());
    let second = serve::run(&settings, &mut out, std::future::pending::<()>());
    let error = Box::pin(second).await.unwrap_err().to_string();
    assert!(error.starts_with("another rollbook serves "), "{error}");
    server.stop().await;
    place.serve().await.stop().await;
}

/// Nobody is told a key that cannot be used, so nothing is made before the port is bound.
#[tokio::test]
async fn a_port_that_is_taken_creates_no_store() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = Place::new(None);
    let settings = Settings { listen: taken.local_addr().unwrap(), ..place.settings() };
    let mut out = Vec::new();
    let served = serve::run(&settings, &mut out, std::future::pending::<()>());
    let error = Box::pin(served).await.unwrap_err();
    assert!(error.to_string().starts_with("listening on 127.0.0.1:"), "{error}");
    assert!(!settings.sqlite_file().unwrap().exists() && out.is_empty());
}

#[tokio::test]
async fn only_making_a_key_makes_a_store() {
    let place = Place::new(None);
    for args in [&["key", "list"][..], &["key", "revoke", "rk1_a"]] {
        let error = place.run(args).await.unwrap_err().to_string();
        assert!(error.starts_with("there is no store in "), "{error}");
    }
    assert_eq!(std::fs::read_dir(place.data.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_settings_file_to_start_from_sets_the_defaults() {
    let mut out = Vec::new();
    Cli::try_parse_from(["rollbook", "settings"]).unwrap().run(&mut out).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    let chosen =
        |line: &&str| line.starts_with('[') || line.contains(" = ") && !line.contains("= \"\"");
    let text: Vec<&str> =
        text.lines().filter(chosen).map(|line| line.trim_start_matches("# ")).collect();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("all.toml");
    std::fs::write(&file, text.join("\n")).unwrap();
    let settings = config::resolve(&BTreeMap::new(), &|_| None, Some(&file)).unwrap();
    assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
}

/// A server of the wrong folder is found out when it starts, with the whole chain of causes.
#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = Settings { data: file.path().join("data"), ..Settings::default() };
    let error = format!("{:#}", start::open(&settings).await.unwrap_err());
    assert!(error.starts_with("creating the data folder ") && error.contains(": "), "{error}");
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn without_a_command_it_serves() {
    let cli = Cli::try_parse_from(["rollbook", "--listen", "127.0.0.1:1"]).unwrap();
    assert!(cli.command.is_none());
    assert_eq!(cli.serve.flags.settings().unwrap().listen.port(), 1);
    assert!(Cli::try_parse_from(["rollbook", "--listen", "127.0.0.1:1", "key", "list"]).is_err());
}
