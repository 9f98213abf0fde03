//! Whether the differences are too small to matter.

use super::super::Context;
use super::super::model::{Align, Cell, Column, Sentence, Table};
use super::super::number::{self, Scale, number, p_value, text};
use super::{Item, flat, items, notes, place_cells, place_columns};
use crate::analysis::Compared;
use crate::stats::{Answer, Margin};

/// Whether the differences are too small to matter, where a margin says what matters.
pub(super) fn table(context: &Context) -> Option<Table> {
    let all: Vec<Item> = items(context, true).into_iter().chain(items(context, false)).collect();
    let level = context.analysis.study.confidence;
    let (mut rows, mut metrics) = (Vec::new(), Vec::new());
    let mut notes: Vec<Sentence> = vec![context.prose(&format!(
        "Shown: p is below {}, which is to say that the interval at {} % lies within the margin (of non-inferiority: on the \
         right side of it). Not shown does not mean that the modes differ. p-values are not adjusted.",
        number::shortest(1.0 - level),
        number::shortest((2.0 * level - 1.0) * 100.0)
    ))
    .into()];
    for item in &all {
        let Some(margin) = context.analysis.study.methods.margins.get(&item.metric.id) else { continue };
        let margin = size(*margin, &item.scale);
        let paired = notes::pairs(item.comparison.test);
        for applied in item.comparison.methods.at_margin(paired) {
            let mut cells = place_cells(context, item);
            cells.extend([text(applied.label.clone()), text(margin.clone())]);
            match &applied.answer {
                Ok(answer) => cells.extend(verdict(item, answer, level, context.digits())),
                Err(undefined) => {
                    let note = format!("—: {}, {}: {}.", item.metric.label, applied.label, undefined.because);
                    notes.push(Sentence::of(&item.metric.id, note));
                    cells.extend([Cell::Missing, Cell::Missing, text("—")]);
                }
            }
            rows.push(cells);
            metrics.push(item.metric.id.clone());
        }
        if item.comparison.pairing.is_some() && !paired {
            let note = format!("{}: the runs are taken as unpaired here, as by the chosen test.", item.metric.label);
            notes.push(Sentence::of(&item.metric.id, note));
        }
    }
    let mut columns = place_columns(context);
    columns.extend([
        Column::new("Test", Align::Left),
        Column::new("Margin", Align::Centre),
        Column::new("Interval of the difference", Align::Centre),
        Column::new("p", Align::Number),
        Column::new("Verdict", Align::Left),
    ]);
    notes.dedup();
    (!rows.is_empty()).then(|| Table {
        id: "equivalence".to_owned(),
        caption: "Whether the differences are too small to matter".to_owned(),
        columns,
        rows,
        metrics,
        notes,
        aside: false,
    })
}

/// A margin as printed.
fn size(margin: Margin, scale: &Scale) -> String {
    match margin {
        Margin::Relative(share) => format!("{} %", number::shortest(share * 100.0)),
        Margin::Absolute(size) => format!("{} {}", number::significant(scale.apply(size), 3), scale.unit),
    }
}

/// What each margin came to in each comparison, in a sentence: that the modes are equivalent, that they differ by more, or
/// that neither is shown.
///
/// The p-value of equivalence is the greater one of two one-sided tests, at either end of the margin. One minus it is that
/// of the opposite alternative there, so that a p above 1 − α shows a difference beyond the margin.
pub(in crate::report) fn verdicts(context: &Context) -> Vec<String> {
    let analysis = context.analysis;
    let all: Vec<Item> = items(context, true).into_iter().chain(items(context, false)).collect();
    let mut told: Vec<String> = Vec::new();
    for (id, margin) in &analysis.study.methods.margins {
        let Some(metric) = analysis.metric(id) else { continue };
        let margin = size(*margin, &context.scale(metric));
        let margin = margin.trim_end();
        for item in all.iter().filter(|item| item.metric.id == *id) {
            let place = format!("{}, {}", metric.label, item.place(context));
            told.push(format!("{place}: {}", outcome(context, item, margin)));
        }
        let others = analysis.comparisons.iter().filter(|comparison| comparison.metric == *id);
        for comparison in others.clone().filter(|comparison| matches!(comparison.result, Compared::Rates(_))) {
            let place = format!("{}, {}", metric.label, context.place(comparison));
            told.push(format!(
                "{place}: equivalence within ±{margin} cannot be tested: rates are compared by their ratio"
            ));
        }
        if others.count() == 0 {
            told.push(format!(
                "{}: its margin ±{margin} serves nothing, because the metric is not compared",
                metric.label
            ));
        }
    }
    told.iter().map(|sentence| context.prose(sentence)).collect()
}

fn outcome(context: &Context, item: &Item, margin: &str) -> String {
    let alpha = 1.0 - context.analysis.study.confidence;
    let id = if notes::pairs(item.comparison.test) { "paired_equivalence" } else { "equivalence" };
    let test = match item.comparison.methods.test(id) {
        Ok(test) => test,
        Err(why) => return format!("equivalence within ±{margin} cannot be tested: {}", why.because),
    };
    let level = format!("{} %", number::shortest(test.interval.level * 100.0));
    let bounds = number::interval(&test.interval, &item.scale, item.difference_decimals(context.digits()));
    let unit = if item.scale.unit.is_empty() { String::new() } else { format!(" {}", item.scale.unit) };
    let ci = format!("{level} CI {}{unit}", flat(context, bounds));
    let p = p_value(test.p_value);
    let p = if p.starts_with(['<', '>']) { format!("p {p}") } else { format!("p = {p}") };
    match test.p_value {
        p_value if p_value < alpha => format!("equivalent within ±{margin} ({ci}; {p})"),
        p_value if p_value > 1.0 - alpha => format!("differs by more than ±{margin} ({ci})"),
        _ => format!("equivalence within ±{margin} is not shown ({ci}; {p})"),
    }
}

fn verdict(item: &Item, answer: &Answer, level: f64, digits: u8) -> [Cell; 3] {
    let shown = answer.p_value().is_some_and(|p| p < 1.0 - level);
    [
        answer
            .interval()
            .map_or(Cell::Missing, |i| number::interval(&i, &item.scale, item.difference_decimals(digits))),
        answer.p_value().map_or(Cell::Missing, |p| number(p_value(p))),
        text(if shown { "shown" } else { "not shown" }),
    ]
}
