//! JSON text as nodes that keep their text (RFC 8259).
//!
//! Every [`Node`] knows the exact text of its value, so that `1.10`, `1E400`, key order and escapes
//! survive whatever is done with the statement. Members are kept in order and duplicates are kept,
//! because it is for [`crate::validate`] to refuse them. Strings without escapes are borrowed.

use jiter::{Jiter, JiterError, Peek};
use std::borrow::Cow;
use std::fmt;

/// The deepest nesting of arrays and objects that is read.
pub const DEPTH_MAX: usize = 128;

/// One JSON value with its exact text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// The text of this value, without white space around it.
    pub raw: &'a str,
    /// What the value is.
    pub kind: Kind<'a>,
}

/// What a JSON value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number; its text is [`Node::raw`].
    Number,
    /// A string, unescaped.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object: its members in order, duplicates included.
    Object(Vec<Member<'a>>),
    /// The object of a member named `extensions`: its syntax is checked and its keys are given in
    /// order, but its values are not opened, because anything is legal in there.
    Opaque(Vec<Cow<'a, str>>),
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// The key, unescaped.
    pub key: Cow<'a, str>,
    /// The value.
    pub node: Node<'a>,
}

/// The text is not JSON, or nests too deep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where the text stops being JSON, in bytes from its start.
    pub offset: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.message, self.offset)
    }
}

impl std::error::Error for Malformed {}

/// Reads `text`, which must be one value, and leaves `extensions` unopened.
pub fn parse(text: &str) -> Result<Node<'_>, Malformed> {
    Reader::read(text, Extensions::Closed)
}

/// Reads `text`, which must be one value, and opens `extensions` like any other object.
pub fn parse_opened(text: &str) -> Result<Node<'_>, Malformed> {
    Reader::read(text, Extensions::Opened)
}

impl<'a> Node<'a> {
    /// The value of the first member named `key`, if this is an object that has one.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.iter().find(|member| member.key == key).map(|member| &member.node)
    }

    /// The string, if this is one.
    pub fn str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number's text, if this is a number.
    pub fn number(&self) -> Option<&'a str> {
        matches!(self.kind, Kind::Number).then_some(self.raw)
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if this is an object that was opened.
    pub fn as_object(&self) -> Option<&[Member<'a>]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The kind of this value in words, for messages that must not repeat the value itself.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "an array",
            Kind::Object(_) | Kind::Opaque(_) => "an object",
        }
    }
}

/// Whether the values of `extensions` become nodes.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Extensions {
    Closed,
    Opened,
}

struct Reader<'a> {
    text: &'a str,
    walker: Jiter<'a>,
    extensions: Extensions,
}

impl<'a> Reader<'a> {
    fn read(text: &'a str, extensions: Extensions) -> Result<Node<'a>, Malformed> {
        let mut reader = Self { text, walker: Jiter::new(text.as_bytes()), extensions };
        let peek = reader.walker.peek()?;
        let node = reader.node(peek, 0)?;
        reader.walker.finish()?;
        Ok(node)
    }

    fn node(&mut self, peek: Peek, depth: usize) -> Result<Node<'a>, Malformed> {
        let start = self.walker.current_index();
        let kind = self.kind(peek, depth)?;
        Ok(Node { raw: self.since(start), kind })
    }

    fn kind(&mut self, peek: Peek, depth: usize) -> Result<Kind<'a>, Malformed> {
        Ok(match peek {
            Peek::Object => Kind::Object(self.object(self.deeper(depth)?)?),
            Peek::Array => Kind::Array(self.array(self.deeper(depth)?)?),
            Peek::String => Kind::String(borrowed(self.text, self.walker.known_str()?)),
            _ => self.scalar(peek)?,
        })
    }

    fn scalar(&mut self, peek: Peek) -> Result<Kind<'a>, Malformed> {
        match peek {
            Peek::Null => self.walker.known_null().map(|()| Kind::Null),
            Peek::True | Peek::False => self.walker.known_bool(peek).map(Kind::Bool),
            _ => self.walker.known_number_bytes(peek).map(|_| Kind::Number),
        }
        .map_err(Malformed::from)
    }

    fn object(&mut self, depth: usize) -> Result<Vec<Member<'a>>, Malformed> {
        let mut members = Vec::new();
        let mut key = self.walker.known_object()?.map(|key| borrowed(self.text, key));
        while let Some(name) = key {
            let peek = self.walker.peek()?;
            let closed = self.extensions == Extensions::Closed && name == "extensions";
            let node = if closed && peek == Peek::Object {
                self.opaque(self.deeper(depth)?)?
            } else {
                self.node(peek, depth)?
            };
            if members.capacity() == 0 {
                members.reserve(4);
            }
            members.push(Member { key: name, node });
            key = self.walker.next_key()?.map(|key| borrowed(self.text, key));
        }
        Ok(members)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Node<'a>>, Malformed> {
        let mut items = Vec::new();
        let mut next = self.walker.known_array()?;
        while let Some(peek) = next {
            items.push(self.node(peek, depth)?);
            next = self.walker.array_step()?;
        }
        Ok(items)
    }

    fn opaque(&mut self, depth: usize) -> Result<Node<'a>, Malformed> {
        let start = self.walker.current_index();
        let mut keys = Vec::new();
        let mut key = self.walker.known_object()?.map(|key| borrowed(self.text, key));
        while let Some(name) = key {
            keys.push(name);
            let peek = self.walker.peek()?;
            self.skip(peek, depth)?;
            key = self.walker.next_key()?.map(|key| borrowed(self.text, key));
        }
        Ok(Node { raw: self.since(start), kind: Kind::Opaque(keys) })
    }

    fn skip(&mut self, peek: Peek, depth: usize) -> Result<(), Malformed> {
        match peek {
            Peek::Object => {
                let depth = self.deeper(depth)?;
                let mut more = self.walker.known_object()?.is_some();
                while more {
                    let peek = self.walker.peek()?;
                    self.skip(peek, depth)?;
                    more = self.walker.next_key()?.is_some();
                }
            }
            Peek::Array => {
                let depth = self.deeper(depth)?;
                let mut next = self.walker.known_array()?;
                while let Some(peek) = next {
                    self.skip(peek, depth)?;
                    next = self.walker.array_step()?;
                }
            }
            Peek::String => {
                self.walker.known_str()?;
            }
            _ => {
                self.scalar(peek)?;
            }
        }
        Ok(())
    }

    fn deeper(&self, depth: usize) -> Result<usize, Malformed> {
        if depth < DEPTH_MAX {
            return Ok(depth + 1);
        }
        Err(Malformed {
            offset: self.walker.current_index(),
            message: format!("arrays and objects nest deeper than {DEPTH_MAX} levels"),
        })
    }

    fn since(&self, start: usize) -> &'a str {
        let end = self.walker.current_index();
        self.text.get(start..end).expect("a JSON token starts and ends at ASCII characters")
    }
}

/// `part` as a slice of `text` where it is one: the walker decodes strings that hold escapes into a
/// buffer of its own and gives slices of `text` otherwise, but its signature does not tell which.
fn borrowed<'a>(text: &'a str, part: &str) -> Cow<'a, str> {
    let offset = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    match text.get(offset..offset.wrapping_add(part.len())) {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(part.to_owned()),
    }
}

impl From<JiterError> for Malformed {
    fn from(error: JiterError) -> Self {
        Self { offset: error.index, message: error.error_type.to_string() }
    }
}

#[cfg(test)]
mod tests;
