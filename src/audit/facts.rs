//! What is printed, found by what it is of.

use std::collections::BTreeMap;

use super::bounds::Bounds;
use crate::claims::{Cell, Claims, Limits, PrintedTest, Rounded, Statistic};
use crate::metric::{Kind, Metric, Unit};

/// What a figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    pub metric: &'a str,
    pub scenario: Option<&'a str>,
    pub mode: &'a str,
    pub statistic: Statistic,
}

/// Printed figures of one quantity that agree with each other, and what they leave possible.
#[derive(Debug)]
pub(super) struct Group {
    /// Places in [`Facts::cells`].
    pub cells: Vec<usize>,
    /// In base units; two for an interval.
    pub bounds: Vec<Bounds>,
    /// The cell with the most digits.
    pub finest: usize,
}

pub(super) struct Facts<'a> {
    pub claims: &'a Claims,
    pub cells: Vec<Cell<'a>>,
    /// More than one group where printed figures of one quantity exclude each other.
    pub groups: BTreeMap<Key<'a>, Vec<Group>>,
}

/// With more printed values of one quantity than this, not every combination of them is tried.
const WORLDS: usize = 3;

/// A known quantity: what it can be, and how it is written.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub bounds: Bounds,
    /// As printed, without signs such as ≈; an expression where it follows from others.
    pub text: String,
}

impl Value {
    pub fn new(bounds: Bounds, text: impl Into<String>) -> Self {
        Self { bounds, text: text.into() }
    }
}

pub(super) fn key<'a>(cell: &Cell<'a>) -> Key<'a> {
    Key {
        metric: &cell.claim.metric,
        scenario: cell.claim.scenario.as_deref(),
        mode: cell.mode,
        statistic: cell.claim.statistic,
    }
}

impl<'a> Facts<'a> {
    pub fn of(claims: &'a Claims) -> Self {
        let cells: Vec<Cell> = claims.cells().collect();
        let mut groups: BTreeMap<Key, Vec<Group>> = BTreeMap::new();
        for (i, cell) in cells.iter().enumerate() {
            let bounds: Vec<Bounds> =
                cell.printed.numbers.iter().map(|number| rounding(number, cell, cell.factor)).collect();
            let known = groups.entry(key(cell)).or_default();
            let found = known.iter_mut().find_map(|group| {
                let met: Option<Vec<Bounds>> =
                    group.bounds.iter().zip(&bounds).map(|(a, b)| a.slack().meet(*b)).collect();
                met.map(|met| (group, met))
            });
            match found {
                Some((group, met)) => {
                    let width =
                        |i: usize| cells[i].printed.numbers.first().map_or(0.0, |n| n.high - n.low) * cells[i].factor;
                    if width(i) < width(group.finest) {
                        group.finest = i;
                    }
                    group.cells.push(i);
                    group.bounds = met;
                }
                None => known.push(Group { cells: vec![i], bounds, finest: i }),
            }
        }
        Self { claims, cells, groups }
    }

    /// In how many ways figures of a scenario that contradict each other are chosen, where any do.
    pub fn worlds(&self, scenario: Option<&str>) -> usize {
        let here = self.groups.iter().filter(|(key, groups)| key.scenario == scenario && groups.len() > 1);
        here.map(|(_, groups)| groups.len()).max().unwrap_or(0).min(WORLDS)
    }

    pub fn baseline(&self) -> &'a str {
        self.claims.modes.first().map_or("", |mode| &mode.id)
    }
}

/// What a number may have been before it was rounded, in base units. A whole number of things is what it says.
pub(super) fn rounding(number: &Rounded, cell: &Cell, factor: f64) -> Bounds {
    let counts = match cell.claim.statistic {
        Statistic::N => true,
        Statistic::Total => cell.metric.unit == Unit::Count && factor == 1.0,
        _ => false,
    };
    if counts && number.decimals == 0 && number.high - number.low == 1.0 {
        return Bounds::exactly(number.value);
    }
    let bounds = Bounds::new(number.low, number.high).scaled(factor);
    let never_negative = matches!(
        cell.claim.statistic,
        Statistic::Sd | Statistic::StandardError | Statistic::StandardErrorOfMean | Statistic::P | Statistic::PAdjusted
    );
    // What is printed as a negative number stays one, to be told as impossible.
    if never_negative && number.value >= 0.0 { bounds.at_least(0.0) } else { bounds }
}

/// How printed figures are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As all that rounds to them.
    Rounded,
    /// As if they had no further digits.
    AsPrinted,
}

/// The facts as one figure sees them.
#[derive(Clone, Copy)]
pub(super) struct Subject<'f, 'a> {
    pub facts: &'f Facts<'a>,
    pub reading: Reading,
    /// Place in the publication that comes first where figures contradict each other; otherwise the choice `world`.
    pub place: Option<&'a str>,
    pub world: usize,
    pub metric: &'a Metric,
    pub scenario: Option<&'a str>,
    pub mode: &'a str,
}

impl<'f, 'a> Subject<'f, 'a> {
    pub fn of(facts: &'f Facts<'a>, cell: &Cell<'a>) -> Self {
        Self {
            facts,
            reading: Reading::Rounded,
            place: Some(&cell.table.printed_in),
            world: 0,
            metric: cell.metric,
            scenario: cell.claim.scenario.as_deref(),
            mode: cell.mode,
        }
    }

    pub fn as_printed(self) -> Self {
        Self { reading: Reading::AsPrinted, ..self }
    }

    pub fn baseline(self) -> Self {
        Self { mode: self.facts.baseline(), ..self }
    }

    pub fn limits(&self) -> Limits {
        self.facts.claims.limits(self.metric)
    }

    /// The same modes and scenario on another metric.
    pub fn on(self, metric: &str) -> Option<Self> {
        Some(Self { metric: self.facts.claims.metric(metric)?, ..self })
    }

    pub fn level(&self) -> f64 {
        self.facts.claims.design.level()
    }

    fn group(&self, statistic: Statistic) -> Option<&'f Group> {
        let key = Key { metric: &self.metric.id, scenario: self.scenario, mode: self.mode, statistic };
        let groups = self.facts.groups.get(&key)?;
        let here = |group: &&Group| {
            group.cells.iter().any(|i| self.place.is_some_and(|place| self.facts.cells[*i].table.printed_in == place))
        };
        groups.iter().find(here).or_else(|| groups.get(self.world)).or_else(|| groups.last())
    }

    /// The cells in which a statistic is printed.
    pub fn cells(&self, statistic: Statistic) -> &'f [usize] {
        self.group(statistic).map_or(&[], |group| &group.cells)
    }

    /// What is printed of a statistic, its numbers in base units.
    fn numbers(&self, statistic: Statistic) -> Option<Vec<Value>> {
        let group = self.group(statistic)?;
        let cell = &self.facts.cells[group.finest];
        let texts: Vec<String> = match cell.printed.numbers.as_slice() {
            [_] => vec![bare(&cell.printed.text)],
            numbers => numbers.iter().map(|number| format!("{:.*}", number.decimals as usize, number.value)).collect(),
        };
        let values = group.bounds.iter().zip(&cell.printed.numbers).zip(texts).map(|((bounds, number), text)| {
            let bounds = match self.reading {
                // What is only said to lie on one side of a number is not that number.
                Reading::AsPrinted if !number.is_bound() => Bounds::exactly(number.value).scaled(cell.factor),
                _ => *bounds,
            };
            Value { bounds, text }
        });
        Some(values.collect())
    }

    /// What is printed of a statistic that is one number.
    pub fn printed(&self, statistic: Statistic) -> Option<Value> {
        self.numbers(statistic)?.into_iter().next()
    }

    /// What is printed of an interval.
    pub fn interval(&self, statistic: Statistic) -> Option<[Value; 2]> {
        self.numbers(statistic)?.try_into().ok()
    }

    /// The number of runs, printed or of the design; not known where it is printed as about so many.
    pub fn n(&self) -> Option<Value> {
        if let Some(printed) = self.printed(Statistic::N) {
            return Some(printed).filter(|n| n.bounds.is_exact() && n.bounds.low >= 1.0);
        }
        let runs = self.facts.claims.design.runs?;
        Some(Value::new(Bounds::exactly(runs as f64), runs.to_string()))
    }

    /// The mean over the runs, printed or from the total, or from both where they agree.
    pub fn mean(&self) -> Option<Value> {
        let mean = self.printed(Statistic::Mean);
        let total = || {
            let (total, n) = (self.printed(Statistic::Total)?, self.n()?);
            Some(Value::new(total.bounds.over(n.bounds), format!("{} ÷ {}", total.text, n.text)))
        };
        match (mean, total()) {
            (Some(mean), Some(total)) if self.reading == Reading::Rounded => {
                Some(Value { bounds: mean.bounds.meet(total.bounds).unwrap_or(mean.bounds), ..mean })
            }
            (mean, total) => mean.or(total),
        }
    }

    /// The mean of the runs' values; of a ratio that is the mean of ratios alone.
    pub fn mean_of_values(&self) -> Option<Value> {
        match self.metric.kind {
            Kind::Ratio(_) => self.printed(Statistic::MeanOfRatios),
            _ => self.mean(),
        }
    }

    /// Centres of the baseline and of this mode: the means, or of a ratio each estimator that is printed for both.
    pub fn centres(&self) -> Vec<[Value; 2]> {
        let both = |centre: &dyn Fn(&Self) -> Option<Value>| Some([centre(&self.baseline())?, centre(self)?]);
        match self.metric.kind {
            Kind::Ratio(_) => [Statistic::Pooled, Statistic::MeanOfRatios, Statistic::Rate]
                .iter()
                .filter_map(|statistic| both(&|of| of.printed(*statistic)))
                .collect(),
            _ => both(&Self::mean).into_iter().collect(),
        }
    }

    /// The sum over the runs, printed or from the mean.
    pub fn total(&self) -> Option<Value> {
        let product = || {
            let (mean, n) = (self.printed(Statistic::Mean)?, self.n()?);
            Some(Value::new(mean.bounds * n.bounds, format!("{} × {}", mean.text, n.text)))
        };
        self.printed(Statistic::Total).or_else(product)
    }

    /// The standard deviation over the runs, printed or from the standard error of the mean.
    pub fn sd(&self) -> Option<Value> {
        let from_error = || {
            let (error, n) = (self.printed(Statistic::StandardErrorOfMean)?, self.n()?);
            Some(Value::new(error.bounds * n.bounds.sqrt(), format!("({} × √{})", error.text, n.text)))
        };
        self.printed(Statistic::Sd).or_else(from_error)
    }

    /// The difference that a t-test is of, treatment − baseline, from the means; of a ratio it is one of the runs' ratios.
    pub fn tested(&self) -> Option<Value> {
        let (treatment, baseline) = (self.mean_of_values()?, self.baseline().mean_of_values()?);
        Some(Value::new(treatment.bounds - baseline.bounds, format!("({} − {})", treatment.text, baseline.text)))
    }

    /// The same, as printed where it is: but a printed difference of a ratio may be of another estimator.
    pub fn difference(&self) -> Option<Value> {
        match self.metric.kind {
            Kind::Ratio(_) => self.tested(),
            _ => self.printed(Statistic::Difference).or_else(|| self.tested()),
        }
    }

    /// The moments of the baseline and of this mode, where they are printed.
    pub fn moments(&self) -> Option<Moments> {
        let [a, b] = [self.baseline(), *self];
        let n = [a.n()?, b.n()?];
        if n.iter().any(|n| n.bounds.low < 2.0) {
            return None;
        }
        Some(Moments { sd: [a.sd()?, b.sd()?], n, test: self.facts.claims.design.test() })
    }
}

/// What is printed of the spread of two modes.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    pub sd: [Value; 2],
    pub n: [Value; 2],
    pub test: PrintedTest,
}

impl Moments {
    pub fn modes(&self) -> super::attainable::Modes {
        super::attainable::Modes {
            sd: [0, 1].map(|i| self.sd[i].bounds.at_least(0.0)),
            n: [0, 1].map(|i| self.n[i].bounds.low),
            test: self.test,
        }
    }

    /// The standard error, as a formula of what is printed.
    pub fn standard_error(&self) -> String {
        let [a, b] = [0, 1].map(|i| format!("{}²", self.sd[i].text));
        let [m, n] = [0, 1].map(|i| self.n[i].text.as_str());
        match self.test {
            PrintedTest::Welch if m == n => format!("√(({a} + {b}) ÷ {n})"),
            PrintedTest::Welch => format!("√({a} ÷ {m} + {b} ÷ {n})"),
            PrintedTest::Student => format!("({} × √(1 ÷ {m} + 1 ÷ {n}))", self.pooled_sd()),
        }
    }

    pub fn pooled_sd(&self) -> String {
        format!("√({})", self.pooled_variance())
    }

    pub fn pooled_variance(&self) -> String {
        let [a, b] = [0, 1].map(|i| format!("{}²", self.sd[i].text));
        let [m, n] = [0, 1].map(|i| self.n[i].bounds.low - 1.0);
        if m == n { format!("({a} + {b}) ÷ 2") } else { format!("({m} × {a} + {n} × {b}) ÷ {}", m + n) }
    }
}

/// A figure without what stands before it.
fn bare(text: &str) -> String {
    let text = text.trim_start_matches(['<', '≪', '≤', '>', '≫', '≥', '≈', '~', '×', '=', ' ', '+']);
    text.trim().replace('-', "−")
}
