//! `meshstats verify`: whether a report is what the data give, and why not.

use std::fs;

use super::program::{Case, Ended, wrk};

fn case() -> Case {
    let case = Case::empty();
    for (mode, base) in [("direct", 10.0), ("mesh", 12.0)] {
        for run in 1..=4 {
            case.write(&format!("data/s/{mode}/run-{run}.txt"), wrk(base + 0.1 * f64::from(run)));
        }
    }
    case
}

fn verified(case: &Case, more: &[&str]) -> Ended {
    case.run(&[&["verify", "data/s", "--against", "reports"], more].concat())
}

#[track_caller]
fn differs(ended: &Ended, lines: &[&str]) {
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    for line in lines {
        assert!(ended.stdout.contains(line), "{line}\n{}", ended.stdout);
    }
}

fn analyzed(more: &[&str]) -> Case {
    let case = case();
    case.run(&[&["analyze", "data/s", "-o", "reports", "-q"], more].concat()).ok();
    case
}

fn edit(case: &Case, path: &str, from: &str, to: &str) {
    let text = case.read(path);
    assert!(text.contains(from), "{path} has no {from}");
    case.write(path, text.replace(from, to));
}

#[test]
fn a_report_of_these_data_holds() {
    let case = analyzed(&[]);
    let ended = verified(&case, &[]).ok();
    assert!(ended.stdout.starts_with("reports/s: is what the data give ("), "{}", ended.stdout);
    // The directory of the one report may be named, too.
    case.run(&["verify", "data/s", "--against", "reports/s", "-q"]).ok();
}

#[test]
fn formats_and_widths_are_taken_from_the_report() {
    for options in
        [["--format", "markdown", "--figure-width", "slide"], ["--format", "csv,html", "--figure-width", "a4"]]
    {
        verified(&analyzed(&options), &[]).ok();
    }
}

#[test]
fn options_that_settle_the_results_must_be_given_again() {
    let options = ["--test", "student", "--confidence", "0.9", "--format", "csv"];
    let case = analyzed(&options);
    verified(&case, &options[..4]).ok();
    differs(
        &verified(&case, &[]),
        &["made with other options (study.methods, study.confidence): give the same --test", "\"student\" → \"welch\""],
    );
}

#[test]
fn changed_data_are_named() {
    let case = analyzed(&["--format", "markdown"]);
    case.write("data/s/mesh/run-2.txt", wrk(19.5));
    case.write("data/s/mesh/run-5.txt", wrk(12.5));
    fs::remove_file(case.path("data/s/direct/run-1.txt")).unwrap();
    let ended = verified(&case, &[]);
    differs(&ended, &["data changed: changed mesh/run-2.txt; added mesh/run-5.txt; removed direct/run-1.txt\n"]);
    differs(&ended, &["  results.json: "]);
    assert!(!ended.stdout.contains("edited"), "{}", ended.stdout);
    differs(&verified(&case, &["--all"]), &["report.md: row Mean latency (ms), column mesh: "]);
}

#[test]
fn another_version_is_named() {
    let case = analyzed(&["--format", "csv"]);
    let now = concat!("meshstats ", env!("CARGO_PKG_VERSION"));
    edit(&case, "reports/s/manifest.json", now, "meshstats 0.0.1");
    differs(&verified(&case, &[]), &[&format!("version changed: made by meshstats 0.0.1, and this is {now}\n")]);
}

#[test]
fn edits_by_hand_are_found() {
    let case = analyzed(&[]);
    edit(&case, "reports/s/tables/comparison.md", "12.25", "12.35");
    edit(&case, "reports/s/tables/comparison.csv", "12.25", "12.35");
    fs::remove_file(case.path("reports/s/numbers.tex")).unwrap();
    case.write("reports/s/extra.txt", "x");
    differs(
        &verified(&case, &[]),
        &[
            "files that differ: 4",
            "edited after it was made (not what its manifest recorded): tables/comparison.csv, tables/comparison.md\n",
            "  numbers.tex: is missing\n",
            "  extra.txt: is no file of the report (its manifest does not list it)\n",
            "  tables/comparison.md: row Mean latency (ms), column mesh: 12.35 ± 0.13 → 12.25 ± 0.13\n",
            "  tables/comparison.csv: row Mean latency (ms), column mesh centre: 12.35 → 12.25\n",
        ],
    );
}

#[test]
fn other_templates_are_suspected_where_only_rendered_files_differ() {
    let case = case();
    case.write("t/report.md", "# {{ title }}\n");
    case.run(&["analyze", "data/s", "-o", "reports", "-q", "--format", "markdown", "--templates", "t"]).ok();
    verified(&case, &["--templates", "t"]).ok();
    differs(&verified(&case, &[]), &["the results are equal, and rendered files differ (report.md)"]);
}

#[test]
fn a_tolerance_is_of_numbers_alone() {
    let case = analyzed(&["--format", "csv"]);
    let results = case.read("reports/s/results.json");
    let number = "0.01225";
    assert!(results.contains(number), "{results}");
    case.write("reports/s/results.json", results.replace(number, "0.012250000000001"));
    differs(&verified(&case, &[]), &["edited after it was made"]);
    differs(&verified(&case, &["--tolerance", "1e-15"]), &["results.json: samples["]);
    let ended = verified(&case, &["--tolerance", "1e-9"]).ok();
    assert!(ended.stdout.contains("1 of them within the tolerance"), "{}", ended.stdout);
    case.write("reports/s/results.json", results.replace("\"Mean latency\"", "\"Mean delay\""));
    differs(&verified(&case, &["--tolerance", "0.5"]), &["\"Mean delay\" → \"Mean latency\""]);
}

#[test]
fn every_study_has_a_report_and_every_report_its_study() {
    let case = analyzed(&["--format", "csv"]);
    fs::create_dir(case.path("data/t")).unwrap();
    for (path, contents) in super::program::tree(&case.path("data/s")) {
        case.write(&format!("data/t/{path}"), contents);
    }
    case.write("data/t/meshstats.toml", "");
    case.run(&["analyze", "data/s", "-o", "gone", "-q", "--format", "csv"]).ok();
    fs::rename(case.path("gone/s"), case.path("reports/u")).unwrap();
    let ended = case.run(&["verify", "data", "--against", "reports"]);
    differs(
        &ended,
        &["data/t: has no report in reports\n", "reports/u: is of the study s, which data does not hold\n"],
    );
}

#[test]
fn wrong_paths_are_told() {
    let case = analyzed(&["--format", "csv"]);
    let remedy = "give the directory that `meshstats analyze` wrote with --out\n";
    case.run(&["verify", "data/s", "--against", "nowhere"])
        .fails(1, &format!("error: nowhere: does not exist: {remedy}"));
    case.run(&["verify", "data/s", "--against", "data"])
        .fails(1, &format!("error: data: holds no report (no manifest.json): {remedy}"));
    case.write("reports/s/manifest.json", "{");
    let ended = verified(&case, &[]);
    assert!(ended.stderr.contains("reports/s/manifest.json: is not the manifest of a report ("), "{}", ended.stderr);
    let ended = verified(&case, &["--tolerance", "3"]);
    assert!(ended.code == 2 && ended.stderr.contains("give a share such as 1e-9"), "{}", ended.stderr);
}
