//! Requests that are cut short, and those that wait on purpose: nobody pays for what was not read, and
//! nobody is in the way of others.

use super::{limited, until, within};
use crate::limits::Limits;
use crate::tenants::FIRST_TENANT;
use crate::testing::{on_both, unmetered};
use crate::usage::Allowance;
use axum::body::Body;
use bytes::Bytes;
use http::header;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A body that is announced and never comes.
struct Announced(u64);

impl http_body::Body for Announced {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

on_both! {
    /// What is announced is paid for; what never came is given back, though nobody waits any more.
    async fn a_body_that_breaks_off_is_given_back(app: TestApp) {
        let tenant = Allowance { bytes_per_minute: 1_000, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        let begin = || app.post("/xapi/statements").header(header::CONTENT_TYPE, "application/json");
        let stalled = tokio::spawn(begin().stream(Body::new(Announced(900))));
        until(&app, FIRST_TENANT.0, 1).await;
        assert_eq!(super::store(&app, 2).send().await.status, 429, "900 of 1,000 are taken");
        stalled.abort();
        until(&app, FIRST_TENANT.0, 0).await;
        assert_eq!(super::store(&app, 2).send().await.status, 200);
    }

    /// A package is bounded by the quota and by how many come at a time: nobody's statements wait for
    /// what it owes.
    async fn a_package_owes_no_bytes(app: TestApp) {
        let tenant = Allowance { bytes_per_minute: 1_000, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        for path in ["/api/v1/courses", "/api/v1/course"] {
            let package = "x".repeat(5_000);
            let call = app.post(path).key(app.manager().await).bytes("application/zip", package);
            let answer = call.send().await;
            assert!([400, 422].contains(&answer.status.as_u16()), "{answer:?}");
            assert_eq!(super::store(&app, 2).send().await.status, 200, "{path}");
        }
    }

    /// Longer than any body may be: refused, and nobody owes it.
    async fn what_nobody_would_read_is_not_owed(app: TestApp) {
        let tenant = Allowance { bytes_per_minute: 1_000, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        let (most, _) = app.limits.largest_body();
        let begin = app.post("/xapi/statements").header(header::CONTENT_TYPE, "application/json");
        let refused = begin.stream(Body::new(Announced(most + 1))).await;
        assert_eq!(refused.status, 413, "{refused:?}");
        assert_eq!(refused.json()["limit"], "attachments_bytes_max");
        assert_eq!(super::store(&app, 2).send().await.status, 200);
    }

    /// A form is read before anybody is known, so forms get a quarter of the places.
    async fn forms_that_trickle_leave_places_for_others(app: TestApp) {
        let app = limited(app, Limits { requests_max: 4, ..unmetered() }).await;
        let front = crate::http::server::service(crate::app::App::clone(&app));
        let form = || {
            let call = app.post("/xapi/statements?method=GET");
            call.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        };
        let first = tokio::spawn(form().stream_on(front.clone(), Body::new(Announced(10))));
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let second = form().stream_on(front.clone(), Body::new(Announced(10))).await;
        assert_eq!((second.status.as_u16(), &second.json()["code"]), (503, &"server.busy".into()));
        let other = app.get("/xapi/statements").send_on(front).await;
        assert_eq!(other.status, 200, "{other:?}");
        first.abort();
    }

    /// A page that is not small counts until its reader has it.
    async fn a_page_that_nobody_reads_is_under_way(app: TestApp) {
        let key = Allowance { concurrent_requests: 1, ..Allowance::UNLIMITED };
        let app = limited(app, Limits { key, page_statements_max: 400, ..unmetered() }).await;
        assert_eq!(super::store(&app, 400).send().await.status, 200);
        let query = || app.get("/xapi/statements?limit=400");
        let page = query().open().await;
        assert_eq!(query().send().await.status, 429, "the page is not read yet");
        let bytes = axum::body::to_bytes(page.into_body(), usize::MAX).await.unwrap();
        assert!(bytes.len() > 64 << 10, "{}", bytes.len());
        assert_eq!(query().send().await.json()["statements"].as_array().unwrap().len(), 400);
    }
}
