//! The people, activities and verbs of the school, each with its JSON ready.

use super::Dice;

/// The verbs, by their last path segment and the vocabulary they come from.
pub(crate) const VERBS: [(&str, &str); 12] = [
    ("http://adlnet.gov/expapi/verbs/initialized", "initialized"),
    ("http://adlnet.gov/expapi/verbs/launched", "launched"),
    ("http://adlnet.gov/expapi/verbs/experienced", "experienced"),
    ("http://adlnet.gov/expapi/verbs/progressed", "progressed"),
    ("http://adlnet.gov/expapi/verbs/interacted", "interacted"),
    ("http://adlnet.gov/expapi/verbs/answered", "answered"),
    ("http://adlnet.gov/expapi/verbs/attempted", "attempted"),
    ("http://adlnet.gov/expapi/verbs/completed", "completed"),
    ("http://adlnet.gov/expapi/verbs/passed", "passed"),
    ("http://adlnet.gov/expapi/verbs/failed", "failed"),
    ("https://w3id.org/xapi/adl/verbs/satisfied", "satisfied"),
    ("http://adlnet.gov/expapi/verbs/terminated", "terminated"),
];

const FIRST_NAMES: [&str; 20] = [
    "Ada", "Bela", "Chidi", "Dolores", "Emre", "Fatima", "Grace", "Hiro", "Ingrid", "João",
    "Katya", "Liam", "Mei", "Noor", "Oskar", "Priya", "Quentin", "Rosa", "Søren", "Thandi",
];
const LAST_NAMES: [&str; 20] = [
    "Almeida",
    "Brandt",
    "Chen",
    "Dubois",
    "Eriksen",
    "Farouk",
    "García",
    "Hashimoto",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Mbeki",
    "Novák",
    "Okafor",
    "Petrov",
    "Rossi",
    "Singh",
    "Tanaka",
    "Verhoeven",
];
const TOPICS: [&str; 12] = [
    "Handling of chemicals",
    "First aid at work",
    "Data protection",
    "Customer conversations",
    "Fork lift safety",
    "Food hygiene",
    "Network basics",
    "Project planning",
    "Fire prevention",
    "Medication rounds",
    "Energy saving",
    "Conflict resolution",
];

/// What an activity is; it decides which verbs are used with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A course.
    Course,
    /// A module of a course.
    Module,
    /// A lesson of a module.
    Lesson,
    /// A question of a module.
    Question,
}

impl Kind {
    /// Places in [`VERBS`], the frequent ones more than once.
    pub(super) fn verbs(self) -> &'static [usize] {
        match self {
            Self::Course => &[1, 10],
            Self::Module => &[10],
            Self::Lesson => &[0, 0, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 7, 7, 8, 9, 11, 11],
            Self::Question => &[5, 5, 5, 5, 5, 6],
        }
    }
}

/// Somebody with an account.
pub(crate) struct Person {
    /// The Agent object.
    pub(crate) json: String,
    /// The Agent object without its name, as a query gives it.
    pub(crate) identity: String,
}

impl Person {
    pub(super) fn learner(n: usize, dice: &mut Dice) -> Self {
        Self::new("https://people.example.org", &format!("learner-{n:05}"), dice)
    }

    pub(super) fn instructor(n: usize, dice: &mut Dice) -> Self {
        Self::new("https://staff.example.org", &format!("instructor-{n:03}"), dice)
    }

    fn new(home: &str, account: &str, dice: &mut Dice) -> Self {
        let (first, last) = (dice.pick(&FIRST_NAMES), dice.pick(&LAST_NAMES));
        let account = format!(r#""account":{{"homePage":"{home}","name":"{account}"}}"#);
        Self {
            json: format!(r#"{{"name":"{first} {last}",{account}}}"#),
            identity: format!("{{{account}}}"),
        }
    }
}

/// Something that is learned.
pub(crate) struct Activity {
    /// Its id.
    pub(crate) iri: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// Its number among all activities.
    pub(crate) number: usize,
    /// The number of the activity it is a part of; its own for a course.
    pub(super) parent: usize,
    /// The Activity object with its definition.
    pub(super) json: String,
    /// The `contextActivities` of statements about it.
    pub(super) context: String,
}

const MODULES: usize = 4;
const LESSONS: usize = 4;
const QUESTIONS: usize = 2;
const PER_COURSE: usize = 1 + MODULES + MODULES * (LESSONS + QUESTIONS);

/// The course `n` and all its parts.
pub(super) fn course(n: usize, dice: &mut Dice) -> Vec<Activity> {
    let course_iri = format!("https://courses.example.org/course/{n}");
    let first = n * PER_COURSE;
    let course = Place { iri: course_iri.clone(), number: first, parent: first };
    let mut activities = vec![course.activity(Kind::Course, (&course_iri, &course_iri), dice)];
    for module in 0..MODULES {
        let module_iri = format!("{course_iri}/module/{module}");
        let module_number = first + 1 + module;
        let place = Place { iri: module_iri.clone(), number: module_number, parent: first };
        activities.push(place.activity(Kind::Module, (&course_iri, &course_iri), dice));
        for part in 0..LESSONS + QUESTIONS {
            let (kind, noun) = if part < LESSONS {
                (Kind::Lesson, "lesson")
            } else {
                (Kind::Question, "question")
            };
            let number = first + 1 + MODULES + module * (LESSONS + QUESTIONS) + part;
            let iri = format!("{module_iri}/{noun}/{part}");
            let place = Place { iri, number, parent: module_number };
            activities.push(place.activity(kind, (&module_iri, &course_iri), dice));
        }
    }
    activities
}

struct Place {
    iri: String,
    number: usize,
    parent: usize,
}

impl Place {
    fn activity(self, kind: Kind, (parent, course): (&str, &str), dice: &mut Dice) -> Activity {
        let Self { iri, number, parent: parent_number } = self;
        let (noun, more) = match kind {
            Kind::Course => ("course", ""),
            Kind::Module => ("module", ""),
            Kind::Lesson => ("lesson", ""),
            Kind::Question => (
                "cmi.interaction",
                concat!(
                    r#","interactionType":"choice","correctResponsesPattern":["b"],"choices":"#,
                    r#"[{"id":"a","description":{"en-US":"At once"}},"#,
                    r#"{"id":"b","description":{"en-US":"After the check"}}]"#
                ),
            ),
        };
        let topic = dice.pick(&TOPICS);
        let title = format!("{topic}, {noun} {number}");
        let json = format!(
            concat!(
                r#"{{"id":"{}","definition":{{"#,
                r#""type":"http://adlnet.gov/expapi/activities/{}","name":{{"en-US":"{}"}},"#,
                r#""description":{{"en-US":"What everybody on the team has to know."}}{}}}}}"#
            ),
            iri, noun, title, more
        );
        let context = format!(
            r#"{{"parent":[{{"id":"{parent}"}}],"grouping":[{{"id":"{course}"}}],"category":[{{"id":"{}"}}]}}"#,
            super::CATEGORY
        );
        Activity { iri, kind, number, parent: parent_number, json, context }
    }
}
