//! Who has satisfied what: units by their moveOn, blocks and the course by their parts (9.3.9).

use crate::course::{Course, MoveOn, Node};
use std::collections::BTreeSet;

/// What is known of one unit in one registration, over all its sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// It was completed.
    pub completed: bool,
    /// It was passed.
    pub passed: bool,
    /// The learner was excused.
    pub waived: bool,
}

/// A block or the course that is satisfied now and was not before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newly<'a> {
    /// A block, by the publisher's id.
    Block(&'a str),
    /// The course.
    Course,
}

/// Whether a unit is satisfied (13.1.4; 9.3.9: what was waived counts).
pub fn satisfies(move_on: MoveOn, facts: Facts) -> bool {
    let Facts { completed, passed, waived } = facts;
    waived
        || match move_on {
            MoveOn::NotApplicable => true,
            MoveOn::Passed => passed,
            MoveOn::Completed => completed,
            MoveOn::CompletedAndPassed => completed && passed,
            MoveOn::CompletedOrPassed => completed || passed,
        }
}

/// What becomes satisfied, inner blocks first, then outer ones, the course last.
///
/// `satisfied` says whether a unit is, by the publisher's id; `before` holds the blocks that are
/// already, and `course_before` whether the course is: nothing is satisfied twice.
pub fn newly<'a>(
    course: &'a Course,
    satisfied: impl Fn(&str) -> bool,
    before: &BTreeSet<String>,
    course_before: bool,
) -> Vec<Newly<'a>> {
    let mut found = Vec::new();
    let all = members(&course.children, &satisfied, before, &mut found);
    if all && !course_before {
        found.push(Newly::Course);
    }
    found
}

fn members<'a>(
    children: &'a [Node],
    satisfied: &impl Fn(&str) -> bool,
    before: &BTreeSet<String>,
    found: &mut Vec<Newly<'a>>,
) -> bool {
    let mut all = true;
    for child in children {
        all &= match child {
            Node::Au(au) => satisfied(&au.id),
            Node::Block(block) => {
                let already = before.contains(&block.id);
                let whole = members(&block.children, satisfied, before, found);
                if whole && !already {
                    found.push(Newly::Block(&block.id));
                }
                // What was satisfied once stays so.
                whole || already
            }
        };
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{Au, Block, LaunchMethod};

    const NONE: Facts = Facts { completed: false, passed: false, waived: false };

    /// O1: five values against what can be known.
    #[test]
    fn units() {
        use MoveOn::{Completed, CompletedAndPassed, CompletedOrPassed, NotApplicable, Passed};
        let completed = Facts { completed: true, ..NONE };
        let passed = Facts { passed: true, ..NONE };
        let both = Facts { completed: true, passed: true, ..NONE };
        let waived = Facts { waived: true, ..NONE };
        for (move_on, expected) in [
            (NotApplicable, [true, true, true, true, true]),
            (Completed, [false, true, false, true, true]),
            (Passed, [false, false, true, true, true]),
            (CompletedAndPassed, [false, false, false, true, true]),
            (CompletedOrPassed, [false, true, true, true, true]),
        ] {
            let found =
                [NONE, completed, passed, both, waived].map(|facts| satisfies(move_on, facts));
            assert_eq!(found, expected, "{move_on:?}");
        }
    }

    fn au(id: &str) -> Node {
        Node::Au(Au {
            id: id.to_owned(),
            title: Vec::new(),
            description: Vec::new(),
            objectives: Vec::new(),
            url: "a.html".to_owned(),
            launch_method: LaunchMethod::AnyWindow,
            move_on: MoveOn::Passed,
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

    /// O2: inner, then outer, then the course, once each.
    #[test]
    fn blocks_from_the_inside_out() {
        let inner = block("inner", vec![au("2"), au("3")]);
        let outer = block("outer", vec![au("1"), inner]);
        let course = Course {
            id: "c".to_owned(),
            title: Vec::new(),
            description: Vec::new(),
            objectives: Vec::new(),
            children: vec![outer, au("4")],
        };
        let step = |done: &[&str], before: &[&str], whole: bool| {
            let before = before.iter().map(|id| (*id).to_owned()).collect();
            newly(&course, |id| done.contains(&id), &before, whole)
        };
        assert_eq!(step(&[], &[], false), []);
        assert_eq!(step(&["2", "3"], &[], false), [Newly::Block("inner")]);
        assert_eq!(step(&["1", "2", "3"], &["inner"], false), [Newly::Block("outer")]);
        assert_eq!(
            step(&["1", "2", "3", "4"], &[], false),
            [Newly::Block("inner"), Newly::Block("outer"), Newly::Course]
        );
        assert_eq!(step(&["1", "2", "3", "4"], &["inner", "outer"], true), []);
        assert_eq!(step(&["4"], &["inner", "outer"], false), [Newly::Course], "once is for ever");
    }
}
