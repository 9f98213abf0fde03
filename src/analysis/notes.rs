//! What was noticed, counted: over runs, and between modes.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MetricInfo, Sample, StudyInfo};
use crate::metric::{Kind, METRICS};
use crate::run::Note;
use crate::study::{NO_FIT, Named, Study, natural_cmp};
use crate::table::{Row, Table};

/// The fact of a set-up that two modes may differ in without harm to the comparison: where it is that was measured.
const MAY_DIFFER: &str = "url";

/// One fact of the set-up: its values in each mode, `not said` where a log does not tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetupFact {
    pub tool: String,
    pub name: String,
    /// By mode id.
    pub values: BTreeMap<String, Vec<String>>,
}

/// A note, and where it applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CountedNote {
    #[serde(flatten)]
    pub note: Note,
    /// `20 of 20 runs of Istio`; empty for a note about the study.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<String>,
}

/// The notes of the runs, one of each kind, then those of the comparison of set-ups and of the files.
pub fn notes(info: &StudyInfo, table: &Table, study: &Study) -> Vec<CountedNote> {
    let mut counted = of_runs(info, table);
    counted.extend(
        table
            .notes
            .iter()
            .chain(&of_setups(info, table))
            .chain(&of_files(study))
            .map(|note| CountedNote { note: note.clone(), applies_to: Vec::new() }),
    );
    counted
}

/// That blocks were named to no use.
pub fn of_unpaired(comparisons: usize) -> Option<CountedNote> {
    let note = Note::new(
        "blocks-not-paired",
        "the runs name blocks, but fewer than two blocks hold runs of both modes, so these comparisons are unpaired",
        "give the runs that belong together the same block in both modes",
    );
    (comparisons > 0)
        .then(|| CountedNote { note: note.with_detail(format!("{comparisons} comparisons")), applies_to: Vec::new() })
}

/// That a primary metric was measured, but compared with nothing. In a study of one mode that is no surprise.
pub fn of_uncompared(info: &StudyInfo, metrics: &[(&MetricInfo, Vec<&str>)]) -> Option<CountedNote> {
    if metrics.is_empty() || info.modes.len() < 2 {
        return None;
    }
    let label =
        |id: &str| info.modes.iter().find(|mode| mode.id == id).map_or(id, |mode| mode.label.as_str()).to_owned();
    let baseline = label(&info.baseline);
    let detail = |(metric, modes): &(&MetricInfo, Vec<&str>)| {
        let treatments: Vec<String> = modes.iter().filter(|id| **id != info.baseline).map(|id| label(id)).collect();
        let treatments = treatments.join(", ");
        let metric = &metric.label;
        if !modes.contains(&info.baseline.as_str()) {
            format!("{metric}: runs of {treatments}, none of {baseline}")
        } else if treatments.is_empty() {
            format!("{metric}: runs of {baseline} alone")
        } else {
            format!("{metric}: runs of {treatments}, none of {baseline} in the same scenario")
        }
    };
    let note = Note::new(
        "nothing-compared",
        "of a primary metric nothing was compared, because the baseline or all other modes have no runs of it",
        "name another baseline with `--baseline`, or say with `logs = …` in meshstats.toml which part of a path is the \
         {mode} and which the {scenario}",
    );
    let details: Vec<String> = metrics.iter().map(detail).collect();
    Some(CountedNote { note: note.with_detail(details.join("; ")), applies_to: Vec::new() })
}

/// Counts below zero, and counts without an exposure.
pub fn of_counts(table: &Table) -> Option<CountedNote> {
    let mut runs: BTreeSet<String> = BTreeSet::new();
    for metric in METRICS {
        let Kind::Ratio(ratio) = metric.kind else { continue };
        let impossible = |row: &&Row| {
            let count = row.values.get(ratio.count);
            count.is_some_and(|count| *count < 0.0 || (ratio.exposure)(&row.values).is_some_and(|of| of <= 0.0))
        };
        runs.extend(table.rows.iter().filter(impossible).map(|row| format!("{} {}", row.mode, row.run)));
    }
    let first = runs.first()?.clone();
    let note = Note::new(
        "impossible-counts",
        "some runs have a count below zero, or nothing that it could be counted in; they are in no rate",
        "correct the table",
    );
    Some(CountedNote {
        note: note.with_detail(format!("{} runs, such as {first}", runs.len())),
        applies_to: Vec::new(),
    })
}

/// That a chosen method could not be used, so that the usual one stands in its place.
pub fn of_unused(ids: &[String]) -> Option<CountedNote> {
    let note = Note::new(
        "method-not-used",
        "a chosen method fits no comparison, so the usual one stands in its place",
        "see in `meshstats list tests` what it needs: pairs need blocks, several methods three modes or more",
    );
    (!ids.is_empty()).then(|| CountedNote { note: note.with_detail(ids.join(", ")), applies_to: Vec::new() })
}

/// That runs were left out because the manifest drops outliers.
pub fn of_dropped(samples: &[Sample]) -> Option<CountedNote> {
    let dropped: usize = samples.iter().map(|sample| sample.dropped.len()).sum();
    let note = Note::new(
        "outliers-dropped",
        "values outside Tukey's fences were dropped, as the manifest says; the table of diagnostics lists them",
        "report the analysis with all runs beside this one: dropping makes intervals narrower than they are",
    );
    (dropped > 0).then(|| CountedNote {
        note: note.with_detail(format!(
            "{dropped} values of {} samples",
            samples.iter().filter(|s| !s.dropped.is_empty()).count()
        )),
        applies_to: Vec::new(),
    })
}

/// Notes by mode and tool.
type ByPlace<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a Note>>;

fn of_runs(info: &StudyInfo, table: &Table) -> Vec<CountedNote> {
    let mut seen: BTreeMap<(&str, &str, &str), ByPlace> = BTreeMap::new();
    let mut runs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for row in &table.rows {
        let place = (row.mode.as_str(), row.tool.as_deref().unwrap_or(""));
        *runs.entry(place).or_default() += 1;
        for note in &row.notes {
            seen.entry((&note.id, &note.what, &note.remedy)).or_default().entry(place).or_default().push(note);
        }
    }
    seen.into_iter()
        .map(|((id, what, remedy), places)| {
            let mut details: Vec<&str> = places.values().flatten().filter_map(|note| note.detail.as_deref()).collect();
            details.dedup();
            let note = Note::new(id, what, remedy);
            let applies_to = info
                .modes
                .iter()
                .flat_map(|mode| {
                    let places = places.iter().filter(move |((id, _), _)| *id == mode.id);
                    places.map(|((id, tool), notes)| {
                        let of = runs.get(&(*id, *tool)).copied().unwrap_or_default();
                        format!("{} of {of} {tool} runs of {}", notes.len(), mode.label)
                    })
                })
                .collect();
            let note = match details.as_slice() {
                [] => note,
                [one] => note.with_detail(*one),
                [first, ..] => note.with_detail(format!("{first} (the first of them)")),
            };
            CountedNote { note, applies_to }
        })
        .collect()
}

/// What the logs say of the set-up, by tool and fact.
pub fn setup(table: &Table) -> Vec<SetupFact> {
    facts(&table.rows.iter().collect::<Vec<_>>())
}

fn facts(rows: &[&Row]) -> Vec<SetupFact> {
    let mut facts: BTreeMap<(&str, &str), BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for row in rows {
        let tool = row.tool.as_deref().unwrap_or("");
        for key in row.setup.keys().filter(|key| !["tool", "mss_source"].contains(key)) {
            facts.entry((tool, key)).or_default();
        }
    }
    for ((tool, key), values) in &mut facts {
        for row in rows.iter().filter(|row| row.tool.as_deref().unwrap_or("") == *tool) {
            values.entry(&row.mode).or_default().insert(row.setup.get(key).map_or("not said", String::as_str));
        }
    }
    facts
        .into_iter()
        .map(|((tool, name), values)| SetupFact {
            tool: tool.to_owned(),
            name: name.to_owned(),
            values: values
                .into_iter()
                .map(|(mode, values)| {
                    let mut values: Vec<String> = values.into_iter().map(str::to_owned).collect();
                    values.sort_by(|a, b| natural_cmp(a, b));
                    (mode.to_owned(), values)
                })
                .collect(),
        })
        .collect()
}

/// Logs that are copies of each other, and logs that the manifest's patterns leave out.
fn of_files(study: &Study) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut by_sum: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let used: BTreeSet<&str> = study.runs.iter().map(|run| run.source.as_str()).collect();
    for input in study.inputs.iter().filter(|input| used.contains(input.path.as_str())) {
        by_sum.entry(&input.sha256).or_default().push(&input.path);
    }
    let mut copies: Vec<String> =
        by_sum.values().filter(|paths| paths.len() > 1).map(|paths| paths.join(" = ")).collect();
    copies.sort_by(|a, b| natural_cmp(a, b));
    if !copies.is_empty() {
        notes.push(
            Note::new(
                "identical-logs",
                "some logs are the same to the byte: a copy is no further run",
                "remove the copies",
            )
            .with_detail(copies.join("; ")),
        );
    }
    if let Some(planned) = study.planned.filter(|planned| study.collected < *planned) {
        notes.push(
            Note::new(
                "collection-unfinished",
                "runs of the plan are missing",
                "start `meshstats collect` with the same plan again: it makes the others",
            )
            .with_detail(format!("{} of {planned} are there", study.collected)),
        );
    }
    let unfit: Vec<&str> =
        study.ignored.iter().filter(|file| file.reason == NO_FIT).map(|file| file.path.as_str()).collect();
    if let [first, ..] = unfit.as_slice() {
        notes.push(
            Note::new(
                "unfit-logs",
                "some logs were left out, because their paths do not fit the pattern in `logs`",
                "add a pattern for them, or move them out of the study",
            )
            .with_detail(format!("{} logs, such as {first}", unfit.len())),
        );
    }
    notes
}

/// A set-up that differs between modes confounds the comparison; one that differs within a mode widens it. Scenarios
/// differ on purpose: each is looked at by itself, and of what is the same in several the first is told.
fn of_setups(info: &StudyInfo, table: &Table) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for scenario in super::scenario_ids(info, table) {
        let rows: Vec<&Row> = table.rows.iter().filter(|row| row.scenario == scenario).collect();
        let label = info.scenarios.iter().find(|named| Some(&named.id) == scenario.as_ref()).map(|named| &named.label);
        for note in facts(&rows).iter().filter_map(|fact| of_fact(info, fact)) {
            if !notes.iter().any(|known| known.what == note.what) {
                notes.push(match (label, &note.detail) {
                    (Some(label), Some(detail)) => note.clone().with_detail(format!("{label}: {detail}")),
                    _ => note,
                });
            }
        }
    }
    notes
}

fn of_fact(info: &StudyInfo, fact: &SetupFact) -> Option<Note> {
    let by_mode: Vec<(&Named, &Vec<String>)> =
        info.modes.iter().filter_map(|mode| Some((mode, fact.values.get(&mode.id)?))).collect();
    let (_, first) = by_mode.first()?;
    let list = |values: &[String]| {
        let more = if values.len() > 4 { ", …" } else { "" };
        format!("{}{more}", values.iter().take(4).map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    let detail: Vec<String> =
        by_mode.iter().map(|(mode, values)| format!("{}: {}", mode.label, list(values))).collect();
    let name = fact.name.replace('_', " ");
    let note = if fact.name != MAY_DIFFER && by_mode.iter().any(|(_, values)| values != first) {
        Note::new(
            "setup-differs",
            format!("{} ran with different {name} in different modes", fact.tool),
            "the comparison mixes this with the effect of the mode; repeat with the same set-up, unless this is what the \
             modes are about",
        )
    } else if by_mode.iter().any(|(_, values)| values.len() > 1) {
        Note::new(
            "setup-varies",
            format!("{} ran with different {name} within a mode", fact.tool),
            "split the runs into scenarios ({scenario} in the path pattern), or repeat with one set-up",
        )
    } else {
        return None;
    };
    Some(note.with_detail(detail.join("; ")))
}
