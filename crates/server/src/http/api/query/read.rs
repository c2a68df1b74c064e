//! From the text of a query to what it asks for, by the table of its listing.

use super::super::cursor;
use super::super::table::{Filter, Kind, QueryTable};
use super::super::{Fingerprint, PAGE_SIZE};
use super::{Given, Order, Span};
use crate::error::{Code, Fault, Place, Problem, Result};
use crate::http::form::{self, Field};
use crate::limits::Limits;
use crate::tenants::TenantId;
use rollbook_xapi::version::Version;

/// A query that was read, but for its cursor.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) size: usize,
    /// The cursor as it was sent.
    pub(super) after: Option<String>,
    pub(super) filters: Vec<(&'static str, Given)>,
    pub(super) order: Vec<Order>,
    /// Every parameter as it was sent, but for the cursor.
    pub(super) repeated: String,
}

impl Read {
    /// Reads a query; 400 for what the table does not know.
    pub(super) fn new(query: &str, table: &'static QueryTable, limits: &Limits) -> Result<Self> {
        let fields = form::fields(query).map_err(|unreadable| {
            unreadable.problem(|| Problem::of(Code::ParameterEncoding, "the query is not UTF-8"))
        })?;
        let mut read = Self {
            size: PAGE_SIZE.min(limits.api_page_max),
            after: None,
            filters: Vec::new(),
            order: Vec::new(),
            repeated: String::new(),
        };
        let mut seen: Vec<&str> = Vec::new();
        for Field { name, value, raw: _ } in &fields {
            // The two names of the cursor are one parameter.
            let one = if name == "page[cursor]" { "page[after]" } else { name.as_str() };
            if seen.contains(&one) {
                let what = format!("`{one}` is given more than once");
                return Err(wrong(Code::QueryParameterRepeated, one, what));
            }
            seen.push(one);
            read.take(one, value, table, limits)?;
        }
        if read.order.is_empty() {
            read.order = order(table.order, table)?;
        }
        read.filters.sort_by_key(|(name, _)| *name);
        let is_cursor = |field: &Field<'_>| matches!(&*field.name, "page[after]" | "page[cursor]");
        let kept = fields.iter().filter(|field| !is_cursor(field)).map(|field| field.raw);
        read.repeated = kept.collect::<Vec<_>>().join("&");
        Ok(read)
    }

    fn take(
        &mut self,
        name: &str,
        value: &str,
        table: &'static QueryTable,
        limits: &Limits,
    ) -> Result<()> {
        match name {
            "page[size]" => self.size = size(value, limits.api_page_max)?,
            "page[after]" => self.after = Some(cursor_text(value, limits)?),
            "sort" => self.order = order(value, table)?,
            _ => match name.strip_prefix("filter[") {
                Some(rest) => return self.filter(name, rest, value, table, limits),
                None => return Err(unknown_parameter(name, table)),
            },
        }
        Ok(())
    }

    /// `rest` is what follows `filter[`.
    fn filter(
        &mut self,
        parameter: &str,
        rest: &str,
        value: &str,
        table: &'static QueryTable,
        limits: &Limits,
    ) -> Result<()> {
        let unknown = || unknown_filter(parameter, table);
        let filter = table.filters.iter().find(|filter| filter.parameters.contains(&parameter));
        let filter = filter.ok_or_else(unknown)?;
        if value.len() > limits.api_filter_bytes_max {
            let most = limits.api_filter_bytes_max;
            return Err(Problem::too_large(
                "api_filter_bytes_max",
                format!("a filter has at most {most} bytes"),
            ));
        }
        let operator = rest.strip_prefix(filter.name).ok_or_else(unknown)?;
        let given = given(filter, parameter, value, limits)?;
        match given {
            Ok(given) => self.filters.push((filter.name, given)),
            Err(at) => self.narrow(filter.name, parameter, operator, at)?,
        }
        Ok(())
    }

    /// One end of a span, of which each is given once.
    fn narrow(
        &mut self,
        name: &'static str,
        parameter: &str,
        operator: &str,
        at: i64,
    ) -> Result<()> {
        let known = self.filters.iter_mut().find(|(known, _)| *known == name);
        let mut span = match &known {
            Some((_, Given::Span(span))) => *span,
            _ => Span::ALL,
        };
        let (end, unset, at) = match operator {
            "][gte]" => (&mut span.from, i64::MIN, at),
            "][gt]" => (&mut span.from, i64::MIN, at.saturating_add(1)),
            "][lte]" => (&mut span.before, i64::MAX, at.saturating_add(1)),
            _ => (&mut span.before, i64::MAX, at),
        };
        if *end != unset {
            let what = format!("`{parameter}` bounds what another parameter bounds already");
            return Err(wrong(Code::QueryParameterRepeated, parameter, what));
        }
        *end = at;
        match known {
            Some((_, given)) => *given = Given::Span(span),
            None => self.filters.push((name, Given::Span(span))),
        }
        Ok(())
    }

    /// What the query is about, however it was written.
    pub(super) fn fingerprint(&self, table: &QueryTable, tenant: TenantId) -> Fingerprint {
        let canonical = |given: &Given| match given {
            Given::Texts(texts) => format!("{texts:?}"),
            Given::Words(words) => format!("{words:?}"),
            Given::Span(Span { from, before }) => format!("{from} {before}"),
            Given::Flag(flag) => flag.to_string(),
        };
        let filters = self.filters.iter();
        let filters: Vec<_> =
            filters.map(|(name, given)| ((*name).to_owned(), canonical(given))).collect();
        let order: Vec<_> = self.order.iter().map(Order::signed).collect();
        Fingerprint::new(tenant.0, table.name, &filters, &order)
    }
}

impl Order {
    pub(super) fn signed(&self) -> String {
        format!("{}{}", if self.descending { '-' } else { '+' }, self.name)
    }
}

fn size(value: &str, most: usize) -> Result<usize> {
    let is_count = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let size = value.parse().ok().filter(|size| is_count && (1..=most).contains(size));
    size.ok_or_else(|| invalid("page[size]", &format!("a number from 1 to {most}")))
}

fn cursor_text(value: &str, limits: &Limits) -> Result<String> {
    // Longer than any that we make.
    let is_short = value.len() <= limits.api_cursor_bytes_max;
    if is_short { Ok(value.to_owned()) } else { Err(cursor::invalid()) }
}

fn order(value: &str, table: &'static QueryTable) -> Result<Vec<Order>> {
    let mut order: Vec<Order> = Vec::new();
    for asked in value.split(',') {
        let (descending, asked) = match asked.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, asked),
        };
        let name = table.sorts.names.iter().find(|name| **name == asked).ok_or_else(|| {
            let what = format!("this can be ordered by {}", listed(table.sorts.names));
            wrong(Code::QuerySortUnknown, "sort", what)
        })?;
        if order.iter().any(|earlier| earlier.name == *name) {
            let what = format!("`sort` names `{name}` more than once");
            return Err(wrong(Code::QueryParameterRepeated, "sort", what));
        }
        order.push(Order { name, descending });
    }
    Ok(order)
}

/// What a filter was given; or, of a span, the moment of one of its ends.
fn given(
    filter: &'static Filter,
    parameter: &str,
    value: &str,
    limits: &Limits,
) -> Result<Result<Given, i64>> {
    if value.is_empty() {
        return Err(invalid(parameter, "something to look for"));
    }
    Ok(Ok(match filter.kind {
        Kind::Time => return time(parameter, value).map(Err),
        Kind::Text => Given::Texts(vec![value.to_owned()]),
        Kind::Texts => Given::Texts(split(parameter, value, limits)?),
        Kind::Words(words) => {
            let known = |asked: &String| words.iter().copied().find(|word| word == asked);
            let given: Option<Vec<_>> =
                split(parameter, value, limits)?.iter().map(known).collect();
            let one_of = || invalid(parameter, &format!("some of {}", listed(words)));
            Given::Words(given.ok_or_else(one_of)?)
        }
        Kind::Flag => match value {
            "true" => Given::Flag(true),
            "false" => Given::Flag(false),
            _ => return Err(invalid(parameter, "`true` or `false`")),
        },
    }))
}

fn time(parameter: &str, value: &str) -> Result<i64> {
    // A `+` that a client forgot to encode arrives as a space, which no timestamp has.
    let text = value.replace(' ', "+");
    let found = rollbook_xapi::timestamp::parse(&text, Version::V2).map(|found| found.micros);
    found.map_err(|_fault| invalid(parameter, "a time with a zone, such as 2026-11-21T07:00:00Z"))
}

/// The texts between commas, each once, in an order of their own.
fn split(parameter: &str, value: &str, limits: &Limits) -> Result<Vec<String>> {
    let mut texts = vec![String::new()];
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = texts.last_mut().expect("there is one at the start");
        match letter {
            '\\' => last.push(letters.next_if(|next| matches!(next, ',' | '\\')).unwrap_or('\\')),
            ',' => texts.push(String::new()),
            _ => last.push(letter),
        }
    }
    let most = limits.api_filter_values_max;
    if texts.len() > most || texts.iter().any(String::is_empty) {
        return Err(invalid(parameter, &format!("1 to {most} texts with commas between them")));
    }
    texts.sort_unstable();
    texts.dedup();
    Ok(texts)
}

fn wrong(code: Code, parameter: &str, detail: String) -> Problem {
    let fault = Fault { place: Place::Query(parameter.to_owned()), detail: detail.clone() };
    Problem { faults: [fault].into(), ..Problem::of(code, detail) }
}

fn invalid(parameter: &str, kind: &str) -> Problem {
    wrong(Code::QueryParameterInvalid, parameter, format!("`{parameter}` must be {kind}"))
}

fn unknown_parameter(name: &str, table: &QueryTable) -> Problem {
    let mut known = vec!["page[size]", "page[after]", "sort"];
    known.extend(table.filters.iter().flat_map(|filter| filter.parameters));
    let detail = format!("there is no parameter `{name}` here; there are {}", listed(&known));
    wrong(Code::QueryParameterUnknown, name, detail)
}

fn unknown_filter(name: &str, table: &QueryTable) -> Problem {
    let known: Vec<_> =
        table.filters.iter().flat_map(|filter| filter.parameters).copied().collect();
    let detail = if known.is_empty() {
        "there are no filters here".to_owned()
    } else {
        format!("there is no `{name}` here; there are {}", listed(&known))
    };
    wrong(Code::QueryFilterUnknown, name, detail)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
