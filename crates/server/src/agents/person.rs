//! The Person object (1.0.3 Communication 2.4 "Person Properties", 9274.1.1 4.1.6.3).
//!
//! Every property but `objectType` is an array. The identifier is the one that was asked with: no
//! other is guessed to be of the same person.

use rollbook_xapi::actor::Agent;
use rollbook_xapi::ifi::Ifi;
use serde::Serialize;

/// What is known about a person.
#[derive(Debug, Serialize)]
pub(super) struct Person<'a> {
    #[serde(rename = "objectType")]
    object_type: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    name: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mbox: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mbox_sha1sum: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    openid: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<[Account<'a>; 1]>,
}

#[derive(Debug, Serialize)]
struct Account<'a> {
    #[serde(rename = "homePage")]
    home_page: &'a str,
    name: &'a str,
}

/// The Person of `agent`, whom statements called by `names`. Nobody else's word for an unknown
/// agent's name is there, so the request's own is given back (Communication 2.4, the note).
pub(super) fn person<'a>(agent: &Agent<'a>, mut names: Vec<String>) -> Person<'a> {
    if names.is_empty() {
        names.extend(agent.name.map(str::to_owned));
    }
    names.sort_unstable();
    let mut person = Person {
        object_type: "Person",
        name: names,
        mbox: None,
        mbox_sha1sum: None,
        openid: None,
        account: None,
    };
    match agent.ifi {
        Ifi::Mbox(mbox) => person.mbox = Some([mbox]),
        Ifi::MboxSha1Sum(hash) => person.mbox_sha1sum = Some([hash]),
        Ifi::OpenId(uri) => person.openid = Some([uri]),
        Ifi::Account { home_page, name } => person.account = Some([Account { home_page, name }]),
    }
    person
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[expect(clippy::needless_pass_by_value, reason = "reads as a table")]
    fn check(name: Option<&str>, ifi: Ifi<'_>, names: &[&str], expected: Expect) {
        let agent = Agent { raw: "", name, ifi };
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let person = person(&agent, names);
        expected.assert_eq(&serde_json::to_string(&person).unwrap());
    }

    #[test]
    fn each_identifier_has_its_own_array() {
        let mbox = Ifi::Mbox("mailto:ann@example.org");
        check(None, mbox, &[], expect![[r#"{"objectType":"Person","mbox":["mailto:ann@example.org"]}"#]]);
        check(None, Ifi::MboxSha1Sum("ab"), &[], expect![[r#"{"objectType":"Person","mbox_sha1sum":["ab"]}"#]]);
        check(None, Ifi::OpenId("http://a.example/"), &[], expect![[r#"{"objectType":"Person","openid":["http://a.example/"]}"#]]);
        let account = Ifi::Account { home_page: "http://lms.example/", name: "ann" };
        check(None, account, &[], expect![[r#"{"objectType":"Person","account":[{"homePage":"http://lms.example/","name":"ann"}]}"#]]);
    }

    #[test]
    fn known_names_win_over_the_one_asked_with() {
        let mbox = Ifi::Mbox("mailto:ann@example.org");
        check(Some("Ann"), mbox, &[], expect![[r#"{"objectType":"Person","name":["Ann"],"mbox":["mailto:ann@example.org"]}"#]]);
        check(Some("Eve"), mbox, &["B", "A"], expect![[r#"{"objectType":"Person","name":["A","B"],"mbox":["mailto:ann@example.org"]}"#]]);
    }
}
