//! The document and its page, through HTTP. They hold whether or not the page was built.

use crate::testing::{call, on_both};
use http::Method;

on_both! {
    /// Issue 3, point 3: served to all, also to pages of other origins.
    async fn the_document_is_open_to_all(app: TestApp) {
        let answer = call(&app, Method::GET, "/openapi.json").send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.json()["openapi"], "3.1.0");
        let etag = answer.header("etag").unwrap();
        let again = call(&app, Method::GET, "/openapi.json").header("If-None-Match", etag);
        let again = again.send().await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
        assert_eq!(again.header("etag"), Some(etag));
        let head = call(&app, Method::HEAD, "/openapi.json").send().await;
        assert_eq!((head.status.as_u16(), head.header("etag")), (200, Some(etag)));
    }

    /// Issue 3, point 3: no CDN, and no script but ours.
    async fn the_page_may_load_nothing_from_elsewhere(app: TestApp) {
        let answer = call(&app, Method::GET, "/docs").send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let page = answer.text();
        for foreign in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "<style", "style=\""] {
            assert!(!page.contains(foreign), "{foreign} in {page}");
        }
        assert!(page.matches("<script").count() == page.matches("<script src=\"/docs/").count());
    }

    async fn there_is_no_other_file(app: TestApp) {
        for name in ["nothing.js", "..%2Findex.html", ".gitignore", "..%2f..%2f.gitignore"] {
            let answer = call(&app, Method::GET, &format!("/docs/assets/{name}")).send().await;
            assert_eq!(answer.status, 404, "{name}");
        }
    }
}
