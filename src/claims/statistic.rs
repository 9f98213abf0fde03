//! The statistics that a publication prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metric::{Metric, Unit};

/// What a printed figure is of its metric: first the statistics of one mode's runs, then those of a comparison
/// (treatment − baseline).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Number of runs.
    N,
    /// Mean over the runs.
    Mean,
    /// Standard deviation over the runs, n − 1 in the denominator.
    Sd,
    /// Standard error of the mean of one mode.
    StandardErrorOfMean,
    /// Confidence interval of the mean of one mode (Student's t).
    CiOfMean,
    /// The largest of the runs' values.
    Max,
    /// Sum over the runs.
    Total,
    /// A ratio of which the publication does not say whether it is of totals or a mean of ratios.
    Rate,
    /// Ratio of totals.
    Pooled,
    /// Mean of the runs' ratios.
    MeanOfRatios,
    /// Difference of the means.
    Difference,
    /// Difference of the means in percent of the baseline's.
    PercentChange,
    /// Treatment ÷ baseline.
    Ratio,
    /// Standard error of the difference.
    StandardError,
    /// The statistic of the t-test.
    T,
    /// Degrees of freedom of the t-test.
    Df,
    /// Confidence interval of the difference.
    Ci,
    /// Two-sided p of the t-test.
    P,
    /// The same, adjusted for the number of tests.
    PAdjusted,
    /// Cohen's d: the difference ÷ the pooled SD.
    CohenD,
    /// Hedges' g: d without its small-sample bias.
    HedgesG,
}

impl Statistic {
    pub fn is_comparison(self) -> bool {
        self >= Self::Difference
    }

    /// What it is called in running text.
    pub fn words(self) -> &'static str {
        match self {
            Self::N => "n",
            Self::Mean => "mean",
            Self::Sd => "SD",
            Self::StandardErrorOfMean => "standard error of the mean",
            Self::CiOfMean => "CI of the mean",
            Self::Max => "maximum",
            Self::Total => "total",
            Self::Rate => "rate",
            Self::Pooled => "ratio of totals",
            Self::MeanOfRatios => "mean of ratios",
            Self::Difference => "difference",
            Self::PercentChange => "change",
            Self::Ratio => "ratio",
            Self::StandardError => "standard error",
            Self::T => "t",
            Self::Df => "df",
            Self::Ci => "CI",
            Self::P => "p",
            Self::PAdjusted => "adjusted p",
            Self::CohenD => "Cohen's d",
            Self::HedgesG => "Hedges' g",
        }
    }

    /// How many numbers it has.
    pub(super) fn width(self) -> usize {
        if matches!(self, Self::Ci | Self::CiOfMean) { 2 } else { 1 }
    }

    /// Whether it is in the unit of its metric; the others are pure numbers, or a percentage.
    pub fn has_unit(self) -> bool {
        use Statistic::{CohenD, Df, HedgesG, N, P, PAdjusted, PercentChange, Ratio, T};
        !matches!(self, N | Ratio | T | Df | P | PAdjusted | CohenD | HedgesG | PercentChange)
    }

    /// The unit that a figure of this statistic must be printed in; `None` for a pure number.
    pub(super) fn unit(self, metric: &Metric) -> Option<Unit> {
        match (self, &metric.unit) {
            (Self::PercentChange, _) => Some(Unit::Fraction),
            // What a user adds may have no unit.
            (_, Unit::Named(name)) if name.is_empty() => None,
            (_, unit) => self.has_unit().then(|| unit.clone()),
        }
    }
}
