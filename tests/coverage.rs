//! How often each 95 % interval holds the truth, and how often each 5 % test rejects a true hypothesis, by simulation.
//!
//! `tests/coverage.md` is the table of many repetitions, which the documentation shows. Here it is checked that few
//! repetitions agree with it to the binomial error, and that every cell that is not nominal has its reason.
//! `COVERAGE=10000,2000 UPDATE_GOLDEN=1 cargo test --release -- coverage` makes the table again, with so many repetitions
//! of most methods and of those that are slow; `COVERAGE=letters` only writes its letters and their reasons again, and
//! `COVERAGE_OF=welch,ratio_of_means` beside the repetitions only the rows of these methods.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use meshstats::stats::distribution::normal;
use meshstats::stats::rng::Rng;
use meshstats::stats::{Answer, Compute, Estimand, Events, Kind, METHODS, Method, Moments, Result, Settings};
use rayon::prelude::*;

const SIZES: [usize; 3] = [5, 20, 100];
const LEVEL: f64 = 0.95;
/// Resamples of bootstraps and Monte Carlo tests; fewer than a report takes, as thousands of reports are simulated.
const RESAMPLES: usize = 999;
/// How many standard errors a proportion may be off: about one in 30,000 cells is by chance.
const TOLERANCE: f64 = 4.0;

/// How runs vary: their mean is `MEAN` and their standard deviation 1, in the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Model {
    Normal,
    /// Lognormal, skewness 1.75: a long tail of slow runs.
    Skewed,
    /// Normal, the treatment with three times the baseline's SD.
    Heteroscedastic,
    /// Normal, rounded to half a standard deviation: ties.
    Tied,
    /// Counts that are Poisson given their exposure.
    Poisson,
    /// Counts whose rate varies between runs by a fifth.
    Clustered,
}

const OF_VALUES: [Model; 4] = [Model::Normal, Model::Skewed, Model::Heteroscedastic, Model::Tied];
const OF_COUNTS: [Model; 2] = [Model::Poisson, Model::Clustered];

const MEAN: f64 = 10.0;
/// How far the treatment's mean is off where there is an effect, in SDs of the baseline; and the rate ratio there.
const EFFECT: f64 = 1.0;
const RATIO: f64 = 1.5;
/// Of the variance, what the runs of a block share.
const SHARED: f64 = 0.6;
/// Of the logarithm of the skewed values.
const LOG_SD: f64 = 0.5;

impl Model {
    fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Skewed => "skewed",
            Self::Heteroscedastic => "heteroscedastic",
            Self::Tied => "tied",
            Self::Poisson => "Poisson",
            Self::Clustered => "clustered",
        }
    }

    /// A value with mean 0 and SD 1 from a standard normal number; rounding comes later.
    fn shape(self, z: f64) -> f64 {
        if self == Self::Skewed {
            let (mean, sd) = lognormal();
            ((LOG_SD * z).exp() - mean) / sd
        } else {
            z
        }
    }

    fn sd(self, treatment: bool) -> f64 {
        if self == Self::Heteroscedastic && treatment { 3.0 } else { 1.0 }
    }

    fn value(self, deviation: f64, treatment: bool, effect: f64) -> f64 {
        let value = MEAN + self.sd(treatment) * deviation + if treatment { effect } else { 0.0 };
        if self == Self::Tied { (value * 2.0).round() / 2.0 } else { value }
    }
}

fn lognormal() -> (f64, f64) {
    let square = LOG_SD * LOG_SD;
    ((square / 2.0).exp(), ((square.exp() - 1.0) * square.exp()).sqrt())
}

/// Two simulated modes.
struct Data {
    values: [Vec<f64>; 2],
    pairs: [Vec<f64>; 2],
    events: [Vec<Events>; 2],
}

impl Data {
    fn simulate(model: Model, n: usize, effect: bool, rng: &mut Rng) -> Self {
        let shift = if effect { EFFECT } else { 0.0 };
        let both = [false, true];
        if OF_COUNTS.contains(&model) {
            let events = both.map(|treatment| {
                let ratio = if treatment && effect { RATIO } else { 1.0 };
                (0..n).map(|_| count(model, ratio, rng)).collect()
            });
            return Self { values: [Vec::new(), Vec::new()], pairs: [Vec::new(), Vec::new()], events };
        }
        let values = both.map(|treatment| {
            (0..n).map(|_| model.value(model.shape(rng.normal()), treatment, shift)).collect::<Vec<f64>>()
        });
        let blocks: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let pairs = both.map(|treatment| {
            let mut own = |block: &f64| SHARED.sqrt() * block + (1.0 - SHARED).sqrt() * model.shape(rng.normal());
            blocks.iter().map(|block| model.value(own(block), treatment, shift)).collect()
        });
        Self { values, pairs, events: [Vec::new(), Vec::new()] }
    }

    fn answer(&self, method: &Method, settings: &Settings) -> Option<Result<Answer>> {
        let counts = !self.events[0].is_empty();
        Some(match method.compute {
            Compute::Events(run) if counts => run(&self.events[0], &self.events[1], settings),
            _ if counts => return None,
            Compute::Sample(run) => run(&self.values[0], settings),
            Compute::Moments(run) => {
                Moments::of(&self.values[0]).and_then(|a| run(&a, &Moments::of(&self.values[1])?, settings))
            }
            Compute::Samples(run) => run(&self.values[0], &self.values[1], settings),
            Compute::Pairs(run) => run(&self.pairs[0], &self.pairs[1], settings),
            _ => return None,
        })
    }
}

/// One run's events: exposures from 20 to 60, some 3 events per unit.
fn count(model: Model, ratio: f64, rng: &mut Rng) -> Events {
    let exposure = 20.0 + rng.below(41) as f64;
    let spread = 0.2;
    let burst = if model == Model::Clustered { (spread * rng.normal() - spread * spread / 2.0).exp() } else { 1.0 };
    Events { count: poisson(3.0 * ratio * exposure * burst, rng), exposure }
}

/// By the number of exponential waits that fit.
fn poisson(mean: f64, rng: &mut Rng) -> f64 {
    let (mut waited, mut count) = (0.0, 0.0);
    loop {
        waited -= (1.0 - rng.uniform()).ln();
        if waited > mean {
            return count;
        }
        count += 1.0;
    }
}

/// The true value of what a method estimates.
fn truth(method: &Method, model: Model, effect: bool) -> Option<f64> {
    let shift = if effect { EFFECT } else { 0.0 };
    let [first, second] = [false, true].map(|treatment| model.sd(treatment));
    // Rounding adds the variance of an even distribution over the step.
    let [first, second] =
        [first, second].map(|sd| if model == Model::Tied { (sd * sd + 0.25 / 12.0).sqrt() } else { sd });
    let average = ((first * first + second * second) / 2.0).sqrt();
    match method.estimand {
        Estimand::None => None,
        Estimand::Mean => Some(MEAN),
        Estimand::Quantile => Some(MEAN + if model == Model::Skewed { model.shape(0.0) } else { 0.0 }),
        Estimand::MeanDifference | Estimand::QuantileDifference | Estimand::Shift => Some(shift),
        Estimand::RelativeChange => Some(shift / MEAN),
        Estimand::RateRatio => Some(if effect { RATIO } else { 1.0 }),
        Estimand::Superiority => Some(superiority(model, shift)),
        Estimand::Dominance => Some(2.0 * superiority(model, shift) - 1.0),
        Estimand::StandardisedDifference => Some(match method.id {
            "glass_delta" => shift / first,
            // Pairs share a part of the baseline's deviation, scaled as each mode's own.
            "d_z" => shift / (first * first + second * second - 2.0 * first * second * shared(model)).sqrt(),
            _ => shift / average,
        }),
    }
}

/// The correlation of the pairs.
fn shared(model: Model) -> f64 {
    if model == Model::Tied { SHARED / (1.0 + 0.25 / 12.0) } else { SHARED }
}

/// P(T > B) + ½·P(T = B), by the distribution function of one mode at the quantiles of the other.
fn superiority(model: Model, shift: f64) -> f64 {
    let cdf = |x: f64| 1.0 - normal::sf(x).unwrap();
    let below = |x: f64| match model {
        Model::Skewed => {
            let (mean, sd) = lognormal();
            let y = (x - MEAN) * sd + mean;
            if y > 0.0 { cdf(y.ln() / LOG_SD) } else { 0.0 }
        }
        // Of a rounded value: half of its own probability counts.
        Model::Tied => (cdf(x - MEAN - 0.25) + cdf(x - MEAN + 0.25)) / 2.0,
        _ => cdf(x - MEAN),
    };
    let steps = 20_000;
    let total: f64 = (0..steps)
        .map(|k| {
            let z = normal::quantile((f64::from(k) + 0.5) / f64::from(steps)).unwrap();
            below(model.value(model.shape(z), true, shift))
        })
        .sum();
    total / f64::from(steps)
}

/// What of a method is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Quantity {
    /// The share of intervals that hold the truth, where there is an effect.
    Coverage,
    /// The share of tests that reject, where there is none.
    Size,
}

/// By method, quantity, model and n: hits, repetitions.
type Cells = BTreeMap<(String, Quantity, String, usize), (usize, usize)>;

fn measured() -> impl Iterator<Item = &'static Method> {
    METHODS.iter().filter(|method| matches!(method.kind, Kind::Test | Kind::EffectSize | Kind::Interval))
}

/// The methods whose rows are made again.
fn wanted() -> Vec<&'static Method> {
    let ids = std::env::var("COVERAGE_OF").ok();
    let is_wanted = |method: &&Method| ids.as_ref().is_none_or(|ids| ids.split(',').any(|id| id == method.id));
    measured().filter(is_wanted).collect()
}

/// Methods that resample or count, and take a hundred times as long as the others.
fn is_slow(method: &Method) -> bool {
    const COUNTING: [&str; 5] = ["permutation", "sign_flip", "mann_whitney", "hodges_lehmann", "signed_rank"];
    method.id.starts_with("bootstrap") || COUNTING.contains(&method.id)
}

fn simulate(quick: usize, slow: usize) -> Cells {
    let settings = Settings { level: LEVEL, resamples: RESAMPLES, ..Settings::default() };
    let mut cells = Cells::new();
    let methods = wanted();
    for model in OF_VALUES.into_iter().chain(OF_COUNTS) {
        for n in SIZES {
            let truths: Vec<Option<f64>> = methods.iter().map(|method| truth(method, model, true)).collect();
            let hits: Vec<Vec<(usize, Quantity, bool)>> = (0..quick)
                .into_par_iter()
                .map(|repetition| {
                    let mut rng = Rng::new(((n as u64) << 40) | ((model as u64) << 32) | repetition as u64);
                    let with = Data::simulate(model, n, true, &mut rng);
                    let without = Data::simulate(model, n, false, &mut rng);
                    let settings = Settings { seed: repetition as u64, ..settings };
                    let mut hits = Vec::new();
                    for (i, method) in methods.iter().enumerate() {
                        if is_slow(method) && repetition >= slow {
                            continue;
                        }
                        let covered = with.answer(method, &settings).and_then(|answer| covers(answer, truths[i]?));
                        hits.extend(covered.map(|hit| (i, Quantity::Coverage, hit)));
                        if method.kind == Kind::Test {
                            let p =
                                without.answer(method, &settings).map(|answer| answer.ok().and_then(|a| a.p_value()));
                            // A test that is undefined does not reject.
                            hits.extend(p.map(|p| (i, Quantity::Size, p.is_some_and(|p| p <= 1.0 - LEVEL))));
                        }
                    }
                    hits
                })
                .collect();
            let ids: Vec<&str> = methods.iter().map(|method| method.id).collect();
            for (i, quantity, hit) in hits.into_iter().flatten() {
                let cell = cells.entry((ids[i].to_owned(), quantity, model.name().to_owned(), n)).or_default();
                cell.0 += usize::from(hit);
                cell.1 += 1;
            }
        }
    }
    cells
}

/// Whether an interval holds the truth; `None` where the method gives none. An interval that is unbounded on a side
/// holds all that is there, and an undefined one holds nothing.
fn covers(answer: Result<Answer>, truth: f64) -> Option<bool> {
    let Ok(answer) = answer else { return Some(false) };
    let interval = answer.interval()?;
    if interval.lower.is_none() && interval.upper.is_none() && answer.p_value().is_some() {
        return None;
    }
    let slack = 1e-12 * truth.abs();
    Some(
        interval.lower.is_none_or(|low| low <= truth + slack)
            && interval.upper.is_none_or(|high| truth - slack <= high),
    )
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/coverage.md")
}

/// The table: a row a method, a column a model and n; percentages.
fn table(cells: &Cells) -> String {
    let mut text = String::from(
        "# Coverage of the intervals, size of the tests\n\n\
         By simulation with a fixed seed (`tests/coverage.rs` says how the runs are drawn). Coverage: how many of 100 95 % \
         intervals hold the true value, where the treatment's mean is one SD higher (rates: 1.5 times as high). Size: how \
         many of 100 tests at the 5 % level reject, where there is no effect. Columns: the model, and n runs a mode. \
         Nominal are 95 and 5; a cell with a letter is further from it than the simulation's error explains, and the \
         letter's reason stands below. Methods for pairs saw runs in blocks that share 60 % of their variance.\n",
    );
    for (quantity, title) in
        [(Quantity::Coverage, "Coverage of 95 % intervals (%)"), (Quantity::Size, "Size of 5 % tests (%)")]
    {
        for models in [&OF_VALUES[..], &OF_COUNTS[..]] {
            let ids: Vec<&str> = measured()
                .map(|method| method.id)
                .filter(|id| {
                    cells
                        .keys()
                        .any(|key| key.0 == *id && key.1 == quantity && models.iter().any(|m| m.name() == key.2))
                })
                .collect();
            let columns: Vec<(Model, usize)> = models.iter().flat_map(|m| SIZES.map(|n| (*m, n))).collect();
            let of = if models[0] == Model::Poisson { ", rates" } else { "" };
            let _ = writeln!(text, "\n## {title}{of}\n");
            let _ = write!(text, "| method | repetitions |");
            for (model, n) in &columns {
                let _ = write!(text, " {} {n} |", model.name());
            }
            let _ = write!(text, "\n| :-- | --: |{}\n", " --: |".repeat(columns.len()));
            for id in ids {
                let cell =
                    |(model, n): &(Model, usize)| cells.get(&(id.to_owned(), quantity, model.name().to_owned(), *n));
                let repetitions = columns.iter().filter_map(cell).map(|(_, of)| *of).max().unwrap_or(0);
                let _ = write!(text, "| {id} | {repetitions} |");
                for column in &columns {
                    match cell(column) {
                        Some(&(hits, of)) => {
                            let share = hits as f64 / of as f64;
                            let letter = if is_nominal(quantity, share, of) {
                                String::new()
                            } else {
                                format!(
                                    " {}",
                                    reason(id, quantity, column.0.name(), column.1, share)
                                        .map_or('?', |(letter, _)| letter)
                                )
                            };
                            let _ = write!(text, " {:.1}{letter} |", share * 100.0);
                        }
                        None => text.push_str(" |"),
                    }
                }
                text.push('\n');
            }
        }
    }
    text.push_str("\n## Why some are off\n\n");
    for (letter, reason) in REASONS {
        let _ = writeln!(text, "- **{letter}**: {reason}");
    }
    text
}

fn nominal(quantity: Quantity) -> f64 {
    if quantity == Quantity::Coverage { LEVEL } else { 1.0 - LEVEL }
}

fn error(share: f64, of: usize) -> f64 {
    (share * (1.0 - share) / of as f64).sqrt()
}

fn is_nominal(quantity: Quantity, share: f64, of: usize) -> bool {
    let nominal = nominal(quantity);
    (share - nominal).abs() <= TOLERANCE * error(nominal, of)
}

/// Why cells are off, by letter.
const REASONS: &[(char, &str)] = &[
    (
        'a',
        "the method takes the values for normal; where they are skewed, its standard error and its centre vary together \
         (means), or the spread of an effect size's denominator depends on the kurtosis, which more runs do not mend.",
    ),
    (
        'b',
        "a large-sample approximation with few runs: the bootstrap draws from too few values, the ranks from too few \
         orders, the likelihood from too few counts.",
    ),
    (
        'c',
        "discrete: few p-values or few order statistics are attainable, so the method errs on the safe side; more so where \
         values tie.",
    ),
    (
        'd',
        "the studentised bootstrap of a quantile rests on a standard error that is unstable where values tie or are few.",
    ),
    ('e', "an approximate interval that is wider than it needs to be."),
    (
        'f',
        "counts that vary more between runs than Poisson counts do: the Poisson method takes that for an effect. \
         `overdispersion` notes it; the run-clustered `rate_ratio` is the default for that reason.",
    ),
    ('g', "the method takes the modes to differ by a shift alone, with equal variances, and they do not."),
];

/// The letter of the reason why a cell may be off; `None` where it may not.
fn reason(id: &str, quantity: Quantity, model: &str, n: usize, share: f64) -> Option<(char, &'static str)> {
    let conservative = if quantity == Quantity::Coverage { share > LEVEL } else { share < 1.0 - LEVEL };
    const EFFECTS: [&str; 6] = ["cohen_d", "hedges_g", "d_average", "g_average", "glass_delta", "d_z"];
    const EXACT: [&str; 7] =
        ["permutation", "mann_whitney", "hodges_lehmann", "sign_flip", "signed_rank", "median", "bootstrap_quantile"];
    let by_rank = ["brunner_munzel", "superiority", "cliffs_delta"].contains(&id);
    let letter = match id {
        "poisson_ratio" if model == "clustered" => 'f',
        "student" | "cohen_d" | "hedges_g" | "hodges_lehmann" if model == "heteroscedastic" => 'g',
        _ if EXACT.contains(&id) && conservative => 'c',
        _ if by_rank && conservative => 'e',
        "bootstrap_quantile_t" | "bootstrap_quantile_difference_t" => 'd',
        "negative_binomial" | "bootstrap_rate_ratio" | "bootstrap_rate_ratio_t" if !conservative => 'b',
        _ if id.starts_with("bootstrap") && !conservative && model != "skewed" => 'b',
        _ if by_rank && n < 100 => 'b',
        _ if EFFECTS.contains(&id) && model == "skewed" => 'a',
        _ if model == "skewed" && !conservative => 'a',
        _ if conservative => 'e',
        _ => return None,
    };
    REASONS.iter().find(|(known, _)| *known == letter).copied()
}

/// The cells of the committed table.
fn documented() -> Cells {
    let text = fs::read_to_string(path()).expect("tests/coverage.md is there");
    let mut cells = Cells::new();
    let (mut quantity, mut columns) = (Quantity::Coverage, Vec::new());
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            quantity = if title.starts_with("Size") { Quantity::Size } else { Quantity::Coverage };
        }
        let row: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match row.as_slice() {
            ["method", "repetitions", rest @ ..] => {
                columns = rest.iter().map(|c| (*c).to_owned()).collect::<Vec<String>>()
            }
            [id, repetitions, rest @ ..] if !columns.is_empty() && repetitions.parse::<usize>().is_ok() => {
                let of: usize = repetitions.parse().unwrap();
                for (column, cell) in columns.iter().zip(rest).filter(|(_, cell)| !cell.is_empty()) {
                    let (model, n) = column.rsplit_once(' ').unwrap();
                    let share: f64 = cell.split(' ').next().unwrap().parse().unwrap();
                    let hits = (share / 100.0 * of as f64).round() as usize;
                    cells.insert(((*id).to_owned(), quantity, model.to_owned(), n.parse().unwrap()), (hits, of));
                }
            }
            _ => {}
        }
    }
    cells
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without --release")]
fn few_repetitions_agree_with_the_table() {
    if let Ok(repetitions) = std::env::var("COVERAGE") {
        let cells = match repetitions.split_once(',') {
            Some((quick, slow)) => {
                let mut cells = if std::env::var_os("COVERAGE_OF").is_some() { documented() } else { Cells::new() };
                cells.extend(simulate(quick.parse().unwrap(), slow.parse().unwrap()));
                cells
            }
            None => documented(),
        };
        let text = table(&cells);
        println!("{text}");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(path(), text).unwrap();
        }
        return;
    }
    let cells = simulate(400, 100);
    let documented = documented();
    let known: Vec<_> = documented.keys().collect();
    assert_eq!(cells.keys().collect::<Vec<_>>(), known, "make the table again: see the head of tests/coverage.rs");
    let mut off = Vec::new();
    for (key, &(hits, of)) in &cells {
        let (documented_hits, documented_of) = documented[key];
        let (share, expected) = (hits as f64 / of as f64, documented_hits as f64 / documented_of as f64);
        // Wilson's variance: a share of 0 or 1 has an error too. The table is rounded to a thousandth.
        let middle = (expected * of as f64 + 2.0) / (of as f64 + 4.0);
        let allowed = TOLERANCE * (error(middle, of).powi(2) + error(middle, documented_of).powi(2)).sqrt() + 1e-3;
        if (share - expected).abs() > allowed {
            off.push(format!("{key:?}: {share:.3} of {of}, the table says {expected:.3} ± {allowed:.3}"));
        }
    }
    assert!(off.is_empty(), "{}", off.join("\n"));
}

#[test]
fn what_is_not_nominal_has_its_reason() {
    let unexplained: Vec<String> = documented()
        .iter()
        .filter_map(|((id, quantity, model, n), &(hits, of))| {
            let share = hits as f64 / of as f64;
            let explained = is_nominal(*quantity, share, of) || reason(id, *quantity, model, *n, share).is_some();
            (!explained).then(|| format!("{id}, {quantity:?}, {model} {n}: {share:.3}"))
        })
        .collect();
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}
