//! Every method that applies to a metric, side by side: does the conclusion depend on the choice?

use super::Context;
use super::model::{Align, Block, Cell, Column, Section, Sentence, Table};
use super::number::{self, Scale, decimals_of, fixed, half_width, number, p_value, signed, text};
use crate::analysis::{Applied, Comparison, MetricInfo};
use crate::stats::{Estimand, Interval, Kind};

/// What the methods say of all metrics, and the tables of the primary ones.
pub(super) fn section(context: &Context) -> Option<Section> {
    let metrics = metrics(context);
    if metrics.is_empty() {
        return None;
    }
    let differing: Vec<String> = metrics
        .iter()
        .flat_map(|(metric, comparisons)| comparisons.iter().filter_map(|c| disagreement(context, metric, c)))
        .collect();
    let mut blocks = vec![Block::Text { text: introduction(context, differing.is_empty()) }];
    if !differing.is_empty() {
        blocks.push(Block::List { items: differing });
    }
    let primary = metrics.iter().filter(|(metric, _)| metric.primary);
    blocks.extend(primary.map(|(metric, comparisons)| Block::Table(table(context, metric, comparisons))));
    Some(Section { id: "methods".to_owned(), title: "Every method side by side".to_owned(), blocks })
}

/// The tables of the other metrics, for whoever asks: a page each would bury the rest of the report.
pub(super) fn of_other_metrics(context: &Context) -> Option<Section> {
    let metrics = metrics(context);
    let others = metrics.iter().filter(|(metric, _)| !metric.primary);
    let tables: Vec<Block> = others
        .map(|(metric, comparisons)| Block::Table(Table { aside: true, ..table(context, metric, comparisons) }))
        .collect();
    (!tables.is_empty()).then(|| Section {
        id: "methods-other-metrics".to_owned(),
        title: "Every method side by side: other metrics".to_owned(),
        blocks: tables,
    })
}

/// The metrics of which a method has something to say, with their comparisons.
fn metrics<'a>(context: &'a Context) -> Vec<(&'a MetricInfo, Vec<&'a Comparison>)> {
    let analysis = context.analysis;
    analysis
        .metrics
        .iter()
        .map(|metric| {
            // Where nothing was ever counted, no method has anything to say.
            let says = |c: &&Comparison| c.metric == metric.id && c.methods.0.iter().any(|of| of.answer.is_ok());
            (metric, analysis.comparisons.iter().filter(says).collect())
        })
        .filter(|(_, comparisons): &(_, Vec<&Comparison>)| !comparisons.is_empty())
        .collect()
}

fn introduction(context: &Context, agree: bool) -> String {
    let agree = if agree {
        "All methods lead to the same conclusion for every metric."
    } else {
        "Where they lead to different conclusions:"
    };
    context.prose(&format!(
        "What each method that applies to a metric says; the ones chosen beforehand are in the tables above. A method \
         finds a difference when its p-value is below {} or, if it has none, when its interval excludes “no difference”. \
         p-values here are not adjusted. Bootstraps take {} resamples of the runs, seed {}. {agree}",
        number::shortest(1.0 - context.analysis.study.confidence),
        crate::analysis::RESAMPLES,
        context.analysis.study.seed
    ))
}

/// Whether a method finds a difference between the modes; `None` when it does not say.
fn finds(applied: &Applied, level: f64) -> Option<bool> {
    let answer = applied.answer.as_ref().ok().filter(|_| applied.kind != Kind::Equivalence)?;
    match answer.p_value() {
        Some(p) => Some(p < 1.0 - level),
        None => {
            let (interval, null) = (answer.interval()?, applied.estimand.null()?);
            let Interval { lower, upper, .. } = interval;
            (lower.is_some() || upper.is_some())
                .then(|| lower.is_some_and(|lower| lower > null) || upper.is_some_and(|upper| upper < null))
        }
    }
}

/// The sentence that says which methods find a difference and which do not, where both exist.
fn disagreement(context: &Context, metric: &MetricInfo, comparison: &Comparison) -> Option<String> {
    let level = context.analysis.study.confidence;
    let of = |wanted: bool| -> Vec<&str> {
        let methods = comparison.methods.0.iter().filter(|applied| finds(applied, level) == Some(wanted));
        methods.map(|applied| applied.label.as_str()).collect()
    };
    let (with, without) = (of(true), of(false));
    if with.is_empty() || without.is_empty() {
        return None;
    }
    let all = with.len() + without.len();
    let which = if with.len() < without.len() {
        format!("only {} of {all} methods find a difference: {}", with.len(), with.join("; "))
    } else {
        format!("{} of {all} methods find no difference: {}", without.len(), without.join("; "))
    };
    Some(format!("{}, {}: {which}.", metric.label, context.place(comparison)))
}

fn table(context: &Context, metric: &MetricInfo, comparisons: &[&Comparison]) -> Table {
    let several = comparisons.len() > 1;
    let scale = context.scale(metric);
    let mut columns = Vec::new();
    if several {
        columns.push(Column::new("Comparison", Align::Left));
    }
    columns.extend([
        Column::new("Method", Align::Left),
        Column::new("Estimate of", Align::Left),
        Column::new("Estimate", Align::Number),
        Column::new(format!("{} CI", context.level()), Align::Centre),
        Column::new("p", Align::Number),
    ]);
    let (mut rows, mut reasons, mut unpaired) = (Vec::new(), Vec::<(String, Vec<String>)>::new(), false);
    let mut notes: Vec<Sentence> =
        vec!["Treatment − baseline, or treatment ÷ baseline; p two-sided, not adjusted.".into()];
    for comparison in comparisons {
        for applied in comparison.methods.0.iter().filter(|applied| applied.kind != Kind::Equivalence) {
            let mut cells = if several { vec![text(context.place(comparison))] } else { Vec::new() };
            let half = comparison.difference_interval().ok().as_ref().and_then(half_width);
            cells.extend(row(context, applied, &scale, half));
            rows.push(cells);
            let (name, note) = match &applied.answer {
                Ok(answer) => (answer.name(), answer.note().map(str::to_owned)),
                Err(undefined) => (applied.label.as_str(), Some(undefined.to_string())),
            };
            if let Some(note) = note {
                match reasons.iter_mut().find(|(known, _)| *known == note) {
                    Some((_, names)) => names.push(name.to_owned()),
                    None => reasons.push((note, vec![name.to_owned()])),
                }
            }
        }
        if comparison.pairing.is_some() {
            unpaired = true;
        }
    }
    if unpaired {
        notes.push(
            "The runs come in blocks; methods whose name says nothing of pairs or signs take them as unpaired.".into(),
        );
    }
    for (note, mut names) in reasons {
        names.dedup();
        notes.push(context.prose(&format!("{}: {note}.", names.join("; "))).into());
    }
    Table {
        id: format!("methods-{}", metric.id.replace('_', "-")),
        caption: format!("{}: every method side by side", metric.label),
        columns,
        metrics: vec![metric.id.clone(); rows.len()],
        rows,
        notes,
        aside: false,
    }
}

/// `half` is the half-width of the difference's interval, by which an estimate without one of its own is rounded.
fn row(context: &Context, applied: &Applied, unit: &Scale, half: Option<f64>) -> [Cell; 5] {
    let scale = match applied.estimand {
        Estimand::RelativeChange => Scale { factor: 0.01, unit: "%".to_owned() },
        estimand if estimand.has_unit() => unit.clone(),
        _ => Scale::plain(),
    };
    let of = scale.header(applied.estimand.noun());
    let Ok(answer) = &applied.answer else {
        return [text(applied.label.clone()), text(of), Cell::Missing, Cell::Missing, Cell::Missing];
    };
    let estimate = answer.estimate().map(|estimate| scale.apply(estimate));
    let interval = answer.interval();
    let of_difference = half.filter(|_| applied.estimand == Estimand::MeanDifference);
    let half = interval.as_ref().and_then(half_width).or(of_difference).map(|half| scale.apply(half));
    let decimals = decimals_of(&[half], estimate.unwrap_or_default(), context.digits());
    // With a sign where zero means no difference, as in the table of comparisons.
    let differs = applied.estimand.has_unit() || applied.estimand == Estimand::RelativeChange;
    let written = if differs { signed } else { fixed };
    [
        text(answer.name()),
        text(if applied.estimand == Estimand::None { String::new() } else { of }),
        estimate.map_or(Cell::Missing, |estimate| number(written(estimate, decimals))),
        interval.map_or(Cell::Missing, |interval| number::interval(&interval, &scale, decimals)),
        answer.p_value().map_or(Cell::Missing, |p| number(p_value(p))),
    ]
}
