//! wrk's text with `--latency`.

use std::fmt::Write;

use super::search::{Series, at_score, scores};
use super::target::{Target, aim, of_metrics};
use super::{Log, Writer};
use crate::claims::{Design, Statistic};
use crate::error::Fault;
use crate::metric::Values;
use crate::run::Tool;
use crate::stats::rng::Rng;

pub(super) const WRITER: Writer = Writer { tool: Tool::Wrk, extension: "txt", metrics: &[MEAN, SD, MAX], logs };

const MEAN: &str = "latency_mean";
const SD: &str = "latency_sd";
const MAX: &str = "latency_max";

/// Latencies are searched in hundredths of a microsecond, the finest that wrk prints.
const POINT: f64 = 1e-8;

/// Bytes of a response, headers included: no printed figure depends on it.
const RESPONSE: u64 = 231;

/// What the command line of wrk said.
struct Setup<'a> {
    duration: u32,
    connections: u32,
    threads: u32,
    url: &'a str,
}

fn logs(design: &Design, targets: &[Target], n: usize, rng: &mut Rng) -> Result<Vec<Log>, Fault> {
    let missing = |key: &str| Fault::new(format!("`{key}` is missing in [design]"), "add it: wrk's logs say it");
    let setup = Setup {
        duration: design.duration.ok_or_else(|| missing("duration"))?,
        connections: design.connections.ok_or_else(|| missing("connections"))?,
        threads: design.threads.ok_or_else(|| missing("threads"))?,
        url: design.url.as_deref().ok_or_else(|| missing("url"))?,
    };
    let runs = latencies(targets, n, rng)?;
    Ok(runs.into_iter().map(|values| Log { content: text(&values, &setup, rng), values }).collect())
}

/// Mean, SD and maximum of every run. What was not printed is given a usual spread.
fn latencies(targets: &[Target], n: usize, rng: &mut Rng) -> Result<Vec<Values>, Fault> {
    let aim = |metric, statistic, rng: &mut Rng| aim(targets, metric, statistic, rng);
    let Some(mean) = aim(MEAN, Statistic::Mean, rng).filter(|mean| *mean > 0.0) else {
        let names: Vec<_> = targets.iter().map(|target| target.cell.label()).collect();
        let what = format!("{}: there is no mean latency to write logs with", names.join("; "));
        return Err(Fault::new(what, "add the claim of metric `latency_mean` and statistic `mean`"));
    };
    let mut runs = vec![Values::new(); n];
    let sd = aim(MEAN, Statistic::Sd, rng).unwrap_or(0.02 * mean);
    find(MEAN, |rng| spread(mean, sd, n, rng), vec![1; n], &mut runs, targets, rng);

    let within_run = aim(SD, Statistic::Mean, rng).filter(|sd| *sd > 0.0).unwrap_or(0.15 * mean);
    let sd = aim(SD, Statistic::Sd, rng).unwrap_or(0.08 * within_run);
    find(SD, |rng| spread(within_run, sd, n, rng), vec![1; n], &mut runs, targets, rng);

    let floor = runs.iter().map(|run| points(seconds(run, MEAN) + seconds(run, SD))).collect();
    let largest = aim(MAX, Statistic::Max, rng);
    let printed = aim(MAX, Statistic::Mean, rng).map(|mean| (mean, aim(MAX, Statistic::Sd, rng).unwrap_or(0.1 * mean)));
    let draw = |rng: &mut Rng| match printed {
        Some((mean, sd)) => spread(mean, sd, n, rng),
        None => {
            let largest = largest.unwrap_or(mean + 14.0 * within_run);
            let usual = (mean + 5.0 * within_run).min((mean + largest) / 2.0);
            (0..n).map(|_| points(usual + (largest - usual) * rng.uniform())).collect()
        }
    };
    let topped = |rng: &mut Rng| {
        let mut draw = draw(rng);
        if let Some(largest) = largest.map(points) {
            draw.iter_mut().for_each(|point| *point = largest.min(*point));
            draw.iter_mut().max().into_iter().for_each(|top| *top = largest);
        }
        draw
    };
    find(MAX, topped, floor, &mut runs, targets, rng);
    Ok(runs)
}

fn spread(mean: f64, sd: f64, n: usize, rng: &mut Rng) -> Vec<i64> {
    scores(n, rng).into_iter().map(|score| points(at_score(mean, sd, score))).collect()
}

fn find(
    metric: &'static str,
    draw: impl FnMut(&mut Rng) -> Vec<i64>,
    floor: Vec<i64>,
    runs: &mut [Values],
    targets: &[Target],
    rng: &mut Rng,
) {
    // wrk keeps a maximum in whole microseconds.
    let step = if metric == MAX { |point| resolution(point).max(100) } else { resolution };
    let write = |_, point: i64, values: &mut Values| {
        values.insert(metric.into(), point as f64 * POINT);
    };
    Series { step, floor, write: &write }.find(draw, runs, &[&of_metrics(targets, &[metric])], rng);
}

/// At most 10⁹ s, so that no grid step leaves the integers.
fn points(seconds: f64) -> i64 {
    (seconds.min(1e9) / POINT).round() as i64
}

fn seconds(run: &Values, metric: &str) -> f64 {
    run.get(metric).copied().unwrap_or(0.0)
}

/// The last digit that wrk prints of a latency, in points.
fn resolution(point: i64) -> i64 {
    match point {
        ..85_000 => 1,
        85_000..100_000_000 => 1_000,
        100_000_000..5_100_000_000 => 1_000_000,
        5_100_000_000..306_000_000_000 => 60_000_000,
        _ => 3_600_000_000,
    }
}

/// A log of these latencies: the requests follow from them by Little's law, the percentiles are those of a right-skewed
/// distribution below the maximum.
fn text(run: &Values, setup: &Setup, rng: &mut Rng) -> String {
    let (mean, sd, max) = (seconds(run, MEAN), seconds(run, SD), seconds(run, MAX));
    let open = f64::from(setup.connections / setup.threads * setup.threads);
    let mut between = |low: f64, high: f64| low + (high - low) * rng.uniform();
    let runtime = (f64::from(setup.duration) + between(0.02, 0.10)) * 1e6;
    let runtime = runtime.round() / 1e6;
    // A connection waits a little between two requests.
    let requests = (open / mean * between(0.988, 0.998) * runtime).round().max(1.0);
    let (rate, bytes) = (requests / runtime, requests * RESPONSE as f64);
    let thread = rate / f64::from(setup.threads);
    let thread_sd = thread * between(0.04, 0.09);
    let thread_max = thread + thread_sd * between(2.4, 3.4);
    let (within_sd, thread_within_sd) = (between(71.0, 79.0), between(66.0, 74.0));

    let mut out = String::new();
    let mut line = |text: std::fmt::Arguments| writeln!(out, "{text}").expect("a String takes every write");
    line(format_args!("Running {} test @ {}", scaled(f64::from(setup.duration), &TIME_S, 0), setup.url));
    line(format_args!("  {} threads and {} connections", setup.threads, setup.connections));
    line(format_args!("  Thread Stats{:>6}{:>11}{:>8}{:>12}", "Avg", "Stdev", "Max", "+/- Stdev"));
    let mut stats = |name: &str, cells: [String; 3], share: f64| {
        let [mean, sd, max] = cells;
        line(format_args!("    {name:<10}{}{}{}{share:>8.2}%", padded(&mean, 8), padded(&sd, 10), padded(&max, 9)));
    };
    stats("Latency", [mean, sd, max].map(time), within_sd);
    stats("Req/Sec", [thread, thread_sd, thread_max.floor()].map(|x| scaled(x, &METRIC, 2)), thread_within_sd);
    line(format_args!("  Latency Distribution"));
    // Quantiles in SDs above the mean, and the share of the way to the maximum that they never pass.
    for (percent, score, share) in [(50, -0.10, 0.0), (75, 0.52, 0.3), (90, 1.22, 0.6), (99, 2.95, 0.9)] {
        let quantile = mean + sd * (score + between(-0.05, 0.05));
        let quantile = quantile.min(mean + share * (max - mean)).max(mean / 2.0);
        line(format_args!("{percent:>7}%{}", padded(&time((quantile * 1e6).round() / 1e6), 10)));
    }
    line(format_args!("  {requests} requests in {}, {}B read", time(runtime), scaled(bytes, &BINARY, 2)));
    line(format_args!("Requests/sec: {rate:>9.2}"));
    line(format_args!("Transfer/sec: {:>10}B", scaled(bytes / runtime, &BINARY, 2)));
    out
}

/// How wrk shortens a number: it takes the next unit from 85 % of it.
struct Scale {
    factor: f64,
    units: &'static [&'static str],
}

const TIME_US: Scale = Scale { factor: 1000.0, units: &["us", "ms"] };
const TIME_S: Scale = Scale { factor: 60.0, units: &["s", "m", "h"] };
const METRIC: Scale = Scale { factor: 1000.0, units: &["", "k", "M", "G", "T"] };
const BINARY: Scale = Scale { factor: 1024.0, units: &["", "K", "M", "G", "T"] };

fn scaled(amount: f64, scale: &Scale, decimals: usize) -> String {
    let (mut amount, mut unit) = (amount, "");
    for (i, name) in scale.units.iter().enumerate() {
        unit = name;
        if amount < scale.factor * 0.85 || i + 1 == scale.units.len() {
            break;
        }
        amount /= scale.factor;
    }
    format!("{amount:.decimals$}{unit}")
}

/// A duration in seconds, as wrk prints it.
fn time(seconds: f64) -> String {
    if seconds < 1.0 { scaled(seconds * 1e6, &TIME_US, 2) } else { scaled(seconds, &TIME_S, 2) }
}

/// Right-aligned, with room for a unit of two letters after the digits.
fn padded(text: &str, width: usize) -> String {
    let letters = text.chars().rev().take(2).filter(char::is_ascii_alphabetic).count();
    let pad = 2 - letters;
    format!("{text:>0$}{1:2$}", width - pad, "", pad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_wrk_prints_them() {
        assert_eq!(time(0.01166), "11.66ms");
        assert_eq!(time(0.00085), "0.85ms");
        assert_eq!(time(0.000849), "849.00us");
        assert_eq!(time(30.0283), "30.03s");
        assert_eq!(time(60.0), "1.00m");
        assert_eq!(scaled(30.0, &TIME_S, 0), "30s");
        assert_eq!(scaled(2143.75, &METRIC, 2), "2.14k");
        assert_eq!(scaled(720.16, &METRIC, 2), "720.16");
        assert_eq!(scaled(0.99 * 1_048_576.0, &BINARY, 2), "0.99M");
        assert_eq!(
            [padded("5.31ms", 8), padded("3.79k", 8), padded("720.16", 8)],
            ["  5.31ms", "  3.79k ", "720.16  "]
        );
    }

    #[test]
    fn the_grid_is_what_is_printed() {
        for point in [1, 84_999, 85_000, 1_166_000, 99_999_000, 100_000_000, 5_099_000_000, 5_100_000_000] {
            let (here, next) = (time(point as f64 * POINT), time((point + resolution(point)) as f64 * POINT));
            assert_ne!(here, next, "{point}");
        }
    }
}
