//! Whole studies, from the logs on disk to the reports: how paths are understood, what is refused and in which words,
//! and what comes of odd data.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::golden::validate;
use super::program::{
    Case, Ended, comparison, ended, iperf3, iperf3_udp, iperf3_with, modes, notes, program, sorted, tree, wrk, wrk_of,
};

/// Three wrk runs of each of two modes.
fn two_modes(baseline: &str, treatment: &str) -> Case {
    let case = Case::empty();
    for (run, ms) in [(1, 10.0), (2, 11.0), (3, 12.0)] {
        case.write(&format!("study/{baseline}/run-{run}.txt"), wrk(ms));
        case.write(&format!("study/{treatment}/run-{run}.txt"), wrk(ms + 5.0));
    }
    case
}

// How paths are understood.

#[test]
fn a_manifest_says_what_the_study_is() {
    let case = two_modes("a", "b");
    case.write(
        "study/meshstats.toml",
        r#"
            title = "A & B"
            baseline = "b"
            logs = "{mode}/run-{run}.{ext}"
            confidence = 0.9
            primary = ["latency_max"]
            digits = 3
            decimal_separator = ","
            modes = [{ id = "a", label = "Mode A" }, { id = "b", label = "Mode B" }]
        "#,
    );
    case.analyze(&[]).ok();
    let results = case.results("study");
    validate(&results);
    assert_eq!(results["study"]["title"], "A & B");
    assert_eq!(modes(&results), ["a", "b"], "as listed");
    assert_eq!(sorted(&results, "latency_mean"), ["a: 1 2 3", "b: 1 2 3"]);
    assert_eq!(comparison(&results, "latency_max", "a")["means"]["difference"], json!(-0.015));
    assert_eq!(comparison(&results, "latency_max", "a")["methods"]["welch"]["interval"]["level"], 0.9);
    let report = case.read("out/study/report.md");
    for words in ["# A & B", "Mode A against Mode B", "33,00 ± 3,00", "90 % CI", "p (Holm)"] {
        assert!(report.contains(words), "{words} is not in\n{report}");
    }
}

#[test]
fn a_directory_is_a_mode() {
    let results = two_modes("no-mesh", "istio").analyzed(&[]);
    assert_eq!(modes(&results), ["no-mesh", "istio"]);
    assert_eq!(sorted(&results, "latency_mean"), ["no-mesh: 1 2 3", "istio: 1 2 3"]);
    assert_eq!(
        comparison(&results, "latency_mean", "istio")["means"]["percent_change"].as_f64().unwrap().round(),
        45.0
    );
}

/// Which runs each mode has when the study holds these logs.
fn found(logs: &[&str], more: &[&str]) -> Vec<String> {
    let log = |path: &str| if path.contains("iperf3") { iperf3(10.0, 3) } else { wrk(10.0) };
    let logs: Vec<(&str, String)> = logs.iter().map(|path| (*path, log(path))).collect();
    let metric = if logs.iter().all(|(path, _)| path.contains("iperf3")) { "throughput" } else { "latency_mean" };
    sorted(&Case::new(&logs).analyzed(more), metric)
}

#[test]
fn flat_file_names_tell_mode_and_run() {
    assert_eq!(
        found(&["wrk_direct_2.log", "wrk_direct_10.log", "wrk_envoy_1.log", "wrk_envoy_2.log"], &[]),
        ["direct: 2 10", "envoy: 1 2"]
    );
}

#[test]
fn a_negated_name_is_another_mode_than_the_name() {
    assert_eq!(
        found(&["wrk-no-mesh-1.txt", "wrk-no-mesh-2.txt", "wrk-mesh-1.txt", "wrk-mesh-2.txt"], &[]),
        ["no-mesh: 1 2", "mesh: 1 2"]
    );
}

#[test]
fn the_tool_may_come_first() {
    let paths = ["wrk/off/1.txt", "wrk/on/1.txt", "iperf3/off/1.json", "iperf3/on/1.json"];
    assert_eq!(found(&paths, &[]), ["off: 1", "on: 1"]);
}

#[test]
fn what_varies_besides_the_mode_is_the_scenario() {
    assert_eq!(
        found(&["c10/direct/1.txt", "c10/istio/1.txt", "c100/direct/1.txt", "c100/istio/1.txt"], &[]),
        ["c10/direct: 1", "c10/istio: 1", "c100/direct: 1", "c100/istio: 1"]
    );
    assert_eq!(
        found(&["none/get-1.txt", "none/put-1.txt", "mesh/get-1.txt", "mesh/put-1.txt"], &[]),
        ["get/none: 1", "get/mesh: 1", "put/none: 1", "put/mesh: 1"]
    );
}

#[test]
fn runs_may_be_directories() {
    assert_eq!(
        found(&["run1/base/wrk.txt", "run2/base/wrk.txt", "run1/proxy/wrk.txt", "run2/proxy/wrk.txt"], &[]),
        ["base: 1 2", "proxy: 1 2"]
    );
    assert_eq!(
        found(&["base/1/iperf3.json", "base/2/iperf3.json", "cni/1/iperf3.json", "cni/2/iperf3.json"], &[]),
        ["base: 1 2", "cni: 1 2"]
    );
}

#[test]
fn a_pattern_on_the_command_line_goes_over_what_the_paths_show() {
    let paths = ["x/a/1.txt", "x/b/1.txt", "y/a/1.txt", "y/b/1.txt"];
    assert_eq!(
        found(&paths, &["--logs", "{mode}/{scenario}/{run}.{ext}", "--baseline", "y"]),
        ["a/y: 1", "a/x: 1", "b/y: 1", "b/x: 1"]
    );
    assert_eq!(
        found(&paths, &["--logs", "{scenario}/{mode}/{run}.txt", "--baseline", "a"]),
        ["x/a: 1", "x/b: 1", "y/a: 1", "y/b: 1"]
    );
}

#[test]
fn a_log_of_one_mode_alone_is_described() {
    let case = Case::new(&[("1.txt", wrk(10.0)), ("2.txt", wrk(12.0))]);
    let ended = case.analyze(&[]).ok();
    assert!(ended.stdout.contains("One mode, all: nothing is compared."), "{}", ended.stdout);
    let results = case.results("study");
    assert_eq!(sorted(&results, "latency_mean"), ["all: 1 2"]);
    assert_eq!(results["comparisons"], json!([]));
}

#[test]
fn well_known_names_are_baselines() {
    for name in ["baseline", "none", "No-Mesh", "without_istio", "control", "direct", "vanilla", "bare-metal", "off"] {
        let results = two_modes(name, "a-mesh").analyzed(&[]);
        assert_eq!(results["study"]["baseline"], name);
    }
}

#[test]
fn an_unclear_baseline_is_asked_for() {
    let case = two_modes("linkerd", "istio");
    let modes = "the modes are: istio, linkerd";
    case.analyze(&[]).fails(
        1,
        &format!(
            "error: study: cannot tell which mode is the baseline; {modes}: name it, for example `--baseline istio`\n"
        ),
    );
    assert!(!case.path("out").exists(), "nothing is written");
    assert_eq!(case.analyzed(&["--baseline", "linkerd"])["study"]["baseline"], "linkerd");
    case.analyze(&["--baseline", "linkered"]).fails(
        1,
        "error: study: there is no mode `linkered` to be the baseline: did you mean `linkerd`? The \
         modes are: istio, linkerd\n",
    );
}

#[test]
fn two_well_known_names_are_unclear_too() {
    let ended = two_modes("direct", "none").analyze(&[]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("cannot tell which mode is the baseline"), "{}", ended.stderr);
}

#[test]
fn directories_that_could_both_be_modes_are_asked_for() {
    let logs = ["x/a/1.txt", "x/b/1.txt", "y/a/1.txt", "y/b/1.txt"].map(|path| (path, wrk(10.0)));
    Case::new(&logs).analyze(&[]).fails(
        1,
        "error: study: cannot tell which directories are the modes: level 1 (x, y); level 2 (a, b): say it with --logs \
         and a path pattern such as '{mode}/{tool}/run-{run}.{ext}', or `logs = …` in meshstats.toml\n",
    );
}

/// Two studies in `data/`, each with its own treatment.
fn two_studies() -> Case {
    let case = Case::empty();
    for (study, mesh) in [("first", "istio"), ("second", "linkerd")] {
        for (run, ms) in [(1, 10.0), (2, 11.0)] {
            case.write(&format!("data/{study}/none/run-{run}.txt"), wrk(ms));
            case.write(&format!("data/{study}/{mesh}/run-{run}.txt"), wrk(ms + 5.0));
        }
    }
    case
}

#[test]
fn a_directory_may_hold_one_study_or_several() {
    let case = two_studies();
    let ended = case.run(&["analyze"]).ok();
    for study in ["first", "second"] {
        assert!(case.path(&format!("reports/{study}/report.md")).is_file());
        assert!(ended.stdout.contains(&format!("report: reports/{study}\n")), "{}", ended.stdout);
    }
    case.run(&["analyze", "data/second", "-o", "one"]).ok();
    assert!(!case.path("one/first").exists());
    for (path, contents) in tree(&case.path("one/second")) {
        let together = fs::read(case.path(&format!("reports/second/{path}"))).unwrap();
        assert!(contents == together, "{path} differs when the study is analysed alone");
    }
    // From inside, the directory has no name on the command line, and yet the same id.
    ended_in(&case, "data/second", &["analyze", ".", "-o", "../../inside"]).ok();
    assert!(case.read("inside/second/report.md") == case.read("one/second/report.md"));
}

fn ended_in(case: &Case, dir: &str, arguments: &[&str]) -> Ended {
    ended(program().args(arguments).current_dir(case.path(dir)))
}

#[test]
fn a_directory_that_is_named_like_a_baseline_makes_no_study_of_its_neighbours() {
    let case = Case::empty();
    for (path, gbit) in
        [("bbr_1/a.json", 9.0), ("bbr_2/a.json", 9.1), ("cubic_1/old/a.json", 8.0), ("cubic_2/a.json", 8.2)]
    {
        case.write(&format!("study/{path}"), iperf3(gbit, 1));
    }
    let results = case.analyzed(&["--logs", "{mode}_{run}/a.json", "--baseline", "cubic"]);
    assert_eq!(sorted(&results, "throughput"), ["cubic: 2", "bbr: 1 2"]);
}

#[test]
fn a_manifest_makes_a_directory_a_study() {
    let case = Case::empty();
    for study in ["first", "second"] {
        for mode in ["none", "mesh"] {
            case.write(&format!("data/{study}/{mode}/run-1.txt"), wrk(10.0));
        }
    }
    // Without a manifest, two directories with the same modes are two scenarios of one study.
    case.run(&["analyze", "--format", "csv", "-o", "out"]).ok();
    assert_eq!(sorted(&case.results("data"), "latency_mean").len(), 4);
    case.write("data/first/meshstats.toml", "");
    case.run(&["analyze", "--format", "csv", "-o", "out"]).ok();
    assert_eq!(sorted(&case.results("first"), "latency_mean").len(), 2);
    assert_eq!(sorted(&case.results("second"), "latency_mean").len(), 2);
}

#[test]
fn the_problems_of_all_studies_are_listed_at_once() {
    let case = two_studies();
    for mode in ["first/none", "first/istio", "second/none", "second/linkerd"] {
        case.write(&format!("data/{mode}/run-3.txt"), "");
    }
    let ended = case.run(&["analyze"]);
    assert_eq!((ended.code, ended.stderr.lines().count()), (1, 4), "{}", ended.stderr);
    assert!(!case.path("reports").exists());
}

#[test]
fn how_paths_were_read_is_told_where_no_pattern_says_it() {
    let case = Case::empty();
    for (mode, ms) in [("none", 10.0), ("mesh", 12.0)] {
        for run in 1..=2 {
            case.write(&format!("study/{mode}/wrk-{run}.txt"), wrk(ms + f64::from(run)));
            case.write(&format!("study/{mode}/iperf3-{run}.json"), iperf3(9.0, 1));
        }
    }
    let guessed = "\nlayout guessed: {mode}/{tool}-{run}.{ext}\n";
    let shown = case.analyze(&[]).ok().stdout;
    assert!(shown.contains(guessed), "{shown}");
    // The pattern that is told gives the same.
    let before = case.read("out/study/runs.csv");
    let shown = case.analyze(&["--logs", "{mode}/{tool}-{run}.{ext}"]).ok().stdout;
    assert!(!shown.contains("layout guessed") && case.read("out/study/runs.csv") == before, "{shown}");
    let shown = case.analyze(&["--lang", "ru"]).ok().stdout;
    assert!(shown.contains("\nструктура путей угадана: {mode}/{tool}-{run}.{ext}\n"), "{shown}");
    // What no pattern says is told in words.
    for path in ["a/none/get-1", "a/none/put-1", "b/mesh/get-1", "b/mesh/put-1", "b/none/get-1", "b/none/put-1"] {
        case.write(&format!("words/{path}.txt"), wrk(10.0));
    }
    let shown = case.run(&["analyze", "words", "-o", "out"]).ok().stdout;
    let words = "layout guessed: mode from directory level 2; scenario from directory level 1 and the file's name; run from \
                 the file's name\n";
    assert!(shown.contains(words), "{shown}");
    let shown = case.run(&["analyze", "words", "-o", "out", "--lang", "ru"]).ok().stdout;
    assert!(
        shown.contains("режим — уровень каталогов 2; сценарий — уровень каталогов 1 и имя файла; прогон"),
        "{shown}"
    );
}

#[test]
fn what_looks_like_a_block_is_told_with_the_pattern_that_reads_it() {
    let case = Case::empty();
    for (block, ms) in [(1, 10.0), (2, 11.0), (3, 10.5)] {
        case.write(&format!("study/round{block}/none.txt"), wrk(ms));
        case.write(&format!("study/round{block}/mesh.txt"), wrk(ms + 1.0 + f64::from(block) / 10.0));
    }
    let told = "note: round1 in the paths was not read as a block; if the runs in one such part belong together, say so in \
                meshstats.toml: logs = \"round{block}/{mode}.{ext}\"\n";
    let shown = case.analyze(&[]).ok().stdout;
    assert!(shown.contains(told), "{shown}");
    let shown = case.analyze(&["--logs", "round{block}/{mode}.{ext}"]).ok().stdout;
    assert!(!shown.contains("not read as a block"), "{shown}");
    assert_eq!(comparison(&case.results("study"), "latency_mean", "mesh")["pairing"]["blocks"], 3);
    // Blocks that were taken for modes.
    for (block, name) in [(1, "x"), (1, "y"), (2, "x"), (2, "y")] {
        case.write(&format!("wrong/block-{block}/{name}.txt"), wrk(10.0));
    }
    let ended = case.run(&["analyze", "wrong", "-o", "out"]);
    assert!(
        ended.code == 1 && ended.stderr.contains("logs = \"block-{block}/{mode}-{run}.{ext}\""),
        "{}",
        ended.stderr
    );
}

// What is wrong with a manifest or a path, in its words.

#[test]
fn an_unknown_key_of_the_manifest_names_its_line_and_the_nearest() {
    let case = two_modes("none", "mesh");
    case.write("study/meshstats.toml", "title = \"x\"\nbasline = \"none\"\n");
    case.analyze(&[]).fails(
        1,
        "error: study/meshstats.toml:2: unknown key `basline`: did you mean `baseline`? Known here: title, provenance, \
         baseline, modes, scenarios, logs, mss, confidence, primary, test, effect, interval, adjust, margins, pairs, outliers, \
         digits, decimal_separator, lang, seed, published\n",
    );
}

/// The word of a mode stands in the names of its numbers, and nowhere else.
#[test]
fn a_mode_may_have_a_word_for_macros() {
    let case = two_modes("none", "mesh");
    case.write("study/meshstats.toml", "modes = [{ id = \"none\", macro = \"Direct\" }, { id = \"mesh\" }]\n");
    case.analyze(&["--format", "latex,typst"]).ok();
    let [tex, typ] = ["numbers.tex", "numbers.typ"].map(|file| case.read(&format!("out/study/{file}")));
    assert!(tex.contains("\\def\\MeshLatencyMeanDirectMean{") && !tex.contains("MeanNoneMean"), "{tex}");
    assert!(typ.contains("#let mesh-latency-mean-direct-mean = "), "{typ}");
    assert!(tex.contains("\\def\\MeshLatencyMeanMeshMean{"), "{tex}");
}

#[test]
fn wrong_manifests_say_what_is_wrong() {
    let case = two_modes("none", "mesh");
    for (manifest, said) in [
        ("confidence = 95", "confidence = 95 is not between 0 and 1: write a level such as 0.95"),
        ("digits = 9", "digits = 9 is not between 1 and 6"),
        ("mss = 0", "mss = 0: write the bytes of a segment"),
        ("mss = \"auto\"", "study/meshstats.toml:1: expected a number of bytes, or \"from-log\""),
        ("baseline = \"nome\"\nmodes = [{ id = \"none\" }]", "the baseline `nome` is not among the modes"),
        ("modes = [{ id = \"none\" }, { id = \"none\" }]", "the mode `none` is listed twice: keep one of the two"),
        (
            "modes = [{ id = \"none\", macro = \"No mesh\" }]",
            "`macro = \"No mesh\"` cannot be part of the name of a LaTeX macro: write it in meshstats.toml with letters",
        ),
        (
            "modes = [{ id = \"absent\" }]",
            "no run of the mode `absent`: correct `modes` in meshstats.toml; the modes found are: mesh, none",
        ),
        (
            "primary = [\"latency_men\"]",
            "`primary` names `latency_men`, which the data do not have: did you mean `latency_mean`?",
        ),
        ("primary = [\"retransmits\"]", "`primary` names `retransmits`, which the data do not have"),
        ("provenance = \"measurd\"", "unknown value `measurd`: did you mean `measured`?"),
        ("logs = 3", "expected a text or a list of texts"),
        ("test = \"welsh\"", "`test` names `welsh`, which is no test: did you mean `welch`? Known: welch, "),
        ("adjust = \"holms\"", "`adjust` names `holms`, which is no adjustment of p-values: did you mean `holm`?"),
        ("interval = [\"ratio_of_means\", \"x\"]", "`interval` names `x`, which is no interval: known: "),
        (
            "margins = { latency_men = \"2%\" }",
            "`margins` names `latency_men`, which the data do not have: did you mean `latency_mean`?",
        ),
        (
            "margins = { latency_mean = \"2 Gbit/s\" }",
            "the margin `2 Gbit/s` of latency_mean is not in a unit of the metric, which is in s",
        ),
        ("margins = { latency_mean = \"-2%\" }", "the margin `-2%` of latency_mean is not a positive number"),
        ("outliers = \"remove\"", "unknown value `remove`"),
        ("title = ", "study/meshstats.toml:1: "),
        (
            "logs = \"{mod}/{run}.txt\"",
            "study/meshstats.toml: the pattern `{mod}/{run}.txt` has an unknown placeholder `{mod}`: use {mode} {scenario} {block} {run} {tool} {ext}",
        ),
        (
            "logs = \"{mode}/nothing-{run}.txt\"",
            "error: study: no log fits the pattern `{mode}/nothing-{run}.txt`: correct `logs`; the paths look like `mesh/run-1.txt`",
        ),
        ("published = \"absent.toml\"", "study/absent.toml: cannot be read"),
    ] {
        case.write("study/meshstats.toml", manifest);
        let ended = case.analyze(&[]);
        assert_eq!(ended.code, 1, "{manifest}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{manifest}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{manifest}: {}", ended.stderr);
        assert!(!case.path("out").exists(), "{manifest}");
    }
    case.write("study/meshstats.toml", b"title = \"\xff\"");
    case.analyze(&[]).fails(1, "error: study/meshstats.toml: is not UTF-8 text: save it as UTF-8\n");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let case = two_modes("none", "mesh");
    for (arguments, said) in [
        (["--confidence", "95"], "give a level between 0 and 1, such as 0.95"),
        (["--mss", "0"], "give a number of bytes such as 1460, or from-log"),
        (["--format", "latx"], "did you mean latex?"),
        (["--figure-format", "pgfplot"], "did you mean pgfplots?"),
        (["--figure-width", "enormous"], "known: ieee1, "),
        (["--logs", "{mod}/{run}.txt"], "the pattern `{mod}/{run}.txt` has an unknown placeholder `{mod}`"),
        (["--logs", "{run}.txt"], "the pattern `{run}.txt` does not say where the mode is"),
    ] {
        let ended = case.analyze(&arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_path_without_logs_says_so() {
    let case = Case::new(&[("notes.txt", "nothing")]);
    case.analyze(&[]).fails(
        1,
        "error: study: holds no wrk or iperf3 log (1 other files): give the directory that holds the logs; `meshstats \
         ingest` says what it makes of every file\n",
    );
    let give = "give a directory of logs, or a .csv or .parquet table of values";
    case.run(&["analyze", "absent"]).fails(1, &format!("error: absent: does not exist: {give}\n"));
    case.run(&["analyze", "study/notes.txt"])
        .fails(1, &format!("error: study/notes.txt: is not a directory: {give}\n"));
}

// Logs that cannot be used.

/// A study with a good log and a bad one of every kind in each mode.
fn with_bad_logs() -> Case {
    let case = two_modes("none", "mesh");
    let cut = wrk(10.0).lines().take(5).collect::<Vec<_>>().join("\n");
    case.write("study/none/run-4.txt", "");
    case.write("study/none/run-5.txt", cut);
    case.write("study/mesh/run-4.txt", [0, 159, 146, 150, 0, 0]);
    case.write("study/mesh/run-5.txt", "Segmentation fault\n");
    case.write("study/mesh/run-6.txt", "unable to connect to 10.0.0.2:8080 Connection refused\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("gone.txt", case.path("study/mesh/run-7.txt")).unwrap();
    case
}

/// Path and reason of each bad log, in the order in which they are listed.
fn bad_logs() -> Vec<(&'static str, Option<usize>, &'static str)> {
    let mut bad = vec![
        ("mesh/run-4.txt", None, "the file has NUL bytes, though files named like it are logs"),
        ("mesh/run-5.txt", None, "no known log format, though files named like it are logs"),
        ("mesh/run-6.txt", Some(1), "wrk could not connect to 10.0.0.2:8080 (Connection refused)"),
        ("none/run-4.txt", None, "the file has no byte, though files named like it are logs"),
        ("none/run-5.txt", Some(1), "the report stops before its `requests in` line"),
    ];
    if cfg!(unix) {
        bad.insert(3, ("mesh/run-7.txt", None, "cannot be read (no such file or directory)"));
    }
    bad
}

#[test]
fn all_bad_logs_are_listed_at_once_and_nothing_is_written() {
    let case = with_bad_logs();
    let ended = case.analyze(&[]);
    assert_eq!(ended.code, 1);
    assert_eq!(ended.stdout, "");
    assert!(!case.path("out").exists(), "nothing is written, not even the directory");
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), bad_logs().len(), "{}", ended.stderr);
    for (line, (path, number, what)) in lines.iter().zip(bad_logs()) {
        let number = number.map_or(String::new(), |number| format!(":{number}"));
        assert!(
            line.starts_with(&format!("error: study/{path}{number}: {what}: ")),
            "{line}\nis not of {path}: {what}"
        );
    }
}

#[test]
fn skip_bad_goes_on_and_lists_them_in_the_report() {
    let case = with_bad_logs();
    let ended = case.analyze(&["--skip-bad"]).ok();
    assert!(ended.stdout.contains(&format!("files: {} left out", bad_logs().len())), "{}", ended.stdout);
    let results = case.results("study");
    validate(&results);
    assert_eq!(sorted(&results, "latency_mean"), ["none: 1 2 3", "mesh: 1 2 3"]);
    let report = case.read("out/study/report.md");
    let rejected = results["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), bad_logs().len());
    for (entry, (path, line, what)) in rejected.iter().zip(bad_logs()) {
        assert_eq!((entry["path"].as_str(), entry["reason"].as_str()), (Some(path), Some(what)));
        assert_eq!(entry["line"].as_u64(), line.map(|line| line as u64), "{path}");
        let place = line.map_or(path.to_owned(), |line| format!("{path}:{line}"));
        let row = report.lines().find(|row| row.contains(&place)).unwrap_or_else(|| panic!("{place} is not listed"));
        assert!(row.starts_with('|'), "{row}");
    }
}

#[test]
fn a_study_of_bad_logs_alone_has_nothing_to_analyse() {
    let cut = wrk(10.0).lines().take(5).collect::<Vec<_>>().join("\n");
    let case = Case::new(&[("none/run-1.txt", cut.clone()), ("mesh/run-1.txt", cut)]);
    case.analyze(&["--skip-bad"])
        .fails(1, "error: study: holds no run that can be used: see what was refused with `meshstats ingest`\n");
    assert!(!case.path("out").exists());
}

#[test]
fn what_should_have_been_a_log_by_the_pattern_is_refused() {
    let case = two_modes("none", "mesh");
    case.write("study/mesh/run-a.txt", "nothing");
    let ignored = case.analyzed(&[]);
    assert_eq!(ignored["ignored"][0]["path"], "mesh/run-a.txt");
    case.analyze(&["--logs", "{mode}/run-{run}.{ext}"]).fails(
        1,
        "error: study/mesh/run-a.txt: no known log format, though its path fits the pattern in `logs`: run it again, or \
         move the file out of the study\n",
    );
}

#[test]
fn text_of_iperf3_is_a_bad_log_with_its_remedy() {
    let text = "Connecting to host 10.0.0.2, port 5201\n[ ID] Interval           Transfer     Bitrate\n";
    let case = two_modes("none", "mesh");
    case.write("study/none/iperf3.txt", text);
    case.write("study/mesh/wrk-tail.txt", "Requests/sec:  24271.83\nTransfer/sec:      3.26MB\n");
    case.analyze(&[]).fails(
        1,
        "error: study/mesh/wrk-tail.txt:2: the end of a wrk report, without what stands above it: run it again and keep all \
         that wrk prints; it prints its report at the very end\n\
         error: study/none/iperf3.txt:2: iperf3's text output, which is rounded and lacks much of what its JSON has: run \
         iperf3 with -J\n",
    );
    let results = case.analyzed(&["--skip-bad"]);
    assert_eq!(results["rejected"].as_array().unwrap().len(), 2);
    assert_eq!(sorted(&results, "latency_mean"), ["none: 1 2 3", "mesh: 1 2 3"]);
    // Also where there is nothing else, and a server's log is none of a run.
    let case = Case::new(&[("none/1.txt", text), ("mesh/1.txt", text), ("server.log", "Server listening on 5201\n")]);
    let ended = case.analyze(&[]);
    assert_eq!((ended.code, ended.stderr.matches("run iperf3 with -J\n").count()), (1, 2), "{}", ended.stderr);
}

#[test]
fn ignored_files_are_named() {
    let case = two_modes("none", "mesh");
    assert!(!case.analyze(&[]).ok().stdout.contains("ignored"));
    for name in ["a.md", "b.md", "c.md"] {
        case.write(&format!("study/{name}"), "how it was measured");
    }
    let shown = case.analyze(&[]).ok().stdout;
    assert!(shown.contains("\nignored files: 3 (a.md, b.md, c.md)\n"), "{shown}");
    // A table of runs could be read, so it is told how; another table is a file like any other.
    case.run(&["ingest", "study", "-o", "study/runs.csv"]).ok();
    case.run(&["ingest", "study", "-o", "study/runs.parquet"]).ok();
    case.write("study/cpu.csv", "second,share\n1,0.5\n");
    let shown = case.analyze(&[]).ok().stdout;
    assert!(shown.contains("\nignored files: 6 (a.md, b.md, c.md, …)\n"), "{shown}");
    for (file, what) in [("runs.csv", "a table of runs"), ("runs.parquet", "a Parquet table")] {
        let told = format!("\n  {file}: {what}, which is not read beside logs: to analyse it, give its own path\n");
        assert!(shown.contains(&told), "{shown}");
    }
    assert!(!shown.contains("cpu.csv:"), "{shown}");
    let results = case.results("study");
    assert_eq!(sorted(&results, "latency_mean"), ["none: 1 2 3", "mesh: 1 2 3"], "the table adds no runs");
    case.run(&["analyze", "study/runs.csv", "-o", "of-table"]).ok();
    let said = case.analyze(&["--lang", "ru"]).ok().stdout;
    assert!(
        said.contains("\nпропущенные файлы: 6 (") && said.contains("  runs.csv: таблица прогонов: рядом"),
        "{said}"
    );
}

#[test]
fn logs_named_for_another_format_are_read_by_what_they_hold() {
    let case = Case::empty();
    for mode in ["none", "mesh"] {
        case.write(&format!("study/{mode}/wrk-1.json"), wrk(10.0));
        case.write(&format!("study/{mode}/iperf3-1.txt"), iperf3(10.0, 1));
    }
    let results = case.analyzed(&[]);
    assert_eq!(sorted(&results, "latency_mean"), ["none: 1", "mesh: 1"]);
    assert_eq!(sorted(&results, "throughput"), ["none: 1", "mesh: 1"]);
}

#[test]
fn strict_refuses_what_had_to_be_mended() {
    let case = two_modes("none", "mesh");
    case.write("study/mesh/run-4.txt", iperf3(1.0, 0).replace("}}]", "}},]"));
    case.write("study/mesh/run-2.txt", format!("\u{1b}[1mNoise\u{1b}[0m\n{}", wrk(16.0)));
    let results = case.analyzed(&[]);
    assert_eq!(sorted(&results, "throughput"), ["mesh: 4"]);
    let repairs: Vec<&str> = results["repairs"].as_array().unwrap().iter().filter_map(|r| r["path"].as_str()).collect();
    assert!(repairs.contains(&"mesh/run-4.txt"), "{repairs:?}");
    let report = {
        case.analyze(&[]).ok();
        case.read("out/study/report.md")
    };
    assert!(report.contains("a comma before a closing bracket was left out"), "{report}");

    let ended = case.analyze(&["--strict"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("study/mesh/run-4.txt"), "{}", ended.stderr);
    assert!(ended.stderr.contains("mend the log, or leave out --strict"), "{}", ended.stderr);
    // With both flags such a run is left out, and no number holds it.
    let results = case.analyzed(&["--strict", "--skip-bad"]);
    assert!(sorted(&results, "throughput").is_empty(), "{:?}", sorted(&results, "throughput"));
}

#[test]
fn warm_up_runs_and_documentation_are_set_apart() {
    let case = two_modes("none", "mesh");
    case.write("study/none/warmup-1.txt", wrk(99.0));
    case.write("study/mesh/warm-up/run-1.txt", wrk(99.0));
    case.write("study/README.md", format!("```\n{}```\n", wrk(99.0)));
    case.write("study/mesh/README.md", "how it was measured");
    let results = case.analyzed(&[]);
    assert_eq!(sorted(&results, "latency_mean"), ["none: 1 2 3", "mesh: 1 2 3"]);
    let reasons: Vec<(&str, &str)> = results["ignored"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["path"].as_str().unwrap(), file["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        reasons,
        [
            ("README.md", "documentation with a log pasted in"),
            ("mesh/README.md", "no known log format"),
            ("mesh/warm-up/run-1.txt", "a warm-up run"),
            ("none/warmup-1.txt", "a warm-up run"),
        ]
    );
}

#[test]
fn a_hundred_megabytes_of_nothing_take_seconds() {
    let case = two_modes("none", "mesh");
    let garbage = fs::File::create(case.path("study/mesh/core.dump")).unwrap();
    garbage.set_len(100 << 20).unwrap();
    let began = Instant::now();
    let results = case.analyzed(&[]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(results["ignored"][0]["path"], "mesh/core.dump");
}

#[test]
fn several_runs_in_one_log_are_several_runs() {
    let case = Case::new(&[
        ("none/all.txt", format!("{}{}", wrk(10.0), wrk(11.0))),
        ("mesh/all.txt", format!("{}{}", wrk(15.0), wrk(16.0))),
    ]);
    assert_eq!(sorted(&case.analyzed(&[]), "latency_mean"), ["none: all#1 all#2", "mesh: all#1 all#2"]);
}

// Odd data.

#[test]
fn a_mode_with_one_run_has_a_difference_and_no_test() {
    let case = Case::new(&[
        ("none/1.txt", wrk(10.0)),
        ("none/2.txt", wrk(11.0)),
        ("none/3.txt", wrk(12.0)),
        ("mesh/1.txt", wrk(15.5)),
    ]);
    case.analyze(&[]).ok();
    let results = case.results("study");
    validate(&results);
    let of_mesh = comparison(&results, "latency_mean", "mesh");
    let means = &of_mesh["means"];
    approx::assert_relative_eq!(means["difference"].as_f64().unwrap(), 0.0045, max_relative = 1e-12);
    let because = "a standard deviation needs two values or more, not 1";
    assert_eq!(of_mesh["methods"]["welch"]["because"], because);
    assert_eq!(means["treatment"], json!({ "n": 1, "mean": 0.0155 }));
    assert_eq!(results["family"]["size"], 0);
    let report = case.read("out/study/report.md");
    assert!(report.contains(&format!("no test: {because}")), "{report}");
    assert_clean(&case);
}

/// No file says NaN, and no p-value is zero.
fn assert_clean(case: &Case) {
    for (path, contents) in tree(&case.path("out")) {
        if path.ends_with(".pdf") {
            continue;
        }
        let text = String::from_utf8(contents).unwrap();
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            assert!(!["NaN", "nan", "Infinity"].contains(&word), "{path} says {word}");
        }
        assert!(!text.contains("p = 0.000") && !text.contains("p = 0 "), "{path} has a p-value of zero");
    }
}

#[test]
fn values_without_variance_have_no_test() {
    let case = Case::empty();
    for run in 1..=3 {
        case.write(&format!("study/none/{run}.txt"), wrk(10.0));
        case.write(&format!("study/mesh/{run}.txt"), wrk(15.0));
    }
    case.analyze(&[]).ok();
    let results = case.results("study");
    validate(&results);
    let means = &comparison(&results, "latency_mean", "mesh")["methods"];
    assert!(means["welch"]["because"].is_string(), "{means}");
    assert!(means["cohen_d"]["because"].is_string(), "{means}");
    assert_clean(&case);
    let report = case.read("out/study/report.md");
    assert!(report.contains("10 ± 0"), "{report}");
}

#[test]
fn zero_retransmits_in_a_mode_give_a_bound_of_the_ratio() {
    let case = Case::empty();
    for (run, retransmits) in [(1, 40), (2, 55), (3, 70)] {
        case.write(&format!("study/none/{run}.json"), iperf3(10.0 + f64::from(run), retransmits));
        case.write(&format!("study/mesh/{run}.json"), iperf3(7.0 + f64::from(run), 0));
    }
    case.analyze(&[]).ok();
    let results = case.results("study");
    validate(&results);
    let ratio = &comparison(&results, "retransmits_per_gib", "mesh")["methods"]["rate_ratio"];
    assert!(ratio["estimate"].is_null() || ratio["estimate"] == 0.0, "{ratio}");
    assert!(ratio["interval"]["upper"].as_f64().unwrap() < 1.0, "{ratio}");
    assert!(ratio["note"].is_string(), "{ratio}");
    let report = case.read("out/study/report.md");
    assert!(!report.contains("-inf"), "a rate begins at zero:\n{report}");
    assert!(report.contains("[0.000, 0.061]"), "{report}");
    assert!(!report.contains("[0.00000, 0.00000]"), "an interval of nothing is none:\n{report}");
    assert_clean(&case);
}

#[test]
fn udp_has_loss_and_jitter() {
    let case = Case::empty();
    for (run, lost) in [(1, 3), (2, 5), (3, 4)] {
        case.write(&format!("study/none/{run}.json"), iperf3_udp(0.01 * run as f64, lost));
        case.write(&format!("study/mesh/{run}.json"), iperf3_udp(0.02 * run as f64, lost * 10));
    }
    case.analyze(&[]).ok();
    let results = case.results("study");
    validate(&results);
    let ratio = comparison(&results, "udp_loss", "mesh")["methods"]["rate_ratio"]["estimate"].as_f64().unwrap();
    approx::assert_relative_eq!(ratio, 10.0, max_relative = 1e-12);
    let jitter = comparison(&results, "udp_jitter", "mesh")["means"]["difference"].as_f64().unwrap();
    approx::assert_relative_eq!(jitter, 2e-5, max_relative = 1e-9);
    assert!(sorted(&results, "retransmits").is_empty(), "UDP has no retransmits");
    let report = case.read("out/study/report.md");
    assert!(report.contains("UDP loss (%)") && report.contains("UDP jitter (µs)"), "{report}");
}

#[test]
fn a_study_may_have_one_tool() {
    let of_wrk = two_modes("none", "mesh").analyzed(&[]);
    assert_eq!(of_wrk["family"]["metrics"], json!(["latency_mean"]));
    assert!(sorted(&of_wrk, "throughput").is_empty());
    let case = Case::empty();
    for run in [1, 2, 3] {
        case.write(&format!("study/none/{run}.json"), iperf3(10.0 + f64::from(run), 5 * run as u64));
        case.write(&format!("study/mesh/{run}.json"), iperf3(7.0 + f64::from(run), 4 * run as u64));
    }
    let of_iperf3 = case.analyzed(&[]);
    assert_eq!(of_iperf3["family"]["metrics"], json!(["throughput"]));
    assert!(sorted(&of_iperf3, "latency_mean").is_empty());
}

#[test]
fn three_modes_are_two_comparisons_adjusted_together() {
    let case = Case::empty();
    for (mode, ms) in [("none", 10.0), ("istio", 15.0), ("linkerd", 12.0)] {
        for run in 1..=4 {
            case.write(&format!("study/{mode}/{run}.txt"), wrk(ms + f64::from(run) / 10.0));
        }
    }
    case.analyze(&[]).ok();
    let results = case.results("study");
    assert_eq!(modes(&results), ["none", "istio", "linkerd"]);
    assert_eq!(results["family"]["size"], 2);
    let p = |mode: &str, pointer: &str| {
        comparison(&results, "latency_mean", mode).pointer(pointer).unwrap().as_f64().unwrap()
    };
    let [istio, linkerd] = ["istio", "linkerd"].map(|mode| p(mode, "/methods/welch/p_value"));
    assert!(istio < linkerd);
    assert_eq!(p("istio", "/p_adjusted"), 2.0 * istio);
    assert_eq!(p("linkerd", "/p_adjusted"), linkerd);
    let report = case.read("out/study/report.md");
    assert!(report.contains("istio and linkerd against none"), "{report}");
}

#[test]
fn modes_without_a_scenario_in_common_are_not_called_one_mode() {
    let case = Case::new(&[("none-get-1.txt", wrk(10.0)), ("mesh-put-1.txt", wrk(12.0))]);
    let ended = case.analyze(&["--logs", "{mode}-{scenario}-{run}.txt"]).ok();
    assert!(!ended.stdout.contains("One mode"), "{}", ended.stdout);
    assert!(ended.stdout.contains("nothing is compared"), "{}", ended.stdout);
}

#[test]
fn a_set_up_that_differs_between_modes_is_noted() {
    let case = Case::empty();
    for run in 1..=3 {
        case.write(&format!("study/none/wrk-{run}.txt"), wrk_of(100, 10.0 + f64::from(run)));
        case.write(&format!("study/mesh/wrk-{run}.txt"), wrk_of(60, 15.0 + f64::from(run)));
        case.write(&format!("study/none/iperf3-{run}.json"), iperf3_with(10.0, 5, "cubic"));
        case.write(&format!("study/mesh/iperf3-{run}.json"), iperf3_with(10.0, 5, "bbr"));
    }
    let results = case.analyzed(&[]);
    let differs: Vec<(&str, &str)> = results["notes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|note| note["id"] == "setup-differs")
        .map(|note| (note["what"].as_str().unwrap(), note["detail"].as_str().unwrap()))
        .collect();
    assert_eq!(
        differs,
        [
            ("iperf3 ran with different congestion control in different modes", "none: cubic; mesh: bbr"),
            ("wrk ran with different connections in different modes", "none: 100; mesh: 60"),
        ]
    );
    assert!(!notes(&two_modes("none", "mesh").analyzed(&[])).contains(&"setup-differs"));
}

#[test]
fn a_copy_of_a_log_is_noted() {
    let case = two_modes("none", "mesh");
    case.write("study/mesh/run-10.txt", wrk(15.0));
    case.write("study/mesh/run-11.txt", wrk(16.0));
    for run in [20, 21] {
        // These are no runs at all.
        case.write(&format!("study/mesh/run-{run}.txt"), "unable to connect to 10.0.0.2:8080 Connection refused\n");
    }
    let results = case.analyzed(&["--skip-bad"]);
    assert!(notes(&results).contains(&"identical-logs"), "{:?}", notes(&results));
    let copies = "mesh/run-1.txt = mesh/run-10.txt; mesh/run-2.txt = mesh/run-11.txt";
    assert_eq!(results["notes"][0]["detail"], copies);
}

#[test]
fn a_set_up_that_differs_between_scenarios_only_is_as_it_should_be() {
    let case = Case::empty();
    for (scenario, connections) in [("c8", 8), ("c100", 100)] {
        for mode in ["none", "mesh"] {
            for run in 1..=2 {
                let latency = 10.0 + f64::from(run) + if mode == "mesh" { 0.5 } else { 0.0 };
                case.write(&format!("study/{scenario}/{mode}/{run}.txt"), wrk_of(connections, latency));
            }
        }
    }
    let results = case.analyzed(&[]);
    assert_eq!(notes(&results), ["few-runs"], "{}", results["notes"]);
    // One mode lacks a scenario: what is compared is alike all the same.
    case.write("study/c1000/mesh/1.txt", wrk_of(1000, 10.0));
    let results = case.analyzed(&[]);
    assert_eq!(notes(&results), ["few-runs"], "{}", results["notes"]);
    // And a difference within a scenario is found.
    case.write("study/c8/mesh/1.txt", wrk_of(20, 11.0));
    assert_eq!(notes(&case.analyzed(&[])), ["setup-differs", "few-runs"]);
}

// What stands in the output directory.

#[test]
fn an_earlier_runs_files_go_and_foreign_ones_stay() {
    let case = two_modes("none", "mesh");
    case.analyze(&["--format", "markdown"]).ok();
    let before = tree(&case.path("out"));
    assert!(before.iter().any(|(path, _)| path == "study/report.md"));
    case.write("out/study/notes.txt", "mine");
    case.write("out/other/report.md", "mine");
    let changed = before.iter().find(|(path, _)| path.starts_with("study/tables/")).map(|(path, _)| path.clone());
    case.analyze(&["--format", "csv"]).ok();
    let after: Vec<String> = tree(&case.path("out")).into_iter().map(|(path, _)| path).collect();
    assert!(!after.contains(&"study/report.md".to_owned()), "what an earlier run wrote is removed: {after:?}");
    assert!(after.contains(&"study/notes.txt".to_owned()), "what somebody else wrote stays");
    assert!(after.contains(&"other/report.md".to_owned()));
    assert!(!after.iter().any(|path| path.contains(".meshstats-")), "nothing temporary is left: {after:?}");
    if let Some(changed) = changed {
        assert!(!after.contains(&changed));
    }
}

#[test]
fn reports_in_the_study_are_no_input_of_the_next_run() {
    let case = two_modes("none", "mesh");
    ended_in(&case, "study", &["analyze", "."]).ok();
    let before = tree(&case.path("study/reports"));
    assert!(!before.is_empty());
    ended_in(&case, "study", &["analyze", "."]).ok();
    assert!(tree(&case.path("study/reports")) == before);
}

#[test]
fn a_report_that_was_edited_by_hand_is_not_deleted() {
    let case = two_modes("none", "mesh");
    case.analyze(&["--format", "markdown"]).ok();
    case.write("out/study/report.md", "edited");
    case.analyze(&["--format", "csv"]).ok();
    assert_eq!(case.read("out/study/report.md"), "edited");
}

#[test]
fn a_failure_leaves_the_reports_as_they_were() {
    let case = two_modes("none", "mesh");
    case.analyze(&[]).ok();
    let before = tree(&case.path("out"));
    case.write("study/mesh/run-9.txt", "");
    assert_eq!(case.analyze(&[]).code, 1);
    assert!(tree(&case.path("out")) == before);
}

#[test]
fn an_output_directory_that_cannot_be_made_is_named() {
    let case = two_modes("none", "mesh");
    case.write("out", "a file");
    let ended = case.analyze(&[]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("error: out/study: cannot be created ("), "{}", ended.stderr);
}

#[test]
fn quiet_prints_nothing() {
    let case = two_modes("none", "mesh");
    let ended = case.analyze(&["--quiet"]).ok();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert!(case.path("out/study/report.md").is_file());
}

#[test]
fn formats_that_are_not_asked_for_are_not_written() {
    let case = two_modes("none", "mesh");
    case.analyze(&["--format", "markdown,csv"]).ok();
    let paths: Vec<String> = tree(&case.path("out/study")).into_iter().map(|(path, _)| path).collect();
    assert!(
        paths.iter().any(|path| path == "report.md") && !paths.iter().any(|path| path.ends_with(".tex")),
        "{paths:?}"
    );
    for always in ["results.json", "runs.csv", "manifest.json", "figures/runs-latency-mean.svg"] {
        assert!(paths.iter().any(|path| path == always), "{always} is not written: {paths:?}");
    }
}

#[test]
fn the_mss_can_be_set() {
    let case = Case::empty();
    for run in 1..=2 {
        case.write(&format!("study/none/{run}.json"), iperf3(8.0, 100));
        case.write(&format!("study/mesh/{run}.json"), iperf3(8.0, 10));
    }
    let loss = |results: &Value| -> f64 {
        let sample = results["samples"].as_array().unwrap().iter().find(|s| s["metric"] == "loss_estimate").unwrap();
        sample["rate"]["rate"].as_f64().unwrap()
    };
    let of_log = case.analyzed(&[]);
    approx::assert_relative_eq!(loss(&of_log), 100.0 * 1448.0 / 1e10, max_relative = 1e-12);
    let set = case.analyzed(&["--mss", "1000"]);
    approx::assert_relative_eq!(loss(&set), 100.0 * 1000.0 / 1e10, max_relative = 1e-12);
    assert!(set["study"]["mss"].as_str().unwrap().starts_with("1000 bytes"), "{}", set["study"]["mss"]);
    case.write("study/meshstats.toml", "mss = 500\n");
    approx::assert_relative_eq!(loss(&case.analyzed(&["--mss", "from-log"])), loss(&of_log), max_relative = 1e-12);
}
