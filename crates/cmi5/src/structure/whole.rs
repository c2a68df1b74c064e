//! What holds across a structure: ids are unique, references lead somewhere, URLs can be launched.

use super::elements::Reader;
use super::parts::Parsed;
use super::url::{self, Launchable};
use super::{AU_ID, BLOCK_ID, OBJECTIVE_ID, REFERENCE, Rule};
use roxmltree::Node;
use std::collections::HashSet;

pub(super) fn check(reader: &mut Reader<'_>, parsed: &Parsed<'_>, launchable: &Launchable<'_>) {
    unique(reader, &parsed.blocks, BLOCK_ID, "block");
    unique(reader, &parsed.objectives, OBJECTIVE_ID, "objective");
    let aus: Vec<_> =
        parsed.aus.iter().filter_map(|(id, _, url)| Some((id.clone(), url.parent()?))).collect();
    unique(reader, &aus, AU_ID, "assignable unit");
    let known: HashSet<&str> = parsed.objectives.iter().map(|(id, _)| id.as_str()).collect();
    for (id, element) in &parsed.references {
        if !id.is_empty() && !known.contains(id.as_str()) {
            let message = format!("no objective has the id {id:?}");
            let fix = "define it in <objectives> of the course, or remove the reference";
            reader.attribute_fault(*element, "idref", REFERENCE, message, fix);
        }
    }
    for (_, text, element) in &parsed.aus {
        url::check(reader, *element, text, launchable);
    }
}

fn unique(reader: &mut Reader<'_>, ids: &[(String, Node<'_, '_>)], rule: Rule, noun: &str) {
    let mut seen = HashSet::new();
    for (id, element) in ids {
        if !id.is_empty() && !seen.insert(id) {
            let message = format!("another {noun} has the id {id:?}");
            reader.attribute_fault(
                *element,
                "id",
                rule,
                message,
                format!("give each {noun} an id of its own"),
            );
        }
    }
}
