//! Rewriting a text while every byte that is not meant to change stays as it is.
//!
//! A [`Splice`] walks forward through a text of which nodes were made. What is copied is copied
//! byte for byte; members that are left out go with their comma, and members that are added get
//! one, so that JSON stays JSON.

use crate::json::{Member, Node};

/// A forward walk through `text` that writes a changed copy of it.
pub(crate) struct Splice<'a> {
    text: &'a str,
    at: usize,
    out: String,
}

/// An object that is being copied member by member.
pub(crate) struct Open {
    /// Where the next member begins, white space included: after `{` or after a comma.
    from: usize,
    /// Where the object's `}` is.
    close: usize,
    /// Whether the copy has a member already.
    any: bool,
}

impl<'a> Splice<'a> {
    /// Starts at the beginning of `text`; `room` is how many bytes the copy may be longer.
    pub(crate) fn new(text: &'a str, room: usize) -> Self {
        Self { text, at: 0, out: String::with_capacity(text.len() + room) }
    }

    /// Copies everything up to `end`.
    fn copy_to(&mut self, end: usize) {
        let part = self.text.get(self.at..end).expect("the walk goes forward, node by node");
        self.out.push_str(part);
        self.at = end;
    }

    fn start(&self, part: &str) -> usize {
        part.as_ptr().addr() - self.text.as_ptr().addr()
    }

    fn end(&self, part: &str) -> usize {
        self.start(part) + part.len()
    }

    /// Copies everything up to `node` and writes `before`.
    pub(crate) fn before(&mut self, node: &Node<'_>, before: &str) {
        self.copy_to(self.start(node.raw));
        self.out.push_str(before);
    }

    /// Copies everything up to the end of `node` and writes `after`.
    pub(crate) fn after(&mut self, node: &Node<'_>, after: &str) {
        self.copy_to(self.end(node.raw));
        self.out.push_str(after);
    }

    /// Writes `text` in the place of `node`.
    pub(crate) fn replace(&mut self, node: &Node<'_>, text: &str) {
        self.before(node, text);
        self.at = self.end(node.raw);
    }

    /// Copies up to and with the `{` of `object`.
    pub(crate) fn open(&mut self, object: &Node<'_>) -> Open {
        let start = self.start(object.raw);
        self.copy_to(start + 1);
        Open { from: start + 1, close: self.end(object.raw) - 1, any: false }
    }

    /// Copies the key of `member`, the next one of the object.
    pub(crate) fn take(&mut self, open: &mut Open, member: &Member<'_>) {
        if open.any {
            self.out.push(',');
        }
        open.any = true;
        self.at = open.from;
        self.copy_to(self.start(member.node.raw));
    }

    /// Copies what is left of `member` after [`Splice::take`].
    pub(crate) fn done(&mut self, open: &mut Open, member: &Member<'_>) {
        self.copy_to(self.comma_after(member));
        open.from = self.at + 1;
    }

    /// Copies the whole of `member`, the next one of the object.
    pub(crate) fn keep(&mut self, open: &mut Open, member: &Member<'_>) {
        self.take(open, member);
        self.done(open, member);
    }

    /// Leaves out `member`, the next one of the object.
    pub(crate) fn leave(&mut self, open: &mut Open, member: &Member<'_>) {
        self.at = self.comma_after(member);
        open.from = self.at + 1;
    }

    /// Adds a member after all the others. `key` needs no escapes and `value` is JSON.
    pub(crate) fn add(&mut self, open: &mut Open, key: &str, value: &str) {
        self.at = open.close;
        self.out.truncate(self.out.trim_end_matches(SPACE).len());
        if open.any {
            self.out.push(',');
        }
        open.any = true;
        for part in ["\"", key, "\":", value] {
            self.out.push_str(part);
        }
    }

    /// Copies the `}` of the object.
    pub(crate) fn close(&mut self, open: &Open) {
        self.copy_to(open.close + 1);
    }

    /// Copies the rest and gives the copy.
    pub(crate) fn finish(mut self) -> String {
        self.copy_to(self.text.len());
        self.out
    }

    /// Where the comma or the `}` after `member` is.
    fn comma_after(&self, member: &Member<'_>) -> usize {
        let end = self.end(member.node.raw);
        let rest = self.text.get(end..).expect("a node ends inside of its text");
        end + (rest.len() - rest.trim_start_matches(SPACE).len())
    }
}

/// JSON's white space.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The text of the key of each member of `object`, quotes and escapes included, in order.
pub(crate) fn keys<'a>(object: &Node<'a>) -> Vec<&'a str> {
    let start = object.raw.as_ptr().addr();
    let mut from = 1;
    let mut keys = Vec::new();
    for member in object.as_object().unwrap_or_default() {
        let value = member.node.raw.as_ptr().addr() - start;
        let head = object.raw.get(from..value).expect("members follow each other");
        let head = head.trim_matches([' ', '\t', '\n', '\r', ',']);
        keys.push(head.trim_end_matches([' ', '\t', '\n', '\r', ':']));
        from = value + member.node.raw.len();
    }
    keys
}

/// `text` as a JSON string.
pub(crate) fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("a string always has a JSON form")
}
