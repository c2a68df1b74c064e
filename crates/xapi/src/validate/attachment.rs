//! Rules of attachments (1.0.3 Data 2.4.11; 9274.1.1 4.2.2.6).

use super::check::Check;
use super::path::Path;
use super::rules;
use crate::attachment::Attachment;
use crate::decimal;
use crate::json::Node;

const KEYS: [&str; 7] =
    ["usageType", "display", "description", "contentType", "length", "sha2", "fileUrl"];

impl Check {
    pub(super) fn attachments<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
    ) -> Vec<Attachment<'a>> {
        let Some(items) = self.array(path, node, &rules::ATTACHMENTS) else { return Vec::new() };
        let items = items.iter().enumerate();
        items.filter_map(|(index, item)| self.attachment(&path.index(index), item)).collect()
    }

    fn attachment<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Attachment<'a>> {
        let [usage_type, display, description, content_type, length, sha2, file_url] =
            self.object(path, node, &KEYS, &rules::ATTACHMENTS)?;
        for (field, key, rule) in [
            (usage_type, "usageType", &rules::ATTACHMENT_USAGE_TYPE),
            (display, "display", &rules::ATTACHMENT_DISPLAY),
            (content_type, "contentType", &rules::ATTACHMENT_CONTENT_TYPE),
            (length, "length", &rules::ATTACHMENT_LENGTH),
            (sha2, "sha2", &rules::ATTACHMENT_SHA2),
        ] {
            if field.is_none() {
                self.missing(path, key, rule);
            }
        }
        if let Some(node) = display {
            self.language_map(&path.key("display"), node, &rules::ATTACHMENT_DISPLAY);
        }
        if let Some(node) = description {
            self.language_map(&path.key("description"), node, &rules::ATTACHMENT_DESCRIPTION);
        }
        let usage_type = usage_type
            .and_then(|n| self.iri(&path.key("usageType"), n, &rules::ATTACHMENT_USAGE_TYPE));
        let content_type =
            content_type.and_then(|n| self.content_type(&path.key("contentType"), n));
        let length = length.and_then(|n| self.length(&path.key("length"), n));
        let sha2 = sha2.and_then(|n| self.sha2(&path.key("sha2"), n));
        let file_url =
            file_url.and_then(|n| self.iri(&path.key("fileUrl"), n, &rules::ATTACHMENT_FILE_URL));
        Some(Attachment {
            raw: node.raw,
            usage_type: usage_type?,
            content_type: content_type?,
            length: length?,
            sha2: sha2?,
            file_url,
        })
    }

    fn content_type<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<&'a str> {
        let text = self.string(path, node, &rules::ATTACHMENT_CONTENT_TYPE)?;
        if is_media_type(text) {
            return Some(text);
        }
        let message = "`contentType` is not an internet media type";
        let fix = "send a type and a subtype, such as image/png";
        self.report(path, &rules::ATTACHMENT_CONTENT_TYPE, message, fix);
        None
    }

    fn length(&mut self, path: &Path<'_>, node: &Node<'_>) -> Option<u64> {
        let text = self.number(path, node, &rules::ATTACHMENT_LENGTH)?;
        let length = decimal::to_u64(text);
        if length.is_none() {
            let message = "`length` is not a whole number of octets";
            let fix = "send the size of the content in octets";
            self.report(path, &rules::ATTACHMENT_LENGTH, message, fix);
        }
        length
    }

    fn sha2<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<&'a str> {
        // SHA-224, SHA-256, SHA-384 and SHA-512.
        const HEX_DIGITS: [usize; 4] = [56, 64, 96, 128];
        let text = self.string(path, node, &rules::ATTACHMENT_SHA2)?;
        let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex && HEX_DIGITS.contains(&text.len()) {
            return Some(text);
        }
        let message = "`sha2` is not a SHA-2 hash in hex digits";
        let fix = "send the hex SHA-256 of the content, 64 digits";
        self.report(path, &rules::ATTACHMENT_SHA2, message, fix);
        None
    }
}

/// Whether `text` is `type/subtype` with parameters or without (RFC 2045 5.1).
fn is_media_type(text: &str) -> bool {
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let Some((kind, subtype)) = essence.trim_end_matches([' ', '\t']).split_once('/') else {
        return false;
    };
    is_token(kind) && is_token(subtype) && parameters.chars().all(|c| !c.is_control())
}

fn is_token(text: &str) -> bool {
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte);
    !text.is_empty() && text.bytes().all(of_token)
}
