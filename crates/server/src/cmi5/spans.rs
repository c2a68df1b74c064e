//! Where the parts of a course begin and end: the units of a block follow each other in the order of
//! the structure, whatever blocks are in it.

use rollbook_cmi5::course::{Course, MoveOn, Node};

/// A block, or the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its place among the blocks; none for the course.
    pub(super) block: Option<usize>,
    /// Its first unit, by its place.
    pub(super) from: usize,
    /// Where the units after it begin.
    pub(super) to: usize,
    /// How many of its units ask something of the learner.
    pub(super) asked: usize,
}

/// All parts of a course.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// The blocks in their order, each with the block around it.
    blocks: Vec<(Part, Option<usize>)>,
    /// The innermost block of each unit.
    of_unit: Vec<Option<usize>>,
    course: Option<Part>,
}

impl Spans {
    pub(super) fn of(course: &Course) -> Self {
        let mut spans = Self::default();
        let asked = spans.collect(&course.children, None);
        let to = spans.of_unit.len();
        spans.course = Some(Part { block: None, from: 0, to, asked });
        spans
    }

    /// Notes what is in a part; how many of its units ask something.
    fn collect(&mut self, children: &[Node], around: Option<usize>) -> usize {
        let mut all = 0;
        for child in children {
            all += match child {
                Node::Au(unit) => {
                    self.of_unit.push(around);
                    usize::from(unit.move_on != MoveOn::NotApplicable)
                }
                Node::Block(block) => {
                    let (place, from) = (self.blocks.len(), self.of_unit.len());
                    let part = Part { block: Some(place), from, to: from, asked: 0 };
                    self.blocks.push((part, around));
                    let asked = self.collect(&block.children, Some(place));
                    let to = self.of_unit.len();
                    if let Some((part, _)) = self.blocks.get_mut(place) {
                        *part = Part { to, asked, ..*part };
                    }
                    asked
                }
            };
        }
        all
    }

    /// What is around a unit, from the inside out.
    pub(super) fn around(&self, unit: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut next = self.of_unit.get(unit).copied().flatten();
        while let Some((part, around)) = next.and_then(|place| self.blocks.get(place)) {
            parts.push(*part);
            next = *around;
        }
        parts.extend(self.course.filter(|_| unit < self.of_unit.len()));
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollbook_cmi5::course::{Au, Block, LaunchMethod};

    fn unit(id: &str, move_on: MoveOn) -> Node {
        Node::Au(Au {
            id: id.to_owned(),
            title: Vec::new(),
            description: Vec::new(),
            objectives: Vec::new(),
            url: "a.html".to_owned(),
            launch_method: LaunchMethod::AnyWindow,
            move_on,
            mastery_score: None,
            launch_parameters: None,
            entitlement_key: None,
            activity_type: None,
        })
    }

    fn block(id: &str, children: Vec<Node>) -> Node {
        let (title, description, objectives) = (Vec::new(), Vec::new(), Vec::new());
        Node::Block(Block { id: id.to_owned(), title, description, objectives, children })
    }

    /// From the inside out, with the units of blocks that are in them.
    #[test]
    fn parts_around_a_unit() {
        let passed = |id| unit(id, MoveOn::Passed);
        let inner = block("inner", vec![passed("1"), unit("2", MoveOn::NotApplicable)]);
        let outer = block("outer", vec![passed("0"), inner, passed("3")]);
        let course = Course {
            id: "c".to_owned(),
            title: Vec::new(),
            description: Vec::new(),
            objectives: Vec::new(),
            children: vec![outer, passed("4")],
        };
        let spans = Spans::of(&course);
        let whole = Part { block: None, from: 0, to: 5, asked: 4 };
        let outer = Part { block: Some(0), from: 0, to: 4, asked: 3 };
        let inner = Part { block: Some(1), from: 1, to: 3, asked: 1 };
        assert_eq!(spans.around(1), [inner, outer, whole]);
        assert_eq!(spans.around(2), [inner, outer, whole]);
        assert_eq!(spans.around(3), [outer, whole]);
        assert_eq!(spans.around(4), [whole]);
        assert_eq!(spans.around(5), []);
    }
}
