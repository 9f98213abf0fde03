//! Notes, the set-up, what was left out, and how to make the report again.

use std::collections::BTreeMap;

use super::Context;
use super::model::{Align, Block, Cell, Column, Section, Sentence, Table};
use super::number::text;
use crate::analysis::{CountedNote, LeftOut};

/// Title of the section.
pub(super) const TITLE: &str = "Notes and provenance";

pub(super) fn section(context: &Context) -> Option<Section> {
    let analysis = context.analysis;
    let mut blocks = Vec::new();
    if !analysis.notes.is_empty() {
        blocks.push(Block::Text { text: "What the tool noticed:".to_owned() });
        blocks.push(Block::List { items: analysis.notes.iter().map(|note| context.prose(&sentence(note))).collect() });
    }
    blocks.extend(setup(context).map(Block::Table));
    if !analysis.rejected.is_empty() {
        blocks.push(Block::Table(left_out(
            "left-out",
            "Logs that could not be used",
            "Reason",
            &analysis.rejected,
            vec!["These logs were left out at the user's request (--skip-bad); no number above contains them.".into()],
        )));
    }
    if !analysis.repairs.is_empty() {
        blocks.push(Block::Table(left_out(
            "repairs",
            "Logs that were mended while reading",
            "Repair",
            &analysis.repairs,
            vec![],
        )));
    }
    if !analysis.ignored.is_empty() {
        blocks.push(Block::Text { text: ignored(&analysis.ignored) });
    }
    let files = match analysis.inputs.len() {
        1 => "1 input file".to_owned(),
        n => format!("{n} input files"),
    };
    blocks.push(Block::Text {
        text: format!(
            "Made by {} from {files}; the SHA-256 sums stand in manifest.json, every value of every run in runs.csv, \
             every result at full precision in results.json.",
            analysis.generator
        ),
    });
    Some(Section { id: "provenance".to_owned(), title: TITLE.to_owned(), blocks })
}

/// A note with where it applies and its remedy.
pub fn sentence(counted: &CountedNote) -> String {
    let note = &counted.note;
    let mut text = note.what.clone();
    let mut aside: Vec<&str> = Vec::new();
    let applies = counted.applies_to.join("; ");
    if !applies.is_empty() {
        aside.push(&applies);
    }
    aside.extend(note.detail.as_deref());
    if !aside.is_empty() {
        text = format!("{text} ({})", aside.join("; "));
    }
    format!("{text}: {}.", note.remedy)
}

fn setup(context: &Context) -> Option<Table> {
    let setup = &context.analysis.setup;
    if setup.is_empty() {
        return None;
    }
    let mut columns = vec![Column::new("Tool", Align::Left), Column::new("Fact", Align::Left)];
    let modes = &context.analysis.study.modes;
    columns.extend(modes.iter().map(|mode| Column::new(&*mode.label, Align::Left)));
    let rows = setup
        .iter()
        .map(|fact| {
            let mut cells = vec![text(&*fact.tool), text(fact.name.replace('_', " "))];
            cells.extend(modes.iter().map(|mode| match fact.values.get(&mode.id) {
                Some(values) => text(shortened(values)),
                None => Cell::Missing,
            }));
            cells
        })
        .collect();
    let aside = if setup.iter().any(|fact| fact.name == "kernel") {
        "Kernel, CPU and interface are those of the machine that ran the tool; the server's must be reported separately."
    } else {
        "What the logs do not say (kernel, hardware, governor, offloads) must be reported separately."
    };
    Some(Table {
        id: "setup".to_owned(),
        caption: "Set-up as the logs tell it".to_owned(),
        columns,
        rows,
        notes: vec![aside.into()],
        metrics: Vec::new(),
        aside: false,
    })
}

fn shortened(values: &[String]) -> String {
    let shown: Vec<&str> = values.iter().take(4).map(String::as_str).collect();
    match values.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn left_out(id: &str, caption: &str, reason: &str, files: &[LeftOut], notes: Vec<Sentence>) -> Table {
    Table {
        id: id.to_owned(),
        caption: caption.to_owned(),
        columns: vec![Column::new("File", Align::Left), Column::new(reason, Align::Left)],
        rows: files
            .iter()
            .map(|file| {
                let line = file.line.map_or(String::new(), |line| format!(":{line}"));
                vec![text(format!("{}{line}", file.path)), text(&*file.reason)]
            })
            .collect(),
        notes,
        metrics: Vec::new(),
        aside: false,
    }
}

fn ignored(files: &[LeftOut]) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files {
        reasons.entry(&file.reason).or_default().push(&file.path);
    }
    let list: Vec<String> = reasons
        .iter()
        .map(|(reason, paths)| {
            let more = if paths.len() > 3 { ", …" } else { "" };
            format!("{} × {reason} ({}{more})", paths.len(), paths[..paths.len().min(3)].join(", "))
        })
        .collect();
    format!("Files passed over, because they are no runs of the study: {}.", list.join("; "))
}
