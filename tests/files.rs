//! What the program writes: nothing outside the place that was named, nothing half, nothing over files of the user's.

use std::fs;

use super::program::{Case, tree};

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
