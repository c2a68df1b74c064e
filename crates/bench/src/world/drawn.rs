//! One statement, drawn: who did what, before it is text or rows.

use uuid::Uuid;

use super::cast::{Activity, Kind, Person};
use super::{COURSES, COURSES_PER_LEARNER, Dice, World, number};

/// One statement.
pub(crate) struct Drawn<'a> {
    /// Its id, random as clients make them.
    pub(crate) id: Uuid,
    pub(super) n: u64,
    pub(super) actor: &'a Person,
    /// The place of its verb in the list.
    pub(super) verb: usize,
    pub(super) activity: &'a Activity,
    /// The registration of the actor for the course.
    pub(crate) registration: Uuid,
    pub(super) session: Uuid,
    pub(super) instructor: Option<&'a Person>,
    pub(super) dice: Dice,
    terms: Terms,
}

struct Terms {
    actor: usize,
    registration: usize,
    instructor: Option<usize>,
    course: usize,
}

impl<'a> Drawn<'a> {
    pub(super) fn new(world: &'a World, n: u64) -> Self {
        let mut dice = Dice::new(world.seed, n);
        let id = dice.uuid();
        let learner = dice.skewed(world.learners.len());
        let actor = world.learners.get(learner).expect("drawn below the length");
        let place = dice.below(COURSES_PER_LEARNER);
        let course = (learner * 7 + place * 5) % COURSES;
        let course = world.courses.get(course).expect("a remainder of the length");
        let activity = activity(&course.activities, &mut dice);
        let verb = *dice.pick(activity.kind.verbs());
        let registration = world.registration(learner, place);
        let session = Dice::new(registration.as_u64_pair().0, number(dice.below(5))).uuid();
        let instructor = dice.chance(30).then(|| dice.below(world.instructors.len()));
        let terms = Terms {
            actor: learner,
            registration: learner * COURSES_PER_LEARNER + place,
            instructor,
            course: course.activities.first().map_or(0, |course| course.number),
        };
        let instructor = instructor.and_then(|index| world.instructors.get(index));
        Self { id, n, actor, verb, activity, registration, session, instructor, dice, terms }
    }

    /// The keys of the postings that a server makes for it: term * 4 + role.
    pub(crate) fn posting_keys(&self) -> Vec<i64> {
        const DIRECT: usize = 0;
        const RELATED: usize = 1;
        const AUTHORITY: usize = 2;
        let activity = |n: usize| 1_000 + n;
        let Terms { actor, registration, instructor, course } = self.terms;
        let mut keys = vec![
            (100 + self.verb) * 4 + DIRECT,
            (10_000 + actor) * 4 + DIRECT,
            activity(self.activity.number) * 4 + DIRECT,
            activity(self.activity.parent) * 4 + RELATED,
            activity(course) * 4 + RELATED,
            50 * 4 + RELATED, // the category
            (20_000 + registration) * 4 + DIRECT,
            60 * 4 + AUTHORITY,
        ];
        keys.extend(instructor.map(|n| (500 + n) * 4 + RELATED));
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().map(|key| i64::try_from(key).expect("terms are small numbers")).collect()
    }
}

/// Mostly lessons and questions; now and then the module or the course itself.
fn activity<'a>(activities: &'a [Activity], dice: &mut Dice) -> &'a Activity {
    let kind = match dice.below(100) {
        0..3 => Kind::Course,
        3..8 => Kind::Module,
        8..68 => Kind::Lesson,
        _ => Kind::Question,
    };
    loop {
        let activity = dice.pick(activities);
        if activity.kind == kind {
            return activity;
        }
    }
}
