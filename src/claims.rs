//! The claims file: what a paper prints about its runs, as printed, so that the decimals give the rounding.
//!
//! Tables are listed in order of authority: where two printed figures of one quantity exclude each other, the one that
//! comes first in the file stands.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Fault, Problem};
use crate::metric::{self, GIB, Kind, METRICS, Metric, Unit};
use crate::study::Named;
use crate::toml_file;

/// A study's published figures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Where the file was read, for messages.
    #[serde(skip)]
    pub path: String,
    pub study: Publication,
    pub design: Design,
    /// The baseline first; the others are its treatments.
    pub modes: Vec<Named>,
    pub tables: Vec<Table>,
}

/// What was published, and where.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    pub title: String,
    pub citation: String,
    pub doi: Option<String>,
}

/// How the runs were made. What only one tool needs may be left out where that tool was not used.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Runs of each tool in each mode, where no claim of statistic `n` says otherwise.
    pub runs: usize,
    /// Length of a run, seconds.
    pub duration: u32,
    /// Maximum segment size, bytes (iperf3).
    pub mss: Option<u32>,
    /// Open connections and threads (wrk).
    pub connections: Option<u32>,
    pub threads: Option<u32>,
    /// What wrk requested.
    pub url: Option<String>,
    /// Level of the printed confidence intervals.
    #[serde(default = "default_confidence")]
    pub confidence: f64,
}

fn default_confidence() -> f64 {
    0.95
}

/// One place of the publication.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// "Table 1", "text", …
    pub printed_in: String,
    pub claims: Vec<Claim>,
}

/// One row: a statistic of a metric, printed for some of the modes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The row's label as printed.
    pub row: String,
    /// Id in the registry of metrics.
    pub metric: String,
    pub statistic: Statistic,
    /// The unit as printed; none for a pure number.
    pub unit: Option<String>,
    /// The unit that is meant, where it is not the one printed.
    pub meaning: Option<String>,
    /// By mode id; a comparison's figure stands under its treatment.
    pub printed: BTreeMap<String, Printed>,
}

/// What a printed figure is of its metric: first the statistics of one mode's runs, then those of a comparison
/// (treatment − baseline).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    Mean,
    /// Standard deviation over the runs, n − 1 in the denominator.
    Sd,
    Max,
    N,
    Total,
    /// Ratio of totals.
    Pooled,
    /// Mean of the runs' ratios.
    MeanOfRatios,
    Difference,
    PercentChange,
    /// Treatment ÷ baseline.
    Ratio,
    StandardError,
    T,
    Df,
    Ci,
    P,
    CohenD,
}

impl Statistic {
    pub fn is_comparison(self) -> bool {
        use Statistic::{Ci, CohenD, Df, Difference, P, PercentChange, Ratio, StandardError, T};
        matches!(self, Difference | PercentChange | Ratio | StandardError | T | Df | Ci | P | CohenD)
    }

    /// The unit that a figure of this statistic must be printed in; `None` for a pure number.
    fn unit(self, metric: &Metric) -> Option<Unit> {
        match self {
            Self::N | Self::Ratio | Self::T | Self::Df | Self::P | Self::CohenD => None,
            Self::PercentChange => Some(Unit::Fraction),
            _ => Some(metric.unit.clone()),
        }
    }
}

/// A figure as printed: `14.53`, `64,904`, `−7.10`, `≈ 13`, `×2.3`, `≪ 0.001`, `[+3.18; +3.50]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Printed {
    pub text: String,
    /// One number, or the two bounds of an interval.
    pub numbers: Vec<Rounded>,
}

/// A printed number and what it may have been before it was rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounded {
    pub value: f64,
    pub decimals: u32,
    /// The numbers that round to `value`, in the printed unit: half a last digit to each side, both ends included
    /// because the rule for ties is not known. After `<` everything up to `value`.
    pub low: f64,
    pub high: f64,
}

impl TryFrom<String> for Printed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fault =
            || format!("`{text}` is not a printed figure such as `14.53`, `64,904`, `≈ 13`, `<0.001`, `[1.2; 3.4]`");
        let body = text.trim();
        let numbers: Option<Vec<_>> = match body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(bounds) => bounds.split(';').map(Rounded::parse).collect(),
            None => Rounded::parse(body).map(|number| vec![number]),
        };
        let numbers = numbers.ok_or_else(fault)?;
        if body.starts_with('[') && numbers.len() != 2 { Err(fault()) } else { Ok(Self { text, numbers }) }
    }
}

impl Rounded {
    /// Reads one number with the signs that papers put before it: `≈` and `×` say nothing of its rounding.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (below, text) = match text.strip_prefix(['<', '≪']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix(['≈', '×']).unwrap_or(text)),
        };
        let plain = text.trim().replace(['−', '–'], "-");
        let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 300)?),
            None => (plain.as_str(), 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all: String = format!("{}{fraction}", ungroup(whole)?);
        if all.is_empty() || all.len() > 15 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let decimals = u32::try_from(fraction.len()).ok()?;
        // Tenths of the last digit are integers, so that each bound is the double nearest to its decimal.
        let tenths = all.parse::<i64>().ok()? * if negative { -10 } else { 10 };
        let last = exponent - i32::try_from(decimals).ok()?;
        let scaled = |tenths: i64| format!("{tenths}e{}", last - 1).parse::<f64>().ok().filter(|x| x.is_finite());
        let (value, low, high) = (scaled(tenths)?, scaled(tenths - 5)?, scaled(tenths + 5)?);
        let decimals = u32::try_from(-last).unwrap_or(0);
        Some(if below {
            Self { value, decimals, low: f64::NEG_INFINITY, high: value }
        } else {
            Self { value, decimals, low, high }
        })
    }
}

/// Takes the separators of thousands (comma or space) out of an integer; `None` where they do not stand at thousands.
fn ungroup(whole: &str) -> Option<String> {
    let separator = |c: char| c == ',' || c.is_whitespace();
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let mut rest = groups.peekable();
    let grouped = rest.peek().is_some();
    if grouped && (!(1..=3).contains(&first.len()) || first.starts_with('0')) {
        return None;
    }
    rest.try_fold(first.to_owned(), |whole, group| (group.len() == 3).then(|| whole + group))
}

/// One printed cell: a figure with the row, table and mode it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    pub table: &'a Table,
    pub claim: &'a Claim,
    /// The mode's id.
    pub mode: &'a str,
    pub printed: &'a Printed,
    pub metric: &'static Metric,
    /// From the unit that is meant to base units.
    pub factor: f64,
}

impl Cell<'_> {
    /// How messages name it.
    pub fn label(&self) -> String {
        format!("{}: {} [{}]", self.table.printed_in, self.claim.row, self.mode)
    }

    /// The range of the figure's first number in base units.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.printed.numbers.first().map(|number| (number.low * self.factor, number.high * self.factor))
    }
}

impl Claims {
    /// Reads and checks a claims file. `path` is for messages only.
    pub fn read(path: &str, text: &str) -> Result<Self, Problem> {
        let claims: Self = toml_file::parse(text).map_err(|fault| fault.at(path))?;
        let modes = claims.modes.into_iter().map(Named::labelled).collect();
        let claims = Self { path: path.to_owned(), modes, ..claims };
        claims.check().map_err(|fault| fault.at(path))?;
        Ok(claims)
    }

    /// Every printed figure, in the order of the file and of the modes.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let claims = self.tables.iter().flat_map(|table| table.claims.iter().map(move |claim| (table, claim)));
        claims.flat_map(move |(table, claim)| {
            self.modes.iter().filter_map(move |mode| {
                let (mode, printed) = claim.printed.get_key_value(&mode.id)?;
                let metric = metric::find(&claim.metric)?;
                let factor = claim.factor(metric).ok()?;
                Some(Cell { table, claim, mode, printed, metric, factor })
            })
        })
    }

    fn check(&self) -> Result<(), Fault> {
        let design = &self.design;
        bounded("runs", design.runs, 1..=1000)?;
        bounded("duration", design.duration, 1..=86_400)?;
        bounded("mss", design.mss.unwrap_or(1460), 88..=65_535)?;
        bounded("threads", design.threads.unwrap_or(1), 1..=10_000)?;
        bounded("connections", design.connections.unwrap_or(u32::MAX), design.threads.unwrap_or(1)..=u32::MAX)?;
        if !(design.confidence > 0.0 && design.confidence < 1.0) {
            return Err(Fault::new("`confidence` is not between 0 and 1", "write 0.95 for 95 %"));
        }
        self.check_modes()?;
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

    fn check_claim(&self, claim: &Claim) -> Result<(), Fault> {
        let at = |fault: Fault| Fault { what: format!("row \"{}\": {}", claim.row, fault.what), ..fault };
        let metric = metric::find(&claim.metric)
            .ok_or_else(|| at(unknown("metric", &claim.metric, METRICS.iter().map(|metric| &*metric.id))))?;
        let is_ratio = matches!(metric.kind, Kind::Ratio(_));
        match claim.statistic {
            Statistic::Pooled | Statistic::MeanOfRatios if !is_ratio => {
                return Err(at(Fault::new(
                    format!("`{}` is no ratio", metric.id),
                    "its statistic is `mean`, `sd`, `max`, `n` or `total`",
                )));
            }
            Statistic::Mean | Statistic::Total if is_ratio => {
                return Err(at(Fault::new(
                    format!("`{}` is a ratio", metric.id),
                    "say which: `pooled` or `mean-of-ratios`",
                )));
            }
            _ => {}
        }
        claim.factor(metric).map_err(at)?;
        let expected = if claim.statistic == Statistic::Ci { 2 } else { 1 };
        for (mode, printed) in &claim.printed {
            let Some(place) = self.modes.iter().position(|known| known.id == *mode) else {
                return Err(at(unknown("mode", mode, self.modes.iter().map(|mode| mode.id.as_str()))));
            };
            if claim.statistic.is_comparison() && place == 0 {
                return Err(at(Fault::new("a comparison stands under the baseline", "put it under the treatment")));
            }
            if printed.numbers.len() != expected {
                let remedy = "a confidence interval is written `[low; high]`, all else as one number";
                return Err(at(Fault::new(format!("`{}` has the wrong shape", printed.text), remedy)));
            }
        }
        Ok(())
    }
}

impl Claim {
    /// From the unit that is meant to the metric's base unit (seconds, bytes, bits per second, fractions, per GiB).
    fn factor(&self, metric: &Metric) -> Result<f64, Fault> {
        let meant = self.meaning.as_ref().or(self.unit.as_ref());
        let wanted = self.statistic.unit(metric);
        let found = meant.map(|name| named(name));
        let factor = found.as_ref().map_or(1.0, |(_, factor)| *factor);
        if found.map(|(unit, _)| unit) == wanted {
            return Ok(factor);
        }
        Err(match (meant, wanted) {
            (Some(name), None) => {
                Fault::new(format!("unit `{name}` for a pure number"), "leave `unit` and `meaning` out")
            }
            (Some(name), Some(_)) => {
                let what = format!("unit `{name}` does not measure this");
                Fault::new(what, "correct `unit`, or give the unit that is meant as `meaning`")
            }
            (None, _) => Fault::new("there is no unit", "add the `unit` that is printed"),
        })
    }
}

/// A unit as papers write it, and the factor to its base unit.
fn named(name: &str) -> (Unit, f64) {
    match name {
        "count/GiB" => (Unit::PerGib, 1.0),
        "count/GB" => (Unit::PerGib, GIB / 1e9),
        _ => Unit::named(name),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Rounded {
        let printed = Printed::try_from(text.to_owned()).unwrap();
        assert_eq!(printed.numbers.len(), 1, "{text}");
        printed.numbers[0]
    }

    #[test]
    fn decimals_give_the_rounding_interval() {
        assert_eq!(one("11.66"), Rounded { value: 11.66, decimals: 2, low: 11.655, high: 11.665 });
        assert_eq!(one("15.00"), Rounded { value: 15.0, decimals: 2, low: 14.995, high: 15.005 });
        assert_eq!(one("7.9"), Rounded { value: 7.9, decimals: 1, low: 7.85, high: 7.95 });
        assert_eq!(one("0.000041"), Rounded { value: 0.000041, decimals: 6, low: 0.0000405, high: 0.0000415 });
        assert_eq!(one("3245"), Rounded { value: 3245.0, decimals: 0, low: 3244.5, high: 3245.5 });
        assert_eq!(one("4.0e-34"), Rounded { value: 4.0e-34, decimals: 35, low: 3.95e-34, high: 4.05e-34 });
    }

    #[test]
    fn signs_and_separators_are_read_as_papers_write_them() {
        assert_eq!((one("1,014.8").value, one("64,904").value, one("64\u{a0}904").value), (1014.8, 64904.0, 64904.0));
        assert_eq!((one("−7.10").value, one("+28.6").value, one("≈ −13.2").value), (-7.10, 28.6, -13.2));
        assert_eq!((one("×2.3").value, one("≈ 13").decimals), (2.3, 0));
        assert_eq!((one("−7.10").low, one("−7.10").high), (-7.105, -7.095));
        assert_eq!((one("≪ 0.001").low, one("<0.001").high), (f64::NEG_INFINITY, 0.001));
        let interval = Printed::try_from("[−8.24; −5.96]".to_owned()).unwrap();
        assert_eq!(interval.numbers.iter().map(|number| number.value).collect::<Vec<_>>(), [-8.24, -5.96]);
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for text in
            ["", "—", "1.2.3", "12,34", "0,304", "[1; 2", "[1; 2; 3]", "[1]", "1234567890123456", "1e999", "NaN", "1 2"]
        {
            assert!(Printed::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    const FILE: &str = r#"
modes = [{ id = "a" }, { id = "b" }]
study = { title = "T", citation = "C" }
design = { runs = 3, duration = 10 }
[[tables]]
printed_in = "Table 1"
claims = [{ row = "Latency", metric = "latency_mean", statistic = "mean", unit = "ms", printed = { a = "1.5", b = "2" } }]
"#;

    /// What is wrong with [`FILE`] when `from` becomes `to`.
    fn wrong(from: &str, to: &str) -> String {
        assert!(FILE.contains(from), "{from}");
        Claims::read("claims.toml", &FILE.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn cells_come_in_reading_order_with_their_factor() {
        let claims = Claims::read("claims.toml", FILE).unwrap();
        let cells: Vec<_> = claims.cells().map(|cell| (cell.label(), cell.range())).collect();
        assert_eq!(cells[0].0, "Table 1: Latency [a]");
        approx::assert_relative_eq!(cells[0].1.unwrap().1, 0.00155, max_relative = 1e-12);
        assert_eq!(cells[1].0, "Table 1: Latency [b]");
    }

    #[test]
    fn every_mistake_is_named_with_its_remedy() {
        let cases = [
            ("unit =", "unt =", "claims.toml:7: unknown key `unt`: did you mean `unit`?"),
            ("latency_mean", "latency_men", "unknown metric `latency_men`: did you mean `latency_mean`?"),
            ("\"mean\"", "\"meen\"", "unknown value `meen`: did you mean `mean`?"),
            ("\"mean\"", "\"pooled\"", "`latency_mean` is no ratio"),
            ("\"mean\"", "\"difference\"", "a comparison stands under the baseline"),
            ("\"1.5\"", "\"[1; 2]\"", "`[1; 2]` has the wrong shape"),
            ("\"mean\"", "\"n\"", "unit `ms` for a pure number"),
            ("\"ms\"", "\"GiB\"", "unit `GiB` does not measure this"),
            ("unit = \"ms\", ", "", "there is no unit"),
            ("b = \"2\"", "c = \"2\"", "unknown mode `c`"),
            ("\"1.5\"", "\"1.5 ms\"", "claims.toml:7: `1.5 ms` is not a printed figure"),
            ("id = \"b\"", "id = \"../b\"", "`../b` cannot be a mode's id"),
            ("id = \"b\"", "id = \"A\"", "mode `A` is listed twice"),
            ("runs = 3", "runs = 0", "`runs` is 0"),
            ("duration = 10", "duration = 10, confidence = 95", "`confidence` is not between 0 and 1"),
        ];
        for (from, to, expected) in cases {
            let message = wrong(from, to);
            assert!(message.contains(expected), "{message}");
        }
    }
}
