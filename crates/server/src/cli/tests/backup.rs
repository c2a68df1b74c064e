//! A backup is made beside a server and is a whole store.

use super::kit::{Place, at_both};
use super::record::{Opened, fill, make_key, statement};
use crate::cli::archive;
use crate::content::tests::kit::{COURSES, api, content, package_titled, top};
use crate::migrations::MIGRATIONS;
use http::Method;
use rollbook_db::{Db, Engine, Migrations, sql, testing};
use serde_json::json;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

at_both! {
    async fn what_was_backed_up_is_restored(place: Place) {
        fill(place).await;
        let export = place.run(&["export"]).await.unwrap();
        let folder = place.data.path().join("backup");
        let backup = folder.to_str().unwrap();

        // A server stores meanwhile: the backup holds a beginning of its log, whole.
        let server = place.serve().await;
        let opened = Opened::at(place).await;
        let storing = async {
            for number in 100..200 {
                opened.post("1.0.3", &statement(number, "")).await;
            }
        };
        let args = ["backup", backup];
        let (told, ()) = tokio::join!(place.json(&args), storing);
        opened.close().await;
        server.stop().await;
        assert_eq!((&told["attachments"], &told["damages"]), (&json!(3), &json!([])), "{told}");
        let error = place.run(&["backup", backup]).await.unwrap_err().to_string();
        assert!(error.contains("is there already"), "{error}");

        let restored = place.another().await;
        let text = restored.run(&["restore", backup]).await.unwrap();
        assert!(text.starts_with("Restored the record and 3 attachments into "), "{text}");
        let again = restored.run(&["export"]).await.unwrap();
        let [first, second] = [&export, &again]
            .map(|text| text.lines().filter(|line| line.starts_with("{\"statement\"")).count());
        assert!(again.starts_with(export.split("{\"document\"").next().unwrap()), "{again}");
        assert!((first..=first + 100).contains(&second), "{first} {second}");
        let left = names(&folder);
        match place.database {
            None => assert_eq!(left, ["blobs", "rollbook.sqlite"]),
            Some(_) => assert_eq!(left, ["blobs", "manifest.json", "tables"]),
        }
        assert_eq!(restored.json(&["doctor"]).await["healthy"], json!(true));
        // It is served as any other, and what is stored now comes after what came.
        let opened = Opened::at(&restored).await;
        opened.post("1.0.3", &statement(300, "")).await;
        opened.close().await;

        let error = restored.run(&["restore", backup]).await.unwrap_err().to_string();
        assert!(error.contains("is not empty"), "{error}");
        let nothing = place.another().await;
        let error = nothing.run(&["restore", nothing.data.path().to_str().unwrap()]).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("is no backup"), "{error}");
    }

    /// Courses are in a backup, with their files, and are served from the store that it becomes.
    async fn courses_are_restored(place: Place) {
        let opened = Opened::at(place).await;
        let key = make_key(&opened.app, "read,write,admin").await;
        let package = package_titled("https://p.example/course", "Course", "restored");
        let made = api(&opened.app, &key, Method::POST, COURSES);
        let made = made.bytes("application/zip", package.clone()).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        let course = made.json();
        opened.close().await;
        let folder = place.data.path().join("backup");
        let backup = folder.to_str().unwrap();
        place.run(&["backup", backup]).await.unwrap();
        let restored = place.another().await;
        restored.run(&["restore", backup]).await.unwrap();
        assert_eq!(restored.json(&["doctor"]).await["healthy"], json!(true));

        let opened = Opened::at(&restored).await;
        let top = top(&opened.app, &key, &course, 1).await;
        let page = content(&opened.app, &format!("{top}index.html"), &[]).await;
        assert_eq!(page.text(), "restored");
        let path = format!("{COURSES}/{}/versions/1/package", course["id"].as_str().unwrap());
        let exported = api(&opened.app, &key, Method::GET, &path).send().await;
        assert!(exported.body == package, "byte for byte");
        opened.app.db.every().write(|tx| tx.run(&UNKEEP, &[])).await.unwrap();
        opened.close().await;
        let error = restored.run(&["doctor"]).await.unwrap_err().to_string();
        assert!(!error.is_empty(), "what is not kept is found");
    }

    async fn a_damaged_backup_is_no_store(place: Place) {
        fill(place).await;
        let folder = place.data.path().join("backup");
        let backup = folder.to_str().unwrap();
        place.run(&["backup", backup]).await.unwrap();
        fs::remove_dir_all(folder.join("blobs")).unwrap();
        let restored = place.another().await;
        let error = format!("{:#}", restored.run(&["restore", backup]).await.unwrap_err());
        assert!(
            error.starts_with("the backup is damaged.") && error.contains("is missing"),
            "{error}"
        );
        let Some(file) = restored.settings().sqlite_file() else {
            let error = format!("{:#}", restored.run(&["export"]).await.unwrap_err());
            assert!(error.contains("a restore into this database did not end well"), "{error}");
            return;
        };
        assert!(!file.exists());
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// Nothing of an archive that is not what was written is kept, and nothing is put where something is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_is_taken_whole_or_not() {
    let Some(database) = testing::postgres().await else {
        eprintln!("skipped: TEST_POSTGRES_URL is unset");
        return;
    };
    let place = Place::new(Some(database));
    fill(&place).await;
    let opened = Db::open(place.settings().options()).await.unwrap();
    opened.every().write(|tx| tx.run(&ANOTHERS, &[])).await.unwrap();
    let tables: i64 = opened.every().read(|tx| tx.one(&TABLES, &[])).await.unwrap().unwrap();
    opened.close().await;
    let folder = place.data.path().join("backup");
    let backup = folder.to_str().unwrap();
    place.run(&["backup", backup]).await.unwrap();
    let kept = fs::read_dir(folder.join("tables")).unwrap().count();
    assert_eq!(kept + 1, usize::try_from(tables).unwrap(), "all tables but the operator's own");
    let fails = async |place: &Place| {
        let data = TempDir::new().unwrap();
        let error = place.run_in(&data, &["restore", backup]).await.unwrap_err();
        format!("{error:#}")
    };
    let error = fails(&place).await;
    assert!(error.contains("the database is not empty"), "{error}");
    let error = fails(&Place::new(None)).await;
    assert!(error.contains("name an empty database with --database"), "{error}");

    let empty = place.another().await;
    let manifest = folder.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let zeros = "0".repeat(64);
    let hash = text.split("\"sha256\": \"").last().unwrap().split('"').next().unwrap();
    for (wrong, complaint) in [
        (text.replace(hash, &zeros), "is not what was put into it"),
        (text.replace("\"rows\": 2", "\"rows\": 3"), "where 3 were expected"),
        (text.replace("\"format\": 1", "\"format\": 2"), "later than this program"),
        (text.replacen("\"columns\": [", "\"columns\": [\"x\",", 1), "refused copy"),
    ] {
        assert_ne!(wrong, text);
        fs::write(&manifest, wrong).unwrap();
        let error = fails(&empty).await;
        assert!(error.contains(complaint), "{error}");
    }
    fs::write(&manifest, text).unwrap();
    empty.run(&["restore", backup]).await.unwrap();
}

sql! {
    /// Every tenant: a test breaks what it made.
    UNKEEP = "update blob set state = 0";
    /// A table of the operator's own.
    ANOTHERS = "create table anothers (value bigint)";
    /// How many tables there are.
    TABLES = sqlite: "select 1", postgres: "select count(*) from pg_class
        where relnamespace = current_schema()::regnamespace and relkind = 'r'";
    /// A tenant of an old store.
    ADD = "insert into tenant (tenant, name, created) values (7, 'a\tb\\c\nd', 0)";
    /// Every tenant: this test's only one.
    LIST = "select name from tenant";
}

/// A later program restores what an earlier one wrote, and then migrates it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_schema_is_restored_and_brought_up() {
    let (Some(old), Some(new)) = (testing::postgres().await, testing::postgres().await) else {
        eprintln!("skipped: TEST_POSTGRES_URL is unset");
        return;
    };
    let steps = MIGRATIONS.postgres.get(..1).unwrap();
    old.migrate(&Migrations { sqlite: &[], postgres: steps }).await.unwrap();
    old.every().write(|tx| tx.run(&ADD, &[])).await.unwrap();
    let folder = TempDir::new().unwrap();
    archive::write(&old, folder.path()).await.unwrap();
    archive::read(&new, folder.path()).await.unwrap();
    assert!(new.migrate(&MIGRATIONS).await.is_err(), "it is not whole yet");
    new.loaded().await.unwrap();
    assert_eq!(new.migrate(&MIGRATIONS).await.unwrap(), MIGRATIONS.postgres.len() - 1);
    let names = new.of(7).read(|tx| tx.all::<String>(&LIST, &[])).await.unwrap();
    assert_eq!((new.engine(), names), (Engine::Postgres, vec!["a\tb\\c\nd".to_owned()]));
}
