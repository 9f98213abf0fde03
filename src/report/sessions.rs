//! Two sessions against each other as a report: what changed, what only one has, and how the conclusions changed.

use super::language::{translate_table, translated, translator_of_sessions};
use super::model::{Align, Block, Cell, Column, Report, Section, Sentence, Table, tables_mut};
use super::number::text;
use super::style::Style;
use super::{Context, comparison, diagnostics, files, numbers, planning, rates, samples, sensitivity};
use super::{RECONSTRUCTED, note_sentence};
use crate::analysis::saved::Conclusion;
use crate::analysis::sessions::{Only, Sessions, SetupChange};
use crate::study::Provenance;

/// What must be read before any number: nobody can tell the two apart from the logs.
const CONFOUNDED: &str = "the sessions were measured at different times: whatever else changed in between (machine, load, \
                          temperature, versions) is in these differences, too";

/// The sections in reading order, after what is said of the sessions themselves.
static SECTIONS: &[fn(&Context) -> Option<Section>] = &[
    comparison::section,
    rates::section,
    planning::section,
    samples::section,
    diagnostics::section,
    sensitivity::section,
    sensitivity::of_other_metrics,
];

/// The report of two sessions, in their language.
pub fn report(sessions: &Sessions) -> Report {
    let translator = translator_of_sessions(sessions);
    let report = english(sessions);
    let title = translator.text(&report.title);
    Report { title, ..translated(report, &translator) }
}

fn english(sessions: &Sessions) -> Report {
    let analysis = &sessions.analysis;
    let context = Context { analysis, style: &Style::default() };
    let mut sections = vec![section(&context, sessions)];
    sections.extend(SECTIONS.iter().filter_map(|section| section(&context)));
    let reconstructed = analysis.study.provenance == Some(Provenance::Reconstructed);
    let banner =
        if reconstructed { format!("{CONFOUNDED}. The runs are {RECONSTRUCTED}") } else { CONFOUNDED.to_owned() };
    for table in tables_mut(&mut sections[1..]) {
        // The sessions stand where a study has its modes, and the modes where it has its scenarios.
        for column in &mut table.columns {
            column.header = match column.header.as_str() {
                "Mode" => "Session".to_owned(),
                "Scenario" => "Mode".to_owned(),
                _ => continue,
            };
        }
        table.notes.extend(reconstructed.then(|| format!("These runs are {RECONSTRUCTED}.").into()));
    }
    context.sign(&mut sections);
    files::name(&mut sections);
    Report {
        id: format!("{}-diff", analysis.study.id),
        title: format!("{}: new against old", analysis.study.title),
        banner: Some(banner),
        summary: summary(&context, sessions),
        metrics: context.primary_metrics(),
        sections,
        numbers: numbers::numbers(&context),
        generator: analysis.generator.clone(),
        headline: super::comparison::headline(&context),
        locale: analysis.study.locale,
    }
}

/// The tables that a terminal shows, and what is said under them.
pub fn brief(sessions: &Sessions) -> (Vec<Table>, Vec<String>) {
    let report = english(sessions);
    let translator = translator_of_sessions(sessions);
    let wanted = ["comparison", "tests", "other-metrics", "rate-ratios", "setup-changes", "conclusions"];
    let mut tables: Vec<Table> = report.tables().filter(|table| wanted.contains(&table.id.as_str())).cloned().collect();
    tables.iter_mut().for_each(|table| translate_table(table, &translator));
    let mut sentences: Vec<String> = sessions.only_in_one.iter().map(only).collect();
    sentences.extend(sessions.analysis.notes.iter().map(|note| format!("note: {}", note_sentence(note))));
    sentences.push(format!("note: {}.", report.banner.unwrap_or_default()));
    (tables, sentences.iter().map(|sentence| translator.text(sentence)).collect())
}

fn summary(context: &Context, sessions: &Sessions) -> Vec<Sentence> {
    let mut summary = comparison::summary(context);
    summary.push(match sessions.conclusions.len() {
        0 => "No conclusion within the studies is another one now.".into(),
        1 => "1 conclusion within the studies is another one now.".into(),
        n => format!("{n} conclusions within the studies are other ones now.").into(),
    });
    summary
}

fn section(context: &Context, sessions: &Sessions) -> Section {
    let side = |source: &crate::analysis::sessions::Source| {
        format!("{} ({}), made by {}", source.title, source.study, source.generator)
    };
    let mut blocks = vec![Block::List {
        items: vec![format!("Old: {}.", side(&sessions.old)), format!("New: {}.", side(&sessions.new))],
    }];
    blocks.extend(conclusions(sessions).map(Block::Table));
    blocks.extend(setup(&sessions.setup_changes).map(Block::Table));
    if !sessions.only_in_one.is_empty() {
        blocks.push(Block::Text { text: "Not compared, because only one session has it:".to_owned() });
        blocks.push(Block::List { items: sessions.only_in_one.iter().map(only).collect() });
    }
    let notes = &context.analysis.notes;
    if !notes.is_empty() {
        blocks.push(Block::Text { text: "What the tool noticed:".to_owned() });
        blocks.push(Block::List { items: notes.iter().map(|note| context.prose(&note_sentence(note))).collect() });
    }
    Section { id: "sessions".to_owned(), title: "The sessions".to_owned(), blocks }
}

fn only(only: &Only) -> String {
    let session = if only.old { "old" } else { "new" };
    match &only.metric {
        Some(metric) => format!("only in the {session} session: {metric}, {}", only.place),
        None => format!("only in the {session} session: {}", only.place),
    }
}

fn conclusion(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Higher => "higher than the baseline",
        Conclusion::Lower => "lower than the baseline",
        Conclusion::NotShown => "no difference shown",
        Conclusion::Untested => "no test",
    }
}

fn conclusions(sessions: &Sessions) -> Option<Table> {
    let rows: Vec<Vec<Cell>> = sessions
        .conclusions
        .iter()
        .map(|changed| {
            let [old, new] = &changed.baselines;
            let baseline = if old == new { old.clone() } else { format!("{old}, now {new}") };
            vec![
                text(changed.metric.clone()),
                text(changed.place.clone()),
                text(baseline),
                text(conclusion(changed.old)),
                text(conclusion(changed.new)),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| Table {
        id: "conclusions".to_owned(),
        caption: "Conclusions within the studies that are other ones now".to_owned(),
        columns: ["Metric", "Mode", "Baseline", "Old", "New"].map(|name| Column::new(name, Align::Left)).to_vec(),
        rows,
        notes: vec![
            "By each study's own test and level, p adjusted where it was. A conclusion may turn although nothing changed, \
             when p lies near the level: whether the values changed is what the comparison of the sessions says."
                .into(),
        ],
        metrics: Vec::new(),
        aside: false,
    })
}

fn setup(changes: &[SetupChange]) -> Option<Table> {
    let row = |change: &SetupChange| {
        vec![
            text(change.mode.clone()),
            text(format!("{}: {}", change.tool, change.fact)),
            text(change.old.join(", ")),
            text(change.new.join(", ")),
        ]
    };
    (!changes.is_empty()).then(|| Table {
        id: "setup-changes".to_owned(),
        caption: "Set-up that is not the same in both sessions".to_owned(),
        columns: ["Mode", "Fact", "Old", "New"].map(|name| Column::new(name, Align::Left)).to_vec(),
        rows: changes.iter().map(row).collect(),
        notes: vec!["As the logs tell it; saved results tell what their logs did.".into()],
        metrics: Vec::new(),
        aside: false,
    })
}
