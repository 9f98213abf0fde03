//! Counts with exposure: pooled rates, means of ratios, and the ratio of rates.

use super::model::{Align, Block, Cell, Column, Section, Sentence, Table};
use super::number::{self, Scale, decimals_of, fixed, half_width, nonnegative, number, or_missing, p_value, text};
use super::{Context, header};
use crate::analysis::{Compared, MetricInfo, MetricKind, Sample};
use crate::metric::{self, Kind};
use crate::stats::rate::Rate;

pub(super) fn section(context: &Context) -> Option<Section> {
    let metrics: Vec<&MetricInfo> = context
        .analysis
        .metrics
        .iter()
        .filter(|metric| metric.kind == MetricKind::Ratio && has_events(context, metric))
        .collect();
    let mut blocks = Vec::new();
    blocks.extend(rate_table(context, &metrics).map(Block::Table));
    blocks.extend(ratio_table(context, &metrics).map(Block::Table));
    let silent: Vec<&str> = context
        .analysis
        .metrics
        .iter()
        .filter(|metric| metric.kind == MetricKind::Ratio && !has_events(context, metric))
        .map(|metric| metric.label.as_str())
        .collect();
    if !silent.is_empty() {
        blocks.push(Block::Text { text: format!("Zero in every run: {}.", silent.join(", ")) });
    }
    (!blocks.is_empty()).then(|| Section { id: "rates".to_owned(), title: "Rates".to_owned(), blocks })
}

fn samples<'a>(context: &'a Context, metric: &'a MetricInfo) -> impl Iterator<Item = (&'a Sample, &'a Rate)> {
    let of_metric = context.analysis.samples.iter().filter(|sample| sample.metric == metric.id);
    of_metric.filter_map(|sample| Some((sample, sample.rate.as_ref()?.as_ref().ok()?)))
}

fn has_events(context: &Context, metric: &MetricInfo) -> bool {
    samples(context, metric).any(|(_, rate)| rate.count > 0.0)
}

/// Id and label of what is counted, and the name of the exposure.
fn parts(metric: &MetricInfo) -> (&'static str, &'static str) {
    match metric::find(&metric.id).map(|metric| metric.kind) {
        Some(Kind::Ratio(ratio)) => {
            (metric::find(ratio.count).map_or(ratio.count, |counted| counted.label.as_ref()), ratio.exposure_label)
        }
        _ => ("Count", "exposure"),
    }
}

fn place(context: &Context, sample: &Sample) -> String {
    context.place_of(&sample.mode, sample.scenario.as_deref())
}

fn rate_table(context: &Context, metrics: &[&MetricInfo]) -> Option<Table> {
    if metrics.is_empty() {
        return None;
    }
    let digits = context.digits();
    let columns = vec![
        Column::new("Metric", Align::Left),
        Column::new("Mode", Align::Left),
        Column::new("Count", Align::Number),
        Column::new("Exposure", Align::Number),
        Column::new("Unit", Align::Left),
        Column::new("Pooled", Align::Number),
        Column::new(format!("{} CI", context.level()), Align::Centre),
        Column::new("Mean of ratios", Align::Number),
    ];
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    let mut notes: Vec<Sentence> = vec![
        "Pooled: total count ÷ total exposure over the runs, with a run-clustered (linearised) interval on the log scale. \
         Mean of ratios: the mean of each run's own ratio. Where the two differ, count and exposure vary together."
            .into(),
    ];
    for metric in metrics {
        let (counted, exposure) = parts(metric);
        let exposure_unit = exposure.to_owned();
        let note = format!("{}: {} ÷ {exposure_unit}.", metric.label, counted.to_lowercase());
        notes.push(Sentence::of(&metric.id, note));
        for (sample, rate) in samples(context, metric) {
            let scale = Scale::of(&metric.unit, rate.rate);
            let interval = rate.interval.as_ref().map(nonnegative);
            let decimals = number::rate_decimals(rate, &scale, digits);
            let whole = if rate.exposure >= 1e4 { 0 } else { 1 };
            ids.push(metric.id.clone());
            rows.push(vec![
                text(header(metric, &scale)),
                text(place(context, sample)),
                number(fixed(rate.count, 0)),
                number(fixed(rate.exposure, whole)),
                text(exposure),
                number(fixed(scale.apply(rate.rate), decimals)),
                or_missing(interval, |i| number::interval(&i, &scale, decimals)),
                number(fixed(scale.apply(rate.mean_of_ratios), decimals)),
            ]);
            let note = rate.note.as_ref().map(|note| format!("{}, {}: {note}.", metric.label, place(context, sample)));
            notes.extend(note.map(|note| Sentence::of(&metric.id, note)));
        }
    }
    if let Some(mss) = &context.analysis.study.mss {
        notes.push(format!("The loss estimate is retransmits × MSS ÷ bytes, an estimate; MSS: {mss}.").into());
    }
    notes.push("GiB is 1024³ bytes.".into());
    Some(Table {
        id: "rates".to_owned(),
        caption: "Counts with exposure, by both estimators".to_owned(),
        columns,
        rows,
        metrics: ids,
        notes,
        aside: false,
    })
}

fn ratio_table(context: &Context, metrics: &[&MetricInfo]) -> Option<Table> {
    let digits = context.digits();
    let columns = vec![
        Column::new("Metric", Align::Left),
        Column::new("Mode", Align::Left),
        Column::new("Rate ratio", Align::Number),
        Column::new(format!("{} CI", context.level()), Align::Centre),
        Column::new(format!("{} CI, bootstrap", context.level()), Align::Centre),
        Column::new("t", Align::Number),
        Column::new("df", Align::Number),
        Column::new("p", Align::Number),
    ];
    let plain = Scale::plain();
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    let mut notes: Vec<Sentence> = vec![context.prose(&format!(
        "Rate ratio: pooled rate of the mode ÷ pooled rate of {}; interval and test on the log scale from run-clustered \
         variances with Welch's degrees of freedom. Bootstrap: {} resamples of runs, BCa, seed {}. Counts get no t-test.",
        context.baseline_label(),
        crate::analysis::RESAMPLES,
        context.analysis.study.seed
    ))
    .into()];
    for metric in metrics {
        for comparison in context.analysis.comparisons.iter().filter(|c| c.metric == metric.id) {
            let Compared::Rates(_) = &comparison.result else { continue };
            let mode = context.place(comparison);
            let test = match comparison.decides() {
                Ok(test) => test,
                Err(undefined) => {
                    let note = format!("No rate ratio of {} for {mode}: {}.", metric.label, undefined.because);
                    notes.push(Sentence::of(&metric.id, note));
                    continue;
                }
            };
            let note = test.note.as_ref().map(|note| format!("{}, {mode}: {note}.", metric.label));
            notes.extend(note.map(|note| Sentence::of(&metric.id, note)));
            let interval = nonnegative(&test.interval);
            let estimate = test.estimate.or(interval.lower).unwrap_or_default();
            let decimals = decimals_of(&[half_width(&interval)], estimate, digits);
            // Resampling a mode without events never finds one.
            let bootstrap = comparison.ratio_interval().ok().filter(|_| test.estimate.is_some());
            let optional = |value: Option<f64>, decimals| value.map_or(Cell::Missing, |v| number(fixed(v, decimals)));
            let of_bootstrap = comparison.change.and_then(|id| comparison.methods.answer(id).ok()?.note());
            let note = of_bootstrap.map(|note| format!("Bootstrap of {}, {mode}: {note}.", metric.label));
            notes.extend(note.map(|note| Sentence::of(&metric.id, note)));
            ids.push(metric.id.clone());
            rows.push(vec![
                text(metric.label.clone()),
                text(mode),
                optional(test.estimate, decimals),
                number::interval(&interval, &plain, decimals),
                bootstrap.map_or(Cell::Missing, |i| number::interval(&i, &plain, decimals)),
                optional(test.statistic, 2),
                optional(test.df, 1),
                number(p_value(test.p_value)),
            ]);
        }
    }
    (!rows.is_empty()).then(|| Table {
        id: "rate-ratios".to_owned(),
        caption: format!("Rates against {}", context.baseline_label()),
        columns,
        rows,
        metrics: ids,
        notes,
        aside: false,
    })
}
