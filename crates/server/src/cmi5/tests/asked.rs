//! What a unit was told satisfies it is what it is said to need (9.3.3, 10.2).

use super::kit::*;
use crate::testing::{TestApp, on_both};
use serde_json::{Value, json};

/// Why a course is not satisfied, and what its outline says of its first unit.
async fn told(app: &TestApp, registration: &str) -> (Value, Value) {
    let place = format!("{REGISTRATIONS}/{registration}");
    let why = get(app, &format!("{place}/satisfaction")).await;
    let outline = get(app, &place).await;
    (why["missing"][0].clone(), outline["children"][0].clone())
}

on_both! {
    /// A unit that was launched with more to do than the structure asks says what is missing of that.
    async fn what_was_handed_over_is_what_is_missing(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="Completed""#)).await;
        let unit = Unit::running(&app, &registration, json!({"moveOn": "Passed"})).await;
        unit.says("completed").await;
        let (missing, shown) = told(&app, &registration).await;
        let why = "it must be passed (moveOn Passed), and it was completed and not passed";
        assert_eq!((&missing["why"], &missing["moveOn"]), (&json!(why), &json!("Passed")));
        assert_eq!((&shown["satisfied"], &shown["needs"]), (&json!(false), &json!(["passed"])));
        assert_eq!(shown["moveOn"], "Passed");
        unit.says("terminated").await;

        // Launched as the structure has it: nothing is missing, and that counts once it begins.
        let again = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let (missing, shown) = told(&app, &registration).await;
        assert_eq!(missing["why"], "nothing is missing (moveOn Completed), which counts once it begins");
        assert_eq!((&shown["satisfied"], &shown["needs"]), (&json!(false), &json!([])));
        again.says("initialized").await;
        let (missing, shown) = told(&app, &registration).await;
        assert_eq!((missing, &shown["satisfied"]), (Value::Null, &json!(true)));
    }

    /// The structure asks nothing, so nothing is missing whatever was handed over (9.6.1).
    async fn where_nothing_is_asked_nothing_is_missing(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        Unit::running(&app, &registration, json!({"moveOn": "Passed"})).await;
        let (missing, shown) = told(&app, &registration).await;
        assert_eq!((missing, &shown["satisfied"], &shown["needs"]), (Value::Null, &json!(true), &json!([])));
    }
}
