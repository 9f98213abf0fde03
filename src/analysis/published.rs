//! The figures that were published about the runs, beside the same figures computed from them.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Analysis, Compared, Comparison, Means, Sample};
use crate::claims::{Cell, Claims, Rounded, Statistic};
use crate::error::{Error, Problem};
use crate::stats::Undefined;
use crate::study::Named;

/// A publication's figures, table by table.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Published {
    pub title: String,
    pub citation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
    pub modes: Vec<Named>,
    pub tables: Vec<PublishedTable>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PublishedTable {
    /// `Table 1`, `text`.
    pub printed_in: String,
    pub rows: Vec<PublishedRow>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PublishedRow {
    /// As printed.
    pub label: String,
    pub metric: String,
    /// Unit as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Unit that is meant, where it is not the one printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    pub cells: Vec<PublishedCell>,
}

impl PublishedRow {
    /// The printed unit and the one that is meant, where these are two.
    pub fn meant_otherwise(&self) -> Option<(&str, &str)> {
        self.unit.as_deref().zip(self.meaning.as_deref()).filter(|(unit, meaning)| unit != meaning)
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PublishedCell {
    /// Id of the mode, or of the treatment of a comparison.
    pub mode: String,
    pub printed: String,
    /// The same figure from the runs, in the unit that is meant: one number, or an interval's two bounds. Empty where the
    /// runs do not give it.
    pub computed: Vec<f64>,
    /// `computed` rounds to what is printed.
    pub agrees: bool,
    /// Decimals of the printed figure.
    pub decimals: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undefined: Option<String>,
}

pub(super) fn compare(claims: &Claims, analysis: &Analysis) -> Result<Published, Error> {
    let missing: Vec<&str> = claims
        .modes
        .iter()
        .map(|mode| mode.id.as_str())
        .filter(|id| !analysis.study.modes.iter().any(|mode| mode.id == *id))
        .collect();
    if !missing.is_empty() {
        let modes: Vec<&str> = analysis.study.modes.iter().map(|mode| mode.id.as_str()).collect();
        return Err(Problem::new(
            &*claims.path,
            format!("the study has no mode `{}`", missing.join("`, `")),
            format!("name the modes as the study does: {}", modes.join(", ")),
        )
        .into());
    }
    let mut tables: Vec<PublishedTable> = Vec::new();
    for cell in claims.cells() {
        if tables.last().is_none_or(|table| table.printed_in != cell.table.printed_in) {
            tables.push(PublishedTable { printed_in: cell.table.printed_in.clone(), rows: Vec::new() });
        }
        let Some(table) = tables.last_mut() else { continue };
        let same_row = table.rows.last().is_some_and(|row| {
            row.label == cell.claim.row
                && row.metric == cell.claim.metric
                && row.cells.iter().all(|c| c.mode != cell.mode)
        });
        if !same_row {
            table.rows.push(PublishedRow {
                label: cell.claim.row.clone(),
                metric: cell.claim.metric.clone(),
                unit: cell.claim.unit.clone(),
                meaning: cell.claim.meaning.clone(),
                cells: Vec::new(),
            });
        }
        if let Some(row) = table.rows.last_mut() {
            row.cells.push(published_cell(&cell, analysis));
        }
    }
    Ok(Published {
        title: claims.study.title.clone(),
        citation: claims.study.citation.clone(),
        doi: claims.study.doi.clone(),
        modes: claims.modes.clone(),
        tables,
    })
}

fn published_cell(cell: &Cell, analysis: &Analysis) -> PublishedCell {
    let (computed, undefined) = match computed(cell, analysis) {
        Ok(values) => (values.into_iter().map(|value| value / cell.factor).collect::<Vec<f64>>(), None),
        Err(undefined) => (Vec::new(), Some(undefined.because)),
    };
    let agrees = computed.len() == cell.printed.numbers.len()
        && computed.iter().zip(&cell.printed.numbers).all(|(value, printed)| rounds_to(*value, printed));
    PublishedCell {
        mode: cell.mode.to_owned(),
        printed: cell.printed.text.clone(),
        computed,
        agrees,
        decimals: cell.printed.numbers.iter().map(|number| number.decimals).max().unwrap_or(0),
        undefined,
    }
}

/// Both ends of the rounding interval count (rules for ties differ), with room for the last bits of the unit's factor.
fn rounds_to(value: f64, printed: &Rounded) -> bool {
    let slack = 1e-12 * value.abs();
    printed.low - slack <= value && value <= printed.high + slack
}

/// The claimed statistic from the runs, in base units.
fn computed(cell: &Cell, analysis: &Analysis) -> Result<Vec<f64>, Undefined> {
    let absent = || Undefined::because("the runs do not have this metric");
    let statistic = cell.claim.statistic;
    if statistic.is_comparison() {
        let comparison =
            analysis.comparison(&cell.metric.id, cell.claim.scenario.as_deref(), cell.mode).ok_or_else(absent)?;
        return match &comparison.result {
            Compared::Means(means) => of_means(statistic, comparison, means),
            Compared::Rates(_) => Err(Undefined::because("rates are compared by their ratio, not by means")),
        };
    }
    let sample = analysis.sample(&cell.metric.id, cell.claim.scenario.as_deref(), cell.mode).ok_or_else(absent)?;
    if statistic == Statistic::CiOfMean {
        let interval = sample.description.as_ref().map_err(Clone::clone)?.interval.clone()?;
        let known = |bound: Option<f64>| bound.ok_or_else(|| Undefined::because("the interval has no such bound"));
        return Ok(vec![known(interval.lower)?, known(interval.upper)?]);
    }
    of_sample(statistic, sample).map(|value| vec![value])
}

fn of_sample(statistic: Statistic, sample: &Sample) -> Result<f64, Undefined> {
    let rate = || sample.rate.clone().unwrap_or_else(|| Err(Undefined::because("the metric is no ratio")));
    match statistic {
        Statistic::Mean => Ok(sample.description.as_ref().map_err(Clone::clone)?.mean),
        Statistic::Sd => sample.description.as_ref().map_err(Clone::clone)?.sd.clone(),
        Statistic::Max => Ok(sample.description.as_ref().map_err(Clone::clone)?.max),
        Statistic::N => Ok(sample.values.len() as f64),
        Statistic::Total => Ok(sample.values.iter().sum()),
        Statistic::StandardErrorOfMean => sample.description.as_ref().map_err(Clone::clone)?.standard_error.clone(),
        Statistic::Rate | Statistic::Pooled => Ok(rate()?.rate),
        Statistic::MeanOfRatios => Ok(rate()?.mean_of_ratios),
        _ => Err(Undefined::because("it is a figure of a comparison")),
    }
}

/// A publication that names no test had Welch's.
fn of_means(statistic: Statistic, comparison: &Comparison, means: &Means) -> Result<Vec<f64>, Undefined> {
    let methods = &comparison.methods;
    let welch = || methods.test("welch");
    let known = |value: Option<f64>| value.ok_or_else(|| Undefined::because("the test does not give it"));
    Ok(vec![match statistic {
        Statistic::Difference => means.difference,
        Statistic::PercentChange => means.percent_change.clone()? / 100.0,
        Statistic::Ratio => means.percent_change.clone()? / 100.0 + 1.0,
        Statistic::StandardError => known(welch()?.standard_error)?,
        Statistic::T => known(welch()?.statistic)?,
        Statistic::Df => known(welch()?.df)?,
        Statistic::P => welch()?.p_value,
        Statistic::PAdjusted => known(comparison.p_adjusted)?,
        Statistic::CohenD => known(methods.answer("cohen_d")?.estimate())?,
        Statistic::HedgesG => known(methods.answer("hedges_g")?.estimate())?,
        Statistic::Ci => {
            let interval = welch()?.interval;
            return Ok(vec![known(interval.lower)?, known(interval.upper)?]);
        }
        _ => return Err(Undefined::because("it is a figure of one mode")),
    }])
}
