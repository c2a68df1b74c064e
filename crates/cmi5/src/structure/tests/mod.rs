//! Structures against the rules of 13 and 14: one fault a case, each with its requirement id.

mod texts;

use super::{Fault, Launchable, read};
use crate::course::{Course, LaunchMethod, MoveOn, Node};

const AU: &str = r#"<au id="https://p.example/au"><title><langstring lang="en">Unit</langstring></title><description><langstring lang="en">One</langstring></description><url>index.html</url></au>"#;

/// A structure around `parts`.
fn structure(parts: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://p.example/course"><title><langstring lang="en">Course</langstring></title><description><langstring>All of it</langstring></description></course>
{parts}
</courseStructure>"#
    )
}

fn in_package(text: &str) -> Result<Course, Vec<Fault>> {
    let has = |name: &str| matches!(name, "index.html" | "sub/a b.html" | "literal%20name.html");
    read(text.as_bytes(), &Launchable::Package(&has))
}

fn alone(text: &str) -> Result<Course, Vec<Fault>> {
    read(text.as_bytes(), &Launchable::Absolute)
}

/// The only fault, as `requirement path`.
#[track_caller]
fn only(outcome: Result<Course, Vec<Fault>>) -> String {
    match outcome {
        Err(faults) if faults.len() == 1 => format!("{} {}", faults[0].requirement, faults[0].path),
        other => panic!("not one fault: {other:#?}"),
    }
}

/// The first fault, as `requirement path`.
#[track_caller]
fn assert_first(text: &str, expected: &str) {
    let outcome = in_package(text);
    let first = outcome.as_ref().err().and_then(|faults| faults.first());
    let found = first.map(|fault| format!("{} {}", fault.requirement, fault.path));
    assert_eq!(found.as_deref(), Some(expected), "{text}\n{outcome:#?}");
}

#[test]
fn a_whole_structure_is_read() {
    let text = structure(
        r#"<objectives><objective id="https://p.example/o1"><description><langstring>d</langstring></description><title><langstring>t</langstring></title></objective></objectives>
<block id="https://p.example/b">
  <title><langstring lang="en"> Block </langstring><langstring lang="fr">Bloc</langstring></title>
  <description><langstring><![CDATA[ 1 < 2 ]]><!-- no --> &amp; so on</langstring></description>
  <objectives><objective idref=" https://p.example/o1 "/></objectives>
  <au id="  https://p.example/au1
  " moveOn="CompletedAndPassed" masteryScore=" 0.9 " launchMethod="OwnWindow" activityType="https://p.example/type">
    <title><langstring>🎓</langstring></title><description><langstring/></description>
    <url>
       https://c.example/a.html?x=1#top
    </url>
    <launchParameters> {"a": 1} </launchParameters><entitlementKey> key </entitlementKey>
    <x:more xmlns:x="https://x.example" x:a="1"><x:b/></x:more>
  </au>
</block>"#,
    );
    let course = alone(&text).unwrap();
    let Node::Block(block) = &course.children[0] else { panic!("{course:?}") };
    assert_eq!(block.title[1].lang.as_deref(), Some("fr"));
    assert_eq!(block.title[0].text, "Block");
    assert_eq!(block.description[0].text, "1 < 2  & so on");
    assert_eq!(block.objectives, ["https://p.example/o1"]);
    let au = course.aus()[0];
    assert_eq!(au.id, "https://p.example/au1", "13.1: trimmed");
    assert_eq!(au.url, "https://c.example/a.html?x=1#top");
    assert_eq!(au.launch_parameters.as_deref(), Some("{\"a\": 1}"));
    assert_eq!(au.entitlement_key.as_deref(), Some("key"));
    assert_eq!(au.mastery_score.as_ref().unwrap().as_str(), "0.9");
    assert_eq!(
        (au.move_on, au.launch_method),
        (MoveOn::CompletedAndPassed, LaunchMethod::OwnWindow)
    );
    let kept = serde_json::to_string(&course).unwrap();
    assert_eq!(serde_json::from_str::<Course>(&kept).unwrap(), course);
}

/// 13.1.4: what is absent.
#[test]
fn defaults() {
    let course = in_package(&structure(AU)).unwrap();
    let au = course.aus()[0];
    assert_eq!((au.move_on, au.launch_method), (MoveOn::NotApplicable, LaunchMethod::AnyWindow));
    assert_eq!(
        (&au.mastery_score, &au.launch_parameters, &au.entitlement_key),
        (&None, &None, &None)
    );
}

/// I4: each class of the public suite, one fault at a time.
#[test]
fn structures_that_are_refused() {
    let with = |from: &str, to: &str| structure(&AU.replace(from, to));
    for (text, expected) in [
        (
            structure(AU).replace("https://p.example/course", "course"),
            "R:3.0.0.0-1 /courseStructure/course/@id",
        ),
        (with("https://p.example/au", "/au"), "R:3.0.0.0-1 /courseStructure/au/@id"),
        (with("index.html", "nowhere.html"), "R:14.1.0.0-4 /courseStructure/au/url"),
        (with("index.html", "../index.html"), "R:14.1.0.0-4 /courseStructure/au/url"),
        (with("index.html", "INDEX.html"), "R:14.1.0.0-4 /courseStructure/au/url"),
        (with("index.html", "a b.html"), "R:13.1.4.0-2 /courseStructure/au/url"),
        (with("index.html", "javascript:alert(1)"), "RB-CMI5-SCHEME /courseStructure/au/url"),
        (with("index.html", "index.html?a=1&amp;fetch=2"), "R:8.1.0.0-6 /courseStructure/au/url"),
        (with("index.html", ""), "R:13.2.0.0-1 /courseStructure/au/url"),
        (structure(&AU.repeat(2)), "R:13.1.4.0-1 /courseStructure/au[2]/@id"),
    ] {
        assert_first(&text, expected);
    }
}

/// I5: faults of the schema alone, in content that is right otherwise.
#[test]
fn structures_that_the_schema_refuses() {
    let with = |from: &str, to: &str| structure(&AU.replace(from, to));
    for (text, expected) in [
        (with("<au ", r#"<au moveOn="passed" "#), "R:13.2.0.0-1 /courseStructure/au/@moveOn"),
        (
            with("<au ", r#"<au masteryScore="1.5" "#),
            "R:13.2.0.0-1 /courseStructure/au/@masteryScore",
        ),
        (
            with("<au ", r#"<au masteryScore="1e-1" "#),
            "R:13.2.0.0-1 /courseStructure/au/@masteryScore",
        ),
        (
            with("<au ", r#"<au launchMethod="Popup" "#),
            "R:13.2.0.0-1 /courseStructure/au/@launchMethod",
        ),
        (with("<au ", r#"<au color="red" "#), "R:13.2.0.0-1 /courseStructure/au/@color"),
        (with("<url>", "<extra xmlns=''/><url>"), "R:13.2.0.0-1 /courseStructure/au/extra"),
        (with("</url>", "</url><extra/>"), "R:13.2.0.0-1 /courseStructure/au/extra"),
        (with(r#" id="https://p.example/au""#, ""), "R:13.2.0.0-1 /courseStructure/au/@id"),
        (
            with("<description><langstring lang=\"en\">One</langstring></description>", ""),
            "R:13.2.0.0-1 /courseStructure/au",
        ),
        (
            with("<langstring lang=\"en\">One</langstring>", ""),
            "R:13.2.0.0-1 /courseStructure/au/description",
        ),
        (
            with("lang=\"en\">Unit", "lang=\"en_US\">Unit"),
            "R:13.2.0.0-1 /courseStructure/au/title/langstring/@lang",
        ),
        (
            with("<url>index.html</url>", "").replace(
                "<title><langstring lang=\"en\">Unit",
                "<url>index.html</url><title><langstring lang=\"en\">Unit",
            ),
            "R:13.2.0.0-1 /courseStructure/au/title",
        ),
        (
            structure(
                r#"<block id="https://p.example/b"><title><langstring>b</langstring></title><description><langstring>b</langstring></description></block>"#,
            ),
            "R:13.2.0.0-1 /courseStructure/block",
        ),
        (structure(""), "R:13.2.0.0-1 /courseStructure"),
        (
            with(
                "<url>",
                r#"<objectives><objective idref="https://p.example/none"/></objectives><url>"#,
            ),
            "RB-CMI5-OBJECTIVE /courseStructure/au/objectives/objective/@idref",
        ),
    ] {
        assert_first(&text, expected);
    }
}

/// 14.2: without a package every URL is fully qualified.
#[test]
fn without_a_package_nothing_is_relative() {
    for url in ["index.html", "path/1/index.html", "?query", "/index.html", "//c.example/a.html"] {
        assert_eq!(
            only(alone(&structure(&AU.replace("index.html", url)))),
            "R:14.2.0.0-1 /courseStructure/au/url",
            "{url}"
        );
    }
    for url in ["https://c.example/a.html", "myapp://start", "HTTP://c.example/"] {
        assert!(alone(&structure(&AU.replace("index.html", url))).is_ok(), "{url}");
    }
}

/// 14.1: names are decoded, and a name that looks encoded is found as it is.
#[test]
fn files_of_a_package() {
    for url in
        ["./index.html?a=1", "sub/a%20b.html", "literal%20name.html", "https://c.example/a.html"]
    {
        assert!(in_package(&structure(&AU.replace("index.html", url))).is_ok(), "{url}");
    }
}

/// 8.1: none of the five names, however it is written.
#[test]
fn names_of_the_launch_are_taken() {
    for name in crate::launch::PARAMETERS {
        let text = structure(&AU.replace("index.html", &format!("index.html?{name}=1")));
        assert_eq!(only(in_package(&text)), "R:8.1.0.0-6 /courseStructure/au/url", "{name}");
    }
    assert!(in_package(&structure(&AU.replace("index.html", "index.html?actors=1"))).is_ok());
}

/// 13.1.2, 13.1.3: ids are unique among their kind, and only there.
#[test]
fn ids_are_unique() {
    let objective = r#"<objective id="https://p.example/o"><title><langstring>t</langstring></title><description><langstring>d</langstring></description></objective>"#;
    let text = structure(&format!("<objectives>{}</objectives>{AU}", objective.repeat(2)));
    assert_eq!(
        only(in_package(&text)),
        "R:13.1.3.0-1 /courseStructure/objectives/objective[2]/@id"
    );
    let block = |id: &str, au: &str| {
        let au = AU.replace("https://p.example/au", au);
        format!(
            "<block id=\"{id}\"><title><langstring>b</langstring></title><description><langstring>b</langstring></description>{au}</block>"
        )
    };
    let text = structure(&format!("{}{}", block("urn:b", "urn:1"), block("urn:b", "urn:2")));
    assert_eq!(only(in_package(&text)), "R:13.1.2.0-1 /courseStructure/block[2]/@id");
    assert!(
        in_package(&structure(&block("urn:b", "urn:b"))).is_ok(),
        "a block and a unit may share one"
    );
}

/// Every fault at once, each with its place.
#[test]
fn all_faults_have_their_place() {
    let text = structure("<au id='x' moveOn='y'>\n<title/>\n<url>a b</url></au>\n<block/>");
    let faults = in_package(&text).unwrap_err();
    let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.requirement)).collect();
    assert_eq!(
        places,
        [
            (4, "R:13.2.0.0-1"),
            (4, "R:3.0.0.0-1"),
            (4, "R:13.2.0.0-1"),
            (5, "R:13.2.0.0-1"),
            (6, "R:13.1.4.0-2"),
            (7, "R:13.2.0.0-1"),
            (7, "R:13.2.0.0-1"),
            (7, "R:13.2.0.0-1"),
            (7, "R:13.2.0.0-1"),
        ],
        "{faults:#?}"
    );
}

#[test]
fn hostile_and_broken_texts_end_in_a_fault() {
    let entity = r#"<!DOCTYPE a [<!ENTITY b "c">]><courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">&b;</courseStructure>"#;
    let open = r#"<block id="urn:b"><title><langstring>b</langstring></title><description><langstring>b</langstring></description>"#;
    let deep = format!("{}{AU}{}", open.repeat(70), "</block>".repeat(70));
    let deeper = format!("{}{}", "<a xmlns='urn:x'>".repeat(50_000), "</a>".repeat(50_000));
    for text in [
        &structure(&deeper),
        "",
        "<",
        "<a></b>",
        "not xml",
        entity,
        &structure(&deep),
        "<courseStructure/>",
    ] {
        assert!(in_package(text).is_err(), "{text}");
    }
    assert_eq!(only(in_package(entity)), "RB-CMI5-XML /");
    let wide: Vec<u8> = structure(AU)
        .replace("UTF-8", "UTF-16")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut marked = vec![0xff, 0xfe];
    marked.extend(wide);
    assert!(read(&marked, &Launchable::Package(&|_| true)).is_ok(), "UTF-16");
}

/// 6.1: more than a thousand units.
#[test]
fn a_thousand_and_one_units() {
    let aus: String =
        (0..1_001).map(|n| AU.replace("example/au", &format!("example/au/{n}"))).collect();
    assert_eq!(in_package(&structure(&aus)).unwrap().aus().len(), 1_001);
}

proptest::proptest! {
    #[test]
    fn any_text_gets_an_answer(text in ".{0,200}") {
        drop(in_package(&text));
        drop(in_package(&structure(&text)));
    }
}
