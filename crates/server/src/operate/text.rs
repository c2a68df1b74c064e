//! The text in which Prometheus reads metrics (exposition format 0.0.4).

use super::table::{Kind, METRICS, Metric};
use rollbook_db::stats::Histogram;
use std::fmt::Write as _;

/// Its media type.
pub(super) const MEDIA: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Labels of one series.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// In which unit a histogram counts, against the one that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Counted in microseconds, shown in seconds.
    Micros,
    /// Counted and shown as it is.
    Plain,
}

/// A page that is being written: metric by metric, each with all its series.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Begins a metric of the table; what follows are its series.
    pub(super) fn metric(&mut self, name: &'static str) -> Series<'_> {
        let metric = METRICS.iter().find(|metric| metric.name == name);
        let Metric { name, kind, help, labels } =
            metric.expect("every metric that is shown is in the table");
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
        Series { page: self, name, labels }
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a String takes any text");
    }
}

/// The series of one metric.
pub(super) struct Series<'a> {
    page: &'a mut Page,
    name: &'static str,
    labels: &'static [&'static str],
}

impl Series<'_> {
    /// A number.
    pub(super) fn put(&mut self, labels: Labels<'_>, value: impl std::fmt::Display) -> &mut Self {
        self.must_be_known(labels);
        let (name, labels) = (self.name, braces(labels, None));
        self.page.line(format_args!("{name}{labels} {value}"));
        self
    }

    /// A histogram.
    pub(super) fn spread(&mut self, labels: Labels<'_>, of: &Histogram, unit: Unit) -> &mut Self {
        self.must_be_known(labels);
        let spread = of.distribution();
        let name = self.name;
        for (bound, count) in spread.up_to {
            let labels = braces(labels, Some(&shown(bound, unit)));
            self.page.line(format_args!("{name}_bucket{labels} {count}"));
        }
        let (all, plain) = (braces(labels, Some("+Inf")), braces(labels, None));
        self.page.line(format_args!("{name}_bucket{all} {}", spread.count));
        self.page.line(format_args!("{name}_sum{plain} {}", shown(spread.sum, unit)));
        self.page.line(format_args!("{name}_count{plain} {}", spread.count));
        self
    }

    fn must_be_known(&self, labels: Labels<'_>) {
        let known = labels.iter().map(|(name, _)| name).eq(self.labels);
        debug_assert!(known, "{} has other labels in the table", self.name);
    }
}

/// A number of microseconds as seconds, exactly.
fn shown(value: u64, unit: Unit) -> String {
    match unit {
        Unit::Plain => value.to_string(),
        Unit::Micros => {
            let text = format!("{}.{:06}", value / 1_000_000, value % 1_000_000);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

fn braces(labels: Labels<'_>, bound: Option<&str>) -> String {
    let bound = bound.map(|bound| ("le", bound));
    let pairs: Vec<String> = labels
        .iter()
        .copied()
        .chain(bound)
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_cumulative_and_in_seconds() {
        let times = Histogram::new(&[100, 1_000_000]);
        for micros in [50, 2_500, 3_000_000] {
            times.observe(micros);
        }
        let mut page = Page::default();
        let name = "rollbook_db_commit_seconds";
        page.metric(name).spread(&[], &times, Unit::Micros);
        assert_eq!(braces(&[("a", "x\"y\\")], None), r#"{a="x\"y\\"}"#);
        let text = page.finish();
        let (_, series) = text.split_once(" histogram\n").unwrap();
        let expected = [
            r#"_bucket{le="0.0001"} 1"#,
            r#"_bucket{le="1"} 2"#,
            r#"_bucket{le="+Inf"} 3"#,
            "_sum 3.00255",
            "_count 3",
        ];
        let lines: Vec<String> = expected.iter().map(|end| format!("{name}{end}")).collect();
        assert_eq!(series.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn a_number_without_labels_has_no_braces() {
        let mut page = Page::default();
        page.metric("rollbook_ready").put(&[], 1);
        assert!(page.finish().ends_with("# TYPE rollbook_ready gauge\nrollbook_ready 1\n"));
    }
}
