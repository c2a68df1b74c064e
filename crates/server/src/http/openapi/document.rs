//! The document, put together.

use super::operation::{Answer, Header, Operation, Parameter, Payload, Place};
use super::{parameters, refusals, schemas};
use crate::creatiq;
use crate::http::feature::{Access, Endpoint, Feature};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ABOUT: &str = "\
Rollbook keeps learning records: an xAPI store for 1.0.3 and 2.0 (IEEE 9274.1.1).

**Who is calling.** `Authorization: Basic` with a key and its secret, `Authorization: Bearer` with \
a token or a key, or `X-API-Key`. What a credential may do are its scopes; each operation names \
those of which it needs one. What belongs to another tenant does not exist (404).

**Refusals** are `application/problem+json` (RFC 9457) with a stable `code`; those of a statement \
name every fault, with its place, the requirement of the standard and what would mend it.

**xAPI** is also served under `/xAPI`, `/api/xapi` and `/api/xapi/statements`.";

/// An object of the document that is being put together.
type Object = Map<String, Value>;

/// The members of the document in the order in which people read them.
#[derive(Serialize)]
struct Document {
    openapi: &'static str,
    info: Value,
    servers: Value,
    tags: Vec<Value>,
    paths: BTreeMap<&'static str, Object>,
    components: Value,
}

/// The OpenAPI document of `features` as text, always the same for the same program.
///
/// # Panics
/// If two schemas have one name; a test makes the document of every feature there is.
pub fn document(features: &[&'static Feature]) -> String {
    let mut builder = Builder::default();
    let (mut paths, mut tags) = (BTreeMap::<_, Object>::new(), Vec::new());
    for feature in features.iter().filter(|feature| !feature.endpoints.is_empty()) {
        tags.push(json!({"name": feature.name}));
        for endpoint in feature.endpoints {
            let item = paths.entry(endpoint.path).or_default();
            let operation = builder.operation(endpoint, feature.name);
            item.insert(endpoint.method.to_ascii_lowercase(), operation.into());
            if endpoint.method == "GET" && !endpoint.operation.acts {
                item.insert("head".to_owned(), builder.head(endpoint, feature.name).into());
            }
        }
    }
    let document = Document {
        openapi: "3.1.0",
        info: json!({
            "title": "Rollbook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        }),
        servers: json!([{"url": "/", "description": "This server"}]),
        tags,
        paths,
        components: builder.components(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("a document is plain JSON");
    text.push('\n');
    text
}

/// What the operations have needed so far.
#[derive(Default)]
struct Builder {
    schemas: Object,
    refusals: BTreeSet<u16>,
}

impl Builder {
    fn operation(&mut self, endpoint: &Endpoint, tag: &str) -> Object {
        let Operation { id, summary, description, parameters, body, other_body, .. } =
            endpoint.operation;
        let mut operation = Object::new();
        let mut set = |name: &str, value: Value| operation.insert(name.to_owned(), value);
        set("operationId", id.into());
        set("summary", summary.into());
        set("description", with_scopes(description, endpoint.access).into());
        set("tags", json!([tag]));
        set("security", security(endpoint.access));
        set("responses", self.responses(endpoint, true).into());
        if let Access::AnyOf(scopes) = endpoint.access {
            set("x-scopes", scopes.iter().map(|scope| scope.name()).collect());
        }
        // Every write of the API may be sent again (`http::api::Idempotent`).
        let once = refusals::is_api_write(endpoint).then_some(&parameters::IDEMPOTENCY_KEY);
        let taken: Vec<Value> =
            parameters.iter().chain(once).map(|one| self.parameter(one)).collect();
        if !taken.is_empty() {
            set("parameters", taken.into());
        }
        let mut content = Object::new();
        for payload in [body, other_body].iter().flatten() {
            self.media(payload, &mut content);
        }
        if !content.is_empty() {
            set("requestBody", json!({"required": true, "content": content}));
        }
        operation
    }

    /// HEAD answers as GET does, without the body.
    fn head(&mut self, endpoint: &Endpoint, tag: &str) -> Object {
        let mut operation = self.operation(endpoint, tag);
        let Operation { id, summary, .. } = endpoint.operation;
        let name = id.strip_prefix("get").map_or_else(|| capital(id), str::to_owned);
        let description = with_scopes("The answer of GET without its body.", endpoint.access);
        let mut set = |name: &str, value: Value| operation.insert(name.to_owned(), value);
        set("operationId", format!("head{name}").into());
        set("summary", format!("{summary}: the headers alone").into());
        set("description", description.into());
        set("responses", self.responses(endpoint, false).into());
        operation
    }

    fn parameter(&mut self, parameter: &Parameter) -> Value {
        let Parameter { name, place, required, description, schema } = parameter;
        let place = match place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
        };
        let schema = schemas::settle(&schema(), &mut self.schemas);
        // A string that holds JSON is documented as that JSON.
        let held = (schema.get("contentMediaType").and_then(Value::as_str))
            .zip(schema.get("contentSchema"))
            .map(|(media, held)| json!({media: {"schema": held}}));
        let (shape, value) = held.map_or(("schema", schema), |content| ("content", content));
        json!({
            "name": name,
            "in": place,
            "required": required,
            "description": description,
            shape: value,
        })
    }

    fn media(&mut self, payload: &Payload, content: &mut Object) {
        for media in payload.media {
            let schema = schemas::settle(&(payload.schema)(), &mut self.schemas);
            content.insert((*media).to_owned(), json!({"schema": schema}));
        }
    }

    fn responses(&mut self, endpoint: &Endpoint, with_body: bool) -> Object {
        let mut responses = Object::new();
        let answers = endpoint.operation.answers;
        for status in answers.iter().map(|answer| answer.status).collect::<BTreeSet<u16>>() {
            let same: Vec<&Answer> = answers.iter().filter(|one| one.status == status).collect();
            responses.insert(status.to_string(), self.answer(endpoint, &same, with_body));
        }
        for status in refusals::of(endpoint) {
            let refusal = refusals::ALL.iter().find(|refusal| refusal.status == status);
            let refusal = refusal.expect("a test compares what is declared with ALL");
            let told = if creatiq::holds(endpoint.path) {
                creatiq::refusal(refusal.description)
            } else {
                self.refusals.insert(status);
                json!({"$ref": format!("#/components/responses/{}", refusal.name)})
            };
            responses.entry(status.to_string()).or_insert(told);
        }
        responses
    }

    /// All kinds of answers with one status.
    fn answer(&mut self, endpoint: &Endpoint, same: &[&Answer], with_body: bool) -> Value {
        let texts = same.iter().map(|answer| answer.description).filter(|text| !text.is_empty());
        let description = texts.collect::<Vec<_>>().join(" ");
        let mut content = Object::new();
        for body in same.iter().filter_map(|answer| answer.body).filter(|_| with_body) {
            self.media(&body, &mut content);
        }
        let headers = self.headers(endpoint);
        if content.is_empty() {
            json!({"description": description, "headers": headers})
        } else {
            json!({"description": description, "headers": headers, "content": content})
        }
    }

    fn headers(&mut self, endpoint: &Endpoint) -> Value {
        let mut headers = Object::new();
        let shared = [parameters::REQUEST_ID].into_iter();
        let xapi = endpoint.path.starts_with("/xapi/").then_some(parameters::XAPI_VERSION_ANSWERED);
        let api = endpoint.path.starts_with("/api/v1/").then_some(parameters::API_VERSION_ANSWERED);
        let own = endpoint.operation.headers.iter().copied();
        for header in shared.chain(xapi).chain(api).chain(own) {
            let shared = parameters::SHARED.iter().any(|one| one.name == header.name);
            let value = if shared { pointer_to(&header) } else { self.header(&header) };
            headers.insert(header.name.to_owned(), value);
        }
        headers.into()
    }

    fn header(&mut self, header: &Header) -> Value {
        let Header { name: _, description, schema } = header;
        let schema = schemas::settle(&schema(), &mut self.schemas);
        json!({"description": description, "schema": schema})
    }

    /// What the operations refer to, each once.
    fn components(mut self) -> Value {
        let mut responses = Object::new();
        for refusal in refusals::ALL.iter().filter(|one| self.refusals.contains(&one.status)) {
            let every = [
                parameters::REQUEST_ID,
                parameters::XAPI_VERSION_ANSWERED,
                parameters::API_VERSION_ANSWERED,
            ];
            let headers = every.iter().chain(refusal.headers);
            let headers: Object =
                headers.map(|header| (header.name.to_owned(), pointer_to(header))).collect();
            let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
            responses.insert(
                refusal.name.to_owned(),
                json!({
                    "description": refusal.description,
                    "headers": headers,
                    "content": {"application/problem+json": problem},
                }),
            );
        }
        let headers = parameters::SHARED.iter().map(|one| (one.name.to_owned(), self.header(one)));
        let headers: Object = headers.collect();
        for (name, schema) in refusals::problem() {
            self.schemas.insert(name.to_owned(), schema);
        }
        json!({
            "schemas": self.schemas,
            "headers": headers,
            "responses": responses,
            "securitySchemes": security_schemes(),
        })
    }
}

fn pointer_to(header: &Header) -> Value {
    json!({"$ref": format!("#/components/headers/{}", header.name)})
}

/// A credential of any kind, or none.
fn security(access: Access) -> Value {
    match access {
        Access::Open => json!([]),
        Access::AnyOf(_) => json!([{"basic": []}, {"bearer": []}, {"apiKey": []}]),
    }
}

fn security_schemes() -> Value {
    json!({
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "A key as the user name, its secret as the password.",
        },
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A JSON Web Token of an issuer that the tenant trusts, or a key and its \
                secret in one.",
        },
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "A key and its secret in one.",
        },
    })
}

fn with_scopes(description: &str, access: Access) -> String {
    let Access::AnyOf(scopes) = access else { return description.to_owned() };
    let names: Vec<String> = scopes.iter().map(|scope| format!("`{}`", scope.name())).collect();
    let needs = match names.as_slice() {
        [one] => format!("Needs the scope {one}."),
        _ => format!("Needs one of the scopes {}.", names.join(", ")),
    };
    if description.is_empty() { needs } else { format!("{description}\n\n{needs}") }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}
