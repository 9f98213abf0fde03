//! How the latencies of requests are distributed within the runs: percentiles far into the tail, and where the logs have
//! whole histograms, all requests.

use super::Context;
use super::distributions::{CORRECTED, of_requests, slug};
use super::figure::{Banded, Drawing, Figure, Panel, Panels, Stretch};
use super::model::{Block, Section};
use super::number::{Scale, shortest, significant};
use super::series::{FEW, of_band};
use crate::analysis::band::Band;
use crate::analysis::latencies::{Distribution, Latencies};
use crate::metric::Unit;

pub(super) fn section(context: &Context) -> Option<Section> {
    let mut blocks = Vec::new();
    for latencies in &context.analysis.latencies {
        let scale = scale(context, latencies);
        blocks.push(Block::Figure(figure(context, latencies, &scale)));
        blocks.extend(of_requests(context, latencies, &scale).map(Block::Figure));
    }
    let (id, title) = ("latency-distribution".to_owned(), "Latency distribution".to_owned());
    (!blocks.is_empty()).then_some(Section { id, title, blocks })
}

/// The prefix of the mean latency, as in all tables.
fn scale(context: &Context, latencies: &Latencies) -> Scale {
    match context.analysis.metric("latency_mean") {
        Some(metric) => context.scale(metric),
        None => {
            let medians = latencies.modes.iter().flat_map(|mode| &mode.percentiles).map(|(_, spread)| spread.median);
            Scale::of(&Unit::Seconds, medians.fold(0.0, f64::max))
        }
    }
}

fn figure(context: &Context, latencies: &Latencies, scale: &Scale) -> Figure {
    let modes: Vec<&Distribution> = latencies.modes.iter().filter(|mode| mode.percentiles.len() > 1).collect();
    let has_bands = modes.len() <= FEW && latencies.band != Band::None;
    let line = |(label, mode): (usize, &&Distribution)| Banded {
        label,
        points: mode.percentiles.iter().map(|(percent, spread)| (*percent, scale.apply(spread.median))).collect(),
        band: if has_bands && mode.runs > 1 {
            mode.percentiles.iter().map(|(_, spread)| spread.band.map(|end| scale.apply(end))).collect()
        } else {
            Vec::new()
        },
        steps: false,
    };
    let counts: Vec<String> =
        modes.iter().map(|mode| format!("{}: n = {}", context.label(&mode.mode), mode.runs)).collect();
    let list: Vec<String> = modes.iter().map(|mode| in_words(context, mode, scale)).collect();
    let within = context.within(latencies.scenario.as_deref());
    let axis = scale.header("Latency");
    Figure {
        id: format!("percentiles{}", slug(latencies.scenario.as_deref())),
        metric: None,
        caption: context.prose(&format!(
            "Latency by percentile{within}. The axis of percentiles is stretched by 1/(1 − p), so that each further nine \
             takes as much room. {} Only percentiles that every run of a mode has.{} {}.",
            of_band("Lines: each run's percentile, the median over the runs", latencies.band, has_bands),
            if latencies.are_corrected() { CORRECTED } else { "" },
            counts.join("; ")
        )),
        alt: context.prose(&format!("{axis} over percentiles{within}, median over the runs. {}.", list.join("; "))),
        drawing: Drawing::Panels(Panels {
            axis: "Percentile (%)".to_owned(),
            stretch: Stretch::Tail,
            extent: None,
            shade: None,
            labels: modes.iter().map(|mode| context.label(&mode.mode)).collect(),
            panels: vec![Panel { axis, lines: modes.iter().enumerate().map(line).collect() }],
        }),
        locale: context.locale(),
    }
}

/// `Istio: 15.0 at 50 %, 18.2 at 90 %, …`
fn in_words(context: &Context, mode: &Distribution, scale: &Scale) -> String {
    let told = [50.0, 90.0, 99.0, 99.9, 99.99];
    let list: Vec<String> = mode
        .percentiles
        .iter()
        .filter(|(percent, _)| told.contains(percent))
        .map(|(percent, spread)| format!("{} at {} %", significant(scale.apply(spread.median), 3), shortest(*percent)))
        .collect();
    format!("{}: {}", context.label(&mode.mode), list.join(", "))
}
