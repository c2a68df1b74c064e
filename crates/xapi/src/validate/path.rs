//! Where in the statement a check stands, on the stack; a JSON pointer is made only for a violation.

use std::fmt::Write as _;

/// A way from the statement's root to one of its values.
#[derive(Copy, Clone)]
pub(super) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Copy, Clone)]
enum Step<'p> {
    Root(&'p str),
    Key(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    /// The root, whose own pointer is `at`.
    pub(super) fn root(at: &'p str) -> Self {
        Self { parent: None, step: Step::Root(at) }
    }

    /// The member `key` of the value here.
    pub(super) fn key(&'p self, key: &'p str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    /// The item `index` of the array here.
    pub(super) fn index(&'p self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// The JSON pointer (RFC 6901).
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        self.write(&mut pointer);
        pointer
    }

    fn write(&self, pointer: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(pointer);
        }
        match self.step {
            Step::Root(at) => pointer.push_str(at),
            Step::Key(key) => {
                pointer.push('/');
                for c in key.chars() {
                    match c {
                        '~' => pointer.push_str("~0"),
                        '/' => pointer.push_str("~1"),
                        _ => pointer.push(c),
                    }
                }
            }
            Step::Index(index) => {
                write!(pointer, "/{index}").expect("writing to a string does not fail");
            }
        }
    }

    /// The value here in words, such as "`name`" or "item 2 of `member`".
    pub(super) fn name(&self) -> String {
        match self.step {
            Step::Root(_) => "this value".to_owned(),
            Step::Key(key) => quoted(key),
            Step::Index(index) => {
                let list = self.parent.map_or_else(|| "the list".to_owned(), Path::name);
                format!("item {} of {list}", index + 1)
            }
        }
    }
}

/// A key for a message; long ones are cut, because keys are sent by strangers too.
pub(super) fn quoted(key: &str) -> String {
    const KEY_CHARS_MAX: usize = 64;
    match key.char_indices().nth(KEY_CHARS_MAX) {
        None => format!("`{key}`"),
        Some((end, _)) => format!("`{}…`", key.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn pointers_are_escaped_and_names_are_short() {
        let root = Path::root("/3");
        let map = root.key("a/b~c");
        let item = map.index(0);
        assert_eq!(item.pointer(), "/3/a~1b~0c/0");
        assert_eq!(item.name(), "item 1 of `a/b~c`");
        assert_eq!(root.pointer(), "/3");
        assert_eq!(root.key(&"é".repeat(65)).name(), format!("`{}…`", "é".repeat(64)));
    }
}
