//! The README tells the truth: its commands run, its table is the report's, its macro exists.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::latex::copy;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("README.md is text")
}

/// The lines of the fenced blocks of that language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(fence) => inside = fence == language,
            None if inside => lines.push(line.to_owned()),
            None => {}
        }
    }
    lines
}

#[test]
fn every_command_runs() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    copy(&root().join("data"), &dir.path().join("data"));
    let commands = blocks(&readme(), "sh");
    let mut run = 0;
    for line in &commands {
        // This test is part of what the second command runs.
        if line == "tests/run" {
            continue;
        }
        let arguments = line
            .strip_prefix("cargo run --release -- ")
            .or_else(|| line.strip_prefix("meshstats "))
            .unwrap_or_else(|| panic!("`{line}` is no command of meshstats"));
        let output = Command::new(env!("CARGO_BIN_EXE_meshstats"))
            .args(arguments.split_whitespace())
            .current_dir(dir.path())
            .output()
            .expect("the program can be started");
        assert!(output.status.success(), "`{line}`: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty(), "`{line}` says nothing");
        run += 1;
    }
    assert!(run >= 6, "only {run} commands were found");
    for file in ["report.md", "report.html", "report.tex", "numbers.tex", "runs.csv", "results.json", "manifest.json"] {
        assert!(dir.path().join("reports/istio-2025").join(file).is_file(), "{file} was not written");
    }
}

#[test]
fn the_table_is_the_report_s() {
    let readme = readme();
    let start = "<!-- table:istio-2025/comparison -->\n";
    let shown =
        readme.split_once(start).and_then(|(_, rest)| rest.split_once("<!-- /table -->")).map(|(table, _)| table);
    let report =
        fs::read_to_string(root().join("reports/istio-2025/tables/comparison.md")).expect("the report is committed");
    let table: String = report.lines().filter(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect();
    assert_eq!(shown, Some(table.as_str()));
    assert!(readme.lines().count() <= 150, "the README is longer than 150 lines");
}

#[test]
fn the_files_and_macros_of_the_paper_example_exist() {
    let numbers = fs::read_to_string(root().join("reports/istio-2025/numbers.tex")).expect("the report is committed");
    let lines = blocks(&readme(), "latex");
    assert!(!lines.is_empty(), "the README shows no LaTeX");
    for line in lines {
        if let Some(path) = line.strip_prefix(r"\input{").and_then(|rest| rest.split('}').next()) {
            assert!(root().join(format!("{path}.tex")).is_file(), "{path}.tex does not exist");
        }
        for name in
            line.split('\\').skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or(""))
        {
            if name.starts_with("Mesh") {
                assert!(numbers.contains(&format!(r"\{name}")), r"\{name} is not defined");
            }
        }
    }
}
