//! What an audit says.

use schemars::JsonSchema;
use serde::Serialize;

use crate::claims::Statistic;
use crate::study::Named;

/// What the audit of a publication found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Audit {
    pub title: String,
    pub citation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
    /// The baseline first.
    pub modes: Vec<Named>,
    /// Level of the printed confidence intervals.
    pub confidence: f64,
    /// One for each printed figure, in the order of the claims.
    pub findings: Vec<Finding>,
    /// Figures that could be checked if the number of runs were known.
    pub without_n: usize,
    /// What the printed means and standard deviations give, for every comparison of which a figure is printed.
    pub changes: Vec<Change>,
}

/// One printed figure, and whether it holds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// `Table 1`, `text`.
    pub printed_in: String,
    /// The row's label as printed.
    pub row: String,
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Id of the mode, or of the treatment of a comparison.
    pub mode: String,
    /// What the figure is of the metric.
    pub statistic: Statistic,
    /// As printed; that of all numbers here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    pub printed: String,
    /// Decimals of the printed figure.
    pub decimals: u32,
    /// From the printed inputs as if they had no further digits: one number, or an interval's two bounds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recomputed: Vec<f64>,
    /// All that each number can be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attainable: Vec<Range>,
    /// All that half of an interval's width can be: both bounds come from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_width: Option<Range>,
    pub verdict: Verdict,
    /// How it was recomputed, or why it is impossible or contradicted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// Other ways from what was measured, which say the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agreeing: Vec<String>,
    /// The ratio of totals, where the printed mean of the runs' ratios is not that too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio_of_totals: Option<Explanation>,
    /// Whether it was recomputed from what was measured.
    #[serde(skip)]
    pub(super) primary: bool,
    /// What gives the printed figure, the most telling first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<Explanation>,
}

/// From the least to the most that a number can be, in the printed unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

/// How a printed figure stands to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing is printed that it could be checked against.
    Given,
    /// It is attainable.
    Holds,
    /// It is attainable, but neither is the printed number itself nor do the printed inputs round to it: only numbers at
    /// the edge of the rounding do.
    Edge,
    /// It is not attainable, but follows from another printed figure that was rounded.
    DoubleRounding,
    /// Another printed figure excludes it: one of the same quantity, or one that no inputs give beside it.
    Contradiction,
    /// No numbers that round to the printed inputs give it.
    DoesNotHold,
    /// No data give it, whatever the inputs.
    Impossible,
}

/// Every verdict, the mildest first.
pub const VERDICTS: [Verdict; 7] = [
    Verdict::Given,
    Verdict::Holds,
    Verdict::Edge,
    Verdict::DoubleRounding,
    Verdict::Contradiction,
    Verdict::DoesNotHold,
    Verdict::Impossible,
];

impl Verdict {
    /// As `--deny` and `results.json` name it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Holds => "holds",
            Self::Edge => "edge",
            Self::DoubleRounding => "double-rounding",
            Self::Contradiction => "contradiction",
            Self::DoesNotHold => "does-not-hold",
            Self::Impossible => "impossible",
        }
    }

    /// As tables print it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Given => "taken as printed",
            Self::Holds => "holds",
            Self::Edge => "holds, at the edge of rounding",
            Self::DoubleRounding => "explained by double rounding",
            Self::Contradiction => "contradiction",
            Self::DoesNotHold => "does not hold",
            Self::Impossible => "impossible",
        }
    }

    /// Whether the figure can be right beside the others.
    pub fn can_be(self) -> bool {
        self <= Self::Edge
    }
}

/// Something that gives the printed figure.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// Id of a slip of `meshstats list slips`; `double-rounding` or `follows` where another printed figure gives it.
    pub slip: &'static str,
    /// Completes "consistent with …".
    pub label: String,
    pub arithmetic: String,
    /// What it gives, in the printed unit: one number, or an interval's two bounds.
    pub gives: Vec<Range>,
    /// Other printed figures of the comparison that it gives too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Other printed figures of the comparison that it does not give.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<String>,
}

/// A statistic of a comparison as it follows from the printed means and standard deviations.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    pub metric: String,
    /// The metric's name in words.
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    pub mode: String,
    pub statistic: Statistic,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// As printed, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub printed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    pub recomputed: Vec<f64>,
    pub attainable: Vec<Range>,
    /// Of an interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_width: Option<Range>,
    /// Whether the printed and the recomputed figure decide differently on a difference from zero.
    pub decides_differently: bool,
}
