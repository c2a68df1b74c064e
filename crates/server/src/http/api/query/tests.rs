//! The syntax of queries, as a table.

use super::super::{filter, sorts};
use super::*;
use crate::error::{Code, Result};
use crate::limits::Limits;

static TABLE: QueryTable = QueryTable {
    name: "attempts",
    filters: &[
        filter!("enrollmentId", text, "Whose."),
        filter!("activity", texts, "Of what."),
        filter!("outcome", words ["passed", "failed"], "What became of it."),
        filter!("startedAt", time, "When it began."),
        filter!("open", flag, "Whether it is open."),
    ],
    sorts: sorts!["startedAt", "name"],
    order: "-startedAt",
};

fn read(query: &str) -> Result<Read> {
    let limits = Limits { api_filter_values_max: 3, api_filter_bytes_max: 40, ..Limits::default() };
    Read::new(query, &TABLE, &limits)
}

fn query(text: &str) -> Query {
    let Read { size, after: _, filters, order, repeated } = read(text).unwrap();
    let place = PlaceOf {
        secret: Secret::new([0; 32]),
        fingerprint: Fingerprint::new(1, "", &[], &[]),
        path: String::new(),
        repeated,
        ids: None,
    };
    Query { page: Page { size, after: None }, bound: 0, filters, order, place }
}

#[test]
fn everything_at_once_with_brackets_in_either_form() {
    let raw = "filter[enrollmentId]=e,1&filter[activity]=b,a\\,c,b&filter[outcome]=passed,failed\
        &filter[startedAt][gte]=2026-01-01T00:00:00Z&filter[startedAt][lt]=2026-02-01T00:00:00Z\
        &filter[open]=true&page[size]=200&sort=name,-startedAt";
    let encoded = raw.replace('[', "%5B").replace(']', "%5D").replace(',', "%2C");
    for text in [raw, encoded.as_str()] {
        let query = query(text);
        assert_eq!(query.text("enrollmentId"), Some("e,1"));
        assert_eq!(query.texts("activity").unwrap(), ["a,c", "b"]);
        assert_eq!(query.words("outcome").unwrap(), ["failed", "passed"]);
        let january = Span { from: 1_767_225_600_000_000, before: 1_769_904_000_000_000 };
        assert_eq!(query.span("startedAt"), january);
        assert_eq!(query.flag("open"), Some(true));
        assert_eq!((query.page.size, query.rows()), (200, 201));
        let order: Vec<_> = query.order().iter().map(Order::signed).collect();
        assert_eq!(order, ["+name", "-startedAt"]);
    }
}

#[test]
fn nothing_asked_is_the_first_page_in_the_listings_order() {
    let query = query("");
    assert_eq!(query.page, Page { size: 50, after: None });
    assert_eq!(query.order(), [Order { name: "startedAt", descending: true }]);
    assert_eq!((query.text("enrollmentId"), query.flag("open")), (None, None));
    assert_eq!(query.span("startedAt"), Span::ALL);
}

#[test]
fn the_ends_of_a_span_are_in_it_or_not() {
    let at = 1_767_225_600_000_000;
    for (operator, span) in [
        ("gte", Span { from: at, ..Span::ALL }),
        ("gt", Span { from: at + 1, ..Span::ALL }),
        ("lte", Span { before: at + 1, ..Span::ALL }),
        ("lt", Span { before: at, ..Span::ALL }),
    ] {
        let text = format!("filter[startedAt][{operator}]=2026-01-01T01:00:00+01:00");
        assert_eq!(query(&text).span("startedAt"), span, "{operator}");
    }
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    for (text, status, code) in [
        ("offset=1", 400, Code::QueryParameterUnknown),
        ("page[number]=1", 400, Code::QueryParameterUnknown),
        ("Sort=name", 400, Code::QueryParameterUnknown),
        ("filter=1", 400, Code::QueryParameterUnknown),
        ("filter[who]=1", 400, Code::QueryFilterUnknown),
        ("filter[outcome=passed", 400, Code::QueryFilterUnknown),
        ("filter[outcome][gte]=passed", 400, Code::QueryFilterUnknown),
        ("filter[startedAt]=2026-01-01T00:00:00Z", 400, Code::QueryFilterUnknown),
        ("filter[startedAt][eq]=2026-01-01T00:00:00Z", 400, Code::QueryFilterUnknown),
        ("filter[outcome]=lost", 400, Code::QueryParameterInvalid),
        ("filter[outcome]=", 400, Code::QueryParameterInvalid),
        ("filter[outcome]=passed,", 400, Code::QueryParameterInvalid),
        ("filter[activity]=a,b,c,d", 400, Code::QueryParameterInvalid),
        ("filter[open]=1", 400, Code::QueryParameterInvalid),
        ("filter[startedAt][gte]=yesterday", 400, Code::QueryParameterInvalid),
        ("filter[startedAt][gte]=2026-01-01T00:00:00", 400, Code::QueryParameterInvalid),
        ("page[size]=0", 400, Code::QueryParameterInvalid),
        ("page[size]=201", 400, Code::QueryParameterInvalid),
        ("page[size]=%2B5", 400, Code::QueryParameterInvalid),
        ("page[size]=", 400, Code::QueryParameterInvalid),
        ("sort=", 400, Code::QuerySortUnknown),
        ("sort=--name", 400, Code::QuerySortUnknown),
        ("sort=name,", 400, Code::QuerySortUnknown),
        ("sort=name,-name", 400, Code::QueryParameterRepeated),
        ("sort=name&sort=name", 400, Code::QueryParameterRepeated),
        ("page[after]=a&page[cursor]=a", 400, Code::QueryParameterRepeated),
        ("page[size]=5&page%5Bsize%5D=5", 400, Code::QueryParameterRepeated),
        ("filter[open]=true&filter[open]=true", 400, Code::QueryParameterRepeated),
        (
            "filter[startedAt][gt]=2026-01-01T00:00:00Z&filter[startedAt][gte]=2026-01-01T00:00:00Z",
            400,
            Code::QueryParameterRepeated,
        ),
        ("sort=%FF", 400, Code::ParameterEncoding),
    ] {
        let problem = read(text).unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code), (status, code), "{text}");
    }
}

#[test]
fn a_refusal_names_what_there_is() {
    let detail = |text: &str| read(text).unwrap_err().detail;
    assert!(detail("offset=1").contains("`page[size]`, `page[after]`, `sort`, `filter[enrollment"));
    assert!(detail("filter[who]=1").contains("`filter[startedAt][lte]`"));
    assert!(detail("sort=age").ends_with("`startedAt`, `name`"));
    assert!(detail("filter[outcome]=lost").ends_with("`passed`, `failed`"));
}

#[test]
fn a_filter_is_as_long_as_its_limit_and_no_longer() {
    assert!(read(&format!("filter[enrollmentId]={}", "x".repeat(40))).is_ok());
    let problem = read(&format!("filter[enrollmentId]={}", "x".repeat(41))).unwrap_err();
    assert_eq!(*problem.members, [("limit", "api_filter_bytes_max".into())]);
    assert!(read("filter[activity]=a,b,c").is_ok());
}

#[test]
fn a_cursor_is_as_long_as_its_limit_and_no_longer() {
    let most = Limits::default().api_cursor_bytes_max;
    let of = |length: usize| read(&format!("page[after]={}", "x".repeat(length)));
    assert_eq!(of(most).unwrap().after.unwrap().len(), most);
    assert_eq!(of(most + 1).unwrap_err().code, Code::CursorInvalid);
}

#[test]
fn the_same_query_in_other_words_has_the_same_fingerprint() {
    let of = |text: &str| read(text).unwrap().fingerprint(&TABLE, TenantId(1));
    let one = of("filter[outcome]=passed,failed&filter[open]=true&sort=-startedAt&page[size]=3");
    assert_eq!(one, of("filter%5Bopen%5D=true&filter[outcome]=failed,passed,failed"));
    let at = |text: &str| of(&format!("filter[startedAt][gte]={text}"));
    assert_eq!(at("2026-01-01T00:00:00Z"), at("2026-01-01T02:00:00%2B02:00"));
    assert_ne!(one, of("filter[outcome]=passed&filter[open]=true"));
    assert_ne!(of("sort=name"), of("sort=-name"));
}

#[test]
fn the_next_page_repeats_everything_but_the_cursor() {
    let query = query("filter%5Bopen%5D=true&page[cursor]=abc&page[size]=3&sort=name");
    assert_eq!(query.place.repeated, "filter%5Bopen%5D=true&page[size]=3&sort=name");
}
