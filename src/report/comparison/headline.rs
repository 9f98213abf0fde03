//! The answer for a reader who has ten seconds: how much, how sure, and whether that is good.

use super::super::Context;
use super::super::model::{Change, Headline, Outcome};
use super::super::number::{self, Scale, decimals_of, fixed, half_width};
use super::{Item, flat, items};
use crate::analysis::{Compared, Comparison, MetricInfo};
use crate::metric::Better;
use crate::stats::{Estimand, Interval};

/// A line for each treatment in each scenario, with the change of every primary metric.
pub(in super::super) fn headline(context: &Context) -> Vec<Headline> {
    let means = items(context, true);
    let changes = means.iter().map(|item| (item.comparison, of_mean(context, item)));
    let rates = context.analysis.comparisons.iter().filter_map(|comparison| {
        let metric = context.analysis.metric(&comparison.metric).filter(|metric| metric.primary)?;
        matches!(comparison.result, Compared::Rates(_)).then(|| (comparison, of_rate(context, metric, comparison)))
    });
    let mut lines: Vec<Headline> = Vec::new();
    for (comparison, change) in changes.chain(rates) {
        let (mode, baseline) = (context.label(&comparison.mode), context.baseline_label());
        let place = match comparison.scenario.as_deref() {
            Some(id) => format!("{mode} against {baseline}, {}", context.scenario_label(id)),
            None => format!("{mode} against {baseline}"),
        };
        let change = Change { text: context.prose(&change.text), ..change };
        match lines.iter_mut().find(|line| line.place == place) {
            Some(line) => line.changes.push(change),
            None => lines.push(Headline { place, changes: vec![change] }),
        }
    }
    lines
}

/// `mean latency +28.6 % [27.1, 30.1], worse`
fn of_mean(context: &Context, item: &Item) -> Change {
    let digits = context.digits();
    let unit = if item.scale.unit.is_empty() { String::new() } else { format!(" {}", item.scale.unit) };
    let in_unit = || {
        let decimals = item.difference_decimals(digits);
        let difference = number::signed(item.difference(), decimals);
        let interval = item.interval();
        let shown = interval.as_ref().map(|i| flat(context, number::interval(i, &item.scale, decimals)));
        (format!("{difference}{unit}"), shown, interval)
    };
    // A change relative to a mean of zero is none; then the difference stands here.
    let (size, shown, interval) = match item.comparison.percent(item.means) {
        Ok(_) => (
            format!("{} %", flat(context, item.percent(digits))),
            Some(flat(context, item.percent_interval(digits))),
            item.comparison.percent_interval().ok(),
        ),
        Err(_) => in_unit(),
    };
    let bounds = interval.as_ref().and(shown).map_or(String::new(), |shown| format!(" {shown}"));
    let up = item.comparison.difference(item.means) > 0.0;
    let (outcome, said) = verdict(context, item.metric, item.comparison, interval.map(|interval| (interval, 0.0)), up);
    let text = format!("{} {size}{bounds}, {said}", within_a_sentence(&item.metric.label));
    Change { text, outcome, metric: item.metric.id.clone() }
}

/// `retransmits per GiB × 0.0027 [0.0021, 0.0034], better`
fn of_rate(context: &Context, metric: &MetricInfo, comparison: &Comparison) -> Change {
    let name = within_a_sentence(&metric.label);
    let ratio = |id| comparison.methods.get(id).is_some_and(|applied| applied.estimand == Estimand::RateRatio);
    let test = match comparison.decides() {
        Ok(test) if ratio(comparison.test) => test,
        _ => return without_ratio(metric, &name),
    };
    let Some(estimate) = test.estimate else { return without_ratio(metric, &name) };
    let interval = number::nonnegative(&test.interval);
    let decimals = decimals_of(&[half_width(&interval)], estimate, context.digits());
    let shown = flat(context, number::interval(&interval, &Scale::plain(), decimals));
    let (outcome, said) = verdict(context, metric, comparison, Some((interval, 1.0)), estimate > 1.0);
    let text = format!("{name} × {} {shown}, {said}", fixed(estimate, decimals));
    Change { text, outcome, metric: metric.id.clone() }
}

fn without_ratio(metric: &MetricInfo, name: &str) -> Change {
    Change { text: format!("{name}: no rate ratio"), outcome: Outcome::NotShown, metric: metric.id.clone() }
}

/// Whether a change is for the better, where there is one, and how that is said.
fn verdict(
    context: &Context,
    metric: &MetricInfo,
    comparison: &Comparison,
    interval: Option<(Interval, f64)>,
    up: bool,
) -> (Outcome, String) {
    let Some((interval, null)) = interval else { return (Outcome::NotShown, "no interval".to_owned()) };
    let excluded = interval.lower.is_some_and(|lower| lower > null) || interval.upper.is_some_and(|upper| upper < null);
    if !excluded {
        return (Outcome::NotShown, "no difference shown".to_owned());
    }
    let (outcome, direction) = match (metric.better, up) {
        (Better::Lower, true) | (Better::Higher, false) => (Outcome::Worse, "worse"),
        (Better::Lower, false) | (Better::Higher, true) => (Outcome::Better, "better"),
        (Better::Neutral, true) => (Outcome::Changed, "an increase"),
        (Better::Neutral, false) => (Outcome::Changed, "a decrease"),
    };
    // The interval is of this comparison alone; its p-value, adjusted for the others, may say less.
    match (comparison.p_adjusted, context.adjustment()) {
        (Some(p), Some(name)) if p >= 1.0 - context.analysis.study.confidence => {
            (Outcome::NotShown, format!("{direction}, but not shown after {name} adjustment"))
        }
        _ => (outcome, direction.to_owned()),
    }
}

/// A label with a small first letter, unless its first word is an abbreviation.
fn within_a_sentence(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => label.to_owned(),
    }
}
