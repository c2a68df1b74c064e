//! Who is let in, through HTTP, on both engines.

use crate::testing::on_both;
on_both! {
    async fn smoke(app: TestApp) {
        let answer = app.get("/nowhere").send().await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }
}
