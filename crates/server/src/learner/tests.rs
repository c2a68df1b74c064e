//! The pages of a learner, through HTTP. They hold whether or not they were built; what they do is
//! tested in a browser (`clients/demo.test.js`).

use crate::testing::{call, on_both};
use http::Method;

/// A link and a way back, neither of which leads anywhere: the pages are the same for all.
const PAGES: [&str; 2] = ["/launch/AAAA", "/return/1_6690e6c9-3ef0-4ed3-8b37-7f3964730bee"];

on_both! {
    /// cmi5 8.1: no cookie, and nobody is told the address, which is a credential.
    async fn the_pages_load_nothing_from_elsewhere_and_tell_nobody_their_address(app: TestApp) {
        for path in PAGES {
            let answer = call(&app, Method::GET, path).send().await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
            assert_eq!(answer.header("permissions-policy"), Some("unload=*"));
            assert_eq!(answer.header("set-cookie"), None);
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
            assert!(policy.ends_with("frame-ancestors 'self'"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            let page = answer.text();
            for foreign in ["=\"http", "=\"//", "<style", "style=\""] {
                assert!(!page.contains(foreign), "{foreign} in {page}");
            }
        }
    }

    async fn there_is_no_other_file(app: TestApp) {
        for name in ["nothing.js", "..%2Findex.html", ".gitignore", "..%2f..%2f.gitignore"] {
            let answer = call(&app, Method::GET, &format!("/learner/assets/{name}")).send().await;
            assert_eq!(answer.status, 404, "{name}");
        }
    }
}
