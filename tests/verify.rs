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

/// What a report was made with stands in its manifest: nothing must be said twice.
#[test]
fn options_are_taken_from_the_report() {
    for options in [
        &["--format", "markdown", "--figure-width", "slide", "--figure-format", "png"][..],
        &["--format", "csv,html", "--figure-width", "a4", "--lang", "ru"],
        &["--format", "latex", "--table-style", "tabularray", "--table-notes", "none", "--bold-best"],
        &["--format", "csv", "--test", "student", "--confidence", "0.9", "--margin", "latency_mean=2%"],
        &["--format", "csv", "--baseline", "mesh", "--logs", "{mode}/run-{run}.{ext}"],
    ] {
        let case = analyzed(options);
        verified(&case, &[]).ok();
        let manifest: serde_json::Value = serde_json::from_str(&case.read("reports/s/manifest.json")).unwrap();
        assert!(!manifest["options"].as_array().unwrap().is_empty(), "{options:?}");
    }
    let manifest = analyzed(&["--format", "markdown,csv", "--strict"]).read("reports/s/manifest.json");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["options"], serde_json::json!(["--format=markdown", "--format=csv", "--strict"]));
}

/// Reports of one directory may have been made with different options.
#[test]
fn every_report_is_made_with_its_own_options() {
    let case = analyzed(&["--format", "csv", "--test", "student"]);
    for (path, contents) in super::program::tree(&case.path("data/s")) {
        case.write(&format!("data/t/{path}"), contents);
    }
    case.write("data/t/meshstats.toml", "");
    case.run(&["analyze", "data/t", "-o", "reports", "-q", "--format", "markdown", "--lang", "ru"]).ok();
    let said = case.run(&["verify", "data", "--against", "reports"]).ok().stdout;
    assert_eq!(said.matches("is what the data give").count(), 2, "{said}");
}

#[test]
fn given_options_go_before_recorded_ones() {
    let case = analyzed(&["--test", "student", "--confidence", "0.9", "--format", "csv"]);
    differs(
        &verified(&case, &["--test", "welch"]),
        &["made with other options than were given here (study.methods): leave them out", "\"student\" → \"welch\""],
    );
    edit(&case, "reports/s/manifest.json", "--confidence=0.9", "--confidenze=0.9");
    let ended = verified(&case, &[]);
    let said = "reports/s/manifest.json: records options that cannot be understood (unexpected argument '--confidenze'";
    assert!(ended.code == 1 && ended.stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn what_cannot_be_made_again_says_why() {
    let case = case();
    case.write("t/report.md", "# {{ title }}\n");
    case.run(&["analyze", "data/s", "-o", "reports", "-q", "--format", "markdown", "--templates", "t"]).ok();
    case.write("t/report.md", "# {{ titel }}\n");
    differs(
        &verified(&case, &["--templates", "t"]),
        &["reports/s: cannot be made again\n  t/report.md:1: ", "did you mean"],
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
    let said = verified(&case, &[]);
    differs(&said, &[&format!("version changed: made by meshstats 0.0.1, and this is {now}\n")]);
    differs(&said, &["reports/s: its files are what the data give, and its manifest does not fit them\n"]);
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

#[test]
fn no_tolerance_lets_another_drawing_pass() {
    let case = analyzed(&["--figure-format", "svg,pdf,png"]);
    let figures = ["reports/s/figures/changes.pdf", "reports/s/figures/changes.png"];
    for path in figures {
        let whole = fs::read(case.path(path)).unwrap();
        for junk in [&b"junk"[..], b"", &whole[..whole.len() / 2]] {
            case.write(path, junk);
            let ended = verified(&case, &["--tolerance", "0.5"]);
            differs(&ended, &[&format!("{}: other bytes", &path["reports/s/".len()..])]);
            differs(&ended, &["edited after it was made"]);
        }
        case.write(path, whole);
    }
    // Where the drawing differs within the tolerance, what was drawn of it must still be what was recorded.
    let svg = case.read("reports/s/figures/changes.svg");
    let (width, rest) = svg.split_once("in\"").unwrap();
    assert!(width.rsplit('"').next().is_some_and(|inches| inches.contains('.')));
    case.write("reports/s/figures/changes.svg", format!("{width}0000000001in\"{rest}"));
    verified(&case, &["--tolerance", "0.5"]).ok();
    case.write(figures[0], "junk");
    differs(&verified(&case, &["--tolerance", "0.5"]), &["figures/changes.pdf: other bytes"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_told_and_not_looked_into() {
    use std::os::unix::fs::symlink;

    let case = analyzed(&["--format", "markdown"]);
    case.write("secret", "root:x:0:0\n");
    let replace = |path: &str| {
        let _ = fs::remove_file(case.path(&format!("reports/s/{path}")));
        case.path(&format!("reports/s/{path}"))
    };
    assert!(std::process::Command::new("mkfifo").arg(case.path("reports/s/pipe")).status().unwrap().success());
    symlink(case.path("secret"), replace("report.md")).unwrap();
    symlink("loop", case.path("reports/s/loop")).unwrap();
    symlink(".", case.path("reports/s/round")).unwrap();
    fs::create_dir(replace("runs.csv")).unwrap();
    // A link to the same contents, as data stores make them, is a file like any other.
    fs::rename(case.path("reports/s/results.json"), case.path("stored")).unwrap();
    symlink(case.path("stored"), case.path("reports/s/results.json")).unwrap();
    let ended = verified(&case, &["--all"]);
    differs(
        &ended,
        &[
            "files that differ: 5)",
            "  pipe: is neither a file nor a directory\n",
            "  report.md: is a link to a file with other contents\n",
            "  loop: is a link that leads nowhere (",
            "  round: is a link to a directory, which is not followed\n",
            "  runs.csv: is a directory, and should be a file\n",
        ],
    );
    assert!(!ended.stdout.contains("root:x"), "{}", ended.stdout);
}

#[test]
fn line_endings_are_named() {
    let case = analyzed(&["--format", "markdown"]);
    for path in ["report.md", "results.json"] {
        let text = case.read(&format!("reports/s/{path}"));
        case.write(&format!("reports/s/{path}"), text.replace('\n', "\r\n"));
    }
    let ended = verified(&case, &[]);
    differs(
        &ended,
        &[
            "files that differ: 2)",
            "other line endings, as Git's core.autocrlf or an editor makes them: report.md, results.json; with",
            "  report.md: has other line endings\n",
        ],
    );
    assert!(!ended.stdout.contains("edited"), "{}", ended.stdout);
}

#[test]
fn a_difference_of_the_whole_file_has_a_place() {
    let case = analyzed(&["--format", "markdown"]);
    case.write("reports/s/results.json", "null");
    differs(&verified(&case, &[]), &["  results.json: the whole of it: null → "]);
}
