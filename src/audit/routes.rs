//! How a figure follows from others.
//!
//! A route that is *primary* starts from what was measured (means, standard deviations, counts); a figure must agree with
//! each of them. The others start from figures that were computed themselves: they decide where nothing else is printed,
//! and explain figures that were computed from rounded ones.

use super::attainable::{Attainable, correction, critical, p_value};
use super::bounds::Bounds;
use super::facts::{Key, Reading, Subject, Value};
use crate::claims::{PrintedTest, Statistic};
use crate::metric::{GIB, Kind, Values};
use crate::stats::{Compute, method};

/// What a figure can be by one route.
#[derive(Clone, Debug)]
pub(super) struct Derived {
    pub attainable: Attainable,
    /// How, with the printed figures in it.
    pub arithmetic: String,
    /// Printed statistics of the same comparison that it rests on, and that were computed themselves.
    pub rests_on: &'static [Statistic],
}

pub(super) struct Route {
    pub statistic: Statistic,
    pub primary: bool,
    pub derive: fn(&Subject) -> Option<Derived>,
}

const fn primary(statistic: Statistic, derive: fn(&Subject) -> Option<Derived>) -> Route {
    Route { statistic, primary: true, derive }
}

const fn secondary(statistic: Statistic, derive: fn(&Subject) -> Option<Derived>) -> Route {
    Route { statistic, primary: false, derive }
}

/// Every route; of those that decide, the first comes first.
pub(super) static ROUTES: &[Route] = &[
    primary(Statistic::Mean, mean_of_total),
    primary(Statistic::Mean, mean_of_rate),
    primary(Statistic::Total, total_of_rate),
    primary(Statistic::StandardErrorOfMean, standard_error_of_mean),
    primary(Statistic::CiOfMean, ci_of_mean),
    secondary(Statistic::CiOfMean, ci_of_mean_from_error),
    primary(Statistic::Rate, pooled),
    primary(Statistic::Pooled, pooled),
    secondary(Statistic::Pooled, |of| sibling(of, Statistic::Pooled)),
    primary(Statistic::MeanOfRatios, |of| sibling(of, Statistic::MeanOfRatios)),
    primary(Statistic::Difference, difference),
    primary(Statistic::PercentChange, percent_change),
    secondary(Statistic::PercentChange, percent_of_difference),
    secondary(Statistic::PercentChange, percent_of_ratio),
    primary(Statistic::Ratio, ratio),
    secondary(Statistic::Ratio, ratio_of_percent),
    primary(Statistic::StandardError, standard_error),
    secondary(Statistic::StandardError, standard_error_of_t),
    secondary(Statistic::StandardError, standard_error_of_ci),
    primary(Statistic::Df, df),
    primary(Statistic::T, t),
    secondary(Statistic::T, t_of_standard_error),
    primary(Statistic::Ci, ci),
    secondary(Statistic::Ci, ci_of_standard_error),
    secondary(Statistic::Ci, ci_of_standard_error_and_df),
    primary(Statistic::P, p),
    secondary(Statistic::P, p_of_t),
    secondary(Statistic::P, p_of_t_alone),
    primary(Statistic::PAdjusted, p_adjusted),
    primary(Statistic::CohenD, cohen_d),
    secondary(Statistic::CohenD, cohen_d_of_t),
    primary(Statistic::HedgesG, hedges_g),
    secondary(Statistic::HedgesG, hedges_g_of_d),
];

fn one(bounds: Bounds, arithmetic: String) -> Option<Derived> {
    Some(Derived { attainable: Attainable::One(bounds), arithmetic, rests_on: &[] })
}

fn resting(derived: Option<Derived>, on: &'static [Statistic]) -> Option<Derived> {
    derived.map(|derived| Derived { rests_on: on, ..derived })
}

fn mean_of_total(of: &Subject) -> Option<Derived> {
    let (total, n) = (of.printed(Statistic::Total)?, of.n()?);
    one(total.bounds.over(n.bounds), format!("{} ÷ {}", total.text, n.text))
}

/// Amounts per run that a rate and the length of a run make: amount, rate, amount per unit of rate and second, and how
/// that is written.
const RATES: [(&str, &str, f64, &str); 2] =
    [("bytes", "throughput", 0.125, " ÷ 8"), ("requests", "requests_per_second", 1.0, "")];

/// A run that is set to so many seconds lasts that long to within this share.
const DURATION: f64 = 0.01;

/// Of UDP the sender's bytes and the receiver's rate differ by what was lost.
const UDP: [&str; 3] = ["udp_loss", "packets_lost", "udp_jitter"];

fn per_run(of: &Subject) -> Option<Value> {
    if of.facts.groups.keys().any(|key| UDP.contains(&key.metric)) {
        return None;
    }
    RATES.iter().filter(|(amount, ..)| *amount == of.metric.id).find_map(|(_, rate, factor, written)| {
        let rate = of.on(rate)?.printed(Statistic::Mean)?;
        let seconds = f64::from(of.facts.claims.design.duration?);
        let length = match of.reading {
            Reading::Rounded => Bounds::new(seconds * (1.0 - DURATION), seconds * (1.0 + DURATION)),
            Reading::AsPrinted => Bounds::exactly(seconds),
        };
        let text = format!("{} × {seconds} s{written}", rate.text);
        Some(Value::new((rate.bounds * length).scaled(*factor), text))
    })
}

fn mean_of_rate(of: &Subject) -> Option<Derived> {
    let amount = per_run(of)?;
    one(amount.bounds, amount.text)
}

fn total_of_rate(of: &Subject) -> Option<Derived> {
    let (amount, n) = (per_run(of)?, of.n()?);
    one(amount.bounds * n.bounds, format!("{} × {}", amount.text, n.text))
}

fn standard_error_of_mean(of: &Subject) -> Option<Derived> {
    let (sd, n) = (of.printed(Statistic::Sd)?, of.n()?);
    one(sd.bounds.over(n.bounds.sqrt()).at_least(0.0), format!("{} ÷ √{}", sd.text, n.text))
}

fn about_mean(of: &Subject, error: Bounds, error_text: &str) -> Option<Derived> {
    let mean = of.mean_of_values()?;
    let n = of.n().filter(|n| n.bounds.low >= 2.0)?;
    let half = critical(n.bounds - Bounds::exactly(1.0), of.level())? * error;
    let arithmetic = format!("{} ± t({}) × {error_text}", mean.text, n.bounds.low - 1.0);
    Some(Derived { attainable: Attainable::Interval { centre: mean.bounds, half }, arithmetic, rests_on: &[] })
}

fn ci_of_mean(of: &Subject) -> Option<Derived> {
    let error = standard_error_of_mean(of)?;
    let Attainable::One(bounds) = error.attainable else { return None };
    about_mean(of, bounds, &error.arithmetic)
}

fn ci_of_mean_from_error(of: &Subject) -> Option<Derived> {
    let error = of.printed(Statistic::StandardErrorOfMean)?;
    resting(about_mean(of, error.bounds, &error.text), &[Statistic::StandardErrorOfMean])
}

/// The ratio of totals: it grows with the count, and falls with the exposure.
pub(super) fn pooled(of: &Subject) -> Option<Derived> {
    let Kind::Ratio(ratio) = of.metric.kind else { return None };
    let mut values = [Values::new(), Values::new()];
    let mut exposures = Vec::new();
    let count = of.on(ratio.count)?.total()?;
    // What an exposure is made of is not written down; each candidate that is printed is given to it.
    for id in ["bytes", "requests", "packets"] {
        if let Some(total) = of.on(id).and_then(|metric| metric.total()).filter(|_| id != ratio.count) {
            values[0].insert(id.into(), total.bounds.low);
            values[1].insert(id.into(), total.bounds.high);
            exposures.push((id, total.text));
        }
    }
    let mss = of.facts.claims.design.mss;
    if let Some(mss) = mss {
        values.iter_mut().for_each(|values| {
            values.insert("mss".into(), f64::from(mss));
        });
    }
    let [least, most] = [(ratio.exposure)(&values[0])?, (ratio.exposure)(&values[1])?];
    let exposure = Bounds::computed(least, most);
    let used = |id: &str| {
        let mut without = values[1].clone();
        without.remove(id);
        (ratio.exposure)(&without) != Some(most)
    };
    let mss = mss.filter(|_| used("mss")).map_or(String::new(), |mss| format!(" × {mss} B"));
    // A product is one divisor.
    let grouped = |text: &str| if text.contains(' ') { format!("({text})") } else { text.to_owned() };
    let exposures: Vec<String> = exposures.iter().filter(|(id, _)| used(id)).map(|(_, text)| grouped(text)).collect();
    one(count.bounds.over(exposure), format!("{}{mss} ÷ {}", count.text, exposures.join(" ÷ ")))
}

/// A ratio of which it is not said whether it is one of totals, taken for a mean of ratios.
pub(super) fn as_mean_of_ratios(of: &Subject) -> Option<Derived> {
    sibling(of, Statistic::MeanOfRatios).or_else(|| sibling(of, Statistic::Rate))
}

/// Retransmits per GiB and estimated loss are the same counts and bytes: loss = rate × MSS ÷ GiB.
fn sibling(of: &Subject, statistic: Statistic) -> Option<Derived> {
    let mss = of.facts.claims.design.mss?;
    let share = Bounds::exactly(f64::from(mss)).over(Bounds::exactly(GIB));
    let printed = |metric: &str| of.on(metric)?.printed(statistic);
    match &*of.metric.id {
        "loss_estimate" => {
            let rate = printed("retransmits_per_gib")?;
            one(rate.bounds * share, format!("{} × {mss} ÷ 2³⁰", rate.text))
        }
        "retransmits_per_gib" => {
            let loss = printed("loss_estimate")?;
            one(loss.bounds.over(share), format!("{} % × 2³⁰ ÷ {mss}", loss.text))
        }
        _ => None,
    }
}

/// What the centres of both modes make of a figure; of a ratio, by any estimator that is printed for both.
fn of_centres(of: &Subject, make: impl Fn(&[Value; 2]) -> (Bounds, String)) -> Option<Derived> {
    let all = of.centres().into_iter().map(|centres| make(&centres));
    let (bounds, text) = all.reduce(|(a, text), (b, _)| (Bounds::new(a.low.min(b.low), a.high.max(b.high)), text))?;
    one(bounds, text)
}

fn difference(of: &Subject) -> Option<Derived> {
    of_centres(of, |[a, b]| (b.bounds - a.bounds, format!("{} − {}", b.text, a.text)))
}

fn percent_change(of: &Subject) -> Option<Derived> {
    of_centres(of, |[a, b]| (b.bounds.over(a.bounds) - Bounds::exactly(1.0), format!("{} ÷ {} − 1", b.text, a.text)))
}

fn percent_of_difference(of: &Subject) -> Option<Derived> {
    if matches!(of.metric.kind, Kind::Ratio(_)) {
        return None;
    }
    let (difference, baseline) = (of.printed(Statistic::Difference)?, of.baseline().mean()?);
    let derived = one(difference.bounds.over(baseline.bounds), format!("{} ÷ {}", difference.text, baseline.text));
    resting(derived, &[Statistic::Difference])
}

fn percent_of_ratio(of: &Subject) -> Option<Derived> {
    let ratio = of.printed(Statistic::Ratio)?;
    resting(one(ratio.bounds - Bounds::exactly(1.0), format!("{} − 1", ratio.text)), &[Statistic::Ratio])
}

fn ratio(of: &Subject) -> Option<Derived> {
    of_centres(of, |[a, b]| (b.bounds.over(a.bounds), format!("{} ÷ {}", b.text, a.text)))
}

fn ratio_of_percent(of: &Subject) -> Option<Derived> {
    let change = of.printed(Statistic::PercentChange)?;
    let derived = one(change.bounds + Bounds::exactly(1.0), format!("1 + {} %", change.text));
    resting(derived, &[Statistic::PercentChange])
}

fn standard_error(of: &Subject) -> Option<Derived> {
    let moments = of.moments()?;
    one(moments.modes().standard_error(), moments.standard_error())
}

fn standard_error_of_t(of: &Subject) -> Option<Derived> {
    let (difference, t) = (of.difference()?, of.printed(Statistic::T)?);
    let derived = one(difference.bounds.over(t.bounds).abs(), format!("{} ÷ {}", difference.text, t.text));
    resting(derived, &[Statistic::T])
}

fn standard_error_of_ci(of: &Subject) -> Option<Derived> {
    let [low, high] = of.interval(Statistic::Ci)?;
    let (df, name) = degrees(of).or_else(|| printed_degrees(of))?;
    let half = (high.bounds - low.bounds).scaled(0.5);
    let arithmetic = format!("({} − {}) ÷ 2 ÷ t({name})", high.text, low.text);
    resting(one(half.over(critical(df, of.level())?), arithmetic), &[Statistic::Ci])
}

/// The degrees of freedom that follow from n and the SDs, or at least those between which they lie.
fn degrees(of: &Subject) -> Option<(Bounds, String)> {
    let [a, b] = [of.baseline().n()?.bounds.low, of.n()?.bounds.low];
    if a.min(b) < 2.0 {
        return None;
    }
    let most = a + b - 2.0;
    if of.facts.claims.design.test() == PrintedTest::Student {
        return Some((Bounds::exactly(most), most.to_string()));
    }
    let follows = of.moments().map(|moments| moments.modes().df());
    Some((follows.unwrap_or(Bounds::new(a.min(b) - 1.0, most)), "df".to_owned()))
}

/// The degrees of freedom that are printed.
fn printed_degrees(of: &Subject) -> Option<(Bounds, String)> {
    let df = of.printed(Statistic::Df)?;
    Some((df.bounds.at_least(1.0), df.text))
}

fn df(of: &Subject) -> Option<Derived> {
    let moments = of.moments()?;
    one(moments.modes().df(), "Welch–Satterthwaite".to_owned())
}

fn t(of: &Subject) -> Option<Derived> {
    let (difference, moments) = (of.tested()?, of.moments()?);
    let text = format!("{} ÷ {}", difference.text, moments.standard_error());
    one(difference.bounds.over(moments.modes().standard_error()), text)
}

fn t_of_standard_error(of: &Subject) -> Option<Derived> {
    let (difference, error) = (of.difference()?, of.printed(Statistic::StandardError)?);
    let derived = one(difference.bounds.over(error.bounds), format!("{} ÷ {}", difference.text, error.text));
    resting(derived, &[Statistic::StandardError])
}

fn ci(of: &Subject) -> Option<Derived> {
    let (difference, moments) = (of.tested()?, of.moments()?);
    let half = moments.modes().half_width(of.level())?;
    let arithmetic = format!("{} ± t(df) × {}", difference.text, moments.standard_error());
    Some(Derived { attainable: Attainable::Interval { centre: difference.bounds, half }, arithmetic, rests_on: &[] })
}

fn ci_of_standard_error(of: &Subject) -> Option<Derived> {
    about_difference(of, degrees(of)?, &[Statistic::StandardError])
}

fn ci_of_standard_error_and_df(of: &Subject) -> Option<Derived> {
    about_difference(of, printed_degrees(of)?, &[Statistic::StandardError, Statistic::Df])
}

fn about_difference(of: &Subject, (df, name): (Bounds, String), on: &'static [Statistic]) -> Option<Derived> {
    let (difference, error) = (of.difference()?, of.printed(Statistic::StandardError)?);
    let half = critical(df, of.level())? * error.bounds;
    let arithmetic = format!("{} ± t({name}) × {}", difference.text, error.text);
    Some(Derived { attainable: Attainable::Interval { centre: difference.bounds, half }, arithmetic, rests_on: on })
}

fn p(of: &Subject) -> Option<Derived> {
    let (difference, moments) = (of.tested()?, of.moments()?);
    one(moments.modes().p_value(difference.bounds)?, "2 × P(T > |t|), t and df from the means and SDs".to_owned())
}

fn p_of_t(of: &Subject) -> Option<Derived> {
    let (t, (df, name)) = (of.printed(Statistic::T)?, printed_degrees(of)?);
    let derived = one(p_value(t.bounds, df)?, format!("2 × P(T > {}), df = {name}", t.text.trim_start_matches('−')));
    resting(derived, &[Statistic::T, Statistic::Df])
}

fn p_of_t_alone(of: &Subject) -> Option<Derived> {
    let (t, (df, _)) = (of.printed(Statistic::T)?, degrees(of)?);
    resting(one(p_value(t.bounds, df)?, format!("2 × P(T > {})", t.text.trim_start_matches('−'))), &[Statistic::T])
}

/// Adjusted p-values grow with every p-value of their family: its least members give the least, its largest the most.
/// Where not the whole family is printed, or nothing says how large it is, an adjusted p is at least the p itself.
fn p_adjusted(of: &Subject) -> Option<Derived> {
    let design = &of.facts.claims.design;
    let Attainable::One(own) = member_p(of)?.attainable else { return None };
    let bounded = |most: f64, text: String| one(Bounds::computed(own.low.max(0.0), most.min(1.0)), text);
    let Some(tests) = design.tests else { return bounded(1.0, "at least the p itself".to_owned()) };
    let (mut family, mut place) = (Vec::new(), None);
    for key in of.facts.groups.keys().filter(|key| key.statistic == Statistic::PAdjusted) {
        let member = Subject { scenario: key.scenario, mode: key.mode, ..of.on(key.metric)? };
        let itself = Key { metric: &of.metric.id, scenario: of.scenario, mode: of.mode, statistic: key.statistic };
        if *key == itself {
            place = Some(family.len());
        }
        if let Some(Attainable::One(bounds)) = member_p(&member).map(|derived| derived.attainable) {
            family.push(bounds);
        }
    }
    if family.len() != tests {
        return bounded(own.high * tests as f64, format!("between p and {tests} × p"));
    }
    let Compute::Adjust(adjust) = method(design.adjust.as_ref()?)?.compute else { return None };
    let adjusted = |end: fn(&Bounds) -> f64| {
        let p: Vec<Option<f64>> = family.iter().map(|bounds| Some(end(bounds))).collect();
        adjust(&p).ok()?.p_values.get(place?).copied().flatten()
    };
    let (low, high) = (adjusted(|p| p.low.max(0.0))?, adjusted(|p| p.high.min(1.0))?);
    one(Bounds::computed(low, high.min(1.0)), format!("adjusted over the {tests} tests printed"))
}

/// A member's own p, as well as it is known.
fn member_p(of: &Subject) -> Option<Derived> {
    p(of).or_else(|| of.printed(Statistic::P).and_then(|p| one(p.bounds, p.text)))
}

fn cohen_d(of: &Subject) -> Option<Derived> {
    let (difference, moments) = (of.tested()?, of.moments()?);
    let text = format!("{} ÷ {}", difference.text, moments.pooled_sd());
    one(moments.modes().cohen_d(difference.bounds), text)
}

fn cohen_d_of_t(of: &Subject) -> Option<Derived> {
    let t = of.printed(Statistic::T)?;
    let [m, n] = [of.baseline().n()?, of.n()?];
    // Welch's standard error is that of the pooled SD where both modes have as many runs.
    if of.facts.claims.design.test() == PrintedTest::Welch && m.bounds.low != n.bounds.low {
        return None;
    }
    let [a, b] = [&m, &n].map(|n| Bounds::exactly(1.0).over(n.bounds));
    let root = if m.text == n.text {
        format!("√(2 ÷ {})", n.text)
    } else {
        format!("√(1 ÷ {} + 1 ÷ {})", m.text, n.text)
    };
    resting(one(t.bounds * (a + b).sqrt(), format!("{} × {root}", t.text)), &[Statistic::T])
}

fn hedges_g(of: &Subject) -> Option<Derived> {
    let (d, moments) = (cohen_d(of)?, of.moments()?);
    let Attainable::One(bounds) = d.attainable else { return None };
    let df = moments.modes().most_df();
    one(bounds * correction(df)?, format!("J({df}) × {}", d.arithmetic))
}

fn hedges_g_of_d(of: &Subject) -> Option<Derived> {
    let d = of.printed(Statistic::CohenD)?;
    let df = of.baseline().n()?.bounds.low + of.n()?.bounds.low - 2.0;
    resting(one(d.bounds * correction(df)?, format!("J({df}) × {}", d.text)), &[Statistic::CohenD])
}
