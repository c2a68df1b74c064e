//! The parts of a structure, each read by the schema's rules for it (13.1, 13.2).

use super::elements::{Children, Reader, attribute, content};
use super::{IRI, MASTERY, NAMESPACE, SCHEMA};
use crate::course::{
    Au, Block, Course, DEPTH_MAX, LangString, LaunchMethod, MasteryScore, MoveOn, Node, Objective,
};
use roxmltree::Node as Element;

/// A course and the elements that its parts came from, in the order of the text.
pub(super) struct Parsed<'d> {
    pub(super) course: Course,
    pub(super) blocks: Vec<(String, Element<'d, 'd>)>,
    pub(super) aus: Vec<(String, String, Element<'d, 'd>)>,
    pub(super) objectives: Vec<(String, Element<'d, 'd>)>,
    pub(super) references: Vec<(String, Element<'d, 'd>)>,
}

/// The document's course; none if it has none that could be read on.
pub(super) fn structure<'d>(reader: &mut Reader<'d>) -> Option<Parsed<'d>> {
    let root = reader.root();
    if !root.has_tag_name((NAMESPACE, "courseStructure")) {
        let message =
            format!("the outermost element is <{}>, not <courseStructure>", root.tag_name().name());
        reader.fault(root, SCHEMA, message, format!("use <courseStructure xmlns={NAMESPACE:?}>"));
        return None;
    }
    reader.attributes(root, &[]);
    let mut children = reader.children(root);
    let mut parsed = Parsed {
        course: Course {
            id: String::new(),
            title: Vec::new(),
            description: Vec::new(),
            objectives: Vec::new(),
            children: Vec::new(),
        },
        blocks: Vec::new(),
        aus: Vec::new(),
        objectives: Vec::new(),
        references: Vec::new(),
    };
    if let Some(element) = reader.required(&mut children, "course") {
        reader.attributes(element, &["id"]);
        parsed.course.id = id(reader, element, "id");
        let mut inner = reader.children(element);
        (parsed.course.title, parsed.course.description) = texts(reader, &mut inner);
        reader.remaining(inner, &[]);
    }
    if let Some(element) = children.optional("objectives") {
        parsed.course.objectives = objectives(reader, element, &mut parsed);
    }
    parsed.course.children = members(reader, root, children, &mut parsed, 0);
    Some(parsed)
}

/// `au` and `block` elements, one at least.
fn members<'d>(
    reader: &mut Reader<'d>,
    parent: Element<'d, 'd>,
    children: Children<'d>,
    parsed: &mut Parsed<'d>,
    depth: usize,
) -> Vec<Node> {
    let elements = reader.remaining(children, &["au", "block"]);
    if elements.is_empty() {
        let message = format!("<{}> has neither an <au> nor a <block>", parent.tag_name().name());
        reader.fault(parent, SCHEMA, message, "add one, or remove the element");
    }
    if depth > DEPTH_MAX {
        let message = format!("blocks are nested deeper than {DEPTH_MAX}");
        reader.fault(parent, super::XML, message, "flatten the course");
        return Vec::new();
    }
    let mut nodes = Vec::with_capacity(elements.len());
    for element in elements {
        nodes.push(if element.tag_name().name() == "au" {
            Node::Au(au(reader, element, parsed))
        } else {
            Node::Block(block(reader, element, parsed, depth))
        });
    }
    nodes
}

fn block<'d>(
    reader: &mut Reader<'d>,
    element: Element<'d, 'd>,
    parsed: &mut Parsed<'d>,
    depth: usize,
) -> Block {
    reader.attributes(element, &["id"]);
    let id = id(reader, element, "id");
    parsed.blocks.push((id.clone(), element));
    let mut children = reader.children(element);
    let (title, description) = texts(reader, &mut children);
    let objectives = references(reader, &mut children, parsed);
    let children = members(reader, element, children, parsed, depth + 1);
    Block { id, title, description, objectives, children }
}

fn au<'d>(reader: &mut Reader<'d>, element: Element<'d, 'd>, parsed: &mut Parsed<'d>) -> Au {
    let known = ["id", "moveOn", "masteryScore", "launchMethod", "activityType"];
    reader.attributes(element, &known);
    let id = id(reader, element, "id");
    let launch_method = one_of(reader, element, "launchMethod", &LaunchMethod::ALL);
    let move_on = one_of(reader, element, "moveOn", &MoveOn::ALL);
    let mastery_score = attribute(element, "masteryScore").and_then(|text| {
        let score = MasteryScore::parse(text);
        if let Err(reason) = &score {
            let fix = "give a decimal from 0 to 1 with at most four places, such as 0.8";
            reader.attribute_fault(element, "masteryScore", MASTERY, *reason, fix);
        }
        score.ok()
    });
    let activity_type =
        attribute(element, "activityType").filter(|text| !text.is_empty()).map(str::to_owned);
    let mut children = reader.children(element);
    let (title, description) = texts(reader, &mut children);
    let objectives = references(reader, &mut children, parsed);
    let url = reader.required(&mut children, "url");
    let text = url.map(|element| {
        reader.attributes(element, &[]);
        reader.text(element)
    });
    let url_text = text.unwrap_or_default();
    if let Some(url) = url {
        parsed.aus.push((id.clone(), url_text.clone(), url));
    }
    // Anything may be in these two (`xs:anyType`); what counts is their text.
    let launch_parameters = children.optional("launchParameters").map(content);
    let entitlement_key = children.optional("entitlementKey").map(content);
    reader.remaining(children, &[]);
    Au {
        id,
        title,
        description,
        objectives,
        url: url_text,
        launch_method,
        move_on,
        mastery_score,
        launch_parameters,
        entitlement_key,
        activity_type,
    }
}

fn objectives<'d>(
    reader: &mut Reader<'d>,
    element: Element<'d, 'd>,
    parsed: &mut Parsed<'d>,
) -> Vec<Objective> {
    reader.attributes(element, &[]);
    let children = reader.children(element);
    let elements = reader.remaining(children, &["objective"]);
    if elements.is_empty() {
        reader.fault(
            element,
            SCHEMA,
            "<objectives> has no <objective>",
            "add one, or remove the element",
        );
    }
    let mut objectives = Vec::with_capacity(elements.len());
    for element in elements {
        reader.attributes(element, &["id"]);
        let id = id(reader, element, "id");
        parsed.objectives.push((id.clone(), element));
        let mut children = reader.children(element);
        // The only place where the order is free (`xs:all`).
        let early = children.optional("description");
        let title = reader.required(&mut children, "title");
        let description = early.or_else(|| reader.required(&mut children, "description"));
        reader.remaining(children, &[]);
        let title = title.map(|element| langstrings(reader, element)).unwrap_or_default();
        let description =
            description.map(|element| langstrings(reader, element)).unwrap_or_default();
        objectives.push(Objective { id, title, description });
    }
    objectives
}

fn references<'d>(
    reader: &mut Reader<'d>,
    children: &mut Children<'d>,
    parsed: &mut Parsed<'d>,
) -> Vec<String> {
    let Some(element) = children.optional("objectives") else { return Vec::new() };
    reader.attributes(element, &[]);
    let inner = reader.children(element);
    let elements = reader.remaining(inner, &["objective"]);
    if elements.is_empty() {
        reader.fault(
            element,
            SCHEMA,
            "<objectives> has no <objective>",
            "add one, or remove the element",
        );
    }
    let mut ids = Vec::with_capacity(elements.len());
    for element in elements {
        reader.attributes(element, &["idref"]);
        // The schema lets the reference be absent; then it says nothing.
        if element.has_attribute("idref") {
            let id = id(reader, element, "idref");
            parsed.references.push((id.clone(), element));
            ids.push(id);
        }
        let nothing = reader.children(element);
        reader.remaining(nothing, &[]);
    }
    ids
}

fn texts<'d>(
    reader: &mut Reader<'d>,
    children: &mut Children<'d>,
) -> (Vec<LangString>, Vec<LangString>) {
    let title = reader.required(children, "title");
    let description = reader.required(children, "description");
    let title = title.map(|element| langstrings(reader, element)).unwrap_or_default();
    (title, description.map(|element| langstrings(reader, element)).unwrap_or_default())
}

fn langstrings<'d>(reader: &mut Reader<'d>, element: Element<'d, 'd>) -> Vec<LangString> {
    reader.attributes(element, &[]);
    let children = reader.children(element);
    let elements = reader.remaining(children, &["langstring"]);
    if elements.is_empty() {
        let message = format!("<{}> has no <langstring>", element.tag_name().name());
        reader.fault(element, SCHEMA, message, "put the text into a <langstring lang=\"…\">");
    }
    let mut texts = Vec::with_capacity(elements.len());
    for element in elements {
        reader.attributes(element, &["lang"]);
        let lang = attribute(element, "lang").map(str::to_owned);
        if let Some(lang) = &lang
            && !is_language(lang)
        {
            let message = format!("{lang:?} is no language tag");
            reader.attribute_fault(
                element,
                "lang",
                SCHEMA,
                message,
                "use a tag such as en-US, or leave it out",
            );
        }
        texts.push(LangString { lang, text: reader.text(element) });
    }
    texts
}

/// `xs:language`.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let sized = |part: &str| (1..=8).contains(&part.len());
    parts.next().is_some_and(|first| sized(first) && first.bytes().all(|b| b.is_ascii_alphabetic()))
        && parts.all(|part| sized(part) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Bytes of an id, which statements name.
const ID_BYTES_MAX: usize = 2_000;

/// An id, or a reference to one: an absolute IRI (3.0).
fn id<'d>(reader: &mut Reader<'d>, element: Element<'d, 'd>, name: &str) -> String {
    let Some(id) = attribute(element, name) else {
        let message = format!("<{}> has no {name}", element.tag_name().name());
        reader.attribute_fault(element, name, SCHEMA, message, "give it an absolute IRI");
        return String::new();
    };
    if id.len() > ID_BYTES_MAX {
        let message = format!("the {name} has more than {ID_BYTES_MAX} bytes");
        let fix = "use a shorter one: an id need not carry content";
        reader.attribute_fault(element, name, IRI, message, fix);
    } else if !rollbook_xapi::iri::is_iri(id) {
        let message = format!("{id:?} is no absolute IRI");
        let fix = "use a full IRI such as https://example.com/courses/1";
        reader.attribute_fault(element, name, IRI, message, fix);
    }
    id.to_owned()
}

/// A value out of a list; the default if it is absent.
fn one_of<'d, T: Copy + Default>(
    reader: &mut Reader<'d>,
    element: Element<'d, 'd>,
    name: &str,
    values: &[(&str, T)],
) -> T {
    let Some(text) = attribute(element, name) else { return T::default() };
    if let Some((_, value)) = values.iter().find(|(known, _)| *known == text) {
        return *value;
    }
    let known: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    let fix = format!("use one of {}", known.join(", "));
    reader.attribute_fault(element, name, SCHEMA, format!("{text:?} is no value of {name}"), fix);
    T::default()
}
