//! The Person of the Agents resource: everything known of one person
//! (1.0.3 Communication 2.4; 9274.1.1 4.1.6.3). Nothing in it occurs twice, empty lists are left out.

use crate::splice::quote;

/// The Person with the identifiers of these keys (see [`crate::ifi::Ifi::key`]) and these names.
///
/// A key that is none of the four kinds is left out.
pub fn person(keys: &[String], names: &[String]) -> String {
    let mut lists = [
        ("name", names.iter().map(|name| quote(name)).collect()),
        ("mbox", Vec::new()),
        ("mbox_sha1sum", Vec::new()),
        ("openid", Vec::new()),
        ("account", Vec::new()),
    ];
    for key in keys {
        let Some((member, value)) = identifier(key) else { continue };
        lists.iter_mut().filter(|(name, _)| *name == member).for_each(|(_, list)| {
            list.push(value.clone());
        });
    }
    let mut text = "{\"objectType\":\"Person\"".to_owned();
    for (name, list) in &lists {
        if !list.is_empty() {
            text.push_str(&[",\"", name, "\":[", &once(list).join(","), "]"].concat());
        }
    }
    text.push('}');
    text
}

/// The member of an Agent that a key came from, and its value as JSON.
fn identifier(key: &str) -> Option<(&'static str, String)> {
    let (kind, value) = key.split_once(':')?;
    match kind {
        "mbox" => Some(("mbox", quote(value))),
        "sha1" => Some(("mbox_sha1sum", quote(value))),
        "openid" => Some(("openid", quote(value))),
        "account" => {
            let (home, name) = value.split_once(' ')?;
            let account = format!("{{\"homePage\":{},\"name\":{}}}", quote(home), quote(name));
            Some(("account", account))
        }
        _ => None,
    }
}

/// The values in order, each at its first place.
fn once(list: &[String]) -> Vec<&str> {
    let mut seen = std::collections::HashSet::new();
    list.iter().map(String::as_str).filter(|value| seen.insert(*value)).collect()
}

#[cfg(test)]
mod tests {
    use super::person;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn everything_known_of_one_person() {
        let keys = [
            "mbox:mailto:ann@example.org",
            "sha1:aa",
            "account:http://lms.example/ Ann \"B\" C",
            "openid:http://ann.example/",
            "mbox:mailto:ann@home.example",
            "mbox:mailto:ann@example.org",
        ];
        assert_eq!(
            person(&strings(&keys), &strings(&["Ann", "Ann É", "Ann"])),
            concat!(
                r#"{"objectType":"Person","name":["Ann","Ann É"],"#,
                r#""mbox":["mailto:ann@example.org","mailto:ann@home.example"],"#,
                r#""mbox_sha1sum":["aa"],"openid":["http://ann.example/"],"#,
                r#""account":[{"homePage":"http://lms.example/","name":"Ann \"B\" C"}]}"#,
            )
        );
    }

    #[test]
    fn a_stranger_is_a_person_too() {
        assert_eq!(
            person(&strings(&["mbox:mailto:a@b.example", "nonsense", "shoe:42"]), &[]),
            r#"{"objectType":"Person","mbox":["mailto:a@b.example"]}"#
        );
        assert_eq!(person(&[], &[]), r#"{"objectType":"Person"}"#);
    }
}
