//! How a report is set: what is a matter of taste, or of the paper that takes the tables in, and changes no number.

/// What outputs are asked for. The default is what most papers can take in as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    pub notes: Notes,
    pub tables: Tables,
    /// Whether the better mean of a comparison is emphasised ([`Cell::Strong`](super::model::Cell::Strong)).
    pub bold_best: bool,
}

/// Where the notes of a LaTeX float stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notes {
    /// In the environment of the package threeparttable, as wide as the table.
    #[default]
    ThreePartTable,
    /// In a `minipage` under the table: for tagged PDF, which threeparttable breaks.
    Minipage,
    /// Only as comments in the source.
    None,
}

/// What LaTeX tables are made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tables {
    /// `tabular`, with booktabs and the `S` columns of siunitx.
    #[default]
    Tabular,
    /// `tblr` of the package tabularray, with its libraries booktabs and siunitx.
    Tabularray,
    /// Floats are `longtable`s, which go on over pages: for appendices. The bare tables are `tabular`.
    Longtable,
}

pub const NOTES: &[Notes] = &[Notes::ThreePartTable, Notes::Minipage, Notes::None];
pub const TABLES: &[Tables] = &[Tables::Tabular, Tables::Tabularray, Tables::Longtable];

impl Notes {
    /// What `--table-notes` takes.
    pub fn id(self) -> &'static str {
        match self {
            Self::ThreePartTable => "threeparttable",
            Self::Minipage => "minipage",
            Self::None => "none",
        }
    }
}

impl Tables {
    /// What `--table-style` takes.
    pub fn id(self) -> &'static str {
        match self {
            Self::Tabular => "tabular",
            Self::Tabularray => "tabularray",
            Self::Longtable => "longtable",
        }
    }
}
