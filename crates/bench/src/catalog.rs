//! The queries that are measured: each filter alone, several at once, and the awkward ones.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::world::{CATEGORY, Dice, Kind, VERBS, World};

/// Parameters of a query.
type Parameters = Vec<(&'static str, String)>;
/// Draws the parameters of a query.
pub(crate) type Draw = fn(&Catalog, &mut Dice) -> Parameters;

/// What queries are drawn from.
pub(crate) struct Catalog {
    world: Arc<World>,
    first: OffsetDateTime,
    last: OffsetDateTime,
}

impl Catalog {
    /// Queries over statements stored between `first` and `last`.
    pub(crate) fn new(world: Arc<World>, first: &str, last: &str) -> Result<Self> {
        let parse = |text: &str| {
            OffsetDateTime::parse(text, &Rfc3339).with_context(|| format!("`stored` is {text}"))
        };
        Ok(Self { world, first: parse(first)?, last: parse(last)? })
    }

    /// A moment between the first and the last statement.
    fn moment(&self, dice: &mut Dice) -> String {
        let share = dice.below(1_000);
        let share = f64::from(u32::try_from(share).unwrap_or(0)) / 1_000.0;
        let moment = self.first + (self.last - self.first) * share;
        moment.format(&Rfc3339).expect("a moment of this century has a text")
    }
}

/// Each filter by name.
pub(crate) const FILTERS: &[(&str, Draw)] = &[
    ("(none)", |_, _| Vec::new()),
    ("ascending", |_, _| vec![ascending()]),
    ("verb", |c, d| vec![verb(c, d)]),
    ("activity", |c, d| vec![activity(c, d)]),
    ("agent", |c, d| vec![agent(c, d)]),
    ("registration", |c, d| vec![registration(c, d)]),
    ("related_activities: course", related),
    ("related_activities: category", |_, _| {
        vec![("activity", CATEGORY.to_owned()), on("related_activities")]
    }),
    ("related_agents: instructor", |c, d| {
        vec![("agent", c.world.instructor(d).identity.clone()), on("related_agents")]
    }),
    ("since", |c, d| vec![("since", c.moment(d))]),
    ("until", |c, d| vec![("until", c.moment(d))]),
    ("since+ascending", |c, d| vec![("since", c.moment(d)), ascending()]),
    ("verb+ascending", |c, d| vec![verb(c, d), ascending()]),
    ("verb+until", |c, d| vec![verb(c, d), ("until", c.moment(d))]),
    ("agent+verb", |c, d| vec![agent(c, d), verb(c, d)]),
    ("activity+verb", |c, d| vec![activity(c, d), verb(c, d)]),
    ("agent+activity", |c, d| vec![agent(c, d), activity(c, d)]),
    ("registration+verb", |c, d| vec![registration(c, d), verb(c, d)]),
    ("agent+activity+verb+since", |c, d| {
        vec![agent(c, d), activity(c, d), verb(c, d), ("since", c.moment(d))]
    }),
    ("related_activities+verb+until", |c, d| {
        let mut parameters = related(c, d);
        parameters.extend([verb(c, d), ("until", c.moment(d))]);
        parameters
    }),
    ("related_agents+related_activities+verb", |c, d| {
        let mut parameters = related(c, d);
        parameters.push(("agent", c.world.instructor(d).identity.clone()));
        parameters.extend([on("related_agents"), verb(c, d)]);
        parameters
    }),
    // Long lists that never meet: a lesson is not answered.
    ("activity+verb, none match", |c, d| {
        let lesson = c.world.activity(Kind::Lesson, d).iri.clone();
        vec![("activity", lesson), ("verb", VERBS[5].0.to_owned())]
    }),
    ("agent unknown", |_, d| {
        let account = format!(r#"{{"mbox":"mailto:nobody-{}@example.org"}}"#, d.below(1_000_000));
        vec![("agent", account)]
    }),
];

/// The most frequent verb: a long list.
pub(crate) fn dense(_: &Catalog, _: &mut Dice) -> Parameters {
    vec![("verb", VERBS[5].0.to_owned())]
}

/// Everything about a course.
pub(crate) fn related(catalog: &Catalog, dice: &mut Dice) -> Parameters {
    let course = catalog.world.activity(Kind::Course, dice);
    vec![("activity", course.iri.clone()), on("related_activities")]
}

fn on(name: &'static str) -> (&'static str, String) {
    (name, "true".to_owned())
}

fn ascending() -> (&'static str, String) {
    on("ascending")
}

fn verb(_: &Catalog, dice: &mut Dice) -> (&'static str, String) {
    ("verb", dice.pick(&VERBS).0.to_owned())
}

fn activity(catalog: &Catalog, dice: &mut Dice) -> (&'static str, String) {
    ("activity", catalog.world.activity(Kind::Lesson, dice).iri.clone())
}

fn agent(catalog: &Catalog, dice: &mut Dice) -> (&'static str, String) {
    ("agent", catalog.world.learner(dice).identity.clone())
}

/// The registration of a statement among the first ones, so that it is stored.
fn registration(catalog: &Catalog, dice: &mut Dice) -> (&'static str, String) {
    let n = u64::try_from(dice.below(5_000)).expect("a usize fits 64 bits");
    ("registration", catalog.world.statement(n).registration.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_lie_between_the_first_and_the_last() {
        let (first, last) = ("2026-01-01T00:00:00.000001Z", "2026-01-01T00:10:00Z");
        let catalog = Catalog::new(Arc::new(World::new(1)), first, last).unwrap();
        let mut dice = Dice::new(1, 1);
        let mut moments: Vec<String> = (0..50).map(|_| catalog.moment(&mut dice)).collect();
        assert!(moments.iter().all(|text| text.as_str() >= "2026-01-01T00:0"));
        assert!(moments.iter().all(|text| text.as_str() < "2026-01-01T00:10"));
        moments.dedup();
        assert!(moments.len() > 40);
        assert!(Catalog::new(Arc::new(World::new(1)), "yesterday", last).is_err());
    }

    #[test]
    fn every_filter_draws_parameters_of_the_standard() {
        const KNOWN: [&str; 8] = [
            "verb",
            "activity",
            "agent",
            "registration",
            "related_activities",
            "related_agents",
            "since",
            "until",
        ];
        let now = "2026-01-01T00:00:00Z";
        let catalog = Catalog::new(Arc::new(World::new(1)), now, now).unwrap();
        for (name, draw) in FILTERS {
            for (parameter, value) in draw(&catalog, &mut Dice::new(1, 2)) {
                assert!(KNOWN.contains(&parameter) || parameter == "ascending", "{name}");
                assert!(!value.is_empty());
            }
        }
    }
}
