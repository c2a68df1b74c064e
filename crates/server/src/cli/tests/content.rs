//! Courses are served by `rollbook serve`, on a port of their own.

use super::kit::{Place, at_both};
use super::record::{Opened, make_key};
use crate::content::tests::kit::{COURSES, api, package_titled, top};
use http::Method;
use reqwest::Client;

at_both! {
    /// `decisions.md` 2: over TCP, on another port than the API, and nothing else is there.
    async fn courses_have_a_port_of_their_own(place: Place) {
        let opened = Opened::at(place).await;
        let key = make_key(&opened.app, "read,write,admin").await;
        let made = api(&opened.app, &key, Method::POST, COURSES);
        let package = package_titled("https://p.example/course", "Course", "served");
        let made = made.bytes("application/zip", package).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        let top = top(&opened.app, &key, &made.json(), 1).await;
        opened.close().await;

        let server = place.serve().await;
        let text = server.said.text();
        let said = |name: &str| -> String {
            let line = text.lines().find(|line| line.trim().starts_with(name)).unwrap();
            line.split_whitespace().last().unwrap().to_owned()
        };
        let (origin, endpoint) = (said("courses"), said("xAPI endpoint"));
        assert_ne!(Some(origin.as_str()), endpoint.strip_suffix("/xapi"), "{text}");
        let client = Client::new();
        let page = client.get(format!("{origin}{top}index.html")).send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let platform = endpoint.strip_suffix("/xapi").unwrap();
        assert_eq!(policy, format!("frame-ancestors 'self' {platform}"));
        assert_eq!(page.text().await.unwrap(), "served");
        for path in ["/xapi/about", "/healthz", COURSES] {
            let answer = client.get(format!("{origin}{path}")).send().await.unwrap();
            assert_eq!(answer.status(), 404, "{path}");
        }
        let answer = client.get(format!("{platform}{top}index.html")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "the platform serves no course");
        server.stop().await;
    }
}
