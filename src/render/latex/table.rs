//! A table as the pieces that the templates put together: column specification, source lines, and the size and kind of
//! float that it fits into.

use minijinja::{Value, context};

use super::column::{Grammar, Kind, Laid, width};
use crate::language::Locale;
use crate::render::{cell, verbatim};
use crate::report::model::{Sentence, Table};
use crate::report::style::{Notes, Style, Tables};

/// What the `table*.tex` templates see of a table.
pub(super) struct Layout {
    columns: Vec<Laid>,
    fit: Fit,
    /// Lines of the header.
    lines: usize,
    /// Too long for one page, or asked for: it is broken over pages instead of floating.
    long: bool,
    grammar: Grammar,
    notes: Notes,
}

/// The height of a page of a conference paper with some room, upright and sideways, in points.
const PAGE: f64 = 650.0;
const SIDEWAYS_PAGE: f64 = 470.0;
/// Of a caption, the rules and the space between them and the notes, in points.
const AROUND: f64 = 50.0;
/// Of a digit and of a line of the notes, in points.
const NOTE: (f64, f64) = (4.25, 9.5);

impl Layout {
    pub(super) fn new(table: &Table, locale: Locale, style: &Style) -> Self {
        let grammar = if style.tables == Tables::Tabularray { Grammar::Tblr } else { Grammar::Tabular };
        let lay = |(index, column)| {
            let cells: Vec<_> = table.rows.iter().map(|row| cell(row, index)).collect();
            Laid::new(column, &cells, locale, grammar)
        };
        let mut columns: Vec<Laid> = table.columns.iter().enumerate().map(lay).collect();
        let header = columns.iter().map(|column| column.header.len()).max().unwrap_or(0);
        let is_high = |fit: &Fit| {
            let lines_of_row =
                |row| columns.iter().map(|column| column.lines(row, fit.words, fit.centred)).max().unwrap_or(1);
            let lines: usize = (0..table.rows.len()).map(lines_of_row).sum();
            let note_lines = |note: &Sentence| (width(&note.text) * NOTE.0 / fit.width.max(1.0)).ceil();
            let notes = table.notes.iter().map(note_lines).sum::<f64>() * NOTE.1;
            let height = AROUND + (header + lines) as f64 * fit.size.line + notes;
            height > if fit.size.sideways { SIDEWAYS_PAGE } else { PAGE }
        };
        let fit = Fit::of(&columns, is_high);
        let long = style.tables == Tables::Longtable || is_high(&fit);
        for column in &mut columns {
            column.wrap(fit.words, fit.centred);
            column.pad_header(header);
        }
        Self { columns, fit, lines: header, long, grammar, notes: style.notes }
    }

    pub(super) fn context(&self) -> Value {
        let Size { command, gap, sideways, .. } = self.fit.size;
        let environment = match (sideways, self.fit.width > TWO_COLUMN) {
            (true, _) => "sidewaystable*",
            (false, true) => "table*",
            (false, false) => "table",
        };
        let specification = self.columns.iter().map(|column| verbatim(&column.specification)).collect::<Vec<_>>();
        context! {
            specification, environment, sideways, gap, tblr => self.grammar == Grammar::Tblr, head => self.lines,
            notes_in => self.notes.id(),
            columns => self.columns.iter().map(|column| if column.kind == Kind::PlusMinus { 2 } else { 1 }).sum::<usize>(),
            header => lines(&self.columns, |column| &column.header), rows => lines(&self.columns, |column| &column.cells),
            long => self.long, width => self.fit.width.ceil() as u32, size => verbatim(command),
            packages => self.packages(), float_packages => self.float_packages(),
        }
    }

    /// The packages that the `tabular` needs.
    fn packages(&self) -> Vec<&'static str> {
        let mut packages = Vec::new();
        if self.grammar == Grammar::Tblr {
            return vec!["siunitx", "tabularray"];
        }
        if self.columns.iter().any(|column| column.specification.contains("arraybackslash")) {
            packages.push("array");
        }
        packages.push("booktabs");
        if self.columns.iter().any(|column| column.kind == Kind::Numbers) {
            packages.push("siunitx");
        }
        packages
    }

    /// The packages that the float needs.
    pub(super) fn float_packages(&self) -> Vec<&'static str> {
        let mut packages = self.packages();
        if self.long && self.grammar == Grammar::Tabular {
            packages.push("longtable");
        }
        if !self.long && self.notes == Notes::ThreePartTable {
            packages.push("threeparttable");
        }
        if self.fit.size.sideways {
            packages.push(if self.long { "pdflscape" } else { "rotating" });
        }
        packages
    }
}

/// The source lines that `texts` of each column make side by side, one a row.
fn lines(columns: &[Laid], texts: impl Fn(&Laid) -> &[String]) -> Vec<Value> {
    let mut padded: Vec<_> = columns.iter().map(|column| column.padded(texts(column))).collect();
    let count = columns.first().map_or(0, |column| texts(column).len());
    let mut line = || format!(r"{} \\", padded.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>().join(" & "));
    (0..count).map(|_| verbatim(&line())).collect()
}

/// A size of type that tables are set in.
#[derive(Clone, Copy)]
struct Size {
    command: &'static str,
    /// `\tabcolsep` in points.
    gap: u8,
    /// Width of a digit in points.
    digit: f64,
    /// From one line to the next in points, space between rows included.
    line: f64,
    /// Rotated by 90°, on a page of its own.
    sideways: bool,
}

/// In the order in which they are tried.
const SIZES: [Size; 7] = [
    Size { command: "", gap: 6, digit: 5.0, line: 12.0, sideways: false },
    Size { command: r"\small", gap: 5, digit: 4.625, line: 11.0, sideways: false },
    Size { command: r"\footnotesize", gap: 4, digit: 4.25, line: 9.5, sideways: false },
    Size { command: r"\footnotesize", gap: 3, digit: 4.25, line: 9.5, sideways: false },
    Size { command: r"\small", gap: 5, digit: 4.625, line: 11.0, sideways: true },
    Size { command: r"\footnotesize", gap: 4, digit: 4.25, line: 9.5, sideways: true },
    Size { command: r"\scriptsize", gap: 3, digit: 3.98, line: 8.0, sideways: true },
];

/// A column of a two-column paper (3.4 in), in points.
const TWO_COLUMN: f64 = 245.0;
/// The width of the text of `report.tex` (180 mm) with some room, in points.
const UPRIGHT: f64 = 502.0;
/// The height of the text of conference papers on letter paper (9.2 in), less than that of `report.tex`, in points.
const SIDEWAYS: f64 = 660.0;

/// How a table is fitted to the page.
#[derive(Clone, Copy)]
struct Fit {
    size: Size,
    /// Words are set in columns of at most so many digits' widths.
    words: f64,
    /// Whether centred text is, too.
    centred: bool,
    /// In points.
    width: f64,
}

/// How far columns may be broken into lines.
#[derive(Clone, Copy)]
struct Breaking {
    /// In digits' widths.
    narrowest: f64,
    /// Centred text too, such as intervals as somebody printed them.
    centred: bool,
    sideways: bool,
}

/// In the order in which they are tried: to turn the page is worse than smaller type and narrow columns, and to go below
/// 8 pt is worse than that.
const BREAKINGS: [Breaking; 6] = [
    Breaking { narrowest: 28.0, centred: false, sideways: false },
    Breaking { narrowest: 20.0, centred: false, sideways: false },
    Breaking { narrowest: 14.0, centred: false, sideways: false },
    Breaking { narrowest: 14.0, centred: true, sideways: false },
    Breaking { narrowest: 20.0, centred: false, sideways: true },
    Breaking { narrowest: 14.0, centred: true, sideways: true },
];

impl Fit {
    /// The first of [`SIZES`] that the columns fit in, the widest words broken into lines, and where the table is not too
    /// high for a page; else the first that is wide enough; else the last.
    fn of(columns: &[Laid], is_high: impl Fn(&Self) -> bool) -> Self {
        let mut wide = None;
        let mut last = Self { size: SIZES[0], words: f64::INFINITY, centred: false, width: 0.0 };
        for breaking in BREAKINGS {
            for size in SIZES.iter().filter(|size| breaking.sideways || !size.sideways) {
                let gaps = 2.0 * f64::from(size.gap) * columns.len() as f64 / size.digit;
                let room = if size.sideways { SIDEWAYS } else { UPRIGHT } / size.digit - gaps;
                let words = words_width(columns, room, breaking);
                let width = |column: &Laid| column.wrapped_width(words, breaking.centred);
                let total: f64 = columns.iter().map(width).sum();
                last = Self { size: *size, words, centred: breaking.centred, width: (total + gaps) * size.digit };
                if total <= room && !is_high(&last) {
                    return last;
                }
                if total <= room && wide.is_none() {
                    wide = Some(last);
                }
            }
        }
        wide.unwrap_or(last)
    }
}

/// The widest that columns of words may be for all columns to fit into `room`, but no less than the narrowest.
fn words_width(columns: &[Laid], room: f64, breaking: Breaking) -> f64 {
    let (words, rest): (Vec<&Laid>, Vec<&Laid>) =
        columns.iter().partition(|column| column.is_breakable(breaking.centred));
    let mut room = room - rest.iter().map(|column| column.width).sum::<f64>();
    let mut widths: Vec<f64> = words.iter().map(|column| column.width).collect();
    widths.sort_by(f64::total_cmp);
    for (i, width) in widths.iter().enumerate() {
        let share = room / (widths.len() - i) as f64;
        if *width > share {
            return share.max(breaking.narrowest);
        }
        room -= width;
    }
    f64::INFINITY
}
