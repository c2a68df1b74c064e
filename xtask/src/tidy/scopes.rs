//! Which tables a SQL text reads without binding each of them to a tenant.
//!
//! A text is read select by select: the tables of each, and the equalities that hold for all of its
//! rows. A table is bound if its `tenant` equals a parameter, or the `tenant` of one that is bound
//! here or around. What stands in brackets or beside an `or` binds nothing.

use std::collections::BTreeSet;

/// One select, or one statement that writes.
#[derive(Debug, Default)]
struct Scope {
    /// Tables and other sources of rows: what they are, and what they are called.
    sources: Vec<(String, String)>,
    /// What equals what: `tenant`, `alias.tenant`, or `$n`.
    equal: Vec<(String, String)>,
    /// Whether an `or` stands where it loosens every other condition.
    loose: bool,
    /// The scope around.
    around: Option<usize>,
}

/// Words that end a table's name where an alias might stand.
const NO_ALIAS: &[&str] = &[
    "as",
    "cross",
    "default",
    "do",
    "for",
    "full",
    "group",
    "having",
    "inner",
    "join",
    "left",
    "limit",
    "natural",
    "on",
    "order",
    "returning",
    "right",
    "select",
    "set",
    "union",
    "using",
    "values",
    "where",
];

/// The first of `tables` that a text touches without binding it to a tenant.
pub(super) fn loose(sql: &str, tables: &BTreeSet<String>) -> Option<String> {
    let tokens = tokens(sql);
    if let Some(table) = inserted_loosely(&tokens, tables) {
        return Some(table);
    }
    let scopes = scopes(&tokens);
    let mut bound: Vec<BTreeSet<String>> = Vec::new();
    for scope in &scopes {
        let around = scope.around.and_then(|around| bound.get(around)).cloned().unwrap_or_default();
        let (here, unbound) = judge(scope, around, tables);
        if unbound.is_some() {
            return unbound;
        }
        bound.push(here);
    }
    None
}

/// The aliases that are bound in a scope, and a table that is not.
fn judge(
    scope: &Scope,
    around: BTreeSet<String>,
    tables: &BTreeSet<String>,
) -> (BTreeSet<String>, Option<String>) {
    let mut bound = around;
    // Their own names hide those around; a source that is no table was judged where it is made.
    for (name, alias) in &scope.sources {
        if tables.contains(name) {
            bound.remove(alias)
        } else {
            bound.insert(alias.clone())
        };
    }
    let own: Vec<&(String, String)> =
        scope.sources.iter().filter(|(name, _)| tables.contains(name)).collect();
    let alias = |operand: &str| match (operand.strip_suffix(".tenant"), own.as_slice()) {
        (Some(alias), _) => Some(alias.to_owned()),
        (None, [(_, alias)]) if operand == "tenant" => Some(alias.clone()),
        _ => None,
    };
    let fixed = |operand: &str, bound: &BTreeSet<String>| {
        operand.starts_with('$') || alias(operand).is_some_and(|alias| bound.contains(&alias))
    };
    let mut before = usize::MAX;
    while !scope.loose && before != bound.len() {
        before = bound.len();
        for (one, other) in &scope.equal {
            for (from, to) in [(one, other), (other, one)] {
                if fixed(from, &bound) {
                    bound.extend(alias(to));
                }
            }
        }
    }
    let unbound = own.iter().find(|(_, alias)| !bound.contains(alias));
    (bound, unbound.map(|(name, _)| name.clone()))
}

/// A table that is written to with another first column than the tenant.
fn inserted_loosely(tokens: &[String], tables: &BTreeSet<String>) -> Option<String> {
    tokens.windows(2).enumerate().find_map(|(at, pair)| {
        let [into, table] = pair else { return None };
        let first = tokens.get(at + 2..at + 4).unwrap_or_default();
        let fine = matches!(first, [bracket, tenant] if bracket == "(" && tenant == "tenant");
        (into == "into" && tables.contains(table) && !fine).then(|| table.clone())
    })
}

/// The scopes of a text; each comes after the one around it.
fn scopes(tokens: &[String]) -> Vec<Scope> {
    let mut scopes = vec![Scope::default()];
    let mut open = vec![0];
    // Whether a comma leads to another source, for each open bracket.
    let mut listing = vec![false];
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let here = open.last().copied().unwrap_or(0);
        let word = token.as_str();
        let in_list = word == "," && listing.last() == Some(&true);
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        match word {
            "(" => {
                scopes.push(Scope { around: Some(here), ..Scope::default() });
                open.push(scopes.len() - 1);
                listing.push(false);
            }
            ")" if open.len() > 1 => {
                open.pop();
                listing.pop();
            }
            "union" | "intersect" | "except" => {
                let around = scopes.get(here).and_then(|scope| scope.around);
                scopes.push(Scope { around, ..Scope::default() });
                open.pop();
                open.push(scopes.len() - 1);
            }
            "where" | "on" | "set" | "order" | "group" | "limit" | "select" | "returning" => {
                listing.pop();
                listing.push(false);
            }
            _ => {}
        }
        let starts = matches!(word, "from" | "join" | "using")
            || word == "update" && before.is_none_or(|before| before != "for");
        if starts || in_list {
            if word == "from" {
                listing.pop();
                listing.push(true);
            }
            let source = source(tokens, at + 1);
            scopes.get_mut(here).expect("it is open").sources.extend(source);
        }
        let scope = scopes.get_mut(here).expect("it is open");
        scope.loose |= word == "or" && !scope.sources.is_empty();
        if word == "=" {
            scope.equal.extend(equality(tokens, at));
        }
        at += 1;
    }
    scopes
}

/// The source of rows whose name is at `at`, and what it is called.
fn source(tokens: &[String], at: usize) -> Option<(String, String)> {
    let mut end = at + 1;
    let mut name = tokens.get(at)?.clone();
    // A function or a subselect: its alias follows its brackets.
    if name == "(" || tokens.get(end).is_some_and(|next| next == "(") {
        let first = if name == "(" { at } else { end };
        let mut depth = 0_i32;
        let close = tokens.iter().skip(first).position(|token| {
            depth += i32::from(token == "(") - i32::from(token == ")");
            depth == 0
        });
        end = first + close? + 1;
        "(".clone_into(&mut name);
    }
    let mut alias = tokens.get(end).map_or("", String::as_str);
    if alias == "as" {
        alias = tokens.get(end + 1).map_or("", String::as_str);
    }
    let is_alias = alias.starts_with(|c: char| c.is_alphabetic()) && !NO_ALIAS.contains(&alias);
    let alias = if is_alias { alias.to_owned() } else { name.clone() };
    Some((name, alias))
}

/// The two sides of the `=` at `at`, if either is a tenant.
fn equality(tokens: &[String], at: usize) -> Option<(String, String)> {
    let mut left = at.checked_sub(1)?;
    // A cast stands behind its value: `$1 :: bigint`.
    if left >= 2 && tokens.get(left - 1).is_some_and(|token| token == "::") {
        left -= 2;
    }
    let (left, right) = (tokens.get(left)?, tokens.get(at + 1)?);
    let is_tenant = |token: &str| token == "tenant" || token.ends_with(".tenant");
    (is_tenant(left) || is_tenant(right)).then(|| (left.clone(), right.clone()))
}

/// Names with their dots, parameters, and single signs; texts and spaces left out.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut quoted = false;
    let mut joins = false;
    for c in sql.chars() {
        if c == '\'' {
            quoted = !quoted;
            joins = false;
        } else if quoted || c.is_whitespace() || c == '"' || c == '\\' {
            joins = false;
        } else {
            let is_word = c.is_alphanumeric() || "_.$".contains(c);
            let pair = c == ':' && tokens.last().is_some_and(|last| last == ":");
            match tokens.last_mut() {
                Some(last) if is_word && joins || pair => last.push(c),
                _ => tokens.push(c.to_string()),
            }
            joins = is_word;
        }
    }
    tokens
}
