//! The choice of methods: by the command line and the manifest, for pairs, rates and several modes, and what the report
//! says of them.

use meshstats::stats::{Compute, Kind, METHODS};
use serde_json::Value;

use super::golden::validate;
use super::program::{Case, comparison, meshstats, notes};

const BASELINE: [f64; 8] = [10.1, 10.4, 9.8, 10.0, 10.3, 9.9, 10.6, 10.2];
const TREATMENT: [f64; 8] = [10.9, 11.3, 10.4, 10.7, 11.2, 10.6, 11.4, 11.0];

fn lines(values: &[f64]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

fn two_files() -> Case {
    let case = Case::empty();
    case.write("a", lines(&BASELINE));
    case.write("b", lines(&TREATMENT));
    case
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("--json prints JSON")
}

/// A tidy table of latencies in ms: `(mode, block, value)`; a block of "" is none.
fn table(rows: &[(&str, &str, f64)]) -> String {
    let mut text = "mode,block,run,metric,value,unit\n".to_owned();
    for (i, (mode, block, value)) in rows.iter().enumerate() {
        text.push_str(&format!("{mode},{block},{i},latency_mean,{value},ms\n"));
    }
    text
}

fn in_blocks() -> Vec<(&'static str, &'static str, f64)> {
    const BLOCKS: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];
    let of = |mode, values: [f64; 8]| BLOCKS.into_iter().zip(values).map(move |(block, value)| (mode, block, value));
    of("none", BASELINE).chain(of("mesh", TREATMENT)).collect()
}

fn analyze(case: &Case, csv: &str, more: &[&str]) -> Value {
    case.write("runs.csv", csv);
    case.run(&[&["analyze", "runs.csv", "-o", "out"], more].concat()).ok();
    let results = case.results("runs");
    validate(&results);
    results
}

#[test]
fn compare_does_every_method() {
    let case = two_files();
    case.write("c", lines(&[12.0, 12.5, 11.7, 12.2]));
    case.write("counts-a", "12 100\n9 95\n15 110\n11 100\n");
    case.write("counts-b", "25 100\n30 105\n28 96\n33 100\n");
    let values = json(&case.run(&["compare", "a", "b", "--paired", "--margin", "2%", "--json"]).ok().stdout);
    let counts = json(&case.run(&["compare", "counts-a", "counts-b", "--counts", "--json"]).ok().stdout);
    let several = json(&case.run(&["compare", "a", "b", "c", "--json"]).ok().stdout);
    let of_modes: Vec<&str> = ["omnibus", "pairwise"]
        .iter()
        .flat_map(|list| several[list].as_array().unwrap().iter().map(|of| of["method"].as_str().unwrap()))
        .collect();
    let compares = [Kind::Test, Kind::EffectSize, Kind::Interval, Kind::Equivalence];
    for method in METHODS.iter().filter(|method| compares.contains(&method.kind)) {
        let found = match method.compute {
            Compute::Moments(_) | Compute::Samples(_) | Compute::Pairs(_) => !values["methods"][method.id].is_null(),
            Compute::Events(_) => !counts["methods"][method.id].is_null(),
            Compute::Omnibus(_) | Compute::Pairwise(_) => of_modes.contains(&method.id),
            Compute::Sample(_) => values["samples"].as_array().unwrap().iter().all(|of| !of[method.id].is_null()),
            Compute::Adjust(_) | Compute::Own => true,
        };
        assert!(found, "{} is not there", method.id);
    }
}

#[test]
fn methods_are_chosen_by_id() {
    let case = two_files();
    let shown = case.run(&["compare", "a", "b", "--test", "mann_whitney", "--effect", "glass_delta"]).ok().stdout;
    assert!(shown.contains("Mann–Whitney") && shown.contains("Glass"), "{shown}");
    assert!(!shown.contains("Welch's t-test"), "{shown}");
    let all = case.run(&["compare", "a", "b", "--all"]).ok().stdout;
    for method in METHODS.iter().filter(|method| method.kind == Kind::EffectSize) {
        if matches!(method.compute, Compute::Moments(_) | Compute::Samples(_)) {
            assert!(all.contains(method.label), "{} is not in\n{all}", method.label);
        }
    }
    let listed = meshstats(&["list", "tests"]).ok().stdout;
    assert!(METHODS.iter().all(|method| listed.contains(method.id) && listed.contains(method.label)), "{listed}");
}

#[test]
fn columns_of_a_table_are_samples() {
    let case = two_files();
    let rows: String = BASELINE.iter().zip(TREATMENT).map(|(a, b)| format!("{a},x,{b}\n")).collect();
    case.write("wide.csv", format!("direct,note,mesh\n{rows}10.5,y,\n"));
    let of_columns = case.run(&["compare", "wide.csv", "--columns", "direct", "mesh", "--json"]).ok().stdout;
    assert_eq!(json(&of_columns)["baseline"]["n"], 9);
    assert_eq!(json(&of_columns)["treatment"]["n"], 8, "an empty cell is no value");
    case.run(&["compare", "wide.csv", "--columns", "direct", "mash"])
        .fails(1, "error: wide.csv: has no column `mash`: did you mean `mesh`? The columns are: direct, note, mesh\n");
    case.run(&["compare", "wide.csv", "--columns", "direct", "mesh", "--paired"])
        .fails(1, "error: wide.csv:10: `` is not a number: write numbers with a decimal point\n");
}

#[test]
fn runs_in_blocks_are_paired() {
    let case = Case::empty();
    let results = analyze(&case, &table(&in_blocks()), &[]);
    let of_mesh = comparison(&results, "latency_mean", "mesh");
    assert_eq!(of_mesh["test"], "paired_t");
    assert_eq!(of_mesh["change"], "paired_change");
    assert_eq!(of_mesh["pairing"]["blocks"], 8);
    let narrower = of_mesh["pairing"]["relative_standard_error"].as_f64().unwrap();
    let [paired, welch] = ["paired_t", "welch"].map(|id| of_mesh["methods"][id]["standard_error"].as_f64().unwrap());
    approx::assert_relative_eq!(narrower, paired / welch, max_relative = 1e-12);
    let report = case.read("out/runs/report.md");
    assert!(
        report.contains("paired by 8 blocks; pairing narrowed the standard error to 0.233 times the unpaired one"),
        "{report}"
    );
    // Pairs that have nothing in common.
    let mut rows = in_blocks();
    let treatment = [10.4, 10.7, 11.0, 10.9, 10.6, 11.4, 11.3, 11.2];
    for (row, value) in rows.iter_mut().filter(|row| row.0 == "mesh").zip(treatment) {
        row.2 = value;
    }
    let results = analyze(&case, &table(&rows), &[]);
    let ratio = comparison(&results, "latency_mean", "mesh")["pairing"]["relative_standard_error"].as_f64().unwrap();
    let report = case.read("out/runs/report.md");
    assert!((1.0..1.05).contains(&ratio), "{ratio}");
    let shown = format!("neither gained nor lost precision: the standard error is {ratio:.2} times the unpaired one");
    assert!(report.contains(&shown), "{report}");
    // Without blocks, nothing is paired.
    let rows: Vec<_> = in_blocks().into_iter().map(|(mode, _, value)| (mode, "", value)).collect();
    let results = analyze(&case, &table(&rows), &[]);
    let of_mesh = comparison(&results, "latency_mean", "mesh");
    assert_eq!(of_mesh["test"], "welch");
    assert!(of_mesh["pairing"].is_null());
    assert!(of_mesh["methods"]["paired_t"].is_null());
}

#[test]
fn blocks_that_are_missing_or_full_are_told() {
    let case = Case::empty();
    let mut rows = in_blocks();
    rows.pop();
    rows.push(("none", "1", 10.3));
    let results = analyze(&case, &table(&rows), &[]);
    let pairing = &comparison(&results, "latency_mean", "mesh")["pairing"];
    assert_eq!(pairing["blocks"], 7);
    assert_eq!(pairing["left_out"], serde_json::json!(["8"]));
    assert_eq!(pairing["averaged"], serde_json::json!(["1"]));
    let report = case.read("out/runs/report.md");
    assert!(report.contains("Not in both modes, so left out of the pairs: 8."), "{report}");
    assert!(report.contains("With several runs, whose mean counts: 1."), "{report}");
    // The mean of block 1 is (10.1 + 10.3)/2.
    let estimate = comparison(&results, "latency_mean", "mesh")["methods"]["paired_t"]["estimate"].as_f64().unwrap();
    let differences = [10.9 - 10.2, 11.3 - 10.4, 10.4 - 9.8, 10.7 - 10.0, 11.2 - 10.3, 10.6 - 9.9, 11.4 - 10.6];
    approx::assert_relative_eq!(estimate, differences.iter().sum::<f64>() / 7000.0, max_relative = 1e-9);
}

#[test]
fn blocks_that_pair_nothing_are_told() {
    let case = Case::empty();
    let mut rows = in_blocks();
    rows.iter_mut().for_each(|row| row.1 = "1");
    let results = analyze(&case, &table(&rows), &[]);
    assert_eq!(comparison(&results, "latency_mean", "mesh")["test"], "welch");
    assert!(notes(&results).contains(&"blocks-not-paired"), "{:?}", notes(&results));
    // Runs that name no block are counted out loud.
    let mut rows = in_blocks();
    rows[0].1 = "";
    let results = analyze(&case, &table(&rows), &[]);
    assert_eq!(comparison(&results, "latency_mean", "mesh")["pairing"]["without_block"], 1);
    let report = case.read("out/runs/report.md");
    assert!(report.contains("Runs without a block, left out of the pairs: 1."), "{report}");
}

#[test]
fn impossible_counts_are_told() {
    let case = Case::empty();
    let csv = "mode,run,metric,value\n\
               a,1,errors,-1\na,1,requests,100\na,2,errors,3\na,2,requests,100\n\
               b,1,errors,2\nb,1,requests,100\nb,2,errors,4\nb,2,requests,100\n";
    let results = analyze(&case, csv, &["--baseline", "a"]);
    let note = results["notes"].as_array().unwrap().iter().find(|note| note["id"] == "impossible-counts");
    assert_eq!(note.expect("it is noted")["detail"], "1 runs, such as a 1");
    case.write("counts", "1 100\n-1 100\n2 0\n");
    case.run(&["compare", "counts", "counts", "--counts"]).fails(
        1,
        "error: counts:2: `-1 100` is not a count and an exposure: write a count and its exposure a line, with a space between \
         them\n\
         error: counts:3: `2 0` is not a count and an exposure: write a count and its exposure a line, with a space between \
         them\n",
    );
}

#[test]
fn outliers_are_dropped_only_where_the_manifest_says_so() {
    let case = Case::empty();
    let logs = |mode: &str, values: [f64; 8]| {
        let mut values: Vec<f64> = values.iter().flat_map(|value| [*value, value + 0.05]).collect();
        values.push(if mode == "none" { 30.0 } else { 11.0 });
        for (i, value) in values.iter().enumerate() {
            case.write(&format!("study/{mode}/{i}.txt"), super::program::wrk(*value));
        }
    };
    logs("none", BASELINE);
    logs("mesh", TREATMENT);
    let results = case.analyzed(&[]);
    let n = |results: &Value| comparison(results, "latency_mean", "mesh")["means"]["baseline"]["n"].clone();
    assert_eq!(n(&results), 17);
    assert!(notes(&results).contains(&"outliers"), "{:?}", notes(&results));
    case.write("study/meshstats.toml", "outliers = \"drop\"\n");
    case.analyze(&[]).ok();
    let results = case.results("study");
    validate(&results);
    assert_eq!(n(&results), 16);
    let sample =
        results["samples"].as_array().unwrap().iter().find(|s| s["metric"] == "latency_mean" && s["mode"] == "none");
    assert_eq!(sample.unwrap()["dropped"], serde_json::json!([{ "run": "16", "value": 0.03 }]));
    let report = case.read("out/study/report.md");
    assert!(report.contains("outside Tukey's fences"), "{report}");
}

#[test]
fn the_family_is_adjusted_as_chosen() {
    let case = Case::empty();
    let mut rows = in_blocks();
    rows.iter_mut().for_each(|row| row.1 = "");
    rows.extend(TREATMENT.map(|value| ("other", "", value - 0.5)));
    let p = |results: &Value, mode: &str, pointer: &str| {
        comparison(results, "latency_mean", mode).pointer(pointer).and_then(Value::as_f64).unwrap()
    };
    for (adjust, header) in [("holm", "p (Holm)"), ("benjamini_hochberg", "p (Benjamini–Hochberg)"), ("none", " p ")]
    {
        let results = analyze(&case, &table(&rows), &["--adjust", adjust, "--baseline", "none"]);
        assert_eq!(results["family"]["method"], adjust);
        assert_eq!(results["family"]["size"], 2);
        assert!(case.read("out/runs/report.md").contains(header), "{adjust}");
        let [smaller, larger] = ["mesh", "other"].map(|mode| p(&results, mode, "/methods/welch/p_value"));
        assert!(smaller < larger);
        let expected = match adjust {
            "none" => [smaller, larger],
            _ => [2.0 * smaller, larger],
        };
        assert_eq!(["mesh", "other"].map(|mode| p(&results, mode, "/p_adjusted")), expected, "{adjust}");
    }
}

/// Of H₀: the mean difference within blocks is 2 or more.
const P_OF_PAIRS: f64 = 2.7506386604857814e-09;

#[test]
fn comparing_pairs_at_a_margin_is_paired() {
    let case = two_files();
    let shown = case.run(&["compare", "a", "b", "--paired", "--margin", "3%"]).ok().stdout;
    assert!(shown.contains("TOST, paired t") && !shown.contains("TOST, Welch"), "{shown}");
    let shown = case.run(&["compare", "a", "b", "--margin", "3%"]).ok().stdout;
    assert!(!shown.contains("TOST, paired t") && shown.contains("TOST, Welch"), "{shown}");
}

#[test]
fn a_margin_asks_for_equivalence() {
    let case = Case::empty();
    let csv = table(&in_blocks());
    let results = analyze(&case, &csv, &["--margin", "latency_mean=2 ms"]);
    let methods = &comparison(&results, "latency_mean", "mesh")["methods"];
    assert!(methods["equivalence"]["p_value"].as_f64().unwrap() < 0.01, "{methods}");
    assert!(methods["non_inferiority"]["p_value"].as_f64().unwrap() < 0.01, "{methods}");
    assert_eq!(methods["non_inferiority"]["alternative"], "less", "less latency is better");
    let report = case.read("out/runs/report.md");
    assert!(report.contains("2.00 ms") && report.contains("| shown"), "{report}");
    // The runs come in blocks, and so the paired tests are the ones that are shown: SciPy's `ttest_1samp` of t − b − 2.
    let of_pairs = methods["paired_non_inferiority"]["p_value"].as_f64().unwrap();
    approx::assert_relative_eq!(of_pairs, P_OF_PAIRS, max_relative = 1e-9);
    assert!(of_pairs < methods["non_inferiority"]["p_value"].as_f64().unwrap() / 10.0, "{methods}");
    assert!(report.contains("| Equivalence of pairs (TOST, paired t") && !report.contains("TOST, Welch"), "{report}");
    analyze(&case, &csv, &["--margin", "latency_mean=2 ms", "--test", "welch"]);
    let report = case.read("out/runs/report.md");
    assert!(report.contains("TOST, Welch") && !report.contains("TOST, paired"), "as unpaired as the chosen test");
    let results = analyze(&case, &csv, &["--margin", "latency_mean=1%"]);
    let methods = &comparison(&results, "latency_mean", "mesh")["methods"];
    assert!(methods["equivalence"]["p_value"].as_f64().unwrap() > 0.9, "{methods}");
    let results = analyze(&case, &csv, &[]);
    assert!(comparison(&results, "latency_mean", "mesh")["methods"]["equivalence"].is_null());
}

#[test]
fn what_a_margin_came_to_stands_under_the_table() {
    let case = Case::empty();
    let csv = format!("{}none,,9,retransmits,3,count\nmesh,,9,retransmits,4,count\n", table(&in_blocks()));
    case.write("runs.csv", csv);
    let shown = |more: &[&str]| case.run(&[&["analyze", "runs.csv", "-o", "out"], more].concat()).ok().stdout;
    for (margin, line) in [
        ("latency_mean=2 ms", "\nMean latency, mesh: equivalent within ±2.00 ms (90 % CI ["),
        ("latency_mean=1%", "\nMean latency, mesh: differs by more than ±1 % (90 % CI ["),
        ("latency_mean=7.7%", "\nMean latency, mesh: equivalence within ±7.7 % is not shown (90 % CI ["),
        ("retransmits=1", "\nRetransmits: its margin ±1.00 serves nothing, because the metric is not compared\n"),
    ] {
        let shown = shown(&["--margin", margin]);
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
        let (table, _) = shown.split_once(line).unwrap();
        assert!(table.contains("Mean latency (ms)"), "it stands under the table:\n{shown}");
    }
    assert!(!shown(&[]).contains("equivalen"));
    let said = shown(&["--margin", "latency_mean=2 ms", "--lang", "ru"]);
    assert!(
        said.contains("\nСредняя задержка, mesh: эквивалентность в пределах ±2,00 мс показана (90 % ДИ ["),
        "{said}"
    );
}

#[test]
fn the_test_that_is_chosen_decides() {
    let case = Case::empty();
    let csv = table(&in_blocks());
    let results = analyze(&case, &csv, &["--test", "mann_whitney", "--interval", "hodges_lehmann"]);
    let of_mesh = comparison(&results, "latency_mean", "mesh");
    assert_eq!((&of_mesh["test"], &of_mesh["difference"]), (&"mann_whitney".into(), &"hodges_lehmann".into()));
    assert_eq!(of_mesh["p_adjusted"], of_mesh["methods"]["mann_whitney"]["p_value"], "a family of one");
    let report = case.read("out/runs/report.md");
    assert!(report.contains("Mann–Whitney") && report.contains("Hodges–Lehmann"), "{report}");
    // What stands there is a shift, and is called one.
    assert!(report.contains("| Shift |") && report.contains("Shift: by how much the treatment's values"), "{report}");
    let numbers = case.read("out/runs/numbers.md");
    assert!(numbers.contains("shift of the values against none"), "{numbers}");
    assert!(numbers.contains("lower bound of the interval of the shift") && !numbers.contains("difference, treatment"));
    // A test that does not apply leaves the usual one.
    let results = analyze(&case, &csv, &["--test", "rate_ratio"]);
    assert_eq!(comparison(&results, "latency_mean", "mesh")["test"], "paired_t");
    assert!(notes(&results).contains(&"method-not-used"), "{:?}", notes(&results));
}

#[test]
fn a_primary_metric_that_the_baseline_lacks_is_told() {
    let case = Case::empty();
    let mut csv = "mode,run,metric,value,unit\n".to_owned();
    for (mode, metric, values, unit) in [
        ("plain", "throughput", [10.0, 10.2, 10.1], "Gbit/s"),
        ("mesh", "throughput", [8.0, 8.2, 8.3], "Gbit/s"),
        ("plain-c10", "latency_mean", [1.0, 1.2, 1.1], "ms"),
        ("mesh-c10", "latency_mean", [2.0, 2.2, 2.1], "ms"),
    ] {
        for (run, value) in values.iter().enumerate() {
            csv.push_str(&format!("{mode},{run},{metric},{value},{unit}\n"));
        }
    }
    case.write("runs.csv", csv);
    let told = case.run(&["analyze", "runs.csv", "-o", "out", "--baseline", "plain"]).ok().stdout;
    let results = case.results("runs");
    assert!(notes(&results).contains(&"nothing-compared"), "{:?}", notes(&results));
    let which = "Mean latency: runs of mesh-c10, plain-c10, none of plain";
    let report = case.read("out/runs/report.md");
    assert!(told.contains(which) && told.contains("--baseline") && told.contains("{scenario}"), "{told}");
    assert!(report.contains(which), "{report}");
    assert!(report.contains("Primary metrics: mesh against plain") && !report.contains("3 modes"), "{report}");
    assert_eq!(results["family"]["metrics"], serde_json::json!(["throughput"]));
    assert!(report.contains("over the family of 1 test (Throughput)."), "{report}");
}

#[test]
fn an_undefined_test_is_named_once_and_is_not_in_the_family() {
    let case = Case::empty();
    let mut csv = "mode,run,metric,value,unit\n".to_owned();
    for run in 0..6 {
        csv.push_str(&format!("none,{run},latency_mean,{},ms\nnone,{run},throughput,{},Gbit/s\n", 10 + run, 20 + run));
        csv.push_str(&format!("mesh,{run},throughput,{},Gbit/s\n", 17 + run % 3));
    }
    csv.push_str("mesh,0,latency_mean,15,ms\nmesh,0,latency_p99,30,ms\nnone,0,latency_p99,20,ms\n");
    let results = analyze(&case, &csv, &["--baseline", "none"]);
    assert_eq!(results["family"]["metrics"], serde_json::json!(["throughput"]));
    assert_eq!((&results["family"]["size"], &results["family"]["undefined"]), (&1.into(), &1.into()));
    let report = case.read("out/runs/report.md");
    assert!(report.contains("family of 1 test (Throughput). Undefined, and so not in the family: Mean latency."));
    assert!(report.contains("(none: n = 6; mesh: n = 1 to 6)"), "{report}");
    let because =
        "—: no test, interval of the difference, interval of the change for Mean latency: a standard deviation";
    assert!(report.contains(because), "{report}");
}

#[test]
fn three_modes_are_compared_at_once() {
    let case = Case::empty();
    let mut rows = in_blocks();
    rows.iter_mut().for_each(|row| row.1 = "");
    rows.extend(TREATMENT.map(|value| ("other", "", value - 0.5)));
    let csv = table(&rows);
    let results = analyze(&case, &csv, &["--baseline", "none"]);
    let group = &results["groups"][0];
    assert_eq!(group["modes"][0], "none", "the baseline comes first");
    assert_eq!(group["omnibus"][0]["method"], "welch_anova");
    let report = case.read("out/runs/report.md");
    assert!(report.contains("mesh − none") && report.contains("other − none"), "{report}");
    assert!(!report.contains("other − mesh"), "the pairs among treatments were not asked for");
    analyze(&case, &csv, &["--baseline", "none", "--pairs"]);
    let report = case.read("out/runs/report.md");
    assert!(report.contains("other − mesh") || report.contains("mesh − other"), "{report}");
}

#[test]
fn methods_that_disagree_are_told() {
    let case = Case::empty();
    let rows: Vec<_> = in_blocks().into_iter().map(|(mode, _, value)| (mode, "", value)).collect();
    analyze(&case, &table(&rows), &[]);
    let agreed = case.read("out/runs/report.md");
    assert!(agreed.contains("All methods lead to the same conclusion"), "{agreed}");
    // One wild run takes the t-test's p-value, and leaves that of the ranks.
    let mut rows = rows;
    rows[8].2 = 19.0;
    analyze(&case, &table(&rows), &[]);
    let report = case.read("out/runs/report.md");
    assert!(
        report.contains("methods find a difference: ") || report.contains("methods find no difference: "),
        "{report}"
    );
}

#[test]
fn plan_says_what_runs_can_find() {
    let case = Case::empty();
    case.write("runs.csv", table(&in_blocks().into_iter().map(|(m, _, v)| (m, "", v)).collect::<Vec<_>>()));
    let shown = case.run(&["plan", "runs.csv", "--difference", "1%", "-o", "curves"]).ok().stdout;
    assert!(shown.contains("Runs needed") && shown.contains("3 files in curves"), "{shown}");
    assert!(case.read("curves/power-runs-latency-mean-mesh.csv").starts_with("line,x,y\n"));
    let planned = json(&case.run(&["plan", "runs.csv", "--difference", "1%", "--json"]).ok().stdout);
    let needed = planned[0]["target"]["runs"][0].as_u64().unwrap();
    let more = needed.to_string();
    let sd = |mode: [f64; 8]| {
        let mean = mode.iter().sum::<f64>() / 8.0;
        (mode.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 7.0).sqrt()
    };
    let sds = [sd(BASELINE), sd(TREATMENT)].map(|sd| sd.to_string());
    let mean = (BASELINE.iter().sum::<f64>() / 8.0).to_string();
    let of_sds =
        case.run(&["plan", "--mean", &mean, "--sd", &sds[0], &sds[1], "--n", &more, "--difference", "1%", "--json"]);
    let power = json(&of_sds.ok().stdout)[0]["target"]["power"].as_f64().unwrap();
    assert!((0.8..0.85).contains(&power), "{needed} runs have a power of {power}");
    let needed = json(&case.run(&["plan", "--sd", "1", "--difference", "1", "--json"]).ok().stdout);
    assert_eq!(needed[0]["runs"], serde_json::json!([17, 17]), "R: power.t.test(delta = 1, power = 0.8) says 16.7");
    case.run(&["plan", "--sd", "1", "--n", "1"]).fails(2, "error: --n 1: a test needs two runs or more\n");
    case.run(&["plan", "runs.csv", "--difference", "2 Gbit/s"]).fails(
        2,
        "error: --difference 2 Gbit/s is not in a unit of the metric, which is in s: write a positive number and a unit, \
         such as `2%` of the baseline's mean\n",
    );
}
