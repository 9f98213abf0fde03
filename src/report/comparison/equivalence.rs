//! Whether the differences are too small to matter.

use super::super::Context;
use super::super::model::{Align, Cell, Column, Sentence, Table};
use super::super::number::{self, number, p_value, text};
use super::{Item, items, notes, place_cells, place_columns};
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
        let margin = match margin {
            Margin::Relative(share) => format!("{} %", number::shortest(share * 100.0)),
            Margin::Absolute(size) => {
                format!("{} {}", number::significant(item.scale.apply(*size), 3), item.scale.unit)
            }
        };
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
