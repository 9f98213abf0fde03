//! Usual slips: other ways of computing a figure that does not hold. One that gives the printed figure is *consistent
//! with* it, and no more is said; what the authors did, the numbers cannot tell.
//!
//! A slip is one record and one line in [`SLIPS`].

use super::attainable::{Attainable, Modes, correction, critical, normal_critical, normal_p_value, p_value};
use super::bounds::Bounds;
use super::facts::{Moments, Subject, Value};
use super::routes::{self, Derived};
use crate::claims::{PrintedTest, Statistic};
use crate::metric::{GIB, Unit};

/// A figure that does not hold.
pub(super) struct Miss<'s, 'f, 'a> {
    pub of: &'s Subject<'f, 'a>,
    pub statistic: Statistic,
    /// Unit as printed.
    pub unit: Option<&'a str>,
    /// From printed to base units.
    pub factor: f64,
    /// Half a unit of the last printed digit, in base units.
    pub half_digit: f64,
    /// What it should be, by the route that it misses.
    pub derived: &'s Derived,
}

/// What a figure would be by a slip.
pub(super) struct Candidate {
    pub attainable: Attainable,
    pub arithmetic: String,
}

/// A way in which figures go wrong, as people do.
pub struct Slip {
    pub id: &'static str,
    /// Completes "consistent with …".
    pub label: &'static str,
    pub(super) candidates: fn(&Miss) -> Vec<Candidate>,
}

/// The documented slips, in the order in which they are told.
pub static SLIPS: &[Slip] = &[
    Slip { id: "truncated", label: "digits cut off instead of rounded", candidates: truncated },
    Slip {
        id: "gb-for-gib",
        label: "binary units (GiB) printed as decimal ones (GB), or the reverse",
        candidates: binary_units,
    },
    Slip { id: "bits-for-bytes", label: "bits for bytes", candidates: bits_for_bytes },
    Slip { id: "percent", label: "a fraction for a percentage, or the reverse", candidates: percent },
    Slip { id: "mss", label: "another MSS", candidates: segment_size },
    Slip { id: "mean-of-ratios", label: "the mean of the runs' ratios", candidates: mean_of_ratios },
    Slip { id: "ratio-of-totals", label: "the ratio of totals", candidates: ratio_of_totals },
    Slip { id: "swapped-modes", label: "the modes swapped, or the sign lost", candidates: swapped_modes },
    Slip {
        id: "variance-as-se",
        label: "a variance printed as the standard error",
        candidates: |m| by_error(m, variance),
    },
    Slip { id: "other-sds", label: "the SDs of another row", candidates: |m| by_error(m, other_sds) },
    Slip {
        id: "pooled-variance",
        label: "Student's t-test for Welch's, or the reverse",
        candidates: |m| by_error(m, other_test),
    },
    Slip {
        id: "population-sd",
        label: "SDs with n for n − 1, or the reverse",
        candidates: |m| by_error(m, population_sd),
    },
    Slip {
        id: "sd-for-se",
        label: "what is printed as SDs being standard errors, or taken for them",
        candidates: |m| by_error(m, sd_for_se),
    },
    Slip { id: "other-n", label: "the n of another row", candidates: other_n },
    Slip { id: "one-sided", label: "a one-sided test or interval", candidates: one_sided },
    Slip {
        id: "other-level",
        label: "an interval of another level, or the mean ± one or two standard errors",
        candidates: other_level,
    },
    Slip { id: "z-for-t", label: "the normal distribution for Student's t", candidates: z_for_t },
    Slip { id: "df-of-one-mode", label: "the df of one mode, or n for n − 1", candidates: other_df },
    Slip {
        id: "d-from-t",
        label: "d as t·√(2/n) or 2t/√df, right for Student's t and equal n alone",
        candidates: d_from_t,
    },
    Slip { id: "other-d", label: "another standardised difference (one mode's SD, d for g)", candidates: other_d },
];

fn one(bounds: Bounds, arithmetic: impl Into<String>) -> Candidate {
    Candidate { attainable: Attainable::One(bounds), arithmetic: arithmetic.into() }
}

/// What should be printed, times a factor that goes by a name.
fn times(miss: &Miss, factor: f64, name: &str) -> Candidate {
    Candidate {
        attainable: miss.derived.attainable.scaled(factor),
        arithmetic: format!("{}, {name}", miss.derived.arithmetic),
    }
}

fn truncated(miss: &Miss) -> Vec<Candidate> {
    let Attainable::One(bounds) = miss.derived.attainable else { return Vec::new() };
    let shift = if bounds.middle() < 0.0 { miss.half_digit } else { -miss.half_digit };
    vec![one(bounds + Bounds::exactly(shift), miss.derived.arithmetic.clone())]
}

/// Decimal units, the binary one of the same prefix, and how many of the former are one of the latter.
const PREFIXES: [(&str, &str, f64); 3] = [("G", "Gi", GIB / 1e9), ("M", "Mi", 1.048_576), ("k", "Ki", 1.024)];

fn binary_units(miss: &Miss) -> Vec<Candidate> {
    let Some(unit) = miss.unit else { return Vec::new() };
    if miss.of.metric.id == "loss_estimate" {
        // It has no unit of data itself; the rate that it follows from has.
        let (_, _, ratio) = PREFIXES[0];
        return vec![times(miss, 1.0 / ratio, "GiB for GB"), times(miss, ratio, "GB for GiB")];
    }
    let (before, name) = unit.rsplit_once("count/").map_or(("", unit), |(_, name)| ("count/", name));
    // Per unit of data, more data means a smaller number.
    let turned = |ratio: f64| if before.is_empty() { 1.0 / ratio } else { ratio };
    PREFIXES
        .iter()
        .filter_map(|(decimal, binary, ratio)| {
            if let Some(rest) = name.strip_prefix(binary) {
                return Some(times(miss, turned(1.0 / ratio), &format!("in {before}{decimal}{rest}")));
            }
            let rest = name.strip_prefix(decimal).filter(|rest| rest.starts_with(['B', 'b']))?;
            Some(times(miss, turned(*ratio), &format!("in {before}{binary}{rest}")))
        })
        .collect()
}

fn bits_for_bytes(miss: &Miss) -> Vec<Candidate> {
    if !matches!(miss.of.metric.unit, Unit::Bytes | Unit::BitsPerSecond | Unit::BytesPerSecond | Unit::PerGib) {
        return Vec::new();
    }
    if !miss.statistic.has_unit() {
        return Vec::new();
    }
    vec![times(miss, 8.0, "× 8"), times(miss, 0.125, "÷ 8")]
}

fn percent(miss: &Miss) -> Vec<Candidate> {
    let fraction = (miss.of.metric.unit == Unit::Fraction && miss.statistic.has_unit())
        || matches!(miss.statistic, Statistic::PercentChange | Statistic::P);
    if fraction { vec![times(miss, 0.01, "÷ 100"), times(miss, 100.0, "× 100")] } else { Vec::new() }
}

/// Segment sizes that are met: Ethernet with and without time stamps, jumbo frames, the default of old stacks.
const SEGMENTS: [u32; 6] = [1460, 1448, 1500, 8948, 8960, 536];

fn segment_size(miss: &Miss) -> Vec<Candidate> {
    let Some(mss) = miss.of.facts.claims.design.mss.filter(|_| miss.of.metric.id == "loss_estimate") else {
        return Vec::new();
    };
    let other = SEGMENTS.iter().filter(|other| **other != mss);
    other.map(|other| times(miss, f64::from(*other) / f64::from(mss), &format!("with {other} B for {mss} B"))).collect()
}

/// Printed totals do not give the mean of ratios; but the loss and the rate of one estimator must belong together.
fn mean_of_ratios(miss: &Miss) -> Vec<Candidate> {
    if !matches!(miss.statistic, Statistic::Rate | Statistic::Pooled) {
        return Vec::new();
    }
    let Some(mss) = miss.of.facts.claims.design.mss else { return Vec::new() };
    let share = Bounds::exactly(f64::from(mss)).over(Bounds::exactly(GIB));
    let (other, to_own): (&str, fn(Bounds, Bounds) -> Bounds) = match &*miss.of.metric.id {
        "loss_estimate" => ("retransmits_per_gib", |rate, share| rate * share),
        "retransmits_per_gib" => ("loss_estimate", |loss, share| loss.over(share)),
        _ => return Vec::new(),
    };
    let Some(other) = miss.of.on(other) else { return Vec::new() };
    [Statistic::MeanOfRatios, Statistic::Rate, Statistic::Pooled]
        .iter()
        .filter_map(|statistic| {
            let value = other.printed(*statistic)?;
            let arithmetic = match &*other.metric.id {
                "loss_estimate" => {
                    format!("it belongs to the printed {} %: {} % × 2³⁰ ÷ {mss}", value.text, value.text)
                }
                _ => format!("it belongs to the printed {}: {} × {mss} ÷ 2³⁰", value.text, value.text),
            };
            Some(one(to_own(value.bounds, share), arithmetic))
        })
        .flat_map(|candidate| {
            // A rate that is printed per GB may be one per GiB.
            let decimal = GIB / 1e9;
            let factor = if other.metric.id == "loss_estimate" { decimal } else { 1.0 / decimal };
            let binary = Candidate {
                attainable: candidate.attainable.scaled(factor),
                arithmetic: format!("{}, per GiB", candidate.arithmetic),
            };
            [candidate, binary]
        })
        .collect()
}

fn ratio_of_totals(miss: &Miss) -> Vec<Candidate> {
    if miss.statistic != Statistic::MeanOfRatios {
        return Vec::new();
    }
    let pooled = routes::pooled(miss.of);
    pooled.map(|d| Candidate { attainable: d.attainable, arithmetic: d.arithmetic }).into_iter().collect()
}

fn swapped_modes(miss: &Miss) -> Vec<Candidate> {
    let of = miss.of;
    match miss.statistic {
        Statistic::Difference | Statistic::T | Statistic::CohenD | Statistic::HedgesG | Statistic::Ci => {
            vec![times(miss, -1.0, "with the other sign")]
        }
        Statistic::Ratio | Statistic::PercentChange => {
            let (Some(a), Some(b)) = (of.baseline().mean(), of.mean()) else { return Vec::new() };
            let (ratio, text) = (a.bounds.over(b.bounds), format!("{} ÷ {}", a.text, b.text));
            if miss.statistic == Statistic::Ratio {
                return vec![one(ratio, text)];
            }
            let change = ratio - Bounds::exactly(1.0);
            vec![
                one(change, format!("{text} − 1")),
                one(-change, format!("1 − {text}")),
                times(miss, -1.0, "with the other sign"),
            ]
        }
        _ => Vec::new(),
    }
}

/// A standard error by a slip, with its degrees of freedom.
struct Error {
    bounds: Bounds,
    df: Bounds,
    arithmetic: String,
}

/// What the statistics that rest on the standard error would be.
fn by_error(miss: &Miss, slip: fn(&Miss, &Moments) -> Vec<Error>) -> Vec<Candidate> {
    let Some(moments) = miss.of.moments() else { return Vec::new() };
    slip(miss, &moments).iter().filter_map(|error| from_error(miss, error)).collect()
}

fn from_error(miss: &Miss, error: &Error) -> Option<Candidate> {
    let text = &error.arithmetic;
    if miss.statistic == Statistic::StandardError {
        return Some(one(error.bounds, text.clone()));
    }
    if miss.statistic == Statistic::Df {
        return Some(one(error.df, format!("df of {text}")));
    }
    let difference = miss.of.difference()?;
    let t = difference.bounds.over(error.bounds);
    Some(match miss.statistic {
        Statistic::T => one(t, format!("{} ÷ ({text})", difference.text)),
        Statistic::P => one(p_value(t, error.df)?, format!("t = {} ÷ ({text})", difference.text)),
        Statistic::Ci => Candidate {
            attainable: Attainable::Interval {
                centre: difference.bounds,
                half: critical(error.df, miss.of.level())? * error.bounds,
            },
            arithmetic: format!("{} ± t(df) × ({text})", difference.text),
        },
        _ => return None,
    })
}

/// Variances as numbers in the printed unit, as one who mistakes them for a standard error has them.
fn variance(miss: &Miss, moments: &Moments) -> Vec<Error> {
    let printed = scaled(moments, 1.0 / miss.factor);
    let modes = printed.modes();
    let (pooled, of_means) = (modes.pooled_variance(), modes.standard_error().square());
    vec![
        Error { bounds: pooled.scaled(miss.factor), df: modes.df(), arithmetic: moments.pooled_variance() },
        Error {
            bounds: of_means.scaled(miss.factor),
            df: modes.df(),
            arithmetic: format!("({})²", moments.standard_error()),
        },
    ]
}

fn scaled(moments: &Moments, factor: f64) -> Moments {
    let sd = moments.sd.clone().map(|sd| Value { bounds: sd.bounds.scaled(factor), ..sd });
    Moments { sd, ..moments.clone() }
}

fn error_of(moments: &Moments) -> Error {
    let modes = moments.modes();
    Error { bounds: modes.standard_error(), df: modes.df(), arithmetic: moments.standard_error() }
}

/// Printed spreads of other metrics of the same modes, taken as they stand, whatever their unit.
fn other_sds(miss: &Miss, moments: &Moments) -> Vec<Error> {
    let facts = miss.of.facts;
    let spreads = facts.groups.keys().filter(|key| {
        let spread = key.statistic == Statistic::Sd || (key.statistic == Statistic::Mean && key.metric == "latency_sd");
        spread && key.metric != miss.of.metric.id && key.mode == miss.of.mode && key.scenario == miss.of.scenario
    });
    let mut errors = Vec::new();
    for key in spreads {
        let Some(of) = miss.of.on(key.metric) else { continue };
        for world in 0..facts.worlds(miss.of.scenario).max(1) {
            let of = Subject { world, place: None, ..of };
            let (Some(a), Some(b)) = (of.baseline().printed(key.statistic), of.printed(key.statistic)) else {
                continue;
            };
            let factor = |of: &Subject| of.cells(key.statistic).first().map_or(1.0, |i| facts.cells[*i].factor);
            let of_this =
                |value: Value, factor: f64| Value { bounds: value.bounds.scaled(miss.factor / factor), ..value };
            let sd = [of_this(a, factor(&of.baseline())), of_this(b, factor(&of))];
            let error = error_of(&Moments { sd, ..moments.clone() });
            if !errors.iter().any(|known: &Error| known.arithmetic == error.arithmetic) {
                errors.push(error);
            }
        }
    }
    errors
}

fn other_test(_: &Miss, moments: &Moments) -> Vec<Error> {
    let test = match moments.test {
        PrintedTest::Welch => PrintedTest::Student,
        PrintedTest::Student => PrintedTest::Welch,
    };
    vec![error_of(&Moments { test, ..moments.clone() })]
}

/// Both errors that a standard deviation of the population makes: in the printed SD, or in what was made of it.
fn population_sd(_: &Miss, moments: &Moments) -> Vec<Error> {
    let with = |factor: fn(f64) -> f64, name: &str| {
        let modes = moments.modes();
        let sd = [0, 1].map(|i| modes.sd[i].scaled(factor(modes.n[i])));
        let modes = Modes { sd, ..modes };
        Error {
            bounds: modes.standard_error(),
            df: modes.df(),
            arithmetic: format!("{} with each s × {name}", moments.standard_error()),
        }
    };
    vec![with(|n| ((n - 1.0) / n).sqrt(), "√((n − 1) ÷ n)"), with(|n| (n / (n - 1.0)).sqrt(), "√(n ÷ (n − 1))")]
}

/// Printed spreads that are standard errors, or were taken for them.
fn sd_for_se(_: &Miss, moments: &Moments) -> Vec<Error> {
    let modes = moments.modes();
    let [a, b] = modes.sd;
    // As if each were the standard error of its mean.
    let as_errors = Modes { sd: [0, 1].map(|i| modes.sd[i] * Bounds::exactly(modes.n[i]).sqrt()), ..modes };
    let error = |bounds: Bounds, arithmetic: String| Error { bounds, df: modes.df(), arithmetic };
    let [x, y] = [0, 1].map(|i| moments.sd[i].text.clone());
    vec![
        Error { bounds: as_errors.standard_error(), df: as_errors.df(), arithmetic: format!("√({x}² + {y}²)") },
        error(modes.pooled_sd(), moments.pooled_sd()),
        error(a, x),
        error(b, y),
    ]
}

fn other_n(miss: &Miss) -> Vec<Candidate> {
    let facts = miss.of.facts;
    let printed = facts.groups.iter().filter(|(key, _)| key.statistic == Statistic::N);
    let printed = printed.flat_map(|(_, groups)| groups.iter().filter_map(|group| group.bounds.first()));
    let own = [miss.of.baseline().n(), miss.of.n()].map(|n| n.map_or(0.0, |n| n.bounds.low));
    let mut sizes: Vec<f64> = printed.map(|n| n.low).chain(facts.claims.design.runs.map(|runs| runs as f64)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    let mut candidates = Vec::new();
    for n in sizes.into_iter().filter(|n| own != [*n, *n] && *n >= 2.0) {
        let n = Value::new(Bounds::exactly(n), n.to_string());
        if matches!(miss.statistic, Statistic::Mean | Statistic::Total) {
            let total = miss.of.printed(Statistic::Total).filter(|_| miss.statistic == Statistic::Mean);
            candidates
                .extend(total.map(|total| one(total.bounds.over(n.bounds), format!("{} ÷ {}", total.text, n.text))));
        } else if let Some(moments) = miss.of.moments() {
            candidates.extend(from_error(miss, &error_of(&Moments { n: [n.clone(), n], ..moments })));
        }
    }
    candidates
}

/// The standard error as it should be, for slips further on.
fn right_error(miss: &Miss) -> Option<(Value, Error)> {
    Some((miss.of.difference()?, error_of(&miss.of.moments()?)))
}

fn one_sided(miss: &Miss) -> Vec<Candidate> {
    match (miss.statistic, miss.derived.attainable) {
        (Statistic::P, _) => vec![times(miss, 0.5, "÷ 2")],
        (Statistic::Ci, Attainable::Interval { centre, .. }) => {
            // To both sides as far as one that leaves all of α on one side.
            let level = 2.0 * miss.of.level() - 1.0;
            let half = right_error(miss).and_then(|(_, error)| Some(critical(error.df, level)? * error.bounds));
            let with = |half| Candidate {
                attainable: Attainable::Interval { centre, half },
                arithmetic: format!("{}, with the one-sided t", miss.derived.arithmetic),
            };
            half.map(with).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Levels that are in use.
const LEVELS: [f64; 5] = [0.8, 0.9, 0.95, 0.99, 0.999];

fn other_level(miss: &Miss) -> Vec<Candidate> {
    let Some((difference, error)) = right_error(miss).filter(|_| miss.statistic == Statistic::Ci) else {
        return Vec::new();
    };
    let own = miss.of.level();
    let with = |half: Bounds, arithmetic: String| Candidate {
        attainable: Attainable::Interval { centre: difference.bounds, half },
        arithmetic,
    };
    let levels = LEVELS.iter().filter(|level| **level != own).filter_map(|level| {
        let half = critical(error.df, *level)? * error.bounds;
        Some(with(half, format!("{} ± t(df) × {} at {level}", difference.text, error.arithmetic)))
    });
    let errors = [1.0, 2.0]
        .map(|count| with(error.bounds.scaled(count), format!("{} ± {count} × {}", difference.text, error.arithmetic)));
    levels.chain(errors).collect()
}

fn z_for_t(miss: &Miss) -> Vec<Candidate> {
    let candidate = || {
        let (difference, error) = right_error(miss)?;
        let z = difference.bounds.over(error.bounds);
        match miss.statistic {
            Statistic::P => Some(one(normal_p_value(z)?, format!("z = {} ÷ {}", difference.text, error.arithmetic))),
            Statistic::Ci => Some(Candidate {
                attainable: Attainable::Interval {
                    centre: difference.bounds,
                    half: normal_critical(miss.of.level())? * error.bounds,
                },
                arithmetic: format!("{} ± z × {}", difference.text, error.arithmetic),
            }),
            _ => None,
        }
    };
    let from_printed = || {
        let t = miss.of.printed(Statistic::T).filter(|_| miss.statistic == Statistic::P)?;
        Some(one(normal_p_value(t.bounds)?, format!("z = {}", t.text)))
    };
    candidate().or_else(from_printed).into_iter().collect()
}

fn other_df(miss: &Miss) -> Vec<Candidate> {
    if miss.statistic != Statistic::Df {
        return Vec::new();
    }
    let [Some(m), Some(n)] = [miss.of.baseline().n(), miss.of.n()] else { return Vec::new() };
    let sizes = [m.bounds.low, n.bounds.low];
    let mut candidates: Vec<Candidate> =
        sizes.iter().map(|n| one(Bounds::exactly(n - 1.0), format!("{n} − 1"))).collect();
    let sum = sizes[0] + sizes[1];
    candidates.extend([
        one(Bounds::exactly(sum - 1.0), format!("{} + {} − 1", sizes[0], sizes[1])),
        one(Bounds::exactly(sum), format!("{} + {}", sizes[0], sizes[1])),
    ]);
    candidates
}

fn d_from_t(miss: &Miss) -> Vec<Candidate> {
    let Some(n) = miss.of.n().filter(|_| matches!(miss.statistic, Statistic::CohenD | Statistic::HedgesG)) else {
        return Vec::new();
    };
    let root = Bounds::exactly(2.0).over(n.bounds).sqrt();
    // With as many runs in both modes it is right, and a route of its own.
    let equal = miss.of.baseline().n().is_some_and(|m| m.bounds == n.bounds);

    let computed = right_error(miss).map(|(difference, error)| {
        Value::new(difference.bounds.over(error.bounds), format!("{} ÷ {}", difference.text, error.arithmetic))
    });
    let of_t = |t: Value| one(t.bounds * root, format!("{} × √(2 ÷ {})", t.text, n.text));
    // Rosenthal's d = 2t/√df.
    let by_df = |t: &Value| {
        let df =
            miss.of.printed(Statistic::Df).map(|df| df.bounds).or_else(|| Some(miss.of.moments()?.modes().df()))?;
        Some(one(t.bounds.scaled(2.0).over(df.sqrt()), format!("2 × {} ÷ √df", t.text)))
    };
    let all: Vec<Value> = miss.of.printed(Statistic::T).filter(|_| !equal).into_iter().chain(computed).collect();
    let halves: Vec<Candidate> = all.iter().filter_map(by_df).collect();
    all.into_iter().map(of_t).chain(halves).collect()
}

fn other_d(miss: &Miss) -> Vec<Candidate> {
    if !matches!(miss.statistic, Statistic::CohenD | Statistic::HedgesG) {
        return Vec::new();
    }
    let (Some(difference), Some(moments)) = (miss.of.difference(), miss.of.moments()) else { return Vec::new() };
    let modes = moments.modes();
    let [a, b] = modes.sd;
    let mean_square = (a.square() + b.square()).scaled(0.5).sqrt();
    let [x, y] = [0, 1].map(|i| moments.sd[i].text.clone());
    let by = |sd: Bounds, text: String| one(difference.bounds.over(sd), format!("{} ÷ {text}", difference.text));
    let mut candidates = vec![
        by(a, x.clone()),
        by(b, y.clone()),
        by(mean_square, format!("√(({x}² + {y}²) ÷ 2)")),
        by(modes.pooled_sd(), moments.pooled_sd()),
    ];
    if let Some(j) = correction(modes.most_df()) {
        let d = modes.cohen_d(difference.bounds);
        candidates.push(one(d * j, format!("J × {} ÷ {}", difference.text, moments.pooled_sd())));
    }
    let population = modes.pooled_sd().scaled((modes.most_df() / (modes.most_df() + 2.0)).sqrt());
    candidates.push(by(population, format!("{} with n instead of n − 1", moments.pooled_sd())));
    candidates
}

/// What a candidate standard error would make of the other printed figures of its comparison.
pub(super) fn consequences(of: &Subject, error: Bounds) -> Vec<(Statistic, Attainable)> {
    let Some(difference) = of.difference() else { return Vec::new() };
    let mut all = Vec::new();
    all.push((Statistic::T, Attainable::One(difference.bounds.over(error))));
    let df = of.printed(Statistic::Df).map(|df| df.bounds.at_least(1.0)).or_else(|| Some(of.moments()?.modes().df()));
    if let Some(critical) = df.and_then(|df| critical(df, of.level())) {
        all.push((Statistic::Ci, Attainable::Interval { centre: difference.bounds, half: critical * error }));
    }
    all
}
