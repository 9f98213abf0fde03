//! What the AsciiDoc output is for: Asciidoctor reads the text and the cells that were written, without a warning.

use std::fs;
use std::path::Path;
use std::process::Command;

use meshstats::render::{OUTPUTS, Templates};
use meshstats::report::model::{Align, Block};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::golden::MADE;
use super::latex::{files, rendered, report, rich, table, text, write};
use super::render::{nasty, one_line, read_references};

/// The file as HTML; fails on a warning.
fn convert(file: &Path) -> String {
    let output = Command::new("asciidoctor").args(["-w", "-e", "-o", "-"]).arg(file).output();
    let output = output.unwrap_or_else(|error| panic!("asciidoctor: {error}: tests/run installs it"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{}", file.display());
    String::from_utf8(output.stdout).expect("asciidoctor prints UTF-8")
}

/// What stands in each element that `open` begins and `close` ends, without tags.
fn contents(page: &str, open: &str, close: &str) -> Vec<String> {
    let elements = page.split(open).skip(1).map(|part| part.split(close).next().unwrap_or_default());
    elements.map(|element| element.split_once('>').map_or(String::new(), |(_, inner)| read(inner))).collect()
}

fn read(source: &str) -> String {
    let text: String = source.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    read_references(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&#38;"))
}

#[test]
fn text_and_cells_come_back() {
    let mut runner = TestRunner::deterministic();
    let texts: Vec<String> = (0..1000).map(|_| nasty().new_tree(&mut runner).unwrap().current()).collect();
    let rows = texts.chunks(2).map(|pair| pair.iter().map(|cell| text(cell)).collect()).collect();
    let cells = table("cells", "Cells", &[("One", Align::Left), ("Two", Align::Centre)], rows, &[]);
    let paragraphs = texts.iter().map(|text| Block::Text { text: text.clone() });
    let report = report(paragraphs.chain([Block::Table(cells)]).collect());
    let dir = tempfile::tempdir().unwrap();
    let template = "{% for section in sections %}{% for block in section.blocks %}
{% if block.type == 'text' %}

x

{{ block.text }}
{% endif %}
{% endfor %}{% endfor %}
";
    fs::write(dir.path().join("report.adoc"), template).unwrap();
    let asciidoc = OUTPUTS.iter().find(|output| output.id == "asciidoc").expect("it is registered");
    let made = dir.path().join("made");
    write(&made, &rendered(asciidoc, &report, &Templates::new(Some(dir.path())).unwrap()).unwrap());

    let page = convert(&made.join("report.adoc"));
    let expected: Vec<String> = texts.iter().map(|text| one_line(text)).filter(|text| !text.is_empty()).collect();
    let read: Vec<String> = contents(&page, "<p", "</p>").into_iter().filter(|text| text != "x").collect();
    for (read, expected) in read.iter().zip(&expected) {
        assert_eq!(read, expected, "as a paragraph");
    }
    assert_eq!(read.len(), expected.len());

    let page = convert(&made.join("tables/cells.adoc"));
    let (_, body) = page.split_once("<tbody>").expect("the table has a body");
    let cells = contents(body, "<td ", "</td>");
    assert_eq!(cells.len(), texts.len());
    for (read, text) in cells.iter().zip(&texts) {
        assert_eq!(*read, one_line(text), "as a cell");
    }
}

#[test]
fn every_report_is_read_without_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &files("asciidoc", &rich()));
    let page = convert(&dir.path().join("report.adoc"));
    for table in rich().tables() {
        assert!(page.contains(&format!("id=\"tab-sample-{}\"", table.id)), "{}", table.id);
    }
    assert!(
        page.contains("alt=\"Forest plot: [a], 50 % &amp; more_less, &#123;x&#125;, y = 1\""),
        "{:?}",
        page.split("<img").nth(1)
    );
    let headline = &rich().headline[0];
    let lines = contents(&page, "<li", "</li>");
    let line = format!(
        "{}: {}.",
        one_line(&headline.place),
        headline.changes.iter().map(|change| change.text.as_str()).collect::<Vec<_>>().join("; ")
    );
    assert!(lines.iter().any(|shown| shown.trim() == one_line(&line)), "{line} is not in {lines:?}");
    let reports: Vec<_> = MADE.iter().filter(|(path, _)| path.ends_with("/report.adoc")).collect();
    assert!(reports.len() >= 2, "{} reports were made", reports.len());
    for (i, (_, contents)) in reports.into_iter().enumerate() {
        let file = dir.path().join(format!("{i}.adoc"));
        fs::write(&file, contents).unwrap();
        convert(&file);
    }
}
