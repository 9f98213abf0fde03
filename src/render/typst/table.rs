//! A table as the pieces that the templates put together. How it is fitted to the page is decided as for LaTeX.

use std::collections::BTreeSet;

use minijinja::{Value, context};

use super::escape;
use super::number::{parts, typeset};
use crate::render::latex::column::{Kind, header_lines, number, plus_minus, widest};
use crate::render::latex::table::{Fit, Layout as Fitted};
use crate::render::{ALIGNED, cell, verbatim};
use crate::report::model::{Align, Cell, Column, Table};

/// What the `table*.typ` templates see of a table.
pub(super) struct Layout {
    columns: Vec<Laid>,
    fit: Fit,
    pub sideways: bool,
}

impl Layout {
    pub(super) fn new(table: &Table, decimal: char) -> Self {
        let Fitted { fit, .. } = Fitted::new(table, decimal);
        let lay = |(index, column)| {
            let cells: Vec<_> = table.rows.iter().map(|row| cell(row, index)).collect();
            Laid::new(index + 1, column, &cells, decimal, fit.words)
        };
        let columns = table.columns.iter().enumerate().map(lay).collect();
        Self { columns, sideways: fit.size.sideways, fit }
    }

    pub(super) fn context(&self) -> Value {
        let of_columns = |text: fn(&Laid) -> String| array(self.columns.iter().map(text));
        let pads: Vec<Value> = self.columns.iter().flat_map(|column| &column.pads).map(Pad::context).collect();
        context! {
            columns => of_columns(|column| column.width.clone()), align => of_columns(|column| column.align.into()), pads,
            header => verbatim(line(self.columns.iter().map(|column| cell_of(&column.header, 0))).trim_end_matches(',')),
            rows => self.rows(), sideways => self.sideways,
            // Of the text around it, whose digits LaTeX sets half an em wide.
            size => verbatim(&format!("{}em", self.fit.size.digit / 5.0)),
            gap => self.fit.size.gap,
        }
    }

    /// A source line for each row, its cells in columns as far as they are still to be read so.
    fn rows(&self) -> Vec<Value> {
        let length = |text: &String| text.chars().count();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .map(|column| column.cells.iter().map(length).filter(|&length| length <= ALIGNED).max().unwrap_or(0))
            .collect();
        let count = self.columns.first().map_or(0, |column| column.cells.len());
        let row = |i: usize| line(self.columns.iter().zip(&widths).map(|(column, &to)| cell_of(&column.cells[i], to)));
        (0..count).map(|i| verbatim(&row(i))).collect()
    }
}

/// `(a, b)`; of a single one `(a,)`, since `(a)` is no array.
fn array(items: impl Iterator<Item = String>) -> Value {
    let items: Vec<String> = items.collect();
    let end = if items.len() == 1 { "," } else { "" };
    verbatim(&format!("({}{end})", items.join(", ")))
}

fn line(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// A cell's source, padded so that the next one's begins `width` characters of markup later.
fn cell_of(markup: &str, width: usize) -> String {
    let space = width.saturating_sub(markup.chars().count());
    format!("[{markup}],{}", " ".repeat(space))
}

/// One column of the table.
struct Laid {
    width: String,
    align: &'static str,
    header: String,
    cells: Vec<String>,
    pads: Vec<Pad>,
}

/// A function of the table's source that sets its argument as wide as the widest of `shapes`.
struct Pad {
    name: String,
    side: &'static str,
    shapes: BTreeSet<String>,
}

impl Pad {
    /// Of the column `number`; nothing to do where all are as wide.
    fn new(name: &str, number: usize, side: &'static str, texts: &[[String; 2]], part: usize) -> Option<Self> {
        // Digits are all as wide as a zero.
        let zero = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let shapes: BTreeSet<String> = texts.iter().map(|text| text[part].chars().map(zero).collect()).collect();
        (shapes.len() > 1).then(|| Self { name: format!("{name}-{number}"), side, shapes })
    }

    fn context(&self) -> Value {
        let shapes = array(self.shapes.iter().map(|shape| format!("[{shape}]")));
        context! { name => verbatim(&self.name), side => self.side, shapes }
    }

    fn around(pad: Option<&Self>, text: &str) -> String {
        match pad {
            Some(pad) => format!("#{}[{text}]", pad.name),
            None => text.into(),
        }
    }
}

impl Laid {
    fn new(index: usize, column: &Column, cells: &[&Cell], decimal: char, words: f64) -> Self {
        let kind = Kind::of(column.align, cells);
        let split = |cell: &Cell| match kind {
            Kind::Numbers => number(cell).map(|number| parts(number, decimal)),
            Kind::PlusMinus => plus_minus(cell).map(|_| {
                let text = typeset(cell, decimal);
                let at = text.find("~±").unwrap_or(text.len());
                [text[..at].to_owned(), text[at..].to_owned()]
            }),
            Kind::Words | Kind::Centred => None,
        };
        let found: Vec<[String; 2]> = cells.iter().filter_map(|cell| split(cell)).collect();
        // Numbers end at the right edge of their column, a ± stands in its middle.
        let before = if kind == Kind::PlusMinus { Pad::new("before", index, "right", &found, 0) } else { None };
        let after = Pad::new("after", index, "left", &found, 1);
        let content = widest(cells, decimal);
        Self {
            width: match kind {
                Kind::Words if content > words => format!("{:.1}em", (words * 5.0).floor() / 10.0),
                _ => "auto".into(),
            },
            align: match (kind, column.align) {
                (Kind::Words, _) => "left",
                (Kind::Numbers, _) | (_, Align::Number) => "right",
                _ => "center",
            },
            header: header_lines(&column.header, content.min(words))
                .iter()
                .map(|text| escape(text))
                .collect::<Vec<_>>()
                .join(r" \ "),
            cells: cells
                .iter()
                .map(|cell| match split(cell) {
                    Some([a, b]) => Pad::around(before.as_ref(), &a) + &Pad::around(after.as_ref(), &b),
                    None => typeset(cell, decimal),
                })
                .collect(),
            pads: before.into_iter().chain(after).collect(),
        }
    }
}
