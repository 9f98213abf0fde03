//! Figures over time and over percentiles, from the logs to the drawing: how intervals are aligned, what is not averaged
//! in, and what the captions admit.

use std::collections::BTreeMap;

use approx::assert_relative_eq;
use meshstats::parse::{Content, parse};
use meshstats::run::Measurements;
use serde_json::{Value, json};

use super::program::{Case, iperf3, iperf3_udp, root, wrk};

/// An interval: from, to, Gbit/s, retransmits, omitted.
type Part = (f64, f64, f64, u64, bool);

/// An iperf3 log with these intervals, whose totals are those of what was not omitted.
fn log(parts: &[Part]) -> String {
    let mut log: Value = serde_json::from_str(&iperf3(1.0, 3)).unwrap();
    let bytes = |(from, to, gbit, ..): &Part| gbit * 1.25e8 * (to - from);
    let interval = |part: &Part| {
        let (from, to, gbit, retransmits, omitted) = *part;
        let stream = json!({
            "start": from, "end": to, "seconds": to - from, "bytes": bytes(part), "bits_per_second": gbit * 1e9,
            "retransmits": retransmits, "snd_cwnd": 1024.0 * gbit, "rtt": 100.0 * gbit, "omitted": omitted, "sender": true
        });
        json!({ "streams": [stream], "sum": stream })
    };
    log["intervals"] = parts.iter().map(interval).collect();
    let counted = || parts.iter().filter(|part| !part.4);
    let (total, end) = (counted().map(bytes).sum::<f64>(), parts.last().unwrap().1);
    for side in ["sum_sent", "sum_received"] {
        for (key, value) in [("bytes", total), ("seconds", end), ("end", end), ("bits_per_second", 8.0 * total / end)] {
            log["end"][side][key] = json!(value);
        }
    }
    log["start"]["test_start"]["duration"] = json!(end / 2.0);
    log["start"]["cookie"] = json!(format!("{parts:?}"));
    log.to_string()
}

/// Whole seconds at these rates.
fn seconds(rates: &[f64]) -> Vec<Part> {
    rates.iter().enumerate().map(|(i, rate)| (i as f64, i as f64 + 1.0, *rate, 2, false)).collect()
}

/// A study of iperf3 logs, analysed: path below the study, and intervals.
fn analysed(logs: &[(&str, Vec<Part>)]) -> Case {
    let logs: Vec<(&str, String)> = logs.iter().map(|(path, parts)| (*path, log(parts))).collect();
    let case = Case::new(&logs);
    case.analyze(&[]).ok();
    case
}

/// A figure's data: panel and line, and what is drawn of it, without missing ends of bands.
fn drawn(case: &Case, id: &str) -> BTreeMap<(String, String), Vec<Vec<f64>>> {
    let mut drawn: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let text = case.read(&format!("out/study/figures/{id}.csv"));
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        let record = record.unwrap();
        let numbers = record.iter().skip(2).filter(|cell| !cell.is_empty()).map(|cell| cell.parse().unwrap()).collect();
        drawn.entry((record[0].to_owned(), record[1].to_owned())).or_default().push(numbers);
    }
    drawn
}

fn line(case: &Case, id: &str, panel: &str, label: &str) -> Vec<Vec<f64>> {
    let drawn = drawn(case, id);
    let found = drawn.get(&(panel.to_owned(), label.to_owned()));
    found.unwrap_or_else(|| panic!("{panel}, {label} is not in {:?}", drawn.keys())).clone()
}

/// Looks close at what cannot be exact.
#[track_caller]
fn assert_points(actual: &[Vec<f64>], expected: &[&[f64]]) {
    assert_eq!(actual.len(), expected.len(), "{actual:?}");
    for (actual, expected) in actual.iter().zip(expected) {
        assert_eq!(actual.len(), expected.len(), "{actual:?} {expected:?}");
        for (a, b) in actual.iter().zip(*expected) {
            assert_relative_eq!(a, b, max_relative = 1e-9, epsilon = 1e-9);
        }
    }
}

fn caption(case: &Case, id: &str) -> String {
    let svg = case.read(&format!("out/study/figures/{id}.svg"));
    svg.split("<title id=").nth(1).and_then(|rest| rest.split(['<', '>']).nth(1)).unwrap().to_owned()
}

fn has(case: &Case, id: &str) -> bool {
    case.path(&format!("out/study/figures/{id}.svg")).exists()
}

fn run(path: &str) -> Measurements {
    match parse(&std::fs::read(root().join(path)).unwrap()) {
        Content::Log(log) => log.runs.into_iter().next().unwrap().unwrap(),
        Content::Other(other) => panic!("{path}: {}", other.reason),
    }
}

// Intervals.

#[test]
fn intervals_are_read_as_they_stand_in_the_log() {
    let intervals = run("tests/logs/iperf3/v3.12-omit.json").transfer.unwrap().intervals;
    let [warm_up, counted] = intervals.as_slice() else { panic!("{intervals:?}") };
    assert!(warm_up.omitted && !counted.omitted);
    assert_eq!((counted.start, counted.end, counted.bytes), (2.7e-5, 0.999965, 12_451_840.0));
    assert_eq!((counted.retransmits, counted.cwnd), (Some(0), Some(1_178_694.0)));
    assert_relative_eq!(counted.rtt.unwrap(), 213e-6);
    let udp = run("tests/logs/iperf3/v3.12-udp.json").transfer.unwrap().intervals;
    assert_eq!((udp[0].bytes, udp[0].retransmits, udp[0].cwnd, udp[0].rtt), (2_523_136.0, None, None, None));
    let reverse = run("tests/logs/iperf3/v3.12-tcp-reverse.json").transfer.unwrap().intervals;
    assert_eq!((reverse[0].cwnd, reverse[0].rtt), (None, None), "only the sender knows");
}

#[test]
fn intervals_count_for_whole_seconds_by_their_overlap() {
    let case = analysed(&[
        ("a/1.json", vec![(0.0, 1.5, 2.0, 3, false), (1.5, 2.5, 4.0, 1, false), (2.5, 3.0, 6.0, 0, false)]),
        ("no-mesh/1.json", seconds(&[1.0, 2.0, 3.0])),
    ]);
    assert_points(&line(&case, "over-time", "Throughput (Gbit/s)", "a"), &[&[0.5, 2.0], &[1.5, 3.0], &[2.5, 5.0]]);
    assert_points(&line(&case, "over-time", "Retransmits (1/s)", "a"), &[&[0.5, 2.0], &[1.5, 1.5], &[2.5, 0.5]]);
    assert_points(
        &line(&case, "over-time", "Round-trip time (µs)", "a"),
        &[&[0.5, 200.0], &[1.5, 300.0], &[2.5, 500.0]],
    );
    assert_points(
        &line(&case, "over-time", "Congestion window (KiB)", "no-mesh"),
        &[&[0.5, 1.0], &[1.5, 2.0], &[2.5, 3.0]],
    );
}

#[test]
fn the_stub_at_the_end_is_no_point() {
    let mut parts = seconds(&[2.0, 2.0]);
    parts.push((2.0, 2.0008, 48.0, 0, false));
    let case = analysed(&[("no-mesh/1.json", parts.clone()), ("istio/1.json", parts)]);
    assert_points(&line(&case, "over-time", "Throughput (Gbit/s)", "istio"), &[&[0.5, 2.0], &[1.5, 2.0]]);
}

#[test]
fn what_was_omitted_is_shaded_and_not_averaged_in() {
    let warm = |clock_goes_on: bool| {
        let later = if clock_goes_on { 2.0 } else { 0.0 };
        let counted = |(from, to, rate, n, _): Part| (from + later, to + later, rate, n, false);
        let omitted = [(0.0, 1.0, 1.0, 9, true), (1.0, 2.0004, 1.0, 9, true)];
        omitted.into_iter().chain(seconds(&[8.0, 8.0]).into_iter().map(counted)).collect::<Vec<_>>()
    };
    let case = analysed(&[
        ("no-mesh/1.json", warm(false)),
        ("no-mesh/2.json", warm(true)),
        ("istio/1.json", seconds(&[4.0, 4.0])),
        ("istio/2.json", seconds(&[6.0, 6.0])),
    ]);
    let line_of = |mode: &str| line(&case, "over-time", "Throughput (Gbit/s)", mode);
    assert_points(
        &line_of("no-mesh"),
        &[&[-1.5, 1.0, 1.0, 1.0], &[-0.5, 1.0, 1.0, 1.0], &[0.5, 8.0, 8.0, 8.0], &[1.5, 8.0, 8.0, 8.0]],
    );
    assert_points(&line_of("istio"), &[&[0.5, 5.0, 4.0, 6.0], &[1.5, 5.0, 4.0, 6.0]]);
    let svg = case.read("out/study/figures/over-time.svg");
    assert!(svg.contains("#F0F0F0") && svg.contains("Warm-up"));
    assert!(caption(&case, "over-time").contains("omitted as warm-up (-O); the results do not count it"));
    let plain = analysed(&[("no-mesh/1.json", seconds(&[1.0, 2.0])), ("istio/1.json", seconds(&[1.0, 2.0]))]);
    assert!(!plain.read("out/study/figures/over-time.svg").contains("#F0F0F0"));
}

#[test]
fn a_run_that_ended_early_is_told() {
    let case = analysed(&[
        ("no-mesh/1.json", seconds(&[1.0, 1.0, 1.0, 1.0])),
        ("no-mesh/2.json", seconds(&[2.0, 2.0, 2.0, 2.0])),
        ("no-mesh/3.json", seconds(&[9.0, 9.0])),
        ("istio/1.json", seconds(&[1.0, 1.0, 1.0, 1.0, 1.0])),
        ("istio/2.json", seconds(&[1.0, 1.0, 1.0, 1.0, 1.0])),
        ("istio/3.json", seconds(&[1.0, 1.0, 1.0, 1.0, 1.0])),
    ]);
    let points = line(&case, "over-time", "Throughput (Gbit/s)", "no-mesh");
    assert_points(
        &points,
        &[&[0.5, 2.0, 1.0, 9.0], &[1.5, 2.0, 1.0, 9.0], &[2.5, 1.5, 1.0, 2.0], &[3.5, 1.5, 1.0, 2.0]],
    );
    let caption = caption(&case, "over-time");
    assert!(caption.contains("Runs of no-mesh ended before the line does (run 3 at 2.0 s)"), "{caption}");
    assert!(!caption.contains("Runs of istio") && caption.contains("from the lowest to the highest run"), "{caption}");
    assert!(caption.contains("no-mesh: n = 3; istio: n = 3"), "{caption}");
}

#[test]
fn of_five_runs_the_band_is_of_quartiles_and_long_tests_have_longer_steps() {
    let long: Vec<Part> =
        (0..500).map(|i| (f64::from(i), f64::from(i + 1), f64::from(1 + i / 250), 0, false)).collect();
    let logs: Vec<(String, Vec<Part>)> = ["no-mesh", "istio"]
        .iter()
        .flat_map(|mode| (1..=5).map(move |run| (format!("{mode}/{run}.json"), run)))
        .map(|(path, run)| (path, long.iter().map(|p| (p.0, p.1, p.2 * f64::from(run), p.3, p.4)).collect()))
        .collect();
    let logs: Vec<(&str, Vec<Part>)> = logs.iter().map(|(path, parts)| (path.as_str(), parts.clone())).collect();
    let case = analysed(&logs);
    let points = line(&case, "over-time", "Throughput (Gbit/s)", "istio");
    assert_eq!(points.len(), 100, "500 s in steps of 5 s");
    assert_points(&[points[0].clone(), points[99].clone()], &[&[2.5, 3.0, 2.0, 4.0], &[497.5, 6.0, 4.0, 8.0]]);
    let caption = caption(&case, "over-time");
    assert!(caption.contains("in each 5 s") && caption.contains("from the lower to the upper quartile"), "{caption}");
}

// Odd shapes of studies.

/// No figure of the case says NaN or inf.
fn assert_whole(case: &Case) -> usize {
    let files = super::program::tree(&case.path("out/study/figures"));
    for (path, contents) in files.iter().filter(|(path, _)| !path.ends_with(".pdf")) {
        let text = String::from_utf8_lossy(contents);
        assert!(!["NaN", "inf,", "inf\n"].iter().any(|word| text.contains(word)), "{path}");
    }
    files.iter().filter(|(path, _)| path.ends_with(".svg")).count()
}

#[test]
fn one_run_of_one_mode_has_a_line_without_band() {
    let case = analysed(&[("1.json", seconds(&[1.0, 2.0, 3.0]))]);
    assert_eq!(assert_whole(&case), 2, "the runs and their course");
    assert_points(&line(&case, "over-time", "Throughput (Gbit/s)", "all"), &[&[0.5, 1.0], &[1.5, 2.0], &[2.5, 3.0]]);
    assert!(caption(&case, "over-time").contains("there is one only"));
}

#[test]
fn twelve_modes_have_lines_and_five_scenarios_a_figure_each() {
    let paths: Vec<String> = (0..12).flat_map(|mode| [1, 2].map(|run| format!("m{mode:02}/{run}.json"))).collect();
    let logs: Vec<(&str, String)> =
        paths.iter().map(|path| (path.as_str(), log(&seconds(&[1.0, path.len() as f64])))).collect();
    let case = Case::new(&logs);
    case.analyze(&["--baseline", "m00"]).ok();
    assert_eq!(assert_whole(&case), 2, "the runs and their course");
    assert!(caption(&case, "over-time").contains("Bands are left out"));
    assert_eq!(drawn(&case, "over-time").keys().filter(|(panel, _)| panel.starts_with("Throughput")).count(), 12);

    let paths: Vec<String> = [1, 2, 4, 8, 16]
        .iter()
        .flat_map(|streams| ["off", "on"].map(|mode| format!("p{streams}/{mode}/1.json")))
        .collect();
    let logs: Vec<(&str, Vec<Part>)> = paths.iter().map(|path| (path.as_str(), seconds(&[1.0, 2.0]))).collect();
    let case = analysed(&logs);
    assert_whole(&case);
    for scenario in ["p1", "p2", "p4", "p8", "p16"] {
        assert!(caption(&case, &format!("over-time-{scenario}")).contains(&format!("tests, {scenario}, as")));
    }
}

#[test]
fn udp_has_a_panel_of_throughput_only() {
    let mut log: Value = serde_json::from_str(&iperf3_udp(0.1, 3)).unwrap();
    let part = |k: f64| {
        let sum = json!({ "start": k, "end": k + 1.0, "seconds": 1.0, "bytes": 2.5e6, "bits_per_second": 20e6, "packets": 100 });
        json!({ "streams": [sum], "sum": sum })
    };
    log["intervals"] = (0..10).map(|k| part(f64::from(k))).collect();
    let case = Case::new(&[("off/1.json", log.to_string()), ("on/1.json", log.to_string())]);
    case.analyze(&[]).ok();
    assert_whole(&case);
    let panels: Vec<String> = drawn(&case, "over-time").into_keys().map(|(panel, _)| panel).collect();
    assert_eq!(panels, ["Throughput (Mbit/s)", "Throughput (Mbit/s)"]);
    assert!(caption(&case, "over-time").starts_with("Throughput of iperf3 over the time"));
}

#[test]
fn a_table_of_values_has_neither_series_nor_percentiles() {
    let case = analysed(&[("off/1.json", seconds(&[1.0, 2.0])), ("on/1.json", seconds(&[1.0, 2.0]))]);
    assert!(has(&case, "over-time"));
    case.run(&["ingest", "study", "-o", "runs.csv"]).ok();
    let table = case.read("runs.csv");
    let of_table = Case::new(&[("runs.csv", table)]);
    of_table.analyze(&["--baseline", "off"]).ok();
    assert!(!has(&of_table, "over-time") && !has(&of_table, "percentiles"));
    assert!(!of_table.read("out/study/results.json").contains("\"series\""));
}

// Latencies.

/// The JSON line of the project's script, of as many requests as the histogram counts.
fn with_histogram(bins: &[(u64, u64)]) -> String {
    with_samples(bins, bins.iter().map(|(_, count)| count).sum())
}

/// The same, of so many requests.
fn with_samples(bins: &[(u64, u64)], requests: u64) -> String {
    let count: u64 = bins.iter().map(|(_, count)| count).sum();
    let sum: u64 = bins.iter().map(|(us, count)| us * count).sum();
    let latency = json!({
        "min": bins[0].0, "max": bins.last().unwrap().0, "mean": sum as f64 / count as f64, "stdev": 10.0,
        "count": count, "percentile": { "50": bins[0].0 }, "histogram": bins
    });
    format!(
        "{{\"wrk_json\":1,\"duration_us\":30000000,\"requests\":{requests},\"bytes\":1000,\"errors\":{{\"connect\":0,\
         \"read\":0,\"write\":0,\"status\":0,\"timeout\":0}},\"latency_us\":{latency}}}\n"
    )
}

#[test]
fn percentiles_are_by_nearest_rank_and_requests_are_pooled() {
    let a = with_histogram(&[(1000, 50), (2000, 40), (3000, 9), (9000, 1)]);
    let b = with_histogram(&[(1000, 100), (5000, 200)]);
    let c = with_histogram(&[(4000, 100)]);
    let case = Case::new(&[("off/1.txt", a), ("off/2.txt", b), ("on/1.txt", c.clone()), ("on/2.txt", c)]);
    case.analyze(&[]).ok();
    let points = line(&case, "percentiles", "Latency (ms)", "off");
    let at = |percent: f64| points.iter().find(|point| point[0] == percent).cloned();
    assert_points(&[at(50.0).unwrap()], &[&[50.0, 3.0, 1.0, 5.0]]);
    assert_points(&[at(90.0).unwrap()], &[&[90.0, 3.5, 2.0, 5.0]]);
    assert_points(&[at(99.0).unwrap()], &[&[99.0, 4.0, 3.0, 5.0]]);
    assert!(points.iter().all(|point| point[0] <= 99.0), "of 100 requests, one is beyond the 99th percentile");
    let pooled = line(&case, "ecdf-requests", "Requests (%)", "off");
    assert_points(&pooled, &[&[1.0, 37.5], &[2.0, 47.5], &[3.0, 49.75], &[5.0, 99.75], &[9.0, 100.0]]);
    let caption = caption(&case, "ecdf-requests");
    assert!(caption.contains("Requests are counted here, not runs") && caption.contains("no test is made of them"));
    assert!(caption.contains("off: 400 requests of 2 runs; on: 200 requests of 2 runs"), "{caption}");
    assert!(!case.read("out/study/report.md").contains("coordinated omission"));
    assert_whole(&case);
}

#[test]
fn samples_that_wrk_adds_are_told_where_latencies_are_read() {
    let off = with_samples(&[(1000, 50), (2000, 40), (3000, 9), (9000, 1)], 80);
    let on = with_histogram(&[(4000, 100)]);
    let case = Case::new(&[("off/1.txt", off.clone()), ("off/2.txt", off), ("on/1.txt", on.clone()), ("on/2.txt", on)]);
    case.analyze(&[]).ok();
    for id in ["ecdf-requests", "percentiles"] {
        let caption = caption(&case, id);
        let said = "The samples that wrk adds to correct for coordinated omission are included.";
        assert!(caption.contains(said), "{caption}");
    }
    let caption = caption(&case, "ecdf-requests");
    let counts = "off: 160 requests of 2 runs, counted as 200 samples; on: 200 requests of 2 runs.";
    assert!(caption.ends_with(counts), "{caption}");
    assert_eq!(line(&case, "ecdf-requests", "Samples (%)", "off").len(), 4);
    // Once, under the table that is read first.
    let report = case.read("out/study/report.md");
    let warnings: Vec<usize> = report.match_indices("To the latencies, wrk adds samples").map(|(at, _)| at).collect();
    let table_2 = report.find("**Table 2.**").unwrap();
    assert!(warnings.len() == 1 && warnings[0] < table_2, "{report}");
    let notes = case.results("study")["notes"].clone();
    let note = notes.as_array().unwrap().iter().find(|note| note["id"] == "latency-corrected").unwrap();
    assert_eq!(note["applies_to"], json!(["2 of 2 wrk runs of off"]));
    assert_eq!(note["detail"], "100 samples for 80 requests");
    assert_whole(&case);
}

#[test]
fn printed_percentiles_and_wrk2s_spectrum_are_drawn() {
    let with = |p99: f64| {
        let table = format!(
            "  Latency Distribution\n     50%   10.00ms\n     75%   11.00ms\n     90%   12.50ms\n     99%   {p99:.2}ms\n"
        );
        wrk(10.0).replace("  Req/Sec", "Req/Sec").replacen(
            "Req/Sec     2.10k   102.17     2.55k    70.25%\n",
            &format!("Req/Sec     2.10k   102.17     2.55k    70.25%\n{table}"),
            1,
        )
    };
    let case = Case::new(&[("off/1.txt", with(20.0)), ("off/2.txt", with(30.0)), ("on/1.txt", wrk(12.0))]);
    case.analyze(&[]).ok();
    assert_points(
        &line(&case, "percentiles", "Latency (ms)", "off"),
        &[&[50.0, 10.0, 10.0, 10.0], &[75.0, 11.0, 11.0, 11.0], &[90.0, 12.5, 12.5, 12.5], &[99.0, 25.0, 20.0, 30.0]],
    );
    assert!(!has(&case, "ecdf-requests"), "there is no histogram");
    assert_whole(&case);
    let wrk2 = std::fs::read_to_string(root().join("tests/logs/wrk/wrk2.txt")).unwrap();
    let case = Case::new(&[("off/1.txt", wrk2.clone()), ("on/1.txt", wrk2)]);
    case.analyze(&[]).ok();
    let points = line(&case, "percentiles", "Latency (ms)", "on");
    assert!(points.iter().any(|point| point[0] == 98.9062 && (point[1] - 2.263).abs() < 1e-9), "{points:?}");
    assert!(points.iter().all(|point| point[0] < 100.0));
}

#[test]
fn percentiles_of_a_histogram_are_those_that_wrk_prints() {
    let case = Case::empty();
    super::program::copy_tree(&root().join("data/loopback-demo/direct/wrk"), &case.path("study/direct"));
    case.analyze(&[]).ok();
    let http = run("data/loopback-demo/direct/wrk/run-01.txt").http.unwrap();
    let one = Case::new(&[("1.txt", std::fs::read(root().join("data/loopback-demo/direct/wrk/run-01.txt")).unwrap())]);
    one.analyze(&[]).ok();
    let points = line(&one, "percentiles", "Latency (µs)", "all");
    for (percent, seconds) in http.percentiles {
        let point = points.iter().find(|point| point[0] == percent).unwrap_or_else(|| panic!("{percent} %"));
        assert_relative_eq!(point[1], seconds * 1e6, max_relative = 1e-9);
    }
}

#[test]
fn the_distribution_of_runs_is_a_step_function_with_ties_together() {
    let logs: Vec<(&str, String)> =
        [("off/1.txt", 10.0), ("off/2.txt", 12.0), ("off/3.txt", 10.0), ("off/4.txt", 11.0), ("on/1.txt", 15.0)]
            .map(|(path, ms)| (path, wrk(ms)))
            .into();
    let case = Case::new(&logs);
    case.analyze(&[]).ok();
    assert_points(
        &line(&case, "ecdf-latency-mean", "Runs (%)", "off"),
        &[&[10.0, 50.0], &[11.0, 75.0], &[12.0, 100.0]],
    );
    assert!(caption(&case, "ecdf-latency-mean").contains("off: n = 4; on: n = 1"));
}
