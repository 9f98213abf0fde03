//! A column of a table as LaTeX source: its specification, its header's lines and its cells.

use super::number::{Format, Printed};
use crate::language::Locale;
use crate::latex::{escape, is_substituted};
use crate::render::{ALIGNED, clean, plain};
use crate::report::model::{Align, Cell, Column};

/// One column of the table: one column of the `tabular`, or the two of a `±`.
pub(super) struct Laid {
    pub specification: String,
    pub header: Vec<String>,
    pub cells: Vec<String>,
    pub kind: Kind,
    /// Width in digits' widths (en), without the gap.
    pub width: f64,
    /// Of each cell.
    widths: Vec<f64>,
    /// Of the widest Cyrillic word: without babel TeX hyphenates English only.
    word: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::render) enum Kind {
    /// Words: they may be broken into lines.
    Words,
    Centred,
    /// An `S` column, in which all that is no number is braced.
    Numbers,
    /// Two `S` columns with `±` between them, which all else spans.
    PlusMinus,
}

impl Kind {
    pub(in crate::render) fn of(align: Align, cells: &[&Cell]) -> Self {
        let any = |wanted: fn(&Cell) -> bool| cells.iter().any(|cell| wanted(cell));
        let composed = any(|cell| matches!(cell, Cell::Interval { .. }) || number(cell).is_some());
        match align {
            Align::Left => Self::Words,
            _ if any(|cell| plus_minus(cell).is_some()) && !composed => Self::PlusMinus,
            Align::Number if any(|cell| number(cell).is_some()) => Self::Numbers,
            _ => Self::Centred,
        }
    }

    /// A text that stands in this column and is none of its numbers.
    fn other(self, text: &str) -> String {
        // Inside braces the start of a cell needs no protection of its own.
        let inner = text.strip_prefix("{}").unwrap_or(text);
        match self {
            Self::Words | Self::Centred => text.into(),
            Self::Numbers if text.is_empty() => String::new(),
            Self::Numbers => format!("{{{inner}}}"),
            Self::PlusMinus => format!(r"\multicolumn{{2}}{{c}}{{{inner}}}"),
        }
    }
}

impl Laid {
    pub(super) fn new(column: &Column, cells: &[&Cell], locale: Locale) -> Self {
        let kind = Kind::of(column.align, cells);
        let plain_texts: Vec<String> = cells.iter().map(|cell| plain(cell, locale)).collect();
        let words = plain_texts.iter().flat_map(|text| text.split(' ')).filter(|word| word.chars().any(is_cyrillic));
        let word = words.map(width).fold(0.0, f64::max);
        let widths = cells.iter().map(|cell| width(&plain(cell, locale))).collect();
        let (specification, cells, content) = match kind {
            Kind::Words => ("l".into(), texts(kind, cells, locale), widest(cells, locale)),
            Kind::Centred => ("c".into(), texts(kind, cells, locale), widest(cells, locale)),
            Kind::Numbers => number_column(cells, locale),
            Kind::PlusMinus => plus_minus_column(cells, locale),
        };
        let lines = header_lines(&column.header, content);
        let width = lines.iter().map(|line| width(line)).fold(content, f64::max);
        Self {
            specification,
            header: lines.iter().map(|line| kind.other(&escape(line))).collect(),
            cells,
            kind,
            width,
            widths,
            word,
        }
    }

    /// Sets the words in a paragraph of at most `width` en.
    pub(super) fn wrap(&mut self, width: f64) {
        let width = width.max(self.word);
        if self.kind == Kind::Words && self.width > width {
            self.specification = format!(r">{{\raggedright\arraybackslash}}p{{{:.1}em}}", (width * 5.0).floor() / 10.0);
            self.width = width;
        }
    }

    /// The lines of the cell in row `row`, about, where words are set at most `width` en wide.
    pub(super) fn lines(&self, row: usize, width: f64) -> usize {
        match self.widths.get(row) {
            // A quarter is lost at the lines' ends.
            Some(cell) if self.kind == Kind::Words && *cell > width => (cell / width * 1.25).ceil() as usize,
            _ => 1,
        }
    }

    /// The header on `lines` lines, the last of which stands on the rule.
    pub(super) fn pad_header(&mut self, lines: usize) {
        let empty = vec![self.kind.other(""); lines.saturating_sub(self.header.len())];
        self.header.splice(..0, empty);
    }

    /// `texts` padded to the width of the column's source, as far as it is still to be read in columns.
    pub(super) fn padded<'a>(&self, texts: &'a [String]) -> impl Iterator<Item = String> + use<'a> {
        let length = |text: &String| text.chars().count();
        let lengths = self.header.iter().chain(&self.cells).map(length);
        let to = lengths.filter(|&length| length <= ALIGNED).max().unwrap_or(0);
        let right = self.kind == Kind::Numbers;
        texts.iter().map(move |text| if right { format!("{text:>to$}") } else { format!("{text:<to$}") })
    }
}

pub(in crate::render) fn number(cell: &Cell) -> Option<Printed<'_>> {
    match cell {
        Cell::Number { text } => Printed::parse(text),
        _ => None,
    }
}

pub(in crate::render) fn plus_minus(cell: &Cell) -> Option<[Printed<'_>; 2]> {
    match cell {
        Cell::PlusMinus { centre, spread } => Some([Printed::parse(centre)?, Printed::parse(spread)?]),
        _ => None,
    }
}

fn interval(cell: &Cell) -> Option<[Printed<'_>; 2]> {
    match cell {
        Cell::Interval { lower, upper } => Some([Printed::parse(lower)?, Printed::parse(upper)?]),
        _ => None,
    }
}

/// Specification, cells and width of a column of numbers.
fn number_column(cells: &[&Cell], locale: Locale) -> (String, Vec<String>, f64) {
    let numbers: Vec<Printed> = cells.iter().filter_map(|cell| number(cell)).collect();
    let format = Format::of(&numbers);
    let others: Vec<&Cell> = cells.iter().copied().filter(|cell| number(cell).is_none()).collect();
    let body = cells.iter().map(|cell| match number(cell) {
        Some(number) => number.input(),
        None => Kind::Numbers.other(&typeset(cell, locale)),
    });
    (format!("S[{}]", format.options()), body.collect(), format.width().max(widest(&others, locale)))
}

/// Specification, cells and width of the two columns of a `±`.
fn plus_minus_column(cells: &[&Cell], locale: Locale) -> (String, Vec<String>, f64) {
    let pairs: Vec<[Printed; 2]> = cells.iter().filter_map(|cell| plus_minus(cell)).collect();
    let [centres, spreads] = [0, 1].map(|i| pairs.iter().map(|pair| pair[i]).collect::<Vec<_>>());
    let [left, right] = [&centres, &spreads].map(|numbers| Format::of(numbers));
    let [to_left, to_right] =
        [&centres, &spreads].map(|numbers| numbers.iter().map(|n| n.input().len()).max().unwrap_or(0));
    let others: Vec<&Cell> = cells.iter().copied().filter(|cell| plus_minus(cell).is_none()).collect();
    let body = cells.iter().map(|cell| match plus_minus(cell) {
        Some([centre, spread]) => format!("{:>to_left$} & {:>to_right$}", centre.input(), spread.input()),
        None => Kind::PlusMinus.other(&typeset(cell, locale)),
    });
    // Aligned towards the sign, so that a wide header does not tear them apart.
    let specification = format!(
        r"S[{}, table-number-alignment=right]@{{\,\(\pm\)\,}}S[{}, table-number-alignment=left]",
        left.options(),
        right.options()
    );
    (specification, body.collect(), (left.width() + PLUS_MINUS + right.width()).max(widest(&others, locale)))
}

/// The cells of a column without numbers' alignment.
fn texts(kind: Kind, cells: &[&Cell], locale: Locale) -> Vec<String> {
    cells.iter().map(|cell| kind.other(&typeset(cell, locale))).collect()
}

/// A cell in text.
pub(super) fn typeset(cell: &Cell, locale: Locale) -> String {
    if let Some(number) = number(cell) {
        return format!("${}$", number.math(locale));
    }
    if let Some([centre, spread]) = plus_minus(cell) {
        return format!(r"${} \pm {}$", centre.math(locale), spread.math(locale));
    }
    if let Some([lower, upper]) = interval(cell) {
        return format!(r"$[{}{}\, {}]$", lower.math(locale), locale.bounds(), upper.math(locale));
    }
    match cell {
        Cell::Missing => "---".into(),
        _ => escape(&plain(cell, locale)),
    }
}

/// A header narrower than this is not worth another line.
const HEADER: f64 = 14.0;

/// The header's words in lines about as wide as the column's cells.
pub(in crate::render) fn header_lines(header: &str, content: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in clean(header).split(' ') {
        match lines.last_mut() {
            Some(line) if width(line) + width(" ") + width(word) <= content.max(HEADER) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{4ff}')
}

/// Width of ` ± ` in digits' widths.
const PLUS_MINUS: f64 = 2.3;

pub(in crate::render) fn widest(cells: &[&Cell], locale: Locale) -> f64 {
    cells.iter().map(|cell| width(&plain(cell, locale))).fold(0.0, f64::max)
}

/// Width of `text` in digits' widths (en), a little more rather than less.
pub(in crate::render) fn width(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '!' | '|' => 0.56,
            ' ' | 'f' | 'r' | 's' | 't' | '(' | ')' | '[' | ']' => 0.8,
            'm' | 'w' | '-' | '+' | '<' | '>' | '=' | '±' | '×' | '≈' | '%' | '—' => 1.67,
            'M' | 'W' | '@' => 2.0,
            c if c.is_ascii_digit() => 1.0,
            c if c.is_uppercase() => 1.5,
            c if c.is_ascii() => 1.06,
            // Printed as a code point.
            c if is_substituted(c) => 8.0,
            _ => 1.3,
        })
        .sum()
}
