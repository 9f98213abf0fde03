//! Series and heat maps: drawn to be read without colour; and every figure in every format, as its readers get it.

use std::collections::BTreeSet;
use std::fs;

use meshstats::plot::{Drawn, FORMATS, WIDTHS, Width, png, svg};
use meshstats::report::figure::{
    Banded, Curves, Drawing, Figure, HeatCell, HeatRow, Heatmap, Line, Panel, Panels, Scatter, Series, Stretch,
};
use usvg::roxmltree;

use super::figures::{assert_inside_and_apart, change, figure, latency, lay, panels, russian, words};
use super::latex::compile;
use super::program::{Case, ended, program, root, tree};

fn series(count: usize) -> Figure {
    let one = |index: usize| Series {
        label: format!("Mode {index} & 50 %"),
        points: (1..=6).map(|run| (f64::from(run), index as f64 + f64::from(run % 3) / 10.0)).collect(),
        runs: (1..=6).map(|run| format!("run-{run}")).collect(),
        line: Some([(1.0, index as f64), (6.0, index as f64)]),
    };
    figure(Drawing::Scatter(Scatter {
        axis: "Run order".into(),
        whole: true,
        vertical: "Mean latency (ms)".into(),
        series: (0..count).map(one).collect(),
    }))
}

fn heatmap(rows: usize, columns: usize) -> Figure {
    let cell = |index: usize| match index % 7 {
        0 => HeatCell { change: None, interval: [None, None], text: "—".into() },
        3 => HeatCell { change: Some(1.25), interval: [Some(-1.0), Some(3.5)], text: "(+1.3)".into() },
        _ => {
            let change = index as f64 * 25.0 - 120.0;
            HeatCell { change: Some(change), interval: [None, Some(change)], text: format!("{change:+.1}") }
        }
    };
    let row = |row: usize| HeatRow {
        label: format!("A long name of mode_{row}"),
        cells: (0..columns).map(|column| cell(row * columns + column)).collect(),
    };
    figure(Drawing::Heatmap(Heatmap {
        axis: "Change of Mean latency against Without Istio (%)".into(),
        columns: (0..columns).map(|column| format!("{} connections", 1 << column)).collect(),
        rows: (0..rows).map(row).collect(),
        full: 100.0,
    }))
}

fn curves() -> Figure {
    let points: Vec<_> = (0..=20).map(|x| (f64::from(x), f64::from(x) / 20.0)).collect();
    let line = |label: &str| Line { label: label.into(), points: points.clone() };
    let lines = vec![line("5 runs a mode"), line("10 runs a mode, as measured")];
    figure(Drawing::Curves(Curves { axis: "Difference (ms)".into(), vertical: "Power".into(), lines }))
}

#[test]
fn series_and_cells_fit_at_any_width() {
    for figure in [series(0), series(1), series(12), heatmap(0, 0), heatmap(1, 2), heatmap(12, 8)] {
        for width in WIDTHS {
            assert_inside_and_apart(&lay(&svg(&figure, *width)));
        }
    }
}

#[test]
fn only_whole_runs_are_labelled() {
    let Drawing::Scatter(mut scatter) = series(1).drawing else { panic!("it is a scatter") };
    scatter.series[0].points.truncate(2);
    let words = words(&svg(&figure(Drawing::Scatter(scatter)), Width::default()));
    let (first, last) = (words.contains(&"1".to_owned()), words.contains(&"2".to_owned()));
    assert!(first && last && !words.contains(&"1.5".to_owned()), "{words:?}");
}

/// What is drawn of each series in the legend, without its colour: shapes relative to the first corner, and dashes.
#[test]
fn any_two_series_differ_without_colour() {
    let svg = svg(&series(14), WIDTHS[1]);
    let document = roxmltree::Document::parse(&svg).unwrap();
    let mut looks = BTreeSet::new();
    for series in 0..14 {
        let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
        let colour = colours[series % colours.len()];
        let markers: Vec<_> =
            document.descendants().filter(|node| node.has_tag_name("polygon") || node.has_tag_name("circle")).collect();
        // The markers of the legend come first, a hollow one as two.
        let own = markers.iter().filter(|node| node.attribute("fill") == Some(colour)).nth(series / colours.len());
        let own = own.expect("the legend has its marker");
        let next = markers.iter().skip_while(|node| *node != own).nth(1).expect("there are runs");
        let hollow = next.attribute("fill") == Some("#FFFFFF");
        let shape = own.attribute("points").map(|points| {
            let numbers: Vec<i64> = points.split([' ', ',']).filter_map(|number| number.parse().ok()).collect();
            numbers.chunks(2).flat_map(|at| [at[0] - numbers[0], at[1] - numbers[1]]).collect::<Vec<_>>()
        });
        looks.insert((shape, hollow));
    }
    assert_eq!(looks.len(), 14);
}

fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let share = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("it is #RRGGBB")) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

/// WCAG 2.2, 1.4.3.
fn contrast(a: &str, b: &str) -> f64 {
    let [a, b] = [a, b].map(luminance);
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn the_text_of_every_cell_stands_out() {
    let svg = svg(&heatmap(12, 8), WIDTHS[1]);
    let document = roxmltree::Document::parse(&svg).unwrap();
    let attributes = |tag: &str| -> BTreeSet<String> {
        let nodes = document.descendants().filter(|node| node.has_tag_name(tag));
        nodes.map(|node| node.attribute("fill").expect("it has a colour").to_owned()).collect()
    };
    let (cells, texts) = (attributes("polygon"), attributes("text"));
    assert!(cells.len() > 5, "{cells:?}");
    for (cell, text) in cells.iter().flat_map(|cell| texts.iter().map(move |text| (cell, text))) {
        assert!(contrast(cell, text) >= 4.5, "{text} on {cell}: {:.2}", contrast(cell, text));
    }
    // In grey, the full colours of both signs are alike, so that darkness is size.
    let mut full: Vec<f64> = cells.iter().map(|cell| luminance(cell)).collect();
    full.sort_by(f64::total_cmp);
    assert!(full[1] - full[0] < 0.03, "{full:?}");
}

#[test]
fn a_png_has_its_physical_size_and_the_same_bytes() {
    let svg = svg(&latency(), Width::default());
    let bytes = png(&svg).unwrap();
    assert_eq!(bytes, png(&svg).unwrap());
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(number(16), 1050, "3.5 in of 300 dots");
    let at = bytes.windows(4).position(|name| name == b"pHYs").expect("it has a physical size") + 4;
    assert_eq!((number(at), number(at + 4), bytes[at + 8]), (11811, 11811, 1));
    assert!(!bytes.windows(4).any(|name| name == b"tIME"));
    assert!(png("<svg").unwrap_err().what.contains("PNG"));
}

/// Steps from zero over a stretched axis, one of the lines without a point.
fn shares(stretch: Stretch) -> Figure {
    let points = vec![(50.0, 1.5), (75.0, 2.0), (99.0, 6.5), (99.99, 12.0)];
    let lines = vec![
        Banded { label: 0, points, band: vec![], steps: true },
        Banded { label: 1, points: vec![], band: vec![], steps: false },
    ];
    figure(Drawing::Panels(Panels {
        axis: "Percentile (%)".into(),
        stretch,
        extent: None,
        shade: None,
        labels: vec!["Without Istio, 50 % & more".into(), "Istio".into()],
        panels: vec![Panel { axis: "Latency (ms)".into(), lines }],
    }))
}

/// Every kind of figure as a paper would `\input` it: into a column, from another directory, by both engines.
#[test]
fn pgfplots_sources_compile() {
    let case = Case::empty();
    let format = FORMATS.iter().find(|format| format.id == "pgfplots").expect("it is registered");
    let mut inputs = String::new();
    let comma = Figure { locale: ','.into(), ..change() };
    let figures = [
        latency(),
        change(),
        comma,
        curves(),
        series(1),
        series(12),
        heatmap(2, 3),
        heatmap(12, 8),
        series(0),
        panels(),
        shares(Stretch::Tail),
        shares(Stretch::Logarithmic),
    ];
    for (index, figure) in figures.into_iter().enumerate() {
        // A scenario's name may have a space.
        let id = if index % 2 == 0 { format!("figure-{index}") } else { format!("figure {index}") };
        let figure = Figure { id: id.clone(), ..figure };
        let svg = svg(&figure, Width::default());
        for (extension, contents) in
            format.files(&Drawn { figure: &figure, width: Width::default(), svg: &svg }).unwrap()
        {
            case.write(&format!("reports/x/figures/{id}.{extension}"), &contents);
        }
        inputs.push_str(&format!(
            "\\begin{{minipage}}{{3.5in}}\\input{{\"reports/x/figures/{id}\"}}\\end{{minipage}}\n\n"
        ));
    }
    let paper = format!(
        "\\documentclass{{article}}\\usepackage[margin=20mm,paperheight=400mm]{{geometry}}\\usepackage[T1]{{fontenc}}\n\
         \\usepackage{{lmodern}}\\usepackage{{pgfplots}}\\pgfplotsset{{compat=1.16}}\n\
         \\setlength{{\\parindent}}{{0pt}}\\begin{{document}}\n{inputs}\\end{{document}}\n"
    );
    case.write("paper.tex", paper.as_bytes());
    compile(&case.path(""), "paper.tex");
}

#[test]
fn pgfplots_has_the_decimal_separator_and_escaped_labels() {
    let format = FORMATS.iter().find(|format| format.id == "pgfplots").expect("it is registered");
    let made = |figure: &Figure| {
        let files = format.files(&Drawn { figure, width: Width::default(), svg: "" }).unwrap();
        files.into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect::<Vec<_>>()
    };
    let [tex, dat] = made(&series(2)).try_into().expect("a source and its numbers");
    assert!(tex.starts_with("% Needs \\usepackage{pgfplots}"), "{tex}");
    assert!(tex.contains(r"\addlegendentry{Mode 1 \& 50~\% (n~=~6)}") && tex.contains("separator={.}"), "{tex}");
    assert_eq!(dat.lines().next(), Some("x1 y1 x2 y2 x3 y3 x4 y4"));
    assert_eq!(dat.lines().nth(1), Some("1 0 1 0.1 1 1 1 1.1"));
    assert_eq!(dat.lines().nth(3), Some("nan nan 3 0 nan nan 3 1"));
    assert!(made(&russian())[0].contains("separator={{,}}"));
}

/// The second series of lines and bands is dashed, in its panel and in the legend.
#[test]
fn bands_and_lines_differ_without_colour() {
    let svg = svg(&panels(), WIDTHS[1]);
    let document = roxmltree::Document::parse(&svg).unwrap();
    let strokes = |colour: &str| {
        let is = |node: &roxmltree::Node| node.attribute("stroke") == Some(colour);
        document
            .descendants()
            .filter(is)
            .filter(|node| node.has_tag_name("polyline") || node.has_tag_name("line"))
            .count()
    };
    // Of the first: in the legend a line and an outline, in each of two panels a line and two edges.
    assert_eq!(strokes("#0072B2"), 2 + 2 * 3);
    assert!(strokes("#D55E00") > 40, "{}", strokes("#D55E00"));
    let format = FORMATS.iter().find(|format| format.id == "pgfplots").expect("it is registered");
    let files = format.files(&Drawn { figure: &panels(), width: Width::default(), svg: "" }).unwrap();
    let tex = String::from_utf8(files[0].1.clone()).unwrap();
    let of = |index: usize, dash: &str| tex.matches(&format!("meshstats{index}, {dash}")).count();
    assert_eq!((of(1, "solid"), of(2, "dashed"), of(2, "solid")), (4, 4, 0), "{tex}");
}

/// Labels that would touch are left out, as in the other formats; and the legend shows lines with their marks.
#[test]
fn pgfplots_has_the_ticks_and_the_legend_of_the_drawing() {
    let format = FORMATS.iter().find(|format| format.id == "pgfplots").expect("it is registered");
    let made = |figure: &Figure| {
        let files = format.files(&Drawn { figure, width: Width::default(), svg: "" }).unwrap();
        String::from_utf8(files[0].1.clone()).unwrap()
    };
    let Drawing::Panels(mut wide) = shares(Stretch::Logarithmic).drawing else { panic!("it is of panels") };
    wide.extent = Some([1e-3, 1e9]);
    let tex = made(&figure(Drawing::Panels(wide)));
    let ticks = tex.split("xtick={").nth(1).and_then(|rest| rest.split('}').next()).expect("there are ticks");
    assert!((3..20).contains(&ticks.split(',').count()), "{ticks}");
    let tex = made(&series(2));
    assert_eq!(tex.matches("\\addlegendimage{").count(), 2, "{tex}");
    assert!(tex.contains("\\addlegendimage{meshstats2, dashed, meshstats2, mark=square*"), "{tex}");
}

/// Both studies, in every format.
#[test]
fn every_figure_says_in_words_what_it_shows() {
    let case = Case::empty();
    let out = case.path("out");
    ended(
        program()
            .args(["analyze", "-q", "--format", "csv", "--figure-format", "svg,pgfplots"])
            .arg(root().join("data"))
            .arg("-o")
            .arg(&out),
    )
    .ok();
    let mut seen = 0;
    for (path, contents) in tree(&out).into_iter().filter(|(path, _)| path.ends_with(".svg")) {
        let text = String::from_utf8(contents).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let of = |tag| document.descendants().find(|node| node.has_tag_name(tag)).and_then(|node| node.text()).unwrap();
        let (caption, alt) = (of("title"), of("desc"));
        assert!(alt.chars().count() >= 40 && alt.contains(|letter: char| letter.is_ascii_digit()), "{path}: {alt}");
        let n =
            caption.match_indices("n = ").any(|(at, _)| caption[at + 4..].starts_with(|l: char| l.is_ascii_digit()));
        assert!(n || caption.contains(" requests of "), "{path}: {caption}");
        assert!(out.join(path.replace(".svg", ".tex")).exists() && out.join(path.replace(".svg", ".csv")).exists());
        seen += 1;
    }
    assert_eq!(
        seen, 36,
        "three studies of two primary metrics: runs, order, distribution and Q–Q plot of each; changes, percentiles and
         the course over time of each study; the requests of two; the changes of three modes in two parts"
    );
}

#[test]
fn no_page_shows_a_figure_that_was_not_written() {
    for (format, needed) in [("latex", "pdf"), ("markdown", "svg"), ("typst", "svg")] {
        let case = Case::empty();
        let out = case.path("out");
        let study = root().join("data/loopback-demo");
        let printed = ended(
            program().args(["analyze", "--format", format, "--figure-format", "png"]).arg(study).arg("-o").arg(&out),
        )
        .ok()
        .stdout;
        assert!(printed.contains(&format!("figures also as {needed}, which the pages in ")), "{printed}");
        let names: BTreeSet<String> = fs::read_dir(out.join("loopback-demo/figures"))
            .unwrap()
            .filter_map(|entry| Some(entry.unwrap().path().extension()?.to_str()?.to_owned()))
            .collect();
        assert_eq!(names, BTreeSet::from(["csv", "png", needed].map(str::to_owned)));
    }
}
