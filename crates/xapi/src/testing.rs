//! Statements for the tests of this crate: random valid ones, in random order and white space.

use crate::json::{Node, parse};
use crate::statement::Statement;
use crate::validate;
use crate::version::Version;
use proptest::prelude::*;
use proptest::sample::select;

/// Reads and checks `text` by the rules of `version` and hands it to `look`.
pub(crate) fn with_statement<T>(
    text: &str,
    version: Version,
    look: impl FnOnce(&Statement<'_>) -> T,
) -> T {
    let node = parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    match validate::statement(&node, version, "") {
        Ok(statement) => look(&statement),
        Err(violations) => panic!("{violations:?}: {text}"),
    }
}

/// The raw text of each member, by key, in order.
pub(crate) fn members(text: &str) -> Vec<(String, String)> {
    let node = parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let members = node.as_object().expect("a statement is an object");
    members.iter().map(|member| (member.key.to_string(), member.node.raw.to_owned())).collect()
}

/// The raw text at a path of keys, where digits are places in arrays.
pub(crate) fn at(text: &str, path: &str) -> Option<String> {
    let node = parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let mut node: &Node<'_> = &node;
    for step in path.split('/') {
        node = match step.parse::<usize>() {
            Ok(place) => node.as_array()?.get(place)?,
            Err(_) => node.get(step)?,
        };
    }
    Some(node.raw.to_owned())
}

const ACTORS: &[&str] = &[
    r#"{"mbox":"mailto:ann@Example.org"}"#,
    r#"{"objectType":"Agent","name":"Ann \u00e9","mbox_sha1sum":"EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"}"#,
    r#"{"account":{"homePage":"http://lms.example/","name":"ann / \"b\""},"name":"é"}"#,
    r#"{"openid":"http://ann.example/"}"#,
];

const GROUPS: &[&str] = &[
    r#"{"objectType":"Group","mbox":"mailto:team@example.org","name":"Team","member":[{"mbox":"mailto:a@b.example","name":"A"},{"openid":"http://c.example/"}]}"#,
    r#"{"objectType":"Group","member":[{"mbox":"mailto:a@b.example"},{"mbox":"mailto:b@b.example","name":"B"}]}"#,
    r#"{"objectType":"Group","openid":"http://team.example/"}"#,
];

const ACTIVITIES: &[&str] = &[
    r#"{"id":"http://activity.example/1"}"#,
    r#"{"definition":{"name":{"en":"One","de":"Eins \/ eins"},"extensions":{"http://x.example/a":1.10,"http://x.example/b":null}},"id":"http://activity.example/1"}"#,
    r#"{"objectType":"Activity","id":"http://activity.example/2","definition":{"type":"http://type.example/","interactionType":"choice","choices":[{"id":"a","description":{"en":"A","fr":"A!"}}]}}"#,
];

const RESULTS: &[&str] = &[
    r#"{"score":{"scaled":0.50,"raw":1E1},"duration":"PT1.5S","extensions":{"http://x.example/a":1E400}}"#,
    r#"{"success":true,"response":"{\u007d,\":\" [x]"}"#,
];

fn actor() -> impl Strategy<Value = String> {
    select([ACTORS, GROUPS].concat()).prop_map(str::to_owned)
}

fn activity() -> impl Strategy<Value = String> {
    select(ACTIVITIES).prop_map(str::to_owned)
}

fn verb() -> impl Strategy<Value = String> {
    select(vec![
        r#"{"id":"http://verb.example/did"}"#.to_owned(),
        r#"{"display":{"en-US":"did","fr":"fit"},"id":"http://verb.example/did"}"#.to_owned(),
    ])
}

fn timestamp() -> impl Strategy<Value = String> {
    select(vec![
        r#""2026-11-21T07:00:00Z""#.to_owned(),
        r#""2026-11-21T09:30:00.12345678+02:30""#.to_owned(),
    ])
}

/// A list of members, some of them optional, in random order.
fn object(members: Vec<(&'static str, BoxedStrategy<Option<String>>)>) -> BoxedStrategy<String> {
    let (keys, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let shuffled = values.prop_flat_map(move |values| {
        let pairs = keys.iter().zip(values).filter_map(|(key, value)| Some((*key, value?)));
        Just(pairs.collect::<Vec<_>>()).prop_shuffle()
    });
    let text = |(key, value): &(&str, String)| format!("\"{key}\":{value}");
    shuffled
        .prop_map(move |pairs| {
            format!("{{{}}}", pairs.iter().map(text).collect::<Vec<_>>().join(","))
        })
        .boxed()
}

fn always(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    value.prop_map(Some).boxed()
}

fn maybe(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    proptest::option::of(value).boxed()
}

fn text(text: &'static str) -> Just<String> {
    Just(text.to_owned())
}

fn context(activities: fn() -> BoxedStrategy<String>) -> BoxedStrategy<String> {
    let around = object(vec![
        ("parent", maybe(activities())),
        ("grouping", maybe(activities())),
        ("category", maybe(activities())),
    ]);
    object(vec![
        ("registration", maybe(text(r#""EC531277-B57B-4C15-8D91-D292C5B2B8F7""#))),
        ("instructor", maybe(actor())),
        ("team", maybe(select(GROUPS).prop_map(str::to_owned))),
        ("contextActivities", maybe(around)),
        ("extensions", maybe(text(r#"{"http://x.example/a":[1.10,null,{"id":1,"id":2}]}"#))),
    ])
}

fn single_or_list() -> BoxedStrategy<String> {
    prop_oneof![activity(), activity().prop_map(|one| format!("[{one}]"))].boxed()
}

fn sub_statement() -> BoxedStrategy<String> {
    object(vec![
        ("objectType", always(text(r#""SubStatement""#))),
        ("actor", always(actor())),
        ("verb", always(verb())),
        ("object", always(activity())),
        ("context", maybe(context(single_or_list))),
        ("timestamp", maybe(timestamp())),
    ])
}

/// A valid 1.0.3 statement.
pub(crate) fn statement() -> BoxedStrategy<String> {
    let reference = r#"{"objectType":"StatementRef","id":"9f0d9bd7-5f4e-4a55-9e60-8c3b4f8a1d11"}"#;
    let object_of = prop_oneof![
        activity(),
        sub_statement(),
        text(reference),
        select(GROUPS).prop_map(str::to_owned)
    ];
    let attachment = r#"[{"usageType":"http://usage.example/","display":{"en":"File","fr":"Fichier"},"contentType":"text/plain","length":3,"sha2":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","fileUrl":"http://f.example/"}]"#;
    let compact = object(vec![
        ("id", maybe(text(r#""fd41c918-b88b-4b20-a0a5-a4c32391aaa0""#))),
        ("actor", always(actor())),
        ("verb", always(verb())),
        ("object", always(object_of)),
        ("result", maybe(select(RESULTS).prop_map(str::to_owned))),
        ("context", maybe(context(single_or_list))),
        ("timestamp", maybe(timestamp())),
        ("stored", maybe(timestamp())),
        ("authority", maybe(select(ACTORS).prop_map(str::to_owned))),
        ("version", maybe(text(r#""1.0.1""#))),
        ("attachments", maybe(text(attachment))),
    ]);
    spaced(compact).boxed()
}

/// The same JSON with random white space around its tokens.
pub(crate) fn spaced(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let spaces = proptest::collection::vec(select(vec!["", "", " ", "\n\t", "\r\n  "]), 1..40);
    (text, spaces).prop_map(|(text, spaces)| {
        let mut spaces = spaces.iter().cycle();
        let mut space = || *spaces.next().expect("a cycle of some never ends");
        let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
        for char in text.chars() {
            let is_token = !quoted && "{}[],:".contains(char);
            if is_token && !out.is_empty() {
                out.push_str(space());
            }
            out.push(char);
            if is_token {
                out.push_str(space());
            }
            quoted ^= char == '"' && !escaped;
            escaped = quoted && char == '\\' && !escaped;
        }
        out.trim().to_owned()
    })
}
