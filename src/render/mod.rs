//! `Report` → files: Markdown, HTML, LaTeX, Typst, AsciiDoc and CSV. Nothing is computed or rounded here; the numbers arrive as printed.
//!
//! An output is one file of this folder with one `OUTPUT` record, and one line in [`OUTPUTS`].

mod asciidoc;
pub mod catalogue;
pub mod ci;
mod csv;
mod html;
mod latex;
mod markdown;
mod templates;
mod typst;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Serde;
use minijinja::{Value, context};

use crate::error::Problem;
use crate::language::{Language, Locale};
use crate::latex::clean;
use crate::report::figure::Picture;
use crate::report::model::{Block, Cell, Number, Report, Table};
use crate::report::style::Style;

pub use templates::{PAGE, Templates};

/// One file of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative, with `/`: `tables/comparison.md`.
    pub path: String,
    pub contents: Vec<u8>,
}

impl File {
    fn new(path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), contents: contents.into() }
    }
}

/// What an output is made of.
pub struct Material<'a> {
    pub report: &'a Report,
    /// The report's figures as drawn, by id.
    pub figures: &'a BTreeMap<String, Picture>,
    pub templates: &'a Templates,
    pub style: Style,
}

/// A format that reports are written in.
pub struct Output {
    /// What `--format` takes.
    pub id: &'static str,
    pub label: &'static str,
    /// Ids of the formats of figures that its pages show.
    pub figures: &'static [&'static str],
    files: fn(&Material) -> Result<Vec<File>, Problem>,
}

impl Output {
    /// The files of a report in this format.
    ///
    /// # Errors
    /// A template that fails, two numbers that would get one macro, or two files that would get one path.
    pub fn files(&self, material: &Material) -> Result<Vec<File>, Problem> {
        let files = (self.files)(material)?;
        // An output may write no file for a table, and still have a place for it in another.
        let places = material.report.tables().map(|table| format!("tables/{}", table.id));
        let mut seen = BTreeSet::new();
        match places.chain(files.iter().map(|file| file.path.clone())).find(|place| !seen.insert(place.clone())) {
            Some(place) => Err(Problem::new(
                place,
                "two tables of the report would be written here",
                "rename the metric or scenario that one of them is about",
            )),
            None => Ok(files),
        }
    }
}

/// Every output, in the order in which the user sees them.
pub static OUTPUTS: &[Output] =
    &[markdown::OUTPUT, html::OUTPUT, latex::OUTPUT, typst::OUTPUT, asciidoc::OUTPUT, csv::OUTPUT];

/// What becomes of the tables that stand aside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asides {
    /// They are tables like all others.
    Shown,
    /// Those that follow each other are one list of captions and files.
    Listed,
}

/// What the `report.*` templates see: the report, with each table replaced by the next of `tables`.
fn document(report: &Report, tables: impl IntoIterator<Item = Value>, asides: Asides) -> Value {
    let mut tables = tables.into_iter();
    let mut figures = 0;
    let mut sections = Vec::new();
    for section in &report.sections {
        let mut blocks: Vec<Value> = Vec::new();
        for same in section.blocks.chunk_by(|a, b| asides == Asides::Listed && is_aside(a) && is_aside(b)) {
            let block = match &same[0] {
                Block::Heading { text } => context! { type => "heading", text },
                Block::Text { text } => context! { type => "text", text },
                Block::List { items } => context! { type => "list", items },
                Block::Table(table) if table.aside && asides == Asides::Listed => {
                    let listed = same.iter().filter_map(|block| match block {
                        Block::Table(table) => {
                            tables.next();
                            Some(context! { caption => &table.caption, path => format!("tables/{}", table.id) })
                        }
                        _ => None,
                    });
                    context! { type => "asides", tables => listed.collect::<Vec<_>>() }
                }
                Block::Table(table) => context! { type => "table", table => tables.next(), aside => table.aside },
                Block::Figure(figure) => {
                    figures += 1;
                    context! {
                        type => "figure", id => &figure.id, number => figures, path => verbatim(&format!("figures/{}", figure.id)),
                        label => verbatim(&label(report, &figure.id)), caption => &figure.caption, alt => &figure.alt,
                    }
                }
            };
            blocks.push(block);
        }
        sections.push(context! { id => verbatim(&slug(&section.id)), title => &section.title, blocks });
    }
    context! {
        title => &report.title, banner => &report.banner, headline => Serde(&report.headline), summary => Serde(&report.summary), generator => &report.generator, sections,
        language => report.locale.language,
    }
}

fn is_aside(block: &Block) -> bool {
    matches!(block, Block::Table(table) if table.aside)
}

/// A fixed text of an output in the report's language.
fn word<'a>(report: &Report, text: &'a str) -> &'a str {
    Language::find(report.locale.language).ok().and_then(|language| language.word(text)).unwrap_or(text)
}

/// Text that is markup already, which templates insert without escaping.
fn verbatim(text: &str) -> Value {
    Value::from_safe_string(text.into())
}

/// The cells of `table`, one for each column.
fn rows(table: &Table) -> impl Iterator<Item = impl Iterator<Item = &Cell>> {
    table.rows.iter().map(|row| (0..table.columns.len()).map(|i| cell(row, i)))
}

/// The cell of column `index`; a short row ends in missing cells.
fn cell(row: &[Cell], index: usize) -> &Cell {
    row.get(index).unwrap_or(&Cell::Missing)
}

/// A cell as plain text, its numbers as `locale` says. Bounds are parted by `;` where a comma is the decimal separator.
pub fn plain(cell: &Cell, locale: Locale) -> String {
    let number = |text: &str| typographic(&locale.number(&clean(text)));
    match cell {
        Cell::Text { text } => clean(text),
        Cell::Number { text } => number(text),
        Cell::PlusMinus { centre, spread } => format!("{} ± {}", number(centre), number(spread)),
        Cell::Interval { lower, upper } => format!("[{}{} {}]", number(lower), locale.bounds(), number(upper)),
        Cell::Missing => "—".into(),
        Cell::Strong { cell } => plain(cell, locale),
    }
}

/// A number as a reader expects it: `-4.0e-34` → `−4.0 × 10⁻³⁴`.
fn typographic(number: &str) -> String {
    let (mantissa, exponent) = match number.split_once('e') {
        Some((mantissa, exponent)) if exponent.ends_with(|c: char| c.is_ascii_digit()) => (mantissa, Some(exponent)),
        _ => (number, None),
    };
    let mut out = mantissa.replacen('-', "−", 1);
    if let Some(exponent) = exponent {
        out.push_str(" × 10");
        out.extend(exponent.chars().filter_map(|c| match c {
            '-' => Some('⁻'),
            c => c.to_digit(10).and_then(|digit| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit as usize)),
        }));
    }
    out
}

/// Longer cells than this do not widen their column's source.
const ALIGNED: usize = 60;

/// The label of a table or figure: two studies may stand in one paper.
fn label(report: &Report, id: &str) -> String {
    format!("{}-{}", slug(&report.id), slug(id))
}

/// Two numbers that would get one name in `file`. Their keys lack what is no letter or digit; where nothing else tells them
/// apart, their definitions say which mode and scenario each is of.
fn collision(file: &str, name: &str, numbers: [&Number; 2]) -> Problem {
    let same = numbers[0].key == numbers[1].key;
    let [one, other] = numbers.map(|number| if same { number.definition.clone() } else { number.key.join(" ") });
    Problem::new(
        file,
        format!("“{one}” and “{other}” would both be {name}"),
        "rename a mode, scenario or metric so that they differ in a letter or digit",
    )
}

/// An identifier for labels: lower-case ASCII letters, digits and `-`.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            out.push_str(&format!("u{:x}", u32::from(c)));
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_matches('-').into()
}

/// The text in letters of ASCII: `прямой` → `priamoi`. A letter that has none becomes its code point.
fn latin(text: &str) -> String {
    let letters = |c: char| match deunicode::deunicode_char(c) {
        _ if c.is_ascii() || !c.is_alphanumeric() => c.to_string(),
        Some(latin) => latin.chars().filter(char::is_ascii_alphanumeric).collect(),
        None => format!("u{:x}", u32::from(c)),
    };
    text.chars().map(letters).collect()
}
