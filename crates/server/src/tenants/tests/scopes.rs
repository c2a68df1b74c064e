//! Each scope against each authority.

use super::{PATHS, send};
use crate::testing::on_both;

on_both! {
    /// 1.0.3 Communication 3.2 and 4.2. 200 means let in, 403 known and not allowed.
    async fn scopes_decide_what_a_key_may_do(app: TestApp) {
        for (scopes, expected) in [
            ("all", "200 200 200 200 200 200 200 200 403 403 403 403"),
            ("all/read", "403 200 200 403 200 403 200 200 403 403 403 403"),
            ("xapi:read", "403 200 200 403 200 403 200 200 403 403 403 403"),
            ("xapi:write", "200 403 200 200 200 200 200 200 403 403 403 403"),
            ("statements/write", "200 403 403 403 403 403 403 403 403 403 403 403"),
            ("statements/read", "403 200 403 403 403 403 200 200 403 403 403 403"),
            ("statements/read/mine", "403 200 403 403 403 403 403 403 403 403 403 403"),
            ("state", "403 403 200 200 403 403 403 403 403 403 403 403"),
            ("profile", "403 403 403 403 200 200 200 200 403 403 403 403"),
            ("define", "403 403 403 403 403 403 403 200 403 403 403 403"),
            ("read", "403 403 403 403 403 403 403 403 200 403 403 403"),
            ("write", "403 403 403 403 403 403 403 403 200 200 403 403"),
            ("admin", "403 403 403 403 403 403 403 403 200 200 200 403"),
            ("operator", "403 403 403 403 403 403 403 403 403 403 403 200"),
        ] {
            let key = app.make_key(scopes).await;
            let mut found = Vec::new();
            for path in PATHS {
                found.push(send(app.get(path).key(&key)).await.status.as_str().to_owned());
            }
            assert_eq!(found.join(" "), expected, "{scopes}");
        }
        let key = app.make_key("define").await;
        let answer = send(app.get("/write").key(&key)).await;
        let told = answer.json();
        assert_eq!((answer.status.as_u16(), &told["code"]), (403, &"auth.scope.missing".into()));
        assert_eq!(
            told["detail"],
            "this credential may not store statements: that needs one of the scopes statements/write, all"
        );
    }

    /// 1.0.3 Communication 4.2: `define` and `statements/read/mine` narrow what is done.
    async fn scopes_narrow_what_is_done(app: TestApp) {
        for (scopes, path, expected) in [
            ("statements/write", "/write", "define false"),
            ("statements/write,define", "/write", "define true"),
            ("all", "/write", "define true"),
            ("statements/read/mine", "/read", "mine true"),
            ("statements/read/mine,statements/write", "/read", "mine true"),
            ("statements/read/mine,statements/read", "/read", "mine false"),
            ("statements/read/mine,all/read", "/read", "mine false"),
            ("all", "/read", "mine false"),
        ] {
            let key = app.make_key(scopes).await;
            let answer = send(app.get(path).key(&key)).await;
            assert_eq!(answer.text(), expected, "{scopes}");
        }
    }
}
