//! What is made of a corpus of real logs, where there is one beside the project; and the small commands.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use meshstats::metric::METRICS;
use meshstats::parse::FORMATS;
use meshstats::plot::WIDTHS;
use meshstats::render::OUTPUTS;
use meshstats::stats::METHODS;

use super::program::{Case, ended, iperf3, meshstats, program, root, wrk};

/// The outcome of every file of the corpus is the committed one: a change of a parser shows which logs it changes.
/// `UPDATE_GOLDEN=1` accepts.
#[test]
fn the_corpus_is_read_as_before() {
    let corpus = root().join("../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: there is no corpus beside the project");
        return;
    }
    let made = without_places(&ended(program().arg("ingest").arg(&corpus)).ok().stdout);
    let path = root().join("tests/corpus.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differing: Vec<String> = made
        .lines()
        .filter(|line| !committed.lines().any(|known| known == *line))
        .map(|line| format!("now:    {line}"))
        .chain(committed.lines().filter(|line| !made.lines().any(|l| l == *line)).map(|line| format!("before: {line}")))
        .collect();
    assert!(made == committed, "tests/corpus.txt (UPDATE_GOLDEN=1 accepts):\n{}", differing.join("\n"));
}

/// What `ingest` lists, without where the runs belong: a corpus is no study.
fn without_places(listed: &str) -> String {
    let header: Vec<char> = listed.lines().next().unwrap().chars().collect();
    let at = |name: &str| header.iter().collect::<String>().split(name).next().unwrap().chars().count();
    let ends = if listed.contains("  Mode") { at("Mode") } else { at("File") };
    let [runs, format, file, reason] = ["Runs", "Format", "File", "Reason"].map(at);
    let cut = |line: &str| {
        let cells =
            [(0, runs), (runs, format), (format, ends), (file, reason), (reason, usize::MAX)].map(|(from, to)| {
                let cell: String = line.chars().skip(from).take(to - from).collect();
                cell.trim().to_owned()
            });
        cells.join("  ").trim_end().to_owned()
    };
    let rows = listed.lines().take_while(|line| !line.is_empty());
    let totals = listed.lines().skip_while(|line| !line.is_empty());
    rows.map(cut).chain(totals.map(str::to_owned)).map(|line| line + "\n").collect()
}

#[test]
fn ingest_says_what_is_made_of_every_file() {
    let case = Case::new(&[
        ("none/run-1.txt", wrk(10.0)),
        ("none/run-2.txt", String::new()),
        ("none/two.txt", format!("{}{}", wrk(10.0), wrk(11.0))),
        ("mesh/run-1.json", iperf3(9.0, 1).replace("}}]", "}},]")),
        ("mesh/refused.txt", "unable to connect to 10.0.0.2:8080 Connection refused\n".to_owned()),
        ("notes.md", "how it was measured".to_owned()),
    ]);
    let table = case.run(&["ingest", "study"]).ok().stdout;
    let rows: Vec<Vec<&str>> =
        table.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(
        rows,
        [
            vec!["Outcome", "Runs", "Format", "Mode", "Scenario", "Run", "File", "Reason"],
            vec![
                "refused",
                "0",
                "wrk-text",
                "mesh/refused.txt",
                "wrk could not connect to 10.0.0.2:8080 (Connection refused)"
            ],
            vec![
                "repaired",
                "1",
                "iperf3-json",
                "mesh",
                "1",
                "mesh/run-1.json",
                "a comma before a closing bracket was left out (2 times)"
            ],
            vec!["read", "1", "wrk-text", "none", "1", "none/run-1.txt"],
            vec![
                "refused",
                "none/run-2.txt",
                "the file has no byte, though files named like it are logs: run it again, or move the file out of the study"
            ],
            vec!["read", "2", "wrk-text", "none", "two", "two#1 … #2", "none/two.txt"],
            vec!["ignored", "notes.md", "no known log format"],
            vec![],
            vec!["6 files: 2 read, 1 repaired, 1 ignored, 2 refused"],
        ]
    );
    let strict = case.run(&["ingest", "study", "--strict"]).ok().stdout;
    assert!(strict.ends_with("6 files: 2 read, 0 repaired, 1 ignored, 3 refused\n"), "{strict}");
    case.run(&["ingest", "absent"])
        .fails(1, "error: absent: is not a directory: give the directory that holds the logs\n");
}

/// The cells of what `ingest` lists, without empty ones.
fn listed(case: &Case, arguments: &[&str]) -> Vec<String> {
    let shown = case.run(&[&["ingest"], arguments].concat()).ok().stdout;
    let cells =
        |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("|");
    shown.lines().map(cells).collect()
}

#[test]
fn ingest_says_where_the_runs_belong() {
    let case = Case::empty();
    for (mode, block) in [("none", 1), ("mesh", 1), ("none", 2), ("mesh", 2)] {
        case.write(&format!("all/s/c10/block-{block}/{mode}.txt"), wrk(10.0));
    }
    case.write("all/s/meshstats.toml", "logs = \"{scenario}/block-{block}/{mode}.{ext}\"\n");
    case.write("all/s/c10/block-2/warmup.txt", wrk(99.0));
    case.write("all/s/other.txt", wrk(99.0));
    case.write("all/t/runs.csv", "mode,run,metric,value\nnone,1,x,2\nmesh,1,x,3\n");
    case.write("all/t/meshstats.toml", "");
    for line in [
        "Outcome|Runs|Format|Mode|Scenario|Block|Run|File|Reason",
        "read|1|wrk-text|mesh|c10|2|mesh|s/c10/block-2/mesh.txt",
        "ignored|wrk-text|s/c10/block-2/warmup.txt|a warm-up run",
        "ignored|wrk-text|s/other.txt|a log, but its path does not fit the pattern in `logs`",
        "read|table|t/runs.csv",
        "9 files: 5 read, 0 repaired, 4 ignored, 0 refused",
    ] {
        let lines = listed(&case, &["all"]);
        assert!(lines.iter().any(|known| known == line), "{line} is not in\n{}", lines.join("\n"));
    }
    // One mode in one scenario is no column's worth.
    case.write("one/1.txt", wrk(10.0));
    assert_eq!(listed(&case, &["one"])[0], "Outcome|Runs|Format|Run|File|Reason");
    // Where the paths do not tell, the files are listed all the same.
    for path in ["x/a", "x/b", "y/a", "y/b"] {
        case.write(&format!("two/{path}/1.txt"), wrk(10.0));
    }
    let lines = listed(&case, &["two"]);
    assert_eq!((lines[0].as_str(), lines.len()), ("Outcome|Runs|Format|File|Reason", 8), "{lines:?}");
    let why = "note: cannot tell which directories are the modes: level 1 (x, y); level 2 (a, b): say it with --logs ";
    assert!(lines[7].starts_with(why), "{lines:?}");
    assert!(listed(&case, &["two", "--logs", "{mode}/{scenario}/{run}.{ext}"])[0].contains("Mode|Scenario|Run|File"));
}

#[test]
fn list_names_all_that_is_registered() {
    let all = meshstats(&["list"]).ok().stdout;
    let lists: [(&str, Vec<&str>); 5] = [
        ("formats", FORMATS.iter().map(|format| format.id).collect()),
        ("metrics", METRICS.iter().map(|metric| &*metric.id).collect()),
        ("methods", METHODS.iter().map(|method| method.id).collect()),
        ("outputs", OUTPUTS.iter().map(|output| output.id).collect()),
        ("widths", WIDTHS.iter().map(|width| width.id).collect()),
    ];
    for (what, ids) in lists {
        let one = meshstats(&["list", what]).ok().stdout;
        assert!(all.contains(&one), "`list` holds `list {what}`");
        let listed: Vec<&str> = one.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(listed, ids);
        for line in one.lines() {
            assert!(line.split_whitespace().count() > 1 || line.to_lowercase() == what, "`{line}` says what it is");
        }
    }
    let ended = meshstats(&["list", "formts"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("formats"), "{}", ended.stderr);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = program().arg("list").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "Formats\n");
    // The pipe is closed now, as by `head -1`.
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

const SUBCOMMANDS: [&str; 7] = ["analyze", "ingest", "compare", "reconstruct", "list", "completions", "man"];

#[test]
fn completions_know_every_subcommand() {
    for shell in ["bash", "zsh", "fish"] {
        let script = meshstats(&["completions", shell]).ok().stdout;
        for word in SUBCOMMANDS.iter().copied().chain(["skip-bad", "figure-width"]) {
            assert!(script.contains(word), "{word} is not completed in {shell}");
        }
    }
    assert_eq!(meshstats(&["completions", "cmd.exe"]).code, 2);
}

#[test]
fn the_manual_has_every_subcommand_and_option() {
    let page = meshstats(&["man"]).ok().stdout;
    assert!(page.lines().any(|line| line.starts_with(".TH meshstats 1 ")), "it is a manual page");
    for name in SUBCOMMANDS {
        assert!(page.lines().any(|line| line.starts_with(&format!(".TH meshstats-{name} 1 "))), "{name} has no page");
    }
    assert!(page.contains(r"\-\-skip\-bad"), "options are explained");
}

#[test]
fn help_and_version_are_there() {
    let help = meshstats(&["--help"]).ok().stdout;
    for name in SUBCOMMANDS {
        assert!(help.lines().any(|line| line.trim_start().starts_with(name)), "{name} is not in\n{help}");
        let of_one = meshstats(&[name, "--help"]).ok().stdout;
        assert!(of_one.contains(&format!("Usage: meshstats {name}")), "{of_one}");
    }
    assert_eq!(meshstats(&["--version"]).ok().stdout, concat!("meshstats ", env!("CARGO_PKG_VERSION"), "\n"));
    let nothing = meshstats(&[]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.stderr.contains("Usage: meshstats"), "{}", nothing.stderr);
    let wrong = meshstats(&["analyse"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("'analyze'"), "{}", wrong.stderr);
}

#[test]
fn nothing_is_coloured_off_a_terminal() {
    let case = Case::new(&[("none/1.txt", wrk(10.0)), ("mesh/1.txt", wrk(12.0))]);
    let analyzed = case.run(&["analyze", "study"]).ok();
    let refused = case.run(&["analyze", "absent"]);
    let listed = ended(program().arg("list").env("NO_COLOR", "1")).ok();
    for text in [analyzed.stdout, analyzed.stderr, refused.stderr, listed.stdout] {
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
