//! What a learner prefers, never replaced unseen (cmi5 11; `cmi5.md` 3.1).

use super::{Client, actor, api};
use crate::testing::{Answer, on_both};
use http::Method;
use serde_json::{Value, json};

impl Client {
    async fn with(
        &self,
        method: Method,
        path: &str,
        header: (&str, &str),
        body: Option<&Value>,
    ) -> Answer {
        let call = api(&self.app, &self.key, method, path).header(header.0, header.1);
        match body {
            Some(body) => call.json(body.to_string()).send().await,
            None => call.send().await,
        }
    }
}

on_both! {
    async fn preferences_are_read_kept_and_forgotten(app: TestApp) {
        let client = Client::new(app).await;
        let course = client.course().await["id"].clone();
        let body = json!({"courseId": course, "actor": actor("ada")});
        let code = client.post("registration", body).await.json()["code"].as_str().unwrap().to_owned();
        let path = format!("registration/{code}/learner-prefs");
        let [first, second] = ["de,en", "fr"].map(|languages| {
            json!({"languagePreference": languages, "audioPreference": "off"})
        });
        let send = async |method: Method, header: (&str, &str), body: Option<&Value>| {
            client.with(method, &path, header, body).await.status.as_u16()
        };
        let (none_yet, never) = (("if-none-match", "*"), ("if-match", "\"aaaa\""));
        assert_eq!(send(Method::POST, never, Some(&first)).await, 412, "there is none");
        assert_eq!(send(Method::POST, none_yet, Some(&first)).await, 204);
        assert_eq!(send(Method::POST, none_yet, Some(&second)).await, 412, "there is one");
        let read = client.get(&path).await;
        assert_eq!((read.status.as_u16(), read.json()), (200, first));
        let etag = read.header("etag").expect("it has one").to_owned();
        assert_eq!(send(Method::GET, ("if-none-match", &etag), None).await, 304);
        assert_eq!(send(Method::POST, never, Some(&second)).await, 412);
        assert_eq!(send(Method::POST, ("if-match", &etag), Some(&second)).await, 204);
        assert_eq!(client.get(&path).await.json(), second);
        assert_eq!(send(Method::DELETE, ("if-match", &etag), None).await, 412, "it is another by now");
        assert_eq!(client.get(&path).await.json(), second);
        assert_eq!(client.delete(&path).await, 204);
        assert_eq!(client.get(&path).await.status, 404);
        assert_eq!(client.delete(&path).await, 204, "that there is none is no error");
        assert_eq!(client.post(&path, second.clone()).await.status, 204, "without a precondition");
        assert_eq!(client.post(&path, second).await.status, 204);
        let refused = client.with(Method::POST, &path, never, Some(&json!({"languagePreference": "de", "audioPreference": "on"}))).await;
        assert_eq!((&refused.json()["statusCode"], &refused.json()["error"]), (&json!(412), &json!("Precondition Failed")));
    }
}
