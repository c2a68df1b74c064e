//! Rules of Agents and Groups (1.0.3 Data 2.4.2; 9274.1.1 4.2.2.1).

use super::check::Check;
use super::path::Path;
use super::rules::{self, Rule};
use crate::actor::{Actor, Agent, Group};
use crate::ifi::Ifi;
use crate::iri;
use crate::json::Node;

const KEYS: [&str; 7] =
    ["objectType", "name", "mbox", "mbox_sha1sum", "openid", "account", "member"];

#[derive(Copy, Clone, PartialEq, Eq)]
enum ActorType {
    Agent,
    Group,
}

impl Check {
    /// An Agent or a Group; `rule` is what makes it one.
    pub(super) fn actor<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<Actor<'a>> {
        match self.actor_type(path, node) {
            ActorType::Agent => self.agent(path, node, rule).map(Actor::Agent),
            ActorType::Group => self.group(path, node, rule).map(Actor::Group),
        }
    }

    /// A Group and nothing else; `rule` says so.
    pub(super) fn only_group<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<Group<'a>> {
        let typed = node.get("objectType").is_none_or(|kind| kind.str() == Some("Agent"));
        if node.as_object().is_some() && typed {
            let message = format!("{} is an Agent where a Group is needed", path.name());
            self.report(path, rule, message, "send a Group with the `objectType` Group");
            return None;
        }
        self.actor_type(path, node);
        self.group(path, node, rule)
    }

    /// An Agent and nothing else; `rule` says so.
    pub(super) fn only_agent<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<Agent<'a>> {
        if node.get("objectType").is_some_and(|kind| kind.str() == Some("Group")) {
            let message = format!("{} is a Group where an Agent is needed", path.name());
            self.report(path, rule, message, "send an Agent");
            return None;
        }
        self.actor_type(path, node);
        self.agent(path, node, rule)
    }

    /// What `objectType` says; where it says nothing useful, what the members look like.
    fn actor_type(&mut self, path: &Path<'_>, node: &Node<'_>) -> ActorType {
        let Some(kind) = node.get("objectType") else { return ActorType::Agent };
        let text = self.string(&path.key("objectType"), kind, &rules::OBJECT_TYPE_STRING);
        match text {
            Some("Agent") => return ActorType::Agent,
            Some("Group") => return ActorType::Group,
            Some(text) => {
                let at = path.key("objectType");
                self.not_listed(&at, text, &["Agent", "Group"], &rules::ACTOR_TYPE);
            }
            None => {}
        }
        if node.get("member").is_some() { ActorType::Group } else { ActorType::Agent }
    }

    /// Notes that a value is none of those that the standard lists.
    #[cold]
    pub(super) fn not_listed(&mut self, path: &Path<'_>, text: &str, listed: &[&str], rule: &Rule) {
        let name = path.name();
        if let Some(one) = listed.iter().find(|one| one.eq_ignore_ascii_case(text)) {
            let message = format!("the value of {name} is not written as in the standard");
            return self.report(path, &rules::ENUM_CASE, message, format!("write `{one}`"));
        }
        let message = format!("the value of {name} is not one that the standard lists");
        self.report(path, rule, message, format!("send one of {}", listed.join(", ")));
    }

    fn agent<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>, rule: &Rule) -> Option<Agent<'a>> {
        let [_, name, mbox, sha1, openid, account, member] =
            self.object(path, node, &KEYS, rule)?;
        let name = name.and_then(|n| self.string(&path.key("name"), n, &rules::ACTOR_NAME));
        let ifi = self.ifi(path, [mbox, sha1, openid, account], &rules::AGENT_IFI);
        if member.is_some() {
            let fix = "add the `objectType` Group, or remove `member`";
            let message = "only a Group has members, and this is an Agent";
            self.report(&path.key("member"), &rules::MEMBER_MISSING, message, fix);
            return None;
        }
        if [mbox, sha1, openid, account].iter().all(Option::is_none) {
            let message = "the Agent has nothing that identifies it";
            let fix = "add one of `mbox`, `mbox_sha1sum`, `openid` and `account`";
            self.report(path, &rules::AGENT_IFI, message, fix);
        }
        Some(Agent { raw: node.raw, name, ifi: ifi? })
    }

    fn group<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>, rule: &Rule) -> Option<Group<'a>> {
        let [_, name, mbox, sha1, openid, account, member] =
            self.object(path, node, &KEYS, rule)?;
        let name = name.and_then(|n| self.string(&path.key("name"), n, &rules::ACTOR_NAME));
        let ifi = self.ifi(path, [mbox, sha1, openid, account], &rules::GROUP_IFI);
        let anonymous = [mbox, sha1, openid, account].iter().all(Option::is_none);
        let at = path.key("member");
        let members = match member {
            Some(list) => self.members(&at, list, anonymous),
            None => Vec::new(),
        };
        if anonymous && member.is_none() {
            let message = "the Group has neither an identifier nor members";
            self.report(path, &rules::MEMBER_MISSING, message, "add `member`, an array of Agents");
        }
        Some(Group { raw: node.raw, name, ifi, members })
    }

    fn members<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        anonymous: bool,
    ) -> Vec<Agent<'a>> {
        let Some(items) = self.array(path, node, &rules::MEMBER) else { return Vec::new() };
        if anonymous && items.is_empty() {
            let message = "the Group has no identifier, so that it needs at least one member";
            self.report(path, &rules::MEMBER_MISSING, message, "add an Agent to `member`");
        }
        let agents = items.iter().enumerate();
        agents
            .filter_map(|(i, item)| self.only_agent(&path.index(i), item, &rules::MEMBER))
            .collect()
    }

    /// The one identifier among the four members `nodes`, each checked; `rule` forbids a second.
    fn ifi<'a>(
        &mut self,
        path: &Path<'_>,
        nodes: [Option<&'a Node<'a>>; 4],
        rule: &Rule,
    ) -> Option<Ifi<'a>> {
        let [mbox, sha1, openid, account] = nodes;
        if nodes.iter().flatten().count() > 1 {
            let message = "there is more than one identifier";
            let fix = "keep one of `mbox`, `mbox_sha1sum`, `openid` and `account`";
            self.report(path, rule, message, fix);
        }
        let mbox = mbox.and_then(|node| self.mbox(&path.key("mbox"), node));
        let sha1 = sha1.and_then(|node| self.mbox_sha1sum(&path.key("mbox_sha1sum"), node));
        let openid = openid.and_then(|node| self.openid(&path.key("openid"), node));
        let account = account.and_then(|node| self.account(&path.key("account"), node));
        mbox.or(sha1).or(openid).or(account)
    }

    fn mbox<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Ifi<'a>> {
        let text = self.string(path, node, &rules::MBOX)?;
        if iri::is_mailbox(text) {
            return Some(Ifi::Mbox(text));
        }
        let message = "`mbox` is not `mailto:` followed by one e-mail address";
        self.report(path, &rules::MBOX, message, "send it as mailto:ann@example.org");
        None
    }

    fn mbox_sha1sum<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Ifi<'a>> {
        const HEX_DIGITS: usize = 40;
        let text = self.string(path, node, &rules::MBOX_SHA1SUM)?;
        if text.len() == HEX_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(Ifi::MboxSha1Sum(text));
        }
        let message = "`mbox_sha1sum` is not 40 hex digits";
        let fix = "send the hex SHA-1 of the `mbox`, `mailto:` included";
        self.report(path, &rules::MBOX_SHA1SUM, message, fix);
        None
    }

    fn openid<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Ifi<'a>> {
        let text = self.string(path, node, &rules::OPENID)?;
        if iri::is_uri(text) {
            return Some(Ifi::OpenId(text));
        }
        let message = "`openid` is not an absolute URI";
        self.report(path, &rules::OPENID, message, "send it as https://openid.example.org/ann");
        None
    }

    fn account<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Ifi<'a>> {
        let keys = ["homePage", "name"];
        let [home_page, name] = self.object(path, node, &keys, &rules::ACCOUNT)?;
        if home_page.is_none() {
            self.missing(path, "homePage", &rules::ACCOUNT_HOME_PAGE);
        }
        if name.is_none() {
            self.missing(path, "name", &rules::ACCOUNT_NAME);
        }
        let home_page =
            home_page.and_then(|n| self.iri(&path.key("homePage"), n, &rules::ACCOUNT_HOME_PAGE));
        let name = name.and_then(|n| self.string(&path.key("name"), n, &rules::ACCOUNT_NAME));
        Some(Ifi::Account { home_page: home_page?, name: name? })
    }
}
