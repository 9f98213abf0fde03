//! What the program writes: nothing outside the place that was named, nothing half, nothing over files of the user's.

use std::fs;

use super::program::{Case, tree, wrk};

/// A tidy table of two modes with three runs each, of these studies, scenarios and metrics.
fn table(keys: &[(&str, &str, &str)]) -> String {
    let mut text = "study,mode,scenario,run,metric,value\n".to_owned();
    for (study, scenario, metric) in keys {
        for (mode, base) in [("base", 10.0), ("mesh", 12.0)] {
            for run in 1..=3 {
                text.push_str(&format!("{study},{mode},{scenario},{run},{metric},{}\n", base + 0.1 * f64::from(run)));
            }
        }
    }
    text
}

/// The paths below the case's directory.
fn paths(case: &Case, below: &str) -> Vec<String> {
    tree(&case.path(below)).into_iter().map(|(path, _)| path).collect()
}

#[test]
fn the_name_of_a_study_leads_nowhere_else() {
    for (id, why) in [
        ("../esc", "holds a `/` or `\\`"),
        ("/tmp/meshstats-abs", "holds a `/` or `\\`"),
        ("a\\b", "holds a `/` or `\\`"),
        (".", "is no name of a new directory"),
        ("..", "is no name of a new directory"),
        ("a\u{7}b", "holds a control character"),
        ("", "is empty"),
    ] {
        let case = Case::empty();
        case.write("t.csv", table(&[(id, "", "frames")]).lines().take(2).collect::<Vec<_>>().join("\n"));
        let ended = case.run(&["analyze", "t.csv", "-o", "out", "--format", "csv"]);
        let shown = id.replace('\u{7}', "\u{fffd}");
        ended.fails(
            1,
            &format!(
                "error: t.csv:2: the name of the study, `{shown}`, {why}: name the study like a directory: its report is \
                 written to one of that name\n"
            ),
        );
        assert_eq!(paths(&case, "."), ["t.csv"]);
    }
}

#[test]
fn two_studies_are_not_written_over_each_other() {
    let case = Case::empty();
    case.write("study/t.csv", table(&[("lab", "", "frames"), ("Lab", "", "frames")]));
    let ended = case.analyze(&[]);
    assert!(ended.stderr.contains("is the study `Lab`, and so is study/t.csv (`lab`)"), "{}", ended.stderr);
    assert!(!case.path("out").exists());
}

#[test]
fn ids_are_names_of_files_and_no_paths() {
    let case = Case::empty();
    case.write(
        "t.csv",
        table(&[("s", "c/1", "frames"), ("s", "c-1", "frames"), ("s", "C-1", "frames"), ("s", "", "../../../x")]),
    );
    case.run(&["analyze", "t.csv", "-o", "out", "--format", "markdown,csv", "-q"]).ok();
    let all = paths(&case, ".");
    assert!(all.iter().all(|path| path == "t.csv" || path.starts_with("out/s/")), "{all:?}");
    let mut folded: Vec<String> = all.iter().map(|path| path.to_lowercase()).collect();
    folded.sort();
    folded.dedup();
    assert_eq!(folded.len(), all.len(), "names that differ in capitals only: {all:?}");
    // What the page links to is there.
    let page = case.read("out/s/report.md");
    let linked: Vec<&str> = page.split("](figures/").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(!linked.is_empty());
    for name in linked {
        assert!(case.path(&format!("out/s/figures/{}", name.replace("%20", " "))).exists(), "{name}");
    }
    assert!(fs::read_dir(case.path("out/s/figures")).unwrap().all(|entry| entry.unwrap().path().is_file()));
}

/// A study of logs, in `study/`.
fn logs() -> Case {
    let case = Case::empty();
    for (mode, base) in [("none", 10.0), ("mesh", 12.0)] {
        for run in 1..=3 {
            case.write(&format!("study/{mode}/run-{run}.txt"), wrk(base + 0.1 * f64::from(run)));
        }
    }
    case
}

#[cfg(unix)]
#[test]
fn one_file_is_written_through_links_and_into_pipes() {
    use std::os::unix::fs::{FileTypeExt, symlink};

    let case = logs();
    let gate = ["gate", "study", "--max-regression", "50%", "--junit"];
    case.write("real/out.xml", "old");
    symlink("real/out.xml", case.path("link.xml")).unwrap();
    case.run(&[&gate[..], &["link.xml"]].concat()).ok();
    assert!(fs::symlink_metadata(case.path("link.xml")).unwrap().is_symlink());
    assert!(case.read("real/out.xml").starts_with("<?xml"));
    // A link to what is not there yet.
    symlink("real/new.xml", case.path("dangling.xml")).unwrap();
    case.run(&[&gate[..], &["dangling.xml"]].concat()).ok();
    assert_eq!(case.read("real/new.xml"), case.read("real/out.xml"));
    // A link that leads to itself.
    symlink("loop.xml", case.path("loop.xml")).unwrap();
    let ended = case.run(&[&gate[..], &["loop.xml"]].concat());
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("error: loop.xml: cannot be written ("), "{}", ended.stderr);

    assert!(std::process::Command::new("mkfifo").arg(case.path("pipe")).status().unwrap().success());
    let pipe = case.path("pipe");
    let reader = std::thread::spawn(move || fs::read_to_string(pipe).unwrap());
    case.run(&[&gate[..], &["pipe"]].concat()).ok();
    assert_eq!(reader.join().unwrap(), case.read("real/out.xml"));
    assert!(fs::metadata(case.path("pipe")).unwrap().file_type().is_fifo());

    case.write("dir/inside", "");
    case.run(&[&gate[..], &["dir"]].concat()).fails(
        1,
        "error: dir: cannot be written (is a directory): a directory stands there: move it away, or choose another place\n",
    );
    case.run(&[&gate[..], &["real/out.xml/x"]].concat()).fails(
        1,
        "error: real/out.xml/x: cannot be written (not a directory): real/out.xml is not a directory: move it away, or \
         choose another place\n",
    );
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let case = logs();
    case.run(&["ingest", "study", "-o", "t.csv", "-q"]).ok();
    fs::set_permissions(case.path("t.csv"), fs::Permissions::from_mode(0o600)).unwrap();
    case.run(&["ingest", "study", "-o", "t.csv", "-q"]).ok();
    assert_eq!(fs::metadata(case.path("t.csv")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_hyphen_is_standard_output() {
    let case = logs();
    let xml = case.run(&["gate", "study", "--max-regression", "50%", "--junit", "-"]).ok().stdout;
    assert!(xml.starts_with("<?xml") && xml.ends_with("</testsuites>\n"), "{xml}");
    let ended = case.run(&["gate", "study", "--junit", "-", "--json"]);
    ended.fails(2, "error: --junit -: --json and --github print to standard output as well\n");
    let csv = case.run(&["ingest", "study", "-o", "-"]).ok().stdout;
    case.run(&["ingest", "study", "-o", "t.csv"]).ok();
    assert_eq!(csv, case.read("t.csv"));
    assert!(!case.path("-").exists());
}

#[test]
fn ingest_writes_over_its_own_tables_only() {
    let case = logs();
    for name in ["t.csv", "t.parquet"] {
        case.run(&["ingest", "study", "-o", name, "-q"]).ok();
        case.run(&["ingest", "study", "-o", name, "-q"]).ok();
        case.write(name, "name,age\nA,1\n");
        case.run(&["ingest", "study", "-o", name]).fails(
            1,
            &format!(
                "error: {name}: exists, and is not a table that `meshstats ingest` wrote: choose another name with --out, \
                 or move it away\n"
            ),
        );
        assert_eq!(case.read(name), "name,age\nA,1\n");
    }
    case.run(&["ingest", "study", "-o", "own.csv", "-q"]).ok();
    case.run(&["ingest", "own.csv", "-o", "own.csv"])
        .fails(1, "error: own.csv: is a table that is read here: choose another name with --out\n");
}

#[test]
fn reconstruct_keeps_logs_that_it_did_not_make() {
    let case = Case::empty();
    fs::copy(super::program::root().join("data/istio-2025/claims.toml"), case.path("claims.toml")).unwrap();
    let reconstruct = |more: &[&str]| case.run(&[&["reconstruct", "claims.toml", "-o", "logs", "-q"], more].concat());
    let made = |case: &Case| tree(&case.path("logs"));
    case.write("logs/no-mesh/wrk/measured.txt", wrk(3.0));
    let before = made(&case);
    reconstruct(&[]).fails(
        1,
        "error: logs/no-mesh/wrk/measured.txt: exists, and is not of an earlier reconstruction: choose another directory \
         with --out, or move it away\n",
    );
    assert!(made(&case) == before);
    fs::remove_dir_all(case.path("logs")).unwrap();

    reconstruct(&[]).ok();
    let first = made(&case);
    // The same again, others instead of them, and the same without the record of them.
    reconstruct(&[]).ok();
    assert!(made(&case) == first);
    reconstruct(&["--seed", "2"]).ok();
    assert!(made(&case) != first);
    reconstruct(&[]).ok();
    fs::remove_file(case.path("logs/.reconstruct.json")).unwrap();
    reconstruct(&[]).ok();
    assert!(made(&case) == first);

    case.write("logs/no-mesh/wrk/run-01.txt", wrk(3.0));
    let ended = reconstruct(&[]);
    assert!(ended.stderr.starts_with("error: logs/no-mesh/wrk/run-01.txt: exists, and is not of an earlier"));
}

#[test]
fn templates_are_exported_whole_or_not_at_all() {
    let case = Case::empty();
    case.write("taken", "a file");
    case.run(&["templates", "export", "taken"]).fails(
        1,
        "error: taken: cannot be created (not a directory): taken is not a directory: move it away, or choose another \
         place\n",
    );
    case.run(&["templates", "export", "taken/below"]).fails(
        1,
        "error: taken/below: cannot be created (not a directory): taken is not a directory: move it away, or choose \
         another place\n",
    );
    // One cannot be replaced: none is written.
    fs::create_dir_all(case.path("set/table.typ")).unwrap();
    assert_eq!(case.run(&["templates", "export", "set", "--force"]).code, 1);
    assert_eq!(fs::read_dir(case.path("set")).unwrap().count(), 1);
}

#[test]
fn a_report_that_cannot_be_replaced_stays_as_it_was() {
    let case = logs();
    case.analyze(&["--format", "csv", "-q"]).ok();
    fs::remove_file(case.path("out/study/runs.csv")).unwrap();
    case.write("out/study/runs.csv/mine", "");
    let before = tree(&case.path("out"));
    case.write("study/mesh/run-4.txt", wrk(15.0));
    let ended = case.analyze(&["--format", "csv", "-q"]);
    assert!(
        ended.stderr.starts_with("error: out/study/runs.csv: cannot be replaced (is a directory)"),
        "{}",
        ended.stderr
    );
    assert!(tree(&case.path("out")) == before);
    assert!(staged(&case, "out/study").is_empty());
}

/// Staged files and directories.
fn staged(case: &Case, dir: &str) -> Vec<String> {
    let entries = fs::read_dir(case.path(dir)).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".meshstats-")).collect()
}

#[test]
fn what_a_killed_run_left_is_swept_up() {
    let case = logs();
    case.analyze(&["--format", "csv", "-q"]).ok();
    for dead in ["out/study/.meshstats-aB3dE6/tables/x.csv", "out/study/.meshstats-Zz0000", ".meshstats-aaaaaa"] {
        case.write(dead, "half");
    }
    // Another that is at work holds its lock; and a name that is not quite one of ours is the user's.
    case.write("out/study/.meshstats-living1/x", "");
    fs::create_dir(case.path("out/study/.meshstats-locked")).unwrap();
    let lock = fs::File::open(case.path("out/study/.meshstats-locked")).unwrap();
    lock.lock().unwrap();
    let said = case.run(&["verify", "study", "--against", "out"]).ok().stdout;
    assert!(
        said.contains(
            "out/study: an interrupted run left .meshstats-Zz0000, .meshstats-aB3dE6: the next `analyze` removes"
        ),
        "{said}"
    );
    case.analyze(&["--format", "csv", "-q"]).ok();
    let mut left = staged(&case, "out/study");
    left.sort();
    assert_eq!(left, [".meshstats-living1", ".meshstats-locked"]);
    case.run(&["ingest", "study", "-o", "t.csv", "-q"]).ok();
    assert!(staged(&case, ".").is_empty());
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_nothing_staged() {
    use std::os::unix::process::ExitStatusExt;

    let case = logs();
    case.analyze(&["-q"]).ok();
    for signal in ["TERM", "HUP", "INT", "TERM"] {
        let mut child = super::program::program()
            .args(["analyze", "study", "-o", "out", "-q"])
            .current_dir(case.path("."))
            .spawn()
            .unwrap();
        while child.try_wait().unwrap().is_none() && staged(&case, "out/study").is_empty() {}
        std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        assert!(status.success() || status.signal().is_some(), "{status}");
        assert_eq!(staged(&case, "out/study"), Vec::<String>::new(), "after SIG{signal}");
        case.run(&["verify", "study", "--against", "out", "-q"]).ok();
    }
}

/// A kill between two renames leaves the first files new and the others, the manifest among them, old.
#[test]
fn a_mixture_of_two_reports_is_told() {
    let case = logs();
    let options = ["--format", "csv,markdown", "-q"];
    case.analyze(&options).ok();
    let old = tree(&case.path("out/study"));
    case.write("study/mesh/run-4.txt", wrk(15.0));
    case.analyze(&options).ok();
    let changed: Vec<_> = old
        .iter()
        .filter(|(path, contents)| {
            path != "manifest.json" && fs::read(case.path("out/study").join(path)).unwrap() != *contents
        })
        .collect();
    assert!(changed.len() > 3);
    for (path, contents) in changed.into_iter().take(4) {
        let new = fs::read(case.path("out/study").join(path)).unwrap();
        case.write(&format!("out/study/{path}"), contents);
        assert_eq!(case.run(&["verify", "study", "--against", "out"]).code, 1, "{path}");
        case.write(&format!("out/study/{path}"), new);
    }
    case.run(&["verify", "study", "--against", "out"]).ok();
}

/// Only `analyze` knows which files of an earlier report are not made any more.
#[test]
fn other_commands_remove_nothing_of_a_report() {
    let case = logs();
    case.analyze(&["--format", "csv", "-q"]).ok();
    let report = paths(&case, "out/study");
    case.run(&["templates", "export", "out/study", "-q"]).ok();
    case.run(&["plan", "study", "--metric", "latency_mean", "-o", "out/study", "-q"]).ok();
    let now = paths(&case, "out/study");
    assert!(now.len() > report.len() && report.iter().all(|path| now.contains(path)), "{report:?} {now:?}");
}
