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
    let read = |name: &str, list: &[Value], of: &dyn Fn(&Value) -> Result<Vec<Claim>, String>| {
        let claims: Result<Vec<Vec<Claim>>, String> = list.iter().map(of).collect();
        let claims = claims.map_err(|what| Fault::new(format!("`{name}`: {what}"), remedy))?;
        Ok::<Table, Fault>(Table { printed_in: name.to_owned(), claims: claims.concat() })
    };
    let tables = vec![
        read("samples", samples, &|sample| rows.sample(sample))?,
        read("comparisons", comparisons, &|comparison| rows.comparison(comparison))?,
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
    fn sample(&self, sample: &Value) -> Result<Vec<Claim>, String> {
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
        .filter_map(|(statistic, values)| self.claim(sample, statistic, &values).transpose())
        .collect()
    }

    fn comparison(&self, comparison: &Value) -> Result<Vec<Claim>, String> {
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
        .filter_map(|(statistic, values)| self.claim(comparison, statistic, &values).transpose())
        .collect()
    }

    /// What is undefined, and so is no number, claims nothing.
    fn claim(&self, of: &Value, statistic: Statistic, values: &[&Value]) -> Result<Option<Claim>, String> {
        let text = |key: &str| of[key].as_str().ok_or_else(|| format!("an entry has no `{key}`"));
        let (id, mode) = (text("metric")?, text("mode")?);
        let base = self.units.get(id).ok_or_else(|| format!("`{id}` is none of `metrics`, or has no known unit"))?;
        if let Some(odd) = values.iter().find(|value| value.is_string() || value.is_boolean() || value.is_array()) {
            return Err(format!("{id}, {}: {odd} is no number", statistic.words()));
        }
        let Some(numbers) = values.iter().map(|value| twelve(value)).collect::<Option<Vec<String>>>() else {
            return Ok(None);
        };
        let text = match numbers.as_slice() {
            [one] => one.clone(),
            [low, high] => format!("[{low}; {high}]"),
            _ => return Ok(None),
        };
        let unit = match statistic {
            Statistic::PercentChange => Some("%".to_owned()),
            _ => statistic.unit(&metric::custom(id, base.clone())).map(|unit| unit.base_name().to_owned()),
        };
        Ok(Some(Claim {
            row: format!("{id}, {}", statistic.words()),
            metric: id.to_owned(),
            statistic,
            unit,
            meaning: None,
            scenario: of["scenario"].as_str().map(str::to_owned),
            printed: BTreeMap::from([(mode.to_owned(), Printed::try_from(text)?)]),
        }))
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
