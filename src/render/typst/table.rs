//! A table as the pieces that the templates put together, and the size and side of the page that it fits on.

use std::collections::BTreeSet;

use minijinja::{Value, context};

use super::escape;
use super::number::{parts, strong, typeset};
use crate::language::Locale;
use crate::render::latex::column::{Kind, header_lines, number, plus_minus, widest, width};
use crate::render::{ALIGNED, cell, plain, verbatim};
use crate::report::model::{Align, Cell, Column, Table};

/// What the `table*.typ` templates see of a table.
pub(super) struct Layout {
    columns: Vec<Laid>,
    size: Size,
    /// Too long to be kept on one page.
    long: bool,
    /// In points, if no words are broken into lines.
    width: f64,
}

/// A size of type that tables are set in.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// Of the text around the table.
    em: f64,
    /// Left and right of a cell, in points.
    gap: f64,
    /// On a page turned by 90°.
    pub sideways: bool,
}

/// In the order in which they are tried: to turn the page is better than to go below 8 pt.
const SIZES: [Size; 6] = [
    Size { em: 1.0, gap: 5.0, sideways: false },
    Size { em: 0.9, gap: 4.0, sideways: false },
    Size { em: 0.8, gap: 3.0, sideways: false },
    Size { em: 0.9, gap: 4.0, sideways: true },
    Size { em: 0.8, gap: 3.0, sideways: true },
    Size { em: 0.7, gap: 3.0, sideways: true },
];

/// The text of `report.typ`, in points: its size, its width upright and on a turned page.
const TEXT: f64 = 10.0;
const UPRIGHT: f64 = 510.0;
const SIDEWAYS: f64 = 756.0;
/// The lines of a table that fit on a page with caption and notes, upright and sideways.
const PAGE: f64 = 40.0;
const SIDEWAYS_PAGE: f64 = 20.0;

/// Width of a digit of Libertinus Serif, Typst's own font, in em.
const DIGIT: f64 = 0.465;
/// A column of a two-column paper (3.3 in), in points.
const COLUMN: f64 = 240.0;
/// Words are broken into lines before the type gets smaller, but not in narrower columns than this, in digits' widths.
const NARROWEST: f64 = 20.0;

impl Size {
    /// The first of [`SIZES`] that the columns fit in; else the last.
    fn of(columns: &[Laid]) -> Self {
        let digits: f64 = columns.iter().map(|column| column.narrowest()).sum();
        let fits = |size: &&Self| size.width(digits, columns.len()) <= if size.sideways { SIDEWAYS } else { UPRIGHT };
        let [.., last] = SIZES;
        SIZES.iter().find(fits).copied().unwrap_or(last)
    }

    /// Of `columns` columns that are `digits` digits' widths wide together, in points.
    fn width(&self, digits: f64, columns: usize) -> f64 {
        digits * DIGIT * self.em * TEXT + 2.0 * self.gap * columns as f64
    }
}

impl Layout {
    pub(super) fn new(table: &Table, locale: Locale) -> Self {
        let lay = |(index, column)| {
            let cells: Vec<_> = table.rows.iter().map(|row| cell(row, index)).collect();
            Laid::new(index + 1, column, &cells, locale)
        };
        let columns: Vec<Laid> = table.columns.iter().enumerate().map(lay).collect();
        let size = Size::of(&columns);
        let lines = |row| columns.iter().map(|column| column.lines(row)).fold(1.0, f64::max);
        let lines: f64 = (0..table.rows.len()).map(lines).sum();
        let width = size.width(columns.iter().map(|column| column.width).sum(), columns.len());
        Self { width, long: lines > if size.sideways { SIDEWAYS_PAGE } else { PAGE }, columns, size }
    }

    pub(super) fn context(&self) -> Value {
        let pads: Vec<Value> = self.columns.iter().flat_map(|column| &column.pads).map(Pad::context).collect();
        let header = line(self.columns.iter().map(|column| cell_of(&column.header, 0)));
        context! {
            columns => self.columns.len(), align => array(self.columns.iter().map(|column| column.align.into())), pads,
            header => verbatim(header.trim_end_matches(',')), rows => self.rows(), long => self.long,
            sideways => self.size.sideways, size => self.size.em, gap => self.size.gap,
            scope => if self.width > COLUMN { "parent" } else { "column" },
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

/// Markup that is not broken into lines.
fn in_box(markup: &str) -> String {
    format!("#box[{markup}]")
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
    kind: Kind,
    align: &'static str,
    header: String,
    cells: Vec<String>,
    pads: Vec<Pad>,
    /// Of each cell, in digits' widths.
    widths: Vec<f64>,
    /// Of the header and all cells.
    width: f64,
}

/// A function of the table's source that sets its argument as wide as the widest of `shapes`.
struct Pad {
    name: String,
    side: &'static str,
    shapes: BTreeSet<String>,
}

impl Pad {
    /// Of the column `number`; nothing to do where all are as wide.
    fn new(name: &str, number: usize, side: &'static str, texts: &[&[String; 2]], part: usize) -> Option<Self> {
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
    fn new(index: usize, column: &Column, cells: &[&Cell], locale: Locale) -> Self {
        let kind = Kind::of(column.align, cells);
        let split = |cell: &Cell| match kind {
            Kind::Numbers => number(cell).map(|number| parts(number, locale)),
            Kind::PlusMinus => plus_minus(cell).map(|_| {
                let text = typeset(cell.content(), locale);
                let at = text.find("~±").unwrap_or(text.len());
                [text[..at].to_owned(), text[at..].to_owned()]
            }),
            Kind::Words | Kind::Centred => None,
        };
        let emphasised = |cell: &Cell| match split(cell) {
            Some(parts) if cell.is_strong() => Some(parts.map(|part| strong(&part))),
            parts => parts,
        };
        let split: Vec<Option<[String; 2]>> = cells.iter().map(|cell| emphasised(cell)).collect();
        let found: Vec<&[String; 2]> = split.iter().flatten().collect();
        // Numbers end at the right edge of their column, a ± stands in its middle.
        let before = if kind == Kind::PlusMinus { Pad::new("before", index, "right", &found, 0) } else { None };
        let after = Pad::new("after", index, "left", &found, 1);
        let widest_part = |part: usize| found.iter().map(|text| width_of(&text[part])).fold(0.0, f64::max);
        let content = widest(cells, locale).max(widest_part(0) + widest_part(1));
        let header = header_lines(&column.header, content);
        Self {
            kind,
            align: match (kind, column.align) {
                (Kind::Words, _) => "left",
                (Kind::Numbers, _) | (_, Align::Number) => "right",
                _ => "center",
            },
            width: header.iter().map(|line| width(line)).fold(content, f64::max),
            widths: cells.iter().map(|cell| width(&plain(cell, locale))).collect(),
            header: header.iter().map(|line| escape(line)).collect::<Vec<_>>().join(r" \ "),
            cells: cells
                .iter()
                .zip(&split)
                .map(|(cell, split)| match split {
                    // Between two pads, or after the comma of an interval, a line could end.
                    Some([a, b]) if before.is_some() || after.is_some() => {
                        in_box(&(Pad::around(before.as_ref(), a) + &Pad::around(after.as_ref(), b)))
                    }
                    _ if matches!(cell.content(), Cell::Interval { .. }) => in_box(&typeset(cell, locale)),
                    _ => typeset(cell, locale),
                })
                .collect(),
            pads: before.into_iter().chain(after).collect(),
        }
    }

    /// The least width that it needs, in digits' widths.
    fn narrowest(&self) -> f64 {
        if self.kind == Kind::Words { self.width.min(NARROWEST) } else { self.width }
    }

    /// The lines of the cell in row `row`, at most.
    fn lines(&self, row: usize) -> f64 {
        match self.widths.get(row) {
            // A quarter is lost at the lines' ends.
            Some(cell) if self.kind == Kind::Words && *cell > NARROWEST => (cell / NARROWEST * 1.25).ceil(),
            _ => 1.0,
        }
    }
}

/// Width of a number's markup as printed, in digits' widths.
fn width_of(markup: &str) -> f64 {
    width(&markup.replace("#super[", "").replace([']', '*'], "").replace('~', " "))
}
