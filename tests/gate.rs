//! `meshstats gate`: it fails when a regression is shown, never because runs scatter, and never passes in silence.

use std::fs;
use std::process::Command;

use meshstats::analysis::gate::{Gate, Gated, Margins, Pair, Verdict, gate, verdicts};
use meshstats::analysis::saved::Observed;
use meshstats::analysis::{MetricInfo, MetricKind};
use meshstats::metric::{Better, Unit};
use meshstats::stats::rng::Rng;
use meshstats::stats::{Events, Margin};
use serde_json::Value;

use super::language::latin_words;
use super::program::{Case, Ended, iperf3, program, root, wrk};

const LEVEL: f64 = 0.95;

fn metric(better: Better, kind: MetricKind) -> MetricInfo {
    MetricInfo {
        id: "m".to_owned(),
        label: "M".to_owned(),
        definition: String::new(),
        unit: Unit::Count,
        better,
        kind,
        primary: true,
    }
}

fn observed(values: &[f64]) -> Observed {
    Observed {
        metric: "m".to_owned(),
        scenario: None,
        mode: "x".to_owned(),
        runs: (0..values.len()).map(|i| i.to_string()).collect(),
        blocks: vec![None; values.len()],
        values: values.to_vec(),
        events: Vec::new(),
    }
}

fn of_events(events: &[Events]) -> Observed {
    let values: Vec<f64> = events.iter().map(|run| run.count / run.exposure).collect();
    Observed { events: events.to_vec(), ..observed(&values) }
}

fn in_blocks(values: &[f64]) -> Observed {
    Observed { blocks: (0..values.len()).map(|i| Some(format!("{i:04}"))).collect(), ..observed(values) }
}

/// The verdicts on several pairs of one metric.
fn gated(metric: &MetricInfo, sides: &[[Observed; 2]], margin: Margin) -> Gate {
    judged(metric, sides, margin, verdicts)
}

fn judged(
    metric: &MetricInfo,
    sides: &[[Observed; 2]],
    margin: Margin,
    judge: fn(&[Pair], &Margins, f64) -> Gate,
) -> Gate {
    let pairs: Vec<Pair> = sides
        .iter()
        .map(|[a, b]| Pair { metric, place: String::new(), sides: [Some(a), Some(b)], sessions: false })
        .collect();
    judge(&pairs, &Margins { by_metric: Default::default(), usual: Some(margin) }, LEVEL)
}

fn row(metric: &MetricInfo, sides: [Observed; 2], margin: Margin) -> Gated {
    judged(metric, &[sides], margin, gate).rows.remove(0)
}

/// A number of the gate for a case of `tests/reference/gate.csv`, of the values of two samples or of their counts.
pub fn reference(
    case: &str,
    values: Option<[&[f64]; 2]>,
    events: Option<[Vec<Events>; 2]>,
    quantity: &str,
) -> Option<f64> {
    let given = |key: &str| case.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let better = if given("better") == Some("lower") { Better::Lower } else { Better::Higher };
    let margin = given("margin").unwrap();
    let margin = match margin.strip_suffix('%') {
        Some(percent) => Margin::Relative(percent.parse::<f64>().unwrap() / 100.0),
        None => Margin::Absolute(margin.parse().unwrap()),
    };
    let row = match (given("rates"), given("paired")) {
        (Some(_), _) => {
            row(&metric(better, MetricKind::Ratio), events.unwrap().each_ref().map(|runs| of_events(runs)), margin)
        }
        (_, Some(_)) => row(&metric(better, MetricKind::Mean), values.unwrap().map(in_blocks), margin),
        _ => row(&metric(better, MetricKind::Mean), values.unwrap().map(observed), margin),
    };
    let measured = row.measured.ok()?;
    match quantity {
        "p_fail" => Some(measured.p_fail),
        "p_pass" => Some(measured.p_pass),
        "change" => measured.change,
        "lower" => measured.interval.lower,
        "upper" => measured.interval.upper,
        _ => panic!("the gate has no {quantity}"),
    }
}

/// How often each verdict comes, of studies that `draw` makes.
struct Rates {
    fail: f64,
    pass: f64,
    inconclusive: f64,
}

fn rates(studies: usize, seed: u64, mut draw: impl FnMut(&mut Rng) -> Gate) -> Rates {
    let mut rng = Rng::new(seed);
    let verdicts: Vec<Verdict> = (0..studies).map(|_| draw(&mut rng).verdict).collect();
    let share = |of: Verdict| verdicts.iter().filter(|verdict| **verdict == of).count() as f64 / studies as f64;
    Rates { fail: share(Verdict::Fail), pass: share(Verdict::Pass), inconclusive: share(Verdict::Inconclusive) }
}

/// Three standard errors above 5 % of so many studies.
fn at_most_alpha(studies: usize) -> f64 {
    0.05 + 3.0 * (0.05 * 0.95 / studies as f64).sqrt()
}

/// `n` runs of a mean, that scatter by `sd`.
fn runs(rng: &mut Rng, n: usize, mean: f64, sd: f64) -> Observed {
    observed(&(0..n).map(|_| mean + sd * rng.normal()).collect::<Vec<_>>())
}

const STUDIES: usize = 2000;
const MARGIN: Margin = Margin::Relative(0.05);

#[test]
fn no_regression_raises_no_false_alarm() {
    for better in [Better::Lower, Better::Higher] {
        let metric = metric(better, MetricKind::Mean);
        // Scatter as large as the margin, and unequal.
        let found =
            rates(STUDIES, 1, |rng| gated(&metric, &[[runs(rng, 10, 100.0, 5.0), runs(rng, 6, 100.0, 8.0)]], MARGIN));
        assert!(found.fail <= 0.01, "{}", found.fail);
        assert!(found.inconclusive > 0.3, "{}", found.inconclusive);
    }
}

#[test]
fn at_the_margin_neither_error_is_more_frequent_than_alpha() {
    for (better, mean) in [(Better::Lower, 105.0), (Better::Higher, 95.0)] {
        let metric = metric(better, MetricKind::Mean);
        for (margin, sds) in [(MARGIN, [3.0, 3.0]), (MARGIN, [8.0, 2.0]), (Margin::Absolute(5.0), [3.0, 6.0])] {
            let found = rates(STUDIES, 2, |rng| {
                gated(&metric, &[[runs(rng, 8, 100.0, sds[0]), runs(rng, 8, mean, sds[1])]], margin)
            });
            for share in [found.fail, found.pass] {
                assert!(share <= at_most_alpha(STUDIES), "{better:?} {margin:?} {sds:?}: {share}");
                assert!(share > 0.03, "a test that never errs at the margin finds nothing beyond it: {share}");
            }
        }
    }
}

#[test]
fn several_metrics_at_the_margin_raise_no_more_false_alarms_than_one() {
    let metric = metric(Better::Lower, MetricKind::Mean);
    let studies = 1000;
    let found = rates(studies, 3, |rng| {
        let sides: Vec<_> = (0..6).map(|_| [runs(rng, 8, 100.0, 3.0), runs(rng, 8, 105.0, 3.0)]).collect();
        gated(&metric, &sides, MARGIN)
    });
    assert!(found.fail <= at_most_alpha(studies), "{}", found.fail);
    assert!(found.fail > 0.02, "{}", found.fail);
    // One of six at the margin, the others far within it: all must pass, and this one does so with α.
    let found = rates(studies, 4, |rng| {
        let side =
            |rng: &mut Rng, i: usize| [runs(rng, 8, 100.0, 1.0), runs(rng, 8, if i == 0 { 105.0 } else { 100.0 }, 1.0)];
        let sides: Vec<_> = (0..6).map(|i| side(rng, i)).collect();
        gated(&metric, &sides, MARGIN)
    });
    assert!(found.pass <= at_most_alpha(studies) && found.pass > 0.03, "{}", found.pass);
}

#[test]
fn a_regression_is_found_with_the_power_that_was_said() {
    for better in [Better::Lower, Better::Higher] {
        let metric = metric(better, MetricKind::Mean);
        let sign = if better == Better::Lower { 1.0 } else { -1.0 };
        // What a gate that passes says it would have failed, of runs whose moments are the true ones.
        let exact = |mean: f64| -> Observed {
            let z = [-1.5, -1.0, -0.5, -0.2, 0.2, 0.5, 1.0, 1.5];
            let scale = 3.0 / (z.iter().map(|z| z * z).sum::<f64>() / 7.0).sqrt();
            observed(&z.map(|z| mean + scale * z))
        };
        let passed = row(&metric, [exact(100.0), exact(100.0)], MARGIN);
        assert_eq!(passed.verdict, Verdict::Pass);
        let size = passed.detectable.unwrap().unwrap();
        let truth = 100.0 * (1.0 + sign * size);
        let found =
            rates(STUDIES, 5, |rng| gated(&metric, &[[runs(rng, 8, 100.0, 3.0), runs(rng, 8, truth, 3.0)]], MARGIN));
        assert!((found.fail - 0.8).abs() < 0.04, "{better:?}: {}", found.fail);
        let found = rates(500, 6, |rng| {
            gated(&metric, &[[runs(rng, 8, 100.0, 3.0), runs(rng, 8, 100.0 * (1.0 + sign * 0.2), 3.0)]], MARGIN)
        });
        assert!(found.fail > 0.99, "{better:?}: {}", found.fail);
    }
}

#[test]
fn so_many_runs_as_are_said_to_be_needed_decide() {
    let metric = metric(Better::Lower, MetricKind::Mean);
    let few = [[99.0, 104.0, 97.0, 100.0].as_slice(), &[103.0, 99.0, 105.0, 97.0]].map(observed);
    let sd = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
    };
    let sds = few.each_ref().map(|side| sd(&side.values));
    let undecided = row(&metric, few, MARGIN);
    assert_eq!(undecided.verdict, Verdict::Inconclusive);
    let [n, _] = undecided.runs_needed.unwrap().unwrap();
    let decided = |n: usize| {
        rates(STUDIES, 7, |rng| gated(&metric, &[[runs(rng, n, 100.0, sds[0]), runs(rng, n, 101.0, sds[1])]], MARGIN))
            .pass
    };
    let (enough, half) = (decided(n), decided(n / 2));
    assert!((enough - 0.8).abs() < 0.05 && half < 0.65, "{n}: {enough}, {half}");
}

#[test]
fn blocks_take_what_is_common_out_of_the_scatter() {
    let metric = metric(Better::Lower, MetricKind::Mean);
    let draw = |rng: &mut Rng, change: f64| {
        let of_block: Vec<f64> = (0..8).map(|_| 100.0 + 20.0 * rng.normal()).collect();
        let a: Vec<f64> = of_block.iter().map(|block| block + rng.normal()).collect();
        let b: Vec<f64> = of_block.iter().map(|block| block * (1.0 + change) + rng.normal()).collect();
        [in_blocks(&a), in_blocks(&b)]
    };
    let found = rates(STUDIES, 8, |rng| gated(&metric, &[draw(rng, 0.05)], MARGIN));
    assert!(found.fail <= at_most_alpha(STUDIES) && found.pass <= at_most_alpha(STUDIES), "{}", found.fail);
    let found = rates(300, 9, |rng| gated(&metric, &[draw(rng, 0.1)], MARGIN));
    assert!(found.fail > 0.95, "{}", found.fail);
    // Between sessions no block is shared.
    let [a, b] = draw(&mut Rng::new(10), 0.1);
    let pair = Pair { metric: &metric, place: String::new(), sides: [Some(&a), Some(&b)], sessions: true };
    let found = gate(&[pair], &Margins { by_metric: Default::default(), usual: Some(MARGIN) }, LEVEL);
    assert_eq!((found.rows[0].pairs, found.verdict), (None, Verdict::Inconclusive));
}

#[test]
fn rates_are_gated_by_the_pooled_ratio() {
    let metric = metric(Better::Lower, MetricKind::Ratio);
    let margin = Margin::Relative(0.25);
    let mode = |rng: &mut Rng, rate: f64| {
        let run = |rng: &mut Rng| Events { count: (rate * (1.0 + 0.3 * rng.normal())).max(0.0).round(), exposure: 1.0 };
        of_events(&(0..12).map(|_| run(rng)).collect::<Vec<_>>())
    };
    let found = rates(2000, 11, |rng| gated(&metric, &[[mode(rng, 200.0), mode(rng, 250.0)]], margin));
    assert!(found.fail <= 0.07 && found.pass <= 0.07, "{} {}", found.fail, found.pass);
    let found = rates(300, 12, |rng| gated(&metric, &[[mode(rng, 200.0), mode(rng, 500.0)]], margin));
    assert!(found.fail > 0.95, "{}", found.fail);
    let mut rng = Rng::new(13);
    let absolute = row(&metric, [mode(&mut rng, 9.0), mode(&mut rng, 9.0)], Margin::Absolute(3.0));
    assert!(absolute.measured.unwrap_err().because.contains("must be a percentage"));
    let without = row(&metric, [observed(&[1.0, 2.0, 3.0]), observed(&[1.0, 2.0, 3.0])], margin);
    assert!(without.measured.unwrap_err().because.contains("counts and exposures"));
}

#[test]
fn what_cannot_be_tested_is_inconclusive() {
    let metric = metric(Better::Lower, MetricKind::Mean);
    let because = |a: &[f64], b: &[f64], margin| {
        let row = row(&metric, [observed(a), observed(b)], margin);
        assert_eq!(row.verdict, Verdict::Inconclusive, "{a:?} {b:?}");
        row.measured.unwrap_err().because
    };
    assert!(because(&[5.0], &[5.0, 6.0], MARGIN).contains("needs two values"));
    assert!(because(&[5.0, 6.0], &[5.0], MARGIN).contains("needs two values"));
    assert!(because(&[5.0, 5.0], &[5.0, 5.0], MARGIN).contains("neither mode varies"));
    assert!(because(&[5.0, 5.0], &[9.0, 9.0], Margin::Absolute(1.0)).contains("neither mode varies"));
    assert!(because(&[1.0, -1.0], &[1.0, 2.0], MARGIN).contains("mean is zero"));
    assert!(because(&[-1.0, -2.0], &[1.0, 2.0], MARGIN).contains("mean is negative"));
    // A baseline that is not told from zero: Fieller's interval has no bounds.
    let unbounded = row(&metric, [observed(&[0.1, -0.3, 0.4]), observed(&[9.0, 9.1, 9.3])], MARGIN);
    assert_eq!(unbounded.verdict, Verdict::Inconclusive);
}

/// A study of wrk and iperf3 logs: the latencies and throughputs of two modes.
fn study(place: &str, case: &Case, latencies: [&[f64]; 2], throughputs: [&[f64]; 2]) {
    for (i, mode) in ["direct", "mesh"].into_iter().enumerate() {
        for (run, ms) in latencies[i].iter().enumerate() {
            case.write(&format!("{place}/{mode}/wrk/run-{}.txt", run + 1), wrk(*ms));
        }
        for (run, gbit) in throughputs[i].iter().enumerate() {
            case.write(&format!("{place}/{mode}/iperf3/run-{}.json", run + 1), iperf3(*gbit, 10 + run as u64));
        }
    }
}

const STEADY: &[f64] = &[10.0, 10.1, 9.9, 10.05, 9.95, 10.02];
const SLOWER: &[f64] = &[12.0, 12.1, 11.9, 12.05, 11.95, 12.02];
const NOISY: &[f64] = &[10.0, 13.0, 8.0, 11.5, 9.0, 10.5];

fn exits(ended: &Ended, code: i32) {
    assert_eq!(ended.code, code, "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn the_exit_code_is_the_verdict() {
    let case = Case::empty();
    study("base/s", &case, [STEADY, STEADY], [STEADY, STEADY]);
    study("same/s", &case, [STEADY, STEADY], [STEADY, STEADY]);
    study("slow/s", &case, [STEADY, SLOWER], [STEADY, STEADY]);
    study("noise/s", &case, [NOISY, STEADY], [STEADY, STEADY]);
    exits(&case.run(&["gate", "base/s", "same/s"]), 0);
    let slow = case.run(&["gate", "base/s", "slow/s"]);
    exits(&slow, 1);
    assert!(slow.stdout.contains("fail: Mean latency, mesh: +19.99 % (90 % CI ["), "{}", slow.stdout);
    assert!(slow.stdout.contains("is worse than the +5 % that is allowed\n"), "{}", slow.stdout);
    assert!(
        slow.stdout.ends_with("fail: a regression larger than its margin is shown (1 fail, 3 pass of 4 comparisons)\n")
    );
    // Faster is no regression, and more throughput neither.
    exits(&case.run(&["gate", "slow/s", "base/s"]), 0);
    let noise = case.run(&["gate", "base/s", "noise/s"]);
    exits(&noise, 3);
    assert!(noise.stdout.contains("runs of each (6 so far) would decide it with a power of 80 %"), "{}", noise.stdout);
    // Within a study the treatments are held against its baseline.
    exits(&case.run(&["gate", "base/s"]), 0);
    exits(&case.run(&["gate", "slow/s"]), 1);
    exits(&case.run(&["gate", "slow/s", "--max-regression", "25%"]), 0);
    exits(&case.run(&["gate", "slow/s", "--max-regression", "latency_mean=3ms"]), 0);
    exits(&case.run(&["gate", "slow/s", "--max-regression", "latency_mean=1 ms"]), 1);
    exits(&case.run(&["gate", "slow/s", "--max-regression", "throughput=5%"]), 0);
    exits(&case.run(&["gate", "slow/s", "--baseline", "mesh"]), 0);
}

#[test]
fn saved_results_give_what_the_logs_give() {
    let case = Case::empty();
    study("base/s", &case, [STEADY, STEADY], [STEADY, NOISY]);
    study("slow/s", &case, [NOISY, SLOWER], [STEADY, STEADY]);
    for session in ["base", "slow"] {
        let out = format!("{session}-reports");
        case.run(&["analyze", session, "-o", &out, "--format", "csv"]).ok();
    }
    let options = ["--json", "--max-regression", "5%", "--max-regression", "retransmits_per_gib=50%"];
    let of_logs = case.run(&[&["gate", "base", "slow"], options.as_slice()].concat());
    for [base, new] in [
        ["base-reports", "slow-reports"],
        ["base-reports/s", "slow-reports/s/results.json"],
        ["base/s", "slow-reports"],
    ] {
        let of_saved = case.run(&[&["gate", base, new], options.as_slice()].concat());
        assert_eq!((of_saved.code, of_saved.stdout), (of_logs.code, of_logs.stdout.clone()), "{}", of_saved.stderr);
    }
    case.run(&["ingest", "base", "-o", "base.csv", "-q"]).ok();
    let of_table = case.run(&["gate", "base.csv", "base", "--json"]);
    exits(&of_table, case.run(&["gate", "base", "base", "--json"]).code);
    // Results of an earlier version have no counts: their ratios are said to be undecided, and the others are gated.
    let mut results: Value = serde_json::from_str(&case.read("base-reports/s/results.json")).unwrap();
    for sample in results["samples"].as_array_mut().unwrap() {
        sample.as_object_mut().unwrap().remove("events");
    }
    case.write("earlier.json", results.to_string());
    let earlier = case.run(&["gate", "earlier.json", "base", "--max-regression", "retransmits_per_gib=50%"]);
    exits(&earlier, 3);
    assert!(earlier.stdout.contains("do not have the counts and exposures of all runs"), "{}", earlier.stdout);
}

#[test]
fn what_one_side_lacks_is_never_a_silent_pass() {
    let case = Case::empty();
    study("base/s", &case, [STEADY, STEADY], [STEADY, STEADY]);
    study("new/s", &case, [STEADY, STEADY], [STEADY, &[]]);
    let ended = case.run(&["gate", "base/s", "new/s"]);
    exits(&ended, 3);
    assert!(
        ended.stdout.contains("inconclusive: Throughput, mesh: nothing can be said, because only the baseline has it")
    );
    exits(&case.run(&["gate", "new/s"]), 3);
    study("two/s", &case, [STEADY, STEADY], [STEADY, STEADY]);
    study("two/t", &case, [STEADY, STEADY], [STEADY, STEADY]);
    case.write("two/t/meshstats.toml", "");
    case.run(&["gate", "two", "base/s"]).fails(
        1,
        "error: two: has the study t, which base/s does not have: give the same studies on both sides, or one of each\n",
    );
}

#[test]
fn a_renamed_mode_is_mapped() {
    let case = Case::empty();
    study("base/s", &case, [STEADY, STEADY], [STEADY, STEADY]);
    study("new/s", &case, [STEADY, SLOWER], [STEADY, STEADY]);
    fs::rename(case.path("new/s/mesh"), case.path("new/s/mesh-2")).unwrap();
    exits(&case.run(&["gate", "base/s", "new/s"]), 3);
    exits(&case.run(&["gate", "base/s", "new/s", "--map", "mesh=mesh-2"]), 1);
    case.run(&["gate", "base/s", "new/s", "--map", "mesh=mehs-2"]).fails(
        2,
        "error: --map names `mehs-2`, which is no mode of the new results: did you mean `mesh-2`? The modes are: direct, \
         mesh-2\n",
    );
}

#[test]
fn a_metric_without_direction_is_refused() {
    let case = Case::empty();
    let line = |mode: &str, run: usize, value: f64| format!("{mode},{run},frames,{value},1/s\n");
    let rows = |mode: &str, values: &[f64]| -> String {
        values.iter().enumerate().map(|(i, value)| line(mode, i, *value)).collect()
    };
    let table = format!("mode,run,metric,value,unit\n{}{}", rows("baseline", SLOWER), rows("new", STEADY));
    case.write("t.csv", table);
    let ended = case.run(&["gate", "t.csv"]);
    ended.fails(
        1,
        "error: t.csv: t: no metric can be gated: say which direction is better (--better frames=lower), or name another \
         with --max-regression\n",
    );
    case.run(&["gate", "t.csv", "--max-regression", "frames=5%"]).fails(
        2,
        "error: --max-regression frames=5%: neither direction of frames is known to be better: --better frames=lower, or \
         higher\n",
    );
    exits(&case.run(&["gate", "t.csv", "--better", "frames=higher"]), 1);
    exits(&case.run(&["gate", "t.csv", "--better", "frames=lower"]), 0);
}

#[test]
fn wrong_margins_say_what_is_wrong() {
    let case = Case::empty();
    study("s", &case, [STEADY, SLOWER], [STEADY, STEADY]);
    let says = |margin: &str, what: &str| {
        let ended = case.run(&["gate", "s", "--max-regression", margin]);
        exits(&ended, 2);
        assert!(ended.stderr.contains(what), "{margin}: {}", ended.stderr);
    };
    says("latncy_mean=5%", "did you mean `latency_mean`?");
    says("latency_mean=5", "has no unit, and the metric is in s");
    says("latency_mean=5 Gbit/s", "is not in a unit of the metric, which is in s");
    says("5ms", "only as a percentage: 5%, or latency_mean=5ms");
    says("bytes=5%", "is a count");
    says("retransmits_per_gib=2 1/GiB", "give the margin in %");
    says("throughput=120%", "cannot fall by 100 % or more");
    says("latency_mean=-5%", "is not a positive number");
}

#[test]
fn ci_servers_are_told() {
    let case = Case::empty();
    study("base/s", &case, [STEADY, NOISY], [STEADY, STEADY]);
    study("new/s", &case, [SLOWER, STEADY], [STEADY, STEADY]);
    case.write("summary.md", "before\n");
    let arguments = ["gate", "base/s", "new/s", "--github", "--junit", "junit.xml", "-q"];
    let mut command = program();
    command.args(arguments).current_dir(case.path("")).env("GITHUB_STEP_SUMMARY", case.path("summary.md"));
    let ended = super::program::ended(&mut command);
    exits(&ended, 1);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ended.stdout);
    assert!(lines[0].starts_with("::error title=Regression%3A Mean latency%2C direct::+19.99 %25 (90 %25 CI ["));
    assert!(lines[1].starts_with("::warning title=Inconclusive%3A Mean latency%2C mesh::"));
    assert!(lines[2].starts_with("::notice title=meshstats gate::fail: "));
    let summary = case.read("summary.md");
    assert!(summary.starts_with("before\n# Regression gate\n"), "{summary}");
    assert!(summary.contains("| Mean latency (ms)"), "{summary}");
    let junit = case.read("junit.xml");
    assert!(junit.contains("<testsuite name=\"s\" tests=\"4\" failures=\"1\" errors=\"1\">"), "{junit}");
    assert_eq!(junit.matches("<testcase ").count(), 4);
    assert_eq!((junit.matches("<failure ").count(), junit.matches("<error ").count()), (1, 1));
    let json = case.run(&["gate", "base/s", "new/s", "--json"]);
    exits(&json, 1);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json[0]["verdict"], "fail");
    assert_eq!(json[0]["rows"].as_array().unwrap().len(), 4);
}

#[test]
fn the_same_runs_on_both_sides_are_told() {
    let case = Case::empty();
    study("base/s", &case, [STEADY, NOISY], [STEADY, STEADY]);
    study("copy/s", &case, [STEADY, NOISY], [STEADY, STEADY]);
    study("new/s", &case, [STEADY, STEADY], [STEADY, STEADY]);
    let told = "note: both sides are the same runs, value for value; nothing can be shown from that";
    let run = |new: &str, more: &[&str]| case.run(&[&["gate", "base/s", new], more].concat());
    // The verdict is what the tests say all the same.
    let shown = run("copy/s", &[]);
    assert!(shown.code != 1 && shown.stdout.contains(&format!("{told}\n")), "{}", shown.stdout);
    let github = run("copy/s", &["--github", "--junit", "junit.xml"]).stdout;
    assert!(github.contains(&format!("::warning title=meshstats gate::{told}\n")), "{github}");
    let junit = case.read("junit.xml");
    assert!(junit.contains(&format!("    <system-out>{told}</system-out>\n  </testsuite>\n")), "{junit}");
    let same = |new: &str| -> Value {
        let json: Value = serde_json::from_str(&run(new, &["--json"]).stdout).unwrap();
        json[0]["same_runs"].clone()
    };
    assert_eq!((same("copy/s"), same("new/s")), (true.into(), Value::Null));
    assert!(!run("new/s", &[]).stdout.contains("the same runs"), "one of the modes was measured again");
}

/// The verdict is what the p-values say, of few runs and many, means, pairs and rates.
#[test]
fn the_verdict_is_that_of_the_tests() {
    let mut rng = Rng::new(11);
    let mut seen = [0; 3];
    for i in 0..4000 {
        let better = if i % 2 == 0 { Better::Lower } else { Better::Higher };
        let n = |rng: &mut Rng| 2 + (rng.uniform() * 9.0) as usize;
        let sd = 0.5 + 20.0 * rng.uniform();
        let (a, b) = (n(&mut rng), n(&mut rng));
        let mean = 100.0 + 60.0 * (rng.uniform() - 0.5);
        let other_sd = 0.5 + 20.0 * rng.uniform();
        let sides = [runs(&mut rng, a, 100.0, sd), runs(&mut rng, b, mean, other_sd)];
        let sides = if i % 5 == 0 {
            sides.map(|side| in_blocks(&side.values[..side.values.len().min(a).min(b)]))
        } else {
            sides
        };
        let margin = if i % 3 == 0 { Margin::Absolute(10.0) } else { Margin::Relative(0.01 + 0.3 * rng.uniform()) };
        let row = row(&metric(better, MetricKind::Mean), sides, margin);
        let measured = row.measured.unwrap();
        // A baseline that is not told from zero has no verdict.
        if measured.interval.lower.is_none() && measured.interval.upper.is_none() {
            assert_eq!(row.verdict, Verdict::Inconclusive);
            continue;
        }
        // Of one test there is nothing to adjust.
        assert_eq!(row.p_fail_adjusted, Some(measured.p_fail));
        assert_eq!(row.verdict == Verdict::Pass, measured.p_pass < 1.0 - LEVEL, "{measured:?}");
        assert_eq!(row.verdict == Verdict::Fail, measured.p_fail < 1.0 - LEVEL, "{measured:?}");
        seen[row.verdict as usize] += 1;
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}

#[test]
fn a_treatment_of_zeros_is_tested_all_the_same() {
    for blocks in [false, true] {
        let sides = [&[19.0, 20.0, 21.0][..], &[0.0, 0.0, 0.0]]
            .map(|values| if blocks { in_blocks(values) } else { observed(values) });
        let row_of = |better| row(&metric(better, MetricKind::Mean), sides.clone(), MARGIN);
        assert_eq!(row_of(Better::Lower).verdict, Verdict::Pass);
        let failed = row_of(Better::Higher);
        assert_eq!(failed.verdict, Verdict::Fail);
        assert_eq!(failed.measured.unwrap().change, Some(-1.0));
    }
}

#[test]
fn contradicting_options_are_refused() {
    let case = Case::empty();
    study("s", &case, [STEADY, STEADY], [SLOWER, STEADY]);
    let refused = |options: &[&str], what: &str| {
        let ended = case.run(&[&["gate", "s", "--baseline", "direct"], options].concat());
        ended.fails(2, &format!("error: {what}\n"));
    };
    refused(
        &["--max-regression", "latency_mean=5%", "--max-regression", "latency_mean=50%"],
        "--max-regression latency_mean=50%: a second margin for `latency_mean`; give one",
    );
    refused(
        &["--max-regression", "5%", "--max-regression", "6%"],
        "--max-regression 6%: a second margin for all metrics; give one",
    );
    refused(
        &["--max-regression", "1e308%"],
        "--max-regression 1e308%: the margin is more than 1000000 %, and so no margin: write a positive number and a unit, \
         such as `2%` of the baseline's mean",
    );
    refused(
        &["--better", "latency_mean=higher"],
        "--better latency_mean=higher: lower is better of this metric; --better is for metrics that have no direction by \
         themselves",
    );
    refused(
        &["--better", "bytes=higher", "--better", "bytes=lower"],
        "--better bytes=higher: both directions of `bytes` are given; give one",
    );
}

/// What a reader of JUnit XML that is not ours finds in it; names and labels hold what XML must have escaped.
#[test]
fn junit_is_read_by_other_programs() {
    let case = Case::empty();
    let manifest = "modes = [{ id = \"direct\" }, { id = \"mesh\", label = \"Mesh <a> & \\\"b\\\" 'c' с прокси\" }]\n";
    study("base/s", &case, [STEADY, NOISY], [STEADY, STEADY]);
    study("new/s", &case, [SLOWER, STEADY], [STEADY, STEADY]);
    for session in ["base", "new"] {
        case.write(&format!("{session}/s/meshstats.toml"), manifest);
    }
    for language in ["en", "ru"] {
        exits(&case.run(&["gate", "base/s", "new/s", "--junit", "junit.xml", "-q", "--lang", language]), 1);
        let file = case.path("junit.xml");
        let checked = Command::new("xmllint").arg("--noout").arg(&file).output();
        let checked = checked.unwrap_or_else(|error| panic!("xmllint: {error}: tests/run installs it"));
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let script = "import json, sys
from junitparser import JUnitXml
suites = JUnitXml.fromfile(sys.argv[1])
said = lambda of: [of.tests, of.failures, of.errors, of.skipped]
cases = [case for suite in suites for case in suite]
before = [said(suites), *map(said, suites)]
suites.update_statistics()
print(json.dumps({'said': before, 'counted': [said(suites), *map(said, suites)],
    'cases': [[c.classname, c.name, [[type(r).__name__, r.type, r.message] for r in c.result]] for c in cases]}))";
        let python = root().join("target/oracles/bin/python");
        let read = Command::new(&python).args(["-c", script]).arg(&file).output();
        let read = read.unwrap_or_else(|error| panic!("{}: {error}: tests/run installs it", python.display()));
        let stderr = String::from_utf8_lossy(&read.stderr);
        assert!(!stderr.contains("No module named"), "the module junitparser is missing: tests/run installs it");
        assert!(read.status.success(), "{stderr}");
        let read: Value = serde_json::from_slice(&read.stdout).unwrap();
        assert_eq!(read["said"], serde_json::json!([[4, 1, 1, 0], [4, 1, 1, 0]]));
        assert_eq!(read["said"], read["counted"]);
        let cases = read["cases"].as_array().unwrap();
        let of = |kind: &str| {
            let found: Vec<&Value> = cases.iter().filter(|case| case[2][0][0] == kind).collect();
            assert_eq!(found.len(), 1, "{kind}: {read}");
            found[0]
        };
        let name = if language == "en" { "Mean latency" } else { "Средняя задержка" };
        let (failed, unsure) = (of("Failure"), of("Error"));
        assert_eq!((&failed[0], &failed[1]), (&Value::from("s.direct"), &Value::from(name)));
        assert_eq!((&failed[2][0][1], &unsure[2][0][1]), (&Value::from("regression"), &Value::from("inconclusive")));
        assert_eq!(unsure[0], "s.Mesh <a> & \"b\" 'c' с прокси");
    }
}

/// The words are of the language that was asked for, or that the study's manifest names; ids and JSON are not.
#[test]
fn verdicts_are_told_in_the_language() {
    let case = Case::empty();
    study("base/s", &case, [STEADY, NOISY], [STEADY, STEADY]);
    study("new/s", &case, [SLOWER, STEADY], [STEADY, STEADY]);
    case.write("summary.md", "");
    let run = |more: &[&str]| {
        let mut command = program();
        command.args(["gate", "base/s", "new/s"]).args(more);
        command.current_dir(case.path("")).env("GITHUB_STEP_SUMMARY", case.path("summary.md"));
        let ended = super::program::ended(&mut command);
        exits(&ended, 1);
        ended.stdout
    };
    let english = run(&[]);
    let said = run(&["--lang", "ru"]);
    for there in [
        "Средняя задержка (мс)",
        "не пройдено: Средняя задержка, direct: +19,99 % (90 % ДИ [",
        "хуже, чем допустимо (+5 %)",
        "не решено: Средняя задержка, mesh: ",
        "\nне пройдено: показана регрессия больше допуска (1 не пройдено, 1 не решено, 2 пройдено; сравнений: 4)\n",
    ] {
        assert!(said.contains(there), "{there} is not in\n{said}");
    }
    let words = latin_words(&said);
    assert!(words.iter().all(|word| ["direct", "mesh"].contains(&word.as_str())), "{words:?} in\n{said}");
    let told = run(&["--lang", "ru", "--github", "-q"]);
    assert!(told.contains("::error title=Регрессия%3A Средняя задержка%2C direct::"), "{told}");
    assert!(told.contains("::warning title=Не решено%3A Средняя задержка%2C mesh::"), "{told}");
    let summary = case.read("summary.md");
    assert!(summary.starts_with("# Контроль регрессий\n\n## Главное\n"), "{summary}");
    let words = latin_words(&summary);
    let own = ["direct", "mesh", "meshstats"];
    assert!(words.iter().all(|word| own.contains(&word.as_str())), "{words:?} in\n{summary}");
    assert_eq!(run(&["--json", "--lang", "ru"]), run(&["--json"]));

    case.write("new/s/meshstats.toml", "lang = \"ru\"\n");
    case.write("base/s/meshstats.toml", "lang = \"ru\"\n");
    assert_eq!(run(&[]), said);
    assert_eq!(run(&["--lang", "en"]), english);
}
