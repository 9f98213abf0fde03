//! The same cells in Markdown, HTML, LaTeX, Typst, AsciiDoc and CSV; and what the templates, the escaping and the macros promise.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use meshstats::error::Problem;
use meshstats::render::{File, OUTPUTS, Templates};
use meshstats::report::figure::{Drawing, Figure, Forest};
use meshstats::report::model::{Align, Block, Cell, Column, Number, Report, Table};
use proptest::prelude::*;

use super::latex::{files, interval, number, plus_minus, rendered, report, table, text};
use super::program::{root, tree};

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::new(None).unwrap());

fn file(output: &str, report: &Report, path: &str) -> String {
    let output = OUTPUTS.iter().find(|o| o.id == output).expect("the output is registered");
    contents(&rendered(output, report, &TEMPLATES).unwrap(), path)
}

fn contents(files: &[File], path: &str) -> String {
    let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is not written"));
    String::from_utf8(file.contents.clone()).unwrap()
}

fn of_table(table: Table) -> Report {
    report(vec![Block::Table(table)])
}

// The same cells in every format.

/// A cell as a reader sees it.
fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text { text } => one_line(text),
        Cell::Number { text } => text.replace("e+", "e"),
        Cell::PlusMinus { centre, spread } => format!("{centre} ± {spread}").replace("e+", "e"),
        Cell::Interval { lower, upper } => format!("[{lower}, {upper}]").replace("e+", "e"),
        Cell::Missing => "—".into(),
        Cell::Strong { .. } => panic!("only asked for by --bold-best, whose test is of its own"),
    }
}

/// What Markdown, HTML and AsciiDoc show of it: with minus signs and powers of ten.
fn shown_in_documents(cell: &Cell) -> String {
    let number = |text: &str| {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, ""));
        let raised = |c| match c {
            '-' => Some('⁻'),
            '+' => None,
            digit => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit.to_digit(10).expect("a digit") as usize),
        };
        let power: String = exponent.chars().filter_map(raised).collect();
        format!("{}{}{power}", mantissa.replace('-', "−"), if power.is_empty() { "" } else { " × 10" })
    };
    match cell {
        Cell::Number { text } => number(text),
        Cell::PlusMinus { centre, spread } => format!("{} ± {}", number(centre), number(spread)),
        Cell::Interval { lower, upper } => format!("[{}, {}]", number(lower), number(upper)),
        cell => shown(cell),
    }
}

pub fn one_line(text: &str) -> String {
    text.replace('\u{202e}', "")
        .split([' ', '\n', '\t', '\u{7}'])
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

pub fn markdown_cells(source: &str) -> Vec<Vec<String>> {
    source.lines().filter(|line| line.starts_with('|')).skip(2).map(markdown_row).collect()
}

fn markdown_row(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '|' => cells.push(String::new()),
            '\\' => cells.last_mut().unwrap().extend(chars.next()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(cells.pop().as_deref(), Some(""), "a row ends with a bar: {line}");
    cells.iter().skip(1).map(|cell| cell.trim_matches(' ').replace("e+", "e")).collect()
}

/// The tags of a page, each with the text that follows it. No text or attribute has `<` or `>` in it, but the style.
fn tags(page: &str) -> Vec<(&str, &str)> {
    page.split('<').skip(1).map(|part| part.split_once('>').unwrap_or_else(|| panic!("no tag: <{part}"))).collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

fn html_cells(page: &str) -> Vec<Vec<String>> {
    let (_, body) = page.split_once("<tbody>\n").expect("there is a body");
    let (body, _) = body.split_once("</tbody>\n").expect("the body ends");
    let is_cell = |(tag, _): &(&str, &str)| tag.starts_with("th ") || tag.starts_with("td ");
    body.lines().map(|row| tags(row).into_iter().filter(is_cell).map(|(_, text)| read_html(text)).collect()).collect()
}

fn read_html(source: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("e+", "e"), ("&amp;", "&")];
    marks.iter().fold(source.into(), |text: String, (markup, mark)| text.replace(markup, mark))
}

fn latex_cells(source: &str) -> Vec<Vec<String>> {
    let (head, body) = source.split_once("  \\midrule\n").expect("there is a \\midrule");
    let (body, _) = body.split_once("  \\bottomrule\n").expect("there is a \\bottomrule");
    let specification = head.lines().skip_while(|line| !line.starts_with(r"\begin{tabular}")).skip(1);
    let pairs: Vec<bool> =
        specification.take_while(|line| *line != "}").map(|line| line.contains(r"\(\pm\)")).collect();
    body.lines().map(|line| latex_row(line, &pairs)).collect()
}

fn latex_row(line: &str, pairs: &[bool]) -> Vec<String> {
    let line = line.strip_suffix(r" \\").unwrap_or_else(|| panic!("a row is one line: {line}"));
    let mut parts = split_at_ampersands(line).into_iter();
    let mut cells = Vec::new();
    for &pair in pairs {
        let part = parts.next().expect("a cell for every column");
        let part = part.trim_matches(' ');
        assert!(!part.starts_with(['[', '(', '*']), "it would be read as an argument: {line}");
        match part.strip_prefix(r"\multicolumn{2}{c}") {
            Some(spanning) if pair => cells.push(read_latex(spanning)),
            _ if pair => {
                let spread = parts.next().expect("a ± has two cells");
                cells.push(format!("{} ± {}", read_latex(part), read_latex(spread.trim_matches(' '))));
            }
            _ => cells.push(read_latex(part)),
        }
    }
    assert_eq!(parts.next(), None, "a cell too many: {line}");
    cells
}

fn split_at_ampersands(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in line.chars() {
        if c == '&' && !escaped {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

/// LaTeX source → what is typeset; the first that fits is read.
const READ: [(&str, &str); 38] = [
    (r"\textbackslash{}", "\\"),
    (r"\textasciitilde{}", "~"),
    (r"\textasciicircum{}", "^"),
    (r"\textasciigrave{}", "`"),
    (r"\textellipsis{}", "…"),
    (r"\textmu{}", "µ"),
    (r"\textbar{}", "|"),
    (r"\char34{}", "\""),
    (r"\allowbreak{}", ""),
    (r"\textsuperscript{2}", "²"),
    (r"$\sigma$", "σ"),
    (r"$\pm$", "±"),
    (r"$\times$", "×"),
    (r"$\leq$", "≤"),
    (r"$\approx$", "≈"),
    (r"$-$", "−"),
    (r"$<$", "<"),
    (r"$>$", ">"),
    (r"\/", ""),
    (r"\&", "&"),
    (r"\%", "%"),
    (r"\$", "$"),
    (r"\#", "#"),
    (r"\_", "_"),
    (r"\{", "{"),
    (r"\}", "}"),
    ("---", "—"),
    ("--", "–"),
    ("``", "“"),
    ("''", "”"),
    ("`", "‘"),
    ("~", "\u{a0}"),
    // Of numbers in math.
    (r"\, ", " "),
    (r" \times 10^", "e"),
    (r"{\approx}", "≈"),
    (r"\approx ", "≈"),
    (r"\pm", "±"),
    ("$", ""),
];

fn read_latex(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if let Some((markup, text)) = READ.iter().find(|(markup, _)| rest.starts_with(markup)) {
            out.push_str(text);
            rest = &rest[markup.len()..];
        } else if let Some(code) = rest.strip_prefix(r"\texttt{U+") {
            let (code, after) = code.split_once('}').unwrap();
            out.extend(char::from_u32(u32::from_str_radix(code, 16).unwrap()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix(r"\'{e}") {
            out.push('é');
            rest = after;
        } else {
            assert_ne!(c, '\\', "unknown markup: {rest}");
            if !matches!(c, '{' | '}') {
                out.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out.replace("e+", "e")
}

fn typst_cells(source: &str) -> Vec<Vec<String>> {
    let (_, body) = source.split_once("  table.hline(stroke: 0.05em),\n").expect("a rule stands under the header");
    let (body, _) = body.split_once("  table.hline(stroke: 0.08em),\n").expect("a rule stands under the body");
    body.lines().map(typst_row).collect()
}

fn typst_row(line: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut depth = 0;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let mut read = c.len_utf8();
        let mut put = |text: &str| cells.last_mut().map(|cell: &mut String| cell.push_str(text)).unwrap();
        match c {
            '[' if depth == 0 => {
                cells.push(String::new());
                depth = 1;
            }
            _ if depth == 0 => assert!(matches!(c, ',' | ' '), "{line}"),
            '\\' => {
                let escaped: String = rest.chars().skip(1).take(1).collect();
                put(&escaped);
                read += escaped.len();
            }
            '~' if rest.starts_with("~×~10#super[") => {
                put("e");
                read = "~×~10#super[".len();
                depth += 1;
            }
            '~' => put(" "),
            '#' => {
                read = rest.find('[').expect("a function has an argument") + 1;
                depth += 1;
            }
            ']' => depth -= 1,
            c => put(c.encode_utf8(&mut [0; 4])),
        }
        rest = &rest[read..];
    }
    assert_eq!(depth, 0, "{line}");
    cells.iter().map(|cell| cell.replace("e+", "e")).collect()
}

/// Numbers have a minus sign in Typst.
fn with_hyphens(cells: &[Vec<String>]) -> Vec<Vec<String>> {
    cells.iter().map(|row| row.iter().map(|cell| cell.replace('−', "-")).collect()).collect()
}

fn asciidoc_cells(source: &str) -> Vec<Vec<String>> {
    let table = source.lines().skip_while(|line| *line != "|===").skip(2).take_while(|line| *line != "|===");
    let row = |line: &str| {
        let cells = line.strip_prefix('|').unwrap_or_else(|| panic!("a row is one line: {line}")).split('|');
        cells.map(|cell| read_references(cell.trim_matches(' ')).replace("e+", "e")).collect()
    };
    table.map(row).collect()
}

/// Numeric character references → characters.
pub fn read_references(source: &str) -> String {
    let mut parts = source.split("&#");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once(';').expect("a reference ends");
        out.extend(char::from_u32(code.parse().expect("a reference is a number")));
        out.push_str(rest);
    }
    out
}

/// The cells of a CSV table, an interval's and a `±`'s two columns put together again.
fn csv_cells(source: &str, columns: &[Column]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(source.as_bytes());
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let read = |record: &csv::StringRecord, column: &Column| {
        let part = |suffix: &str| {
            let index = headers.iter().position(|header| *header == format!("{}{suffix}", one_line(&column.header)))?;
            record.get(index).filter(|text| !text.is_empty())
        };
        let cell = match (part(" centre").zip(part(" spread")), part(" lower").zip(part(" upper")), part("")) {
            (None, None, None) => "—".into(),
            (Some((centre, spread)), None, None) => format!("{centre} ± {spread}"),
            (None, Some((lower, upper)), None) => format!("[{lower}, {upper}]"),
            (None, None, Some(text)) => text.into(),
            parts => panic!("one cell in several columns: {parts:?}"),
        };
        cell.replace("e+", "e")
    };
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        columns.iter().map(|column| read(&record, column)).collect()
    });
    rows.collect()
}

pub fn nasty() -> impl Strategy<Value = String> {
    const CHARS: &str = "ab1 |\\_*`&%$#{}~^<>[]()-'\",;:!?.@/+=\n\t\u{7}\u{202e}😀שم中µσ±×−≤≈²—–…“”‘éя\u{a0}";
    let characters: Vec<char> = CHARS.chars().collect();
    let random = prop::collection::vec(prop::sample::select(characters), 0..30).prop_map(String::from_iter);
    let known = prop::sample::select(vec![
        "",
        "---",
        "\\\\",
        "[1]",
        "(a)",
        "*",
        "| |",
        "a|b",
        "\\|",
        "1. x",
        "- x",
        "# x",
        "> x",
        "$x$",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4",
        "\\input{x}",
        "[a](b)",
        "<b>",
        "&amp;",
        "a_b_c",
        "-12.3",
        "raw/with-istio/c64/run-03/wrk.latency.txt",
    ]);
    prop_oneof![random, known.prop_map(str::to_owned)]
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let number = || "[<>≈]?[+-]?[0-9]{1,4}(\\.[0-9]{1,4})?(e[+-]?[0-9]{1,3})?";
    prop_oneof![
        nasty().prop_map(|text| Cell::Text { text }),
        number().prop_map(|text| Cell::Number { text }),
        (number(), number()).prop_map(|(centre, spread)| Cell::PlusMinus { centre, spread }),
        (number(), number()).prop_map(|(lower, upper)| Cell::Interval { lower, upper }),
        Just(Cell::Missing),
    ]
}

/// Columns mostly of one kind of cell, as in real tables, some of all kinds.
fn any_column(rows: usize) -> impl Strategy<Value = (Align, Vec<Cell>)> {
    let align = prop::sample::select(vec![Align::Left, Align::Number, Align::Centre]);
    let kind = prop::option::of(any_cell());
    (align, kind, prop::collection::vec(any_cell(), rows * 4)).prop_map(move |(align, kind, cells)| {
        let is_alike = |cell: &Cell| {
            let same = |other| std::mem::discriminant(cell) == std::mem::discriminant(other);
            *cell == Cell::Missing || kind.as_ref().is_none_or(same)
        };
        let mut cells: Vec<Cell> = cells.into_iter().filter(is_alike).take(rows).collect();
        cells.resize(rows, Cell::Missing);
        (align, cells)
    })
}

fn any_table() -> impl Strategy<Value = Table> {
    (1..6_usize, 0..6_usize)
        .prop_flat_map(|(columns, rows)| {
            let columns = prop::collection::vec((nasty(), any_column(rows)), columns);
            (columns, Just(rows), nasty(), prop::collection::vec(nasty(), 0..3))
        })
        .prop_map(|(columns, rows, caption, notes)| Table {
            id: "t".into(),
            caption,
            // Headers differ, so that the test can find them again.
            columns: (0..)
                .zip(&columns)
                .map(|(i, (header, (align, _)))| Column { header: format!("{i}{header}"), align: *align })
                .collect(),
            rows: (0..rows).map(|row| columns.iter().map(|(_, (_, cells))| cells[row].clone()).collect()).collect(),
            metrics: vec![],
            notes: notes.into_iter().map(Into::into).collect(),
            aside: false,
        })
}

proptest! {
    #[test]
    fn same_cells_in_every_format(table in any_table()) {
        let expected: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
        let in_documents: Vec<Vec<String>> =
            table.rows.iter().map(|row| row.iter().map(shown_in_documents).collect()).collect();
        let columns = table.columns.clone();
        let report = of_table(table);
        prop_assert_eq!(&markdown_cells(&file("markdown", &report, "tables/t.md")), &in_documents);
        let page = file("html", &report, "report.html");
        prop_assert_eq!(&html_cells(&page), &in_documents);
        assert_sound(&page);
        // A space before a percent sign is one that does not break.
        let unbroken = |cells: &[Vec<String>]| -> Vec<Vec<String>> {
            cells.iter().map(|row| row.iter().map(|cell| cell.replace(" %", "\u{a0}%")).collect()).collect()
        };
        prop_assert_eq!(latex_cells(&file("latex", &report, "tables/t.tex")), unbroken(&expected));
        prop_assert_eq!(
            with_hyphens(&typst_cells(&file("typst", &report, "tables/t.typ"))), with_hyphens(&expected)
        );
        prop_assert_eq!(&asciidoc_cells(&file("asciidoc", &report, "tables/t.adoc")), &in_documents);
        // An empty text and a missing cell are both empty in CSV.
        let expected: Vec<Vec<String>> = expected
            .into_iter()
            .map(|row| row.into_iter().map(|cell| if cell.is_empty() { "—".into() } else { cell }).collect())
            .collect();
        prop_assert_eq!(&csv_cells(&file("csv", &report, "tables/t.csv"), &columns), &expected);
    }

    #[test]
    fn text_files(table in any_table()) {
        let report = of_table(table);
        for output in OUTPUTS {
            for file in rendered(output, &report, &TEMPLATES).unwrap() {
                let text = String::from_utf8(file.contents).unwrap();
                prop_assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{} has one final newline", file.path);
                prop_assert!(!text.contains(['\r', '\t', '\u{7}', '\u{202e}']), "{} has control characters", file.path);
                prop_assert!(!text.contains("\n\n\n"), "{} has two empty lines: {text}", file.path);
            }
        }
    }
}

// Each format.

fn sample() -> Table {
    table(
        "sample",
        "Means | of _runs_",
        &[
            ("Mode", Align::Left),
            ("n", Align::Number),
            ("Mean ± SD (ms)", Align::Centre),
            ("95 % CI", Align::Centre),
            ("p", Align::Number),
        ],
        vec![
            vec![text("A|B"), number("10"), plus_minus("12.3", "0.4"), interval("-1.2", "0.1"), number("4.0e-34")],
            vec![text("[c]"), number("5"), Cell::Missing, interval("10.2", "11.0"), number("<1e-300")],
        ],
        &["A note."],
    )
}

#[test]
fn markdown_table() {
    assert_eq!(
        file("markdown", &of_table(sample()), "tables/sample.md"),
        r"**Table 1.** Means | of \_runs\_

| Mode |   n | Mean ± SD (ms) |   95 % CI    |           p |
| :--- | --: | :------------: | :----------: | ----------: |
| A\|B |  10 |   12.3 ± 0.4   | [−1.2, 0.1]  | 4.0 × 10⁻³⁴ |
| [c]  |   5 |       —        | [10.2, 11.0] | <1 × 10⁻³⁰⁰ |

- A note.
"
    );
}

#[test]
fn markdown_report() {
    let mut report = report(vec![Block::Text { text: "1. is no list.".into() }, Block::Table(sample())]);
    report.summary.truncate(1);
    let source = file("markdown", &report, "report.md");
    assert!(
        source.starts_with("# Latency & throughput of a service mesh (100 % reconstructed)\n\n> Reconstructed from")
    );
    assert!(source.contains(
        "\n\n## Summary\n\n- **With Istio & Envoy against Without Istio:** mean latency +28.6 % [27.2, 30.1], worse; latency p99 +4 % \
         [−2, 10].\n- With Istio the mean latency is 28.6 % higher, 95 % CI [27.2, 30.1], p < 0.001.\n\n"
    ));
    assert!(source.contains("\n\n## Results: p99_latency & \\<c64>\n\n1\\. is no list.\n\n**Table 1.** Means"));
    assert!(source.contains(&file("markdown", &report, "tables/sample.md")));
    assert!(source.ends_with("\n\nGenerated by meshstats 0.1.0.\n"));
}

#[test]
fn html_table() {
    let page = file("html", &of_table(sample()), "report.html");
    let table = r##"<div class="sheet upright">
<div class="table" role="group" aria-label="Table 1" tabindex="0">
<table id="tab:sample-sample">
<caption><span><a href="#tab:sample-sample">Table 1.</a> Means | of _runs_</span></caption>
<thead>
<tr><th scope="col" class="left">Mode</th><th scope="col" class="number">n</th><th scope="col" class="centre">Mean ± SD (ms)</th><th scope="col" class="centre">95 % CI</th><th scope="col" class="number">p</th></tr>
</thead>
<tbody>
<tr><th scope="row" class="left">A|B</th><td class="number">10</td><td class="centre">12.3 ± 0.4</td><td class="centre">[−1.2, 0.1]</td><td class="number">4.0 × 10⁻³⁴</td></tr>
<tr><th scope="row" class="left">[c]</th><td class="number">5</td><td class="centre">—</td><td class="centre">[10.2, 11.0]</td><td class="number">&lt;1 × 10⁻³⁰⁰</td></tr>
</tbody>
</table>
</div>
<ul class="notes">
<li>A note.</li>
</ul>
</div>
</section>
"##;
    assert!(page.contains(table), "{page}");
}

/// A figure of this id, which no file system or format would choose.
fn figure(id: &str) -> Block {
    Block::Figure(Figure {
        id: id.into(),
        metric: None,
        caption: "Means & <runs>".into(),
        alt: "\"a\" < 'b'".into(),
        drawing: Drawing::Forest(Forest { axis: "ms".into(), rows: vec![] }),
        locale: '.'.into(),
    })
}

#[test]
fn html_escapes_what_comes_from_the_user() {
    let list = Block::List { items: vec!["</li><script>".into()] };
    let mut report = report(vec![Block::Text { text: "a && b".into() }, list, figure("runs-\"ä\" & c")]);
    report.title = "<b> & \"c\" 'd'".into();
    let page = file("html", &report, "report.html");
    assert_sound(&page);
    for escaped in [
        "<title>&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;</title>\n",
        "<h1>&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;</h1>\n",
        "<h2>Results: p99_latency &amp; &lt;c64&gt;</h2>\n",
        "<p>a &amp;&amp; b</p>\n",
        "<li>&lt;/li&gt;&lt;script&gt;</li>\n",
        "<figure id=\"fig:sample-runs-ue4-c\">\n",
        "<svg role=\"img\" aria-label=\"&quot;a&quot; &lt; &#39;b&#39;\" viewBox=",
        "Figure 1.</a> Means &amp; &lt;runs&gt;</figcaption>\n",
    ] {
        assert!(page.contains(escaped), "{escaped} in\n{page}");
    }
}

#[test]
fn html_says_what_must_be_read_first_first() {
    let page = file("html", &of_table(sample()), "report.html");
    let places = ["role=\"note\">Reconstructed from", "<section id=\"summary\">", "<nav ", "<section id=\"results\">"];
    let places: Vec<_> = places.iter().map(|place| page.find(place)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert!(page.contains("</main>\n\n<footer>\n<p>Generated by meshstats 0.1.0.</p>\n</footer>\n"));
}

/// Fails unless a browser would read the page as it was meant, without a network, and a screen reader can find its way.
#[track_caller]
fn assert_sound(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n"), "{page}");
    for alien in ["<link", "<img", "@import", "url(", " src=\"", " \n"] {
        assert!(!page.contains(alien), "{alien:?} in\n{page}");
    }
    // The one script is the template's, whatever the data say.
    let script = fs::read_to_string(root().join("templates/script.html")).unwrap();
    let (_, script) = script.split_once("<script>").expect("the template has a script");
    let (page, end) = page.split_once(&format!("<script>{script}")).expect("the script stands in the page");
    assert_eq!(end, "</body>\n</html>\n");
    let page = &format!("{page}{end}");
    let mut open: Vec<&str> = Vec::new();
    let mut ids = BTreeSet::new();
    let mut targets = Vec::new();
    let mut before = "";
    for (tag, text) in tags(page).into_iter().skip(1) {
        let name = tag.split(' ').next().unwrap();
        assert!(name == "style" || !text.contains('>'), "<{tag}>{text}");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "</{name}>"),
            None if name == "meta" || tag.ends_with('/') => {}
            None => open.push(name),
        }
        if let Some(id) = attribute(tag, "id") {
            assert!(!id.is_empty() && ids.insert(id), "the id {id:?} is taken or empty");
        }
        match attribute(tag, "href") {
            Some(address) => targets.push(address.strip_prefix('#').expect("a link stays in the page")),
            None => assert!(name != "a", "<{tag}> leads nowhere"),
        }
        let has = |name| attribute(tag, name).is_some();
        match name {
            "table" => assert!(before.starts_with("div ") && before.contains(" tabindex=\"0\""), "<{before}><{tag}>"),
            "nav" | "svg" => assert!(has("aria-label"), "<{tag}>"),
            "th" => assert!(has("scope"), "<{tag}>"),
            _ => {}
        }
        assert!(!before.starts_with("table") || name == "caption", "<{before}> has no caption but <{tag}>");
        before = tag;
    }
    assert!(open.is_empty(), "{open:?} is not closed");
    for target in targets {
        assert!(ids.contains(target), "there is no {target}");
    }
}

#[test]
fn the_committed_pages_are_sound() {
    let pages: Vec<_> = tree(&root().join("reports")).into_iter().filter(|(path, _)| path.ends_with(".html")).collect();
    assert!(!pages.is_empty());
    for (_, page) in pages {
        assert_sound(&String::from_utf8(page).unwrap());
    }
}

#[test]
fn markdown_links_to_figures_of_any_name() {
    let source = file("markdown", &report(vec![figure("runs-a b)")]), "report.md");
    assert!(source.contains("](figures/runs-a%20b%29.svg)\n"), "{source}");
}

#[test]
fn latex_table() {
    assert_eq!(
        file("latex", &of_table(sample()), "tables/sample.tex"),
        r"% Generated by meshstats 0.1.0. Needs: booktabs, siunitx.
% About 263pt wide.
\begin{tabular}{
  l
  S[table-format=2]
  r@{\,\(\pm\)\,}l
  c
  S[table-format=<1.1e-3, table-align-exponent=false]
}
  \toprule
               &     & \multicolumn{2}{c}{Mean $\pm$ SD} &                  &         \\
  Mode         & {n} & \multicolumn{2}{c}{(ms)}          & 95~\% CI         &     {p} \\
  \midrule
  A\textbar{}B &  10 & $12.3$ & $0.4$                    & $[-1.2,\, 0.1]$  & 4.0e-34 \\
  {}[c]        &   5 & \multicolumn{2}{c}{---}           & $[10.2,\, 11.0]$ & <1e-300 \\
  \bottomrule
\end{tabular}
% A note.
"
    );
}

#[test]
fn csv_table() {
    assert_eq!(
        file("csv", &of_table(sample()), "tables/sample.csv"),
        "Mode,n,Mean ± SD (ms) centre,Mean ± SD (ms) spread,95 % CI lower,95 % CI upper,p\n\
         A|B,10,12.3,0.4,-1.2,0.1,4.0e-34\n\
         [c],5,,,10.2,11.0,<1e-300\n"
    );
}

#[test]
fn decimal_comma() {
    let mut report = of_table(sample());
    report.locale = ','.into();
    assert!(
        file("markdown", &report, "tables/sample.md").contains("|  10 |   12,3 ± 0,4   | [−1,2; 0,1]  | 4,0 × 10⁻³⁴ |")
    );
    assert!(
        file("html", &report, "report.html")
            .contains(">12,3 ± 0,4</td><td class=\"centre\">[−1,2; 0,1]</td><td class=\"number\">4,0 × 10⁻³⁴</td>")
    );
    assert!(file("latex", &report, "tables/sample.tex").contains(r"& $12{,}3$ & $0{,}4$ "));
    assert!(file("latex", &report, "tables/sample.tex").contains(r"[-1{,}2;\, 0{,}1]$"));
    assert!(file("latex", &report, "preamble.tex").contains(r"\sisetup{output-decimal-marker={,}}"));
    assert!(file("csv", &report, "tables/sample.csv").contains("A|B,10,12.3,0.4,-1.2,0.1,4.0e-34"));
}

#[test]
fn two_tables_of_one_name_are_refused() {
    let report = report(vec![Block::Table(sample()), Block::Table(sample())]);
    for output in OUTPUTS {
        assert_eq!(rendered(output, &report, &TEMPLATES).unwrap_err().path, "tables/sample", "{}", output.id);
    }
}

// Numbers to cite.

fn with_numbers(keys: &[&[&str]]) -> Report {
    let mut report = report(vec![]);
    let entry = |key: &&[&str]| Number {
        key: key.iter().map(|&word| word.into()).collect(),
        formatted: number("1.5"),
        raw: "1.5123".into(),
        unit: "ms".into(),
        definition: "It.".into(),
    };
    report.numbers = keys.iter().map(entry).collect();
    report
}

fn numbers(report: &Report) -> Result<String, Problem> {
    let latex = OUTPUTS.iter().find(|output| output.id == "latex").expect("it is registered");
    Ok(contents(&rendered(latex, report, &TEMPLATES)?, "numbers.tex"))
}

#[test]
fn macro_names_are_letters() {
    for (key, name) in [
        (&["latency", "p99", "diff"] as &[&str], "MeshLatencyPninetynineDiff"),
        (&["without-istio", "c1024"], "MeshWithoutIstioConethousandtwentyfour"),
        (&["p99.9", "0", "007", "20", "300000"], "MeshPninetynineNineZeroZerozerosevenTwentyThreehundredthousand"),
        (&["12345678"], "MeshOnetwothreefourfivesixseveneight"),
        (&["latency", "прямой", "щит-1"], "MeshLatencyPriamoiShchitOne"),
        (&["Zürich", "東京"], "MeshZurichDongJing"),
    ] {
        let source = numbers(&with_numbers(&[key])).unwrap();
        assert!(source.contains(&format!("\\def\\{name}{{\\num{{1.5}}}}\n")), "{name} in\n{source}");
        assert!(source.contains(&format!("\\def\\{name}Raw{{1.5123}}\n")));
        assert!(source.contains(&format!("\\def\\{name}Qty{{\\Meshqty{{1.5}}{{ms}}}}\n")));
    }
}

#[test]
fn macros_that_would_collide_are_named() {
    let problem = numbers(&with_numbers(&[&["latency", "p99"], &["latency", "P99"]])).unwrap_err();
    assert_eq!(problem.fault.what, "“latency p99” and “latency P99” would both be \\MeshLatencyPninetynine");
    let problem = numbers(&with_numbers(&[&["мост"], &["most"]])).unwrap_err();
    assert_eq!(problem.fault.what, "“мост” and “most” would both be \\MeshMost");
    let problem = numbers(&with_numbers(&[&["latency", "raw"], &["latency"]])).unwrap_err();
    assert_eq!(problem.fault.what, "“latency raw” and “latency” would both be \\MeshLatencyRaw");
}

#[test]
fn glossary() {
    let source = file("latex", &with_numbers(&[&["latency"]]), "numbers.md");
    assert!(source.contains("| `\\MeshLatency` | 1.5 ms | It.        |\n"), "{source}");
}

// Templates.

#[test]
fn a_template_can_be_replaced() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("table.md"), "{{ caption }}: {{ notes[0] }}\n").unwrap();
    fs::write(dir.path().join("table.tex"), "\\VAR{caption} \\REM{not written}\n").unwrap();
    let templates = Templates::new(Some(dir.path())).unwrap();
    let of = |output: &str| rendered(OUTPUTS.iter().find(|o| o.id == output).unwrap(), &of_table(sample()), &templates);
    assert_eq!(contents(&of("markdown").unwrap(), "tables/sample.md"), "Means | of \\_runs\\_: A note.\n");
    assert_eq!(contents(&of("latex").unwrap(), "tables/sample.tex"), "Means \\textbar{} of \\_runs\\_ ");
    assert_eq!(
        contents(&of("latex").unwrap(), "report.tex"),
        contents(&files("latex", &of_table(sample())), "report.tex")
    );
}

/// What is wrong when `source` replaces the template `name`.
fn problem(name: &str, source: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), source).unwrap();
    let render = |templates: Templates| {
        OUTPUTS.iter().try_for_each(|output| rendered(output, &of_table(sample()), &templates).map(|_| ()))
    };
    let problem = Templates::new(Some(dir.path())).and_then(render).unwrap_err().to_string();
    problem.strip_prefix(&format!("{}/", dir.path().display())).expect("it names the file").into()
}

#[test]
fn template_errors_say_where_and_what() {
    let unknown = problem("tabel.md", "");
    assert!(unknown.starts_with("tabel.md: is not the name of a template: "), "{unknown}");
    assert!(unknown.contains("table.md, table.tex"), "{unknown}");
    let malformed = problem("table.tex", "one\n\\BLOCK{if}\n");
    assert!(malformed.starts_with("table.tex:2: syntax error: "), "{malformed}");
    let undefined = problem("table.md", "one\ntwo {{ captoin }}\n");
    assert!(undefined.starts_with("table.md:2: undefined value: `captoin`"), "{undefined}");
    let included = problem("tabular.tex", "one\n\n\\VAR{captoin}\n");
    assert!(included.starts_with("tabular.tex:3: undefined value"), "{included}");
}
