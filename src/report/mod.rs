//! `Analysis` → `Report`: format-neutral sections, tables, figures, notes and citable numbers.
//! Every number is rounded here and nowhere else.
//!
//! A section is one file with one function and one line in [`SECTIONS`].

pub mod audit;
pub mod by_metric;
pub mod figure;
pub mod files;
pub mod gate;
pub mod language;
pub mod model;
pub mod number;
pub mod planning;
pub mod sessions;
pub mod style;

mod comparison;
mod diagnostics;
mod distributions;
mod latencies;
mod modes;
mod numbers;
mod provenance;
mod published;
mod rates;
mod reconstructed;
mod samples;
mod sensitivity;
mod series;

use crate::analysis::{Analysis, Comparison, MetricInfo, Sample};
use crate::language::Locale;
use crate::stats::describe::Description;
use model::{Align, Cell, Column, Report, Section, Subject, tables_mut};
use number::{Scale, text};
pub use provenance::sentence as note_sentence;
use reconstructed::RECONSTRUCTED;
use style::Style;

/// The sections in reading order; one that has nothing to say is left out.
static SECTIONS: &[fn(&Context) -> Option<Section>] = &[
    comparison::section,
    rates::section,
    modes::section,
    latencies::section,
    series::section,
    planning::section,
    published::section,
    audit::section,
    samples::section,
    diagnostics::section,
    sensitivity::section,
    provenance::section,
    sensitivity::of_other_metrics,
];

/// The analysis, and what every section asks of it.
struct Context<'a> {
    analysis: &'a Analysis,
    style: &'a Style,
}

/// The report of an analysis.
pub fn report(analysis: &Analysis, style: &Style) -> Report {
    let context = Context { analysis, style };
    let mut sections: Vec<Section> = SECTIONS.iter().filter_map(|section| section(&context)).collect();
    let banner = context.is_reconstructed().then(|| RECONSTRUCTED.to_owned());
    reconstructed::mark(&context, &mut sections);
    context.sign(&mut sections);
    files::name(&mut sections);
    let metrics = context.primary_metrics();
    let ids: Vec<String> = metrics.iter().map(|metric| metric.id.clone()).collect();
    let summary = [comparison::summary(&context), context.chosen(&ids)].concat();
    let report = Report {
        id: analysis.study.id.clone(),
        title: analysis.study.title.clone(),
        headline: comparison::headline(&context),
        summary,
        metrics,
        sections,
        numbers: numbers::numbers(&context),
        generator: match &banner {
            Some(banner) => format!("{} from runs {banner}", analysis.generator),
            None => analysis.generator.clone(),
        },
        banner,
        locale: Locale::default(),
    };
    language::translated(report, &language::translator(analysis))
}

/// What each margin came to in each comparison, a sentence each, in English.
pub fn margins(analysis: &Analysis) -> Vec<String> {
    comparison::verdicts(&Context { analysis, style: &Style::default() })
}

impl Context<'_> {
    fn label(&self, mode: &str) -> String {
        let found = self.analysis.study.modes.iter().find(|known| known.id == mode);
        found.map_or_else(|| mode.to_owned(), |known| known.label.clone())
    }

    fn scenario_label(&self, scenario: &str) -> String {
        let found = self.analysis.study.scenarios.iter().find(|known| known.id == scenario);
        found.map_or_else(|| scenario.to_owned(), |known| known.label.clone())
    }

    /// The scenario, to follow what it is of: `, 100 connections`.
    fn within(&self, scenario: Option<&str>) -> String {
        scenario.map_or(String::new(), |id| format!(", {}", self.scenario_label(id)))
    }

    fn baseline_label(&self) -> String {
        self.label(&self.analysis.study.baseline)
    }

    fn has_scenarios(&self) -> bool {
        !self.analysis.study.scenarios.is_empty()
    }

    fn primary_metrics(&self) -> Vec<Subject> {
        let primary = self.analysis.metrics.iter().filter(|metric| metric.primary);
        primary.map(|metric| Subject { id: metric.id.clone(), label: metric.label.clone() }).collect()
    }

    /// Ids of the modes that are compared with the baseline.
    fn treatments(&self) -> Vec<&str> {
        let study = &self.analysis.study;
        study.modes.iter().map(|mode| mode.id.as_str()).filter(|id| *id != study.baseline).collect()
    }

    /// The samples of every primary metric, those of a scenario together, in reading order.
    fn primary_samples(&self) -> Vec<(&MetricInfo, Option<&str>, Vec<&Sample>)> {
        let mut groups = Vec::new();
        for metric in self.analysis.metrics.iter().filter(|metric| metric.primary) {
            let samples: Vec<&Sample> = self.analysis.samples.iter().filter(|s| s.metric == metric.id).collect();
            let scenarios = samples.chunk_by(|a, b| a.scenario == b.scenario);
            groups.extend(scenarios.map(|of| (metric, of.first().and_then(|s| s.scenario.as_deref()), of.to_vec())));
        }
        groups
    }

    /// One prefix for all of a metric's values: that of the largest mean. All latencies have that of the mean latency,
    /// so that percentiles can be compared at a glance.
    fn scale(&self, metric: &MetricInfo) -> Scale {
        let has_mean = self.analysis.metrics.iter().any(|metric| metric.id == "latency_mean");
        let leader = if has_mean && metric.id.starts_with("latency_") { "latency_mean" } else { &metric.id };
        let means = self
            .analysis
            .samples
            .iter()
            .filter(|sample| sample.metric == leader)
            .filter_map(|sample| sample.description.as_ref().ok())
            .map(|description| description.mean.abs());
        Scale::of(&metric.unit, means.fold(0.0, f64::max))
    }

    /// Decimals of a metric's values in a scenario: those that the least `spread` of a mode asks for, in all tables, so
    /// that modes can be compared by eye.
    fn decimals(
        &self,
        metric: &MetricInfo,
        scenario: Option<&str>,
        spread: impl Fn(&Description) -> &crate::stats::Result<f64>,
    ) -> usize {
        let scale = self.scale(metric);
        let samples = self.analysis.samples.iter();
        let here = samples.filter(|sample| sample.metric == metric.id && sample.scenario.as_deref() == scenario);
        let described: Vec<&Description> = here.filter_map(|sample| sample.description.as_ref().ok()).collect();
        let spreads: Vec<Option<f64>> =
            described.iter().map(|of| spread(of).as_ref().ok().map(|value| scale.apply(*value))).collect();
        let largest = described.iter().map(|of| of.mean.abs()).fold(0.0, f64::max);
        number::decimals_of(&spreads, scale.apply(largest), self.digits())
    }

    fn level(&self) -> String {
        format!("{} %", number::shortest(self.analysis.study.confidence * 100.0))
    }

    /// The treatment of a comparison, and its scenario.
    fn place(&self, comparison: &Comparison) -> String {
        self.place_of(&comparison.mode, comparison.scenario.as_deref())
    }

    /// A mode, and the scenario it was run in.
    fn place_of(&self, mode: &str, scenario: Option<&str>) -> String {
        let mode = self.label(mode);
        match scenario {
            Some(scenario) => format!("{mode}, {}", self.scenario_label(scenario)),
            None => mode,
        }
    }

    /// The column of scenarios, in a study that has them.
    fn scenario_column(&self) -> Option<Column> {
        self.has_scenarios().then(|| Column::new("Scenario", Align::Left))
    }

    /// What stands in it.
    fn scenario_cell(&self, scenario: Option<&str>) -> Option<Cell> {
        self.has_scenarios().then(|| text(scenario.map_or(String::new(), |id| self.scenario_label(id))))
    }

    /// Whether three or more modes of a primary metric are also tested at once.
    fn is_compared_at_once(&self) -> bool {
        let is_primary = |id: &str| self.analysis.metric(id).is_some_and(|metric| metric.primary);
        self.analysis.groups.iter().any(|group| is_primary(&group.metric))
    }

    /// What the adjustment of p-values is called before "-adjusted"; `None` where there is none.
    fn adjustment(&self) -> Option<&str> {
        let family = &self.analysis.family;
        let name = family.label.trim_end_matches(" adjustment").trim_end_matches("'s");
        (family.method != "none").then_some(name)
    }

    /// The header of adjusted p-values: `p (Holm)`.
    fn p_header(&self) -> String {
        self.adjustment().map_or("p".to_owned(), |name| format!("p ({name})"))
    }

    /// How numbers are written.
    fn locale(&self) -> Locale {
        self.analysis.study.locale
    }

    /// The decimal separator of sentences: a translator puts its own into those that it translates.
    fn decimal(&self) -> char {
        if self.analysis.study.language.is_source() { self.locale().decimal } else { '.' }
    }

    fn digits(&self) -> u8 {
        self.analysis.study.digits
    }

    /// Text with the study's decimal separator, and real minus signs.
    fn prose(&self, text: &str) -> String {
        localise(text, self.decimal())
    }

    /// Says under every table how many runs it is of, unless it does so already, and which program made it: a table is
    /// taken out of its report.
    fn sign(&self, sections: &mut [Section]) {
        let says = |table: &model::Table| {
            table.metrics.is_empty()
                || table.columns.iter().any(|column| matches!(column.header.as_str(), "n" | "Runs"))
                || table.notes.iter().any(|note| note.text.contains("n = "))
        };
        for table in tables_mut(sections) {
            let of_table = self.analysis.samples.iter().filter(|sample| table.metrics.contains(&sample.metric));
            let counts = of_table.map(|sample| (sample.mode.as_str(), sample.values.len()));
            let runs = self.runs_by_mode(counts, |n| format!("n = {n} a mode"));
            let made = format!("Made by {}.", self.analysis.generator);
            table.notes.push(if says(table) { made.into() } else { format!("Runs: {runs}. {made}").into() });
        }
    }

    /// How many runs stand behind the numbers.
    fn runs_phrase(&self) -> String {
        let counts = self.analysis.samples.iter().map(|sample| (sample.mode.as_str(), sample.values.len()));
        self.runs_by_mode(counts, |n| format!("n = {n} runs per mode"))
    }

    /// The numbers of runs of each mode, from those of its samples: `equal` of the number where it is one.
    fn runs_by_mode<'b>(
        &self,
        counts: impl Iterator<Item = (&'b str, usize)>,
        equal: impl Fn(usize) -> String,
    ) -> String {
        let counts: std::collections::BTreeSet<(&str, usize)> = counts.collect();
        let numbers: std::collections::BTreeSet<usize> = counts.iter().map(|(_, n)| *n).collect();
        if let (Some(n), 1) = (numbers.first(), numbers.len()) {
            return equal(*n);
        }
        let of = |mode: &str| {
            let mut of_mode = counts.iter().filter(|(id, _)| *id == mode).map(|(_, n)| *n);
            let low = of_mode.next()?;
            let label = self.label(mode);
            Some(match of_mode.next_back() {
                Some(high) => format!("{label}: n = {low} to {high}"),
                None => format!("{label}: n = {low}"),
            })
        };
        let modes = self.analysis.study.modes.iter();
        modes.filter_map(|mode| of(&mode.id)).collect::<Vec<_>>().join("; ")
    }
}

/// Puts `separator` where a point stands between two digits, and a minus sign for a hyphen before a number.
fn localise(text: &str, separator: char) -> String {
    let chars: Vec<char> = text.chars().collect();
    let digit = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(char::is_ascii_digit);
    let point = |i: usize| chars[i] == '.' && digit(i.checked_sub(1)) && digit(Some(i + 1));
    let minus = |i: usize| {
        chars[i] == '-' && digit(Some(i + 1)) && i.checked_sub(1).is_none_or(|before| " [(".contains(chars[before]))
    };
    (0..chars.len())
        .map(|i| match chars[i] {
            _ if point(i) => separator,
            _ if minus(i) => '−',
            c => c,
        })
        .collect()
}

/// The file stem of a figure of a metric in a scenario: `runs-latency-mean-c64`.
fn figure_id(kind: &str, metric: &MetricInfo, scenario: Option<&str>) -> String {
    let scenario = scenario.map_or(String::new(), |id| format!("-{id}"));
    format!("{kind}-{}{scenario}", metric.id.replace('_', "-"))
}

/// `Mean latency (ms)`.
fn header(metric: &MetricInfo, scale: &Scale) -> String {
    scale.header(&metric.label)
}
