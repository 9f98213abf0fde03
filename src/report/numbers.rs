//! Every number that prose may cite.

use super::Context;
use super::model::{Cell, Number};
use super::number::{self, Scale, decimals_of, fixed, half_width, nonnegative, p_value, signed};
use super::reconstructed::CHOSEN;
use crate::analysis::{Compared, Comparison, Means, MetricInfo, Sample};
use crate::stats::{Estimand, Interval, Kind};

pub(super) fn numbers(context: &Context) -> Vec<Number> {
    let analysis = context.analysis;
    let mut numbers = Vec::new();
    for metric in &analysis.metrics {
        for sample in analysis.samples.iter().filter(|sample| sample.metric == metric.id) {
            of_sample(context, metric, sample, &mut numbers);
        }
        for comparison in analysis.comparisons.iter().filter(|comparison| comparison.metric == metric.id) {
            let cite = Cite::new(context, metric, &comparison.mode, comparison.scenario.as_deref());
            match &comparison.result {
                Compared::Means(means) => of_means(context, &cite, metric, comparison, means, &mut numbers),
                Compared::Rates(_) => of_rates(context, &cite, comparison, &mut numbers),
            }
        }
    }
    // What is beyond double precision cannot be cited.
    numbers.retain(|number| number.raw.parse::<f64>().is_ok_and(f64::is_finite));
    numbers
}

/// Which metric, mode and scenario a number is of, as words of its key and as a phrase.
struct Cite {
    words: Vec<String>,
    phrase: String,
    /// Nobody measured or printed it.
    is_chosen: bool,
}

impl Cite {
    fn new(context: &Context, metric: &MetricInfo, mode: &str, scenario: Option<&str>) -> Self {
        let mut words = split(&metric.id);
        let named = context.analysis.study.modes.iter().find(|named| named.id == mode);
        words.extend(split(named.and_then(|named| named.word.as_deref()).unwrap_or(mode)));
        words.extend(scenario.map(split).unwrap_or_default());
        let phrase = format!("{}, {}", metric.label, context.place_of(mode, scenario));
        Self { words, phrase, is_chosen: context.is_chosen(&metric.id, mode, scenario) }
    }

    fn number(&self, words: &[&str], what: &str, formatted: Cell, raw: f64, unit: &str) -> Number {
        let definition = format!("{}: {what}", self.phrase);
        Number {
            key: self.words.iter().cloned().chain(words.iter().map(|word| (*word).to_owned())).collect(),
            formatted,
            raw: raw.to_string(),
            unit: unit.to_owned(),
            definition: if self.is_chosen { format!("{definition} ({CHOSEN})") } else { definition },
        }
    }
}

fn split(id: &str) -> Vec<String> {
    id.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn of_sample(context: &Context, metric: &MetricInfo, sample: &Sample, numbers: &mut Vec<Number>) {
    let cite = Cite::new(context, metric, &sample.mode, sample.scenario.as_deref());
    let scale = context.scale(metric);
    let Ok(description) = &sample.description else { return };
    let sd = description.sd.as_ref().ok().map(|sd| scale.apply(*sd));
    let decimals = decimals_of(&[sd], scale.apply(description.mean), context.digits());
    let mut add = |words: &[&str], what: &str, value: f64, decimals: usize| {
        let value = scale.apply(value);
        let cell = number::number(fixed(value, decimals));
        numbers.push(cite.number(words, what, cell, value, &scale.unit));
    };
    add(&["mean"], "mean over the runs", description.mean, decimals);
    if let Ok(sd) = description.sd {
        add(&["sd"], "standard deviation over the runs", sd, decimals);
    }
    if let Ok(interval) = &description.interval
        && let (Some(lower), Some(upper)) = (interval.lower, interval.upper)
    {
        let decimals = of_bounds(Some(*interval), &scale, decimals);
        add(&["mean", "lower"], "lower bound of the confidence interval of the mean", lower, decimals);
        add(&["mean", "upper"], "upper bound of the confidence interval of the mean", upper, decimals);
    }
    add(&["median"], "median over the runs", description.median, decimals);
    add(&["min"], "smallest value of a run", description.min, decimals);
    add(&["max"], "largest value of a run", description.max, decimals);
    if let Some(total) = sample.total {
        let value = scale.apply(total);
        let cell = number::number(fixed(value, decimals.min(1)));
        numbers.push(cite.number(&["total"], "sum over the runs", cell, value, &scale.unit));
    }
    numbers.push(cite.number(
        &["n"],
        "number of runs",
        number::number(description.n.to_string()),
        description.n as f64,
        "",
    ));
    if let Some(Ok(rate)) = &sample.rate {
        let scale = Scale::of(&metric.unit, rate.rate);
        let pooled = scale.apply(rate.rate);
        let decimals = number::rate_decimals(rate, &scale, context.digits());
        let mean = scale.apply(rate.mean_of_ratios);
        let cell = |value: f64| number::number(fixed(value, decimals));
        numbers.push(cite.number(&["pooled"], "ratio of the totals over the runs", cell(pooled), pooled, &scale.unit));
        if let Ok(interval) = &rate.interval {
            let decimals = of_bounds(Some(*interval), &scale, decimals);
            let cell = |value: f64| number::number(fixed(value, decimals));
            for (word, bound) in [("lower", interval.lower), ("upper", interval.upper)] {
                if let Some(bound) = bound.map(|bound| scale.apply(bound)) {
                    let what = format!("{word} bound of the interval of the ratio of the totals");
                    numbers.push(cite.number(&["pooled", word], &what, cell(bound), bound, &scale.unit));
                }
            }
        }
        numbers.push(cite.number(&["mean", "of", "ratios"], "mean of the runs' ratios", cell(mean), mean, &scale.unit));
    }
}

fn of_means(
    context: &Context,
    cite: &Cite,
    metric: &MetricInfo,
    comparison: &Comparison,
    means: &Means,
    numbers: &mut Vec<Number>,
) {
    let scale = context.scale(metric);
    let against = format!("against {}", context.baseline_label());
    let interval = comparison.difference_interval().ok();
    let half = interval.as_ref().and_then(half_width).map(|half| scale.apply(half));
    let difference = scale.apply(comparison.difference(means));
    let decimals = decimals_of(&[half], difference, context.digits());
    let mut add = |words: &[&str], what: &str, text: String, raw: f64, unit: &str| {
        numbers.push(cite.number(words, &format!("{what} {against}"), number::number(text), raw, unit));
    };
    let (what, bound_of) = match comparison.difference_estimand() {
        Estimand::Shift => ("shift of the values", "of the interval of the shift"),
        Estimand::QuantileDifference => {
            ("difference of the medians", "of the interval of the difference of the medians")
        }
        _ => ("difference, treatment − baseline,", "of the interval of the difference"),
    };
    add(&["diff"], what, signed(difference, decimals), difference, &scale.unit);
    for (word, bound) in bounds(interval) {
        let bound = scale.apply(bound);
        let what = format!("{word} bound {bound_of}");
        let decimals = of_bounds(interval, &scale, decimals);
        add(&["diff", word], &what, fixed(bound, decimals), bound, &scale.unit);
    }
    let test = comparison.label(comparison.test);
    if let Ok(decides) = comparison.decides() {
        if let (Some(t), Some(df)) = (decides.statistic, decides.df) {
            add(&["t"], &format!("t of {test}"), fixed(t, 2), t, "");
            add(&["df"], &format!("degrees of freedom of {test}"), fixed(df, 1), df, "");
        }
        add(&["p"], &format!("two-sided p of {test}"), p_value(decides.p_value), decides.p_value, "");
    }
    if let (Some(p), Some(name)) = (comparison.p_adjusted, context.adjustment()) {
        add(&["p", "adjusted"], &format!("{name}-adjusted p of {test}"), p_value(p), p, "");
    }
    if let Ok(percent) = comparison.percent(means) {
        let interval = comparison.percent_interval().ok();
        let decimals = number::percent_decimals(percent, interval.as_ref(), context.digits());
        add(&["change"], "change of the mean", signed(percent, decimals), percent, "%");
        for (word, bound) in bounds(interval) {
            let what = format!("{word} bound of the interval of the change");
            let decimals = of_bounds(interval, &Scale::plain(), decimals);
            add(&["change", word], &what, fixed(bound, decimals), bound, "%");
        }
    }
    for applied in comparison.methods.0.iter().filter(|applied| applied.kind == Kind::EffectSize) {
        let Ok(answer) = &applied.answer else { continue };
        let words = split(applied.id);
        let of_effect = |more: Option<&'static str>| words.iter().map(String::as_str).chain(more).collect::<Vec<_>>();
        if let Some(estimate) = answer.estimate() {
            add(&of_effect(None), &applied.label, fixed(estimate, 2), estimate, "");
        }
        for (word, bound) in bounds(answer.interval()) {
            let what = format!("{word} bound of the interval of {}", applied.label);
            let decimals = of_bounds(answer.interval(), &Scale::plain(), 2);
            add(&of_effect(Some(word)), &what, fixed(bound, decimals), bound, "");
        }
    }
}

fn bounds(interval: Option<Interval>) -> impl Iterator<Item = (&'static str, f64)> {
    let [lower, upper] = interval.map_or([None, None], |interval| [interval.lower, interval.upper]);
    [("lower", lower), ("upper", upper)].into_iter().filter_map(|(word, bound)| Some((word, bound?)))
}

/// As many decimals as the table prints the bounds with.
fn of_bounds(interval: Option<Interval>, scale: &Scale, decimals: usize) -> usize {
    interval.map_or(decimals, |interval| number::interval_decimals(&interval, scale, decimals))
}

fn of_rates(context: &Context, cite: &Cite, comparison: &Comparison, numbers: &mut Vec<Number>) {
    let Ok(test) = comparison.decides() else { return };
    let against = format!("÷ {}", context.baseline_label());
    let interval = nonnegative(&test.interval);
    let decimals =
        decimals_of(&[half_width(&interval)], test.estimate.or(interval.lower).unwrap_or_default(), context.digits());
    let parts = [
        (vec!["ratio"], "ratio of the pooled rates", test.estimate),
        (vec!["ratio", "lower"], "lower bound of the interval of the rate ratio", test.interval.lower),
        (vec!["ratio", "upper"], "upper bound of the interval of the rate ratio", test.interval.upper),
    ];
    let decimals_of_bounds = of_bounds(Some(interval), &Scale::plain(), decimals);
    for (words, what, value) in parts {
        if let Some(value) = value {
            let decimals = if words.len() > 1 { decimals_of_bounds } else { decimals };
            let cell = number::number(fixed(value, decimals));
            numbers.push(cite.number(&words, &format!("{what} {against}"), cell, value, ""));
        }
    }
    let cell = number::number(p_value(test.p_value));
    numbers.push(cite.number(
        &["ratio", "p"],
        &format!("two-sided p of the rate ratio {against}"),
        cell,
        test.p_value,
        "",
    ));
}
