//! What must hold of the statements for the figures to mean anything.

use std::collections::HashSet;

use super::World;

fn texts(world: &World, count: u64) -> Vec<String> {
    let text = |n| {
        let mut text = String::new();
        world.statement(n).write(&mut text);
        text
    };
    (0..count).map(text).collect()
}

#[test]
fn statements_are_json_of_about_eleven_hundred_bytes() {
    let world = World::new(7);
    let texts = texts(&world, 4_000);
    let average = texts.iter().map(String::len).sum::<usize>() / texts.len();
    assert!((1_000..=1_250).contains(&average), "{average} bytes on average");
    for text in &texts {
        let statement: serde_json::Value = serde_json::from_str(text).unwrap();
        for member in ["id", "actor", "verb", "object", "context", "timestamp", "version"] {
            assert!(!statement[member].is_null(), "{member} is missing from {text}");
        }
    }
}

#[test]
fn statements_depend_on_seed_and_number_only() {
    assert_eq!(texts(&World::new(7), 50), texts(&World::new(7), 50));
    assert_ne!(texts(&World::new(7), 1), texts(&World::new(8), 1));
}

#[test]
fn the_cast_is_large_and_ids_are_random() {
    let world = World::new(7);
    let mut ids = HashSet::new();
    let mut registrations = HashSet::new();
    let mut actors = HashSet::new();
    let mut activities = HashSet::new();
    let mut verbs = HashSet::new();
    let mut postings = 0;
    for n in 0..40_000 {
        let drawn = world.statement(n);
        assert_eq!(drawn.id.get_version_num(), 4);
        assert!(ids.insert(drawn.id));
        registrations.insert(drawn.registration);
        actors.insert(&drawn.actor.identity);
        activities.insert(&drawn.activity.iri);
        verbs.insert(drawn.verb);
        postings += drawn.posting_keys().len();
    }
    assert!(actors.len() > 4_000, "{} actors", actors.len());
    assert!(activities.len() > 600, "{} activities", activities.len());
    assert!(registrations.len() > 10_000, "{} registrations", registrations.len());
    assert_eq!(verbs.len(), 12);
    assert!((300_000..360_000).contains(&postings), "{postings} postings of 40,000 statements");
}

#[test]
fn a_body_is_one_object_or_an_array() {
    let world = World::new(7);
    let one: serde_json::Value = serde_json::from_slice(&world.body(3, 1)).unwrap();
    assert_eq!(one["id"], world.statement(3).id.to_string());
    let batch: serde_json::Value = serde_json::from_slice(&world.body(3, 5)).unwrap();
    assert_eq!(batch.as_array().unwrap().len(), 5);
    assert_eq!(batch[4]["id"], world.statement(7).id.to_string());
}
