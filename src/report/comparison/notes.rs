//! What stands under the tables of comparisons.

use std::collections::{BTreeMap, BTreeSet};

use super::super::model::Sentence;
use super::super::number;
use super::super::{Context, provenance};
use super::{Item, items};
use crate::analysis::Comparison;
use crate::run::Note;
use crate::stats::magnitude::{Magnitude, magnitude};
use crate::stats::{Compute, Estimand, Interval, method};

/// The labels of the methods that are shown, one after the other where they differ.
pub(super) fn labels(items: &[Item], id: impl Fn(&Comparison) -> Option<&'static str>) -> String {
    let mut once: Vec<&str> = Vec::new();
    for label in items.iter().filter_map(|item| Some(item.comparison.label(id(item.comparison)?))) {
        if !once.contains(&label) {
            once.push(label);
        }
    }
    if once.is_empty() { "none applies".to_owned() } else { once.join("; ") }
}

/// The effect sizes that are shown, and where their intervals come from.
pub(super) fn effects(items: &[Item]) -> String {
    let shown = items.iter().filter_map(|item| method(item.comparison.effect?)?.interval);
    let intervals = shown.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; ");
    let effects = labels(items, |comparison| comparison.effect);
    match intervals.as_str() {
        "" => format!("Effect size: {effects}."),
        _ => format!("Effect size: {effects}; its interval: {intervals}."),
    }
}

pub(super) fn family(context: &Context, items: &[Item]) -> String {
    let family = &context.analysis.family;
    let metrics: Vec<&str> = family
        .metrics
        .iter()
        .filter_map(|id| context.analysis.metric(id))
        .map(|metric| metric.label.as_str())
        .collect();
    let size = if family.size == 1 { "1 test".to_owned() } else { format!("{} tests", family.size) };
    let adjusted = match context.adjustment() {
        Some(name) => format!("{name}-adjusted over the family of {size}"),
        None => format!("not adjusted, though the family has {size}"),
    };
    let test = labels(items, |comparison| Some(comparison.test));
    let comparisons = context.analysis.comparisons.iter();
    let undefined: Vec<String> = comparisons
        .filter(|comparison| comparison.p_value().is_none())
        .filter_map(|comparison| {
            let metric = context.analysis.metric(&comparison.metric).filter(|metric| metric.primary)?;
            Some(named(context, &metric.label, comparison))
        })
        .collect();
    let left = match undefined.as_slice() {
        [] => String::new(),
        _ => format!(" Undefined, and so not in the family: {}.", undefined.join(", ")),
    };
    match metrics.as_slice() {
        [] => format!("p: {test}, two-sided.{left}"),
        _ => format!("p: {test}, two-sided, {adjusted} ({}).{left}", metrics.join(", ")),
    }
}

/// A metric, and where it was compared, if that is not the same for all.
pub(super) fn named(context: &Context, label: &str, comparison: &Comparison) -> String {
    if context.treatments().len() > 1 || context.has_scenarios() {
        format!("{label} ({})", context.place(comparison))
    } else {
        label.to_owned()
    }
}

/// Whether a method is one for pairs.
pub(super) fn pairs(id: &str) -> bool {
    method(id).is_some_and(|method| matches!(method.compute, Compute::Pairs(_)))
}

/// That wrk's latencies are not those of the requests alone: once, under the first table that has any.
pub(super) fn corrected(context: &Context, shown: &[Item]) -> Option<String> {
    let is_latency = |item: &Item| item.metric.id.starts_with("latency_");
    let is_primary = |item: &Item| item.metric.primary;
    let is_first = shown.iter().all(is_primary) || !items(context, true).iter().any(is_latency);
    let is_noticed = context.analysis.notes.iter().any(|counted| counted.note.id == Note::LATENCY_CORRECTED);
    (is_noticed && is_first && shown.iter().any(is_latency)).then(|| {
        format!(
            "To the latencies, wrk adds samples that correct for coordinated omission: means, standard deviations and \
             percentiles are not those of the requests alone; the median suffers least. How many runs this is about: see \
             “{}”.",
            provenance::TITLE
        )
    })
}

/// That an interval of the change holds what cannot be.
pub(super) fn impossible(items: &[Item]) -> Option<String> {
    let below =
        |item: &&Item| item.comparison.percent_interval().is_ok_and(|i| i.lower.is_some_and(|low| low < -100.0));
    let positive = |item: &&Item| item.means.baseline.mean > 0.0 && item.means.treatment.mean > 0.0;
    let names: Vec<&str> = items.iter().filter(below).filter(positive).map(|item| item.metric.label.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "{}: the interval of the change reaches below −100 %, which no positive quantity does; so few or so uneven runs \
             say little about the size of the change. The interval on the log scale, among the methods side by side, stays \
             above.",
            names.join(", ")
        )
    })
}

/// A standard error that pairing changes by less is as good as the same.
const NEITHER: f64 = 0.05;

/// What pairing by blocks did to each comparison. Several of which only that is to be said share a sentence.
pub(super) fn pairing(context: &Context, items: &[Item]) -> Vec<Sentence> {
    let mut notes = Vec::new();
    let plainly = |item: &&Item| {
        let pairing = item.comparison.pairing.as_ref()?;
        let plain = pairing.without_block == 0 && pairing.left_out.is_empty() && pairing.averaged.is_empty();
        let ratio = pairing.relative_standard_error.as_ref().ok().filter(|_| plain && pairs(item.comparison.test))?;
        Some((pairing.blocks, *ratio))
    };
    let mut together: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for item in items {
        if let Some((blocks, ratio)) = plainly(&item) {
            let of = format!("{}, {}: {}", item.metric.label, item.place(context), number::significant(ratio, 3));
            together.entry(blocks).or_default().push(of);
        }
    }
    together.retain(|_, all| all.len() > 1);
    for (blocks, all) in &together {
        notes.push(
            context
                .prose(&format!(
                    "Paired by {blocks} blocks; the standard error, as a multiple of the unpaired one: {}.",
                    all.join("; ")
                ))
                .into(),
        );
    }
    for item in items {
        let Some(pairing) = &item.comparison.pairing else { continue };
        if plainly(&item).is_some_and(|(blocks, _)| together.contains_key(&blocks)) {
            continue;
        }
        let gained = match &pairing.relative_standard_error {
            Ok(ratio) => {
                let times = number::significant(*ratio, 3);
                match *ratio - 1.0 {
                    off if off.abs() < NEITHER => format!(
                        "pairing neither gained nor lost precision: the standard error is {times} times the unpaired one"
                    ),
                    off if off < 0.0 => {
                        format!("pairing narrowed the standard error to {times} times the unpaired one")
                    }
                    _ => format!("pairing lost precision: the standard error is {times} times the unpaired one"),
                }
            }
            Err(undefined) => format!("what pairing gained is not known: {}", undefined.because),
        };
        let list = |blocks: &[String], what: &dyn Fn(&str) -> String| {
            if blocks.is_empty() { String::new() } else { what(&blocks.join(", ")) }
        };
        let loose = match pairing.without_block {
            0 => String::new(),
            runs => format!(" Runs without a block, left out of the pairs: {runs}."),
        };
        let note = context.prose(&format!(
            "{}, {}: paired by {} blocks; {gained}.{}{loose}{}{}",
            item.metric.label,
            item.place(context),
            pairing.blocks,
            if pairs(item.comparison.test) { "" } else { " The chosen test takes the runs as unpaired." },
            list(&pairing.left_out, &|blocks| format!(" Not in both modes, so left out of the pairs: {blocks}.")),
            list(&pairing.averaged, &|blocks| format!(" With several runs, whose mean counts: {blocks}.")),
        ));
        notes.push(Sentence::of(&item.metric.id, note));
    }
    notes
}

/// What is missing of a comparison, and why.
type Missing<'a> = (Vec<&'a str>, String);

/// Why cells are empty, once for each reason.
pub(super) fn undefined(context: &Context, items: &[Item]) -> Vec<Sentence> {
    // Beside each reason the comparisons that it is true of: metric and name.
    let mut notes: Vec<(Missing, Vec<(&str, String)>)> = Vec::new();
    for item in items {
        let comparison = item.comparison;
        let reasons = [
            comparison.decides().err().map(|undefined| ("test", undefined)),
            comparison.difference_interval().err().map(|undefined| ("interval of the difference", undefined)),
            comparison.percent(item.means).err().map(|undefined| ("percent change", undefined)),
            comparison.percent_interval().err().map(|undefined| ("interval of the change", undefined)),
        ];
        let mut of_item: Vec<Missing> = Vec::new();
        for (what, undefined) in reasons.into_iter().flatten() {
            match of_item.iter_mut().find(|(_, because)| *because == undefined.because) {
                Some((missing, _)) => missing.push(what),
                None => of_item.push((vec![what], undefined.because)),
            }
        }
        let name = named(context, &item.metric.label, comparison);
        for reason in of_item {
            match notes.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) => names.push((item.metric.id.as_str(), name.clone())),
                None => notes.push((reason, vec![(item.metric.id.as_str(), name.clone())])),
            }
        }
    }
    let note = |((missing, because), of): (Missing, Vec<(&str, String)>)| {
        let names: Vec<&str> = of.iter().map(|(_, name)| name.as_str()).collect();
        let text = format!("—: no {} for {}: {because}.", missing.join(", "), names.join(", "));
        let first = of.first().map_or("", |(metric, _)| metric);
        if of.iter().all(|(metric, _)| *metric == first) { Sentence::of(first, text) } else { text.into() }
    };
    notes.into_iter().map(note).collect()
}

/// How large the effects are in words, by the rule whose words they are: of both bounds of the interval, since the estimate's
/// own word says more than the runs do; none where the interval contains no effect.
pub(super) fn in_words(context: &Context, items: &[Item]) -> Option<String> {
    let mut rule = None;
    let words: Vec<String> = items
        .iter()
        .filter_map(|item| {
            let applied = item.comparison.methods.get(item.comparison.effect?)?;
            let (least, most) = sizes(applied.estimand, applied.answer.as_ref().ok()?.interval()?)?;
            let name = format!("{}, {}", item.metric.label, item.place(context));
            rule = Some(least);
            Some(if least.label == most.label {
                format!("{name}: {}", least.label)
            } else {
                format!("{name}: {} to {}", least.label, most.label)
            })
        })
        .collect();
    let rule = rule?;
    Some(format!(
        "In the words of {}: {}. The words are those of both bounds of the interval; one that contains no effect has none. \
         The rule was made for people; for runs of a machine even a small difference can be “large”.",
        rule.reference,
        words.join("; ")
    ))
}

/// The words for the bounds of an interval on one side of no effect, the smaller first.
fn sizes(estimand: Estimand, interval: Interval) -> Option<(Magnitude, Magnitude)> {
    let (lower, upper, null) = (interval.lower?, interval.upper?, estimand.null()?);
    let [lower_word, upper_word] = [magnitude(estimand, lower)?, magnitude(estimand, upper)?];
    if lower > null {
        Some((lower_word, upper_word))
    } else if upper < null {
        Some((upper_word, lower_word))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_of_both_bounds_and_none_of_an_interval_around_no_effect() {
        let words = |estimand, lower: f64, upper: f64| {
            let interval = Interval { level: 0.95, lower: Some(lower), upper: Some(upper) };
            sizes(estimand, interval).map(|(least, most)| (least.label, most.label))
        };
        let of_d = |lower, upper| words(Estimand::StandardisedDifference, lower, upper);
        assert_eq!(of_d(0.9, 3.0), Some(("large", "large")));
        assert_eq!(of_d(0.6, 3.0), Some(("medium", "large")));
        assert_eq!(of_d(-3.0, -0.3), Some(("small", "large")));
        assert_eq!(of_d(-0.1, 3.0), None);
        assert_eq!(of_d(-1.78, 0.0), None);
        assert_eq!(words(Estimand::Superiority, 0.57, 0.8), Some(("small", "large")));
        assert_eq!(words(Estimand::Superiority, 0.1, 0.3), Some(("medium", "large")));
        assert_eq!(words(Estimand::Superiority, 0.4, 0.9), None);
    }
}
