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
    /// Width of the widest cell that cannot be broken into lines, or Cyrillic word: without babel TeX hyphenates English only.
    rigid: f64,
    grammar: Grammar,
}

/// What a table is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grammar {
    /// `tabular` and `longtable`.
    Tabular,
    /// `tblr` and `longtblr`.
    Tblr,
}

impl Grammar {
    /// What is no number, in an `S` column.
    fn braced(self, text: &str) -> String {
        match self {
            Self::Tabular => format!("{{{text}}}"),
            Self::Tblr => format!("{{{{{{{text}}}}}}}"),
        }
    }

    /// What spans the columns of a `±`.
    fn spanning(self, text: &str) -> String {
        match self {
            Self::Tabular => format!(r"\multicolumn{{2}}{{c}}{{{text}}}"),
            Self::Tblr => format!(r"\SetCell[c=3]{{c}} {} & &", self.braced(text)),
        }
    }

    fn plus_minus(self, centre: &str, spread: &str) -> String {
        match self {
            Self::Tabular => format!("{centre} & {spread}"),
            Self::Tblr => format!(r"{centre} & $\pm$ & {spread}"),
        }
    }

    /// The columns of a `±`: both numbers stand at the sign, since a row may have decimals that the next one lacks.
    fn plus_minus_columns(self) -> &'static str {
        match self {
            Self::Tabular => r"r@{\,\(\pm\)\,}l",
            Self::Tblr => "Q[r, rightsep=0.17em]Q[c, leftsep=0pt, rightsep=0pt]Q[l, leftsep=0.17em]",
        }
    }

    /// A column of paragraphs `em` wide.
    fn paragraphs(self, em: f64, centred: bool) -> String {
        let (align, letter) = if centred { (r"\centering", 'c') } else { (r"\raggedright", 'l') };
        match self {
            Self::Tabular => format!(r">{{{align}\arraybackslash}}p{{{em:.1}em}}"),
            Self::Tblr => format!("Q[{letter}, wd={em:.1}em]"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::render) enum Kind {
    /// Words: they may be broken into lines.
    Words,
    Centred,
    /// An `S` column, in which all that is no number is braced.
    Numbers,
    /// Two columns with `±` between them, which all else spans.
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
    fn other(self, text: &str, grammar: Grammar) -> String {
        // Inside braces the start of a cell needs no protection of its own.
        let inner = text.strip_prefix("{}").unwrap_or(text);
        match self {
            Self::Words | Self::Centred => text.into(),
            Self::Numbers if text.is_empty() && grammar == Grammar::Tabular => String::new(),
            Self::Numbers => grammar.braced(inner),
            Self::PlusMinus => grammar.spanning(inner),
        }
    }
}

impl Laid {
    pub(super) fn new(column: &Column, cells: &[&Cell], locale: Locale, grammar: Grammar) -> Self {
        let kind = Kind::of(column.align, cells);
        let plain_texts: Vec<String> = cells.iter().map(|cell| plain(cell, locale)).collect();
        let words = plain_texts.iter().flat_map(|text| text.split(' ')).filter(|word| word.chars().any(is_cyrillic));
        let word = words.map(width).fold(0.0, f64::max);
        let widths = cells.iter().map(|cell| cell_width(cell, locale)).collect();
        let (specification, cells_, content) = match kind {
            Kind::Words => ("l".into(), texts(kind, cells, locale, grammar), widest(cells, locale)),
            Kind::Centred => ("c".into(), texts(kind, cells, locale, grammar), widest(cells, locale)),
            Kind::Numbers => number_column(cells, locale, grammar),
            Kind::PlusMinus => plus_minus_column(cells, locale, grammar),
        };
        let lines = header_lines(&column.header, content);
        let width = lines.iter().map(|line| width(line)).fold(content, f64::max);
        let rigid: Vec<&Cell> =
            cells.iter().copied().filter(|cell| !matches!(cell.content(), Cell::Text { .. })).collect();
        Self {
            specification,
            header: lines.iter().map(|line| kind.other(&escape(line), grammar)).collect(),
            cells: cells_,
            kind,
            width,
            widths,
            rigid: widest(&rigid, locale).max(word),
            grammar,
        }
    }

    /// Whether its cells may be broken into lines.
    pub(super) fn is_breakable(&self, centred: bool) -> bool {
        self.kind == Kind::Words || (centred && self.kind == Kind::Centred)
    }

    /// Its width where words are set at most `width` en wide.
    pub(super) fn wrapped_width(&self, width: f64, centred: bool) -> f64 {
        if self.is_breakable(centred) { self.width.min(width.max(self.rigid)) } else { self.width }
    }

    /// Sets the words in a paragraph of at most `width` en.
    pub(super) fn wrap(&mut self, width: f64, centred: bool) {
        let width = self.wrapped_width(width, centred);
        if self.width > width {
            self.specification = self.grammar.paragraphs((width * 5.0).floor() / 10.0, self.kind == Kind::Centred);
            self.width = width;
        }
    }

    /// The lines of the cell in row `row`, about, where words are set at most `width` en wide.
    pub(super) fn lines(&self, row: usize, width: f64, centred: bool) -> usize {
        let width = self.wrapped_width(width, centred);
        match self.widths.get(row) {
            // A fifth is lost at the lines' ends.
            Some(cell) if self.is_breakable(centred) && *cell > width => (cell / width * 1.2).ceil() as usize,
            _ => 1,
        }
    }

    /// The header on `lines` lines, the last of which stands on the rule.
    pub(super) fn pad_header(&mut self, lines: usize) {
        let empty = vec![self.kind.other("", self.grammar); lines.saturating_sub(self.header.len())];
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
    match cell.content() {
        Cell::Number { text } => Printed::parse(text),
        _ => None,
    }
}

pub(in crate::render) fn plus_minus(cell: &Cell) -> Option<[Printed<'_>; 2]> {
    match cell.content() {
        Cell::PlusMinus { centre, spread } => Some([Printed::parse(centre)?, Printed::parse(spread)?]),
        _ => None,
    }
}

fn interval(cell: &Cell) -> Option<[Printed<'_>; 2]> {
    match cell.content() {
        Cell::Interval { lower, upper } => Some([Printed::parse(lower)?, Printed::parse(upper)?]),
        _ => None,
    }
}

/// Specification, cells and width of a column of numbers.
fn number_column(cells: &[&Cell], locale: Locale, grammar: Grammar) -> (String, Vec<String>, f64) {
    let numbers: Vec<Printed> = cells.iter().filter_map(|cell| number(cell)).collect();
    let format = Format::of(&numbers);
    let others: Vec<&Cell> = cells.iter().copied().filter(|cell| number(cell).is_none()).collect();
    let body = cells.iter().map(|cell| match number(cell) {
        Some(number) if cell.is_strong() => grammar.braced(&format.strong(&number, locale)),
        Some(number) => number.input(),
        None => Kind::Numbers.other(&typeset(cell, locale), grammar),
    });
    (format!("S[{}]", format.options()), body.collect(), format.width().max(widest(&others, locale)))
}

/// Specification, cells and width of the columns of a `±`.
fn plus_minus_column(cells: &[&Cell], locale: Locale, grammar: Grammar) -> (String, Vec<String>, f64) {
    let pairs: Vec<[Printed; 2]> = cells.iter().filter_map(|cell| plus_minus(cell)).collect();
    let [left, right] = [0, 1].map(|i| Format::of(&pairs.iter().map(|pair| pair[i]).collect::<Vec<_>>()));
    let parts = |cell: &Cell| plus_minus(cell).map(|pair| pair.map(|part| math(cell, &part.math(locale))));
    let pairs: Vec<Option<[String; 2]>> = cells.iter().map(|cell| parts(cell)).collect();
    let [to_left, to_right] = [0, 1].map(|i| pairs.iter().flatten().map(|pair| pair[i].len()).max().unwrap_or(0));
    let body = cells.iter().zip(&pairs).map(|(cell, pair)| match pair {
        Some([centre, spread]) => grammar.plus_minus(&format!("{centre:>to_left$}"), &format!("{spread:<to_right$}")),
        None => Kind::PlusMinus.other(&typeset(cell, locale), grammar),
    });
    let others: Vec<&Cell> = cells.iter().copied().filter(|cell| plus_minus(cell).is_none()).collect();
    let bold = if cells.iter().any(|cell| cell.is_strong()) { BOLD } else { 1.0 };
    let width = (left.width() + PLUS_MINUS + right.width()) * bold;
    (grammar.plus_minus_columns().into(), body.collect(), width.max(widest(&others, locale)))
}

/// The cells of a column without numbers' alignment.
fn texts(kind: Kind, cells: &[&Cell], locale: Locale, grammar: Grammar) -> Vec<String> {
    cells.iter().map(|cell| kind.other(&typeset(cell, locale), grammar)).collect()
}

/// What a cell has in math.
fn math(cell: &Cell, inner: &str) -> String {
    if cell.is_strong() { format!(r"$\mathbf{{{inner}}}$") } else { format!("${inner}$") }
}

/// A cell in text.
pub(super) fn typeset(cell: &Cell, locale: Locale) -> String {
    if let Some(number) = number(cell) {
        return math(cell, &number.math(locale));
    }
    if let Some([centre, spread]) = plus_minus(cell) {
        return math(cell, &format!(r"{} \pm {}", centre.math(locale), spread.math(locale)));
    }
    if let Some([lower, upper]) = interval(cell) {
        return math(cell, &format!(r"[{}{}\, {}]", lower.math(locale), locale.bounds(), upper.math(locale)));
    }
    match cell {
        Cell::Missing => "---".into(),
        Cell::Strong { cell } => format!(r"\textbf{{{}}}", escape(&plain(cell, locale))),
        _ => escape(&plain(cell, locale)),
    }
}

/// A header narrower than this is not worth another line.
const HEADER: f64 = 12.0;

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
    cells.iter().map(|cell| cell_width(cell, locale)).fold(0.0, f64::max)
}

/// Bold type is so much wider.
const BOLD: f64 = 1.16;

fn cell_width(cell: &Cell, locale: Locale) -> f64 {
    width(&plain(cell, locale)) * if cell.is_strong() { BOLD } else { 1.0 }
}

/// Width of `text` in digits' widths (en), a little more rather than less.
pub(in crate::render) fn width(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '!' | '|' | '[' | ']' => 0.56,
            ' ' | 'f' | 'r' | 's' | 't' | '(' | ')' => 0.8,
            'm' | 'w' | '-' | '+' | '<' | '>' | '=' | '−' | '±' | '×' | '≈' | '%' | '—' => 1.67,
            'M' | 'W' | '@' => 2.0,
            c if c.is_ascii_digit() => 1.0,
            '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' => 0.8,
            c if c.is_uppercase() => 1.5,
            c if c.is_ascii() => 1.06,
            // Printed as a code point.
            c if is_substituted(c) => 8.0,
            _ => 1.3,
        })
        .sum()
}
