//! What the LaTeX output is for: it compiles, with pdfLaTeX and LuaLaTeX, without a warning or an overfull box.

use std::fs;
use std::path::Path;
use std::process::Command;

use meshstats::error::Problem;
use meshstats::plot;
use meshstats::render::{File, Material, OUTPUTS, Output, Templates};
use meshstats::report::figure::{Drawing, Figure, Forest};
use meshstats::report::model::{Align, Block, Cell, Change, Column, Headline, Number, Outcome, Report, Section, Table};
use meshstats::report::style::{NOTES, Notes, Style, TABLES, Tables};

use super::program::tree;

pub const ENGINES: [&str; 2] = ["pdflatex", "lualatex"];

/// Compiles `file` in `dir` with each engine, as often as it takes, and fails on an error, a warning (about fonts too), or a
/// box that is overfull or underfull. The PDF of pdfLaTeX stays as `<file>-pdflatex.pdf`, that of LuaLaTeX likewise.
pub fn compile(dir: &Path, file: &str) {
    for engine in ENGINES {
        compile_with(engine, dir, file);
    }
}

pub fn compile_with(engine: &str, dir: &Path, file: &str) {
    let job = format!("{}-{engine}", file.trim_end_matches(".tex"));
    let run = || {
        let output = Command::new(engine)
            .args(["-interaction=nonstopmode", "-halt-on-error", "-jobname", &job, file])
            // The log is read line by line; and a PDF should not depend on the day.
            .envs([("max_print_line", "10000"), ("SOURCE_DATE_EPOCH", "0"), ("FORCE_SOURCE_DATE", "1")])
            .current_dir(dir)
            .output()
            .unwrap_or_else(|error| panic!("{engine}: {error}: install TeX Live to run this test"));
        let log = String::from_utf8_lossy(&fs::read(dir.join(format!("{job}.log"))).unwrap_or_default()).into_owned();
        assert!(output.status.success(), "{engine} {file} stopped:\n{}", errors(&log));
        log
    };
    run();
    let mut log = run();
    // A long table learns the width of its columns from the run before.
    if log.contains("Rerun") {
        log = run();
    }
    let complaints = complaints(&log);
    assert!(complaints.is_empty(), "{engine} {file}:\n{}", complaints.join("\n"));
}

fn errors(log: &str) -> String {
    let from = log.lines().skip_while(|line| !line.starts_with('!'));
    from.take(12).collect::<Vec<_>>().join("\n")
}

fn complaints(log: &str) -> Vec<String> {
    let begins = ["Overfull", "Underfull", "Missing character"];
    let complains = |line: &&str| begins.iter().any(|start| line.starts_with(start)) || line.contains("Warning:");
    log.lines().filter(complains).map(str::to_owned).collect()
}

pub fn write(dir: &Path, files: &[File]) {
    for file in files {
        let path = dir.join(&file.path);
        fs::create_dir_all(path.parent().expect("it is below dir")).unwrap();
        fs::write(path, &file.contents).unwrap();
    }
}

pub fn files(output: &str, report: &Report) -> Vec<File> {
    let output = OUTPUTS.iter().find(|o| o.id == output).expect("the output is registered");
    rendered(output, report, &Templates::new(None).unwrap()).unwrap()
}

/// What `output` makes of a report and its figures.
pub fn rendered(output: &Output, report: &Report, templates: &Templates) -> Result<Vec<File>, Problem> {
    styled(output, report, templates, Style::default())
}

fn styled(output: &Output, report: &Report, templates: &Templates, style: Style) -> Result<Vec<File>, Problem> {
    let figures =
        report.figures().map(|figure| (figure.id.clone(), plot::draw(figure, plot::Width::default()))).collect();
    output.files(&Material { report, figures: &figures, templates, style })
}

/// A figure's PDF of `width` by `height` mm.
fn write_figure(dir: &Path, id: &str, width: u32, height: u32) {
    let source = format!(
        r"\documentclass{{article}}\usepackage[paperwidth={width}mm,paperheight={height}mm,margin=5mm]{{geometry}}
        \pagestyle{{empty}}\begin{{document}}\noindent\rule{{\linewidth}}{{\dimexpr\textheight-2pt}}\end{{document}}"
    );
    let figures = dir.join("figures");
    fs::create_dir_all(&figures).unwrap();
    fs::write(figures.join(format!("{id}.tex")), source).unwrap();
    compile_with("pdflatex", &figures, &format!("{id}.tex"));
    fs::rename(figures.join(format!("{id}-pdflatex.pdf")), figures.join(format!("{id}.pdf"))).unwrap();
}

pub fn text(text: &str) -> Cell {
    Cell::Text { text: text.into() }
}

pub fn number(text: &str) -> Cell {
    Cell::Number { text: text.into() }
}

pub fn plus_minus(centre: &str, spread: &str) -> Cell {
    Cell::PlusMinus { centre: centre.into(), spread: spread.into() }
}

pub fn interval(lower: &str, upper: &str) -> Cell {
    Cell::Interval { lower: lower.into(), upper: upper.into() }
}

pub fn table(id: &str, caption: &str, columns: &[(&str, Align)], rows: Vec<Vec<Cell>>, notes: &[&str]) -> Table {
    Table {
        id: id.into(),
        caption: caption.into(),
        columns: columns.iter().map(|&(header, align)| Column { header: header.into(), align }).collect(),
        rows,
        metrics: vec![],
        notes: notes.iter().map(|&note| note.into()).collect(),
        aside: false,
    }
}

pub fn report(blocks: Vec<Block>) -> Report {
    Report {
        id: "sample".into(),
        title: "Latency & throughput of a service mesh (100 % reconstructed)".into(),
        banner: Some("Reconstructed from published summary statistics; these are not measurements.".into()),
        headline: vec![Headline {
            place: "With Istio & Envoy against Without Istio".into(),
            changes: [
                ("mean latency +28.6 % [27.2, 30.1], worse", Outcome::Worse),
                ("latency p99 +4 % [−2, 10]", Outcome::NotShown),
            ]
            .map(|(text, outcome)| Change { text: text.into(), outcome, metric: String::new() })
            .to_vec(),
        }],
        metrics: vec![],
        summary: vec![
            "With Istio the mean latency is 28.6 % higher, 95 % CI [27.2, 30.1], p < 0.001.".into(),
            "[Throughput] does not differ: −0.3 Gbit/s ± 0.4 Gbit/s, Hedges’ g ≈ 0.1.".into(),
        ],
        sections: vec![Section { id: "results".into(), title: "Results: p99_latency & <c64>".into(), blocks }],
        numbers: vec![],
        generator: "meshstats 0.1.0".into(),
        locale: '.'.into(),
    }
}

fn comparison() -> Table {
    use Align::{Centre, Left, Number};
    table(
        "comparison",
        "Istio against no mesh: mean ± SD over the runs, differences with 95 % confidence intervals",
        &[
            ("Metric", Left),
            ("Connections", Number),
            ("Without Istio", Centre),
            ("With Istio", Centre),
            ("Difference", Number),
            ("95 % CI of the difference", Centre),
            ("Change (%)", Number),
            ("Hedges’ g", Number),
            ("p", Number),
            ("p (Holm)", Number),
        ],
        vec![
            vec![
                text("Mean latency (ms)"),
                number("1"),
                plus_minus("1.23", "0.04"),
                plus_minus("10.58", "0.11"),
                number("+9.35"),
                interval("9.21", "9.49"),
                number("+760.2"),
                number("11.1"),
                number("4.0e-34"),
                number("<1e-300"),
            ],
            vec![
                text("p99 latency (ms)"),
                number("64"),
                plus_minus("4.1", "1.3"),
                plus_minus("3.9", "1.1"),
                number("-0.2"),
                interval("-10.1", "0.7"),
                number("-4.9"),
                number("-0.16"),
                number("0.62"),
                number("1"),
            ],
            vec![
                text("Retransmissions"),
                number("1024"),
                Cell::Missing,
                plus_minus("123.1", "20.2"),
                Cell::Missing,
                Cell::Missing,
                Cell::Missing,
                number("≈0.33"),
                text("not tested"),
                number("<0.001"),
            ],
        ],
        &[
            "Welch’s t test, two-sided; Holm’s correction over the 12 comparisons of this table.",
            "Intervals: Welch–Satterthwaite, 95 %. 10 runs of each mode; meshstats 0.1.0.",
            "—: no retransmission was counted without Istio.",
        ],
    )
}

fn rejected() -> Table {
    let row = |path: &str, what: &str, remedy: &str| vec![text(path), text(what), text(remedy)];
    table(
        "rejected",
        "What was left out, and why",
        &[("Log", Align::Left), ("What is wrong", Align::Left), ("What to do", Align::Left)],
        vec![
            row(
                "raw/with-istio/connections_64/payload_1024/run-03/wrk.latency.with.a.very.long.name.txt",
                "the latency distribution is missing: \"Latency Distribution\" was expected after line 4",
                "run wrk with --latency; `wrk2` prints it as “Detailed Percentile spectrum”",
            ),
            row(
                "a\\b~c^d|e{f}",
                "<10 % & $5 #1, [x] -- (y) *z*",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            row("[bracket]", "(paren)", "*star*"),
        ],
        &["[1] Files are named by their path below the study's directory."],
    )
}

fn small() -> Table {
    let rows = vec![
        vec![text("Without Istio"), number("10"), number("12.3")],
        vec![text("[With] Istio"), number("10"), Cell::Missing],
    ];
    table(
        "small",
        "Runs of each mode",
        &[("Mode", Align::Left), ("Runs", Align::Number), ("Throughput (Gbit/s)", Align::Number)],
        rows,
        &["*Runs* are executions of one tool. The median of ten executions of 30 s is given, as in the other tables."],
    )
}

fn wide() -> Table {
    let mut columns = vec![("Metric, scenario and baseline", Align::Left)];
    let mut row = vec![text("Mean latency (ms), 64 connections, 1 KiB, against Without Istio")];
    for _ in 0..4 {
        columns.extend([("Mean ± SD (ms)", Align::Centre), ("95 % CI of the difference (ms)", Align::Centre)]);
        row.extend([plus_minus("1234.5", "123.4"), interval("-1234.5", "+1234.5")]);
    }
    table("wide", "A table for a page on its side", &columns, vec![row.clone(), row], &["A note."])
}

fn runs(count: usize) -> Table {
    let columns = [
        ("Run", Align::Left),
        ("Mean latency (ms)", Align::Number),
        ("p99 (ms)", Align::Number),
        ("95 % CI", Align::Centre),
    ];
    let row = |i: usize| {
        vec![text(&format!("run_{i}")), number(&format!("{i}.25")), number(&format!("-{i}.5")), interval("1.2", "3.4")]
    };
    table("runs", "Every run & its numbers", &columns, (1..=count).map(row).collect(), &["Means of 30 s.", "[b]"])
}

fn symbols() -> Table {
    let rows = [
        "µs μ σ ± × − — – ≈ ≤ ≥ … ∞ → ° · ² ⁻¹ ₂ € № ™ † ‰",
        "“double” ‘single’ „low‚ «guillemets» ‹single› \"straight\" 'single' ''two'' ,, `` -- --- !` ?` << >>",
        "àéîõüçñ ĀăąĆčďđēěğģĥĩīİıĵķĺļľłńņňŋōőœŕřśşšţťũūůűųŵŷźžȘșȚț ÆØÞßæøþð",
        "¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿×÷",
        "αβγδεζηθικλμνξπρστυφχψω ΓΔΘΛΞΠΣΦΨΩ",
        "emoji 😀, right-to-left שלום مرحبا, 中文 and e\u{301}, a\u{a0}b\u{202f}c\u{ad}d, a\u{202e}b, bell \u{7}, a\nb",
        "% & # $ _ { } ~ ^ \\ < > | \\\\ \\end{tabular} ^^41 \\input{x}",
        "*",
        "(",
        "[",
        "",
    ];
    let rows = rows.iter().map(|row| vec![text(row), number("1")]).collect();
    table(
        "symbols",
        "Symbols: µ, 50 %, a_b, “q”, [x]",
        &[("Text", Align::Left), ("n", Align::Number)],
        rows,
        &["% ± 😀"],
    )
}

fn figure(id: &str) -> Figure {
    Figure {
        id: id.into(),
        metric: None,
        caption: "Change of the mean latency (%), n = 10 runs each; bars are 95 % confidence intervals".into(),
        alt: "Forest plot: [a], 50 % & more_less, {x}, y = 1".into(),
        drawing: Drawing::Forest(Forest { axis: "Change (%)".into(), rows: vec![] }),
        locale: '.'.into(),
    }
}

fn numbers() -> Vec<Number> {
    let entry = |key: &[&str], formatted: Cell, raw: &str, unit: &str| Number {
        key: key.iter().map(|&word| word.into()).collect(),
        formatted,
        raw: raw.into(),
        unit: unit.into(),
        definition: "Difference of the means, with Istio − without | in ms.".into(),
    };
    vec![
        entry(&["latency", "p99", "difference"], number("+28.6"), "28.612345", "ms"),
        entry(&["latency", "p99", "ci"], interval("-27.2", "30.1"), "-27.2123", "%"),
        entry(&["latency", "mean", "istio"], plus_minus("12.3", "0.4"), "12.3123", "µs"),
        entry(&["latency", "mean", "p"], number("<1e-300"), "0", ""),
        entry(&["throughput", "without-istio", "c1024"], number("≈4.0e-34"), "4.0123e-34", "Gbit/s"),
        entry(&["verdict"], text("100 % [slower]"), "", ""),
        entry(&["none"], Cell::Missing, "", "ms"),
    ]
}

pub fn rich() -> Report {
    let mut report = report(vec![
        Block::Text { text: "(The) text of a section: 5 < 6 & 7 > 2, C:\\logs\\run_1, ~10 %.".into() },
        Block::List {
            items: vec!["[first] item".into(), "second: data/istio-2025/raw/with-istio/c64/run-01/wrk.txt".into()],
        },
        Block::Table(comparison()),
        Block::Figure(figure("forest-latency")),
        Block::Table(small()),
        Block::Table(rejected()),
        Block::Table(symbols()),
        Block::Table(wide()),
        Block::Table(runs(70)),
    ]);
    report.numbers = numbers();
    report
}

fn in_temporary_directory(report: &Report, test: impl FnOnce(&Path)) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &files("latex", report));
    write_figure(dir.path(), "forest-latency", 178, 60);
    test(dir.path());
}

#[test]
fn report_compiles() {
    in_temporary_directory(&rich(), |dir| {
        compile(dir, "report.tex");
        for engine in ENGINES {
            let labels = fs::read_to_string(dir.join(format!("report-{engine}.aux"))).unwrap();
            for label in [
                "tab:sample-comparison",
                "tab:sample-small",
                "tab:sample-rejected",
                "tab:sample-symbols",
                "tab:sample-wide",
                "tab:sample-runs",
                "fig:sample-forest-latency",
            ] {
                assert!(labels.contains(&format!(r"\newlabel{{{label}}}")), "{engine} did not print {label}");
            }
        }
    });
}

#[test]
fn report_compiles_with_siunitx_2() {
    in_temporary_directory(&rich(), |dir| {
        replace(dir, "preamble.tex", r"\usepackage{siunitx}", r"\usepackage{siunitx}[=v2]");
        compile_with("pdflatex", dir, "report.tex");
    });
}

#[test]
fn decimal_comma_compiles() {
    let mut report = rich();
    report.locale = ','.into();
    in_temporary_directory(&report, |dir| {
        compile_with("pdflatex", dir, "report.tex");
    });
}

/// pdfLaTeX sets Cyrillic in T2A fonts, which TeX Live has in a collection of its own: so LuaLaTeX only.
#[test]
fn cyrillic_compiles() {
    let mut report = report(vec![
        Block::Text { text: "Задержка «с Istio» выше на 28,6 % — p < 0,001; №1.".into() },
        Block::Table(small()),
    ]);
    report.title = "Задержка и пропускная способность".into();
    report.locale = ','.into();
    in_temporary_directory(&report, |dir| {
        compile_with("lualatex", dir, "report.tex");
    });
}

const PAPER: &str = r"\documentclass[twocolumn]{article}
\usepackage[letterpaper, margin=19mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usepackage[hidelinks]{hyperref}
\input{out/preamble}
\input{out/numbers}
\begin{document}
\listoftables
\section{Latency rose by \MeshLatencyPninetynineDifferenceQty}
\input{out/numbers}
Latency rose by \MeshLatencyPninetynineDifference{} (\MeshLatencyPninetynineCiQty, \(p \mathrel{\MeshLatencyMeanP}\)), to
\MeshLatencyMeanIstioQty{} or \MeshLatencyMeanIstio; \MeshThroughputWithoutIstioConethousandtwentyfourQty. \MeshVerdictQty
\MeshNone. As in \num{\MeshLatencyPninetynineDifferenceRaw} and
\the\dimexpr\MeshLatencyPninetynineDifferenceRaw pt\relax, see Tables~\ref{tab:sample-small} and~\ref{tab:sample-comparison}.
\begin{table}
  \centering
  \caption{Runs: \MeshLatencyPninetynineDifferenceQty, \MeshLatencyPninetynineCi, \MeshLatencyMeanIstioQty}
  \input{out/tables/small}
\end{table}
\input{out/tables/small-float}
\input{out/tables/comparison-float}
\input{out/tables/rejected-float}
\end{document}
";

/// In a paper of two columns, from another directory; the numbers in prose, in headings and in captions.
#[test]
fn paper_compiles() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("out"), &files("latex", &rich()));
    fs::write(dir.path().join("paper.tex"), PAPER).unwrap();
    compile(dir.path(), "paper.tex");
    replace(dir.path(), "out/preamble.tex", r"\usepackage{siunitx}", r"\usepackage{siunitx}[=v2]");
    compile_with("pdflatex", dir.path(), "paper.tex");
}

/// A table that is longer than a page says so, once, and the rest of a paper of two columns is there.
#[test]
fn long_tables_ask_for_one_column() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("out"), &files("latex", &rich()));
    let paper = |inside: &str| {
        format!(
            "\\documentclass[twocolumn]{{article}}\n\\usepackage[letterpaper, margin=19mm]{{geometry}}\n\\input{{out/preamble}}\n\
             \\begin{{document}}\n{inside}\n\\input{{out/tables/runs-float}}\nThe end.\n\\end{{document}}\n"
        )
    };
    fs::write(dir.path().join("one.tex"), paper("\\onecolumn")).unwrap();
    compile_with("pdflatex", dir.path(), "one.tex");
    fs::write(dir.path().join("two.tex"), paper("")).unwrap();
    let run = Command::new("pdflatex").args(["-interaction=nonstopmode", "two.tex"]).current_dir(dir.path()).output();
    let log = String::from_utf8_lossy(&run.unwrap().stdout).into_owned();
    assert_eq!(log.lines().filter(|line| line.starts_with('!')).count(), 1, "{log}");
    for part in ["Package meshstats Error: Table sample-runs is left out", "which takes one column. Put it after"] {
        assert!(log.contains(part), "{part} is not in\n{log}");
    }
    assert!(dir.path().join("two.pdf").exists());
}

/// One rule for all cells: siunitx, which sets the S columns, groups five digits and more on both sides.
#[test]
fn digits_are_grouped_as_in_s_columns() {
    let cells =
        vec![vec![interval("-35516", "24547"), interval("0.0000321", "1234.5678"), plus_minus("123456", "1234")]];
    let columns = [("a", Align::Centre), ("b", Align::Centre), ("c", Align::Centre)];
    let files = latex(&report(vec![Block::Table(table("t", "c", &columns, cells, &[]))]), Style::default());
    let bare = source(&files, "tables/t.tex");
    for cell in [r"$[-35\,516,\, 24\,547]$", r"$[0.000\,032\,1,\, 1234.5678]$", r"$123\,456$ & $1234$"] {
        assert!(bare.contains(cell), "{cell} is not in\n{bare}");
    }
}

/// The LaTeX files of `report` in that style.
fn latex(report: &Report, style: Style) -> Vec<File> {
    let output = OUTPUTS.iter().find(|output| output.id == "latex").expect("the output is registered");
    styled(output, report, &Templates::new(None).unwrap(), style).unwrap()
}

fn source<'a>(files: &'a [File], path: &str) -> &'a str {
    let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}"));
    std::str::from_utf8(&file.contents).unwrap()
}

/// `rich` with emphasised cells of every kind, and a table that stands aside.
pub fn emphasised() -> Report {
    let mut report = rich();
    for block in &mut report.sections[0].blocks {
        if let Block::Table(table) = block {
            let cells = table.rows.iter_mut().step_by(2).flatten();
            cells.filter(|cell| **cell != Cell::Missing).for_each(|cell| *cell = cell.clone().strong());
        }
    }
    let aside = Table { id: "aside".into(), aside: true, ..small() };
    report.sections[0].blocks.push(Block::Table(aside));
    report
}

/// Every way to set tables and notes, with cells in bold, in both versions of siunitx.
#[test]
fn every_style_compiles() {
    for &tables in TABLES {
        for &notes in NOTES {
            let dir = tempfile::tempdir().unwrap();
            let files = latex(&emphasised(), Style { notes, tables, bold_best: true });
            write(dir.path(), &files);
            write_figure(dir.path(), "forest-latency", 178, 60);
            compile_with("pdflatex", dir.path(), "report.tex");
            if notes == Notes::ThreePartTable {
                compile_with("lualatex", dir.path(), "report.tex");
                replace(dir.path(), "preamble.tex", r"\usepackage{siunitx}", r"\usepackage{siunitx}[=v2]");
                compile_with("pdflatex", dir.path(), "report.tex");
            }

            let float = source(&files, "tables/comparison-float.tex");
            let long = tables == Tables::Longtable;
            assert_eq!(float.contains(r"\begin{threeparttable}"), notes == Notes::ThreePartTable && !long, "{float}");
            assert_eq!(float.contains(r"\begin{longtable}"), long, "{float}");
            assert_eq!(float.contains(r"\begin{tblr}"), tables == Tables::Tabularray, "{float}");
            let note = "Welch's t test, two-sided";
            let line = float.lines().find(|line| line.contains(note)).expect("the notes are there");
            assert_eq!(line.starts_with('%'), notes == Notes::None, "{line}");
            let bare = source(&files, "tables/comparison.tex");
            assert_eq!(bare.contains(r"\begin{tblr}"), tables == Tables::Tabularray, "{bare}");
            let preamble = source(&files, "preamble.tex");
            assert_eq!(preamble.contains(r"\UseTblrLibrary{booktabs,siunitx}"), tables == Tables::Tabularray);
            assert_eq!(preamble.contains("threeparttable"), notes == Notes::ThreePartTable && !long, "{preamble}");
        }
    }
}

/// Cells in bold keep their places: what siunitx would have filled is there, and not to be seen.
#[test]
fn bold_keeps_the_places_of_digits() {
    let cells = vec![
        vec![plus_minus("12.345", "0.1").strong(), number("-1.5")],
        vec![plus_minus("1.2", "10.25"), number("2").strong()],
        vec![plus_minus("1.2", "0.05").strong(), number("12.25")],
    ];
    let columns = [("a", Align::Centre), ("b", Align::Number)];
    let files = latex(&report(vec![Block::Table(table("t", "c", &columns, cells, &[]))]), Style::default());
    let bare = source(&files, "tables/t.tex");
    let squeezed = bare.replace(' ', "");
    for cell in [
        r"$\mathbf{12.345}$&$\mathbf{0.1}$&-1.5\\",
        r"{$\phantom{-0}\mathbf{2}\phantom{.00}$}\\",
        r"$\mathbf{1.2}$&$\mathbf{0.05}$&12.25\\",
    ] {
        assert!(squeezed.contains(cell), "{cell} is not in\n{bare}");
    }
}

/// A table that stands aside is written, and named where it would have been.
#[test]
fn tables_aside_are_files() {
    let report = emphasised();
    let files = latex(&report, Style::default());
    let body = source(&files, "report.tex");
    assert!(body.contains(r"\texttt{tables/aside.tex}") && !body.contains(r"\input{tables/aside-float}"), "{body}");
    source(&files, "tables/aside.tex");
    source(&files, "tables/aside-float.tex");
    let markdown = crate::latex::files("markdown", &report);
    let body = source(&markdown, "report.md");
    assert!(body.contains("\n- [Runs of each mode](tables/aside.md)\n"), "{body}");
    assert!(body.contains("**+9.35**") && body.contains("**1.23 ± 0.04**"), "{body}");
    let page = crate::latex::files("html", &report);
    let body = source(&page, "report.html");
    assert!(body.contains("tab:sample-aside") && body.contains("<strong>1.23 ± 0.04</strong>"), "{body}");
    assert_eq!(body.matches("<details>").count(), 1, "only the table that stands aside is folded");
    let asciidoc = crate::latex::files("asciidoc", &report);
    let body = source(&asciidoc, "report.adoc");
    assert!(body.contains("\n* Runs of each mode: link:tables/aside.adoc[]\n"), "{body}");
    assert!(body.contains("*&#43;9.35*") || body.contains("*+9.35*"), "{body}");
    assert!(body.contains("*1.23 ± 0.04*"), "{body}");
    source(&asciidoc, "tables/aside.adoc");
    let typst = crate::latex::files("typst", &report);
    let body = source(&typst, "report.typ");
    assert!(body.contains("\n- Runs of each mode: #raw(\"tables/aside\" + \".typ\")\n"), "{body}");
    let table = source(&typst, "tables/comparison.typ");
    assert!(table.contains("*1.23*") && table.contains("*~±~0.04*"), "{table}");
    source(&typst, "tables/aside-figure.typ");
}

/// Sources are ASCII but for Cyrillic letters, which are UTF-8: in LuaLaTeX with T1 fonts a raw `½` would be another sign.
#[test]
fn sources_are_ascii_lines() {
    let mut report = report(vec![Block::Table(comparison()), Block::Figure(figure("forest-latency"))]);
    report.numbers = numbers();
    report.banner = Some("− ≈ → µs “x” — – ± ½ ¡ § « » ß æ Müller Škoda Łódź Çelik".into());
    for &tables in TABLES {
        for file in latex(&report, Style { tables, ..Style::default() }) {
            let text = String::from_utf8(file.contents).unwrap();
            if file.path.ends_with(".tex") {
                assert!(text.is_ascii(), "{}: {:?}", file.path, text.chars().find(|c| !c.is_ascii()));
            }
            assert!(!text.contains('\r') && text.ends_with('\n') && !text.ends_with("\n\n"), "{}", file.path);
            assert!(text.lines().all(|line| !line.ends_with(' ')), "{}", file.path);
            if file.path.starts_with("tables/") {
                assert!(text.starts_with("% Generated by meshstats 0.1.0. Needs: "), "{text}");
                for row in ["Mean latency", "p99 latency", "Retransmissions"] {
                    let lines: Vec<&str> = text.lines().filter(|l| l.trim().starts_with(row)).collect();
                    assert!(lines.len() == 1 && lines[0].trim_end_matches('*').ends_with(r" \\"), "{row}: {lines:?}");
                }
            }
        }
    }
}

/// A reader of the PDF sees the signs and letters that he was given, with T1 fonts in LuaLaTeX too.
#[test]
fn letters_are_printed_in_t1() {
    const LETTERS: &str = "½ of ¡x¿ §1 £2 «q» ß æ ø Müller Škoda Łódź Çelik naïve Õ ő ů";
    let dir = tempfile::tempdir().unwrap();
    let letters = meshstats::latex::escape(LETTERS);
    let page = format!(
        "\\documentclass{{article}}\n\\usepackage[T1]{{fontenc}}\n\\usepackage{{lmodern}}\n\\begin{{document}}\n{letters}\n\\end{{document}}\n"
    );
    fs::write(dir.path().join("letters.tex"), page).unwrap();
    compile(dir.path(), "letters.tex");
    for engine in ENGINES {
        let pdf = dir.path().join(format!("letters-{engine}.pdf"));
        let output = Command::new("pdftotext").arg("-layout").arg(&pdf).arg("-").output().expect("pdftotext runs");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(LETTERS), "{engine}: {text}");
    }
}

/// The papers of tests/papers, beside fresh reports of the study that they are about.
#[test]
fn sample_papers_compile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    copy(&root.join("tests/papers"), dir.path());
    for (out, options) in [("reports", ["--table-style", "tabular"]), ("appendix", ["--table-style", "longtable"])] {
        let run = Command::new(env!("CARGO_BIN_EXE_meshstats"))
            .args(["analyze", "--quiet"])
            .arg(root.join("data/istio-2025"))
            .arg("--out")
            .arg(dir.path().join(out))
            .args(options)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    // Every table fits a page, and but one an upright page.
    for (path, contents) in tree(&dir.path().join("reports")) {
        if path.ends_with(".tex") && path.contains("tables/") {
            let source = String::from_utf8(contents).unwrap();
            assert!(!source.contains("longtable"), "{path}");
            assert!(!source.contains("sideways") || path.contains("quantiles"), "{path}");
            // A hyphen is no minus sign but in an S column, and these tables have none.
            let hyphen = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
            assert!(!path.contains("audit") || !source.split("& -").skip(1).any(hyphen), "{path}");
        }
    }
    for paper in ["ieee", "article"] {
        compile(dir.path(), &format!("{paper}.tex"));
        for engine in ENGINES {
            let bookmarks = fs::read_to_string(dir.path().join(format!("{paper}-{engine}.out"))).unwrap();
            assert!(bookmarks.contains(r"\0002\0008\000.\0006\000\040\000\045"), "28.6 % is not in {bookmarks}");
        }
    }
}

fn replace(dir: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(dir.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(dir.join(file), text.replace(from, to)).unwrap();
}

/// The reports that are committed, as a reader of the repository would compile them.
#[test]
fn every_committed_report_compiles() {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let mut compiled = 0;
    for entry in fs::read_dir(&reports).expect("reports/ can be listed") {
        let source = entry.unwrap().path();
        if !source.join("report.tex").is_file() {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        copy(&source, dir.path());
        compile(dir.path(), "report.tex");
        compiled += 1;
    }
    assert!(compiled >= 2, "{compiled} reports were found");
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(drop).unwrap() }
    }
}
