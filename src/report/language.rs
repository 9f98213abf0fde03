//! The finished report in another language: every text of it, but what the user wrote.

use super::figure::{Drawing, Figure};
use super::gate;
use super::model::{Block, Cell, Report, Section, Table};
use super::published::capitalised;
use crate::analysis::Analysis;
use crate::analysis::sessions::Sessions;
use crate::audit::Audit;
use crate::language::{Language, Locale, Translator};
use crate::metric;
use crate::study::Named;

/// A translator into the analysis' language, which leaves alone what the user wrote.
pub fn translator(analysis: &Analysis) -> Translator {
    let study = &analysis.study;
    Translator::new(study.language, study.locale, of_analysis(analysis, &study.modes))
}

/// A translator of a comparison of sessions. What stands where a study has its modes is ours: old and new.
pub fn translator_of_sessions(sessions: &Sessions) -> Translator {
    let analysis = &sessions.analysis;
    let mut own = of_analysis(analysis, &[]);
    for source in [&sessions.old, &sessions.new] {
        own.extend([source.study.clone(), source.title.clone(), source.generator.clone()]);
    }
    for only in &sessions.only_in_one {
        own.push(only.place.clone());
        own.extend(only.metric.clone().filter(|label| is_theirs(label)));
    }
    for change in &sessions.setup_changes {
        own.extend([change.mode.clone(), change.tool.clone()]);
    }
    for changed in &sessions.conclusions {
        own.push(changed.place.clone());
        own.extend(changed.baselines.clone());
        own.extend(Some(changed.metric.clone()).filter(|label| is_theirs(label)));
    }
    Translator::new(analysis.study.language, analysis.study.locale, own).of_sessions()
}

/// A translator of the gates of studies.
pub fn translator_of_gates(gates: &[gate::Named], language: &'static Language, locale: Locale) -> Translator {
    let mut own = vec![crate::analysis::GENERATOR.to_owned()];
    for named in gates {
        own.push(named.study.to_owned());
        own.extend(named.baseline.clone());
        own.extend(named.gate.without_direction.iter().cloned());
        for row in &named.gate.rows {
            own.push(row.place.clone());
            own.extend(Some(row.metric.label.clone()).filter(|label| is_theirs(label)));
            if let metric::Unit::Named(name) = &row.metric.unit {
                own.push(name.to_string());
            }
        }
    }
    Translator::new(language, locale, own)
}

/// Whether a metric's label is of the user's own table.
fn is_theirs(label: &str) -> bool {
    metric::METRICS.iter().all(|metric| metric.label != label)
}

fn of_analysis(analysis: &Analysis, modes: &[Named]) -> Vec<String> {
    let study = &analysis.study;
    let mut own = vec![study.title.clone(), study.id.clone(), analysis.generator.clone()];
    for named in modes.iter().chain(&study.scenarios) {
        own.extend([named.id.clone(), named.label.clone()]);
    }
    own.extend(analysis.metrics.iter().filter(|known| metric::find(&known.id).is_none()).map(|own| own.label.clone()));
    for metric in &analysis.metrics {
        if let metric::Unit::Named(name) = &metric.unit {
            own.push(name.to_string());
        }
    }
    for sample in &analysis.samples {
        own.extend(sample.runs.iter().cloned());
        own.extend(sample.blocks.iter().flatten().cloned());
    }
    // A direction or a quantity is ours to say, a version is not.
    let plain = Translator::new(study.language, study.locale, []);
    let theirs = |value: &&String| !(plain.knows(value) && value.contains(|c: char| c.is_alphabetic()));
    for fact in &analysis.setup {
        own.push(fact.tool.clone());
        own.extend(fact.values.values().flatten().filter(theirs).cloned());
    }
    for file in analysis.rejected.iter().chain(&analysis.ignored).chain(&analysis.repairs) {
        own.push(file.path.clone());
        own.extend(file.line.map(|line| format!("{}:{line}", file.path)));
    }
    own.extend(analysis.inputs.iter().map(|input| input.path.clone()));
    if let Some(published) = &analysis.published {
        own.extend([published.citation.clone(), published.citation.trim_end_matches('.').to_owned()]);
        own.extend(published.doi.clone());
        for table in &published.tables {
            own.extend(place_in_print(&table.printed_in));
            for row in &table.rows {
                own.push(row.label.clone());
            }
        }
    }
    own.extend(analysis.audit.iter().flat_map(of_audit));
    own
}

/// A translator of an audit that stands by itself.
pub fn translator_of_audit(audit: &Audit, language: &'static Language) -> Translator {
    Translator::new(
        language,
        language.locale(),
        of_audit(audit).into_iter().chain([crate::analysis::GENERATOR.to_owned()]),
    )
}

fn of_audit(audit: &Audit) -> Vec<String> {
    let mut own = vec![audit.title.clone()];
    own.extend(audit.modes.iter().flat_map(|mode| [mode.id.clone(), mode.label.clone()]));
    for found in &audit.findings {
        own.extend(place_in_print(&found.printed_in));
        own.extend([found.row.clone(), found.mode.clone()]);
        own.extend(found.scenario.clone());
    }
    for change in &audit.changes {
        own.push(change.mode.clone());
        own.extend(change.scenario.clone());
        own.extend(Some(change.label.clone()).filter(|label| is_theirs(label)));
    }
    own
}

fn place_in_print(name: &str) -> [String; 2] {
    [name.to_owned(), capitalised(name)]
}

/// The report in the translator's language.
pub fn translated(mut report: Report, translator: &Translator) -> Report {
    report.locale = translator.locale();
    let Report { banner, headline, summary, metrics, sections, numbers, generator, .. } = &mut report;
    let labels = metrics.iter_mut().map(|metric| &mut metric.label);
    for text in banner.iter_mut().chain(summary.iter_mut().map(|one| &mut one.text)).chain(labels).chain([generator]) {
        turn(text, translator);
    }
    for line in headline {
        turn(&mut line.place, translator);
        line.changes.iter_mut().for_each(|change| turn(&mut change.text, translator));
    }
    for Section { title, blocks, .. } in sections {
        turn(title, translator);
        for block in blocks {
            match block {
                Block::Heading { text } | Block::Text { text } => turn(text, translator),
                Block::List { items } => items.iter_mut().for_each(|item| turn(item, translator)),
                Block::Table(table) => translate_table(table, translator),
                Block::Figure(figure) => translate_figure(figure, translator),
            }
        }
    }
    for number in numbers {
        turn(&mut number.definition, translator);
        turn(&mut number.unit, translator);
        translate_cell(&mut number.formatted, translator);
    }
    report
}

fn turn(text: &mut String, translator: &Translator) {
    *text = translator.text(text);
}

/// The caption, the headers, the cells of words and the notes.
pub fn translate_table(table: &mut Table, translator: &Translator) {
    turn(&mut table.caption, translator);
    for column in &mut table.columns {
        turn(&mut column.header, translator);
    }
    table.rows.iter_mut().flatten().for_each(|cell| translate_cell(cell, translator));
    table.notes.iter_mut().for_each(|note| turn(&mut note.text, translator));
}

fn translate_cell(cell: &mut Cell, translator: &Translator) {
    match cell {
        Cell::Text { text } => turn(text, translator),
        Cell::Strong { cell } => translate_cell(cell, translator),
        Cell::Number { .. } | Cell::PlusMinus { .. } | Cell::Interval { .. } | Cell::Missing => {}
    }
}

/// What is printed in and under a figure. The labels of the user are known to the translator, which leaves them alone.
pub fn translate_figure(figure: &mut Figure, translator: &Translator) {
    figure.locale = translator.locale();
    turn(&mut figure.caption, translator);
    turn(&mut figure.alt, translator);
    match &mut figure.drawing {
        Drawing::Runs(runs) => {
            turn(&mut runs.axis, translator);
            runs.groups.iter_mut().for_each(|group| turn(&mut group.label, translator));
        }
        Drawing::Forest(forest) => {
            turn(&mut forest.axis, translator);
            for row in &mut forest.rows {
                turn(&mut row.label, translator);
                turn(&mut row.text, translator);
            }
        }
        Drawing::Curves(curves) => {
            turn(&mut curves.axis, translator);
            turn(&mut curves.vertical, translator);
            curves.lines.iter_mut().for_each(|line| turn(&mut line.label, translator));
        }
        Drawing::Scatter(scatter) => {
            turn(&mut scatter.axis, translator);
            turn(&mut scatter.vertical, translator);
            scatter.series.iter_mut().for_each(|series| turn(&mut series.label, translator));
        }
        Drawing::Heatmap(heatmap) => {
            turn(&mut heatmap.axis, translator);
            let labels = heatmap.rows.iter_mut().map(|row| &mut row.label).chain(&mut heatmap.columns);
            labels.for_each(|label| turn(label, translator));
            let cells = heatmap.rows.iter_mut().flat_map(|row| &mut row.cells);
            cells.for_each(|cell| turn(&mut cell.text, translator));
        }
        Drawing::Panels(panels) => {
            turn(&mut panels.axis, translator);
            panels.labels.iter_mut().for_each(|label| turn(label, translator));
            panels.shade.iter_mut().for_each(|shade| turn(&mut shade.label, translator));
            panels.panels.iter_mut().for_each(|panel| turn(&mut panel.axis, translator));
        }
    }
}
