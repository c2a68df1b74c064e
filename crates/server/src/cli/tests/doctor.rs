//! `rollbook doctor` finds whatever is damaged in a store, and nothing else.

use super::kit::{Place, at_both};
use super::record::{Opened, VOIDED, fill, id, referring, statement};
use rollbook_db::{Sql, Value, sql};
use serde_json::Value as Json;

sql! {
    LOSE_POSTING = "delete from posting where tenant = $1 and (key, position) = (
        select key, position from posting where tenant = $1 order by key, position limit 1)";
    ADD_POSTING = "insert into posting (tenant, key, position) values ($1, 4444, 5)";
    LOSE_ID = "delete from statement_id where tenant = $1 and position = (
        select max(position) from statement where tenant = $1)";
    LOSE_INHERITED = "delete from inherited where tenant = $1 and position = (
        select min(position) from inherited where tenant = $1)";
    LOSE_REFERENCE = "delete from reference where tenant = $1 and position = (
        select min(position) from reference where tenant = $1)";
    UNVOID = "update statement set flags = flags - 1 where tenant = $1 and position = (
        select min(position) from statement where tenant = $1 and flags in (1, 3, 5, 9))";
    SPOIL_BODY = "update statement set body = $2 where tenant = $1 and position = (
        select max(position) from statement where tenant = $1)";
    SET_BACK = "update head set position = 7 where tenant = $1";
    REUSE_NUMBER = "update term set term = 1 where tenant = $1 and term = 2";
    LOSE_ATTACHMENT = "delete from attachment where tenant = $1 and position = (
        select min(position) from attachment where tenant = $1)";
    SPOIL_DOCUMENT = "update document set body = $2 where tenant = $1";
}

/// Does this to a store.
pub(super) async fn damage(place: &Place, sql: &'static Sql) {
    let opened = Opened::at(place).await;
    let mut args = vec![Value::Int(1)];
    if sql.sqlite().contains("$2") {
        args.push(Value::Bytes(b"spoiled".to_vec()));
    }
    let changed = opened.app.db.every().write(move |tx| tx.run(sql, &args)).await.unwrap();
    assert!(changed > 0, "{} damaged nothing", sql.name());
    opened.close().await;
}

/// What doctor says, and that its exit code says the same.
pub(super) async fn examined(place: &Place, flags: &[&str]) -> Json {
    let args: Vec<&str> = [&["doctor", "--json"], flags].concat();
    let mut out = Vec::new();
    let cli = <crate::cli::Cli as clap::Parser>::try_parse_from(place.args(&args)).unwrap();
    let outcome = cli.run(&mut out).await;
    let told: Json = serde_json::from_slice(&out).unwrap();
    assert_eq!(told["healthy"], outcome.is_ok(), "{told}");
    told
}

at_both! {
    async fn every_damage_is_found(place: Place) {
        for (sql, quick, what) in [
            (&LOSE_POSTING, false, "is missing"),
            (&ADD_POSTING, false, "should not be there"),
            (&LOSE_ID, true, "is missing"),
            (&LOSE_INHERITED, false, "is missing"),
            (&LOSE_REFERENCE, false, "is missing"),
            (&UNVOID, false, "is not marked as voided"),
            (&SPOIL_BODY, true, "damaged statement body"),
            (&SET_BACK, true, "its head says"),
            (&REUSE_NUMBER, true, "share"),
            (&LOSE_ATTACHMENT, false, "has no contents"),
            (&SPOIL_DOCUMENT, false, "its etag is not"),
        ] {
            let place = place.another().await;
            fill(&place).await;
            assert_eq!(examined(&place, &[]).await["faults"], serde_json::json!([]));
            damage(&place, sql).await;
            let told = examined(&place, &[]).await;
            let faults = told["faults"].as_array().unwrap();
            let found = faults.iter().any(|fault| fault["what"].as_str().unwrap().contains(what));
            assert!(found, "{}: {told:#}", sql.name());
            assert!(faults.iter().all(|fault| !fault["remedy"].as_str().unwrap().is_empty()));
            let told = examined(&place, &["--quick"]).await;
            assert_eq!(told["healthy"], !quick, "{}: {told:#}", sql.name());
        }
    }

    async fn lost_and_altered_attachments_are_found(place: Place) {
        fill(place).await;
        let mut files = Vec::new();
        let mut folders = vec![place.data.path().join("blobs")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        let [lost, altered, _] = &files[..] else { panic!("{files:?}") };
        std::fs::write(altered, b"other").unwrap();
        std::fs::remove_file(lost).unwrap();
        std::fs::write(place.data.path().join("blobs/stray"), b"").unwrap();
        std::fs::write(place.data.path().join("blobs/half#1"), b"").unwrap();
        let told = examined(place, &[]).await;
        let text = told["faults"].to_string();
        for what in ["is missing", "has other contents"] {
            assert!(text.contains(what), "{what}: {told:#}");
        }
        assert_eq!(told["faults"].as_array().unwrap().len(), 2, "{told:#}");
        let notes = told["notes"].to_string();
        assert!(notes.contains("half#1"), "a crash leaves such files: {told:#}");
        assert!(notes.contains("stray belongs to nothing"), "it does no harm: {told:#}");
        assert_eq!(examined(place, &["--quick"]).await["healthy"], true);
        let error = place.run(&["doctor"]).await.unwrap_err().to_string();
        assert!(error.starts_with("2 things are wrong, the first: "), "{error}");
    }

    /// Chains and cycles in any order of arrival, over more than one page of the log.
    async fn a_long_log_is_examined_page_by_page(place: Place) {
        let opened = Opened::at(place).await;
        for batch in 0..3 {
            let numbers = 1 + batch * 700..=700 + batch * 700;
            let one = |number: u32| match number % 5 {
                0 => referring(number, "https://example.org/saw", number % 2_100 + 1),
                1 => referring(number, VOIDED, (number * 7) % 2_100 + 1),
                _ => statement(number, ""),
            };
            let texts: Vec<String> = numbers.map(one).collect();
            opened.post("1.0.3", &format!("[{}]", texts.join(","))).await;
        }
        opened.close().await;
        let told = examined(place, &[]).await;
        assert_eq!(told["faults"], serde_json::json!([]));
        assert_eq!(told["tenants"][0]["statements"], 2_100, "{told}");
        assert!(told["tenants"][0]["inherited"].as_u64() > Some(100), "{told}");
        damage(place, &LOSE_POSTING).await;
        let told = examined(place, &[]).await;
        assert_eq!(told["faults"].as_array().unwrap().len(), 1, "{told:#}");
        let text = place.run(&["doctor", "--quick"]).await.unwrap();
        assert!(text.contains("2,100 statements") && text.contains("as it should be"), "{text}");
        assert!(!text.contains(&id(1)));
    }
}
