//! What the claims file demands of each mode and tool, free of contradictions.

use std::collections::BTreeMap;

use super::target::{Range, Target, range};
use super::{Writer, say};
use crate::claims::{Cell, Claims, Printed, Statistic};
use crate::error::Fault;
use crate::metric::Kind;
use crate::run::Tool;

/// The demands on every mode and tool of which something was printed.
#[derive(Default)]
pub(super) struct Plans<'a> {
    pub baseline: &'a str,
    pub of: BTreeMap<(&'a str, Tool), Plan<'a>>,
    /// Changes of a mean that hold beside the printed means: met when the treatment is drawn.
    pub shifts: Vec<Cell<'a>>,
    /// Figures that an earlier one excludes, and that one.
    contradicted: Vec<(&'a Printed, String)>,
}

/// The demands on the logs of one tool in one mode.
pub(super) struct Plan<'a> {
    /// How many runs.
    pub n: usize,
    pub targets: Vec<Target<'a>>,
}

impl<'a> Plans<'a> {
    pub fn of(claims: &'a Claims, cells: &[Cell<'a>]) -> Result<Self, Fault> {
        let mut plans = Self { baseline: claims.modes.first().map_or("", |mode| &mode.id), ..Self::default() };
        let (comparisons, summaries): (Vec<Cell>, Vec<Cell>) =
            cells.iter().copied().partition(|cell| is_derived(cell.claim.statistic));
        if let Some(cell) = cells.iter().find(|cell| cell.claim.scenario.is_some()) {
            let what = format!("{} names a scenario", say(cell));
            return Err(Fault::new(
                what,
                "give each scenario a claims file of its own: its logs are a study of their own",
            ));
        }
        let mut by_logs: BTreeMap<_, Vec<Cell<'a>>> = BTreeMap::new();
        for cell in summaries {
            by_logs.entry((cell.mode, Writer::of(&cell)?.tool)).or_default().push(cell);
        }
        for (logs, cells) in by_logs {
            let n = run_count(claims.design.runs, &cells)?;
            plans.of.insert(logs, Plan { n, targets: Vec::new() });
            for target in cells.into_iter().filter_map(|cell| Target::of(cell, n)) {
                plans.demand(logs, target);
            }
        }
        for cell in comparisons {
            plans.shift(cell)?;
        }
        Ok(plans)
    }

    /// The figure that was met instead of this one.
    pub fn contradicts(&self, cell: &Cell) -> Option<&str> {
        let found = self.contradicted.iter().find(|(printed, _)| std::ptr::eq(*printed, cell.printed));
        found.map(|(_, earlier)| earlier.as_str())
    }

    /// Whether a printed change is met.
    pub fn meets(&self, change: &Cell) -> bool {
        self.shifts.iter().any(|met| std::ptr::eq(met.printed, change.printed))
    }

    /// Adds a target, unless an earlier one excludes it.
    fn demand(&mut self, logs: (&'a str, Tool), target: Target<'a>) -> bool {
        let Some(plan) = self.of.get_mut(&logs) else { return false };
        let earlier = plan.targets.iter().find(|earlier| earlier.excludes(&target)).map(|earlier| say(&earlier.cell));
        let excluded = earlier.is_some();
        match earlier {
            Some(earlier) => self.contradicted.push((target.cell.printed, earlier)),
            None => plan.targets.push(target),
        }
        !excluded
    }

    /// Takes a printed change of a mean for what it says of the two means.
    fn shift(&mut self, cell: Cell<'a>) -> Result<(), Fault> {
        let tool = Writer::of(&cell)?.tool;
        let Some(change) = Change::of(&cell) else { return Ok(()) };
        let mean = |mode| range(&self.of.get(&(mode, tool))?.targets, &cell.metric.id, Statistic::Mean);
        let (Some(before), after) = (mean(self.baseline), mean(cell.mode)) else { return Ok(()) };
        let Some(treatment) = self.of.get(&(cell.mode, tool)) else { return Ok(()) };
        // Only tried here: the treatment's demand follows from the baseline's mean as drawn.
        let possible = Target::on_mean(cell, change.from(before));
        if let Some(earlier) = treatment.targets.iter().find(|earlier| earlier.excludes(&possible)) {
            self.contradicted.push((cell.printed, say(&earlier.cell)));
            return Ok(());
        }
        if let Some(before) = after.map(|after| change.back(after)) {
            let target = Target::on_mean(cell, before);
            if !self.demand((self.baseline, tool), target) {
                return Ok(());
            }
        }
        self.shifts.push(cell);
        Ok(())
    }
}

/// How a treatment's mean follows from the baseline's, which is never negative.
pub(super) enum Change {
    Add(Range),
    Scale(Range),
}

impl Change {
    /// `None` where the figure is no change of a mean, or leaves it open.
    pub fn of(cell: &Cell) -> Option<Self> {
        let (low, high) = cell.range().filter(|(low, high)| low.is_finite() && high.is_finite())?;
        let change = match (cell.metric.kind, cell.claim.statistic) {
            (Kind::Ratio(_), _) => return None,
            (_, Statistic::Difference) => Self::Add((low, high)),
            (_, Statistic::PercentChange) => Self::Scale((1.0 + low, 1.0 + high)),
            (_, Statistic::Ratio) => Self::Scale((low, high)),
            _ => return None,
        };
        Some(change).filter(|change| !matches!(change, Self::Scale((low, _)) if *low <= 0.0))
    }

    /// The treatment's means that may come from the baseline's.
    pub fn from(&self, (low, high): Range) -> Range {
        match self {
            Self::Add((least, most)) => (low + least, high + most),
            Self::Scale((least, most)) => (low * least, high * most),
        }
    }

    /// The baseline's means that may lead to the treatment's.
    fn back(&self, (low, high): Range) -> Range {
        match self {
            Self::Add((least, most)) => (low - most, high - least),
            Self::Scale((least, most)) => (low / most, high / least),
        }
    }
}

/// Whether a figure follows from means, SDs and totals, so that it is recomputed and demands nothing.
pub(super) fn is_derived(statistic: Statistic) -> bool {
    statistic.is_comparison() || matches!(statistic, Statistic::StandardErrorOfMean | Statistic::CiOfMean)
}

/// The printed number of runs, or the design's.
fn run_count(design: Option<usize>, cells: &[Cell]) -> Result<usize, Fault> {
    let Some(cell) = cells.iter().find(|cell| cell.claim.statistic == Statistic::N) else {
        let missing = || Fault::new("nothing says how many runs there were", "add `runs` to [design]");
        return match design {
            Some(runs) if runs > 1000 => {
                Err(Fault::new(format!("`runs` is {runs}"), "logs can be written of 1000 runs at most"))
            }
            design => design.ok_or_else(missing),
        };
    };
    let n = cell.printed.numbers.first().map_or(0.0, |number| number.value);
    if (1.0..=1000.0).contains(&n) && n.fract() == 0.0 {
        return Ok(n as usize);
    }
    Err(Fault::new(format!("{} is no number of runs", say(cell)), "print an integer from 1 to 1000"))
}
