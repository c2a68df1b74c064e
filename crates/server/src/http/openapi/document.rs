//! The document, put together.

use super::operation::{Answer, Header, Operation, Parameter, Payload, Place};
use super::{parameters, refusals, schemas};
use crate::http::feature::{Access, Endpoint, Feature};
use serde::Serialize;
use serde_json::{Map, Value, json};

const ABOUT: &str = "\
Rollbook keeps learning records: an xAPI store for 1.0.3 and 2.0 (IEEE 9274.1.1).

**Who is calling.** `Authorization: Basic` with a key and its secret, `Authorization: Bearer` with \
a token or a key, or `X-API-Key`. What a credential may do are its scopes; each operation names \
those of which it needs one. What belongs to another tenant does not exist (404).

**Refusals** are `application/problem+json` (RFC 9457) with a stable `code`; those of a statement \
name every fault, with its place, the requirement of the standard and what would mend it.

**xAPI** is also served under `/xAPI`, `/api/xapi` and `/api/xapi/statements`.";

/// The members of the document in the order in which people read them.
#[derive(Serialize)]
struct Document {
    openapi: &'static str,
    info: Value,
    servers: Value,
    tags: Vec<Value>,
    paths: Map<String, Value>,
    components: Value,
}

/// The OpenAPI document of `features` as text, always the same for the same program.
///
/// # Panics
/// If two schemas have one name; a test makes the document of every feature there is.
pub fn document(features: &[&Feature]) -> String {
    let mut builder = Builder::default();
    let (mut paths, mut tags) = (Map::new(), Vec::new());
    for feature in features.iter().filter(|feature| !feature.endpoints.is_empty()) {
        tags.push(json!({"name": feature.name}));
        for endpoint in feature.endpoints {
            let item = paths.entry(endpoint.path).or_insert_with(|| json!({}));
            item[endpoint.method.to_ascii_lowercase()] = builder.operation(endpoint, feature.name);
            if endpoint.method == "GET" {
                item["head"] = builder.head(endpoint, feature.name);
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
    schemas: Map<String, Value>,
    refusals: Vec<u16>,
}

impl Builder {
    fn operation(&mut self, endpoint: &Endpoint, tag: &str) -> Value {
        let Operation { id, summary, description, parameters, body, other_body, .. } =
            endpoint.operation;
        let mut value = json!({
            "operationId": id,
            "summary": summary,
            "description": with_scopes(description, endpoint.access),
            "tags": [tag],
            "security": security(endpoint.access),
            "responses": self.responses(endpoint, true),
        });
        if let Access::AnyOf(scopes) = endpoint.access {
            value["x-scopes"] = scopes.iter().map(|scope| scope.name()).collect();
        }
        if !parameters.is_empty() {
            value["parameters"] = parameters.iter().map(|one| self.parameter(one)).collect();
        }
        let mut content = Map::new();
        for payload in [body, other_body].iter().flatten() {
            self.media(payload, &mut content);
        }
        if !content.is_empty() {
            value["requestBody"] = json!({"required": true, "content": content});
        }
        value
    }

    /// HEAD answers as GET does, without the body.
    fn head(&mut self, endpoint: &Endpoint, tag: &str) -> Value {
        let mut value = self.operation(endpoint, tag);
        let Operation { id, summary, .. } = endpoint.operation;
        let name = id.strip_prefix("get").map_or_else(|| capital(id), str::to_owned);
        value["operationId"] = format!("head{name}").into();
        value["summary"] = format!("{summary}: the headers alone").into();
        value["description"] =
            with_scopes("The answer of GET without its body.", endpoint.access).into();
        value["responses"] = self.responses(endpoint, false).into();
        value
    }

    fn parameter(&mut self, parameter: &Parameter) -> Value {
        let Parameter { name, place, required, description, schema } = parameter;
        let place = match place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
        };
        let mut value = json!({
            "name": name, "in": place, "required": required, "description": description,
        });
        let mut schema = schemas::settle(&schema(), &mut self.schemas);
        let content = schema.get_mut("contentSchema").map(Value::take);
        match (content, schema.get("contentMediaType").and_then(Value::as_str)) {
            (Some(content), Some(media)) => value["content"] = json!({media: {"schema": content}}),
            _ => value["schema"] = schema,
        }
        value
    }

    fn media(&mut self, payload: &Payload, content: &mut Map<String, Value>) {
        for media in payload.media {
            let schema = schemas::settle(&(payload.schema)(), &mut self.schemas);
            content.insert((*media).to_owned(), json!({"schema": schema}));
        }
    }

    fn responses(&mut self, endpoint: &Endpoint, with_body: bool) -> Map<String, Value> {
        let mut responses = Map::new();
        for answer in endpoint.operation.answers {
            let value = responses.entry(answer.status.to_string()).or_insert_with(|| json!({}));
            self.answer(endpoint, answer, with_body, value);
        }
        for status in refusals::of(endpoint) {
            let refusal = refusals::ALL.iter().find(|refusal| refusal.status == status);
            let refusal = refusal.expect("a test compares what is declared with ALL");
            if !self.refusals.contains(&status) {
                self.refusals.push(status);
            }
            let pointer = json!({"$ref": format!("#/components/responses/{}", refusal.name)});
            responses.entry(status.to_string()).or_insert(pointer);
        }
        responses
    }

    /// Adds one kind of answer to what is said of its status.
    fn answer(&mut self, endpoint: &Endpoint, answer: &Answer, with_body: bool, value: &mut Value) {
        let Answer { status: _, description, body } = answer;
        value["description"] = match value["description"].as_str() {
            Some(before) => format!("{before} {description}").trim_end().into(),
            None => (*description).into(),
        };
        value["headers"] = self.headers(endpoint);
        let (true, Some(body)) = (with_body, body) else { return };
        let mut content = value["content"].as_object().cloned().unwrap_or_default();
        self.media(body, &mut content);
        value["content"] = content.into();
    }

    fn headers(&mut self, endpoint: &Endpoint) -> Value {
        let mut headers = Map::new();
        let shared = [parameters::REQUEST_ID].into_iter();
        let xapi = endpoint.path.starts_with("/xapi/").then_some(parameters::XAPI_VERSION_ANSWERED);
        let api = endpoint.path.starts_with("/api/v1/").then_some(parameters::API_VERSION_ANSWERED);
        let own = endpoint.operation.headers.iter().copied();
        for header in shared.chain(xapi).chain(api).chain(own) {
            let value = match parameters::SHARED.iter().any(|one| one.name == header.name) {
                true => json!({"$ref": format!("#/components/headers/{}", header.name)}),
                false => self.header(&header),
            };
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
        let mut responses = Map::new();
        for refusal in refusals::ALL.iter().filter(|one| self.refusals.contains(&one.status)) {
            let every = [
                parameters::REQUEST_ID,
                parameters::XAPI_VERSION_ANSWERED,
                parameters::API_VERSION_ANSWERED,
            ];
            let headers = every.iter().chain(refusal.headers).map(|header| {
                let pointer = json!({"$ref": format!("#/components/headers/{}", header.name)});
                (header.name.to_owned(), pointer)
            });
            let headers: Map<String, Value> = headers.collect();
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
        let headers: Map<String, Value> = headers.collect();
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
