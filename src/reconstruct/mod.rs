//! Raw logs that agree with what a paper printed about its own, which were never published.
//!
//! # Definition
//!
//! For every mode of a claims file, as many wrk and iperf3 logs as there were runs, whose values *as written in the
//! logs* (rounded as the tools round) have the printed means, standard deviations, maxima, totals and ratios, each to
//! the printed precision. Infinitely many such sets exist; the seed chooses one, drawn to be unremarkable. What was not
//! printed (percentiles, RTT, CPU, …) is plausible and consistent within a log, and nothing more.
//!
//! A printed change of a mean is met like the means. What a test gives (t, df, p, …) follows from the means and standard
//! deviations: it is listed, recomputed, and constrains nothing. Where two printed figures exclude each other, the one
//! that comes first in the claims file is met and the other is listed as contradicting it.
//!
//! # References
//!
//! Heathers, Anaya, van der Zee, Brown, "Recovering data from summary statistics: Sample Parameter Reconstruction via
//! Iterative TEchniques (SPRITE)", 2018, doi:10.7287/peerj.preprints.26968v1. Brown, Heathers, "The GRIM test", 2017,
//! doi:10.1177/1948550616673876.

mod iperf3;
mod plan;
mod search;
mod target;
mod wrk;

use std::collections::BTreeMap;
use std::fmt;

use crate::claims::{Cell, Claims, Design, Statistic};
use crate::error::{Fault, Problem};
use crate::metric::Values;
use crate::run::Tool;
use crate::stats::cohen_d::cohen_d;
use crate::stats::hedges_g::hedges_g;
use crate::stats::rng::Rng;
use crate::stats::welch::welch;
use crate::stats::{Alternative, Moments};
use plan::{Change, Plans};
use target::Target;

/// The seed where none is given.
pub const DEFAULT_SEED: u64 = 1;

/// Says in every log that can carry a remark, and in what is written beside them, what the logs are.
pub const NOTICE: &str = "reconstructed from published summary statistics; not a measurement";

/// Logs, and how they stand to every printed figure.
#[derive(Clone, Debug)]
pub struct Reconstruction {
    /// Relative path and content: `{mode}/{tool}/run-01.{ext}`.
    pub files: Vec<(String, Vec<u8>)>,
    /// One for each printed figure, in the order of the claims file.
    pub constraints: Vec<Constraint>,
}

/// One printed figure beside what the logs give.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// Where it was printed, its row and its mode.
    pub claim: String,
    /// As printed.
    pub printed: String,
    /// Recomputed from the values in the logs, in the unit that was meant; two numbers for an interval, none where it is
    /// undefined.
    pub achieved: Vec<f64>,
    pub verdict: Verdict,
}

/// What became of a printed figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The logs give it, at the printed precision.
    Met,
    /// It cannot hold beside the named claim, which comes first in the claims file and was met instead.
    Contradicts(String),
    /// A test's result: it follows from other figures, so it was recomputed and constrained nothing.
    Derived,
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let achieved: Vec<_> = self.achieved.iter().map(|number| brief(*number)).collect();
        let achieved = if achieved.is_empty() { "undefined".to_owned() } else { achieved.join("; ") };
        write!(f, "{}: printed {}, logs {achieved}: ", self.claim, self.printed)?;
        match &self.verdict {
            Verdict::Met => f.write_str("met"),
            Verdict::Contradicts(claim) => write!(f, "contradicts {claim}"),
            Verdict::Derived => f.write_str("derived"),
        }
    }
}

/// Six significant digits.
fn brief(number: f64) -> String {
    let rounded = format!("{number:.5e}").parse().unwrap_or(number);
    if number.abs() < 1e-6 { format!("{rounded:e}") } else { rounded.to_string() }
}

/// Logs of as many runs as asked for, which meet the targets where that is possible.
type Logs = fn(&Design, &[Target], usize, &mut Rng) -> Result<Vec<Log>, Fault>;

/// A tool whose logs can be written.
struct Writer {
    tool: Tool,
    extension: &'static str,
    /// The metrics that its logs determine.
    metrics: &'static [&'static str],
    logs: Logs,
}

static WRITERS: &[Writer] = &[wrk::WRITER, iperf3::WRITER];

/// One log, and its values as written.
struct Log {
    values: Values,
    content: String,
}

impl Writer {
    /// The writer of the logs that a figure is about.
    fn of(cell: &Cell) -> Result<&'static Self, Fault> {
        WRITERS.iter().find(|writer| writer.metrics.contains(&&*cell.metric.id)).ok_or_else(|| {
            let known: Vec<_> = WRITERS.iter().flat_map(|writer| writer.metrics).copied().collect();
            let what = format!("{}: `{}` cannot be written into a log", say(cell), cell.metric.id);
            Fault::new(what, format!("remove this claim; these can be: {}", known.join(", ")))
        })
    }
}

/// How messages name a printed figure.
fn say(cell: &Cell) -> String {
    format!("{} (printed {})", cell.label(), cell.printed.text)
}

/// Writes logs that give every figure of the claims file at its printed precision.
///
/// The same claims and seed give the same bytes on every machine (hence `libm` and not the platform's functions). Fails, naming the claims, when a printed set cannot be met or is not
/// enough to write a log.
pub fn reconstruct(claims: &Claims, seed: u64) -> Result<Reconstruction, Problem> {
    let mut rng = Rng::new(seed);
    let mut drawn = draw(claims, &mut rng);
    for _ in 1..ATTEMPTS {
        if drawn.is_ok() {
            break;
        }
        drawn = draw(claims, &mut rng);
    }
    drawn.map_err(|fault| fault.at(&claims.path))
}

/// The runs of each mode and tool.
type Runs<'a> = BTreeMap<(&'a str, Tool), Vec<Values>>;

/// A printed set that cannot be met is recognised by this many draws, each with its own search, that did not meet it.
const ATTEMPTS: u32 = 8;

fn draw(claims: &Claims, rng: &mut Rng) -> Result<Reconstruction, Fault> {
    let cells: Vec<Cell> = claims.cells().collect();
    let plans = Plans::of(claims, &cells)?;
    if plans.of.values().all(|plan| plan.targets.is_empty()) {
        let what = "nothing is printed of the runs that logs could be written of";
        return Err(Fault::new(what, "add claims of means, totals or rates of wrk's or iperf3's metrics"));
    }
    let (mut files, mut runs) = (Vec::new(), Runs::new());
    for mode in &claims.modes {
        for writer in WRITERS {
            let Some(plan) = plans.of.get(&(mode.id.as_str(), writer.tool)) else { continue };
            let shifts = plans.shifts.iter().filter(|cell| cell.mode == mode.id);
            let shifts = shifts.filter_map(|cell| shifted(cell, runs.get(&(plans.baseline, writer.tool))?));
            let mine = |target: &Target| writer.metrics.contains(&&*target.cell.metric.id);
            let targets: Vec<_> = plan.targets.iter().copied().chain(shifts.filter(mine)).collect();
            let logs = (writer.logs)(&claims.design, &targets, plan.n, rng)?;
            let mut values = Vec::with_capacity(plan.n);
            for (run, log) in (1..).zip(logs) {
                let path = format!("{}/{}/run-{run:02}.{}", mode.id, writer.tool.name(), writer.extension);
                files.push((path, log.content.into_bytes()));
                values.push(log.values);
            }
            demand(&targets, &values)?;
            runs.insert((&mode.id, writer.tool), values);
        }
    }
    let constraints = cells.iter().map(|cell| constraint(cell, &claims.design, &plans, &runs)).collect();
    Ok(Reconstruction { files, constraints })
}

/// What a printed change demands of the treatment, now that the baseline's runs are known.
fn shifted<'a>(cell: &Cell<'a>, baseline: &[Values]) -> Option<Target<'a>> {
    let mean = target::statistic(cell.metric, Statistic::Mean, baseline)?;
    Some(Target::on_mean(*cell, Change::of(cell)?.from((mean, mean))))
}

/// Fails with the names of the claims that the runs do not meet, and of those beside which they were sought.
fn demand(targets: &[Target], runs: &[Values]) -> Result<(), Fault> {
    let (met, missed): (Vec<_>, Vec<_>) = targets.iter().partition(|target| target.met(runs));
    if missed.is_empty() {
        return Ok(());
    }
    let nearest = |target: &&Target| {
        let cell = &target.cell;
        match target::statistic(cell.metric, cell.claim.statistic, runs) {
            Some(achieved) => format!("{}, nearest {}", say(cell), brief(achieved / cell.factor)),
            None => say(cell),
        }
    };
    let missed: Vec<_> = missed.iter().map(nearest).collect();
    let met: Vec<_> = met.iter().map(|target| say(&target.cell)).collect();
    let beside = if met.is_empty() { String::new() } else { format!(" beside {}", met.join("; ")) };
    let what = format!("no {} runs were found that give {}{beside}", runs.len(), missed.join("; "));
    let remedy = "not all can be right, or they have more digits than such logs can give: compare them with the publication, \
                  and correct or leave out one";
    Err(Fault::new(what, remedy))
}

fn constraint(cell: &Cell, design: &Design, plans: &Plans, runs: &Runs) -> Constraint {
    let of = |mode| runs.get(&(mode, Writer::of(cell).ok()?.tool));
    let statistic = cell.claim.statistic;
    let achieved = if statistic.is_comparison() {
        let sides = of(plans.baseline).zip(of(cell.mode));
        sides.and_then(|(baseline, treatment)| comparison(cell, baseline, treatment, design.level()))
    } else {
        of(cell.mode).and_then(|runs| target::statistic(cell.metric, statistic, runs)).map(|value| vec![value])
    };
    let verdict = match plans.contradicts(cell) {
        Some(earlier) => Verdict::Contradicts(earlier.to_owned()),
        None if plan::is_derived(statistic) && !plans.meets(cell) => Verdict::Derived,
        None => Verdict::Met,
    };
    let achieved = achieved.into_iter().flatten().map(|value| value / cell.factor).collect();
    Constraint { claim: cell.label(), printed: cell.printed.text.clone(), achieved, verdict }
}

/// A comparison's statistic in base units, treatment − baseline, tests by Welch; `None` where undefined.
fn comparison(cell: &Cell, baseline: &[Values], treatment: &[Values], confidence: f64) -> Option<Vec<f64>> {
    let moments: (Moments, Moments) =
        target::moments(cell.metric, baseline).zip(target::moments(cell.metric, treatment))?;
    let (baseline, treatment) = (&moments.0, &moments.1);
    let test = welch(baseline, treatment, Alternative::TwoSided, confidence);
    let one = match cell.claim.statistic {
        Statistic::Difference => Some(treatment.mean - baseline.mean),
        Statistic::PercentChange => Some(treatment.mean / baseline.mean - 1.0),
        Statistic::Ratio => Some(treatment.mean / baseline.mean),
        Statistic::StandardError => test.ok()?.standard_error,
        Statistic::T => test.ok()?.statistic,
        Statistic::Df => test.ok()?.df,
        Statistic::P => Some(test.ok()?.p_value),
        Statistic::CohenD => Some(cohen_d(baseline, treatment, confidence).ok()?.estimate),
        Statistic::HedgesG => Some(hedges_g(baseline, treatment, confidence).ok()?.estimate),
        Statistic::Ci => {
            let interval = test.ok()?.interval;
            return Some(vec![interval.lower?, interval.upper?]);
        }
        _ => None,
    };
    one.filter(|value| value.is_finite()).map(|value| vec![value])
}
