//! What is answered at an address that has ended: to a learner a page in their language, to a program
//! the problem (`scorm.md` 2.3).

use crate::error::Problem;
use axum::response::{Html, IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderMap, header};

/// Whose language it is, what has ended, and what to do.
const WORDS: [(&str, &str, &str); 4] = [
    (
        "en",
        "This part has ended",
        "Go back to the course, and open it again from there. Close this window if it was opened for it.",
    ),
    (
        "de",
        "Dieser Teil ist beendet",
        "Geh zurück zum Kurs und öffne ihn dort noch einmal. Wenn er ein eigenes Fenster hat, schließe es.",
    ),
    (
        "fr",
        "Cette partie est terminée",
        "Revenez au cours et ouvrez-la de nouveau. Si elle a sa propre fenêtre, fermez-la.",
    ),
    (
        "es",
        "Esta parte ha terminado",
        "Vuelve al curso y ábrela de nuevo. Si tiene su propia ventana, ciérrala.",
    ),
];

/// The answer, as whoever asks can show it.
pub(super) fn answer(problem: Problem, parts: &Parts) -> Response {
    if !shows_pages(&parts.headers) {
        return problem.into_response();
    }
    let vary = [(header::VARY, "Accept, Accept-Language, Sec-Fetch-Dest")];
    (problem.status, vary, Html(page(&parts.headers))).into_response()
}

/// Whether this is a window or a frame. Browsers say so since 2020 or later; before, that they take pages.
fn shows_pages(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-dest") {
        Some(wanted) => ["document", "iframe", "frame"].contains(&wanted),
        None => text("accept").is_some_and(|types| types.contains("text/html")),
    }
}

fn page(headers: &HeaderMap) -> String {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let first = |tag: &str| {
        let language = tag.trim().split(['-', ';']).next().unwrap_or_default();
        WORDS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(language))
    };
    let (language, title, text) =
        wanted.unwrap_or_default().split(',').find_map(first).unwrap_or(&WORDS[0]);
    format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em}}</style>\
         <h1>{title}</h1><p>{text}</p></html>"
    )
}
