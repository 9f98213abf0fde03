//! What the Typst output is for: it compiles without a warning, alone and in a paper, and prints the words it was given.

use std::fs;
use std::path::Path;
use std::process::Command;

use meshstats::error::Problem;
use meshstats::plot;
use meshstats::render::{OUTPUTS, Templates};
use meshstats::report::model::{Block, Number, Report};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::golden::MADE;
use super::latex::{files, number, rendered, report, rich, write};
use super::program::root;
use super::render::{nasty, one_line};

/// Runs a Python script with the module `typst`, its arguments after it.
fn python(script: &str, arguments: &[&Path]) -> String {
    let python = root().join("target/oracles/bin/python");
    let output = Command::new(&python)
        .args(["-c", script])
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}: tests/run installs it", python.display()));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("No module named 'typst'"), "the module typst is missing: tests/run installs it");
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).expect("the script prints UTF-8")
}

/// Compiles the file to a PDF beside it with the fonts that Typst brings; fails on an error or a warning.
fn compile(file: &Path) {
    let script = "import sys, typst
try:
    pdf, warnings = typst.compile_with_warnings(sys.argv[1], ignore_system_fonts=True)
except typst.TypstError as error:
    sys.exit(error.diagnostic)
open(sys.argv[1][:-3] + 'pdf', 'wb').write(pdf)
print('\\n'.join(warning.message for warning in warnings))";
    assert_eq!(python(script, &[file]).trim(), "", "{}", file.display());
}

/// The words on the pages of a PDF.
fn words(pdf: &Path) -> String {
    let output = Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").output();
    let output = output.unwrap_or_else(|error| panic!("pdftotext: {error}: tests/run installs it"));
    let text = String::from_utf8(output.stdout).expect("pdftotext prints UTF-8");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn write_report(dir: &Path, report: &Report) {
    write(dir, &files("typst", report));
    fs::create_dir_all(dir.join("figures")).unwrap();
    for figure in report.figures() {
        fs::write(dir.join(format!("figures/{}.svg", figure.id)), plot::svg(figure, plot::Width::default())).unwrap();
    }
}

#[test]
fn every_report_compiles() {
    let dir = tempfile::tempdir().unwrap();
    let mut reports = Vec::new();
    for (path, contents) in MADE.iter() {
        let target = dir.path().join(path);
        fs::create_dir_all(target.parent().expect("it is below dir")).unwrap();
        fs::write(&target, contents).unwrap();
        if path.ends_with("/report.typ") {
            reports.push(target);
        }
    }
    assert!(reports.len() >= 2, "{reports:?}");
    for report in reports {
        compile(&report);
    }
}

#[test]
fn odd_reports_compile() {
    let dir = tempfile::tempdir().unwrap();
    let mut comma = rich();
    comma.locale = ','.into();
    let mut empty = report(vec![]);
    (empty.banner, empty.title) = (None, "\"//\" = #1".into());
    (empty.summary, empty.sections) = (vec![], vec![]);
    for (i, report) in [rich(), comma, empty].iter().enumerate() {
        let dir = dir.path().join(i.to_string());
        write_report(&dir, report);
        compile(&dir.join("report.typ"));
    }
    let words = words(&dir.path().join("1/report.pdf"));
    for part in [
        "With Istio & Envoy against Without Istio: mean latency +28.6 % [27.2, 30.1], worse; latency p99 +4 %",
        "1,23 ± 0,04",
        "[−10,1; 0,7]",
        "−0,2",
        "4,0 × 10−34",
        "Welch’s t test, two-sided",
        "a\\b~c^d|e{f}",
        "<10 % & $5 #1, [x] -- (y) *z*",
        "5 < 6 & 7 > 2, C:\\logs\\run_1, ~10 %.",
    ] {
        assert!(words.contains(part), "{part} is not in\n{words}");
    }
}

const PAPER: &str = r#"#set page(columns: 2)
#import "out/numbers.typ": *
= Latency rose by #mesh-latency-p99-difference-qty
It rose by #mesh-latency-p99-difference, #mesh-latency-p99-ci-qty, to #mesh-latency-mean-istio-qty (#mesh-latency-mean-p;);
#mesh-throughput-without-istio-c1024-qty #mesh-verdict-qty #mesh-none. Twice: #(2 * mesh-latency-p99-difference-raw).
See @own and @tab:sample-small.
#figure(include "out/tables/small.typ", caption: [Runs: #mesh-latency-p99-difference-qty]) <own>
#include "out/tables/small-figure.typ"
#include "out/tables/comparison-figure.typ"
#include "out/tables/wide-figure.typ"
#include "out/tables/runs-figure.typ"
"#;

/// In a paper of two columns, from another directory; the numbers in prose, in headings and in captions.
#[test]
fn paper_compiles() {
    let dir = tempfile::tempdir().unwrap();
    write_report(&dir.path().join("out"), &rich());
    fs::write(dir.path().join("paper.typ"), PAPER).unwrap();
    compile(&dir.path().join("paper.typ"));
    let words = words(&dir.path().join("paper.pdf"));
    for part in
        ["rose by +28.6 ms", "[−27.2, 30.1] %", "(12.3 ± 0.4) µs", "Twice: 57.22469", "100 % [slower]", "Table 2"]
    {
        assert!(words.contains(part), "{part} is not in\n{words}");
    }
}

/// Words that stand on one another, of those on the pages of a PDF.
fn overlapping(pdf: &Path) -> Vec<String> {
    let output = Command::new("pdftotext").arg("-bbox").arg(pdf).arg("-").output();
    let output = output.unwrap_or_else(|error| panic!("pdftotext: {error}: tests/run installs it"));
    let text = String::from_utf8(output.stdout).expect("pdftotext prints UTF-8");
    let mut found = Vec::new();
    for page in text.split("<page ").skip(1) {
        let words: Vec<([f64; 4], &str)> = page.lines().filter_map(word).collect();
        for (i, (a, text)) in words.iter().enumerate() {
            for (b, other) in &words[i + 1..] {
                // Lines are set closer than the boxes of their letters.
                if a[0] + 1.0 < b[2] && b[0] + 1.0 < a[2] && a[1] + 4.0 < b[3] && b[1] + 4.0 < a[3] {
                    found.push(format!("{text} and {other}"));
                }
            }
        }
    }
    found
}

/// `<word xMin="1" yMin="2" xMax="3" yMax="4">text</word>` as its box and text.
fn word(line: &str) -> Option<([f64; 4], &str)> {
    let mut parts = line.trim().strip_prefix("<word ")?.split('"');
    let mut next = || parts.nth(1)?.parse().ok();
    let bounds = [next()?, next()?, next()?, next()?];
    Some((bounds, line.rsplit_once("\">")?.1.trim_end_matches("</word>")))
}

/// The paper of tests/papers beside a fresh report of the study that it is about: wide tables float over both columns, and
/// no cell runs into another or is broken within a number.
#[test]
fn tables_stand_in_two_columns() {
    let dir = tempfile::tempdir().unwrap();
    super::latex::copy(&root().join("tests/papers"), dir.path());
    let run = Command::new(env!("CARGO_BIN_EXE_meshstats"))
        .args(["analyze", "--quiet", "--format", "typst"])
        .arg(root().join("data/istio-2025"))
        .arg("--out")
        .arg(dir.path().join("reports"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    compile(&dir.path().join("two-columns.typ"));
    let pdf = dir.path().join("two-columns.pdf");
    assert_eq!(overlapping(&pdf), Vec::<String>::new());
    let words = words(&pdf);
    for part in ["11.66 ± 0.25", "15.00 ± 0.22", "[27.1, 30.1]", "[−1984, −1792]"] {
        assert!(words.contains(part), "{part} is not in\n{words}");
    }
}

/// What Typst reads of the markup is the text, wherever it stands.
#[test]
fn text_comes_back() {
    let mut runner = TestRunner::deterministic();
    let texts: Vec<String> = (0..1000).map(|_| nasty().new_tree(&mut runner).unwrap().current()).collect();
    let report = report(texts.iter().map(|text| Block::Text { text: text.clone() }).collect());
    let dir = tempfile::tempdir().unwrap();
    let template = r#"#let plain(it) = if it.has("text") { it.text } else if it.has("children") { it.children.map(plain).join() } else if it == [ ] or it.func() == parbreak { " " } else if it.func() == smartquote { if it.double { panic("a quote") } else { "'" } } else { panic(repr(it)) }
{% for section in sections %}{% for block in section.blocks %}

#metadata((plain([
{{ block.text }}
]), {{ block.text | literal }})) <text>
{% endfor %}{% endfor %}
"#;
    fs::write(dir.path().join("report.typ"), template).unwrap();
    let templates = Templates::new(Some(dir.path())).unwrap();
    let typst = OUTPUTS.iter().find(|output| output.id == "typst").expect("it is registered");
    let made = dir.path().join("made");
    write(&made, &rendered(typst, &report, &templates).unwrap());
    let script = "import sys, typst
print(typst.query(sys.argv[1], '<text>', field='value'))";
    let read: Vec<[Option<String>; 2]> =
        serde_json::from_str(&python(script, &[&made.join("report.typ")])).expect("a query gives JSON");
    assert_eq!(read.len(), texts.len());
    for (text, [markup, literal]) in texts.iter().zip(read) {
        assert_eq!(markup.unwrap_or_default().trim_matches(' '), one_line(text), "as markup");
        assert_eq!(literal.unwrap_or_default(), one_line(text), "as a literal");
    }
}

fn numbers(keys: &[&[&str]]) -> Result<String, Problem> {
    let mut report = report(vec![]);
    let entry = |key: &&[&str]| Number {
        key: key.iter().map(|&word| word.into()).collect(),
        formatted: number("-1.5"),
        raw: "-1.5123".into(),
        unit: "ms".into(),
        definition: "It.".into(),
    };
    report.numbers = keys.iter().map(entry).collect();
    let typst = OUTPUTS.iter().find(|output| output.id == "typst").expect("it is registered");
    let files = rendered(typst, &report, &Templates::new(None).unwrap())?;
    let file = files.into_iter().find(|file| file.path == "numbers.typ").expect("it is written");
    Ok(String::from_utf8(file.contents).unwrap())
}

#[test]
fn numbers_have_three_forms() {
    let source = numbers(&[&["latency", "p99", "no-mesh"]]).unwrap();
    let expected = "// It.
#let mesh-latency-p99-no-mesh = [−1.5]
#let mesh-latency-p99-no-mesh-raw = -1.5123
#let mesh-latency-p99-no-mesh-qty = [−1.5~ms]
";
    assert!(source.ends_with(expected), "{source}");
}

#[test]
fn names_that_would_collide_are_told() {
    let problem = numbers(&[&["latency", "p99"], &["latency", "P99"]]).unwrap_err();
    assert_eq!(problem.fault.what, "“latency p99” and “latency P99” would both be mesh-latency-p99");
    let problem = numbers(&[&["latency", "raw"], &["latency"]]).unwrap_err();
    assert_eq!(problem.fault.what, "“latency raw” and “latency” would both be mesh-latency-raw");
}
