//! Schemas of values: out of Rust types, out of JSON Schema written by hand, and small ones.
//!
//! A schema carries the named schemas that it refers to. The document takes them out and keeps each
//! once, under `components`, so that nothing has to be registered anywhere else.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{Object, Schema, SchemaType};

/// Where a carried schema is until the document takes it out.
const CARRIED: &str = "x-rollbook-schema";
/// Where the named schemas are to which it refers.
const NAMED: &str = "x-rollbook-named";

/// A Rust type, by its name; it and what it is made of become components.
pub fn of<T: ToSchema>() -> RefOr<Schema> {
    carrying(reference(&T::name()), named_of::<T>())
}

/// One page of a listing under `/api/v1`.
pub fn page_of<T: ToSchema>() -> RefOr<Schema> {
    let or_null =
        |description: &str| json!({"type": ["string", "null"], "description": description});
    let size = json!({"type": "integer", "minimum": 1, "description": "How many it may hold."});
    let page = json!({
        "type": "object",
        "required": ["size", "nextCursor"],
        "properties": {"size": size, "nextCursor": or_null("Where the next page begins.")},
    });
    let schema = json!({
        "type": "object",
        "required": ["data", "meta", "links"],
        "properties": {
            "data": {"type": "array", "items": reference(&T::name())},
            "meta": {"type": "object", "required": ["page"], "properties": {"page": page}},
            "links": {
                "type": "object",
                "required": ["next"],
                "properties": {"next": or_null("Where the next page is, on this server.")},
            },
        },
    });
    carrying(schema, named_of::<T>())
}

/// A schema written by hand: the one called `name` in `text`, an object of named schemas.
pub fn written(name: &str, text: &str) -> RefOr<Schema> {
    carrying(reference(name), parse(text))
}

/// A string that holds JSON of such a schema. As a parameter it is documented as JSON.
pub fn written_as_text(name: &str, text: &str) -> RefOr<Schema> {
    let content = reference(name);
    let schema = json!({
        "type": "string", "contentMediaType": "application/json", "contentSchema": content,
    });
    carrying(schema, parse(text))
}

/// A JSON Schema (2020-12) as it is.
pub fn inline(schema: Value) -> RefOr<Schema> {
    carrying(schema, Map::new())
}

/// Anything at all.
pub fn anything() -> RefOr<Schema> {
    inline(json!({}))
}

/// Bytes.
pub fn binary() -> RefOr<Schema> {
    inline(json!({"type": "string", "format": "binary"}))
}

/// A string.
pub fn text() -> RefOr<Schema> {
    inline(json!({"type": "string"}))
}

/// A UUID with hyphens.
pub fn uuid() -> RefOr<Schema> {
    inline(json!({"type": "string", "format": "uuid"}))
}

/// `true` or `false`.
pub fn flag() -> RefOr<Schema> {
    inline(json!({"type": "boolean", "default": false}))
}

/// An integer that is not negative.
pub fn count() -> RefOr<Schema> {
    inline(json!({"type": "integer", "minimum": 0}))
}

/// An absolute IRI.
pub fn iri() -> RefOr<Schema> {
    inline(json!({
        "type": "string", "format": "iri", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:",
    }))
}

/// A time with an offset, RFC 3339.
pub fn time() -> RefOr<Schema> {
    inline(json!({"type": "string", "format": "date-time"}))
}

/// A time of the standard, which in 1.0.3 may be any ISO 8601 date and time.
pub fn timestamp() -> RefOr<Schema> {
    inline(json!({"type": "string", "minLength": 1, "examples": ["2026-11-21T07:00:00Z"]}))
}

/// The schema as JSON, with what it carries put under its name into `components`.
///
/// # Panics
/// If two schemas have one name; a test makes the document of every feature there is.
pub(super) fn settle(schema: &RefOr<Schema>, components: &mut Map<String, Value>) -> Value {
    let mut value = serde_json::to_value(schema).expect("a schema is plain JSON");
    unpack(&mut value, components);
    value
}

fn unpack(value: &mut Value, components: &mut Map<String, Value>) {
    if let Some(mut schema) = value.get_mut(CARRIED).map(Value::take) {
        if let Some(Value::Object(named)) = value.get_mut(NAMED).map(Value::take) {
            for (name, mut one) in named {
                unpack(&mut one, components);
                let same = components.get(&name).is_none_or(|known| *known == one);
                assert!(same, "two schemas are called {name}: give one another name");
                components.insert(name, one);
            }
        }
        unpack(&mut schema, components);
        *value = schema;
        return;
    }
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|value| unpack(value, components));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| unpack(value, components)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn carrying(schema: Value, named: Map<String, Value>) -> RefOr<Schema> {
    let carried = [(CARRIED, schema), (NAMED, Value::Object(named))];
    let mut object = Object::with_type(SchemaType::AnyValue);
    object.extensions = Some(Extensions::from_iter(carried));
    RefOr::T(Schema::Object(object))
}

fn named_of<T: ToSchema>() -> Map<String, Value> {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    let value = |schema| serde_json::to_value(schema).expect("a schema is plain JSON");
    schemas.into_iter().map(|(name, schema)| (name, value(schema))).collect()
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn parse(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).expect("schemas written by hand are an object of JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is made")]
    struct Outer {
        inner: Vec<Inner>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is made")]
    struct Inner {
        id: String,
    }

    #[test]
    fn a_type_brings_what_it_is_made_of() {
        for schema in [of::<Outer>(), page_of::<Outer>()] {
            let mut components = Map::new();
            let value = settle(&schema, &mut components);
            assert!(value.to_string().contains("#/components/schemas/Outer"), "{value}");
            assert_eq!(components.keys().collect::<Vec<_>>(), ["Inner", "Outer"]);
            assert_eq!(
                components["Outer"]["properties"]["inner"]["items"],
                json!({"$ref": "#/components/schemas/Inner"})
            );
        }
    }

    #[test]
    fn what_is_written_by_hand_comes_out_as_it_was() {
        let text = r##"{"A": {"items": {"$ref": "#/components/schemas/B"}}, "B": {"const": 1}}"##;
        let mut components = Map::new();
        assert_eq!(settle(&written("A", text), &mut components), reference("A"));
        assert_eq!(Value::Object(components), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    #[should_panic(expected = "two schemas are called A")]
    fn one_name_is_one_schema() {
        let mut components = Map::new();
        settle(&written("A", r#"{"A": {"const": 1}}"#), &mut components);
        settle(&written("A", r#"{"A": {"const": 2}}"#), &mut components);
    }
}
