//! Rules of contexts (1.0.3 Data 2.4.6; 9274.1.1 4.2.2.5).

use super::check::Check;
use super::object::ObjectType;
use super::path::Path;
use super::rules::{self, Rule};
use crate::activity::Activity;
use crate::context::{Context, ContextActivities, ContextAgent, ContextGroup};
use crate::json::{Kind, Node};
use crate::language;
use crate::version::Version;

const KEYS: [&str; 9] = [
    "registration",
    "instructor",
    "team",
    "contextActivities",
    "revision",
    "platform",
    "language",
    "statement",
    "extensions",
];
const KEYS_V2: [&str; 11] = [
    "registration",
    "instructor",
    "team",
    "contextActivities",
    "revision",
    "platform",
    "language",
    "statement",
    "extensions",
    "contextAgents",
    "contextGroups",
];

impl Check {
    /// The context of a statement whose Object is of the type `object`, as far as that is known.
    pub(super) fn context<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        object: Option<ObjectType>,
    ) -> Option<Context<'a>> {
        let (fields, agents, groups) = match self.version {
            Version::V1 => (self.object(path, node, &KEYS, &rules::TYPE)?, None, None),
            Version::V2 => {
                let [fields @ .., agents, groups] =
                    self.object(path, node, &KEYS_V2, &rules::TYPE)?;
                (fields, agents, groups)
            }
        };
        let [registration, instructor, team, activities, revision, platform, fields @ ..] = fields;
        let [language, statement, extensions] = fields;
        Some(Context {
            raw: node.raw,
            node,
            registration: registration
                .and_then(|n| self.uuid(&path.key("registration"), n, [&rules::REGISTRATION; 2])),
            instructor: instructor
                .and_then(|n| self.actor(&path.key("instructor"), n, &rules::INSTRUCTOR)),
            team: team.and_then(|n| self.only_group(&path.key("team"), n, &rules::TEAM)),
            activities: activities
                .and_then(|n| self.context_activities(&path.key("contextActivities"), n)),
            agents: self.context_agents(&path.key("contextAgents"), agents),
            groups: self.context_groups(&path.key("contextGroups"), groups),
            revision: revision.and_then(|n| {
                let rules = [&rules::REVISION, &rules::REVISION_OBJECT];
                self.about_activity(&path.key("revision"), n, object, rules)
            }),
            platform: platform.and_then(|n| {
                let rules = [&rules::PLATFORM, &rules::PLATFORM_OBJECT];
                self.about_activity(&path.key("platform"), n, object, rules)
            }),
            language: language.and_then(|n| self.language(&path.key("language"), n)),
            statement: statement.and_then(|n| {
                self.statement_ref(&path.key("statement"), n, &rules::CONTEXT_STATEMENT)
            }),
            extensions: extensions.and_then(|n| {
                self.extensions(&path.key("extensions"), n, &rules::CONTEXT_EXTENSIONS)
            }),
        })
    }

    /// A string that is allowed only where the Object is an Activity.
    fn about_activity<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        object: Option<ObjectType>,
        rules: [&Rule; 2],
    ) -> Option<&'a str> {
        let [string, about] = rules;
        if object.is_some_and(|object| object != ObjectType::Activity) {
            let message = format!("{} is there, but the object is not an Activity", path.name());
            self.report(path, about, message, "remove it");
        }
        self.string(path, node, string)
    }

    fn language<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<&'a str> {
        let text = self.string(path, node, &rules::LANGUAGE)?;
        if language::is_tag(text) {
            return Some(text);
        }
        let message = "`language` is not a language tag";
        let fix = "send a tag of RFC 5646, such as `en` or `de-AT`";
        self.report(path, &rules::LANGUAGE, message, fix);
        None
    }

    fn context_activities<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
    ) -> Option<ContextActivities<'a>> {
        let keys = ["parent", "grouping", "category", "other"];
        let rules = [&rules::CONTEXT_ACTIVITIES, &rules::CONTEXT_ACTIVITIES_KEY];
        let [parent, grouping, category, other] = self.map(path, node, &keys, rules)?;
        Some(ContextActivities {
            raw: node.raw,
            node,
            parent: self.activities(&path.key("parent"), parent),
            grouping: self.activities(&path.key("grouping"), grouping),
            category: self.activities(&path.key("category"), category),
            other: self.activities(&path.key("other"), other),
        })
    }

    /// An array of Activities, or one of them by itself.
    fn activities<'a>(&mut self, path: &Path<'_>, node: Option<&'a Node<'a>>) -> Vec<Activity<'a>> {
        let Some(node) = node else { return Vec::new() };
        let rule = &rules::CONTEXT_ACTIVITIES_VALUE;
        match &node.kind {
            Kind::Array(items) => {
                let items = items.iter().enumerate();
                items.filter_map(|(i, item)| self.activity(&path.index(i), item, rule)).collect()
            }
            Kind::Object(_) => self.activity(path, node, rule).into_iter().collect(),
            _ => {
                self.wrong_type(path, node, rule, "an array of Activities");
                Vec::new()
            }
        }
    }

    fn context_agents<'a>(
        &mut self,
        path: &Path<'_>,
        node: Option<&'a Node<'a>>,
    ) -> Vec<ContextAgent<'a>> {
        let rule = &rules::CONTEXT_AGENTS;
        let items = node.and_then(|node| self.array(path, node, rule)).unwrap_or_default();
        let agent = |(index, item): (usize, &'a Node<'a>)| {
            let path = path.index(index);
            let [kind, agent, types] =
                self.object(&path, item, &["objectType", "agent", "relevantTypes"], rule)?;
            self.fixed_type(&path, kind, "contextAgent", rule);
            if agent.is_none() {
                self.missing(&path, "agent", rule);
            }
            let agent = agent.and_then(|n| self.only_agent(&path.key("agent"), n, rule));
            let relevant_types = self.relevant_types(&path.key("relevantTypes"), types);
            Some(ContextAgent { raw: item.raw, agent: agent?, relevant_types })
        };
        items.iter().enumerate().filter_map(agent).collect()
    }

    fn context_groups<'a>(
        &mut self,
        path: &Path<'_>,
        node: Option<&'a Node<'a>>,
    ) -> Vec<ContextGroup<'a>> {
        let rule = &rules::CONTEXT_GROUPS;
        let items = node.and_then(|node| self.array(path, node, rule)).unwrap_or_default();
        let group = |(index, item): (usize, &'a Node<'a>)| {
            let path = path.index(index);
            let [kind, group, types] =
                self.object(&path, item, &["objectType", "group", "relevantTypes"], rule)?;
            self.fixed_type(&path, kind, "contextGroup", rule);
            if group.is_none() {
                self.missing(&path, "group", rule);
            }
            let group = group.and_then(|n| self.only_group(&path.key("group"), n, rule));
            let relevant_types = self.relevant_types(&path.key("relevantTypes"), types);
            Some(ContextGroup { raw: item.raw, group: group?, relevant_types })
        };
        items.iter().enumerate().filter_map(group).collect()
    }

    /// The objectType of an object that has only one to choose from, and has to.
    pub(super) fn fixed_type(
        &mut self,
        path: &Path<'_>,
        kind: Option<&Node<'_>>,
        name: &str,
        rule: &Rule,
    ) {
        let Some(kind) = kind else { return self.missing(path, "objectType", rule) };
        let at = path.key("objectType");
        match self.string(&at, kind, &rules::OBJECT_TYPE_STRING) {
            Some(text) if text != name => self.not_listed(&at, text, &[name], rule),
            _ => {}
        }
    }

    fn relevant_types<'a>(&mut self, path: &Path<'_>, node: Option<&'a Node<'a>>) -> Vec<&'a str> {
        let Some(node) = node else { return Vec::new() };
        let Some(items) = self.array(path, node, &rules::RELEVANT_TYPES) else { return Vec::new() };
        if items.is_empty() {
            let message = "`relevantTypes` is an empty array";
            self.report(path, &rules::RELEVANT_TYPES, message, "add an IRI, or leave it out");
        }
        let items = items.iter().enumerate();
        items
            .filter_map(|(i, item)| self.iri(&path.index(i), item, &rules::RELEVANT_TYPES))
            .collect()
    }
}
