//! `meshstats diff`: two sessions against each other, as two groups of runs measured at different times.

use serde_json::Value;

use super::program::{Case, iperf3, iperf3_with, wrk, wrk_of};

const STEADY: &[f64] = &[10.0, 10.1, 9.9, 10.05, 9.95, 10.02];
const SLOWER: &[f64] = &[12.0, 12.1, 11.9, 12.05, 11.95, 12.02];

fn logs(case: &Case, place: &str, latencies: &[f64]) {
    for (run, ms) in latencies.iter().enumerate() {
        case.write(&format!("{place}/wrk/run-{}.txt", run + 1), wrk(*ms));
    }
}

fn json(case: &Case, arguments: &[&str]) -> Value {
    let ended = case.run(&[&["diff", "--json"], arguments].concat()).ok();
    serde_json::from_str::<Value>(&ended.stdout).expect("it prints JSON")[0].clone()
}

fn comparison<'a>(diff: &'a Value, metric: &str, scenario: &str) -> &'a Value {
    let all = diff["comparisons"].as_array().unwrap();
    all.iter().find(|c| c["metric"] == metric && c["scenario"] == scenario).expect("it is compared")
}

fn sessions() -> Case {
    let case = Case::empty();
    logs(&case, "old/s/direct", STEADY);
    logs(&case, "old/s/mesh", STEADY);
    logs(&case, "new/s/direct", STEADY);
    logs(&case, "new/s/mesh", SLOWER);
    case
}

#[test]
fn each_mode_is_compared_with_itself() {
    let case = sessions();
    let diff = json(&case, &["old/s", "new/s"]);
    let mesh = comparison(&diff, "latency_mean", "mesh");
    assert!((mesh["means"]["difference"].as_f64().unwrap() - 0.002).abs() < 1e-9);
    assert_eq!(mesh["test"], "welch");
    assert!(mesh["p_adjusted"].as_f64().unwrap() < 1e-9);
    let direct = comparison(&diff, "latency_mean", "direct");
    assert_eq!(direct["means"]["difference"], 0.0);
    // Both p-values are of one family.
    assert_eq!(diff["family"]["size"], 2);
    let welch = |c: &Value| c["methods"]["welch"]["p_value"].as_f64().unwrap();
    assert!((mesh["p_adjusted"].as_f64().unwrap() / welch(mesh) - 2.0).abs() < 1e-9);
    // The conclusion of the studies is another one: there was no difference, and now there is.
    let changed = diff["conclusions"].as_array().unwrap();
    let latency = changed.iter().find(|c| c["metric"] == "Mean latency").expect("it turned");
    assert_eq!((&latency["old"], &latency["new"]), (&"not-shown".into(), &"higher".into()));
}

#[test]
fn saved_results_and_tables_give_what_logs_give() {
    let case = sessions();
    for session in ["old", "new"] {
        let out = format!("{session}-reports");
        case.run(&["analyze", &format!("{session}/s"), "-o", &out, "--format", "csv"]).ok();
    }
    case.run(&["ingest", "old/s", "-o", "s.csv", "-q"]).ok();
    let of_logs = json(&case, &["old/s", "new/s"]);
    assert_eq!(json(&case, &["old-reports", "new-reports/s/results.json"]), of_logs);
    let of_table = json(&case, &["s.csv", "new/s"]);
    assert_eq!(of_table["comparisons"], of_logs["comparisons"]);
}

#[test]
fn what_only_one_has_and_what_differs_in_set_up_is_told() {
    let case = sessions();
    case.write("old/s/mesh/iperf3/run-1.json", iperf3(5.0, 3));
    case.write("old/s/mesh/iperf3/run-2.json", iperf3(5.1, 3));
    for run in 1..=3 {
        case.write(&format!("new/s/direct/iperf3/run-{run}.json"), iperf3_with(9.0, 1, "bbr"));
        case.write(&format!("old/s/direct/iperf3/run-{run}.json"), iperf3_with(9.0, 1, "cubic"));
        case.write(&format!("new/s/direct/wrk/run-{run}.txt"), wrk_of(200, 10.0 + f64::from(run)));
    }
    logs(&case, "new/s/other", STEADY);
    let ended = case.run(&["diff", "old/s", "new/s"]).ok();
    for line in [
        "only in the new session: other",
        "only in the old session: Throughput, mesh",
        "note: the sessions had different set-ups (iperf3: congestion control, wrk: connections):",
        "note: the sessions were measured at different times: ",
    ] {
        assert!(ended.stdout.contains(line), "{line}\n{}", ended.stdout);
    }
    assert!(ended.stdout.contains("iperf3: congestion control  cubic"), "{}", ended.stdout);
}

#[test]
fn the_same_runs_on_both_sides_are_told() {
    let case = sessions();
    let told = "note: both sides are the same runs, value for value; nothing can be shown from that: give the results of two \
                measurements.\n";
    let shown = case.run(&["diff", "old/s", "old/s", "-o", "out"]).ok().stdout;
    assert!(shown.contains(told), "{shown}");
    assert!(case.read("out/report.md").contains("both sides are the same runs"));
    assert_eq!(json(&case, &["old/s", "old/s"])["notes"][0]["id"], "same-runs");
    let shown = case.run(&["diff", "old/s", "new/s"]).ok().stdout;
    assert!(!shown.contains("the same runs"), "one of the modes was measured again: {shown}");
}

#[test]
fn a_renamed_mode_is_mapped() {
    let case = sessions();
    std::fs::rename(case.path("new/s/mesh"), case.path("new/s/mesh-2")).unwrap();
    let diff = json(&case, &["old/s", "new/s", "--map", "mesh=mesh-2"]);
    assert!(comparison(&diff, "latency_mean", "mesh-2")["p_adjusted"].as_f64().unwrap() < 1e-9);
    assert_eq!(diff["only_in_one"].as_array().unwrap().len(), 0);
    let ended = case.run(&["diff", "old/s", "new/s", "--map", "mesh"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("give the old and the new id of the mode"), "{}", ended.stderr);
}

#[test]
fn it_is_written_as_a_report_in_all_formats() {
    let case = sessions();
    case.run(&["diff", "old/s", "new/s", "-o", "out", "-q"]).ok();
    let report = case.read("out/report.md");
    assert!(report.contains("> the sessions were measured at different times: "), "{report}");
    assert!(report.contains("Mean latency, New, mesh: "), "{report}");
    for file in ["report.html", "report.tex", "tables/comparison.csv", "figures/changes.svg", "diff.json"] {
        assert!(!case.read(&format!("out/{file}")).is_empty(), "{file}");
    }
    // It is written again over itself, and over nothing else.
    case.run(&["diff", "old/s", "new/s", "-o", "out", "-q", "--format", "csv"]).ok();
    case.write("mine/report.md", "mine");
    let ended = case.run(&["diff", "old/s", "new/s", "-o", "mine", "-q"]);
    assert!(ended.code == 1 && ended.stderr.contains("is not of an earlier report"), "{}", ended.stderr);
}

#[test]
fn what_is_no_result_is_refused() {
    let case = sessions();
    case.write("x.json", "{}");
    let ended = case.run(&["diff", "x.json", "new/s"]);
    assert!(ended.code == 1 && ended.stderr.contains("x.json: is not the results of a study ("), "{}", ended.stderr);
    let ended = case.run(&["diff", "nowhere", "new/s"]);
    assert!(ended.code == 1 && ended.stderr.contains("nowhere: does not exist"), "{}", ended.stderr);
    case.run(&["analyze", "old/s", "-o", "r", "--format", "csv", "-q"]).ok();
    let text = case.read("r/s/results.json");
    case.write("later.json", text.replace("\"schema_version\": ", "\"schema_version\": 9"));
    let ended = case.run(&["diff", "later.json", "new/s"]);
    assert!(ended.code == 1 && ended.stderr.contains("is of a later version of meshstats"), "{}", ended.stderr);
    let ended = case.run(&["diff", "r/s", "new/s", "--mss", "1400"]);
    assert!(ended.code == 2 && ended.stderr.contains("these results are saved"), "{}", ended.stderr);
}
