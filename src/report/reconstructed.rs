//! What a report of logs that were reconstructed from published figures says wherever it shows runs: that nobody measured
//! them, and what of them no printed figure fixes.

use super::figure::Drawing;
use super::model::{Block, Section, Sentence, joined};
use super::{Context, audit};
use crate::analysis::{Compared, MetricInfo, Sample};
use crate::audit::{Audit, Finding};
use crate::claims::Statistic;
use crate::study::Provenance;

/// What every report of reconstructed logs says before any number.
pub(super) const RECONSTRUCTED: &str = "reconstructed from published summary statistics; not measurements";

/// What is said where more of the runs counts than their means and standard deviations.
const SINGLE_RUNS: &str =
    "No printed figure fixes single runs, their order or their course: the reconstruction chose them.";

/// What is said of the set-up, which no claims file says in full.
const SETUP: &str = "Facts that the publication does not state were chosen by the reconstruction.";

/// What is said of a number to cite that no printed figure fixes.
pub(super) const CHOSEN: &str = "chosen by the reconstruction";

/// Says so under every table and figure: each is taken out of its report, and must not be taken for measurements there.
pub(super) fn mark(context: &Context, sections: &mut [Section]) {
    if !context.is_reconstructed() {
        return;
    }
    // The audit is of what was printed, not of the runs.
    for section in sections.iter_mut().filter(|section| section.id != audit::SECTION) {
        for block in &mut section.blocks {
            let mut notes: Vec<Sentence> = vec![format!("These runs are {RECONSTRUCTED}.").into()];
            notes.extend(shows_single_runs(&section.id, block).then(|| SINGLE_RUNS.into()));
            notes.extend(matches!(block, Block::Table(table) if table.id == "setup").then(|| SETUP.into()));
            notes.extend(context.chosen(&metrics_of(context, block)));
            match block {
                Block::Table(table) => table.notes.append(&mut notes),
                Block::Figure(figure) => figure.caption = format!("{} {}", figure.caption, joined(&notes, " ")),
                _ => {}
            }
        }
    }
}

fn shows_single_runs(section: &str, block: &Block) -> bool {
    match block {
        // Tests of ranks and bootstraps are among the methods.
        Block::Table(table) => section == "diagnostics" || section.starts_with("methods") || table.id == "quantiles",
        Block::Figure(figure) => !matches!(figure.drawing, Drawing::Forest(_) | Drawing::Heatmap(_)),
        _ => false,
    }
}

/// The ids of the metrics that a block shows.
fn metrics_of(context: &Context, block: &Block) -> Vec<String> {
    let ids = |wanted: &dyn Fn(&MetricInfo) -> bool| -> Vec<String> {
        context.analysis.metrics.iter().filter(|metric| wanted(metric)).map(|metric| metric.id.clone()).collect()
    };
    match block {
        // The table of the primary metrics is read as a whole, and so are figures of several metrics.
        Block::Table(table) if table.id == "comparison" => ids(&|metric| metric.primary),
        Block::Table(table) => table.metrics.clone(),
        Block::Figure(figure) => match (&figure.metric, &figure.drawing) {
            (Some(id), _) => vec![id.clone()],
            (None, Drawing::Forest(_)) => ids(&|metric| {
                let comparisons = &context.analysis.comparisons;
                comparisons.iter().any(|c| c.metric == metric.id && matches!(c.result, Compared::Means(_)))
            }),
            (None, _) if figure.id.starts_with("percentiles") => ids(&|metric| metric.id.starts_with("latency_p")),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

impl Context<'_> {
    pub(super) fn is_reconstructed(&self) -> bool {
        self.analysis.study.provenance == Some(Provenance::Reconstructed)
    }

    /// What was printed, of a study that was made from it.
    fn made_from(&self) -> Option<&Audit> {
        self.analysis.audit.as_ref().filter(|_| self.is_reconstructed())
    }

    /// Whether the runs were made from printed figures, and none of them is of this metric in this place.
    pub(super) fn is_chosen(&self, metric: &str, mode: &str, scenario: Option<&str>) -> bool {
        let is_here = |found: &Finding| {
            (found.metric.as_str(), found.mode.as_str(), found.scenario.as_deref()) == (metric, mode, scenario)
        };
        self.made_from().is_some_and(|audit| !audit.findings.iter().any(is_here))
    }

    /// What of these metrics no printed figure fixes: sentences of each primary metric, which a page puts into its section,
    /// and of all others together.
    pub(super) fn chosen(&self, ids: &[String]) -> Vec<Sentence> {
        let metrics = self.analysis.metrics.iter().filter(|metric| ids.contains(&metric.id));
        let (primary, others): (Vec<&MetricInfo>, Vec<&MetricInfo>) = metrics.partition(|metric| metric.primary);
        let groups = primary.chunks(1).chain(others.chunks(others.len().max(1)));
        groups.flat_map(|metrics| self.chosen_together(metrics)).collect()
    }

    fn chosen_together(&self, metrics: &[&MetricInfo]) -> Vec<Sentence> {
        let Some((audit, first)) = self.made_from().zip(metrics.first()) else { return Vec::new() };
        let named: Vec<[Option<String>; 2]> = metrics.iter().map(|metric| self.chosen_of(audit, metric)).collect();
        let list = |part: usize| -> String {
            named.iter().filter_map(|names| names[part].as_deref()).collect::<Vec<_>>().join(", ")
        };
        let all = Some(list(0)).filter(|all| !all.is_empty());
        let rest = Some(list(1)).filter(|rest| !rest.is_empty());
        let all = all.map(|all| format!("The reconstruction chose the values of {all}: no printed figure fixes them."));
        let rest = rest.map(|rest| {
            format!(
                "Only what stands in parentheses is printed; the rest, such as the spread over the runs, the reconstruction \
                 chose: {rest}."
            )
        });
        all.into_iter().chain(rest).map(|text| Sentence::of(&first.id, text)).collect()
    }

    /// The metric, where nothing is printed of it, with the places if these are not all; and where no standard deviation is
    /// printed, with what is.
    fn chosen_of(&self, audit: &Audit, metric: &MetricInfo) -> [Option<String>; 2] {
        let label = &metric.label;
        let printed: Vec<&Finding> = audit.findings.iter().filter(|found| found.metric == metric.id).collect();
        let samples = self.analysis.samples.iter().filter(|sample| sample.metric == metric.id);
        let (chosen, fixed): (Vec<&Sample>, Vec<&Sample>) =
            samples.partition(|sample| self.is_chosen(&metric.id, &sample.mode, sample.scenario.as_deref()));
        let places = chosen.iter().map(|sample| self.place_of(&sample.mode, sample.scenario.as_deref()));
        let places: Vec<String> = places.collect();
        let all = if fixed.is_empty() { label.clone() } else { format!("{label} ({})", places.join("; ")) };
        let has_sd = |sample: &&Sample| {
            let is_here = |found: &&&Finding| found.mode == sample.mode && found.scenario == sample.scenario;
            printed.iter().filter(is_here).any(|found| found.statistic == Statistic::Sd)
        };
        let mut words: Vec<&str> = printed.iter().map(|found| found.statistic.words()).collect();
        words.sort_unstable();
        words.dedup();
        let rest = format!("{label} ({})", words.join(", "));
        [(!chosen.is_empty()).then_some(all), (!fixed.iter().all(has_sd)).then_some(rest)]
    }
}
