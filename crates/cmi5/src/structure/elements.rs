//! Elements and attributes as the schema wants them, with a fault for each that it does not (13.2).

use super::{Fault, NAMESPACE, Rule, SCHEMA};
use roxmltree::{Document, Node};
use std::fmt::Write as _;

/// White space of XML, which is trimmed from every value (13.1).
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// A document and what is wrong with it so far.
pub(super) struct Reader<'d> {
    document: &'d Document<'d>,
    faults: Vec<Fault>,
}

/// The elements of this namespace in one element, in order.
pub(super) struct Children<'d> {
    parent: Node<'d, 'd>,
    rest: std::collections::VecDeque<Node<'d, 'd>>,
}

impl<'d> Reader<'d> {
    pub(super) fn new(document: &'d Document<'d>) -> Self {
        Self { document, faults: Vec::new() }
    }

    pub(super) fn root(&self) -> Node<'d, 'd> {
        self.document.root_element()
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// A fault of an element.
    pub(super) fn fault(
        &mut self,
        node: Node<'_, '_>,
        rule: Rule,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(node.range().start, path(node), rule, message.into(), fix.into());
    }

    /// A fault of an attribute, whether it is there or not.
    pub(super) fn attribute_fault(
        &mut self,
        node: Node<'_, '_>,
        name: &str,
        rule: Rule,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let place =
            node.attribute_node(name).map_or(node.range().start, |found| found.range().start);
        self.add(place, format!("{}/@{name}", path(node)), rule, message.into(), fix.into());
    }

    fn add(&mut self, place: usize, path: String, rule: Rule, message: String, fix: String) {
        let place = self.document.text_pos_at(place);
        let Rule { requirement, clause } = rule;
        self.faults.push(Fault {
            requirement,
            clause,
            line: place.row,
            column: place.col,
            path,
            message,
            fix,
        });
    }

    /// The elements of an element that has no text of its own; foreign ones come last (13.1.5).
    pub(super) fn children(&mut self, parent: Node<'d, 'd>) -> Children<'d> {
        let mut rest = std::collections::VecDeque::new();
        let mut foreign = false;
        for child in parent.children() {
            if child.is_text() && !child.text().unwrap_or_default().trim_matches(BLANK).is_empty() {
                let message =
                    format!("<{}> holds text beside its elements", parent.tag_name().name());
                self.fault(
                    parent,
                    SCHEMA,
                    message,
                    "move the text into the element that it belongs to",
                );
            }
            if !child.is_element() {
                continue;
            }
            match child.tag_name().namespace() {
                Some(NAMESPACE) => {
                    if foreign {
                        let message =
                            format!("<{}> stands after an extension", child.tag_name().name());
                        self.fault(child, SCHEMA, message, "put elements of other namespaces last");
                    }
                    rest.push_back(child);
                }
                Some(namespace) if !namespace.is_empty() => foreign = true,
                _ => {
                    let message = format!("<{}> has no namespace", child.tag_name().name());
                    self.fault(
                        child,
                        SCHEMA,
                        message,
                        format!("put it into {NAMESPACE:?}, or remove it"),
                    );
                }
            }
        }
        Children { parent, rest }
    }

    /// The next element, which must have this name.
    pub(super) fn required(
        &mut self,
        children: &mut Children<'d>,
        name: &str,
    ) -> Option<Node<'d, 'd>> {
        let found = children.optional(name);
        if found.is_none() {
            let parent = children.parent.tag_name().name();
            let later = children.rest.iter().position(|child| child.tag_name().name() == name);
            if let Some(late) = later.and_then(|index| children.rest.remove(index)) {
                let message = format!("<{name}> is not where the schema has it in <{parent}>");
                self.fault(late, SCHEMA, message, order_of(parent));
                return Some(late);
            }
            let message = format!("<{parent}> has no <{name}>");
            let fix = format!("add <{name}>; {}", order_of(parent));
            self.fault(children.parent, SCHEMA, message, fix);
        }
        found
    }

    /// All that is left, each with a name among `names`; what has another is a fault.
    pub(super) fn remaining(
        &mut self,
        children: Children<'d>,
        names: &[&str],
    ) -> Vec<Node<'d, 'd>> {
        let parent = children.parent.tag_name().name();
        let mut found = Vec::new();
        for child in children.rest {
            let name = child.tag_name().name();
            if names.contains(&name) {
                found.push(child);
            } else {
                self.fault(
                    child,
                    SCHEMA,
                    format!("<{name}> is not expected here in <{parent}>"),
                    order_of(parent),
                );
            }
        }
        found
    }

    /// Finds attributes that the schema does not know. Those of other namespaces are extensions.
    pub(super) fn attributes(&mut self, node: Node<'d, 'd>, known: &[&str]) {
        for attribute in node.attributes() {
            let name = attribute.name();
            let own = attribute.namespace().is_none_or(|namespace| namespace == NAMESPACE);
            if own && (attribute.namespace().is_some() || !known.contains(&name)) {
                let fix = match known {
                    [] => "remove it".to_owned(),
                    known => format!("the attributes here are {}", known.join(", ")),
                };
                let message = format!("<{}> has no attribute {name:?}", node.tag_name().name());
                self.attribute_fault(node, name, SCHEMA, message, fix);
            }
        }
    }

    /// An element's text, trimmed; elements inside it are a fault.
    pub(super) fn text(&mut self, node: Node<'d, 'd>) -> String {
        if let Some(inner) = node.children().find(Node::is_element) {
            let message = format!("<{}> holds text only", node.tag_name().name());
            self.fault(inner, SCHEMA, message, "remove the element, or escape it as text");
        }
        content(node)
    }
}

impl<'d> Children<'d> {
    /// The next element, if it has this name.
    pub(super) fn optional(&mut self, name: &str) -> Option<Node<'d, 'd>> {
        let found = *self.rest.front().filter(|next| next.tag_name().name() == name)?;
        self.rest.pop_front();
        Some(found)
    }
}

/// All text in a node, trimmed.
pub(super) fn content(node: Node<'_, '_>) -> String {
    let mut text = String::new();
    for part in node.descendants().filter(Node::is_text) {
        text.push_str(part.text().unwrap_or_default());
    }
    text.trim_matches(BLANK).to_owned()
}

/// An attribute's value, trimmed.
pub(super) fn attribute<'d>(node: Node<'d, 'd>, name: &str) -> Option<&'d str> {
    node.attribute(name).map(|value| value.trim_matches(BLANK))
}

/// Where an element is, such as `/courseStructure/block[2]/au[1]`.
fn path(node: Node<'_, '_>) -> String {
    let mut steps: Vec<_> = node.ancestors().filter(Node::is_element).collect();
    steps.reverse();
    let mut path = String::new();
    for step in steps {
        let name = step.tag_name().name();
        let same = |other: &Node<'_, '_>| other.is_element() && other.tag_name() == step.tag_name();
        let alike = step.parent().map_or(1, |parent| parent.children().filter(same).count());
        write!(path, "/{name}").expect("a String takes any text");
        if alike > 1 {
            let before = step.prev_siblings().skip(1).filter(same).count();
            write!(path, "[{}]", before + 1).expect("a String takes any text");
        }
    }
    path
}

fn order_of(element: &str) -> &'static str {
    match element {
        "courseStructure" => {
            "in order: course, objectives if any, then au and block elements, one at least"
        }
        "course" => "in order: title, description",
        "block" => {
            "in order: title, description, objectives if any, then au and block elements, one at least"
        }
        "au" => {
            "in order: title, description, objectives if any, url, launchParameters if any, entitlementKey if any"
        }
        "objectives" => "one objective at least and nothing else",
        "objective" => "title and description, one of each",
        "title" | "description" => "one langstring at least and nothing else",
        _ => "see the schema, 13.2",
    }
}
