//! The content origin: ranges, types, caching, headers, and every way to ask for what is not there
//! (`scorm.md` 2.3; RFC 9110 13, 14).

use super::kit::*;
use crate::clock::Clock;
use crate::config::Settings;
use crate::content;
use crate::testing::on_both;
use http::Method;

const ID: &str = "https://p.example/course";

on_both! {
    /// A file as it is, in part, and not again.
    async fn files_are_served(app: TestApp) {
        let course = imported(&app, package(ID, "<p>hello")).await;
        let top = top(&app, app.manager().await, &course, 1).await;
        let page = content(&app, &format!("{top}index.html?x=1"), &[]).await;
        assert_eq!((page.status.as_u16(), page.text()), (200, "<p>hello"));
        for (name, value) in [
            ("content-type", "text/html"),
            ("content-length", "8"),
            ("cache-control", "private, no-cache"),
            ("accept-ranges", "bytes"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), Some(value), "{page:?}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert_eq!(policy, format!("frame-ancestors 'self' {}", app.public_url));
        assert!(page.header("set-cookie").is_none() && page.header("access-control-allow-origin").is_none());
        let clip = format!("{top}Media/My%20Clip.mp4");
        let whole = content(&app, &clip, &[]).await;
        assert_eq!((whole.text(), whole.header("content-type")), ("0123456789", Some("video/mp4")));
        assert_eq!(whole.header("cache-control"), Some("private, max-age=31536000, immutable"));
        let tag = whole.header("etag").unwrap().to_owned();
        for (headers, status, body, range) in [
            (vec![("range", "bytes=2-4")], 206, "234", Some("bytes 2-4/10")),
            (vec![("range", "bytes=-2")], 206, "89", Some("bytes 8-9/10")),
            (vec![("range", "bytes=0-9")], 206, "0123456789", Some("bytes 0-9/10")),
            (vec![("range", "bytes=10-")], 416, "", Some("bytes */10")),
            (vec![("range", "bytes=0-1,3-4")], 200, "0123456789", None),
            (vec![("range", "bytes=2-4"), ("if-range", tag.as_str())], 206, "234", Some("bytes 2-4/10")),
            (vec![("range", "bytes=2-4"), ("if-range", "\"other\"")], 200, "0123456789", None),
            (vec![("if-none-match", tag.as_str())], 304, "", None),
            (vec![("cookie", "a=b"), ("authorization", "Basic eDp5")], 200, "0123456789", None),
        ] {
            let answer = content(&app, &clip, &headers).await;
            assert_eq!((answer.status.as_u16(), answer.text()), (status, body), "{headers:?}");
            assert_eq!(answer.header("content-range"), range, "{headers:?}");
        }
        let head = ask(content::front(&app), Method::HEAD, &clip, &[]).await;
        assert_eq!((head.header("content-length"), head.body.len()), (Some("10"), 0));
        let empty = content(&app, &format!("{top}empty.txt"), &[]).await;
        assert_eq!((empty.status.as_u16(), empty.header("content-length")), (200, Some("0")));
    }

    /// An LMS that launches by the API shows courses in a frame of its own, if it is known.
    async fn known_platforms_may_frame_courses(app: TestApp) {
        let content_frames = vec!["https://lms.example.com".to_owned()];
        let app = app.with_settings(Settings { content_frames, ..Settings::default() }).await;
        let course = imported(&app, package(ID, "x")).await;
        let top = top(&app, app.manager().await, &course, 1).await;
        let page = content(&app, &format!("{top}index.html"), &[]).await;
        let policy = page.header("content-security-policy").unwrap();
        let ours = &app.public_url;
        assert_eq!(policy, format!("frame-ancestors 'self' {ours} https://lms.example.com"));
    }

    /// Authors try on Windows: another case is the same file if only one is meant.
    async fn a_name_may_be_in_another_case(app: TestApp) {
        let text = structure(&au("au", "", "index.html"));
        let files: [(&str, &[u8]); 6] = [
            ("cmi5.xml", text.as_bytes()),
            ("index.html", b"i"),
            ("a.txt", b"lower"),
            ("A.txt", b"upper"),
            ("x%20y.txt", b"literal"),
            ("x y.txt", b"space"),
        ];
        let course = imported(&app, zipped(&files)).await;
        let top = top(&app, app.manager().await, &course, 1).await;
        for (path, expected) in [
            ("INDEX.html", Some("i")),
            ("a.txt", Some("lower")),
            ("A.txt", Some("upper")),
            ("A.TXT", None),
            ("x%20y.txt", Some("literal")),
            ("x%2520y.txt", Some("literal")),
            ("%69ndex.html", Some("i")),
        ] {
            let answer = content(&app, &format!("{top}{path}"), &[]).await;
            let found = (answer.status == 200).then(|| answer.text());
            assert_eq!(found, expected, "{path}: {answer:?}");
        }
    }

    /// However many files differ by case only, each is found by its own name.
    async fn many_spellings_hide_nothing(app: TestApp) {
        let text = structure(&au("au", "", "index.html"));
        let spelled = |number: usize| {
            let letter = |at: usize| if (number >> at) & 1 == 0 { 'A' } else { 'a' };
            (0..5).map(letter).chain(".txt".chars()).collect::<String>()
        };
        let names: Vec<String> = (0..32).map(spelled).collect();
        let mut files = vec![("cmi5.xml", text.as_bytes()), ("index.html", b"i")];
        files.extend(names.iter().map(|name| (name.as_str(), name.as_bytes())));
        let course = imported(&app, zipped(&files)).await;
        let top = top(&app, app.manager().await, &course, 1).await;
        for name in &names {
            assert_eq!(content(&app, &format!("{top}{name}"), &[]).await.text(), name);
        }
    }

    /// A zip may have its names decomposed, and its HTML and structure composed, or the other way.
    async fn accents_may_be_written_otherwise(app: TestApp) {
        let text = structure(&au("au", "", "%C3%9Cbung.html"));
        let files: [(&str, &[u8]); 3] = [
            ("cmi5.xml", text.as_bytes()),
            ("U\u{308}bung.html", b"apart"),
            ("Caf\u{e9}.txt", b"composed"),
        ];
        let course = imported(&app, zipped(&files)).await;
        let top = top(&app, app.manager().await, &course, 1).await;
        for (path, expected) in [
            ("%C3%9Cbung.html", "apart"),
            ("U%CC%88bung.html", "apart"),
            ("%C3%BCbung.html", "apart"),
            ("Cafe%CC%81.txt", "composed"),
            ("Caf%C3%A9.txt", "composed"),
        ] {
            let answer = content(&app, &format!("{top}{path}"), &[]).await;
            assert_eq!((answer.status.as_u16(), answer.text()), (200, expected), "{path}");
        }
    }

    /// Nothing but files of the package, whatever the path; and nothing but content on this origin.
    async fn there_is_nothing_else(app: TestApp) {
        let course = imported(&app, package(ID, "x")).await;
        let top = top(&app, app.manager().await, &course, 1).await;
        for path in [
            "",
            "..",
            "../index.html",
            "%2e%2e/%2e%2e/etc/passwd",
            "..%2f..%2fetc%2fpasswd",
            "Media/../index.html",
            "Media",
            "Media/",
            "/index.html",
            "index.html/",
            "index.html%00",
            "index.html%0a",
            "%ff",
            "index%25html",
            "cmi5.xml/..",
        ] {
            let answer = content(&app, &format!("{top}{path}"), &[]).await;
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
        }
        let key = app.manager().await;
        let credential = crate::testing::basic(&key.key, &key.secret);
        let with = [("authorization", credential.as_str()), ("x-experience-api-version", "1.0.3")];
        for path in ["/", "/xapi/about", "/api/v1/courses", "/healthz", "/docs", "/openapi.json"] {
            let answer = content(&app, path, &with).await;
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
        }
        let page = format!("{top}index.html");
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            assert_eq!(ask(content::front(&app), method, &page, &with).await.status, 405);
        }
        let options = ask(content::front(&app), Method::OPTIONS, &page, &[]).await;
        assert_eq!(options.status, 204);
        let elsewhere = api(&app, key, Method::GET, &page).send().await;
        assert_eq!(elsewhere.status, 404, "the API serves no content");
    }

    /// An address ends; one that was changed, or that is made up, leads nowhere.
    async fn capabilities_end_and_cannot_be_made(app: TestApp) {
        let clock = Clock::manual(1_700_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let course = imported(&app, package(ID, "x")).await;
        let top = top(&app, app.manager().await, &course, 1).await;
        let page = format!("{top}index.html");
        let mut forged = top.clone().into_bytes();
        forged[20] = if forged[20] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        for path in [forged.as_str(), "/c/", "/c/x/", "/c/AAAA/"] {
            let answer = content(&app, &format!("{path}index.html"), &[]).await;
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
        }
        clock.advance(3_600_000_000 - 1);
        assert_eq!(content(&app, &page, &[]).await.status, 200);
        clock.advance(1);
        let ended = content(&app, &page, &[]).await;
        assert_eq!((ended.status.as_u16(), &ended.json()["code"]), (410, &"content.expired".into()));
        assert_eq!(ended.header("cache-control"), Some("no-store"));
    }

    /// With a host name for each version, an address is good under its own only.
    async fn each_version_may_have_an_origin(app: TestApp) {
        let content_url = Some("https://*.content.example.com".to_owned());
        let app = app.with_settings(Settings { content_url, ..Settings::default() }).await;
        let course = imported(&app, package(ID, "x")).await;
        let other = imported(&app, package("https://p.example/other", "x")).await;
        let page = format!("{}index.html", top(&app, app.manager().await, &course, 1).await);
        let host = |course: &serde_json::Value| {
            let id = course["id"].as_str().unwrap().replace('-', "");
            format!("c-{id}-1.content.example.com")
        };
        for (host, status) in [(host(&course), 200), (host(&other), 404), ("x.example".into(), 404)] {
            let answer = content(&app, &page, &[("host", &host)]).await;
            assert_eq!(answer.status, status, "{host}");
        }
    }
}
