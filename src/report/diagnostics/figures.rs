//! The figures of the diagnostics: the runs in their order, and against a normal distribution.

use std::collections::BTreeMap;

use super::super::figure::{Drawing, Figure, Scatter, Series};
use super::super::number::{Scale, p_value, significant};
use super::super::{Context, figure_id, header};
use crate::analysis::diagnostics::Diagnostics;
use crate::analysis::{MetricInfo, Sample};
use crate::stats::distribution::normal;
use crate::stats::{Result, TestResult};
use crate::study::natural_cmp;

/// Runs below which a mode is left out of the Q–Q plot: two points always lie on a line.
const FEWEST: usize = 3;

/// Of every primary metric and scenario, the runs in order, and their Q–Q plot.
pub(super) fn of(context: &Context) -> Vec<Figure> {
    let groups = context.primary_samples().into_iter().map(|(metric, scenario, samples)| Place {
        metric,
        scenario,
        scale: context.scale(metric),
        samples,
    });
    groups.flat_map(|place| [order(context, &place), quantiles(context, &place)]).flatten().collect()
}

/// What a figure is of.
struct Place<'a> {
    metric: &'a MetricInfo,
    scenario: Option<&'a str>,
    scale: Scale,
    samples: Vec<&'a Sample>,
}

impl Place<'_> {
    /// The figure of these series, with the captions and alternative texts made whole.
    fn figure(
        &self,
        context: &Context,
        kind: &str,
        [caption, alt]: [String; 2],
        axis: &str,
        series: Vec<Series>,
    ) -> Figure {
        let counts: Vec<String> = series.iter().map(|one| format!("{}: n = {}", one.label, one.points.len())).collect();
        let of = format!("{}{}", self.metric.label, context.within(self.scenario));
        Figure {
            id: figure_id(kind, self.metric, self.scenario),
            metric: Some(self.metric.id.clone()),
            caption: context.prose(&format!("{of}{caption} {}.", counts.join("; "))),
            alt: context.prose(&format!("{of}{alt}")),
            drawing: Drawing::Scatter(Scatter {
                axis: axis.to_owned(),
                whole: kind == ORDER,
                vertical: header(self.metric, &self.scale),
                series,
            }),
            locale: context.locale(),
        }
    }

    /// A value as an alternative text says it.
    fn said(&self, value: f64) -> String {
        significant(self.scale.apply(value), 4)
    }

    fn unit(&self) -> String {
        if self.scale.unit.is_empty() { String::new() } else { format!(" {}", self.scale.unit) }
    }

    /// The p-value of a test among a sample's diagnostics: `, drift p = 0.031`; nothing where there is none.
    fn p(
        &self,
        context: &Context,
        sample: &Sample,
        name: &str,
        of: impl Fn(&Diagnostics) -> Result<&TestResult>,
    ) -> String {
        let same = |found: &&Diagnostics| {
            (&found.metric, &found.scenario, &found.mode) == (&sample.metric, &sample.scenario, &sample.mode)
        };
        let test = context.analysis.diagnosis.samples.iter().find(same).and_then(|found| of(found).ok());
        test.map_or(String::new(), |test| match p_value(test.p_value) {
            p if p.starts_with(['<', '>']) => format!(", {name}: p {p}"),
            p => format!(", {name}: p = {p}"),
        })
    }
}

const ORDER: &str = "order";

/// The runs over their order, with each mode's mean; `None` where no mode has two runs.
fn order(context: &Context, place: &Place) -> Option<Figure> {
    if place.samples.iter().all(|sample| sample.values.len() < 2) {
        return None;
    }
    let widths = block_widths(&place.samples);
    let end = widths.values().sum::<usize>() as f64;
    let series = place.samples.iter().map(|sample| {
        let mut points: Vec<(f64, usize)> = places(sample, &widths).into_iter().zip(0..).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mean = sample.description.as_ref().ok().map(|description| place.scale.apply(description.mean));
        Series {
            label: context.label(&sample.mode),
            points: points.iter().map(|(x, i)| (*x, place.scale.apply(sample.values[*i]))).collect(),
            runs: points.iter().map(|(_, i)| sample.runs.get(*i).cloned().unwrap_or_default()).collect(),
            line: mean.map(|mean| [(1.0, mean), (end, mean)]),
        }
    });
    let series: Vec<Series> = series.collect();
    let in_blocks = widths.keys().any(|block| !block.0.is_empty());
    let order = if in_blocks { "Runs by block, and in their order within each" } else { "Runs in their order" };
    let caption = format!(". {order}; thin lines: means. Runs that rise, fall or begin apart show drift or warm-up.");
    let extremes = |sample: &Sample| {
        let [low, high] = [f64::min, f64::max].map(|pick| sample.values.iter().copied().reduce(pick));
        Some(format!("from {} to {}{}", place.said(low?), place.said(high?), place.unit()))
    };
    let said: Vec<String> = place
        .samples
        .iter()
        .filter_map(|sample| {
            let drift =
                place.p(context, sample, "drift", |found| found.trend.as_ref().map(|t| &t.test).map_err(Clone::clone));
            Some(format!("{}: n = {}, {}{drift}", context.label(&sample.mode), sample.values.len(), extremes(sample)?))
        })
        .collect();
    let alt = format!(": the runs of each mode in their order. {}.", said.join("; "));
    Some(place.figure(
        context,
        ORDER,
        [caption, alt],
        if in_blocks { "Run order, by block" } else { "Run order" },
        series,
    ))
}

/// A block's name, in the order in which a person lists names.
#[derive(PartialEq, Eq)]
struct Block<'a>(&'a str);

impl Ord for Block<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural_cmp(self.0, other.0).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Block<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn block(sample: &Sample, run: usize) -> Block<'_> {
    Block(sample.blocks.get(run).and_then(|block| block.as_deref()).unwrap_or_default())
}

/// Each block with the most runs that one mode has in it: so that a block has the same place in all modes. Runs without
/// a block are one block of no name.
fn block_widths<'a>(samples: &[&'a Sample]) -> BTreeMap<Block<'a>, usize> {
    let mut widths = BTreeMap::new();
    for sample in samples {
        let mut counts = BTreeMap::new();
        for run in 0..sample.values.len() {
            *counts.entry(block(sample, run)).or_insert(0) += 1;
        }
        for (block, count) in counts {
            let width = widths.entry(block).or_insert(0);
            *width = count.max(*width);
        }
    }
    widths
}

/// The place of every run of a mode in the order of all, from 1.
fn places(sample: &Sample, widths: &BTreeMap<Block, usize>) -> Vec<f64> {
    let mut seen = BTreeMap::new();
    (0..sample.values.len())
        .map(|run| {
            let block = block(sample, run);
            let before: usize = widths.range(..&block).map(|(_, width)| width).sum();
            let within = seen.entry(block).or_insert(0);
            *within += 1;
            (before + *within) as f64
        })
        .collect()
}

/// The sorted runs over normal scores, with the line through the quartiles; `None` where no mode has three runs.
fn quantiles(context: &Context, place: &Place) -> Option<Figure> {
    let shown = || place.samples.iter().filter(|sample| sample.values.len() >= FEWEST);
    let series: Vec<Series> = shown().filter_map(|sample| quantile_series(context, place, sample)).collect();
    if series.is_empty() {
        return None;
    }
    let left_out =
        if series.len() < place.samples.len() { " Modes with fewer than three runs are left out." } else { "" };
    let caption = format!(
        ": normal Q–Q plot. Each mode's runs in ascending order over the normal quantiles of (i − 3/8)/(n + 1/4), the plotting \
         position of Blom (1958); thin lines: through the quartiles of the runs and of the normal distribution. Points along \
         a line: near normal.{left_out}"
    );
    let said: Vec<String> = shown()
        .map(|sample| {
            let p =
                place.p(context, sample, "Shapiro–Wilk", |found| found.shapiro_wilk.as_ref().map_err(Clone::clone));
            format!("{}: n = {}{p}", context.label(&sample.mode), sample.values.len())
        })
        .collect();
    let alt = format!(": the runs of each mode against normal quantiles. {}.", said.join("; "));
    Some(place.figure(context, "qq", [caption, alt], "Normal quantile", series))
}

fn quantile_series(context: &Context, place: &Place, sample: &Sample) -> Option<Series> {
    let n = sample.values.len();
    let mut runs: Vec<usize> = (0..n).collect();
    runs.sort_by(|a, b| sample.values[*a].total_cmp(&sample.values[*b]));
    let scores: Vec<f64> = (1..=n).map(|rank| normal::score(rank, n)).collect::<Result<_>>().ok()?;
    let line = sample.description.as_ref().ok().and_then(|description| {
        let z = normal::quantile(0.75).ok()?;
        let [lower, upper] = [description.lower_quartile, description.upper_quartile].map(|x| place.scale.apply(x));
        let at = |score: f64| (score, (lower + upper) / 2.0 + score / z * (upper - lower) / 2.0);
        Some([at(*scores.first()?), at(*scores.last()?)])
    });
    Some(Series {
        label: context.label(&sample.mode),
        points: scores.iter().zip(&runs).map(|(score, i)| (*score, place.scale.apply(sample.values[*i]))).collect(),
        runs: runs.iter().map(|i| sample.runs.get(*i).cloned().unwrap_or_default()).collect(),
        line,
    })
}
