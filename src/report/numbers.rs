//! Every number that prose may cite.

use super::Context;
use super::model::{Cell, Number};
use super::number::{self, Scale, decimals_of, fixed, half_width, nonnegative, p_value, signed};
use crate::analysis::{Compared, Means, MetricInfo, Rates, Sample};

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
                Compared::Means(means) => of_means(context, &cite, metric, means, &mut numbers),
                Compared::Rates(rates) => of_rates(context, &cite, rates, &mut numbers),
            }
        }
    }
    numbers
}

/// Which metric, mode and scenario a number is of, as words of its key and as a phrase.
struct Cite {
    words: Vec<String>,
    phrase: String,
}

impl Cite {
    fn new(context: &Context, metric: &MetricInfo, mode: &str, scenario: Option<&str>) -> Self {
        let mut words = split(&metric.id);
        words.extend(split(mode));
        words.extend(scenario.map(split).unwrap_or_default());
        let place = match scenario {
            Some(scenario) => format!("{}, {}", context.label(mode), context.scenario_label(scenario)),
            None => context.label(mode),
        };
        Self { words, phrase: format!("{}, {place}", metric.label) }
    }

    fn number(&self, words: &[&str], what: &str, formatted: Cell, raw: f64, unit: &str) -> Number {
        Number {
            key: self.words.iter().cloned().chain(words.iter().map(|word| (*word).to_owned())).collect(),
            formatted,
            raw: raw.to_string(),
            unit: unit.to_owned(),
            definition: format!("{}: {what}", self.phrase),
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
    let mut add = |words: &[&str], what: &str, value: f64| {
        let value = scale.apply(value);
        let cell = number::number(fixed(value, decimals));
        numbers.push(cite.number(words, what, cell, value, &scale.unit));
    };
    add(&["mean"], "mean over the runs", description.mean);
    if let Ok(sd) = description.sd {
        add(&["sd"], "standard deviation over the runs", sd);
    }
    if let Ok(interval) = &description.interval
        && let (Some(lower), Some(upper)) = (interval.lower, interval.upper)
    {
        add(&["mean", "lower"], "lower bound of the confidence interval of the mean", lower);
        add(&["mean", "upper"], "upper bound of the confidence interval of the mean", upper);
    }
    add(&["median"], "median over the runs", description.median);
    add(&["min"], "smallest value of a run", description.min);
    add(&["max"], "largest value of a run", description.max);
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

fn of_means(context: &Context, cite: &Cite, metric: &MetricInfo, means: &Means, numbers: &mut Vec<Number>) {
    let scale = context.scale(metric);
    let against = format!("against {}", context.baseline_label());
    let welch = means.welch.as_ref().ok();
    let half = welch.and_then(|welch| half_width(&welch.test.interval)).map(|half| scale.apply(half));
    let decimals = decimals_of(&[half], scale.apply(means.difference), context.digits());
    let mut add = |words: &[&str], what: &str, text: String, raw: f64, unit: &str| {
        numbers.push(cite.number(words, &format!("{what} {against}"), number::number(text), raw, unit));
    };
    let difference = scale.apply(means.difference);
    add(&["diff"], "difference of the means", signed(difference, decimals), difference, &scale.unit);
    if let Some(welch) = welch {
        let test = &welch.test;
        let bounds = [("lower", test.interval.lower), ("upper", test.interval.upper)];
        for (word, bound) in bounds {
            if let Some(bound) = bound.map(|bound| scale.apply(bound)) {
                add(
                    &["diff", word],
                    &format!("{word} bound of the interval of the difference"),
                    fixed(bound, decimals),
                    bound,
                    &scale.unit,
                );
            }
        }
        if let (Some(t), Some(df)) = (test.statistic, test.df) {
            add(&["t"], "Welch's t", fixed(t, 2), t, "");
            add(&["df"], "Welch–Satterthwaite degrees of freedom", fixed(df, 1), df, "");
        }
        add(&["p"], "two-sided p of Welch's test", p_value(test.p_value), test.p_value, "");
    }
    if let Some(p) = means.p_adjusted {
        add(&["p", "holm"], "Holm-adjusted p of Welch's test", p_value(p), p, "");
    }
    if let Ok(percent) = means.percent_change {
        let decimals = number::percent_decimals(percent, means.percent_change_interval.as_ref().ok(), context.digits());
        add(&["change"], "change of the mean", signed(percent, decimals), percent, "%");
        if let Ok(interval) = &means.percent_change_interval {
            for (word, bound) in [("lower", interval.lower), ("upper", interval.upper)] {
                if let Some(bound) = bound {
                    add(
                        &["change", word],
                        &format!("{word} bound of the interval of the change"),
                        fixed(bound, decimals),
                        bound,
                        "%",
                    );
                }
            }
        }
    }
    if let Ok(d) = means.cohen_d {
        add(&["cohen", "d"], "Cohen's d (pooled SD)", fixed(d, 2), d, "");
    }
    if let Ok(g) = means.hedges_g {
        add(&["hedges", "g"], "Hedges' g", fixed(g, 2), g, "");
    }
}

fn of_rates(context: &Context, cite: &Cite, rates: &Rates, numbers: &mut Vec<Number>) {
    let Ok(test) = &rates.ratio else { return };
    let against = format!("÷ {}", context.baseline_label());
    let interval = nonnegative(&test.interval);
    let decimals =
        decimals_of(&[half_width(&interval)], test.estimate.or(interval.lower).unwrap_or_default(), context.digits());
    let parts = [
        (vec!["ratio"], "ratio of the pooled rates", test.estimate),
        (vec!["ratio", "lower"], "lower bound of the interval of the rate ratio", test.interval.lower),
        (vec!["ratio", "upper"], "upper bound of the interval of the rate ratio", test.interval.upper),
    ];
    for (words, what, value) in parts {
        if let Some(value) = value {
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
