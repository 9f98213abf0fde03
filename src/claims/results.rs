//! Claims from a `results.json` of ours: its numbers to twelve significant digits, each as if it were printed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Claim, Claims, Design, Printed, Publication, Quantity, Source, Statistic, Table};
use crate::error::Fault;
use crate::metric::{self, Kind, Unit};
use crate::study::Named;

pub(super) const SOURCE: Source = Source { extension: "json", label: "the results.json of a report", read };

fn read(name: &str, text: &str) -> Result<Claims, Fault> {
    let remedy = "give the results.json that `meshstats analyze` writes";
    let results: Value = serde_json::from_str(text)
        .map_err(|error| Fault::new(format!("is no JSON ({error})"), remedy).on_line(error.line()))?;
    let missing = |what: &str| Fault::new(format!("has no `{what}`"), remedy);
    let list = |key: &str| results[key].as_array().ok_or_else(|| missing(key));
    let (metrics, samples, comparisons) = (list("metrics")?, list("samples")?, list("comparisons")?);
    let study = &results["study"];
    let baseline = study["baseline"].as_str().ok_or_else(|| missing("study.baseline"))?;
    let mut modes: Vec<Named> = serde_json::from_value(study["modes"].clone()).map_err(|_| missing("study.modes"))?;
    // The baseline first, the others as they stand.
    modes.sort_by_key(|mode| mode.id != baseline);
    let units: BTreeMap<&str, Unit> = metrics
        .iter()
        .filter_map(|metric| Some((metric["id"].as_str()?, serde_json::from_value(metric["unit"].clone()).ok()?)))
        .collect();
    let own = |id: &&str| metric::find(id).is_none();
    let quantity = |(id, unit): (&&str, &Unit)| Quantity {
        id: (*id).to_owned(),
        label: None,
        unit: Some(unit.base_name().to_owned()),
        whole: false,
        low: None,
        high: None,
    };
    let quantities = units.iter().filter(|(id, _)| own(id)).map(quantity).collect();
    let rows = Rows { units: &units };
    let tables = vec![
        Table {
            printed_in: "samples".to_owned(),
            claims: samples.iter().flat_map(|sample| rows.sample(sample)).collect(),
        },
        Table {
            printed_in: "comparisons".to_owned(),
            claims: comparisons.iter().flat_map(|comparison| rows.comparison(comparison)).collect(),
        },
    ];
    let title = study["title"].as_str().unwrap_or(name).to_owned();
    let design = Design { confidence: study["confidence"].as_f64(), ..Design::default() };
    let study = Publication { title, citation: name.to_owned(), doi: None };
    Ok(Claims { study, design, modes, metrics: quantities, tables, ..Claims::none() })
}

struct Rows<'a> {
    units: &'a BTreeMap<&'a str, Unit>,
}

impl Rows<'_> {
    fn sample(&self, sample: &Value) -> Vec<Claim> {
        let ratio = sample["metric"].as_str().and_then(metric::find).is_some_and(|m| matches!(m.kind, Kind::Ratio(_)));
        let described = &sample["description"];
        [
            (Statistic::N, vec![&described["n"]]),
            (if ratio { Statistic::MeanOfRatios } else { Statistic::Mean }, vec![&described["mean"]]),
            (Statistic::Sd, vec![&described["sd"]]),
            (Statistic::StandardErrorOfMean, vec![&described["standard_error"]]),
            (Statistic::CiOfMean, bounds(&described["interval"])),
            (Statistic::Max, vec![&described["max"]]),
            (Statistic::Total, vec![&sample["total"]]),
            (Statistic::Pooled, vec![&sample["rate"]["rate"]]),
        ]
        .into_iter()
        .filter_map(|(statistic, values)| self.claim(sample, statistic, &values))
        .collect()
    }

    fn comparison(&self, comparison: &Value) -> Vec<Claim> {
        let welch = &comparison["methods"]["welch"];
        let means = &comparison["means"];
        [
            (Statistic::Difference, vec![&means["difference"]]),
            (Statistic::PercentChange, vec![&means["percent_change"]]),
            (Statistic::StandardError, vec![&welch["standard_error"]]),
            (Statistic::T, vec![&welch["statistic"]]),
            (Statistic::Df, vec![&welch["df"]]),
            (Statistic::Ci, bounds(&welch["interval"])),
            (Statistic::P, vec![&welch["p_value"]]),
            (Statistic::CohenD, vec![&comparison["methods"]["cohen_d"]["estimate"]]),
            (Statistic::HedgesG, vec![&comparison["methods"]["hedges_g"]["estimate"]]),
        ]
        .into_iter()
        .filter_map(|(statistic, values)| self.claim(comparison, statistic, &values))
        .collect()
    }

    /// What is undefined, and so is no number, claims nothing.
    fn claim(&self, of: &Value, statistic: Statistic, values: &[&Value]) -> Option<Claim> {
        let (id, mode) = (of["metric"].as_str()?, of["mode"].as_str()?);
        let numbers: Vec<String> = values.iter().map(|value| twelve(value)).collect::<Option<_>>()?;
        let text = match numbers.as_slice() {
            [one] => one.clone(),
            [low, high] => format!("[{low}; {high}]"),
            _ => return None,
        };
        let unit = match statistic {
            Statistic::PercentChange => Some("%".to_owned()),
            _ => {
                let unit = statistic.unit(&metric::custom(id, self.units.get(id)?.clone()));
                unit.map(|unit| unit.base_name().to_owned())
            }
        };
        Some(Claim {
            row: id.to_owned(),
            metric: id.to_owned(),
            statistic,
            unit,
            meaning: None,
            scenario: of["scenario"].as_str().map(str::to_owned),
            printed: BTreeMap::from([(mode.to_owned(), Printed::try_from(text).ok()?)]),
        })
    }
}

fn bounds(interval: &Value) -> Vec<&Value> {
    vec![&interval["lower"], &interval["upper"]]
}

/// Twelve significant digits; a p below the least double stands as zero in the file, and says nothing.
fn twelve(value: &Value) -> Option<String> {
    if let Some(whole) = value.as_u64() {
        return Some(whole.to_string());
    }
    value.as_f64().filter(|number| number.is_finite()).map(|number| format!("{number:.11e}"))
}
