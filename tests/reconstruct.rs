//! `meshstats reconstruct`: the committed logs, other seeds, other claims, and claims that cannot be met. The logs are
//! read here by string search and serde_json, not by the project's parsers, except where those are what is tested.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use meshstats::claims::Claims;
use meshstats::parse::{Content, parse};
use meshstats::reconstruct::{DEFAULT_SEED, NOTICE, Reconstruction, Verdict, reconstruct};
use meshstats::{metric, run};

fn study() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/istio-2025")
}

fn study_claims() -> String {
    std::fs::read_to_string(study().join("claims.toml")).unwrap()
}

fn rebuilt(text: &str, seed: u64) -> Reconstruction {
    reconstruct(&Claims::read("claims.toml", text).unwrap(), seed).unwrap()
}

/// What a set of claims is refused with.
fn refusal(text: &str) -> String {
    reconstruct(&Claims::read("claims.toml", text).unwrap(), 1).unwrap_err().to_string()
}

/// A study like no other here: three modes, one with no mean latency printed, latencies in microseconds, few and slow
/// transfers, one mode without iperf3.
const SMALL: &str = r#"
[study]
title = "Three proxies"
citation = "A workshop, 2024"
[design]
runs = 6
duration = 10
mss = 1448
connections = 50
threads = 3
url = "http://127.0.0.1:8080/"
[[modes]]
id = "none"
[[modes]]
id = "a"
[[modes]]
id = "b"
[[tables]]
printed_in = "Table 2"
[[tables.claims]]
row = "Latency, µs"
metric = "latency_mean"
statistic = "mean"
unit = "µs"
printed = { none = "412.7", a = "1034.1" }
[[tables.claims]]
row = "± SD"
metric = "latency_mean"
statistic = "sd"
unit = "µs"
printed = { none = "8.1", a = "310" }
[[tables.claims]]
row = "Latency against none"
metric = "latency_mean"
statistic = "percent-change"
unit = "%"
printed = { b = "+75" }
[[tables.claims]]
row = "SD of latency"
metric = "latency_sd"
statistic = "mean"
unit = "µs"
printed = { b = "98.3" }
[[tables.claims]]
row = "Runs of b"
metric = "latency_mean"
statistic = "n"
printed = { b = "4" }
[[tables.claims]]
row = "Throughput, Mbit/s"
metric = "throughput"
statistic = "mean"
unit = "Mbit/s"
printed = { none = "93.2", a = "9.41" }
[[tables.claims]]
row = "Mean loss, %"
metric = "loss_estimate"
statistic = "mean-of-ratios"
unit = "%"
printed = { none = "<0.01", a = "0.35" }
"#;

#[test]
fn rebuilding_the_study_gives_the_committed_logs() {
    let built = rebuilt(&study_claims(), DEFAULT_SEED);
    for (path, content) in &built.files {
        let committed = std::fs::read(study().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(committed == *content, "{path} differs from what the claims give");
    }
    let built: BTreeSet<_> = built.files.into_iter().map(|(path, _)| path).collect();
    assert_eq!(logs_below(&study()), built);
    assert_eq!(built.len(), 80);
}

fn logs_below(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for mode in ["no-mesh", "istio"] {
        for tool in ["wrk", "iperf3"] {
            for entry in std::fs::read_dir(root.join(mode).join(tool)).unwrap() {
                found.insert(format!("{mode}/{tool}/{}", entry.unwrap().file_name().to_str().unwrap()));
            }
        }
    }
    found
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let (text, one) = (study_claims(), rebuilt(&study_claims(), 7));
    assert_eq!(one.files, rebuilt(&text, 7).files);
    for ((path, content), (other_path, other)) in one.files.iter().zip(&rebuilt(&text, 8).files) {
        assert_eq!(path, other_path);
        assert_ne!(content, other, "{path}");
    }
}

#[test]
fn every_met_figure_is_met_whatever_the_seed() {
    for seed in [DEFAULT_SEED, 2, 3, 42, u64::MAX] {
        let met = check(&study_claims(), seed, "no-mesh");
        assert_eq!(met, 45, "seed {seed}");
    }
}

#[test]
fn another_study_is_met_too() {
    for seed in 0..8 {
        let met = check(SMALL, seed, "none");
        assert_eq!(met, 11, "seed {seed}");
    }
}

/// What real runs printed, to more digits than papers give, is found again: these figures have a witness.
#[test]
fn figures_of_existing_runs_can_be_met() {
    let header = study_claims().split("[[tables]]").next().unwrap().to_owned();
    for seed in [1] {
        let runs = extracted(&rebuilt(&study_claims(), seed));
        let rows = [
            ("latency_mean", "mean", "ms", 3),
            ("latency_mean", "sd", "ms", 3),
            ("latency_sd", "mean", "ms", 3),
            ("latency_sd", "sd", "ms", 3),
            ("latency_max", "max", "ms", 2),
            ("latency_max", "mean", "ms", 2),
            ("throughput", "mean", "Gbit/s", 3),
            ("throughput", "sd", "Gbit/s", 3),
            ("bytes", "total", "GiB", 1),
            ("retransmits", "total", "count", 0),
            ("retransmits", "sd", "count", 1),
            ("retransmits", "max", "count", 0),
            ("retransmits_per_gib", "mean-of-ratios", "count/GiB", 2),
        ];
        let mut claims = format!("{header}[[tables]]\nprinted_in = \"here\"\n");
        for (metric, statistic, unit, decimals) in rows {
            let print = |mode: &str| {
                let value = figure(statistic, metric, &runs[mode], &runs[mode]).unwrap() / factor(unit);
                format!("{mode} = \"{value:.decimals$}\"")
            };
            let (no_mesh, istio) = (print("no-mesh"), print("istio"));
            claims += &format!("[[tables.claims]]\nrow = \"{metric} {statistic}\"\nmetric = \"{metric}\"\n");
            claims += &format!("statistic = \"{statistic}\"\nunit = \"{unit}\"\nprinted = {{ {no_mesh}, {istio} }}\n");
        }
        assert_eq!(check(&claims, seed + 100, "no-mesh"), 2 * rows.len());
    }
}

/// Recomputes every figure from the logs' text, compares it with `achieved`, and where it is said to be met, with the
/// printed one. Returns how many are.
fn check(claims: &str, seed: u64, baseline: &str) -> usize {
    let built = rebuilt(claims, seed);
    let runs = extracted(&built);
    let document: toml::Table = claims.parse().unwrap();
    let text = |value: &toml::Value, key: &str| value.get(key).and_then(|v| v.as_str()).unwrap_or("").to_owned();
    let modes: Vec<String> = document["modes"].as_array().unwrap().iter().map(|mode| text(mode, "id")).collect();
    let mut constraints = built.constraints.iter();
    let mut met = 0;
    for table in document["tables"].as_array().unwrap() {
        for claim in table["claims"].as_array().unwrap() {
            for mode in &modes {
                let Some(printed) = claim["printed"].get(mode).and_then(|v| v.as_str()) else { continue };
                let constraint = constraints.next().unwrap();
                assert_eq!(constraint.printed, printed);
                assert!(constraint.claim.contains(&text(claim, "row")) && constraint.claim.contains(mode.as_str()));
                let unit = if claim.get("meaning").is_some() { text(claim, "meaning") } else { text(claim, "unit") };
                let of = |mode: &str| &runs[mode];
                let metric = text(claim, "metric");
                let Some(value) = figure(&text(claim, "statistic"), &metric, of(baseline), of(mode)) else { continue };
                let value = value / factor(&unit);
                let [achieved] = constraint.achieved[..] else { panic!("{constraint}") };
                approx::assert_relative_eq!(achieved, value, max_relative = 1e-9);
                let rounds = rounds_to(value, printed);
                match &constraint.verdict {
                    Verdict::Met => assert!(rounds, "seed {seed}: {constraint}, here {value}"),
                    Verdict::Contradicts(other) => assert!(!rounds && other.contains("Table 1"), "{constraint}"),
                    Verdict::Derived => {}
                }
                met += usize::from(constraint.verdict == Verdict::Met);
            }
        }
    }
    assert_eq!(constraints.next(), None);
    met
}

/// Whether `value` is printed as `printed`, with ties either way.
fn rounds_to(value: f64, printed: &str) -> bool {
    let digits: String = printed.chars().filter(|c| !matches!(c, ',' | '≈' | '×' | '+' | ' ')).collect();
    let digits = digits.replace('−', "-");
    if let Some(bound) = digits.strip_prefix('<') {
        return value <= bound.parse().unwrap();
    }
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    (value - digits.parse::<f64>().unwrap()).abs() <= 0.5 * 10_f64.powi(-(decimals as i32)) * (1.0 + 1e-9)
}

fn factor(unit: &str) -> f64 {
    match unit {
        "ms" => 1e-3,
        "µs" => 1e-6,
        "Gbit/s" => 1e9,
        "Mbit/s" => 1e6,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "%" => 0.01,
        "count" | "count/GiB" | "" => 1.0,
        other => panic!("{other}"),
    }
}

/// The values of each run of a mode, by metric, as this file reads them from the logs.
type Values = BTreeMap<&'static str, Vec<f64>>;

fn figure(statistic: &str, metric: &str, baseline: &Values, mode: &Values) -> Option<f64> {
    let ratio = |values: &Values| -> Option<(Vec<f64>, Vec<f64>)> {
        let unit = match metric {
            "retransmits_per_gib" => 1024.0 * 1024.0 * 1024.0,
            "loss_estimate" => values["mss"][0],
            _ => return None,
        };
        Some((values["retransmits"].clone(), values["bytes"].iter().map(|bytes| bytes / unit).collect()))
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    if let Some((counts, exposures)) = ratio(mode) {
        return Some(match statistic {
            "pooled" => counts.iter().sum::<f64>() / exposures.iter().sum::<f64>(),
            "mean-of-ratios" => mean(&counts.iter().zip(exposures).map(|(count, of)| count / of).collect::<Vec<_>>()),
            other => panic!("{other}"),
        });
    }
    let values = mode.get(metric)?;
    let change = || Some((mean(baseline.get(metric)?), mean(values)));
    Some(match statistic {
        "mean" => mean(values),
        "sd" => {
            let squares = values.iter().map(|x| (x - mean(values)).powi(2)).sum::<f64>();
            (squares / (values.len() - 1) as f64).sqrt()
        }
        "max" => values.iter().copied().fold(f64::MIN, f64::max),
        "n" => values.len() as f64,
        "total" => values.iter().sum(),
        "difference" => change().map(|(before, after)| after - before)?,
        "percent-change" => change().map(|(before, after)| (after - before) / before)?,
        "ratio" => change().map(|(before, after)| after / before)?,
        _ => return None,
    })
}

/// By mode; the logs must come in the order of the runs.
fn extracted(built: &Reconstruction) -> BTreeMap<String, Values> {
    let mut modes: BTreeMap<String, Values> = BTreeMap::new();
    for (path, content) in &built.files {
        let text = std::str::from_utf8(content).unwrap();
        let values = modes.entry(path.split('/').next().unwrap().to_owned()).or_default();
        let mut put = |metric, value: f64| values.entry(metric).or_default().push(value);
        if path.ends_with(".txt") {
            let row: Vec<_> =
                text.lines().find(|line| line.contains("Latency  ")).unwrap().split_whitespace().collect();
            put("latency_mean", latency(row[1]));
            put("latency_sd", latency(row[2]));
            put("latency_max", latency(row[3]));
        } else {
            let log: serde_json::Value = serde_json::from_str(text).unwrap();
            put("throughput", log["end"]["sum_received"]["bits_per_second"].as_f64().unwrap());
            put("bytes", log["end"]["sum_sent"]["bytes"].as_f64().unwrap());
            put("mss", log["start"]["tcp_mss_default"].as_f64().unwrap());
            log["end"]["sum_sent"]["retransmits"].as_f64().into_iter().for_each(|count| put("retransmits", count));
        }
    }
    modes
}

fn latency(text: &str) -> f64 {
    let (number, factor) = match (text.strip_suffix("us"), text.strip_suffix("ms")) {
        (Some(number), _) => (number, 1e-6),
        (_, Some(number)) => (number, 1e-3),
        _ => (text.strip_suffix('s').unwrap(), 1.0),
    };
    number.parse::<f64>().unwrap() * factor
}

#[test]
fn wrk_logs_agree_with_themselves() {
    for (claims, connections, seconds) in [(study_claims(), 100.0, 30.0), (SMALL.to_owned(), 48.0, 10.0)] {
        for (path, content) in rebuilt(&claims, 5).files.iter().filter(|(path, _)| path.ends_with(".txt")) {
            let text = std::str::from_utf8(content).unwrap();
            let after = |key: &str| text.split(key).nth(1).unwrap().split_whitespace().next().unwrap();
            let row: Vec<_> =
                text.lines().find(|line| line.contains("Latency  ")).unwrap().split_whitespace().collect();
            let (mean, sd, max) = (latency(row[1]), latency(row[2]), latency(row[3]));
            let quantiles = text.split("Latency Distribution").nth(1).unwrap().lines().skip(1).take(4);
            let quantiles: Vec<_> = quantiles.map(|line| latency(line.split_whitespace().nth(1).unwrap())).collect();
            assert!(quantiles.is_sorted() && quantiles[3] <= max && mean + sd <= max, "{path}\n{text}");
            assert!(quantiles[0] < mean && mean < quantiles[1], "{path}\n{text}");
            let rate: f64 = after("Requests/sec:").parse().unwrap();
            let little = rate * mean / connections;
            assert!((0.97..1.0).contains(&little), "{path}: Little's law off by {little}");
            let requests: f64 = text
                .lines()
                .find(|line| line.contains(" requests in "))
                .unwrap()
                .split_whitespace()
                .next()
                .unwrap()
                .parse()
                .unwrap();
            approx::assert_abs_diff_eq!(
                requests / rate,
                latency(after("requests in").trim_end_matches(',')),
                epsilon = 0.006
            );
            assert!(text.starts_with(&format!("Running {seconds}s test @ http://")), "{text}");
        }
    }
}

#[test]
fn iperf3_logs_agree_with_themselves() {
    for (claims, seconds) in [(study_claims(), 30), (SMALL.to_owned(), 10)] {
        for (path, content) in rebuilt(&claims, 5).files.iter().filter(|(path, _)| path.ends_with(".json")) {
            assert!(content.len() < 21_000, "{path}: {} bytes", content.len());
            let log: serde_json::Value = serde_json::from_slice(content).unwrap();
            let (intervals, end) = (log["intervals"].as_array().unwrap(), &log["end"]);
            assert_eq!((intervals.len(), log["title"].as_str()), (seconds, Some(NOTICE)));
            for key in ["bytes", "retransmits"] {
                let sum: u64 = intervals.iter().map(|interval| interval["sum"][key].as_u64().unwrap()).sum();
                assert_eq!(Some(sum), end["sum_sent"][key].as_u64(), "{path}: {key}");
                assert_eq!(end["sum_sent"][key], end["streams"][0]["sender"][key], "{path}: {key}");
            }
            for sum in intervals.iter().map(|interval| &interval["sum"]).chain([&end["sum_sent"], &end["sum_received"]])
            {
                let of = |key: &str| sum[key].as_f64().unwrap();
                assert_eq!(of("bits_per_second"), of("bytes") * 8.0 / of("seconds"), "{path}");
            }
            for (interval, next) in intervals.iter().zip(&intervals[1..]) {
                assert_eq!(interval["sum"]["end"], next["sum"]["start"], "{path}");
            }
            assert!(end["sum_received"]["bytes"].as_f64() <= end["sum_sent"]["bytes"].as_f64(), "{path}");
        }
    }
}

#[test]
fn the_parsers_read_every_log_without_repair_or_note() {
    // wrk opens as many connections in every thread: 50 on 3 threads would be worth a note.
    let small = SMALL.replace("connections = 50", "connections = 51");
    for (path, content) in rebuilt(&study_claims(), 9).files.into_iter().chain(rebuilt(&small, 9).files) {
        let Content::Log(log) = parse(&content) else { panic!("{path} is no log") };
        assert_eq!((log.repairs.as_slice(), log.runs.len()), (&[][..], 1), "{path}");
        let run = log.runs[0].as_ref().unwrap();
        let tool = if path.ends_with(".txt") { run::Tool::Wrk } else { run::Tool::Iperf3 };
        assert_eq!((run.tool, run.notes.as_slice(), metric::notes(run).as_slice()), (tool, &[][..], &[][..]), "{path}");
    }
}

#[test]
fn what_was_not_printed_about_retransmits_is_not_in_the_logs() {
    let without = SMALL.split("[[tables.claims]]\nrow = \"Mean loss").next().unwrap();
    for (path, content) in rebuilt(without, 1).files.iter().filter(|(path, _)| path.ends_with(".json")) {
        assert!(!std::str::from_utf8(content).unwrap().contains("retransmits"), "{path}");
    }
}

#[test]
fn later_figures_that_contradict_earlier_ones_are_listed_as_such() {
    let contradicted: Vec<_> = rebuilt(&study_claims(), 1)
        .constraints
        .into_iter()
        .filter(|constraint| matches!(constraint.verdict, Verdict::Contradicts(_)))
        .map(|constraint| constraint.to_string())
        .collect();
    let table_1 = "contradicts Table 1: Response-time variability (mean σ per run), ms [istio] (printed 1.75)";
    assert_eq!(contradicted.len(), 2, "{contradicted:#?}");
    assert!(
        contradicted[0].starts_with("text: mean spread, ms [istio]: printed 3.88")
            && contradicted[0].ends_with(table_1)
    );
    assert!(
        contradicted[1].starts_with("text: mean spread, change [istio]: printed ×2.3")
            && contradicted[1].ends_with(table_1)
    );
}

/// The test statistics are recomputed, and come near those of the printed means and SDs (Welch from the summary).
#[test]
fn test_statistics_are_derived() {
    let built = rebuilt(&study_claims(), DEFAULT_SEED);
    let expected = [
        ("latency, standard error", vec![0.07446], 0.02),
        ("latency, t", vec![44.85], 0.02),
        ("latency, df", vec![37.40], 0.02),
        ("latency, 95 % CI", vec![3.189, 3.491], 0.005),
        ("latency, Cohen's d", vec![14.18], 0.02),
        ("throughput, standard error", vec![0.2335], 0.01),
        ("throughput, t", vec![-30.40], 0.01),
        ("throughput, df", vec![30.76], 0.01),
        ("throughput, 95 % CI", vec![-7.576, -6.624], 0.002),
    ];
    for (row, values, tolerance) in expected {
        let constraint = built.constraints.iter().find(|constraint| constraint.claim.contains(row)).unwrap();
        assert_eq!((&constraint.verdict, constraint.achieved.len()), (&Verdict::Derived, values.len()), "{constraint}");
        for (achieved, value) in constraint.achieved.iter().zip(values) {
            approx::assert_relative_eq!(*achieved, value, max_relative = tolerance);
        }
    }
    let p = built.constraints.iter().find(|constraint| constraint.claim.contains("latency, p [")).unwrap();
    assert!(p.achieved[0] > 1e-36 && p.achieved[0] < 1e-32, "{p}");
}

#[test]
fn impossible_claims_are_refused_by_name() {
    let add = |claim: &str| format!("{SMALL}\n[[tables.claims]]\n{claim}\n");
    let cases = [
        // A mean of six integers is a multiple of 1/6.
        (
            add(
                "row = \"Retransmits\"\nmetric = \"retransmits\"\nstatistic = \"mean\"\nunit = \"count\"\nprinted = { none = \"2.40\" }",
            ),
            "no 6 runs were found that give Table 2: Retransmits [none] (printed 2.40)",
        ),
        // 93.2 Mbit/s over 10 s are 0.1165 GB.
        (
            add(
                "row = \"Volume, GB\"\nmetric = \"bytes\"\nstatistic = \"mean\"\nunit = \"GB\"\nprinted = { none = \"0.125\" }",
            ),
            "Table 2: Throughput, Mbit/s [none] (printed 93.2)",
        ),
        (
            add(
                "row = \"Maximum\"\nmetric = \"latency_max\"\nstatistic = \"max\"\nunit = \"ms\"\nprinted = { none = \"0.30\" }",
            ),
            "Table 2: Maximum [none] (printed 0.30)",
        ),
        (
            add(
                "row = \"p99\"\nmetric = \"latency_p99\"\nstatistic = \"mean\"\nunit = \"ms\"\nprinted = { none = \"0.30\" }",
            ),
            "Table 2: p99 [none] (printed 0.30): `latency_p99` cannot be written into a log",
        ),
        (SMALL.replace("runs = 6", "runs = 1"), "Table 2: ± SD [none] (printed 8.1)"),
        (SMALL.replace("\"4\"", "\"4.5\""), "Table 2: Runs of b [b] (printed 4.5) is no number of runs"),
        (SMALL.replace("mss = 1448\n", ""), "`mss` is missing in [design]"),
        (SMALL.replace("threads = 3\n", ""), "`threads` is missing in [design]"),
        (SMALL.replace("{ b = \"+75\" }", "{ a = \"+150\" }"), "there is no mean latency to write logs with"),
        (SMALL.replace("none = \"93.2\", ", ""), "Table 2: Mean loss, % [none]: there is no volume to write logs with"),
    ];
    for (text, expected) in cases {
        let message = refusal(&text);
        assert!(
            message.starts_with("claims.toml: ") && message.contains(expected),
            "expected {expected}\ngot {message}"
        );
    }
}
