//! Two saved results against each other: the same modes, measured in an old and in a new session.
//!
//! Each mode and scenario of the old session is the baseline of the same mode and scenario in the new one. The runs of
//! two sessions are independent groups: a block of one has nothing to do with a block of the other.

use std::collections::BTreeSet;

use serde::Serialize;

use super::gate::{Pair, SAME_RUNS, same_runs};
use super::notes::{CountedNote, SetupFact};
use super::saved::{Conclusion, Observed, Saved};
use super::{Analysis, GENERATOR, MetricInfo, MetricKind, SCHEMA_VERSION, Sample, StudyInfo, comparisons, diagnostics};
use crate::error::{Error, Problem};
use crate::run::Note;
use crate::study::{Named, Provenance};
use crate::toml_file::suggest;

/// The ids of the sessions, which stand where a study has its modes.
pub const OLD: &str = "old";
pub const NEW: &str = "new";

/// What two sessions measured, side by side.
#[derive(Debug, Serialize)]
pub struct Sessions {
    pub old: Source,
    pub new: Source,
    /// The sessions as a study of two modes, whose scenarios are the modes and scenarios of the studies.
    #[serde(flatten)]
    pub analysis: Analysis,
    pub only_in_one: Vec<Only>,
    pub setup_changes: Vec<SetupChange>,
    /// Comparisons within the studies whose conclusion is another one now.
    pub conclusions: Vec<Changed>,
}

/// Where the results of a session come from.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    pub study: String,
    pub title: String,
    pub generator: String,
}

/// What only one of the sessions has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Only {
    /// Whether it is the old session that has it.
    pub old: bool,
    /// Label of the metric; none where it is a whole mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Labels of mode and scenario.
    pub place: String,
}

/// A fact of the set-up that is not the same in both sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetupChange {
    /// Label of the mode.
    pub mode: String,
    pub tool: String,
    pub fact: String,
    pub old: Vec<String>,
    pub new: Vec<String>,
}

/// A comparison of a treatment with its baseline, concluded in both sessions, and not alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    pub metric: String,
    /// Labels of treatment and scenario.
    pub place: String,
    /// Labels of what it was compared with.
    pub baselines: [String; 2],
    pub old: Conclusion,
    pub new: Conclusion,
}

/// A mode and scenario of the old session and of the new one; one of them may be missing.
struct Place<'a> {
    id: String,
    label: String,
    old: Option<(&'a str, Option<&'a str>)>,
    new: Option<(&'a str, Option<&'a str>)>,
}

/// Modes that got another id: `(old, new)`.
pub type Renamed = [(String, String)];

/// The pairs of samples of two sessions: of every metric, mode and scenario that one of them has.
///
/// # Errors
/// When a mode that is said to be renamed does not exist, a metric is in another unit, or nothing is in both.
pub fn pairs<'a>(old: &'a Saved, new: &'a Saved, renamed: &Renamed) -> Result<Vec<Pair<'a>>, Error> {
    let places = places(old, new, renamed)?;
    let mut pairs = Vec::new();
    for metric in metrics(old, new)? {
        for place in &places {
            let side = |saved: &'a Saved, at: Option<(&str, Option<&str>)>| {
                at.and_then(|(mode, scenario)| saved.sample(&metric.id, scenario, mode))
            };
            let sides = [side(old, place.old), side(new, place.new)];
            if sides.iter().any(Option::is_some) {
                pairs.push(Pair { metric, place: place.label.clone(), sides, sessions: true });
            }
        }
    }
    if !pairs.iter().any(|pair| pair.sides.iter().all(Option::is_some)) {
        let of = |saved: &Saved| saved.study.modes.iter().map(|mode| mode.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Problem::new(
            new.study.id.as_str(),
            format!("has no metric of a mode and scenario in common with {}", old.study.id),
            format!("say which mode got another name with --map old=new; old: {}; new: {}", of(old), of(new)),
        )
        .into());
    }
    Ok(pairs)
}

/// The metrics of both sessions, those of the new one first.
fn metrics<'a>(old: &'a Saved, new: &'a Saved) -> Result<Vec<&'a MetricInfo>, Error> {
    for metric in &new.metrics {
        if let Some(before) = old.metric(&metric.id).filter(|before| before.unit != metric.unit) {
            return Err(Problem::new(
                new.study.id.as_str(),
                format!("{} is in {}, and was in {}", metric.id, metric.unit.base_name(), before.unit.base_name()),
                "give both tables the same unit, or the metrics different names",
            )
            .into());
        }
    }
    let gone = old.metrics.iter().filter(|metric| new.metric(&metric.id).is_none());
    Ok(new.metrics.iter().chain(gone).collect())
}

fn places<'a>(old: &'a Saved, new: &'a Saved, renamed: &Renamed) -> Result<Vec<Place<'a>>, Error> {
    for (saved, session, ids) in [
        (old, OLD, renamed.iter().map(|(old, _)| old).collect::<Vec<_>>()),
        (new, NEW, renamed.iter().map(|(_, new)| new).collect()),
    ] {
        let modes = || saved.study.modes.iter().map(|mode| mode.id.as_str());
        for (i, id) in ids.iter().enumerate() {
            if !modes().any(|mode| mode == id.as_str()) {
                let what = format!("--map names `{id}`, which is no mode of the {session} results");
                return Err(Error::Usage(format!("{what}: {}", suggest(id, modes(), "The modes are"))));
            }
            if ids[..i].contains(id) {
                return Err(Error::Usage(format!("--map names the {session} mode `{id}` twice")));
            }
        }
    }
    // What the mode of the new session was called in the old one; a name that was given away is not its own any more.
    let before = |mode: &'a str| match renamed.iter().find(|(_, new)| new == mode) {
        Some((old, _)) => Some(old.as_str()),
        None => Some(mode).filter(|mode| !renamed.iter().any(|(old, _)| old == mode)),
    };
    let of_old = old.places();
    let mut places = Vec::new();
    for (mode, scenario) in new.places() {
        let found = of_old.iter().find(|(old, of)| Some(*old) == before(mode) && *of == scenario);
        places.push(Place {
            id: id(mode, scenario),
            label: new.place(mode, scenario),
            old: found.copied(),
            new: Some((mode, scenario)),
        });
    }
    for (mode, scenario) in of_old {
        if !places.iter().any(|place| place.old == Some((mode, scenario))) {
            let label = old.place(mode, scenario);
            places.push(Place { id: id(mode, scenario), label, old: Some((mode, scenario)), new: None });
        }
    }
    Ok(places)
}

/// A mode and a scenario as one scenario.
fn id(mode: &str, scenario: Option<&str>) -> String {
    let joined = scenario.map_or_else(|| mode.to_owned(), |scenario| format!("{mode}--{scenario}"));
    joined.replace(['/', '\\'], "-")
}

/// Two sessions side by side.
///
/// # Errors
/// Those of [`pairs`].
pub fn between(old: &Saved, new: &Saved, renamed: &Renamed) -> Result<Sessions, Error> {
    let pairs = pairs(old, new, renamed)?;
    let places = places(old, new, renamed)?;
    let info = info(old, new, &places);
    let metrics: Vec<MetricInfo> = new
        .metrics
        .iter()
        .filter(|metric| old.metric(&metric.id).is_some())
        .map(|metric| MetricInfo { kind: common_kind(old, new, metric), ..metric.clone() })
        .collect();
    let mut samples = Vec::new();
    for (metric, place) in metrics.iter().flat_map(|metric| places.iter().map(move |place| (metric, place))) {
        let (Some(before), Some(now)) = (place.old, place.new) else { continue };
        let both = (old.sample(&metric.id, before.1, before.0), new.sample(&metric.id, now.1, now.0));
        let (Some(before), Some(now)) = both else { continue };
        for (observed, session) in [(before, OLD), (now, NEW)] {
            let scenario = Some(place.id.clone());
            let observed = Observed { scenario, mode: session.to_owned(), ..observed.by_unit() };
            samples.push(Sample::of(&info, metric.kind, observed));
        }
    }
    let mut comparisons = comparisons::compare(&info, &metrics, &samples);
    let primary: Vec<String> = metrics.iter().filter(|metric| metric.primary).map(|metric| metric.id.clone()).collect();
    let family = comparisons::adjust(&info, &primary, &mut comparisons)?;
    let (diagnosis, mut notes) = diagnostics::diagnose(&info, &metrics, &samples);
    let setup_changes = setup_changes(old, new, &places);
    notes.splice(0..0, same_runs(&pairs).then(same_runs_note).into_iter().chain(setup_note(&setup_changes)));
    Ok(Sessions {
        old: source(old),
        new: source(new),
        only_in_one: only(&pairs, &places),
        conclusions: changed(old, new, &places),
        setup_changes,
        analysis: Analysis {
            schema_version: SCHEMA_VERSION,
            generator: GENERATOR.to_owned(),
            metrics,
            samples,
            comparisons,
            family,
            groups: Vec::new(),
            diagnosis,
            setup: setup(old, new),
            published: None,
            audit: None,
            notes,
            rejected: Vec::new(),
            ignored: Vec::new(),
            repairs: Vec::new(),
            inputs: Vec::new(),
            series: Vec::new(),
            latencies: Vec::new(),
            study: info,
        },
    })
}

/// The sessions as a study: how it is analysed is what the new one chose.
fn info(old: &Saved, new: &Saved, places: &[Place]) -> StudyInfo {
    let both = places.iter().filter(|place| place.old.is_some() && place.new.is_some());
    let reconstructed = [old, new].iter().any(|saved| saved.study.provenance == Some(Provenance::Reconstructed));
    StudyInfo {
        id: new.study.id.clone(),
        title: new.study.title.clone(),
        provenance: reconstructed.then_some(Provenance::Reconstructed),
        modes: vec![named(OLD, "Old"), named(NEW, "New")],
        baseline: OLD.to_owned(),
        scenarios: both.map(|place| named(&place.id, &place.label)).collect(),
        mss: new.study.mss.clone().filter(|mss| old.study.mss.as_ref() == Some(mss)),
        locale: match new.study.language.is_source() {
            true => new.study.decimal_separator.into(),
            false => new.study.locale,
        },
        ..new.study.clone()
    }
}

fn named(id: &str, label: &str) -> Named {
    Named { id: id.to_owned(), label: label.to_owned(), word: None }
}

/// A ratio is compared by counts and exposures, which both sessions must know; else it is a value like any other.
fn common_kind(old: &Saved, new: &Saved, metric: &MetricInfo) -> MetricKind {
    let knows = |saved: &Saved| {
        let mut samples = saved.samples.iter().filter(|sample| sample.metric == metric.id);
        samples.all(|sample| sample.events.len() == sample.values.len())
    };
    match metric.kind {
        MetricKind::Ratio if !(knows(old) && knows(new)) => MetricKind::Mean,
        kind => kind,
    }
}

fn source(saved: &Saved) -> Source {
    Source { study: saved.study.id.clone(), title: saved.study.title.clone(), generator: saved.generator.clone() }
}

/// Whole places first, then the metrics that one session lacks in a place of both.
fn only(pairs: &[Pair], places: &[Place]) -> Vec<Only> {
    let alone = |place: &&Place| place.old.is_none() || place.new.is_none();
    let whole = places.iter().filter(alone).map(|place| Only {
        old: place.old.is_some(),
        metric: None,
        place: place.label.clone(),
    });
    let shared: BTreeSet<&str> = places.iter().filter(|place| !alone(place)).map(|place| &*place.label).collect();
    let single = pairs.iter().filter(|pair| pair.sides.iter().any(Option::is_none));
    let metrics = single.filter(|pair| shared.contains(&*pair.place)).map(|pair| Only {
        old: pair.sides[0].is_some(),
        metric: Some(pair.metric.label.clone()),
        place: pair.place.clone(),
    });
    whole.chain(metrics).collect()
}

/// The modes that both sessions have, as `(old id, new id, label)`.
fn shared_modes<'a>(new: &'a Saved, places: &[Place<'a>]) -> Vec<(&'a str, &'a str, String)> {
    let mut modes: Vec<(&str, &str, String)> = Vec::new();
    for place in places {
        if let (Some((before, _)), Some((now, _))) = (place.old, place.new)
            && !modes.iter().any(|(old, _, _)| *old == before)
        {
            modes.push((before, now, new.place(now, None)));
        }
    }
    modes
}

fn setup_changes(old: &Saved, new: &Saved, places: &[Place]) -> Vec<SetupChange> {
    let mut changes = Vec::new();
    for (before, now, label) in shared_modes(new, places) {
        for fact in &new.setup {
            let values = |setup: &[SetupFact], mode: &str| {
                setup.iter().find(|f| f.tool == fact.tool && f.name == fact.name)?.values.get(mode).cloned()
            };
            if let (Some(was), Some(is)) = (values(&old.setup, before), values(&new.setup, now))
                && was != is
            {
                changes.push(SetupChange {
                    mode: label.clone(),
                    tool: fact.tool.clone(),
                    fact: fact.name.replace('_', " "),
                    old: was,
                    new: is,
                });
            }
        }
    }
    changes
}

fn same_runs_note() -> CountedNote {
    let note = Note::new("same-runs", SAME_RUNS, "give the results of two measurements");
    CountedNote { note, applies_to: Vec::new() }
}

fn setup_note(changes: &[SetupChange]) -> Option<CountedNote> {
    let mut facts: Vec<String> = changes.iter().map(|change| format!("{}: {}", change.tool, change.fact)).collect();
    facts.dedup();
    let facts: BTreeSet<String> = facts.into_iter().collect();
    let note = Note::new(
        "setup-differs",
        "the sessions had different set-ups",
        "the differences mix this with what else changed; repeat with the same set-up, unless this is what the change is \
         about",
    );
    (!facts.is_empty()).then(|| CountedNote {
        note: note.with_detail(facts.into_iter().collect::<Vec<_>>().join(", ")),
        applies_to: Vec::new(),
    })
}

/// The facts of both set-ups, all modes of a session together.
fn setup(old: &Saved, new: &Saved) -> Vec<SetupFact> {
    let mut facts: Vec<SetupFact> = Vec::new();
    for (saved, session) in [(old, OLD), (new, NEW)] {
        for fact in &saved.setup {
            let place = facts.iter().position(|known| known.tool == fact.tool && known.name == fact.name);
            let place = place.unwrap_or_else(|| {
                facts.push(SetupFact { values: Default::default(), ..fact.clone() });
                facts.len() - 1
            });
            let mut values: Vec<String> = Vec::new();
            for value in fact.values.values().flatten() {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
            facts[place].values.insert(session.to_owned(), values);
        }
    }
    facts.sort_by(|a, b| (&a.tool, &a.name).cmp(&(&b.tool, &b.name)));
    facts
}

/// What was concluded in both sessions, and not alike.
fn changed(old: &Saved, new: &Saved, places: &[Place]) -> Vec<Changed> {
    let find = |saved: &Saved, metric: &str, (mode, scenario): (&str, Option<&str>)| {
        let mut all = saved.comparisons.iter();
        let found = all.find(|c| c.metric == metric && c.mode == mode && c.scenario.as_deref() == scenario)?;
        Some(found.conclusion(1.0 - saved.study.confidence))
    };
    let mut changed = Vec::new();
    for (metric, place) in new.metrics.iter().flat_map(|metric| places.iter().map(move |place| (metric, place))) {
        let (Some(before), Some(now)) = (place.old, place.new) else { continue };
        let conclusions = (find(old, &metric.id, before), find(new, &metric.id, now));
        let (Some(was), Some(is)) = conclusions else { continue };
        if was != is {
            let baselines = [old, new].map(|saved| saved.place(&saved.study.baseline, None));
            let (metric, place) = (metric.label.clone(), place.label.clone());
            changed.push(Changed { metric, place, baselines, old: was, new: is });
        }
    }
    changed
}
