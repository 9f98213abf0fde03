//! Whether claims can be what they are said to be: known metrics, units and modes, and figures of the right shape.

use super::{Claim, Claims, Statistic};
use crate::error::Fault;
use crate::metric::{self, Kind, METRICS};
use crate::stats::{self, METHODS};
use crate::toml_file;

impl Claims {
    /// Fails with the first mistake.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let design = &self.design;
        bounded("runs", design.runs.unwrap_or(1), 1..=1_000_000)?;
        bounded("duration", design.duration.unwrap_or(1), 1..=86_400)?;
        bounded("mss", design.mss.unwrap_or(1460), 88..=65_535)?;
        bounded("threads", design.threads.unwrap_or(1), 1..=10_000)?;
        bounded("connections", design.connections.unwrap_or(u32::MAX), design.threads.unwrap_or(1)..=u32::MAX)?;
        if !(design.level() > 0.0 && design.level() < 1.0) {
            return Err(Fault::new("`confidence` is not between 0 and 1", "write 0.95 for 95 %"));
        }
        let adjustments =
            || METHODS.iter().filter(|method| method.kind == stats::Kind::Adjustment).map(|method| method.id);
        if let Some(id) = design.adjust.as_ref().filter(|id| !adjustments().any(|known| known == **id)) {
            return Err(unknown("adjustment", id, adjustments()));
        }
        self.check_modes()?;
        self.check_metrics()?;
        if self.tables.iter().flat_map(|table| &table.claims).all(|claim| claim.printed.is_empty()) {
            return Err(Fault::new("holds no figure", "add [[tables]] with [[tables.claims]], a row each"));
        }
        self.tables.iter().flat_map(|table| &table.claims).try_for_each(|claim| self.check_claim(claim))
    }

    /// A mode's id becomes a folder's name.
    fn check_modes(&self) -> Result<(), Fault> {
        if self.modes.is_empty() {
            return Err(Fault::new("there is no mode", "add [[modes]] with an id, the baseline first"));
        }
        for (i, mode) in self.modes.iter().enumerate() {
            let safe = mode.id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            if !safe || !mode.id.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                let what = format!("`{}` cannot be a mode's id", mode.id);
                return Err(Fault::new(what, "use letters, digits, `-`, `_` and `.`; the label may be anything"));
            }
            if self.modes.iter().take(i).any(|other| other.id.eq_ignore_ascii_case(&mode.id)) {
                return Err(Fault::new(format!("mode `{}` is listed twice", mode.id), "give each mode its own id"));
            }
        }
        Ok(())
    }

    fn check_metrics(&self) -> Result<(), Fault> {
        for (i, own) in self.metrics.iter().enumerate() {
            let fault = |what: &str, remedy: &str| Err(Fault::new(format!("metric `{}` {what}", own.id), remedy));
            if own.id.is_empty() || metric::find(&own.id).is_some() {
                return fault("is one that meshstats has already, or has no name", "give it another id");
            }
            if self.metrics.iter().take(i).any(|other| other.id == own.id) {
                return fault("is listed twice", "give each metric its own id");
            }
            let ends = [own.low.unwrap_or(f64::NEG_INFINITY), own.high.unwrap_or(f64::INFINITY)];
            if !matches!(ends, [low, high] if low < high) {
                return fault("has no values between `low` and `high`", "`low` must be less than `high`");
            }
        }
        Ok(())
    }

    fn check_claim(&self, claim: &Claim) -> Result<(), Fault> {
        let at = |fault: Fault| Fault { what: format!("row \"{}\": {}", claim.row, fault.what), ..fault };
        let known = || METRICS.iter().chain(&self.own).map(|metric| &*metric.id);
        let metric = self.metric(&claim.metric).ok_or_else(|| at(unknown("metric", &claim.metric, known())))?;
        let is_ratio = matches!(metric.kind, Kind::Ratio(_));
        match claim.statistic {
            Statistic::Rate | Statistic::Pooled | Statistic::MeanOfRatios if !is_ratio => {
                return Err(at(Fault::new(
                    format!("`{}` is no ratio", metric.id),
                    "its statistic is `mean`, `sd`, `max`, `n` or `total`",
                )));
            }
            Statistic::Mean | Statistic::Total if is_ratio => {
                return Err(at(Fault::new(
                    format!("`{}` is a ratio", metric.id),
                    "say which: `pooled`, `mean-of-ratios`, or `rate` where the publication does not say",
                )));
            }
            _ => {}
        }
        claim.factor(metric).map_err(at)?;
        for (mode, printed) in &claim.printed {
            let Some(place) = self.modes.iter().position(|known| known.id == *mode) else {
                return Err(at(unknown("mode", mode, self.modes.iter().map(|mode| mode.id.as_str()))));
            };
            if claim.statistic.is_comparison() && place == 0 {
                return Err(at(Fault::new("a comparison stands under the baseline", "put it under the treatment")));
            }
            if printed.numbers.len() != claim.statistic.width() {
                let remedy = "a confidence interval is written `[low; high]`, all else as one number";
                return Err(at(Fault::new(format!("`{}` has the wrong shape", printed.text), remedy)));
            }
        }
        Ok(())
    }
}

fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Fault {
    let list = known.clone().collect::<Vec<_>>().join(", ");
    let remedy = match toml_file::nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? Known here: {list}"),
        None => format!("known here: {list}"),
    };
    Fault::new(format!("unknown {kind} `{name}`"), remedy)
}

fn bounded<T: PartialOrd + std::fmt::Display>(
    key: &str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), Fault> {
    if range.contains(&value) {
        return Ok(());
    }
    let remedy = format!("give a number from {} to {}", range.start(), range.end());
    Err(Fault::new(format!("`{key}` is {value}"), remedy))
}
