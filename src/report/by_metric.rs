//! The report as a page shows it: for each primary metric a section, which gathers what the others say of it.
//!
//! Nothing is made here and nothing is lost: each row of a table, each figure and each sentence that is about a primary
//! metric goes to its section, and all else stays where it was.

use super::model::{Block, Report, Section, Sentence, Subject, Table};

/// The section with the table of all primary metrics; those of each follow it.
const OVERVIEW: &str = "comparison";

/// The section with what it has of the other metrics.
const OTHERS: &str = "other-metrics";

/// In which order a metric's section goes through the sections that it takes from. Others come last, as in the report.
const ORDER: &[&str] = &[OVERVIEW, "samples", "rates", "modes", "methods", "diagnostics", "power"];

/// The report with a section for each primary metric. `others` names the metrics that are not primary: it is the title of
/// what the overview has of them, and is said of a table that has given rows away.
pub fn by_metric(mut report: Report, others: &str) -> Report {
    let mut gathered: Vec<Section> = report.metrics.iter().filter_map(|metric| gather(&report, metric)).collect();
    let subjects = std::mem::take(&mut report.metrics);
    let is_taken = |id: &str| subjects.iter().any(|metric| metric.id == id);
    report.summary.retain(|sentence| !sentence.metric.as_deref().is_some_and(is_taken));
    report.sections.retain_mut(|section| {
        let had = section.blocks.len();
        let blocks = std::mem::take(&mut section.blocks).into_iter();
        section.blocks = blocks.filter_map(|block| rest(block, &is_taken, others)).collect();
        had == 0 || !section.blocks.is_empty()
    });
    let overview = report.sections.iter().position(|section| section.id == OVERVIEW);
    if !gathered.is_empty() {
        let section = overview.and_then(|index| report.sections.get_mut(index));
        gathered.extend(section.and_then(|section| of_others(section, others)));
    }
    let place = overview.map_or(0, |index| index + 1);
    report.sections.splice(place..place, gathered);
    report.metrics = subjects;
    report
}

/// The section of a metric: the answer, then from each section what it has of the metric. `None` where there is nothing.
fn gather(report: &Report, metric: &Subject) -> Option<Section> {
    let mut sections: Vec<&Section> = report.sections.iter().collect();
    sections.sort_by_key(|section| ORDER.iter().position(|id| *id == section.id).unwrap_or(ORDER.len()));
    let answer = answer(report, metric);
    let mut blocks = Vec::new();
    if !answer.is_empty() {
        blocks.push(Block::List { items: answer });
    }
    for section in sections {
        let mut parts: Vec<Block> = section.blocks.iter().filter_map(|block| part(block, metric)).collect();
        // What is seen at a glance comes first.
        parts.sort_by_key(|block| !matches!(block, Block::Figure(_)));
        if !parts.is_empty() {
            blocks.push(Block::Heading { text: section.title.clone() });
            blocks.append(&mut parts);
        }
    }
    (!blocks.is_empty()).then(|| Section { id: format!("metric-{}", metric.id), title: metric.label.clone(), blocks })
}

/// Takes the tables of other metrics out of the overview, where something else is left in it: in a study of many scenarios
/// they would keep the reader far from the sections of the primary ones.
fn of_others(overview: &mut Section, title: &str) -> Option<Section> {
    let is_of_others = |block: &Block| matches!(block, Block::Table(table) if !table.metrics.is_empty());
    if overview.blocks.iter().all(is_of_others) {
        return None;
    }
    let blocks = std::mem::take(&mut overview.blocks).into_iter();
    let (blocks, left): (Vec<Block>, Vec<Block>) = blocks.partition(is_of_others);
    overview.blocks = left;
    (!blocks.is_empty()).then(|| Section { id: OTHERS.to_owned(), title: title.to_owned(), blocks })
}

/// What the summary says of a metric or, where it says nothing, the headline.
fn answer(report: &Report, metric: &Subject) -> Vec<String> {
    let said = report.summary.iter().filter(|sentence| is_of(sentence, metric));
    let said: Vec<String> = said.map(|sentence| sentence.text.clone()).collect();
    if !said.is_empty() {
        return said;
    }
    let lines = report.headline.iter().flat_map(|line| line.changes.iter().map(move |change| (line, change)));
    let lines = lines.filter(|(_, change)| change.metric == metric.id);
    lines.map(|(line, change)| format!("{}: {}.", line.place, change.text)).collect()
}

fn is_of(sentence: &Sentence, metric: &Subject) -> bool {
    sentence.metric.as_ref() == Some(&metric.id)
}

/// What a block has of a metric.
fn part(block: &Block, metric: &Subject) -> Option<Block> {
    match block {
        Block::Heading { .. } | Block::Text { .. } | Block::List { .. } => None,
        Block::Figure(figure) => (figure.metric.as_ref() == Some(&metric.id)).then(|| block.clone()),
        Block::Table(table) => {
            let mut part = rows(table, |id| id == metric.id)?;
            if part.rows.len() < table.rows.len() {
                part.id = format!("{}-{}", table.id, metric.id.replace('_', "-"));
                part.caption = format!("{}: {}", table.caption, metric.label);
            }
            Some(Block::Table(part))
        }
    }
}

/// What is left of a block when all metrics have taken what is theirs.
fn rest(block: Block, is_taken: &impl Fn(&str) -> bool, others: &str) -> Option<Block> {
    match block {
        Block::Figure(figure) => (!figure.metric.as_deref().is_some_and(is_taken)).then_some(Block::Figure(figure)),
        Block::Table(table) if table.metrics.iter().any(|id| is_taken(id)) => {
            let mut rest = rows(&table, |id| !is_taken(id))?;
            rest.caption = format!("{}: {others}", table.caption);
            Some(Block::Table(rest))
        }
        block => Some(block),
    }
}

/// The rows of the metrics that are wanted, with the notes that belong to them; `None` without a row. A note about a metric
/// that has no row, because there was nothing to put into it, stands under all parts.
fn rows(table: &Table, is_wanted: impl Fn(&str) -> bool) -> Option<Table> {
    let kept = table.rows.iter().zip(&table.metrics).filter(|(_, id)| is_wanted(id));
    let (rows, metrics): (Vec<_>, Vec<_>) = kept.map(|(row, id)| (row.clone(), id.clone())).unzip();
    let belongs = |note: &&Sentence| note.metric.as_ref().is_none_or(|id| is_wanted(id) || !table.metrics.contains(id));
    let notes = table.notes.iter().filter(belongs).cloned().collect();
    (!rows.is_empty()).then(|| Table { rows, metrics, notes, ..table.clone() })
}

#[cfg(test)]
mod tests {
    use super::super::figure::{Drawing, Figure, Forest};
    use super::super::model::{Align, Cell, Change, Column, Headline, Outcome};
    use super::*;
    use crate::language::Locale;

    fn table(id: &str, metrics: &[&str], notes: Vec<Sentence>) -> Table {
        let row = |index: usize| vec![Cell::Number { text: index.to_string() }];
        Table {
            id: id.to_owned(),
            caption: format!("The {id}"),
            columns: vec![Column::new("Row", Align::Number)],
            rows: (0..metrics.len().max(1)).map(row).collect(),
            metrics: metrics.iter().map(|&id| id.to_owned()).collect(),
            notes,
            aside: false,
        }
    }

    fn figure(id: &str, metric: Option<&str>) -> Figure {
        Figure {
            id: id.to_owned(),
            metric: metric.map(str::to_owned),
            caption: String::new(),
            alt: String::new(),
            drawing: Drawing::Forest(Forest { axis: String::new(), rows: Vec::new() }),
            locale: Locale::default(),
        }
    }

    fn section(id: &str, blocks: Vec<Block>) -> Section {
        Section { id: id.to_owned(), title: format!("All {id}"), blocks }
    }

    fn report() -> Report {
        let subject = |id: &str| Subject { id: id.to_owned(), label: id.to_uppercase() };
        let notes = vec![
            "Of all.".into(),
            Sentence::of("a", "Of a."),
            Sentence::of("c", "Of c."),
            Sentence::of("gone", "Of what has no row."),
        ];
        Report {
            id: "study".to_owned(),
            title: String::new(),
            banner: None,
            headline: vec![Headline {
                place: "New against old".to_owned(),
                changes: vec![Change { text: "b × 2".to_owned(), outcome: Outcome::Changed, metric: "b".to_owned() }],
            }],
            summary: vec![Sentence::of("a", "A rose."), "All is said.".into()],
            metrics: ["a", "b", "none"].map(subject).to_vec(),
            sections: vec![
                section("power", vec![Block::Table(table("power", &["a", "b"], Vec::new()))]),
                section("first", vec![Block::Text { text: "Before all.".to_owned() }]),
                section(
                    OVERVIEW,
                    vec![
                        Block::Table(table("means", &[], Vec::new())),
                        Block::Table(table("tests", &["a"], Vec::new())),
                        Block::Table(table("equivalence", &["c", "b"], Vec::new())),
                        Block::Figure(figure("runs-a", Some("a"))),
                        Block::Figure(figure("changes", None)),
                    ],
                ),
                section("samples", vec![Block::Table(table("samples", &["a", "c", "a", "b"], notes))]),
            ],
            numbers: Vec::new(),
            generator: String::new(),
            locale: Locale::default(),
        }
    }

    /// What a section holds, in a word each: of tables also the rows and notes.
    fn outline(section: &Section) -> Vec<String> {
        let cell = |row: &Vec<Cell>| match &row[0] {
            Cell::Number { text } => text.clone(),
            _ => unreachable!(),
        };
        let word = |block: &Block| match block {
            Block::Heading { text } => format!("# {text}"),
            Block::Text { text } => text.clone(),
            Block::List { items } => items.join(" "),
            Block::Figure(figure) => figure.id.clone(),
            Block::Table(table) => {
                let rows: Vec<String> = table.rows.iter().map(cell).collect();
                let notes: Vec<&str> = table.notes.iter().map(|note| note.text.as_str()).collect();
                format!("{}, {}: {} {}", table.id, table.caption, rows.join(""), notes.join(" ")).trim_end().to_owned()
            }
        };
        section.blocks.iter().map(word).collect()
    }

    #[test]
    fn each_metric_takes_what_is_its_own() {
        let page = by_metric(report(), "others");
        let ids: Vec<&str> = page.sections.iter().map(|section| section.id.as_str()).collect();
        assert_eq!(ids, ["first", OVERVIEW, "metric-a", "metric-b", OTHERS, "samples"]);
        let [_, overview, a, b, rest, samples] = page.sections.as_slice() else { panic!() };
        assert_eq!(outline(overview), ["means, The means: 0", "changes"]);
        assert_eq!(
            outline(a),
            [
                "A rose.",
                "# All comparison",
                "runs-a",
                "tests, The tests: 0",
                "# All samples",
                "samples-a, The samples: A: 02 Of all. Of a. Of what has no row.",
                "# All power",
                "power-a, The power: A: 0",
            ]
        );
        assert_eq!(
            outline(b),
            [
                "New against old: b × 2.",
                "# All comparison",
                "equivalence-b, The equivalence: B: 1",
                "# All samples",
                "samples-b, The samples: B: 3 Of all. Of what has no row.",
                "# All power",
                "power-b, The power: B: 1",
            ]
        );
        assert_eq!(outline(rest), ["equivalence, The equivalence: others: 0"]);
        assert_eq!(outline(samples), ["samples, The samples: others: 1 Of all. Of c. Of what has no row."]);
        assert_eq!(page.summary, ["All is said.".into()]);
    }

    #[test]
    fn a_report_without_primary_metrics_stays_as_it_is() {
        let report = Report { metrics: Vec::new(), ..report() };
        assert_eq!(by_metric(report.clone(), "others"), report);
    }
}
