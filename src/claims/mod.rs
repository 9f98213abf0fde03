//! Claims: what a paper prints about its runs, as printed, so that the decimals give the rounding.
//!
//! Tables are listed in order of authority: where two printed figures of one quantity exclude each other, the one that
//! comes first in the file stands. `schema/README.md` documents the file for those who write one.
//!
//! What claims can be read from is one file of this folder with one `SOURCE` record, and one line in [`SOURCES`].

mod check;
mod csv;
mod markup;
mod printed;
mod results;
mod statistic;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Fault, Problem};
use crate::metric::{self, GIB, Metric, Unit};
use crate::study::Named;
use crate::toml_file;
pub use printed::{Printed, Rounded};
pub use statistic::Statistic;

/// Something that claims can be read from.
pub struct Source {
    /// The extension of its files.
    pub extension: &'static str,
    pub label: &'static str,
    /// The claims of a text; the name is that of the file.
    read: fn(&str, &str) -> Result<Claims, Fault>,
}

/// Every source, in the order in which the user sees them.
pub static SOURCES: &[Source] = &[TOML, csv::SOURCE, markup::MARKDOWN, markup::LATEX, results::SOURCE];

const TOML: Source =
    Source { extension: "toml", label: "a claims file", read: |_, text| toml_file::parse::<Claims>(text) };

/// A study's published figures.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "The claims of a publication, for `meshstats audit` and `meshstats reconstruct`")]
pub struct Claims {
    /// Where the file was read, for messages.
    #[serde(skip)]
    pub path: String,
    pub study: Publication,
    #[serde(default)]
    pub design: Design,
    /// The baseline first; the others are its treatments.
    pub modes: Vec<Named>,
    /// Quantities that are not among `meshstats list metrics`.
    #[serde(default)]
    pub metrics: Vec<Quantity>,
    /// The places of the publication, in order of authority.
    pub tables: Vec<Table>,
    /// `metrics` as the registry has its own.
    #[serde(skip)]
    own: Vec<Metric>,
}

/// What was published, and where.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    pub title: String,
    pub citation: String,
    pub doi: Option<String>,
}

/// How the runs were made and compared. What was not said is left out.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Runs of each tool in each mode, where no claim of statistic `n` says otherwise.
    pub runs: Option<usize>,
    /// Length of a run, seconds.
    pub duration: Option<u32>,
    /// Maximum segment size, bytes (iperf3).
    pub mss: Option<u32>,
    /// Open connections (wrk).
    pub connections: Option<u32>,
    /// Threads (wrk).
    pub threads: Option<u32>,
    /// What wrk requested.
    pub url: Option<String>,
    /// Level of the printed confidence intervals; 0.95 where nothing is said.
    pub confidence: Option<f64>,
    /// The t-test of the printed comparisons; Welch's where nothing is said.
    pub test: Option<PrintedTest>,
    /// How the p-values of statistic `p-adjusted` were adjusted: the id of a method of kind adjustment.
    pub adjust: Option<String>,
    /// How many tests they were adjusted for; without it an adjusted p is only known to be at least the p itself.
    pub tests: Option<usize>,
}

impl Design {
    /// Level of the printed confidence intervals.
    pub fn level(&self) -> f64 {
        self.confidence.unwrap_or(0.95)
    }

    /// The t-test of the printed comparisons.
    pub fn test(&self) -> PrintedTest {
        self.test.unwrap_or_default()
    }
}

/// A t-test of two means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PrintedTest {
    /// Each mode has its own variance.
    #[default]
    Welch,
    /// Both modes share one variance.
    Student,
}

/// A quantity that the registry of metrics does not have.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    pub id: String,
    pub label: Option<String>,
    /// As printed; none of a pure number.
    pub unit: Option<String>,
    /// Every single value is a whole number (a count, a rating): not every mean and SD is then possible.
    #[serde(default)]
    pub whole: bool,
    /// The least that a value can be.
    pub low: Option<f64>,
    /// The most that a value can be.
    pub high: Option<f64>,
}

/// What the single values of a metric can be, in base units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// They are whole multiples of this.
    pub step: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// One place of the publication.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// "Table 1", "text", …
    pub printed_in: String,
    pub claims: Vec<Claim>,
}

/// One row: a statistic of a metric, printed for some of the modes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The row's label as printed.
    pub row: String,
    /// Id of a metric of `meshstats list metrics`, or of one of `metrics`.
    pub metric: String,
    pub statistic: Statistic,
    /// The unit as printed; none for a pure number.
    pub unit: Option<String>,
    /// The unit that is meant, where it is not the one printed. The audit checks what is printed, and uses what is meant
    /// when it checks other figures.
    pub meaning: Option<String>,
    /// What is held equal within a comparison, where the publication has several such scenarios.
    pub scenario: Option<String>,
    /// By mode id; a comparison's figure stands under its treatment.
    pub printed: BTreeMap<String, Printed>,
}

/// One printed cell: a figure with the row, table and mode it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    pub table: &'a Table,
    pub claim: &'a Claim,
    /// The mode's id.
    pub mode: &'a str,
    pub printed: &'a Printed,
    pub metric: &'a Metric,
    /// From the unit that is meant to base units.
    pub factor: f64,
}

impl Cell<'_> {
    /// How messages name it.
    pub fn label(&self) -> String {
        let scenario = self.claim.scenario.as_ref().map_or(String::new(), |scenario| format!(", {scenario}"));
        format!("{}: {} [{}{scenario}]", self.table.printed_in, self.claim.row, self.mode)
    }

    /// The range of the figure's first number in base units.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.printed.numbers.first().map(|number| (number.low * self.factor, number.high * self.factor))
    }
}

impl Claims {
    /// Reads and checks claims; the extension of `path` says what they are read from.
    pub fn read(path: &str, text: &str) -> Result<Self, Problem> {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        let source = SOURCES.iter().find(|source| source.extension == extension).ok_or_else(|| {
            let known: Vec<String> = SOURCES.iter().map(|s| format!(".{} ({})", s.extension, s.label)).collect();
            Problem::new(path, "claims cannot be read from such a file", format!("give one of {}", known.join(", ")))
        })?;
        let text = text.trim_start_matches('\u{feff}');
        let claims = (source.read)(file_name(path), text).map_err(|fault| fault.at(path))?;
        let modes = claims.modes.into_iter().map(Named::labelled).collect();
        let own = claims.metrics.iter().map(Quantity::metric).collect();
        let claims = Self { path: path.to_owned(), modes, own, ..claims };
        claims.check().map_err(|fault| fault.at(path))?;
        Ok(claims)
    }

    /// Claims that hold nothing yet.
    fn none() -> Self {
        Self {
            path: String::new(),
            study: Publication { title: String::new(), citation: String::new(), doi: None },
            design: Design::default(),
            modes: Vec::new(),
            metrics: Vec::new(),
            tables: Vec::new(),
            own: Vec::new(),
        }
    }

    /// The claims of several files as one: the tables of one report are audited together. The first names the
    /// publication and the baseline; what one says of the design goes for all, and the first that says it counts.
    ///
    /// # Errors
    /// Files that name different baselines, give one label to two modes, or declare one metric differently.
    pub fn together(self, other: Self) -> Result<Self, Problem> {
        let path = other.path.clone();
        let fault = |what: String, remedy: &str| Problem::new(&*path, what, remedy);
        let one = |modes: &[Named]| modes.first().cloned();
        if let (Some(mine), Some(theirs)) = (one(&self.modes), one(&other.modes))
            && mine.id != theirs.id
            && mine.label != theirs.label
        {
            let what = format!("its baseline is {}, and that of {} is {}", theirs.label, self.path, mine.label);
            return Err(fault(what, "audit files of one comparison together, others apart"));
        }
        let (mine, theirs) = (self.design, other.design);
        let design = Design {
            runs: mine.runs.or(theirs.runs),
            duration: mine.duration.or(theirs.duration),
            mss: mine.mss.or(theirs.mss),
            connections: mine.connections.or(theirs.connections),
            threads: mine.threads.or(theirs.threads),
            url: mine.url.or(theirs.url),
            confidence: mine.confidence.or(theirs.confidence),
            test: mine.test.or(theirs.test),
            adjust: mine.adjust.or(theirs.adjust),
            tests: mine.tests.or(theirs.tests),
        };
        // A table names a mode by its label, and results by its id.
        let mut modes = self.modes;
        let mut renamed = BTreeMap::new();
        for named in other.modes {
            match modes.iter().find(|known| known.id == named.id || known.label == named.label) {
                Some(known) => {
                    let known = known.id.clone();
                    if renamed.values().any(|other| *other == known) {
                        return Err(fault(
                            format!("two of its modes are `{known}`"),
                            "give each mode its own id and label",
                        ));
                    }
                    renamed.insert(named.id, known);
                }
                None => modes.push(named),
            }
        }
        let rename = |claim: Claim| {
            let printed = claim.printed.into_iter();
            let printed = printed.map(|(mode, figure)| (renamed.get(&mode).cloned().unwrap_or(mode), figure)).collect();
            Claim { printed, ..claim }
        };
        let theirs_tables = other.tables.into_iter().map(|table| {
            let claims = table.claims.into_iter().map(rename).collect();
            Table { claims, ..table }
        });
        let differs = |own: &&Quantity| {
            let known = self.metrics.iter().find(|known| known.id == own.id);
            known.is_some_and(|known| known.unit != own.unit || known.whole != own.whole)
        };
        if let Some(own) = other.metrics.iter().find(differs) {
            let what = format!("metric `{}` is declared otherwise than in {}", own.id, self.path);
            return Err(fault(what, "give it one unit, or another id"));
        }
        let known: Vec<String> = self.metrics.iter().map(|own| own.id.clone()).collect();
        let fresh = |id: &str| !known.iter().any(|known| known == id);
        Ok(Self {
            design,
            modes,
            metrics: [self.metrics, other.metrics.into_iter().filter(|own| fresh(&own.id)).collect()].concat(),
            own: [self.own, other.own.into_iter().filter(|own| fresh(&own.id)).collect()].concat(),
            tables: self.tables.into_iter().chain(theirs_tables).collect(),
            ..self
        })
    }

    /// The metric of that id: a registered one, or one that the claims bring.
    pub fn metric(&self, id: &str) -> Option<&Metric> {
        metric::find(id).or_else(|| self.own.iter().find(|metric| metric.id == id))
    }

    /// What the single values of a metric can be.
    pub fn limits(&self, metric: &Metric) -> Limits {
        match self.metrics.iter().find(|own| own.id == metric.id) {
            Some(own) => {
                // Limits are given in the unit that is declared.
                let factor = Unit::named(own.unit.as_deref().unwrap_or_default()).1;
                let base = |limit: Option<f64>| limit.map(|limit| limit * factor);
                Limits { step: own.whole.then_some(factor), low: base(own.low), high: base(own.high) }
            }
            // Nothing that is measured here can be below zero.
            None => Limits { step: (metric.unit == Unit::Count).then_some(1.0), low: Some(0.0), high: None },
        }
    }

    /// Every printed figure, in the order of the file and of the modes.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let claims = self.tables.iter().flat_map(|table| table.claims.iter().map(move |claim| (table, claim)));
        claims.flat_map(move |(table, claim)| {
            self.modes.iter().filter_map(move |mode| {
                let (mode, printed) = claim.printed.get_key_value(&mode.id)?;
                let metric = self.metric(&claim.metric)?;
                let factor = claim.factor(metric).ok()?;
                Some(Cell { table, claim, mode, printed, metric, factor })
            })
        })
    }
}

impl Claim {
    /// From the unit that is meant to the metric's base unit (seconds, bytes, bits per second, fractions, per GiB).
    fn factor(&self, metric: &Metric) -> Result<f64, Fault> {
        self.factor_of(self.meaning.as_ref().or(self.unit.as_ref()), metric)
    }

    /// From the unit that is printed to the metric's base unit.
    pub fn factor_as_printed(&self, metric: &Metric) -> f64 {
        self.factor_of(self.unit.as_ref(), metric).unwrap_or(1.0)
    }

    fn factor_of(&self, unit: Option<&String>, metric: &Metric) -> Result<f64, Fault> {
        let wanted = self.statistic.unit(metric);
        let found = unit.map(|name| named(name));
        let factor = found.as_ref().map_or(1.0, |(_, factor)| *factor);
        if found.as_ref().map(|(unit, _)| unit) == wanted.as_ref() {
            return Ok(factor);
        }
        Err(match (unit, wanted) {
            (None, Some(Unit::Count)) => return Ok(1.0),
            (Some(name), None) => {
                Fault::new(format!("unit `{name}` for a pure number"), "leave `unit` and `meaning` out")
            }
            (Some(name), Some(_)) => {
                let what = format!("unit `{name}` does not measure this");
                Fault::new(what, "correct `unit`, or give the unit that is meant as `meaning`")
            }
            (None, _) => Fault::new("there is no unit", "add the `unit` that is printed"),
        })
    }
}

impl Quantity {
    fn metric(&self) -> Metric {
        let unit = Unit::named(self.unit.as_deref().unwrap_or_default()).0;
        let label = self.label.clone().unwrap_or_else(|| self.id.clone());
        Metric { label: label.into(), ..metric::custom(&self.id, unit) }
    }
}

/// The last part of a path.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A unit as papers write it, and the factor to its base unit.
fn named(name: &str) -> (Unit, f64) {
    match name {
        "count/GiB" => (Unit::PerGib, 1.0),
        "count/GB" => (Unit::PerGib, GIB / 1e9),
        _ => Unit::named(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
modes = [{ id = "a" }, { id = "b" }]
study = { title = "T", citation = "C" }
design = { runs = 3, duration = 10 }
[[tables]]
printed_in = "Table 1"
claims = [{ row = "Latency", metric = "latency_mean", statistic = "mean", unit = "ms", printed = { a = "1.5", b = "2" } }]
"#;

    /// What is wrong with [`FILE`] when `from` becomes `to`.
    fn wrong(from: &str, to: &str) -> String {
        assert!(FILE.contains(from), "{from}");
        Claims::read("claims.toml", &FILE.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn cells_come_in_reading_order_with_their_factor() {
        let claims = Claims::read("claims.toml", FILE).unwrap();
        let cells: Vec<_> = claims.cells().map(|cell| (cell.label(), cell.range())).collect();
        assert_eq!(cells[0].0, "Table 1: Latency [a]");
        approx::assert_relative_eq!(cells[0].1.unwrap().1, 0.00155, max_relative = 1e-12);
        assert_eq!(cells[1].0, "Table 1: Latency [b]");
    }

    #[test]
    fn every_mistake_is_named_with_its_remedy() {
        let cases = [
            ("unit =", "unt =", "claims.toml:7: unknown key `unt`: did you mean `unit`?"),
            ("latency_mean", "latency_men", "unknown metric `latency_men`: did you mean `latency_mean`?"),
            ("\"mean\"", "\"meen\"", "unknown value `meen`: did you mean `mean`?"),
            ("\"mean\"", "\"pooled\"", "`latency_mean` is no ratio"),
            ("\"mean\"", "\"difference\"", "a comparison stands under the baseline"),
            ("\"1.5\"", "\"[1; 2]\"", "`[1; 2]` has the wrong shape"),
            ("\"mean\"", "\"n\"", "unit `ms` for a pure number"),
            ("\"ms\"", "\"GiB\"", "unit `GiB` does not measure this"),
            ("unit = \"ms\", ", "", "there is no unit"),
            ("b = \"2\"", "c = \"2\"", "unknown mode `c`"),
            ("\"1.5\"", "\"1.5 ms\"", "claims.toml:7: `1.5 ms` is not a printed figure"),
            ("id = \"b\"", "id = \"../b\"", "`../b` cannot be a mode's id"),
            ("id = \"b\"", "id = \"A\"", "mode `A` is listed twice"),
            ("runs = 3", "runs = 0", "`runs` is 0"),
            ("\"1.5\"", "1.50", "write it as \"1.5\""),
            ("duration = 10", "adjust = \"hulm\"", "unknown adjustment `hulm`: did you mean `holm`?"),
            ("duration = 10", "duration = 10, confidence = 95", "`confidence` is not between 0 and 1"),
        ];
        for (from, to, expected) in cases {
            let message = wrong(from, to);
            assert!(message.contains(expected), "{message}");
        }
    }
}
