//! What the content origin answers besides whole files: to browsers that take gzip, to players that
//! seek, to learners whose part has ended; and what each answer has, whatever it is.

use super::kit::*;
use crate::clock::Clock;
use crate::content;
use crate::limits::Limits;
use crate::testing::{TestApp, on_both, unmetered};
use http::Method;
use std::io::Read as _;

const ID: &str = "https://p.example/course";

/// A course with these files besides its page; the address of its top.
async fn with_files(app: &TestApp, files: &[(&str, &[u8])]) -> String {
    let text = structure_of(ID, &au("au", "", "index.html"));
    let own: [(&str, &[u8]); 2] = [("cmi5.xml", text.as_bytes()), ("index.html", b"<p>")];
    let course = imported(app, zipped(&[&own, files].concat())).await;
    top(app, app.manager().await, &course, 1).await
}

on_both! {
    /// RFC 9110 8.8.3.3, 12.5.3: texts in gzip to whom takes it, under a tag of their own.
    async fn texts_are_compressed(app: TestApp) {
        let text = "function again() { return again; }\n".repeat(100);
        let files: [(&str, &[u8]); 3] =
            [("a.js", text.as_bytes()), ("small.js", b"again()"), ("a.mp4", text.as_bytes())];
        let top = with_files(&app, &files).await;
        let (place, gzip) = (format!("{top}a.js"), ("accept-encoding", "br, gzip"));
        let whole = content(&app, &place, &[]).await;
        assert_eq!((whole.text(), whole.header("content-encoding")), (text.as_str(), None));
        assert_eq!(whole.header("vary"), Some("Accept-Encoding"));
        let packed = content(&app, &place, &[gzip]).await;
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{packed:?}");
        assert!(packed.body.len() < text.len() / 4);
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&*packed.body).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        assert_ne!(packed.header("etag"), whole.header("etag"));
        let tag = ("if-none-match", packed.header("etag").unwrap());
        assert_eq!(content(&app, &place, &[gzip, tag]).await.status, 304);
        assert_eq!(content(&app, &place, &[tag]).await.status, 200, "it has other bytes");
        let part = content(&app, &place, &[gzip, ("range", "bytes=0-7")]).await;
        assert_eq!((part.status.as_u16(), part.text()), (206, "function"));
        let head = ask(content::front(&app), Method::HEAD, &place, &[gzip]).await;
        assert_eq!((head.header("etag"), head.body.len()), (whole.header("etag"), 0));
        let length = text.len().to_string();
        assert_eq!(head.header("content-length"), Some(&*length), "of the file as it is (8.6)");
        for other in ["small.js", "a.mp4"] {
            let answer = content(&app, &format!("{top}{other}"), &[gzip]).await;
            assert_eq!(answer.header("content-encoding"), None, "{other}");
            assert_eq!(answer.header("vary"), None, "{other}");
        }
    }

    /// RFC 9110 14.2: there are no parts of a HEAD. 416 says nothing that could be kept.
    async fn parts_are_of_a_get(app: TestApp) {
        let clip = format!("{}a.mp4", with_files(&app, &[("a.mp4", b"0123456789")]).await);
        let head = ask(content::front(&app), Method::HEAD, &clip, &[("range", "bytes=2-4")]).await;
        assert_eq!((head.status.as_u16(), head.header("content-length")), (200, Some("10")));
        assert_eq!(head.header("content-range"), None);
        let beyond = content(&app, &clip, &[("range", "bytes=10-")]).await;
        assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, Some("bytes */10")));
        assert_eq!((beyond.header("cache-control"), beyond.header("etag")), (Some("no-store"), None));
    }

    /// Whatever is answered, nothing guesses, frames or keeps it.
    async fn every_answer_is_guarded(app: TestApp) {
        let page = format!("{}index.html", with_files(&app, &[]).await);
        let busy = app.node().await;
        let limits = Limits { requests_max: 0, ..busy.limits.clone() };
        let app = app.with_limits(limits).await;
        let (open, shut) = (content::front(&busy), content::front(&app));
        for (front, method, path, status) in [
            (&open, Method::GET, "/", 404),
            (&open, Method::GET, "/c/x/y", 404),
            (&open, Method::POST, page.as_str(), 405),
            (&open, Method::OPTIONS, page.as_str(), 204),
            (&shut, Method::GET, page.as_str(), 503),
        ] {
            let answer = ask(front.clone(), method, path, &[]).await;
            assert_eq!(answer.status, status, "{answer:?}");
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.starts_with("frame-ancestors "), "{answer:?}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        }
    }

    /// In a window or a frame somebody reads what is answered.
    async fn what_has_ended_is_told_to_people(app: TestApp) {
        let clock = Clock::manual(1_700_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let page = format!("{}index.html", with_files(&app, &[]).await);
        clock.advance(3_600_000_000);
        let german = ("accept-language", "gsw, de-CH;q=0.9, en;q=0.8");
        for (headers, words) in [
            (vec![("sec-fetch-dest", "iframe"), german], Some("beendet")),
            (vec![("sec-fetch-dest", "document"), ("accept-language", "ja")], Some("has ended")),
            (vec![("accept", "text/html,*/*"), ("accept-language", "es")], Some("terminado")),
            (vec![("accept", "text/html"), ("accept-language", "fr-CA,en")], Some("terminée")),
            (vec![("sec-fetch-dest", "script"), ("accept", "text/html")], None),
            (vec![], None),
        ] {
            let answer = content(&app, &page, &headers).await;
            assert_eq!(answer.status, 410, "{answer:?}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            let media = answer.header("content-type").unwrap();
            match words {
                Some(words) => {
                    assert!(media.starts_with("text/html"), "{answer:?}");
                    assert!(answer.text().contains(words), "{answer:?}");
                }
                None => assert_eq!(answer.json()["code"], "content.expired"),
            }
        }
    }

    /// What was read is believed for five seconds and no longer.
    async fn what_was_read_is_remembered(app: TestApp) {
        let clock = Clock::manual(1_700_000_000_000_000);
        let app = app.with_limits(unmetered()).await.with_clock(clock.clone()).await;
        let page = format!("{}index.html", with_files(&app, &[]).await);
        let front = content::front(&app);
        let status = async || ask(front.clone(), Method::GET, &page, &[]).await.status.as_u16();
        assert_eq!(status().await, 200);
        let listed = api(&app, app.manager().await, Method::GET, COURSES).send().await.json();
        let place = format!("{COURSES}/{}", listed["data"][0]["id"].as_str().unwrap());
        let gone = api(&app, app.manager().await, Method::DELETE, &place).send().await;
        assert_eq!(gone.status, 204, "{gone:?}");
        clock.advance(4_999_999);
        assert_eq!(status().await, 200, "nothing was asked");
        assert_eq!(content(&app, &page, &[]).await.status, 404, "by who remembers nothing");
        clock.advance(1);
        assert_eq!(status().await, 404);
    }

    /// Requests for content are counted, under the template of their path: the path is a credential.
    async fn requests_are_counted(app: TestApp) {
        let top = with_files(&app, &[]).await;
        assert_eq!(content(&app, &format!("{top}index.html"), &[]).await.status, 200);
        assert_eq!(content(&app, &format!("{top}none"), &[]).await.status, 404);
        assert_eq!(content(&app, "/elsewhere", &[]).await.status, 404);
        let operator = app.make_key("operator").await;
        let page = api(&app, &operator, Method::GET, "/metrics").send().await;
        for (status, count) in [(200, 1), (404, 1)] {
            let line = format!(
                "rollbook_http_requests_total{{route=\"/c/{{capability}}/{{path}}\",method=\"GET\",status=\"{status}\"}} {count}"
            );
            assert!(page.text().contains(&line), "{line} in {}", page.text());
        }
    }
}
