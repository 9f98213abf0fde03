//! The report as data. Renderers turn it into Markdown, HTML, LaTeX and CSV; they do no arithmetic and no rounding.

use serde::Serialize;

use super::figure::Figure;
use crate::language::Locale;

/// One study's report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Directory name of the study, e.g. `istio-2025`.
    pub id: String,
    pub title: String,
    /// What must be read before any number ("reconstructed from published summary statistics; not measurements").
    pub banner: Option<String>,
    /// The answer in ten seconds, first: a line for each treatment in each scenario.
    pub headline: Vec<Headline>,
    /// The answer in a few sentences.
    pub summary: Vec<Sentence>,
    /// The primary metrics: a page gathers what is about each of them (`by_metric`).
    pub metrics: Vec<Subject>,
    pub sections: Vec<Section>,
    /// Every number that prose may cite.
    pub numbers: Vec<Number>,
    /// "meshstats 0.1.0"
    pub generator: String,
    /// The language, and what renderers put into numbers; cells always carry `.` and no groups.
    pub locale: Locale,
}

impl Report {
    /// All blocks in reading order.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.sections.iter().flat_map(|section| &section.blocks)
    }

    /// The tables in reading order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.blocks().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }

    /// The figures in reading order.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.blocks().filter_map(|block| match block {
            Block::Figure(figure) => Some(figure),
            _ => None,
        })
    }
}

/// The tables of sections, to be changed.
pub(super) fn tables_mut(sections: &mut [Section]) -> impl Iterator<Item = &mut Table> {
    sections.iter_mut().flat_map(|section| &mut section.blocks).filter_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    })
}

/// How a treatment compares with the baseline, at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Headline {
    /// `With Istio against Without Istio, 64 connections`
    pub place: String,
    pub changes: Vec<Change>,
}

/// How a metric has changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// `mean latency +28.6 % [27.1, 30.1], worse`
    pub text: String,
    pub outcome: Outcome,
    /// The metric's id.
    #[serde(skip)]
    pub metric: String,
}

/// What a change is shown to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Better,
    Worse,
    /// A change of which nobody said whether more is better.
    Changed,
    /// No difference, or one that does not stand after adjustment. That none is shown does not say that there is none.
    NotShown,
}

/// A metric that parts of the report are about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    pub id: String,
    /// `Mean latency`
    pub label: String,
}

/// A sentence that knows which metric it is about. Templates see its text only.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Sentence {
    pub text: String,
    /// Its id; `None` where it is about several, or none.
    #[serde(skip)]
    pub metric: Option<String>,
}

impl Sentence {
    /// A sentence about a metric.
    pub fn of(metric: &str, text: impl Into<String>) -> Self {
        Self { text: text.into(), metric: Some(metric.to_owned()) }
    }
}

/// The texts of sentences, one after the other.
pub fn joined(sentences: &[Sentence], separator: &str) -> String {
    sentences.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(separator)
}

impl From<String> for Sentence {
    fn from(text: String) -> Self {
        Self { text, metric: None }
    }
}

impl From<&str> for Sentence {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    pub id: String,
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Above what comes from a section, where blocks are gathered by metric.
    Heading {
        text: String,
    },
    Text {
        text: String,
    },
    List {
        items: Vec<String>,
    },
    Table(Table),
    Figure(Figure),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// File stem, and slug of the label: `comparison`, `table-1`.
    pub id: String,
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// The id of the metric that each row is about, as long as `rows`; empty for a table that is read as a whole.
    pub metrics: Vec<String>,
    /// Under the table, in this order.
    pub notes: Vec<Sentence>,
    /// A detail that few readers want: written as a file like every table, and the report on paper says where. Such tables
    /// stand after all others, so that tables have the same numbers in all formats but the page, which has an order of its own.
    pub aside: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Header, unit included: `Mean (ms)`.
    pub header: String,
    pub align: Align,
}

impl Column {
    pub fn new(header: impl Into<String>, align: Align) -> Self {
        Self { header: header.into(), align }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Words: left.
    Left,
    /// Numbers: on the decimal marker.
    Number,
    /// Intervals and other composed cells: centred or right.
    Centre,
}

/// A cell. All numbers are already rounded, written with `.` and an ASCII `-`, without thousands separators,
/// in the grammar `[<>≈]?[+-]?digits[.digits][e[+-]digits]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Cell {
    Text {
        text: String,
    },
    Number {
        text: String,
    },
    /// `mean ± sd`
    PlusMinus {
        centre: String,
        spread: String,
    },
    /// `[lower, upper]`
    Interval {
        lower: String,
        upper: String,
    },
    /// Printed as `—`; a note under the table says why.
    Missing,
    /// Emphasised. A note under the table says for what.
    Strong {
        cell: Box<Cell>,
    },
}

impl Cell {
    /// The cell itself, whether or not it is emphasised.
    pub fn content(&self) -> &Self {
        match self {
            Self::Strong { cell } => cell.content(),
            cell => cell,
        }
    }

    pub fn is_strong(&self) -> bool {
        matches!(self, Self::Strong { .. })
    }

    /// The same cell, emphasised.
    pub fn strong(self) -> Self {
        Self::Strong { cell: Box::new(self) }
    }
}

/// A number that prose may cite. `key` is made of words (`["latency", "p99", "istio", "difference"]`); the LaTeX macro and the
/// glossary entry are made from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Number {
    pub key: Vec<String>,
    /// As formatted in the tables: a [`Cell`].
    pub formatted: Cell,
    /// Full precision in the unit of `unit`, for `…Raw`.
    pub raw: String,
    /// Unit as a reader writes it: `ms`, `Gbit/s`, `%`, or empty.
    pub unit: String,
    /// What it is, in one sentence, for the glossary.
    pub definition: String,
}
