//! One course in many texts: padded, prefixed, extended, encoded (13.1, 13.1.5); and what no text may
//! say.

use super::{AU, alone, in_package, only, structure};
use crate::course::Course;
use crate::structure::{Launchable, read};

/// A structure with every value that there is, each between `before` and `after`.
fn whole(before: &str, after: &str) -> String {
    let pad = |text: &str| format!("{before}{text}{after}");
    // An attribute is no place for elements, nor for CDATA.
    let attribute = |text: &str| if before.contains('<') { text.to_owned() } else { pad(text) };
    let texts = |name: &str| {
        let (lang, text) = (attribute("en-US"), pad(name));
        format!(
            r#"<title><langstring lang="{lang}">{text}</langstring></title><description><langstring>{text}</langstring></description>"#
        )
    };
    let [course, block, unit, objective, kind] = ["course", "block", "unit", "objective", "type"]
        .map(|name| attribute(&format!("https://p.example/{name}")));
    format!(
        r#"<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"><course id="{course}">{}</course><objectives><objective id="{objective}">{}</objective></objectives><block id="{block}">{}<au id="{unit}" moveOn="{}" masteryScore="{}" launchMethod="{}" activityType="{kind}">{}<objectives><objective idref="{objective}"/></objectives><url>{}</url><launchParameters>{}</launchParameters><entitlementKey>{}</entitlementKey></au></block></courseStructure>"#,
        texts("Course"),
        texts("Objective"),
        texts("Block"),
        attribute("CompletedOrPassed"),
        attribute("0.75"),
        attribute("OwnWindow"),
        texts("Unit"),
        pad("https://c.example/a?x=1#top"),
        pad("p=1"),
        pad("key"),
    )
}

#[track_caller]
fn same(text: &str, expected: &Course) {
    assert_eq!(alone(text).as_ref(), Ok(expected), "{text}");
}

/// I3. 13.1: white space around every value goes, in CDATA and beside comments too.
#[test]
fn every_value_is_trimmed() {
    let plain = alone(&whole("", "")).unwrap();
    for (before, after) in [
        (" ", " "),
        ("\n\t  ", "\r\n"),
        ("&#x20;", "&#9;&#10;"),
        ("<![CDATA[ ", " ]]>"),
        ("<!-- a --> ", " <!-- b -->"),
    ] {
        same(&whole(before, after), &plain);
    }
    let twice = structure(&format!("{AU}{}", AU.replace(r#"id="https"#, r#"id=" https"#)));
    assert_eq!(only(in_package(&twice)), "R:13.1.4.0-1 /courseStructure/au[2]/@id");
}

/// The namespace counts and not its prefix, nor how the text is encoded.
#[test]
fn prefixes_and_encodings_mean_nothing() {
    let text = whole("", "");
    let plain = alone(&text).unwrap();
    let prefixed = text
        .replace("</", "\0")
        .replace('<', "<c:")
        .replace('\0', "</c:")
        .replace("xmlns=", "xmlns:c=");
    same(&prefixed, &plain);
    let marked = format!("\u{feff}{text}");
    same(&marked, &plain);
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide: Vec<u8> = marked.encode_utf16().flat_map(bytes).collect();
        assert_eq!(read(&wide, &Launchable::Absolute).as_ref(), Ok(&plain));
    }
}

/// I6. 13.1.5: what is of other namespaces is let through, wherever the schema has room for it.
#[test]
fn extensions_mean_nothing() {
    let text = whole("", "");
    let plain = alone(&text).unwrap();
    let more = r#"<x:more a="1"><x:b>text</x:b><courseStructure/></x:more>"#;
    let mut extended = text.replace("xmlns=", "xmlns:x=\"https://x.example\" xmlns=");
    for name in ["course", "block", "au"] {
        extended = extended
            .replace(&format!("<{name} "), &format!("<{name} x:color=\"red\" "))
            .replace(&format!("</{name}>"), &format!("{more}</{name}>"));
    }
    extended = extended.replace("</courseStructure>", &format!("{more}</courseStructure>"));
    // The one inside of `more` is an extension's own affair.
    let extended = extended.replace("<courseStructure/>", "<x:courseStructure/>");
    same(&extended, &plain);
}

/// I4. 3.0: every id and reference is absolute; 13.1.2 to 13.1.4: unique, however deep.
#[test]
fn ids_wherever_they_stand() {
    let text = whole("", "");
    for (name, path) in [
        ("course", "/courseStructure/course/@id"),
        ("block", "/courseStructure/block/@id"),
        ("unit", "/courseStructure/block/au/@id"),
    ] {
        for id in [name.to_owned(), format!("/{name}"), format!("//p.example/{name}")] {
            let relative =
                text.replace(&format!("\"https://p.example/{name}\""), &format!("{id:?}"));
            assert_eq!(only(alone(&relative)), format!("R:3.0.0.0-1 {path}"), "{id}");
        }
    }
    let relative = text.replace("https://p.example/objective", "objective");
    let faults = alone(&relative).unwrap_err();
    let told: Vec<_> =
        faults.iter().map(|fault| (fault.requirement, fault.path.as_str())).collect();
    assert_eq!(
        told,
        [
            ("R:3.0.0.0-1", "/courseStructure/objectives/objective/@id"),
            ("R:3.0.0.0-1", "/courseStructure/block/au/objectives/objective/@idref"),
        ]
    );
    let texts = "<title><langstring>t</langstring></title><description><langstring>d</langstring></description>";
    let block = |id: &str, parts: &str| format!("<block id=\"{id}\">{texts}{parts}</block>");
    let other = AU.replace("example/au", "example/other");
    let nested = structure(&block("urn:b", &block("urn:b", AU)));
    assert_eq!(only(in_package(&nested)), "R:13.1.2.0-1 /courseStructure/block/block/@id");
    let deep =
        structure(&format!("{}{AU}", block("urn:b", &block("urn:c", &format!("{other}{AU}")))));
    assert_eq!(only(in_package(&deep)), "R:13.1.4.0-1 /courseStructure/au/@id");
}

/// I5: more that the schema alone refuses, in content that is right otherwise.
#[test]
fn what_the_schema_has_no_room_for() {
    let text = whole("", "");
    let objective = r#"<objectives><objective idref="https://p.example/objective"/></objectives>"#;
    for (from, to, path) in [
        ("<courseStructure", "<structure", "/structure"),
        ("v1/CourseStructure.xsd", "v2/CourseStructure.xsd", "/courseStructure"),
        ("</course>", "</course>text", "/courseStructure"),
        ("<course ", "<course lang='en' ", "/courseStructure/course/@lang"),
        ("<block ", "<block moveOn='Passed' ", "/courseStructure/block/@moveOn"),
        ("\"0.75\"", "\"abc\"", "/courseStructure/block/au/@masteryScore"),
        ("\"0.75\"", "\"-0.1\"", "/courseStructure/block/au/@masteryScore"),
        ("\"0.75\"", "\"\"", "/courseStructure/block/au/@masteryScore"),
        ("\"0.75\"", "\"0.12345\"", "/courseStructure/block/au/@masteryScore"),
        ("\"OwnWindow\"", "\"ownwindow\"", "/courseStructure/block/au/@launchMethod"),
        ("\"CompletedOrPassed\"", "\"\"", "/courseStructure/block/au/@moveOn"),
        ("<url>https", "<url><b/>https", "/courseStructure/block/au/url/b"),
        (objective, "<objectives/>", "/courseStructure/block/au/objectives"),
        (
            "<launchParameters>p=1</launchParameters>",
            "<launchParameters/><launchParameters/>",
            "/courseStructure/block/au/launchParameters[2]",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let changed = match from {
            "<courseStructure" => text
                .replace("courseStructure ", "structure ")
                .replace("/courseStructure>", "/structure>"),
            "</course>" => text.replacen(from, to, 1),
            _ => text.replace(from, to),
        };
        let faults = alone(&changed).expect_err(to);
        assert!(
            faults.iter().any(|fault| fault.requirement == "R:13.2.0.0-1" && fault.path == path),
            "{to}: {faults:#?}"
        );
    }
}

/// 13.1.4: applications may have schemes of their own; what a browser would run as a page of ours,
/// or read from a disk, is none of them.
#[test]
fn what_a_browser_would_run_is_refused() {
    let of = |url: &str| alone(&structure(&AU.replace("index.html", url)));
    for url in [
        "javascript:alert(1)",
        "JaVaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://c.example/1",
        "about:blank",
        "filesystem:https://c.example/a",
    ] {
        assert_eq!(only(of(url)), "RB-CMI5-SCHEME /courseStructure/au/url", "{url}");
    }
    for url in ["myapp://start", "https://c.example/?x=javascript:1", "http://127.0.0.1:4000/a"] {
        assert!(of(url).is_ok(), "{url}");
    }
}
