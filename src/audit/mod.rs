//! Do a paper's printed numbers hold? Claims → findings.
//!
//! # Definition
//!
//! A printed figure stands for every number that rounds to it. From the figures that were measured (means, standard
//! deviations, counts, n) all that a derived figure can be is computed, jointly over the rounding of its inputs
//! ([`attainable`]); a figure *holds* when what is printed is among it. Where it is not, a list of usual slips
//! ([`slips`]) is searched for those that give the printed figure.
//!
//! # What it cannot show
//!
//! That a figure holds does not make it right: the inputs are taken as printed. That it does not hold says nothing of
//! how it came about, nor of the conclusion that rests on it.
//!
//! # References
//!
//! Nuijten, Hartgerink, van Assen, Epskamp, Wicherts (2016), "The prevalence of statistical reporting errors in
//! psychology", doi:10.3758/s13428-015-0664-2. Brown, Heathers (2017), "The GRIM test", doi:10.1177/1948550616673876.
//!
//! # Checked against
//!
//! A published study whose every row was recomputed with mpmath, and the worked examples of GRIM, GRIMMER and statcheck
//! (`tests/audit.rs`).

mod attainable;
mod bounds;
mod facts;
mod fit;
mod model;
mod routes;
mod rules;
mod slips;

use std::collections::BTreeSet;

use crate::claims::{Cell, Claims, Statistic};
use attainable::Attainable;
use bounds::Bounds;
use facts::{Facts, Key, Subject, key};
use fit::{Fit, Printed, nominal_of};
pub use model::{Audit, Change, Explanation, Finding, Range, VERDICTS, Verdict};
use routes::{Derived, ROUTES};
use rules::{Figure, RULES};
use slips::Miss;
pub use slips::{SLIPS, Slip};

/// What cannot be computed from means and SDs alone.
const NEED_N: [Statistic; 10] = [
    Statistic::StandardErrorOfMean,
    Statistic::CiOfMean,
    Statistic::StandardError,
    Statistic::T,
    Statistic::Df,
    Statistic::Ci,
    Statistic::P,
    Statistic::PAdjusted,
    Statistic::CohenD,
    Statistic::HedgesG,
];

/// Audits every printed figure.
pub fn audit(claims: &Claims) -> Audit {
    let facts = Facts::of(claims);
    let mut findings: Vec<Option<Finding>> = vec![None; facts.cells.len()];
    // What others rest on first: double rounding explains only by figures that hold themselves.
    let mut order: Vec<usize> = (0..facts.cells.len()).collect();
    order.sort_by_key(|i| facts.cells[*i].claim.statistic);
    for i in order {
        findings[i] = Some(finding(&facts, i, &findings));
    }
    let findings: Vec<Finding> = findings.into_iter().flatten().collect();
    let unchecked = |cell: &&Cell| NEED_N.contains(&cell.claim.statistic) && Subject::of(&facts, cell).n().is_none();
    let given = facts.cells.iter().zip(&findings).filter(|(_, found)| found.verdict == Verdict::Given);
    Audit {
        without_n: given.filter(|(cell, _)| unchecked(cell)).count(),
        title: claims.study.title.clone(),
        citation: claims.study.citation.clone(),
        doi: claims.study.doi.clone(),
        modes: claims.modes.clone(),
        confidence: claims.design.level(),
        changes: changes(&facts, &findings),
        findings,
    }
}

/// A figure's routes that can be gone, those that decide first.
fn derivations(of: &Subject, statistic: Statistic, primary: bool) -> Vec<(Derived, Attainable)> {
    ROUTES
        .iter()
        .filter(|route| route.statistic == statistic && route.primary == primary)
        .filter_map(|route| {
            let derived = (route.derive)(of).filter(|derived| derived.attainable.is_finite())?;
            let nominal = (route.derive)(&of.as_printed())?.attainable;
            Some((derived, nominal))
        })
        .collect()
}

/// What decides on a figure: every route from what was measured; where there is none, the first of the others.
fn deciding(of: &Subject, statistic: Statistic) -> (bool, Vec<(Derived, Attainable)>) {
    let primary = derivations(of, statistic, true);
    match primary.as_slice() {
        [] => (false, derivations(of, statistic, false).into_iter().take(1).collect()),
        _ => (true, primary),
    }
}

fn finding(facts: &Facts, i: usize, earlier: &[Option<Finding>]) -> Finding {
    let cell = &facts.cells[i];
    let statistic = cell.claim.statistic;
    let of = Subject::of(facts, cell);
    let printed = Printed::of(cell);
    let (primary, mut routes) = deciding(&of, statistic);
    let fit = |(derived, nominal): &(Derived, Attainable)| printed.fit(derived.attainable, *nominal);
    // What is not the ratio of totals may be the mean of the runs' ratios, where that is left open.
    let open = statistic == Statistic::Rate && routes.iter().any(|route| fit(route) == Fit::Misses);
    if open {
        let nominal = routes::as_mean_of_ratios(&of.as_printed());
        routes = routes::as_mean_of_ratios(&of)
            .zip(nominal)
            .map(|(derived, n)| (derived, n.attainable))
            .into_iter()
            .collect();
    }
    let fits: Vec<Fit> = routes.iter().map(fit).collect();
    let worst = (0..routes.len()).max_by_key(|route| (fits[*route], std::cmp::Reverse(*route)));
    let base = Finding {
        printed_in: cell.table.printed_in.clone(),
        row: cell.claim.row.clone(),
        metric: cell.claim.metric.clone(),
        scenario: cell.claim.scenario.clone(),
        mode: cell.mode.to_owned(),
        statistic,
        unit: cell.claim.unit.clone(),
        printed: cell.printed.text.clone(),
        decimals: cell.printed.numbers.iter().map(|number| number.decimals).max().unwrap_or(0),
        recomputed: Vec::new(),
        attainable: Vec::new(),
        half_width: None,
        verdict: Verdict::Given,
        because: String::new(),
        agreeing: Vec::new(),
        primary: false,
        ratio_of_totals: None,
        explanations: Vec::new(),
    };
    let mut found = match worst {
        Some(route) => {
            let (derived, nominal) = &routes[route];
            let verdict = match fits[route] {
                Fit::Holds => Verdict::Holds,
                Fit::Edge => Verdict::Edge,
                Fit::Misses => Verdict::DoesNotHold,
            };
            let alike = (0..routes.len()).filter(|other| *other != route && fits[*other] == fits[route]);
            let agreeing = alike.map(|other| routes[other].0.arithmetic.clone()).collect();
            Finding { verdict, because: derived.arithmetic.clone(), agreeing, primary, ..base }.with(
                derived,
                *nominal,
                printed.factor,
            )
        }
        None => base,
    };
    if (statistic == Statistic::MeanOfRatios || open)
        && let Some(pooled) = routes::pooled(&of)
        && printed.fit(pooled.attainable, pooled.attainable) == Fit::Misses
    {
        let candidate = slips::Candidate { attainable: pooled.attainable, arithmetic: pooled.arithmetic };
        found.ratio_of_totals =
            Some(explanation("ratio-of-totals", "the ratio of totals".to_owned(), &candidate, &printed));
    }
    if found.verdict == Verdict::DoesNotHold
        && let Some(route) = worst
    {
        explain(&mut found, facts, cell, &of, &printed, &routes[route].0, earlier);
        if open && found.explanations.is_empty() {
            // Its sibling may be of the other estimator.
            found.verdict = Verdict::Given;
        }
    }
    contradict(&mut found, facts, i, &of, &printed);
    if found.verdict.can_be() && primary {
        exclude(&mut found, &of, &printed, earlier);
    }
    let figure = Figure { of: &of, statistic, numbers: &printed.numbers, factor: printed.factor };
    if let Some(why) = RULES.iter().find_map(|rule| rule(&figure)) {
        (found.verdict, found.because) = (Verdict::Impossible, why);
    }
    found
}

impl Finding {
    fn with(self, derived: &Derived, nominal: Attainable, factor: f64) -> Self {
        Self {
            recomputed: nominal_of(nominal).into_iter().map(|value| value / factor).collect(),
            attainable: ranges(derived.attainable, factor),
            half_width: half_width(derived.attainable, factor),
            ..self
        }
    }
}

/// The range of each number, in the printed unit.
fn ranges(attainable: Attainable, factor: f64) -> Vec<Range> {
    attainable.ends().into_iter().map(|bounds| range(bounds, factor)).collect()
}

fn half_width(attainable: Attainable, factor: f64) -> Option<Range> {
    match attainable {
        Attainable::Interval { half, .. } => Some(range(half, factor)),
        Attainable::One(_) => None,
    }
}

fn range(bounds: Bounds, factor: f64) -> Range {
    Range { low: bounds.low / factor, high: bounds.high / factor }
}

/// Looks for what gives a figure that does not hold: first another printed figure, then the usual slips.
fn explain(
    found: &mut Finding,
    facts: &Facts,
    cell: &Cell,
    of: &Subject,
    printed: &Printed,
    derived: &Derived,
    earlier: &[Option<Finding>],
) {
    let statistic = cell.claim.statistic;
    for (other, nominal) in derivations(of, statistic, false) {
        let rests_on = resting_on(of, &other, earlier);
        if rests_on.is_empty() || printed.fit(other.attainable, nominal) == Fit::Misses {
            continue;
        }
        let names = named(&rests_on);
        let rounds = printed.fit(nominal, nominal) == Fit::Holds;
        let sound = rests_on.iter().all(|found| found.verdict <= Verdict::DoubleRounding);
        let (slip, label) = match (rounds && sound, sound) {
            (true, _) => ("double-rounding", format!("the rounded {}", names)),
            (_, true) => ("follows", format!("the printed {}", names)),
            _ => ("follows", format!("the printed {}, which does not hold itself", names)),
        };
        if slip == "double-rounding" {
            found.verdict = Verdict::DoubleRounding;
        }
        let attainable = if slip == "double-rounding" { nominal } else { other.attainable };
        let candidate = slips::Candidate { attainable, arithmetic: other.arithmetic.clone() };
        found.explanations.push(explanation(slip, label, &candidate, printed));
        break;
    }
    let miss = Miss {
        of,
        statistic,
        unit: cell.claim.unit.as_deref(),
        factor: printed.factor,
        half_digit: printed.half_digit(),
        derived,
    };
    let mut slips = Vec::new();
    // What is printed as less than something is met by too much to tell anything.
    let exact = printed.numbers.iter().all(|number| number.is_finite());
    for slip in SLIPS.iter().filter(|_| exact) {
        let fitting = (slip.candidates)(&miss)
            .into_iter()
            .filter(|candidate| candidate.attainable.is_finite())
            .find(|candidate| printed.fit(candidate.attainable, candidate.attainable) == Fit::Holds);
        if let Some(candidate) = fitting {
            let mut told = explanation(slip.id, slip.label.to_owned(), &candidate, printed);
            if let (Statistic::StandardError, Attainable::One(error)) = (statistic, candidate.attainable) {
                follow(&mut told, facts, of, error, printed);
            }
            slips.push(told);
        }
    }
    // One that gives other printed figures too tells more; the order of the list decides between equals.
    slips.sort_by_key(|told| told.not.len());
    found.explanations.extend(slips);
}

fn explanation(slip: &'static str, label: String, candidate: &slips::Candidate, printed: &Printed) -> Explanation {
    Explanation {
        slip,
        label,
        arithmetic: candidate.arithmetic.clone(),
        gives: ranges(candidate.attainable, printed.factor),
        also: Vec::new(),
        not: Vec::new(),
    }
}

/// Which other printed figures a wrong standard error gives too.
fn follow(told: &mut Explanation, facts: &Facts, of: &Subject, error: Bounds, printed: &Printed) {
    let Some(error) = printed.numbers.first().and_then(|number| error.meet(*number)) else { return };
    for (statistic, attainable) in slips::consequences(of, error) {
        for i in of.cells(statistic) {
            let other = &facts.cells[*i];
            let fits = Printed::of(other).fit(attainable, attainable) != Fit::Misses;
            let list = if fits { &mut told.also } else { &mut told.not };
            let text = format!("{} {}", statistic.words(), other.printed.text);
            if !list.contains(&text) {
                list.push(text);
            }
        }
    }
}

/// Two printed figures of one quantity that exclude each other, and figures that hold by the one and not by the other.
fn contradict(found: &mut Finding, facts: &Facts, i: usize, of: &Subject, printed: &Printed) {
    let cell = &facts.cells[i];
    let groups = facts.groups.get(&key(cell)).map_or(&[][..], Vec::as_slice);
    let others: Vec<String> = groups
        .iter()
        .filter(|group| !group.cells.contains(&i))
        .map(|group| {
            let other = &facts.cells[group.finest];
            format!("{} ({})", other.printed.text, other.table.printed_in)
        })
        .collect();
    if !others.is_empty() {
        found.verdict = Verdict::Contradiction;
        found.because = format!("the same quantity is printed as {}", others.join(" and as "));
        return;
    }
    for world in 0..facts.worlds(of.scenario) {
        let elsewhere = Subject { place: None, world, ..*of };
        let (_, routes) = deciding(&elsewhere, cell.claim.statistic);
        let misses = routes.iter().find(|(derived, nominal)| printed.fit(derived.attainable, *nominal) == Fit::Misses);
        let because = match (found.verdict, misses) {
            (Verdict::Holds | Verdict::Edge, Some((derived, _))) => {
                format!("it holds as {}, and not as {}", found.because, derived.arithmetic)
            }
            (Verdict::DoesNotHold | Verdict::DoubleRounding, None) if !routes.is_empty() => {
                found.explanations.clear();
                format!("it holds as {}, and not as {}", routes[0].0.arithmetic, found.because)
            }
            _ => continue,
        };
        (found.verdict, found.because) = (Verdict::Contradiction, because);
        return;
    }
}

/// The findings of the computed figures that a route starts from, as far as they were looked at before.
fn resting_on<'e>(of: &Subject, derived: &Derived, earlier: &'e [Option<Finding>]) -> Vec<&'e Finding> {
    let cells = derived.rests_on.iter().flat_map(|statistic| of.cells(*statistic));
    cells.filter_map(|i| earlier.get(*i)?.as_ref()).collect()
}

/// Figures as explanations name them.
fn named(findings: &[&Finding]) -> String {
    let names: Vec<String> =
        findings.iter().map(|found| format!("{} {}", found.statistic.words(), found.printed)).collect();
    names.join(" and ")
}

/// A figure that is attainable by itself, and not beside another computed one that is: no inputs give both.
fn exclude(found: &mut Finding, of: &Subject, printed: &Printed, earlier: &[Option<Finding>]) {
    for (other, nominal) in derivations(of, found.statistic, false) {
        let rests_on = resting_on(of, &other, earlier);
        let sound = !rests_on.is_empty() && rests_on.iter().all(|found| found.verdict.can_be());
        if sound && printed.fit(other.attainable, nominal) == Fit::Misses {
            let names = named(&rests_on);
            found.verdict = Verdict::Contradiction;
            found.because = format!("attainable by itself, but not beside the printed {}: {}", names, other.arithmetic);
            return;
        }
    }
}

/// The statistics of a comparison that the right values are given of.
const CHANGES: [Statistic; 7] = [
    Statistic::StandardError,
    Statistic::T,
    Statistic::Df,
    Statistic::Ci,
    Statistic::P,
    Statistic::CohenD,
    Statistic::HedgesG,
];

fn changes(facts: &Facts, findings: &[Finding]) -> Vec<Change> {
    let mut all = Vec::new();
    let mut done = BTreeSet::new();
    for cell in &facts.cells {
        let comparison = Key { statistic: Statistic::Difference, ..key(cell) };
        if !CHANGES.contains(&cell.claim.statistic) || !done.insert(comparison) {
            continue;
        }
        let of = Subject::of(facts, cell);
        all.extend(CHANGES.iter().filter_map(|statistic| change(facts, findings, &of, *statistic)));
    }
    all
}

fn change(facts: &Facts, findings: &[Finding], of: &Subject, statistic: Statistic) -> Option<Change> {
    let printed = of.cells(statistic).first().map(|i| (&facts.cells[*i], &findings[*i]));
    let with_unit = matches!(statistic, Statistic::StandardError | Statistic::Ci);
    // Where the statistic is not printed, the unit of the means will do.
    let mean = || Some(&facts.cells[*of.cells(Statistic::Mean).first()?]);
    let unit = printed.map(|(cell, _)| cell).or_else(mean).filter(|_| with_unit);
    let (recomputed, attainable, half_width) = match printed {
        Some((cell, found)) if found.primary && cell.claim.meaning.is_none() => {
            (found.recomputed.clone(), found.attainable.clone(), found.half_width)
        }
        _ => {
            let (derived, nominal) = derivations(of, statistic, true).into_iter().next()?;
            let factor = unit.map_or(1.0, |cell| cell.factor);
            let recomputed = nominal_of(nominal).into_iter().map(|value| value / factor).collect();
            (recomputed, ranges(derived.attainable, factor), half_width(derived.attainable, factor))
        }
    };
    let decides_differently = printed.is_some_and(|(cell, _)| {
        let alpha = 1.0 - of.level();
        let decides = |values: &[f64]| match (statistic, values) {
            (Statistic::P, [p]) => Some(*p <= alpha),
            (Statistic::Ci, [low, high]) => Some(*low > 0.0 || *high < 0.0),
            _ => None,
        };
        let values: Vec<f64> = cell.printed.numbers.iter().map(|number| number.value).collect();
        decides(&values) != decides(&recomputed)
    });
    Some(Change {
        metric: of.metric.id.to_string(),
        label: of.metric.label.to_string(),
        scenario: of.scenario.map(str::to_owned),
        mode: of.mode.to_owned(),
        statistic,
        unit: unit.and_then(|cell| cell.claim.meaning.clone().or_else(|| cell.claim.unit.clone())),
        printed: printed.map(|(cell, _)| cell.printed.text.clone()),
        verdict: printed.map(|(_, found)| found.verdict),
        recomputed,
        attainable,
        half_width,
        decides_differently,
    })
}
