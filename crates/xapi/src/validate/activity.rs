//! Rules of Activities, definitions and interactions (1.0.3 Data 2.4.4.1; 9274.1.1 4.2.2.3).
//!
//! The formats inside `correctResponsesPattern` are for those who read them: the standard asks the
//! store to leave them alone.

use super::check::Check;
use super::path::Path;
use super::rules::{self, Rule};
use super::values::repeats;
use crate::activity::{Activity, Definition, InteractionType};
use crate::json::Node;

const DEFINITION_KEYS: [&str; 12] = [
    "name",
    "description",
    "type",
    "moreInfo",
    "interactionType",
    "correctResponsesPattern",
    "choices",
    "scale",
    "source",
    "target",
    "steps",
    "extensions",
];

const LISTS: [&str; 5] = ["choices", "scale", "source", "target", "steps"];

impl Check {
    /// An Activity; `rule` is what makes it one.
    pub(super) fn activity<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<Activity<'a>> {
        let keys = ["objectType", "id", "definition"];
        let [kind, id, definition] = self.object(path, node, &keys, rule)?;
        if let Some(kind) = kind {
            let at = path.key("objectType");
            match self.string(&at, kind, &rules::OBJECT_TYPE_STRING) {
                None | Some("Activity") => {}
                Some(text) => self.not_listed(&at, text, &["Activity"], &rules::OBJECT_TYPE),
            }
        }
        if id.is_none() {
            self.missing(path, "id", &rules::ACTIVITY_ID);
        }
        let id = id.and_then(|id| self.iri(&path.key("id"), id, &rules::ACTIVITY_ID));
        let definition = definition.and_then(|node| self.definition(&path.key("definition"), node));
        Some(Activity { raw: node.raw, id: id?, definition })
    }

    fn definition<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Definition<'a>> {
        let fields = self.object(path, node, &DEFINITION_KEYS, &rules::DEFINITION)?;
        let [name, description, kind, more_info, interaction, pattern, lists @ .., extensions] =
            fields;
        if let Some(node) = name {
            self.language_map(&path.key("name"), node, &rules::DEFINITION_NAME);
        }
        if let Some(node) = description {
            let at = path.key("description");
            self.language_map(&at, node, &rules::DEFINITION_DESCRIPTION);
        }
        if let Some(node) = more_info {
            self.iri(&path.key("moreInfo"), node, &rules::MORE_INFO);
        }
        if let Some(node) = extensions {
            self.extensions(&path.key("extensions"), node, &rules::DEFINITION_EXTENSIONS);
        }
        let interaction = self.interaction(path, interaction, pattern, &lists);
        let kind = kind.and_then(|n| self.iri(&path.key("type"), n, &rules::DEFINITION_TYPE));
        Some(Definition { raw: node.raw, node, kind, interaction })
    }

    fn interaction<'a>(
        &mut self,
        path: &Path<'_>,
        kind: Option<&'a Node<'a>>,
        pattern: Option<&'a Node<'a>>,
        lists: &[Option<&'a Node<'a>>; 5],
    ) -> Option<InteractionType> {
        let used = pattern.is_some() || lists.iter().any(Option::is_some);
        if kind.is_none() && used {
            let message = "there are properties of an interaction, but no `interactionType`";
            let fix = "add `interactionType`";
            self.report(path, &rules::INTERACTION_TYPE_MISSING, message, fix);
        }
        let kind = kind.and_then(|node| self.interaction_type(&path.key("interactionType"), node));
        if let Some(node) = pattern {
            self.responses_pattern(&path.key("correctResponsesPattern"), node);
        }
        for (key, node) in LISTS.iter().zip(lists) {
            let Some(node) = node else { continue };
            let at = path.key(key);
            if kind.is_some_and(|kind| !kind.components().contains(key)) {
                let message = format!("`{key}` is not a list that this interactionType supports");
                let fix = "remove it, or send the `interactionType` that it belongs to";
                self.report(&at, &rules::COMPONENTS_UNSUPPORTED, message, fix);
            }
            self.components(&at, node);
        }
        kind
    }

    fn interaction_type(&mut self, path: &Path<'_>, node: &Node<'_>) -> Option<InteractionType> {
        let text = self.string(path, node, &rules::INTERACTION_TYPE)?;
        let kind = InteractionType::from_name(text);
        if kind.is_none() {
            let names = InteractionType::ALL.map(InteractionType::name);
            self.not_listed(path, text, &names, &rules::INTERACTION_TYPE);
        }
        kind
    }

    fn responses_pattern(&mut self, path: &Path<'_>, node: &Node<'_>) {
        let Some(items) = self.array(path, node, &rules::RESPONSES_PATTERN) else { return };
        for (index, item) in items.iter().enumerate() {
            self.string(&path.index(index), item, &rules::RESPONSES_PATTERN);
        }
    }

    fn components(&mut self, path: &Path<'_>, node: &Node<'_>) {
        let Some(items) = self.array(path, node, &rules::COMPONENTS) else { return };
        let mut ids = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            ids.extend(self.component(&path.index(index), item));
        }
        for _ in repeats(ids.iter().copied()) {
            let message = format!("an id is there more than once in {}", path.name());
            self.report(path, &rules::COMPONENT_IDS, message, "give each component its own id");
        }
    }

    fn component<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<&'a str> {
        let keys = ["id", "description"];
        let [id, description] = self.object(path, node, &keys, &rules::COMPONENTS)?;
        if id.is_none() {
            self.missing(path, "id", &rules::COMPONENTS);
        }
        if let Some(node) = description {
            let at = path.key("description");
            self.language_map(&at, node, &rules::COMPONENT_DESCRIPTION);
        }
        self.string(&path.key("id"), id?, &rules::COMPONENTS)
    }
}
