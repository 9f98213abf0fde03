//! How the tests of iperf3 went over their time.

use super::Context;
use super::distributions::slug;
use super::figure::{Banded, Drawing, Figure, Panel, Panels, Shade, Stretch};
use super::model::{Block, Section};
use super::number::{Scale, brief, fixed, shortest, significant};
use crate::analysis::band::{Band, Spread};
use crate::analysis::series::{Course, QUANTITIES, Quantity, Series};
use crate::metric::Unit;

/// Bands of more modes than this would cover each other; then there are lines only.
pub(super) const FEW: usize = 3;

/// Runs that ended early and are named one by one.
const NAMED: usize = 5;

pub(super) fn section(context: &Context) -> Option<Section> {
    let blocks: Vec<Block> =
        context.analysis.series.iter().map(|series| Block::Figure(figure(context, series))).collect();
    let (id, title) = ("over-time".to_owned(), "Over time".to_owned());
    (!blocks.is_empty()).then_some(Section { id, title, blocks })
}

/// What a quantity is called: on its axis, and in a sentence.
fn names(quantity: Quantity) -> (&'static str, &'static str) {
    match quantity {
        Quantity::Throughput => ("Throughput", "throughput"),
        Quantity::Retransmits => ("Retransmits", "retransmits"),
        Quantity::CongestionWindow => ("Congestion window", "congestion window"),
        Quantity::RoundTripTime => ("Round-trip time", "round-trip time"),
    }
}

fn unit(quantity: Quantity) -> Unit {
    match quantity {
        Quantity::Throughput => Unit::BitsPerSecond,
        Quantity::Retransmits => Unit::PerSecond,
        Quantity::CongestionWindow => Unit::Bytes,
        Quantity::RoundTripTime => Unit::Seconds,
    }
}

/// What a band is, after what the lines are.
pub(super) fn of_band(lines: &str, band: Band, drawn: bool) -> String {
    match (band, drawn) {
        (Band::None, _) => format!("{lines} (there is one only)."),
        (_, false) => format!("{lines}. Bands are left out: so many would cover each other."),
        (Band::Quartiles, true) => format!("{lines}; bands: from the lower to the upper quartile of the runs."),
        (Band::Range, true) => format!("{lines}; bands: from the lowest to the highest run."),
    }
}

fn figure(context: &Context, series: &Series) -> Figure {
    let has_bands = series.modes.len() <= FEW && series.band != Band::None;
    let shown: Vec<(usize, Quantity)> = QUANTITIES
        .into_iter()
        .enumerate()
        .filter(|(index, _)| series.modes.iter().any(|mode| !mode.points[*index].is_empty()))
        .collect();
    let scales: Vec<Scale> = shown.iter().map(|(index, quantity)| scale(series, *index, *quantity)).collect();
    let panel = |((index, quantity), scale): (&(usize, Quantity), &Scale)| Panel {
        axis: scale.header(names(*quantity).0),
        lines: series
            .modes
            .iter()
            .enumerate()
            .flat_map(|(label, mode)| lines(series.step, label, mode, *index, scale, has_bands))
            .collect(),
    };
    let omitted = (series.omitted > 0.0).then(|| {
        let steps = (series.omitted / series.step).round().max(1.0);
        Shade { from: -steps * series.step, to: 0.0, label: "Warm-up (omitted)".to_owned() }
    });
    let points = series.modes.iter().flat_map(|mode| mode.points.iter().flatten());
    let end = points.map(|(from, _)| from + series.step).fold(0.0, f64::max);
    let within = context.within(series.scenario.as_deref());
    let quantities: Vec<&str> = shown.iter().map(|(_, quantity)| names(*quantity).1).collect();
    let words: Vec<String> = shown
        .iter()
        .zip(&scales)
        .map(|((index, quantity), scale)| in_words(context, series, *index, *quantity, scale))
        .collect();
    Figure {
        id: format!("over-time{}", slug(series.scenario.as_deref())),
        metric: None,
        caption: context.prose(&caption(context, series, &enumeration(&quantities), &within, has_bands)),
        alt: context.prose(&format!("{} panels over the time of the tests{within}. {}", shown.len(), words.join(" "))),
        drawing: Drawing::Panels(Panels {
            axis: "Time (s)".to_owned(),
            stretch: Stretch::Even,
            extent: Some([omitted.as_ref().map_or(0.0, |shade| shade.from), end]),
            shade: omitted,
            labels: series.modes.iter().map(|mode| context.label(&mode.mode)).collect(),
            panels: shown.iter().zip(&scales).map(panel).collect(),
        }),
        locale: context.locale(),
    }
}

fn scale(series: &Series, index: usize, quantity: Quantity) -> Scale {
    let points = series.modes.iter().flat_map(|mode| &mode.points[index]);
    Scale::of(&unit(quantity), points.map(|(_, spread)| spread.median).fold(0.0, f64::max))
}

/// A mode's line, in pieces where steps are missing and where the warm-up ends; each point stands in the middle of its step.
fn lines(step: f64, label: usize, mode: &Course, index: usize, scale: &Scale, has_bands: bool) -> Vec<Banded> {
    let follows = |a: &(f64, Spread), b: &(f64, Spread)| b.0 - a.0 < 1.5 * step && (a.0 < 0.0) == (b.0 < 0.0);
    mode.points[index]
        .chunk_by(follows)
        .map(|piece| Banded {
            label,
            points: piece.iter().map(|(from, spread)| (from + step / 2.0, scale.apply(spread.median))).collect(),
            band: if has_bands && mode.runs > 1 {
                piece.iter().map(|(_, spread)| spread.band.map(|end| scale.apply(end))).collect()
            } else {
                Vec::new()
            },
            steps: false,
        })
        .collect()
}

fn caption(context: &Context, series: &Series, quantities: &str, within: &str, has_bands: bool) -> String {
    let each = if series.step == 1.0 { "second".to_owned() } else { format!("{} s", shortest(series.step)) };
    let counts: Vec<String> =
        series.modes.iter().map(|mode| format!("{}: n = {}", context.label(&mode.mode), mode.runs)).collect();
    let mut text = format!(
        "{quantities} of iperf3 over the time of the tests{within}, as the host that wrote the log counted. {}",
        of_band(&format!("Lines: in each {each}, the median over the runs"), series.band, has_bands)
    );
    if series.streams {
        text.push_str(" Window and round-trip time: mean over the streams of a run.");
    }
    if series.omitted > 0.0 {
        text.push_str(
            " Shaded: what iperf3 omitted as warm-up (-O); the results do not count it, and time 0 is its end.",
        );
    }
    for mode in series.modes.iter().filter(|mode| !mode.ended.is_empty()) {
        let named = mode.ended.iter().take(NAMED).map(|(run, at)| format!("run {run} at {} s", fixed(*at, 1)));
        let named: Vec<String> = named.collect();
        let more = mode.ended.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!(
            " Runs of {} ended before the line does ({}{more}): beyond, it is of the others.",
            context.label(&mode.mode),
            named.join(", ")
        ));
    }
    format!("{text} {}.", counts.join("; "))
}

/// `Throughput, retransmits and round-trip time`
fn enumeration(quantities: &[&str]) -> String {
    let list = match quantities {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => quantities.concat(),
    };
    let mut letters = list.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The lowest and the highest point of each mode's line where the results count, or with many modes, of all lines.
fn in_words(context: &Context, series: &Series, index: usize, quantity: Quantity, scale: &Scale) -> String {
    let range = |modes: &[Course]| {
        let points = modes.iter().flat_map(|mode| &mode.points[index]).filter(|(from, _)| *from >= 0.0);
        let medians: Vec<f64> = points.map(|(_, spread)| scale.apply(spread.median)).collect();
        let low = medians.iter().copied().reduce(f64::min)?;
        let high = medians.iter().copied().reduce(f64::max)?;
        // Counts that are spread over steps leave tiny parts of one.
        let text = |value: f64| match quantity {
            Quantity::Retransmits => brief(value, 2),
            _ => significant(value, 3),
        };
        Some(format!("from {} to {}", text(low), text(high)))
    };
    let list: Vec<String> = if series.modes.len() <= FEW {
        series
            .modes
            .chunks(1)
            .filter_map(|one| Some(format!("{} {}", context.label(&one.first()?.mode), range(one)?)))
            .collect()
    } else {
        range(&series.modes).map(|range| format!("{} modes {range}", series.modes.len())).into_iter().collect()
    };
    format!("{}, medians: {}.", scale.header(names(quantity).0), list.join("; "))
}
