//! Tidy tables: what `ingest` writes, what `analyze` reads of them, and that the way through a table changes no number.

use approx::assert_relative_eq;
use serde_json::Value;

use super::golden::validate;
use super::program::{Case, comparison, copy_tree, iperf3, notes, root, samples, sorted, wrk};

/// A copy of the model study in `data/istio-2025`, with a study of one tool beside it where wanted.
fn data(second: bool) -> Case {
    let case = Case::empty();
    copy_tree(&root().join("data/istio-2025"), &case.path("data/istio-2025"));
    if second {
        for run in 1..=3 {
            case.write(&format!("data/lab/direct/{run}.json"), iperf3(9.0 + f64::from(run) / 7.0, 10 + run as u64));
            case.write(&format!("data/lab/proxy/{run}.json"), iperf3(6.0 + f64::from(run) / 3.0, 20 * run as u64));
        }
    }
    case
}

/// Every number of two JSON values is the same to 1e-12, and everything else is equal; but for keys that only say
/// where the numbers came from.
#[track_caller]
fn assert_close(a: &Value, b: &Value, at: &str) {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            assert_eq!(x.keys().collect::<Vec<_>>(), y.keys().collect::<Vec<_>>(), "{at}");
            x.iter().for_each(|(key, value)| assert_close(value, &y[key], &format!("{at}/{key}")));
        }
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "{at}");
            x.iter().zip(y).enumerate().for_each(|(i, (x, y))| assert_close(x, y, &format!("{at}/{i}")));
        }
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            assert!(approx::relative_eq!(x, y, max_relative = 1e-12), "{at}: {x} and {y}");
        }
        _ => assert_eq!(a, b, "{at}"),
    }
}

/// The samples or comparisons of one study's results, sorted, since a table does not know the manifest's order.
fn sorted_list(results: &Value, list: &str) -> Value {
    let mut items = results[list].as_array().unwrap().clone();
    items.sort_by_key(|item| format!("{} {} {}", item["metric"], item["scenario"], item["mode"]));
    Value::Array(items)
}

#[track_caller]
fn assert_same_statistics(of_logs: &Value, of_table: &Value) {
    for list in ["samples", "comparisons"] {
        assert!(!of_logs[list].as_array().unwrap().is_empty());
        assert_close(&sorted_list(of_logs, list), &sorted_list(of_table, list), list);
    }
    assert_close(&of_logs["family"], &of_table["family"], "family");
    validate(of_table);
}

#[test]
fn the_way_through_a_table_changes_no_number() {
    let case = data(false);
    case.run(&["analyze", "--format", "csv"]).ok();
    let of_logs: Value = serde_json::from_str(&case.read("reports/istio-2025/results.json")).unwrap();
    for table in ["runs.csv", "runs.parquet"] {
        let ended = case.run(&["ingest", "-o", table]).ok();
        assert_eq!(ended.stdout, format!("{table}: 80 runs of 1 study\n"));
        case.run(&["analyze", table, "-o", "out", "--format", "csv"]).ok();
        assert_same_statistics(&of_logs, &case.results("runs"));
    }
}

#[test]
fn a_table_may_hold_several_studies() {
    let case = data(true);
    case.run(&["analyze", "--format", "csv"]).ok();
    for table in ["all.csv", "all.parquet"] {
        let ended = case.run(&["ingest", "-o", table]).ok();
        assert_eq!(ended.stdout, format!("{table}: 86 runs of 2 studies\n"));
        case.run(&["analyze", table, "-o", "out", "--format", "csv"]).ok();
        for study in ["istio-2025", "lab"] {
            let of_logs = case.read(&format!("reports/{study}/results.json"));
            assert_same_statistics(&serde_json::from_str(&of_logs).unwrap(), &case.results(study));
        }
    }
}

#[test]
fn a_tidy_table_is_one_line_a_value_in_base_units() {
    let case = Case::new(&[("direct/c10-1.txt", wrk(10.0)), ("mesh/c10-1.txt", wrk(12.5))]);
    case.run(&["ingest", "study", "-o", "runs.csv", "--logs", "{mode}/{scenario}-{run}.txt"]).ok();
    let table = case.read("runs.csv");
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("mode,scenario,run,tool,metric,value,unit"));
    assert_eq!(lines.next(), Some("direct,c10,1,wrk,latency_mean,0.01,s"));
    assert!(table.contains("mesh,c10,1,wrk,latency_mean,0.0125,s\n"), "{table}");
    assert!(table.contains("direct,c10,1,wrk,connections,100.0,count\n"), "{table}");
}

#[test]
fn runs_of_one_name_are_told_apart_on_the_way() {
    let two = format!("{}{}", wrk(13.0), wrk(14.0));
    let case = Case::new(&[
        ("none/run-1.txt", wrk(10.0)),
        ("none/run-1.log", wrk(11.0)),
        ("mesh/run-1.txt", two.clone()),
        ("mesh/run-1.log", two.replace("13.00ms", "13.10ms")),
    ]);
    case.run(&["ingest", "study", "-o", "runs.csv", "--logs", "{mode}/run-{run}.{ext}"]).ok();
    case.run(&["analyze", "runs.csv", "-o", "out", "--format", "csv"]).ok();
    assert_eq!(
        sorted(&case.results("runs"), "latency_mean"),
        [
            "none: none/run-1.log none/run-1.txt",
            "mesh: mesh/run-1.log#1 mesh/run-1.log#2 mesh/run-1.txt#1 mesh/run-1.txt#2"
        ]
    );
}

#[test]
fn the_table_must_be_csv_or_parquet() {
    let case = data(false);
    case.run(&["ingest", "-o", "runs.txt"]).fails(2, "error: runs.txt: name the table .csv or .parquet\n");
    case.run(&["ingest", "data/istio-2025", "-o", "absent/runs.csv"]).fails(
        1,
        "error: absent/runs.csv: cannot be written (no such file or directory): there is no directory absent: make it first\n",
    );
    assert_eq!(case.run(&["ingest", "-o", "runs.csv", "--quiet"]).ok().stdout, "");
}

/// A table that somebody else wrote.
fn table(csv: &str) -> Case {
    let case = Case::empty();
    case.write("runs.csv", csv);
    case
}

fn analyzed(csv: &str) -> Value {
    let case = table(csv);
    case.run(&["analyze", "runs.csv", "-o", "out"]).ok();
    let results = case.results("runs");
    validate(&results);
    results
}

#[track_caller]
fn values(results: &Value, metric: &str, mode: &str) -> Vec<f64> {
    let list = results["samples"].as_array().unwrap();
    let sample = list.iter().find(|s| s["metric"] == metric && s["mode"] == mode).expect("the sample is there");
    sample["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn units_are_turned_into_base_units() {
    let results = analyzed(
        "mode,run,metric,value,unit\n\
         base,1,latency_mean,11.5,ms\n\
         base,2,latency_mean,11500,us\n\
         base,3,latency_mean,0.0115,s\n\
         mesh,1,latency_mean,15,ms\n\
         mesh,2,latency_mean,15000000,ns\n\
         mesh,3,latency_mean,15000,µs\n\
         base,1,throughput,14.5,Gbit/s\n\
         mesh,1,throughput,7500,Mbit/s\n\
         base,1,bytes,2,GiB\n\
         base,1,cpu_sender,50,%\n",
    );
    for (metric, mode, expected) in [
        ("latency_mean", "base", vec![0.0115; 3]),
        ("latency_mean", "mesh", vec![0.015; 3]),
        ("throughput", "base", vec![14.5e9]),
        ("throughput", "mesh", vec![7.5e9]),
        ("bytes", "base", vec![2147483648.0]),
        ("cpu_sender", "base", vec![0.5]),
    ] {
        for (value, expected) in values(&results, metric, mode).into_iter().zip(expected) {
            assert_relative_eq!(value, expected, max_relative = 1e-14);
        }
    }
}

#[test]
fn a_table_may_hold_metrics_of_its_own() {
    let csv = "mode,run,metric,value,unit\n\
               off,1,memory,120,MiB used\noff,2,memory,130,MiB used\noff,3,memory,125,MiB used\n\
               on,1,memory,180,MiB used\non,2,memory,190,MiB used\non,3,memory,200,MiB used\n\
               off,1,latency_men,3,\noff,2,latency_men,4,\non,1,latency_men,3,\non,2,latency_men,5,\n";
    let results = analyzed(csv);
    let of_memory = &comparison(&results, "memory", "on")["means"];
    assert_eq!(of_memory["difference"], 65.0);
    assert_eq!(results["metrics"][0]["unit"], serde_json::json!({ "named": "MiB used" }));
    assert_eq!(notes(&results), ["unknown-metric", "few-runs"], "a name that may be a slip is noted");
    assert_eq!(results["notes"][0]["remedy"], "write `latency_mean` if that was meant");
    let case = table(csv);
    case.run(&["analyze", "runs.csv", "-o", "out"]).ok();
    let report = case.read("out/runs/report.md");
    assert!(report.contains("memory (MiB used)"), "{report}");
    assert!(report.contains("is not a metric of meshstats"), "{report}");
}

#[test]
fn optional_columns_and_empty_cells_may_be_absent() {
    let results = analyzed(
        "\u{feff}value, metric ,run,mode,scenario,remark\r\n\
         0.010,latency_mean,1,none,a,x\r\n\
         0.011,latency_mean,2,none,a,x\r\n\
         ,latency_mean,3,none,a,x\r\n\
         NA,latency_mean,4,none,a,x\r\n\
         \"0.015\",latency_mean,1,mesh,a,\"x, y\"\r\n\
         1.6e-2,latency_mean,2,mesh,a,x",
    );
    assert_eq!(sorted(&results, "latency_mean"), ["a/none: 1 2", "a/mesh: 1 2"]);
    assert_eq!(values(&results, "latency_mean", "mesh"), [0.015, 0.016]);
}

#[test]
fn counts_and_exposures_in_a_table_make_rates() {
    let results = analyzed(
        "mode,run,metric,value\n\
         none,1,retransmits,10\nnone,1,bytes,1073741824\nnone,2,retransmits,30\nnone,2,bytes,1073741824\n\
         mesh,1,retransmits,5\nmesh,1,bytes,1073741824\nmesh,2,retransmits,5\nmesh,2,bytes,1073741824\n",
    );
    let ratio = &comparison(&results, "retransmits_per_gib", "mesh")["methods"]["rate_ratio"];
    assert_relative_eq!(ratio["estimate"].as_f64().unwrap(), 0.25, max_relative = 1e-12);
    assert!(samples(&results).iter().all(|(metric, ..)| metric != "loss_estimate"), "there is no MSS to estimate with");
    let case = table(
        "mode,run,metric,value\nnone,1,retransmits,10\nnone,1,bytes,1e9\nnone,2,retransmits,3\nnone,2,bytes,1e9\n",
    );
    case.run(&["analyze", "runs.csv", "-o", "out", "--mss", "1000"]).ok();
    assert_eq!(values(&case.results("runs"), "loss_estimate", "none"), [1e-5, 3e-6]);
}

#[test]
fn a_ratio_alone_is_a_value_like_any_other() {
    let results = analyzed(
        "mode,run,metric,value,unit\n\
         none,1,udp_loss,1,%\nnone,2,udp_loss,3,%\nmesh,1,udp_loss,4,%\nmesh,2,udp_loss,8,%\n",
    );
    let difference = comparison(&results, "udp_loss", "mesh")["means"]["difference"].as_f64().unwrap();
    assert_relative_eq!(difference, 0.04, max_relative = 1e-12);
}

/// The errors that a table ends with.
#[track_caller]
fn assert_refused(csv: &str, errors: &[&str]) {
    let case = table(csv);
    let expected: String = errors.iter().map(|error| format!("error: runs.csv{error}\n")).collect();
    case.run(&["analyze", "runs.csv", "-o", "out"]).fails(1, &expected);
    assert!(!case.path("out").exists());
}

#[test]
fn missing_columns_are_named() {
    let has = "a tidy table has the columns mode, run, metric, value, and may have study, provenance, scenario, block, tool, unit";
    assert_refused("mode,run,latency\nnone,1,3\n", &[&format!(":1: has no column `metric`, `value`: {has}")]);
    assert_refused("", &[&format!(":1: has no column `mode`, `run`, `metric`, `value`: {has}")]);
    assert_refused(
        "mode,run,metric,value,scenaro\nnone,1,latency_mean,3,a\n",
        &[":1: unknown column `scenaro`: did you mean `scenario`?"],
    );
}

#[test]
fn wrong_rows_are_all_named_by_line() {
    let fill = "fill it in";
    let number = "write digits with a point, or leave the cell empty";
    assert_refused(
        "mode,run,metric,value,unit\n\
         none,1,latency_mean,0.01,s\n\
         none,1,latency_mean,0.02,s\n\
         none,2,latency_mean,fast,s\n\
         \n\
         none,3,latency_mean,\"0,5\",s\n\
         ,4,latency_mean,0.01,s\n\
         none,,latency_mean,0.01,s\n\
         none,5,,0.01,s\n\
         none,6,latency_mean,inf,s\n\
         none,7,latency_mean,3,Gbit/s\n\
         none,8,latency_mean,3\n",
        &[
            ":3: a second value of latency_mean for run 1 of mode none: give each run one value a metric; number the runs \
             apart in the column `run`",
            &format!(":4: `fast` is not a number: {number}"),
            &format!(":6: `0,5` is not a number: {number}"),
            &format!(":7: the column `mode` is empty: {fill}"),
            &format!(":8: the column `run` is empty: {fill}"),
            &format!(":9: the column `metric` is empty: {fill}"),
            &format!(":10: `inf` is not a number: {number}"),
            ":11: `Gbit/s` is not a unit of latency_mean: write it in s, or leave the unit out",
            ":12: is not a row of the table (it has 4 cells, the header 5): give every row as many cells as the header",
        ],
    );
}

#[test]
fn tables_that_cannot_be_used_say_so() {
    let case = Case::empty();
    case.write("runs.parquet", "not a table");
    let ended = case.run(&["analyze", "runs.parquet"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("error: runs.parquet: cannot be read ("), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    case.write("runs.csv", b"mode,run,metric,value\nnone,1,caf\xe9,3\n");
    let ended = case.run(&["analyze", "runs.csv"]);
    assert_eq!(ended.code, 1);
    assert_eq!(ended.stderr, "error: runs.csv:2: is not UTF-8 text: save the table as UTF-8\n");
    assert_refused(
        "mode,run,metric,value\n",
        &[": holds no run that can be used: see what was refused with `meshstats ingest`"],
    );
    assert_refused(
        "mode,run,metric,value\r\n\r\na,1,latency_mean,1\r\n\r\nb,1,latency_mean,x\r\n",
        &[":5: `x` is not a number: write digits with a point, or leave the cell empty"],
    );
    assert_refused(
        "mode,run,metric,value\na,1,latency_mean,1\nb,1,latency_mean,2\n",
        &[": cannot tell which mode is the baseline; the modes are: a, b: name it, for example `--baseline a`"],
    );
}

#[test]
fn a_study_may_consist_of_tables() {
    let case = Case::new(&[
        ("meshstats.toml", "title = \"From tables\"\nmodes = [{ id = \"b\", label = \"B\" }, { id = \"a\" }]\n"),
        ("one.csv", "mode,run,metric,value,unit\na,1,latency_mean,10,ms\na,2,latency_mean,11,ms\n"),
        ("two.csv", "mode,run,metric,value,unit\nb,1,latency_mean,20,ms\nb,2,latency_mean,22,ms\n"),
    ]);
    let results = case.analyzed(&[]);
    assert_eq!(results["study"]["title"], "From tables");
    assert_eq!(results["study"]["baseline"], "b");
    assert_eq!(sorted(&results, "latency_mean"), ["b: 1 2", "a: 1 2"]);
    let inputs: Vec<&str> = results["inputs"].as_array().unwrap().iter().filter_map(|i| i["path"].as_str()).collect();
    assert_eq!(inputs, ["meshstats.toml", "one.csv", "two.csv"]);
}

#[test]
fn a_column_that_is_there_twice_is_told() {
    let case = Case::empty();
    case.write("t.csv", "mode,run,metric,value,mode\na,1,frames,2,b\n");
    case.run(&["analyze", "t.csv", "-o", "out"])
        .fails(1, "error: t.csv:1: has the column `mode` twice: remove one, or rename it\n");
}

#[test]
fn names_have_a_limit() {
    let case = Case::empty();
    let table = |mode: &str| {
        let line = |mode: &str, run: u32| format!("{mode},{run},frames,{run}\n");
        let lines: String = (1..=2).flat_map(|run| [line("base", run), line(mode, run)]).collect();
        format!("mode,run,metric,value\n{lines}")
    };
    case.write("t.csv", table(&"ж".repeat(20_000)));
    let ended = case.run(&["analyze", "t.csv", "-o", "out"]);
    let first = format!(
        "error: t.csv:3: the mode has 20000 characters (`{}…`): give it at most 200 characters\n",
        "ж".repeat(40)
    );
    assert!(ended.code == 1 && ended.stderr.starts_with(&first), "{}", ended.stderr);
    case.write("t.csv", table(&"ж".repeat(200)));
    case.run(&["analyze", "t.csv", "-o", "out", "-q"]).ok();

    case.write("study/base/1.txt", wrk(1.0));
    case.write("study/meshstats.toml", format!("modes = [{{ id = \"base\", label = \"{}\" }}]\n", "x".repeat(501)));
    let ended = case.analyze(&[]);
    let what = "error: study/meshstats.toml: the label of the mode `base` has 501 characters (`";
    assert!(ended.code == 1 && ended.stderr.starts_with(what), "{}", ended.stderr);
}

#[test]
fn modes_that_differ_in_punctuation_are_named_where_they_collide() {
    let case = Case::empty();
    let line = |mode: &str, run: u32| format!("{mode},{run},frames,{run}\n");
    let lines: String = (1..=2).flat_map(|run| ["base", "a-b", "a.b"].map(|mode| line(mode, run))).collect();
    case.write("t.csv", format!("mode,run,metric,value\n{lines}"));
    let ended = case.run(&["analyze", "t.csv", "-o", "out", "--format", "latex"]);
    assert!(
        ended.stderr.contains("frames, a-b: mean over the runs” and “frames, a.b: mean over the runs” would both be"),
        "{}",
        ended.stderr
    );
}
