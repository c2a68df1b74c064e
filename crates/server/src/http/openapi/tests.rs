//! Every endpoint is documented, the document holds together, and the committed one is this one.

use super::{Answer, document, refusals};
use crate::http::{Access, Endpoint};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn made() -> Value {
    serde_json::from_str(&document(crate::FEATURES)).expect("the document is JSON")
}

fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    crate::FEATURES.iter().flat_map(|feature| feature.endpoints)
}

/// Everything under `value` with its pointer.
fn walk<'a>(value: &'a Value, at: &str, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(at, value);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                walk(value, &format!("{at}/{name}"), visit);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                walk(value, &format!("{at}/{index}"), visit);
            }
        }
        _ => {}
    }
}

#[test]
fn what_acts_has_no_head() {
    let paths = &made()["paths"];
    for endpoint in endpoints().filter(|endpoint| endpoint.method == "GET") {
        let has_head = !paths[endpoint.path]["head"].is_null();
        assert_eq!(has_head, !endpoint.operation.acts, "{}", endpoint.path);
    }
    assert!(endpoints().any(|endpoint| endpoint.operation.acts));
}

#[test]
fn every_endpoint_is_documented() {
    let mut ids = BTreeSet::new();
    for Endpoint { method, path, access, operation, handler: _ } in endpoints() {
        let place = format!("{method} {path}");
        assert!(ids.insert(operation.id), "{place}: another operation is called {}", operation.id);
        assert!(operation.id.chars().all(|c| c.is_ascii_alphanumeric()), "{place}: its id");
        assert!(!operation.summary.is_empty(), "{place}: say in one line what it does (`new`)");
        assert!(
            !operation.summary.ends_with('.'),
            "{place}: the summary is a title, not a sentence"
        );
        assert!(
            operation.answers.iter().any(|answer| (200..400).contains(&answer.status)),
            "{place}: say what it answers when it succeeds (`gives`)"
        );
        let writes = matches!(*method, "PUT" | "PATCH");
        assert!(!writes || operation.body.is_some(), "{place}: say what body it takes (`reads`)");
        let known = |status: &u16| refusals::ALL.iter().any(|one| one.status == *status);
        assert!(operation.refuses.iter().all(known), "{place}: a refusal is not in refusals.rs");
        if let Access::AnyOf(scopes) = access {
            assert!(!scopes.is_empty(), "{place}: nobody may call it");
        }
        for answer in operation.answers {
            let described =
                |one: &&Answer| one.status == answer.status && !one.description.is_empty();
            let described = operation.answers.iter().any(|one| described(&one));
            assert!(described, "{place}: describe its {}", answer.status);
            let empty = matches!(answer.status, 204 | 205 | 304);
            assert!(!empty || answer.body.is_none(), "{place}: {} has no body", answer.status);
        }
    }
}

#[test]
fn every_parameter_is_declared_once_and_described() {
    for Endpoint { method, path, operation, access: _, handler: _ } in endpoints() {
        let place = format!("{method} {path}");
        let mut in_path: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let mut seen = BTreeSet::new();
        for parameter in operation.parameters {
            let name = parameter.name;
            let key = (format!("{:?}", parameter.place), name.to_ascii_lowercase());
            assert!(seen.insert(key), "{place}: `{name}` is declared twice");
            assert!(!parameter.description.is_empty(), "{place}: describe `{name}`");
            // OpenAPI 3.1 4.8.12.1: these are told by `security` and by the media types.
            let told = ["accept", "content-type", "authorization"];
            assert!(!told.contains(&&*name.to_ascii_lowercase()), "{place}: leave `{name}` out");
            if parameter.place == super::Place::Path {
                assert!(parameter.required, "{place}: `{name}` is in the path, so it is required");
                assert!(in_path.remove(name), "{place}: the path has no {{{name}}}");
            }
        }
        assert!(in_path.is_empty(), "{place}: declare {in_path:?} (`takes`, Place::Path)");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let made = made();
    let mut used = BTreeSet::new();
    walk(&made, "", &mut |at, value| {
        let Some(pointer) = value.get("$ref").and_then(Value::as_str) else { return };
        let found = pointer.strip_prefix('#').and_then(|pointer| made.pointer(pointer));
        assert!(found.is_some(), "{at}: there is no {pointer}; make its schema with `schemas::of`");
        used.insert(pointer);
    });
    for kind in ["schemas", "responses", "headers"] {
        for name in made["components"][kind].as_object().unwrap().keys() {
            let pointer = format!("#/components/{kind}/{name}");
            assert!(used.contains(&*pointer), "nothing refers to {pointer}");
        }
    }
}

#[test]
fn nothing_of_how_it_is_made_is_left_in_it() {
    let text = document(crate::FEATURES);
    assert!(!text.contains("x-rollbook"), "a schema was not taken out");
    assert_eq!(text, document(crate::FEATURES), "it is not always the same");
}

#[test]
fn the_router_and_the_document_have_the_same_operations() {
    let made = made();
    let paths = made["paths"].as_object().unwrap();
    let documented: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
    let reads = |one: &&Endpoint| one.method == "GET" && !one.operation.acts;
    let heads = endpoints().filter(reads).count();
    assert_eq!(documented, endpoints().count() + heads);
    for endpoint in endpoints() {
        let operation = &paths[endpoint.path][endpoint.method.to_ascii_lowercase()];
        assert_eq!(operation["operationId"], endpoint.operation.id);
        let closed = matches!(endpoint.access, Access::AnyOf(_));
        let told = closed || endpoint.operation.refuses.contains(&401);
        assert_eq!(operation["responses"].get("401").is_some(), told, "{}", endpoint.path);
        assert_eq!(operation["security"] != serde_json::json!([]), closed, "{}", endpoint.path);
    }
}

#[test]
fn the_committed_document_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let committed = fs::read_to_string(path).unwrap_or_default();
    let same = committed == document(crate::FEATURES);
    assert!(same, "docs/openapi.json is stale: run `cargo xtask openapi` and read its diff");
}
