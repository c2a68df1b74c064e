//! The imagined school that the statements come from: who learns what, by a seed.
//!
//! 5,000 learners, 40 instructors, 24 courses with 696 activities, 12 verbs. A learner takes four
//! courses, under one registration each. Every text that repeats is built once, here.

mod cast;
mod dice;
mod drawn;
mod text;

use bytes::Bytes;
use uuid::Uuid;

pub(crate) use cast::{Activity, Kind, Person, VERBS};
pub(crate) use dice::Dice;
pub(crate) use drawn::Drawn;

/// The category that cmi5 content puts on its statements.
pub(crate) const CATEGORY: &str = "https://w3id.org/xapi/cmi5/context/categories/cmi5";

const LEARNERS: usize = 5_000;
const INSTRUCTORS: usize = 40;
const COURSES: usize = 24;
const COURSES_PER_LEARNER: usize = 4;

/// The school.
pub(crate) struct World {
    seed: u64,
    learners: Vec<Person>,
    instructors: Vec<Person>,
    courses: Vec<Course>,
}

/// A course: itself first, then its modules, then what is in them.
pub(crate) struct Course {
    /// The course, its modules, lessons and questions.
    pub(crate) activities: Vec<Activity>,
}

impl World {
    /// The school of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, u64::MAX);
        let learners = (0..LEARNERS).map(|n| Person::learner(n, &mut dice)).collect();
        let instructors = (0..INSTRUCTORS).map(|n| Person::instructor(n, &mut dice)).collect();
        let courses = (0..COURSES).map(|n| Course { activities: cast::course(n, &mut dice) });
        Self { seed, learners, instructors, courses: courses.collect() }
    }

    /// Statement number `n`.
    pub(crate) fn statement(&self, n: u64) -> Drawn<'_> {
        Drawn::new(self, n)
    }

    /// A request body with the statements from `first`: an object if it is one, else an array.
    pub(crate) fn body(&self, first: u64, count: usize) -> Bytes {
        let mut text = String::with_capacity(count * 1_300 + 2);
        if count == 1 {
            self.statement(first).write(&mut text);
            return text.into();
        }
        for n in (first..).take(count) {
            text.push(if n == first { '[' } else { ',' });
            self.statement(n).write(&mut text);
        }
        text.push(']');
        text.into()
    }

    /// A learner, any as likely as another.
    pub(crate) fn learner(&self, dice: &mut Dice) -> &Person {
        dice.pick(&self.learners)
    }

    /// An instructor.
    pub(crate) fn instructor(&self, dice: &mut Dice) -> &Person {
        dice.pick(&self.instructors)
    }

    /// An activity of `kind`.
    pub(crate) fn activity(&self, kind: Kind, dice: &mut Dice) -> &Activity {
        let course = dice.pick(&self.courses);
        let of_kind: Vec<_> = course.activities.iter().filter(|other| other.kind == kind).collect();
        let index = dice.below(of_kind.len());
        of_kind.get(index).copied().expect("the index is below the length")
    }

    /// The registration of a learner for one of his courses, by its place among them.
    fn registration(&self, learner: usize, place: usize) -> Uuid {
        let stream = (1_u64 << 63) + number(learner * COURSES_PER_LEARNER + place);
        Dice::new(self.seed, stream).uuid()
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).expect("a usize fits 64 bits")
}

#[cfg(test)]
mod tests;
