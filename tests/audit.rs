//! `meshstats audit`: the study's rows, worked examples of GRIM, GRIMMER and statcheck, every slip, our own reports, and
//! tables made from random data.

use std::fs;

use meshstats::audit::{Audit, Finding, SLIPS, VERDICTS, Verdict, audit};
use meshstats::claims::{Claims, Statistic};
use meshstats::stats::hedges_g::correction;
use meshstats::stats::rng::Rng;
use meshstats::stats::welch::welch;
use meshstats::stats::{Alternative, Moments};
use proptest::prelude::*;
use serde_json::Value;

use super::program::{Case, meshstats, root};

const STUDY: &str = "data/istio-2025/claims.toml";

fn study() -> String {
    fs::read_to_string(root().join(STUDY)).unwrap()
}

fn audited(text: &str) -> Audit {
    audit(&Claims::read("claims.toml", text).unwrap_or_else(|problem| panic!("{problem}\n{text}")))
}

/// The finding of a row and mode.
#[track_caller]
fn of<'a>(found: &'a Audit, place: &str, row: &str, mode: &str) -> &'a Finding {
    let here = |f: &&Finding| f.printed_in == place && f.row == row && f.mode == mode;
    found.findings.iter().find(here).unwrap_or_else(|| panic!("{place}: {row} [{mode}] is not audited"))
}

/// Verdict of each row of the study that was recomputed by hand, and the slips that give the printed figure.
#[test]
fn the_rows_of_the_study_are_found() {
    let found = audited(&study());
    let welch = "text, Welch's test";
    let rows: &[(&str, &str, &str, Verdict, &[&str])] = &[
        (welch, "latency, difference of means, ms", "istio", Verdict::Holds, &[]),
        ("text", "mean response time, change", "istio", Verdict::Holds, &[]),
        (welch, "latency, standard error, ms", "istio", Verdict::Edge, &[]),
        (welch, "latency, t", "istio", Verdict::DoubleRounding, &["double-rounding"]),
        (welch, "latency, df", "istio", Verdict::Impossible, &[]),
        (welch, "latency, 95 % CI, ms", "istio", Verdict::DoubleRounding, &["double-rounding"]),
        (welch, "latency, p", "istio", Verdict::Holds, &[]),
        (welch, "latency, Cohen's d", "istio", Verdict::DoubleRounding, &["double-rounding", "other-d"]),
        (welch, "throughput, difference of means, Gbit/s", "istio", Verdict::Holds, &[]),
        ("text", "throughput, change", "istio", Verdict::Holds, &[]),
        (welch, "throughput, standard error, Gbit/s", "istio", Verdict::DoesNotHold, &["variance-as-se", "other-sds"]),
        (welch, "throughput, t", "istio", Verdict::DoesNotHold, &["follows"]),
        (welch, "throughput, 95 % CI, Gbit/s", "istio", Verdict::DoesNotHold, &["follows"]),
        (welch, "throughput, df", "istio", Verdict::DoesNotHold, &[]),
        (welch, "throughput, p", "istio", Verdict::Holds, &[]),
        ("text", "mean spread, ms", "istio", Verdict::Contradiction, &[]),
        ("text", "mean spread, change", "istio", Verdict::Contradiction, &[]),
        ("Table 1", "Response-time variability (mean σ per run), ms", "istio", Verdict::Contradiction, &[]),
        ("Table 1", "Response-time variability (mean σ per run), ms", "no-mesh", Verdict::Given, &[]),
        ("text", "retransmits per GiB", "no-mesh", Verdict::Holds, &[]),
        ("text", "retransmits per GiB", "istio", Verdict::Holds, &[]),
        ("text", "estimated loss, %", "no-mesh", Verdict::Holds, &[]),
        ("text", "estimated loss, %", "istio", Verdict::Holds, &[]),
        ("Table 1", "Estimated packet loss*, %", "no-mesh", Verdict::Holds, &[]),
        ("Table 1", "Estimated packet loss*, %", "istio", Verdict::Holds, &[]),
        ("Table 1", "Retransmissions per 1 GB, count/GB", "no-mesh", Verdict::DoesNotHold, &["gb-for-gib"]),
        ("Table 1", "Retransmissions per 1 GB, count/GB", "istio", Verdict::DoesNotHold, &["gb-for-gib"]),
        ("Table 1", "Data transferred per run, GB", "no-mesh", Verdict::DoesNotHold, &["gb-for-gib"]),
        ("Table 1", "Data transferred per run, GB", "istio", Verdict::DoesNotHold, &["gb-for-gib"]),
        ("Table 1", "Retransmissions (Retr), count", "no-mesh", Verdict::Holds, &[]),
        ("Table 1", "Retransmissions (Retr), count", "istio", Verdict::Holds, &[]),
        ("text", "data over the series, GiB", "no-mesh", Verdict::Holds, &[]),
        ("text", "data over the series, GiB", "istio", Verdict::Holds, &[]),
    ];
    for (place, row, mode, verdict, slips) in rows {
        let finding = of(&found, place, row, mode);
        assert_eq!(finding.verdict, *verdict, "{place}: {row} [{mode}]: {finding:?}");
        let told: Vec<&str> = finding.explanations.iter().map(|told| told.slip).collect();
        assert_eq!(told, *slips, "{place}: {row} [{mode}]");
    }
    // Whatever is not in the list above is an input.
    for finding in &found.findings {
        let listed = rows.iter().any(|(place, row, mode, ..)| {
            (*place, *row, *mode) == (&*finding.printed_in, &*finding.row, &*finding.mode)
        });
        assert!(listed || finding.verdict == Verdict::Given, "{finding:?}");
    }
    // Both slips give the standard error, one of them its t too.
    let error = of(&found, welch, "throughput, standard error, Gbit/s", "istio");
    assert_eq!(error.explanations[0].also, ["t ≈ −13.2", "CI [−8.24; −5.96]"]);
    assert_eq!(error.explanations[1].not, ["t ≈ −13.2"]);
    // As a mean of the runs' ratios only.
    let loss = of(&found, "Table 1", "Estimated packet loss*, %", "no-mesh");
    assert_eq!(loss.because, "65.9 × 1460 ÷ 2³⁰");
    assert!(loss.ratio_of_totals.is_some());
    assert!(of(&found, "Table 1", "Estimated packet loss*, %", "istio").ratio_of_totals.is_none());
}

#[test]
fn the_study_s_right_values_are_given() {
    let found = audited(&study());
    let right = |metric: &str, statistic: Statistic| {
        let change = found.changes.iter().find(|c| c.metric == metric && c.statistic == statistic).unwrap();
        assert!(!change.decides_differently);
        change.recomputed.clone()
    };
    // From mpmath, of the printed summaries.
    for (metric, statistic, expected) in [
        ("latency_mean", Statistic::StandardError, vec![0.07446475676452587]),
        ("latency_mean", Statistic::T, vec![44.853433290084105]),
        ("latency_mean", Statistic::Ci, vec![3.1891728, 3.4908272]),
        ("throughput", Statistic::T, vec![-30.400510438564858]),
        ("throughput", Statistic::Ci, vec![-7.576474306115955, -6.623525693884045]),
    ] {
        for (ours, expected) in right(metric, statistic).iter().zip(expected) {
            approx::assert_relative_eq!(*ours, expected, max_relative = 1e-6);
        }
    }
}

/// Nobody told the audit which unit or which estimator was meant.
#[test]
fn units_and_estimators_are_found_without_a_hint() {
    let text: Vec<String> = study().lines().filter(|line| !line.starts_with("meaning")).map(str::to_owned).collect();
    let found = audited(&text.join("\n").replace("mean-of-ratios", "rate"));
    let volume = of(&found, "Table 1", "Data transferred per run, GB", "no-mesh");
    assert_eq!((volume.verdict, volume.explanations[0].slip), (Verdict::DoesNotHold, "gb-for-gib"));
    for row in ["Estimated packet loss*, %", "Retransmissions per 1 GB, count/GB"] {
        let rate = of(&found, "Table 1", row, "no-mesh");
        assert_eq!((rate.verdict, rate.explanations[0].slip), (Verdict::DoesNotHold, "gb-for-gib"), "{row}");
        assert!(rate.ratio_of_totals.is_some(), "{row} is no ratio of totals");
    }
}

/// Claims of one table about a baseline `a` and a treatment `b`.
fn claims(head: &str, rows: &[(&str, &str, &str, &str)]) -> String {
    let mut text = format!(
        "modes = [{{ id = \"a\" }}, {{ id = \"b\" }}]\nstudy = {{ title = \"T\", citation = \"C\" }}\n{head}\n\
         [[tables]]\nprinted_in = \"here\"\n"
    );
    for (metric, statistic, unit, printed) in rows {
        let unit = if unit.is_empty() { String::new() } else { format!("unit = \"{unit}\"\n") };
        let row = format!("{metric} {statistic}");
        text.push_str(&format!(
            "[[tables.claims]]\nrow = \"{row}\"\nmetric = \"{metric}\"\nstatistic = \"{statistic}\"\n{unit}printed = {{ {printed} }}\n"
        ));
    }
    text
}

/// Each of two figures is attainable, and no means and SDs give both.
#[test]
fn figures_that_exclude_each_other_are_found() {
    let rows = |t: &'static str| {
        claims(
            "design = { runs = 20 }",
            &[
                ("latency_mean", "mean", "ms", "a = \"11.66\", b = \"15.00\""),
                ("latency_mean", "sd", "ms", "a = \"0.25\", b = \"0.22\""),
                ("latency_mean", "standard-error", "ms", "b = \"0.0760\""),
                ("latency_mean", "t", "", t),
            ],
        )
    };
    let verdict = |t| of(&audited(&rows(t)), "here", "latency_mean t", "b").verdict;
    assert_eq!(verdict("b = \"43.95\""), Verdict::Holds);
    assert_eq!(verdict("b = \"45.90\""), Verdict::Contradiction);
    let found = audited(&rows("b = \"45.90\""));
    assert_eq!(
        of(&found, "here", "latency_mean t", "b").because,
        "attainable by itself, but not beside the printed standard error 0.0760: (15.00 − 11.66) ÷ 0.0760"
    );
}

const RATING: &str = "metrics = [{ id = \"x\", whole = true }]";

#[test]
fn grim_and_grimmer_decide_as_published() {
    // Brown and Heathers (2017); The Economist of 18 June 2016; the examples of the R packages scrutiny and rsprite2.
    for (mean, n, possible) in [
        ("5.19", 28, false),
        ("3.48", 20, false),
        ("5.93", 49, false),
        ("5.27", 43, false),
        ("7.22", 32, true),
        ("4.74", 25, false),
        ("5.23", 29, false),
        ("2.57", 24, false),
        ("5.21", 28, true),
        ("3.44", 18, true),
    ] {
        let mean_row = format!("a = \"{mean}\"");
        let size = format!("a = \"{n}\"");
        let found = audited(&claims(RATING, &[("x", "n", "", &size), ("x", "mean", "", &mean_row)]));
        let verdict = of(&found, "here", "x mean", "a").verdict;
        assert_eq!(verdict, if possible { Verdict::Given } else { Verdict::Impossible }, "{mean}, n = {n}");
    }
    for (mean, sd, n, possible) in [("5.21", "1.60", 28, true), ("3.44", "2.47", 18, false)] {
        let [mean_row, sd_row, size] = [mean.to_owned(), sd.to_owned(), n.to_string()].map(|v| format!("a = \"{v}\""));
        let rows = [("x", "n", "", &*size), ("x", "mean", "", &*mean_row), ("x", "sd", "", &*sd_row)];
        let found = audited(&claims(RATING, &rows));
        let finding = of(&found, "here", "x sd", "a");
        assert_eq!(finding.verdict, if possible { Verdict::Given } else { Verdict::Impossible }, "{mean} {sd} {n}");
        assert!(possible || finding.because.starts_with("GRIMMER"), "{}", finding.because);
    }
}

#[test]
fn statcheck_s_examples_decide_as_published() {
    // Tests and manual of the R package statcheck (Nuijten, Epskamp): t, df, p, consistent.
    for (t, df, p, consistent) in [
        ("2.20", "28", "= .04", true),
        ("2.20", "28", "= .03", false),
        ("2.20", "28", "= .06", false),
        ("1.20", "28", "= .03", false),
        ("1.02", "48", "< .05", false),
        ("1", "100", "< 0.001", false),
        ("2.20", "28", "< .05", true),
        ("5.20", "28", "= .02", false),
        ("2.20", "28", "> .05", false),
    ] {
        let rows = [("t", t), ("df", df), ("p", p)].map(|(statistic, text)| (statistic, format!("b = \"{text}\"")));
        let rows: Vec<_> =
            rows.iter().map(|(statistic, text)| ("latency_mean", *statistic, "", text.as_str())).collect();
        let found = audited(&claims("", &rows));
        let verdict = of(&found, "here", "latency_mean p", "b").verdict;
        assert_eq!(verdict.can_be(), consistent, "t({df}) = {t}, p {p}: {verdict:?}");
    }
}

/// Claims in which one slip was made, by its id.
fn slipped() -> Vec<(&'static str, String, &'static str)> {
    let ms = |rows: &[(&str, &str, &str)]| {
        let all: Vec<_> =
            [("mean", "ms", "a = \"11.66\", b = \"15.00\""), ("sd", "ms", "a = \"0.250\", b = \"0.220\"")]
                .iter()
                .chain(rows)
                .map(|(statistic, unit, printed)| ("latency_mean", *statistic, *unit, *printed))
                .collect();
        claims("design = { runs = 20 }", &all)
    };
    let iperf = |rows: &[(&str, &str, &str, &str)]| claims("design = { runs = 20, duration = 30, mss = 1460 }", rows);
    let totals = [("retransmits", "total", "", "a = \"64,904\""), ("bytes", "total", "GiB", "a = \"1,014.8\"")];
    let rate = |row: (&'static str, &'static str, &'static str, &'static str)| iperf(&[totals[0], totals[1], row]);
    vec![
        (
            "truncated",
            claims(
                "design = { runs = 30 }",
                &[("retransmits", "total", "", "a = \"64,919\""), ("retransmits", "mean", "", "a = \"2163.9\"")],
            ),
            "retransmits mean",
        ),
        ("gb-for-gib", rate(("bytes", "mean", "GB", "a = \"50.74\"")), "bytes mean"),
        ("bits-for-bytes", rate(("bytes", "mean", "GiB", "a = \"405.92\"")), "bytes mean"),
        ("percent", ms(&[("percent-change", "%", "b = \"0.286\"")]), "latency_mean percent-change"),
        ("mss", rate(("loss_estimate", "pooled", "%", "a = \"0.008625\"")), "loss_estimate pooled"),
        (
            "mean-of-ratios",
            iperf(&[
                totals[0],
                totals[1],
                ("loss_estimate", "pooled", "%", "a = \"0.00896\""),
                ("retransmits_per_gib", "pooled", "count/GiB", "a = \"65.9\""),
            ]),
            "retransmits_per_gib pooled",
        ),
        (
            "ratio-of-totals",
            iperf(&[
                totals[0],
                totals[1],
                ("loss_estimate", "mean-of-ratios", "%", "a = \"0.00896\""),
                ("retransmits_per_gib", "mean-of-ratios", "count/GiB", "a = \"64.0\""),
            ]),
            "retransmits_per_gib mean-of-ratios",
        ),
        ("swapped-modes", ms(&[("percent-change", "%", "b = \"-22.3\"")]), "latency_mean percent-change"),
        ("variance-as-se", ms(&[("standard-error", "ms", "b = \"0.0555\"")]), "latency_mean standard-error"),
        (
            "other-sds",
            claims(
                "design = { runs = 20 }",
                &[
                    ("throughput", "mean", "Gbit/s", "a = \"14.53\", b = \"7.43\""),
                    ("throughput", "sd", "Gbit/s", "a = \"0.90\", b = \"0.53\""),
                    ("latency_sd", "mean", "ms", "a = \"1.68\", b = \"1.75\""),
                    ("throughput", "standard-error", "Gbit/s", "b = \"0.542\""),
                ],
            ),
            "throughput standard-error",
        ),
        (
            "pooled-variance",
            claims(
                "",
                &[
                    ("latency_mean", "n", "", "a = \"5\", b = \"30\""),
                    ("latency_mean", "mean", "ms", "a = \"50.00\", b = \"47.00\""),
                    ("latency_mean", "sd", "ms", "a = \"2.00\", b = \"9.00\""),
                    ("latency_mean", "t", "", "b = \"-0.73\""),
                ],
            ),
            "latency_mean t",
        ),
        ("population-sd", ms(&[("standard-error", "ms", "b = \"0.0726\"")]), "latency_mean standard-error"),
        ("sd-for-se", ms(&[("standard-error", "ms", "b = \"0.333\"")]), "latency_mean standard-error"),
        (
            "other-n",
            claims(
                "",
                &[
                    ("latency_mean", "n", "", "a = \"20\", b = \"20\""),
                    ("throughput", "n", "", "a = \"10\", b = \"10\""),
                    ("latency_mean", "mean", "ms", "a = \"11.66\", b = \"15.00\""),
                    ("latency_mean", "sd", "ms", "a = \"0.250\", b = \"0.220\""),
                    ("latency_mean", "standard-error", "ms", "b = \"0.1053\""),
                ],
            ),
            "latency_mean standard-error",
        ),
        (
            "one-sided",
            claims(
                "",
                &[
                    ("latency_mean", "t", "", "b = \"1.701\""),
                    ("latency_mean", "df", "", "b = \"28\""),
                    ("latency_mean", "p", "", "b = \"0.050\""),
                ],
            ),
            "latency_mean p",
        ),
        (
            "z-for-t",
            claims(
                "",
                &[
                    ("latency_mean", "t", "", "b = \"2.200\""),
                    ("latency_mean", "df", "", "b = \"9\""),
                    ("latency_mean", "p", "", "b = \"0.028\""),
                ],
            ),
            "latency_mean p",
        ),
        ("other-level", ms(&[("ci", "ms", "b = \"[3.138; 3.542]\"")]), "latency_mean ci"),
        ("df-of-one-mode", ms(&[("df", "", "b = \"19\"")]), "latency_mean df"),
        (
            "d-from-t",
            claims(
                "",
                &[
                    ("latency_mean", "n", "", "a = \"5\", b = \"30\""),
                    ("latency_mean", "mean", "ms", "a = \"50.00\", b = \"47.00\""),
                    ("latency_mean", "sd", "ms", "a = \"2.00\", b = \"9.00\""),
                    ("latency_mean", "cohen-d", "", "b = \"-0.414\""),
                ],
            ),
            "latency_mean cohen-d",
        ),
        ("other-d", ms(&[("cohen-d", "", "b = \"13.36\"")]), "latency_mean cohen-d"),
    ]
}

#[test]
fn every_slip_is_recognised() {
    let slipped = slipped();
    for slip in SLIPS {
        let (_, text, row) =
            slipped.iter().find(|(id, ..)| *id == slip.id).unwrap_or_else(|| panic!("no case shows {}", slip.id));
        let found = audited(text);
        let wrong = found.findings.iter().find(|f| f.row == *row && !f.verdict.can_be());
        let told: Vec<&str> = wrong.map(|f| f.explanations.iter().map(|told| told.slip).collect()).unwrap_or_default();
        assert!(told.contains(&slip.id), "{}: {told:?}\n{:#?}", slip.id, found.findings);
    }
}

#[test]
fn what_no_data_give_is_impossible() {
    let sized = |rows: &[(&str, &str, &str, &str)]| claims("design = { runs = 5 }", rows);
    for (text, row, why) in [
        (sized(&[("latency_mean", "p", "", "b = \"1.2\"")]), "latency_mean p", "a probability lies between 0 and 1"),
        (sized(&[("latency_mean", "df", "", "b = \"8.4\"")]), "latency_mean df", "df cannot exceed n₁ + n₂ − 2 = 8"),
        (
            sized(&[("latency_mean", "df", "", "b = \"3.2\"")]),
            "latency_mean df",
            "df cannot be less than the smaller n − 1 = 4",
        ),
        (
            sized(&[
                ("latency_mean", "difference", "ms", "b = \"3.3\""),
                ("latency_mean", "ci", "ms", "b = \"[3.5; 4.0]\""),
            ]),
            "latency_mean ci",
            "the interval does not hold its own estimate, 3.3",
        ),
        (
            sized(&[("latency_mean", "mean", "ms", "a = \"1.0\""), ("latency_mean", "sd", "ms", "a = \"2.5\"")]),
            "latency_mean sd",
            "5 values with mean 1.0, none of them below 0, vary less",
        ),
        (
            claims(
                "design = { runs = 10 }\nmetrics = [{ id = \"x\", low = 1, high = 7 }]",
                &[("x", "mean", "", "a = \"6.50\""), ("x", "sd", "", "a = \"2.1\"")],
            ),
            "x sd",
            "10 values with mean 6.50 between 1 and 7 vary less",
        ),
        (
            sized(&[("latency_mean", "n", "", "a = \"4.5\"")]),
            "latency_mean n",
            "a number of runs is a whole number from 1 on",
        ),
        (
            sized(&[("latency_mean", "percent-change", "%", "b = \"-101\"")]),
            "latency_mean percent-change",
            "what cannot be negative cannot fall by more than 100 %",
        ),
        (
            sized(&[("latency_mean", "mean", "ms", "a = \"3.0\""), ("latency_mean", "max", "ms", "a = \"2.0\"")]),
            "latency_mean max",
            "the largest value is less than the mean, 3.0",
        ),
        (
            sized(&[("latency_p50", "mean", "ms", "a = \"3.0\""), ("latency_p99", "mean", "ms", "a = \"2.0\"")]),
            "latency_p99 mean",
            "it is less than the Latency p50, 3.0",
        ),
    ] {
        let found = audited(&text);
        let finding = found.findings.iter().find(|f| f.row == row).unwrap();
        assert_eq!((finding.verdict, finding.because.as_str()), (Verdict::Impossible, why));
    }
}

/// Tables that are right, each of which was once taken for wrong.
#[test]
fn what_is_right_is_not_condemned() {
    let tables = [
        // A t-test of a ratio is one of the runs' ratios, whatever estimator is printed beside it.
        claims(
            "design = { runs = 5 }",
            &[
                ("retransmits_per_gib", "pooled", "count/GiB", "a = \"60.00\", b = \"90.00\""),
                ("retransmits_per_gib", "mean-of-ratios", "count/GiB", "a = \"62.00\", b = \"95.00\""),
                ("retransmits_per_gib", "sd", "count/GiB", "a = \"10.00\", b = \"12.00\""),
                ("retransmits_per_gib", "difference", "count/GiB", "b = \"33.00\""),
                ("retransmits_per_gib", "percent-change", "%", "b = \"53.2\""),
                ("retransmits_per_gib", "t", "", "b = \"4.724\""),
                ("retransmits_per_gib", "ci", "count/GiB", "b = \"[16.8; 49.2]\""),
            ],
        ),
        // Limits and whole numbers are in the declared unit.
        claims(
            "design = { runs = 20 }\nmetrics = [{ id = \"x\", unit = \"ms\", low = 1, high = 100 }]",
            &[("x", "mean", "ms", "a = \"34.50\"")],
        ),
        claims(
            "design = { runs = 20 }\nmetrics = [{ id = \"x\", unit = \"%\", whole = true }]",
            &[("x", "mean", "%", "a = \"34.50\"")],
        ),
        // wrk's transfer rate is not of iperf3's bytes; of UDP the receiver has less than was sent.
        claims(
            "design = { runs = 3, duration = 30 }",
            &[("bytes", "mean", "GB", "a = \"50.7\""), ("transfer_rate", "mean", "MB/s", "a = \"5.1\"")],
        ),
        claims(
            "design = { runs = 3, duration = 10 }",
            &[
                ("bytes", "mean", "MB", "a = \"125.0\""),
                ("throughput", "mean", "Mbit/s", "a = \"80.0\""),
                ("udp_loss", "pooled", "%", "a = \"20\""),
            ],
        ),
        // An SD of which only a bound is printed.
        claims(
            "design = { runs = 5 }",
            &[
                ("latency_mean", "mean", "ms", "a = \"3.0\", b = \"4.0\""),
                ("latency_mean", "sd", "ms", "a = \"1.0\", b = \"> 1.0\""),
                ("latency_mean", "df", "", "b = \"5.9\""),
            ],
        ),
        // A number of runs that is only known to be about so many.
        claims(
            "design = { runs = 10 }",
            &[("latency_mean", "n", "", "a = \"20\", b = \"≈ 20\""), ("latency_mean", "df", "", "b = \"27.94\"")],
        ),
        // Two families of tests, of which nobody said how large they are.
        claims(
            "design = { adjust = \"holm\" }",
            &[
                ("latency_mean", "p", "", "b = \"0.020\""),
                ("latency_mean", "p-adjusted", "", "b = \"0.040\""),
                ("throughput", "p", "", "b = \"0.010\""),
                ("throughput", "p-adjusted", "", "b = \"0.020\""),
            ],
        ),
        // Hedges' correction as it is usually approximated.
        claims(
            "design = { runs = 3 }",
            &[
                ("latency_mean", "mean", "ms", "a = \"1.000000\", b = \"3.500000\""),
                ("latency_mean", "sd", "ms", "a = \"1.000000\", b = \"1.000000\""),
                ("latency_mean", "hedges-g", "", "b = \"2.000\""),
            ],
        ),
        // A mean of ratios, where it is not said which it is.
        claims(
            "design = { runs = 2, mss = 1460 }",
            &[
                ("retransmits", "total", "", "a = \"300\""),
                ("bytes", "total", "GiB", "a = \"4.000\""),
                ("retransmits_per_gib", "rate", "count/GiB", "a = \"83.3\""),
            ],
        ),
    ];
    for text in tables {
        for finding in audited(&text).findings {
            assert!(finding.verdict.can_be(), "{finding:#?}\n{text}");
        }
    }
}

/// Nothing is consistent with a division by zero.
#[test]
fn a_slip_without_bounds_explains_nothing() {
    for rows in [
        vec![
            ("latency_mean", "mean", "ms", "a = \"5\", b = \"0.00\""),
            ("latency_mean", "percent-change", "%", "b = \"+100\""),
        ],
        vec![
            ("latency_mean", "mean", "ms", "a = \"10.0\", b = \"12.0\""),
            ("latency_mean", "sd", "ms", "a = \"0\", b = \"0\""),
            ("latency_mean", "p", "", "b = \"0.90\""),
        ],
    ] {
        let found = audited(&claims("design = { runs = 20 }", &rows));
        let wrong: Vec<&Finding> = found.findings.iter().filter(|f| !f.verdict.can_be()).collect();
        for told in wrong.iter().flat_map(|finding| &finding.explanations) {
            assert!(told.gives.iter().all(|range| range.low.is_finite() && range.high.is_finite()), "{told:?}");
        }
    }
}

/// A figure that is right beside one of two contradicting figures is not the one that is wrong.
#[test]
fn a_contradiction_does_not_condemn_its_neighbours() {
    let text = claims("", &[("requests_per_second", "mean", "1/s", "a = \"23694\", b = \"18674\"")])
        + "[[tables]]\nprinted_in = \"text\"\n[[tables.claims]]\nrow = \"rate\"\nmetric = \"requests_per_second\"\n\
          statistic = \"mean\"\nunit = \"1/s\"\nprinted = { b = \"18764\" }\n[[tables.claims]]\nrow = \"change\"\n\
          metric = \"requests_per_second\"\nstatistic = \"percent-change\"\nunit = \"%\"\nprinted = { b = \"-21.2\" }\n";
    let found = audited(&text);
    let change = of(&found, "text", "change", "b");
    assert_eq!(change.verdict, Verdict::Contradiction);
    assert_eq!(change.because, "it holds as 18674 ÷ 23694 − 1, and not as 18764 ÷ 23694 − 1");
}

/// A table that was computed from data and rounded, as claims.
struct Honest {
    head: String,
    /// Metric, statistic, unit, mode, and how many decimals the figure is printed with.
    rows: Vec<(&'static str, &'static str, &'static str, Vec<f64>, usize)>,
}

/// One number, or an interval, as printed.
fn figure(values: &[f64], decimals: usize) -> String {
    let one = |value: &f64| {
        let text = format!("{value:.decimals$}");
        if decimals > 8 { format!("{value:.2e}") } else { text }
    };
    match values {
        [one_value] => one(one_value),
        [low, high] => format!("[{}; {}]", one(low), one(high)),
        _ => unreachable!("a figure has one number or two"),
    }
}

fn honest(seed: u64) -> Honest {
    let mut rng = Rng::new(seed);
    let whole = rng.below(4) == 0;
    let scale = 10_f64.powi(rng.below(5) as i32 - 1);
    let mut sample = |shift: f64| -> Vec<f64> {
        let n = 2 + rng.below(30) as usize;
        let spread = rng.uniform();
        (0..n)
            .map(|_| {
                let value = scale * (0.1 + shift + spread * (rng.uniform() - 0.4)).max(0.0);
                if whole { value.round() } else { value }
            })
            .collect()
    };
    let (a, b) = (sample(0.4), sample(0.5));
    let moments = [&a, &b].map(|values| Moments::of(values).unwrap());
    let decimals = |rng: &mut Rng| rng.below(5) as usize;
    let metric = if whole { "retransmits" } else { "latency_mean" };
    let unit = if whole { "" } else { "s" };
    let mut rows = Vec::new();
    let [ma, mb] = moments;
    for (mode, m, values) in [("a", ma, &a), ("b", mb, &b)] {
        let error = m.standard_error();
        rows.push((metric, "n", "", mode, vec![m.n as f64], 0));
        rows.push((metric, "mean", unit, mode, vec![m.mean], decimals(&mut rng)));
        rows.push((metric, "sd", unit, mode, vec![m.sd], decimals(&mut rng)));
        rows.push((metric, "total", unit, mode, vec![values.iter().sum()], decimals(&mut rng)));
        rows.push((metric, "standard-error-of-mean", unit, mode, vec![error], decimals(&mut rng)));
    }
    let mut push = |statistic, unit, values: Vec<f64>, rng: &mut Rng| {
        if values.iter().all(|value| value.is_finite()) {
            rows.push((metric, statistic, unit, "b", values, decimals(rng)));
        }
    };
    push("difference", unit, vec![mb.mean - ma.mean], &mut rng);
    push("percent-change", "%", vec![(mb.mean / ma.mean - 1.0) * 100.0], &mut rng);
    push("ratio", "", vec![mb.mean / ma.mean], &mut rng);
    if let Ok(test) = welch(&ma, &mb, Alternative::TwoSided, 0.95) {
        let df = (ma.n + mb.n - 2) as f64;
        let variance = |m: Moments| (m.n - 1) as f64 * m.sd * m.sd;
        let d = (mb.mean - ma.mean) / ((variance(ma) + variance(mb)) / df).sqrt();
        push("standard-error", unit, vec![test.standard_error.unwrap()], &mut rng);
        push("t", "", vec![test.statistic.unwrap()], &mut rng);
        push("df", "", vec![test.df.unwrap()], &mut rng);
        push("p", "", vec![test.p_value], &mut rng);
        push("ci", unit, vec![test.interval.lower.unwrap(), test.interval.upper.unwrap()], &mut rng);
        push("cohen-d", "", vec![d], &mut rng);
        if let Ok(j) = correction(df) {
            push("hedges-g", "", vec![d * j], &mut rng);
        }
    }
    // Not every paper prints everything; intervals and p, which take longest, stand in every tenth.
    let rows = rows.into_iter().filter(|(_, statistic, ..)| match *statistic {
        "n" => true,
        "p" | "ci" => rng.below(10) == 0,
        _ => rng.below(5) > 0,
    });
    let mut honest = Honest { head: String::new(), rows: Vec::new() };
    for (metric, statistic, unit, mode, values, decimals) in rows {
        honest.head.push_str(mode);
        honest.rows.push((metric, statistic, unit, values, decimals));
    }
    honest
}

impl Honest {
    fn text(&self, change: impl Fn(usize, &[f64], usize) -> String) -> String {
        let printed: Vec<String> = self
            .rows
            .iter()
            .zip(self.head.chars())
            .enumerate()
            .map(|(i, ((_, _, _, values, decimals), mode))| format!("{mode} = \"{}\"", change(i, values, *decimals)))
            .collect();
        let rows: Vec<_> = self
            .rows
            .iter()
            .zip(&printed)
            .map(|((metric, statistic, unit, ..), printed)| (*metric, *statistic, *unit, printed.as_str()))
            .collect();
        claims("", &rows)
    }
}

/// A hundred thousand tables in all, in two halves so that two cores share them.
fn can_be(seeds: std::ops::Range<u64>) {
    let mut edges = 0;
    let mut figures = 0;
    for seed in seeds {
        let text = honest(seed).text(|_, values, decimals| figure(values, decimals));
        for finding in audited(&text).findings {
            assert!(finding.verdict.can_be(), "seed {seed}: {finding:#?}\n{text}");
            edges += usize::from(finding.verdict == Verdict::Edge);
            figures += 1;
        }
    }
    // The edge of rounding is met now and then by figures that are right, but not often.
    assert!(edges * 20 < figures, "{edges} of {figures} figures hold at the edge only");
}

#[test]
fn what_was_computed_from_data_and_rounded_can_be() {
    can_be(0..50_000);
}

#[test]
fn what_was_computed_from_data_and_rounded_can_be_once_more() {
    can_be(50_000..100_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// A figure is moved out of what the inputs' corners give, by a little more than its own rounding.
    #[test]
    fn a_digit_changed_by_more_than_its_rounding_is_found(seed in any::<u64>(), which in any::<prop::sample::Index>(), up in any::<bool>()) {
        let honest = honest(seed);
        let told = audited(&honest.text(|_, values, decimals| figure(values, decimals)));
        let derived: Vec<usize> = (0..honest.rows.len())
            .filter(|i| honest.rows[*i].3.len() == 1 && told.findings[*i].attainable.len() == 1)
            .collect();
        prop_assume!(!derived.is_empty());
        let chosen = *which.get(&derived);
        let range = told.findings[chosen].attainable[0];
        let text = honest.text(|i, values, decimals| {
            if i != chosen {
                return figure(values, decimals);
            }
            // The nearest printed figure that does not round from anything attainable, not even at its very end.
            let digit = 10_f64.powi(-(decimals as i32));
            let steps = if up {
                (range.high / digit + 0.5 + 1e-6).floor() + 1.0
            } else {
                (range.low / digit - 0.5 - 1e-6).ceil() - 1.0
            };
            figure(&[steps * digit], decimals)
        });
        let finding = &audited(&text).findings[chosen];
        prop_assert!(!finding.verdict.can_be(), "{finding:#?}\n{text}");
    }
}

#[test]
fn what_we_print_holds() {
    for study in ["istio-2025", "loopback-demo", "envoy-sidecar"] {
        let report = format!("reports/{study}");
        let results = format!("{report}/results.json");
        let mut inputs = vec![vec![report.as_str()], vec![results.as_str()]];
        let page = format!("{report}/report.md");
        inputs.push(vec![page.as_str()]);
        let tables: Vec<String> = ["md", "tex"]
            .iter()
            .flat_map(|e| {
                ["comparison", "other-metrics", "samples", "rates"].map(|t| format!("{report}/tables/{t}.{e}"))
            })
            .filter(|path| root().join(path).is_file())
            .collect();
        inputs.extend(tables.iter().map(|table| vec![table.as_str()]));
        for paths in inputs {
            let paths: Vec<String> = paths.iter().map(|path| root().join(path).display().to_string()).collect();
            let mut arguments =
                vec!["audit", "--json", "--deny", "double-rounding,contradiction,does-not-hold,impossible"];
            arguments.extend(paths.iter().map(String::as_str));
            let ended = meshstats(&arguments).ok();
            let found: Value = serde_json::from_str(&ended.stdout).unwrap();
            let findings = found["findings"].as_array().unwrap();
            assert!(!findings.is_empty(), "{paths:?}");
        }
    }
}

/// The figures of a report's tables beside its results: one changed digit is found.
#[test]
fn a_changed_digit_in_a_report_is_found() {
    let case = Case::empty();
    let report = root().join("reports/istio-2025");
    let table = fs::read_to_string(report.join("report.md")).unwrap();
    case.write("report/results.json", fs::read(report.join("results.json")).unwrap());
    case.write("report/report.md", table.replacen("[3.18, 3.49]", "[3.18, 3.59]", 1));
    let ended = case.run(&["audit", "report", "--deny", "contradiction,does-not-hold"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("printed [3.18, 3.59]"), "{}", ended.stderr);
}

#[test]
fn a_table_of_claims_is_the_same_claims() {
    let case = Case::empty();
    let rows = "printed_in,row,metric,statistic,unit,mode,printed\n\
        ,,design,runs,,,20\n\
        text,mean,latency_mean,mean,ms,a,11.66\n\
        text,mean,latency_mean,mean,ms,b,15.00\n\
        text,SD,latency_mean,sd,ms,a,0.25\n\
        text,SD,latency_mean,sd,ms,b,0.22\n\
        text,t,latency_mean,t,,b,≈ 41.8\n\
        text,CI,latency_mean,ci,ms,b,[+3.18; +3.50]\n";
    case.write("claims.csv", rows);
    let ended = case.run(&["audit", "claims.csv", "--json"]).ok();
    let found: Value = serde_json::from_str(&ended.stdout).unwrap();
    let verdicts: Vec<&str> =
        found["findings"].as_array().unwrap().iter().map(|f| f["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["given", "given", "given", "given", "does-not-hold", "does-not-hold"]);
}

#[test]
fn what_is_denied_ends_with_1_and_is_listed() {
    let case = Case::empty();
    case.write("claims.toml", study());
    assert_eq!(case.run(&["audit", "claims.toml", "--deny", "given"]).code, 1);
    let ended = case.run(&["audit", "claims.toml", "--quiet", "--deny", "impossible"]);
    ended.fails(
        1,
        "error: claims.toml: text, Welch's test, latency, df [istio], printed ≈ 38.5: impossible: see `meshstats \
         audit` without --deny for what it should be\n",
    );
    case.run(&["audit", "claims.toml"]).ok();
    let ended = case.run(&["audit", "claims.toml", "--deny", "imposible"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("did you mean impossible?"), "{}", ended.stderr);
}

#[test]
fn an_audit_is_written_in_every_format() {
    let case = Case::empty();
    case.write("claims.toml", study());
    case.run(&["audit", "claims.toml", "-o", "out"]).ok();
    for file in
        ["report.md", "report.tex", "report.html", "audit.json", "tables/audit-changes.csv", "tables/audit-table-1.md"]
    {
        assert!(case.path(&format!("out/{file}")).is_file(), "{file}");
    }
    let page = case.read("out/report.md");
    assert!(page.contains("not a judgement of a study or its authors"), "{page}");
}

/// Which figures cannot be right is said before anything else, in a terminal and in a report.
#[test]
fn the_first_lines_name_the_figures_that_do_not_hold() {
    let case = Case::empty();
    case.write("claims.toml", study());
    let said = case.run(&["audit", "claims.toml", "-o", "out"]).ok().stdout;
    let first: Vec<&str> = said.lines().skip(1).take(4).collect();
    let page = case.read("out/report.md");
    let (summary, _) = page.split_once("## Whether").unwrap();
    assert!(first[0].starts_with("58 printed figures. Taken as printed: 26;"), "{said}");
    assert_eq!(first[1], "Impossible: latency, df (With Istio): ≈ 38.5.");
    let (verdict, figures) = first[2].split_once(": ").unwrap();
    assert_eq!(verdict, "Does not hold");
    assert!(figures.starts_with("Data transferred per run, GB (Without Istio): 50.74; "), "{figures}");
    assert!(figures.ends_with("throughput, 95 % CI, Gbit/s (With Istio): [−8.24; −5.96]."), "{figures}");
    assert_eq!(
        first[3],
        "Contradiction: Response-time variability (mean σ per run), ms (With Istio): 1.75; mean spread, ms (With Istio): 3.88; \
         mean spread, change (With Istio): ×2.3."
    );
    assert!(first.iter().all(|line| summary.contains(&format!("- {line}\n"))), "{summary}");
}

#[test]
fn of_many_figures_that_do_not_hold_the_first_are_named() {
    let names: Vec<String> = (1..=13).map(|i| format!("m{i}")).collect();
    let head: Vec<String> = names.iter().map(|name| format!("{{ id = \"{name}\" }}")).collect();
    let rows: Vec<(&str, &str, &str, &str)> = names
        .iter()
        .flat_map(|name| {
            [(&**name, "mean", "", "a = \"1.00\", b = \"2.00\""), (&**name, "difference", "", "b = \"3.00\"")]
        })
        .collect();
    let case = Case::empty();
    case.write("claims.toml", claims(&format!("metrics = [{}]", head.join(", ")), &rows));
    let said = case.run(&["audit", "claims.toml"]).ok().stdout;
    let line = said.lines().find(|line| line.starts_with("Does not hold: ")).unwrap();
    assert!(line.ends_with("; m10 difference (b): 3.00; 3 more."), "{line}");
}

/// The page that documents claims: its examples are read, and it names every statistic, verdict and slip.
#[test]
fn the_page_on_claims_is_whole() {
    let page = fs::read_to_string(root().join("schema/README.md")).unwrap();
    let block = |language: &str| {
        let (_, rest) = page.split_once("## Claims").unwrap().1.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    };
    let toml = Claims::read("claims.toml", &block("toml")).unwrap();
    let csv = Claims::read("claims.csv", &block("csv")).unwrap();
    assert_eq!((toml.cells().count(), csv.cells().count(), csv.design.runs), (5, 2, Some(20)));
    let schema: Value = serde_json::from_slice(&fs::read(root().join("schema/claims.schema.json")).unwrap()).unwrap();
    let statistics = schema["$defs"]["Statistic"]["oneOf"].as_array().unwrap();
    assert!(statistics.len() > 20);
    let named = statistics.iter().map(|variant| variant["const"].as_str().unwrap());
    for name in named.chain(VERDICTS.iter().map(|verdict| verdict.id())) {
        assert!(page.contains(&format!("`{name}`")), "schema/README.md does not name {name}");
    }
    for slip in SLIPS {
        assert!(page.contains(&format!("`{}`", slip.id)), "schema/README.md does not name {}", slip.id);
    }
}

#[test]
fn nothing_foreign_is_written_over() {
    let case = Case::empty();
    case.write("claims.toml", study());
    case.write("out/report.md", "precious");
    let ended = case.run(&["audit", "claims.toml", "-o", "out"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("exists, and is not of an earlier report (there is no audit.json beside it)"));
    assert_eq!(case.read("out/report.md"), "precious");
    // An earlier audit is replaced.
    case.run(&["audit", "claims.toml", "-o", "new"]).ok();
    case.run(&["audit", "claims.toml", "-o", "new"]).ok();
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let case = Case::empty();
    let x = |unit: &str| {
        claims(&format!("metrics = [{{ id = \"x\", unit = \"{unit}\" }}]"), &[("x", "mean", unit, "a = \"3.0\"")])
    };
    case.write("ms.toml", x("ms"));
    case.write("gb.toml", x("GB"));
    case.write("turned.toml", x("ms").replace("{ id = \"a\" }, { id = \"b\" }", "{ id = \"b\" }, { id = \"a\" }"));
    case.run(&["audit", "ms.toml", "gb.toml"]).fails(
        1,
        "error: gb.toml: metric `x` is declared otherwise than in ms.toml: give it one unit, or another id\n",
    );
    case.run(&["audit", "ms.toml", "turned.toml"]).fails(
        1,
        "error: turned.toml: its baseline is b, and that of ms.toml is a: audit files of one comparison together, others apart\n",
    );
    case.run(&["audit", "ms.toml", "ms.toml"]).ok();
}

#[test]
fn a_damaged_table_or_result_is_told() {
    let case = Case::empty();
    let report = root().join("reports/istio-2025");
    let table = fs::read_to_string(report.join("tables/comparison.md")).unwrap();
    case.write("lost.md", table.replacen("| 15.00 ± 0.22 |", "|", 1));
    case.write("typo.md", table.replacen("11.66 ± 0.25", "11.66 ± O.25", 1));
    let results = fs::read_to_string(report.join("results.json")).unwrap();
    case.write("odd.json", results.replacen("\"sd\": 0.00025033871790877774", "\"sd\": \"x\"", 1));
    for (file, expected) in [
        ("lost.md", "lost.md: row `Mean latency (ms)` has 7 cells under 8 headers: restore the table"),
        ("typo.md", "typo.md: `O.25` is no figure: restore the table"),
        ("odd.json", "odd.json: `samples`: latency_mean, SD: \"x\" is no number: give the results.json"),
    ] {
        let ended = case.run(&["audit", file]);
        assert_eq!(ended.code, 1, "{file}");
        assert!(ended.stderr.starts_with(&format!("error: {expected}")), "{}", ended.stderr);
    }
}

#[test]
fn bad_claims_are_told_with_place_and_remedy() {
    let case = Case::empty();
    for (name, text, expected) in [
        ("x.yaml", "", "x.yaml: claims cannot be read from such a file: give one of .toml (a claims file), .csv"),
        ("x.csv", "metric,statistic,mode\n", "x.csv:1: has no column `printed`"),
        ("x.csv", "metric,statistic,mode,printed,rows\n", "x.csv:1: unknown column `rows`: did you mean `row`?"),
        (
            "x.csv",
            "metric,statistic,mode,printed\nlatency_mean,meen,a,1\n",
            "x.csv:2: unknown value `meen`: did you mean `mean`?",
        ),
        ("x.csv", "metric,statistic,mode,printed\nlatency_mean,mean,a,one\n", "x.csv:2: `one` is not a printed figure"),
        (
            "x.csv",
            "metric,statistic,mode,printed\ndesign,runz,,5\n",
            "x.csv:2: unknown key `runz`: did you mean `runs`?",
        ),
        ("x.csv", "metric,statistic,mode,printed\n", "x.csv: holds no figure"),
        ("x.csv", "metric,statistic,mode,printed\na,b\n", "x.csv:2: is no CSV table"),
        ("x.json", "{}", "x.json: has no `metrics`"),
        ("x.json", "{", "x.json:1: is no JSON"),
        ("x.md", "text", "x.md: none of its 0 tables holds figures that can be audited"),
    ] {
        case.write(name, text);
        let ended = case.run(&["audit", name]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{name}: {text}");
        assert!(ended.stderr.starts_with(&format!("error: {expected}")), "{}", ended.stderr);
    }
    case.run(&["audit", "nowhere.toml"]).fails(
        1,
        "error: nowhere.toml: cannot be read (no such file or directory): check the path and its permissions\n",
    );
    fs::create_dir(case.path("empty")).unwrap();
    let ended = case.run(&["audit", "empty"]);
    assert!(ended.stderr.starts_with("error: empty: holds neither results.json nor report.md: "), "{}", ended.stderr);
}
