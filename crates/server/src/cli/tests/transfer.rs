//! An export is the whole record: imported elsewhere and exported again it is the same bytes.

use super::kit::{Place, at_both};
use super::record::{Opened, answers, fill, lines};
use rollbook_db::testing;
use std::path::Path;

/// A new place on each engine that there is.
async fn places() -> Vec<Place> {
    let postgres = testing::postgres().await.map(|database| Place::new(Some(database)));
    [Place::new(None)].into_iter().chain(postgres).collect()
}

async fn answered(place: &Place) -> Vec<String> {
    let opened = Opened::at(place).await;
    let answers = answers(&opened).await;
    opened.close().await;
    answers
}

fn named(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

at_both! {
    /// From each engine to each, and from there back.
    async fn an_export_is_the_same_wherever_it_was(place: Place) {
        fill(place).await;
        let export = place.run(&["export"]).await.unwrap();
        assert_eq!(lines(&export, "attachment").len(), 3);
        assert_eq!(lines(&export, "document").len(), 10);
        assert_eq!(lines(&export, "name").len(), 4, "who may not define names nobody");
        let before = answered(place).await;
        let healthy = place.json(&["doctor"]).await;
        assert_eq!(healthy["healthy"], true, "{healthy}");
        for other in places().await {
            let there = place.data.path().join("moved");
            std::fs::write(&there, &export).unwrap();
            let told = other.json(&["import", there.to_str().unwrap()]).await;
            let statements = lines(&export, "statement").len() + lines(&export, "text").len();
            assert_eq!(told["stored"], statements, "{told}");
            assert_eq!(other.run(&["export", "-"]).await.unwrap(), export);
            assert_eq!(answered(&other).await, before);
            for depth in [&[][..], &["--quick"]] {
                let health = other.json(&[&["doctor"][..], depth].concat()).await;
                assert_eq!(health["healthy"], true, "{health}");
                assert_eq!(health["tenants"][0]["statements"], statements);
            }
            for back in places().await {
                let file = named(place.data.path(), "back.zst");
                other.run(&["export", &file]).await.unwrap();
                back.run(&["import", &file]).await.unwrap();
                assert_eq!(back.run(&["export"]).await.unwrap(), export);
            }
        }
    }

    /// What is there already is recognised, and nothing of it changes.
    async fn importing_twice_changes_nothing(place: Place) {
        fill(place).await;
        let file = named(place.data.path(), "all.ndjson.gz");
        place.run(&["export", &file]).await.unwrap();
        let export = place.run(&["export"]).await.unwrap();
        let statements = lines(&export, "statement").len() + lines(&export, "text").len();
        for _ in 0..2 {
            let told = place.json(&["import", &file]).await;
            assert_eq!((&told["stored"], &told["known"]), (&0.into(), &statements.into()));
            assert_eq!(place.run(&["export"]).await.unwrap(), export);
        }
        let text = place.run(&["import", &file]).await.unwrap();
        assert!(text.starts_with("Imported 0 statements, 3 attachments and 10 documents."), "{text}");
    }

    /// `since` excludes its moment and `until` includes it, as in the standard.
    async fn a_part_of_the_log_can_be_exported(place: Place) {
        fill(place).await;
        let export = place.run(&["export"]).await.unwrap();
        let all = lines(&export, "statement");
        let stored = |number: usize| all[number]["stored"].as_str().unwrap().to_owned();
        let (since, until) = (stored(1), stored(3));
        let part = place.run(&["export", "--since", &since, "--until", &until]).await.unwrap();
        assert_eq!(lines(&part, "statement"), all[2..=3]);
        let error = place.run(&["export", "--since", "yesterday"]).await.unwrap_err();
        assert!(format!("{error}").contains("2026-11-21T07:00:00Z"), "{error}");
    }

    async fn an_empty_record_is_exported_and_imported(place: Place) {
        place.run(&["key", "create", "--name", "x", "--scopes", "all"]).await.unwrap();
        let export = place.run(&["export"]).await.unwrap();
        assert_eq!(export.lines().count(), 2, "{export}");
        let file = named(place.data.path(), "none");
        std::fs::write(&file, &export).unwrap();
        assert_eq!(place.json(&["import", &file]).await["stored"], 0);
        assert_eq!(place.json(&["doctor"]).await["healthy"], true);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_exported() {
    let place = Place::new(None);
    for command in ["export", "doctor"] {
        let error = place.run(&[command]).await.unwrap_err().to_string();
        assert!(error.starts_with("there is no store in "), "{error}");
    }
    assert_eq!(std::fs::read_dir(place.data.path()).unwrap().count(), 0);
}

/// The name says how a file is compressed; the first bytes say how it is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_compressed_as_its_name_says() {
    let place = Place::new(None);
    fill(&place).await;
    let export = place.run(&["export"]).await.unwrap();
    for (name, magic) in [
        ("x.ndjson", &b"{\"ro"[..]),
        ("x.ndjson.gz", &[0x1f, 0x8b]),
        ("x.ZST", &[0x28, 0xb5, 0x2f, 0xfd]),
    ] {
        let file = named(place.data.path(), name);
        let told = place.json(&["export", &file]).await;
        assert_eq!(told["attachments"], 3, "{told}");
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.starts_with(magic), "{name}");
        let odd = named(place.data.path(), "odd name");
        std::fs::rename(&file, &odd).unwrap();
        let other = Place::new(None);
        other.run(&["import", &odd]).await.unwrap();
        assert_eq!(other.run(&["export"]).await.unwrap(), export, "{name}");
    }
    let left = std::fs::read_dir(place.data.path()).unwrap();
    let partial = |entry: &std::io::Result<std::fs::DirEntry>| {
        entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".partial")
    };
    assert_eq!(left.filter(partial).count(), 0);
}
