//! The typed view holds what the text says, as slices of the text.

use super::{full, planned};
use crate::activity::InteractionType;
use crate::actor::Actor;
use crate::ifi::Ifi;
use crate::json;
use crate::object::Object;
use crate::validate;
use crate::version::Version::{V1, V2};

#[test]
fn a_full_statement() {
    let text = full(V2).to_string();
    let node = json::parse(&text).unwrap();
    let view = validate::statement(&node, V2, "").unwrap();
    assert_eq!(view.raw, text);
    assert_eq!(view.id.unwrap().to_string(), "1b4e28ba-2fa1-41d2-883f-0016d3cca427");
    assert_eq!(view.actor.members().len(), 2);
    assert_eq!(view.actor.name(), Some("Pair"));
    assert_eq!(view.verb.id, "https://example.org/verbs/answered");
    let Object::Activity(activity) = &view.object else { panic!("not an Activity") };
    let definition = activity.definition.as_ref().unwrap();
    assert_eq!(definition.interaction, Some(InteractionType::Matching));
    assert!(text.contains(definition.raw));
    let result = view.result.unwrap();
    assert_eq!(result.score.unwrap().scaled, Some("0.5"));
    assert_eq!((result.success, result.completion), (Some(true), Some(false)));
    assert_eq!(result.extensions, Some(r#"{"tag:example.org,2026:x":[]}"#));
    let context = view.context.unwrap();
    assert_eq!(context.instructor.as_ref().and_then(Actor::ifi), Some(account()));
    let activities = context.activities.unwrap();
    let ids: Vec<_> = activities.all().map(|one| one.id.rsplit('/').next().unwrap()).collect();
    assert_eq!(ids, ["quiz", "urn:example:category", "book"]);
    assert_eq!(context.agents[0].relevant_types, ["https://example.org/types/peer"]);
    assert_eq!(context.groups[0].group.ifi, Some(Ifi::Mbox("mailto:eve@example.org")));
    assert_eq!(context.registration.unwrap().get_version_num(), 4);
    assert_eq!(view.timestamp.unwrap().text, "2026-11-21T07:00:00.123Z");
    assert_eq!(view.stored.unwrap().micros % 1_000_000, 0);
    assert_eq!(view.attachments[0].length, 27);
    assert_eq!(view.version, Some("1.0.3"));
}

fn account() -> Ifi<'static> {
    Ifi::Account { home_page: "https://lms.example.org", name: "7" }
}

#[test]
fn a_sub_statement() {
    let text = planned().to_string();
    let node = json::parse(&text).unwrap();
    let view = validate::statement(&node, V1, "").unwrap();
    let Object::SubStatement(sub) = &view.object else { panic!("not a SubStatement") };
    assert!(matches!(sub.object, Object::Activity(_)));
    assert_eq!(sub.attachments.len(), 1);
    assert!(sub.context.as_ref().is_some_and(|context| context.team.is_some()));
    assert_eq!(view.object.raw(), sub.raw);
}
