//! Study and table → [`Analysis`]: which method for which kind of metric. Serialised it is `results.json`.

pub mod band;
mod comparisons;
pub mod diagnostics;
pub mod gate;
pub mod latencies;
pub mod means;
pub mod methods;
mod notes;
pub mod planning;
mod published;
pub mod saved;
pub mod series;
pub mod sessions;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use comparisons::{AtOnce, Compared, Comparison, Family, Group, OfModes, Pairing, Rates};
pub use diagnostics::Diagnosis;
pub use means::Means;
pub use methods::{Applied, Chosen, Methods};
pub use notes::{CountedNote, SetupFact};
pub use published::{Published, PublishedCell, PublishedRow, PublishedTable};
use saved::Observed;

use crate::audit::{Audit, audit};
use crate::claims::Claims;
use crate::error::{Error, Problem};
use crate::language::{Language, Locale};
use crate::metric::{Better, Kind, Metric, Unit};
use crate::stats::describe::{Description, describe};
use crate::stats::outcome::{self, Outcome};
use crate::stats::outliers::outliers;
use crate::stats::rate::{Rate, rate};
use crate::stats::{self, Events, Settings, Undefined};
use crate::study::{self, MssPolicy, Named, Outliers, Provenance, Study};
use crate::table::{Row, Table, value};
use crate::toml_file;

/// The version of the layout of `results.json`; `schema/results.schema.json` describes it.
pub const SCHEMA_VERSION: u32 = 2;

/// Name and version of the program, as reports say it.
pub const GENERATOR: &str = concat!("meshstats ", env!("CARGO_PKG_VERSION"));

/// Resamples of every bootstrap.
pub const RESAMPLES: usize = 10_000;

const DEFAULT_CONFIDENCE: f64 = 0.95;
const DEFAULT_SEED: u64 = 1;

/// The primary metrics of a study that names none: those of these that it has.
const DEFAULT_PRIMARY: [&str; 2] = ["latency_mean", "throughput"];

/// All results of one study, at full precision in base units.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Analysis {
    pub schema_version: u32,
    /// Name and version of the program.
    pub generator: String,
    pub study: StudyInfo,
    pub metrics: Vec<MetricInfo>,
    pub samples: Vec<Sample>,
    pub comparisons: Vec<Comparison>,
    pub family: Family,
    /// All modes at once, where there are three or more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Whether the runs are what the methods assume.
    pub diagnosis: Diagnosis,
    /// The facts of the set-up that the logs hold.
    pub setup: Vec<SetupFact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    /// Whether the published figures can be true together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    pub notes: Vec<CountedNote>,
    /// Logs that were left out, with the reason.
    pub rejected: Vec<LeftOut>,
    /// Files that are no logs of a run, with the reason.
    pub ignored: Vec<LeftOut>,
    /// What was mended while reading, with the path.
    pub repairs: Vec<LeftOut>,
    /// The files that the results come from.
    pub inputs: Vec<Input>,
    /// For figures, and only of logs: a table of values has neither.
    #[serde(skip)]
    pub series: Vec<series::Series>,
    #[serde(skip)]
    pub latencies: Vec<latencies::Latencies>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StudyInfo {
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// In reading order.
    pub modes: Vec<Named>,
    /// Id of the mode that the others are compared with.
    pub baseline: String,
    /// In reading order; empty where there are none.
    pub scenarios: Vec<Named>,
    /// Level of every interval.
    pub confidence: f64,
    /// How the MSS of the loss estimate was found: `1460 bytes (set)` or `from the logs (…)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mss: Option<String>,
    /// Significant digits of an uncertainty in print.
    pub digits: u8,
    pub decimal_separator: char,
    /// Of the report; what is computed does not depend on it.
    #[serde(skip, default = "Language::source")]
    pub language: &'static Language,
    /// How the report writes numbers.
    #[serde(skip)]
    pub locale: Locale,
    pub seed: u64,
    pub methods: Chosen,
}

impl StudyInfo {
    /// What every method is given, but for what depends on the metric.
    fn settings(&self) -> Settings {
        Settings { level: self.confidence, seed: self.seed, resamples: RESAMPLES, ..Settings::default() }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MetricInfo {
    pub id: String,
    pub label: String,
    pub definition: String,
    pub unit: Unit,
    pub better: Better,
    pub kind: MetricKind,
    pub primary: bool,
}

/// How a metric is summarised and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MetricKind {
    /// Compared by means.
    Mean,
    /// Described and totalled, not compared on its own.
    Count,
    /// Compared by the ratio of the pooled rates.
    Ratio,
}

/// A metric's values over the runs of a mode.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sample {
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    pub mode: String,
    /// The runs' names, in run order.
    pub runs: Vec<String>,
    /// The blocks of the runs, where they come in blocks.
    #[serde(skip_serializing_if = "no_block")]
    pub blocks: Vec<Option<String>>,
    pub values: Vec<f64>,
    /// Runs outside Tukey's fences, where the manifest says to drop those; they do not count in anything here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Dropped>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Description>")]
    pub description: stats::Result<Description>,
    /// Every interval of one sample, by the method's id: of its mean and of its median.
    pub methods: Methods,
    /// Sum of the values, where it means something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// Of a ratio: both estimators.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_outcome")]
    #[schemars(with = "Option<Outcome<Rate>>")]
    pub rate: Option<stats::Result<Rate>>,
    /// Of a ratio: count and exposure of each run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Events>,
}

/// A run whose value was left out of a sample.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Dropped {
    pub run: String,
    pub value: f64,
}

/// A path and why it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Input {
    pub path: String,
    pub sha256: String,
}

fn no_block(blocks: &[Option<String>]) -> bool {
    blocks.iter().all(Option::is_none)
}

fn optional_outcome<T: Clone + Serialize, S: serde::Serializer>(
    field: &Option<stats::Result<T>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match field {
        Some(result) => outcome::serialize(result, to),
        None => to.serialize_none(),
    }
}

impl Analysis {
    pub fn metric(&self, id: &str) -> Option<&MetricInfo> {
        self.metrics.iter().find(|metric| metric.id == id)
    }

    pub fn sample(&self, metric: &str, scenario: Option<&str>, mode: &str) -> Option<&Sample> {
        self.samples
            .iter()
            .find(|sample| sample.metric == metric && sample.scenario.as_deref() == scenario && sample.mode == mode)
    }

    pub fn comparison(&self, metric: &str, scenario: Option<&str>, mode: &str) -> Option<&Comparison> {
        self.comparisons
            .iter()
            .find(|found| found.metric == metric && found.scenario.as_deref() == scenario && found.mode == mode)
    }
}

/// Computes everything that a report shows.
///
/// # Errors
/// When the baseline cannot be told, or the manifest names a metric that the data do not have.
pub fn analyze(study: &Study, table: &Table, claims: Option<&Claims>) -> Result<Analysis, Error> {
    if table.rows.is_empty() {
        return Err(Problem::new(
            study.place(),
            "holds no run that can be used",
            "see what was refused with `meshstats ingest`",
        )
        .into());
    }
    let (modes, baseline) = study::modes(study, &table.modes())?;
    let baseline = modes[baseline].id.clone();
    let shown: Vec<&Metric> = table.metrics.iter().filter(|metric| !matches!(metric.kind, Kind::Auxiliary)).collect();
    let primary = primary(study, &shown)?;
    let confidence = study.manifest.confidence.unwrap_or(DEFAULT_CONFIDENCE);
    let info = StudyInfo {
        id: study.id.clone(),
        title: study.manifest.title.clone().unwrap_or_else(|| study.id.clone()),
        provenance: study.manifest.provenance,
        scenarios: scenarios(study, table),
        confidence,
        mss: mss(study, table),
        digits: study.manifest.digits.unwrap_or(2),
        decimal_separator: study.manifest.decimal_separator.unwrap_or_default().char(),
        language: study.manifest.language(),
        locale: study.manifest.locale(),
        seed: study.manifest.seed.unwrap_or(DEFAULT_SEED),
        methods: Chosen::of(study, &shown)?,
        baseline,
        modes,
    };
    let metrics: Vec<MetricInfo> = shown.iter().map(|metric| metric_info(metric, &primary)).collect();
    let samples = samples(&info, &shown, table);
    let mut comparisons = comparisons::compare(&info, &metrics, &samples);
    let family = comparisons::adjust(&info, &primary, &mut comparisons)?;
    let (diagnosis, diagnosed) = diagnostics::diagnose(&info, &metrics, &samples);
    let mut noticed = notes::notes(&info, table, study);
    noticed.extend(diagnosed);
    noticed.extend(notes::of_dropped(&samples));
    noticed.extend(notes::of_unpaired(comparisons::unpaired(&samples, &comparisons)));
    noticed.extend(notes::of_uncompared(&info, &comparisons::uncompared(&metrics, &samples, &comparisons)));
    noticed.extend(notes::of_counts(table));
    noticed.extend(notes::of_unused(&comparisons::unused(&info.methods, &comparisons)));
    let mut analysis = Analysis {
        schema_version: SCHEMA_VERSION,
        generator: GENERATOR.to_owned(),
        groups: comparisons::groups(&info, &metrics, &samples),
        metrics,
        samples,
        comparisons,
        family,
        published: None,
        audit: claims.map(audit),
        setup: notes::setup(table),
        diagnosis,
        notes: noticed,
        rejected: study.rejected.iter().map(|problem| left_out(study, problem)).collect(),
        ignored: study
            .ignored
            .iter()
            .map(|file| LeftOut { path: file.path.clone(), line: None, reason: file.reason.clone() })
            .collect(),
        repairs: study
            .repairs
            .iter()
            .map(|(path, repair)| LeftOut { path: path.clone(), line: repair.line, reason: repair.what.clone() })
            .collect(),
        inputs: study
            .inputs
            .iter()
            .map(|input| Input { path: input.path.clone(), sha256: input.sha256.clone() })
            .collect(),
        series: series::series(&info, study, table),
        latencies: latencies::latencies(&info, study, table),
        study: info,
    };
    analysis.published = claims.map(|claims| published::compare(claims, &analysis)).transpose()?;
    Ok(analysis)
}

/// A refused log with its path relative to the study: no output may hold where the study stands on this machine.
fn left_out(study: &Study, problem: &Problem) -> LeftOut {
    let root = study.shown("");
    let path = problem.path.strip_prefix(&root).unwrap_or(&problem.path);
    LeftOut {
        path: path.trim_start_matches(['/', '\\']).to_owned(),
        line: problem.fault.line,
        reason: problem.fault.what.clone(),
    }
}

fn metric_info(metric: &Metric, primary: &[String]) -> MetricInfo {
    MetricInfo {
        id: metric.id.to_string(),
        label: metric.label.to_string(),
        definition: metric.definition.to_string(),
        unit: metric.unit.clone(),
        better: metric.better,
        kind: kind(metric),
        primary: primary.contains(&metric.id.to_string()),
    }
}

fn kind(metric: &Metric) -> MetricKind {
    match metric.kind {
        Kind::Mean => MetricKind::Mean,
        Kind::Count | Kind::Auxiliary => MetricKind::Count,
        Kind::Ratio(_) => MetricKind::Ratio,
    }
}

fn primary(study: &Study, shown: &[&Metric]) -> Result<Vec<String>, Error> {
    let compared = || shown.iter().filter(|metric| !matches!(metric.kind, Kind::Count)).map(|metric| &*metric.id);
    let named = &study.manifest.primary;
    for id in named {
        if !compared().any(|known| known == id) {
            let list = compared().collect::<Vec<_>>().join(", ");
            let remedy = match toml_file::nearest(id, compared()) {
                Some(near) => format!("did you mean `{near}`? These can be compared here: {list}"),
                None => format!("these can be compared here: {list}"),
            };
            let path = study.shown(study::MANIFEST);
            return Err(
                Problem::new(path, format!("`primary` names `{id}`, which the data do not have"), remedy).into()
            );
        }
    }
    if !named.is_empty() {
        return Ok(named.clone());
    }
    let usual: Vec<String> = compared().filter(|id| DEFAULT_PRIMARY.contains(id)).map(str::to_owned).collect();
    if !usual.is_empty() {
        return Ok(usual);
    }
    Ok(shown.iter().filter(|metric| matches!(metric.kind, Kind::Mean)).map(|metric| metric.id.to_string()).collect())
}

fn scenarios(study: &Study, table: &Table) -> Vec<Named> {
    let found: BTreeSet<&String> = table.rows.iter().filter_map(|row| row.scenario.as_ref()).collect();
    let mut scenarios: Vec<Named> = study
        .manifest
        .scenarios
        .iter()
        .filter(|named| found.contains(&named.id))
        .cloned()
        .map(Named::labelled)
        .collect();
    let mut rest: Vec<&String> = found.into_iter().filter(|id| !scenarios.iter().any(|s| s.id == **id)).collect();
    rest.sort_by(|a, b| study::natural_cmp(a, b));
    scenarios.extend(rest.into_iter().map(|id| Named::new(id)));
    scenarios
}

/// The MSS that the loss estimate used, and where it came from.
fn mss(study: &Study, table: &Table) -> Option<String> {
    if !table.metrics.iter().any(|metric| metric.id == "loss_estimate") {
        return None;
    }
    if let Some(MssPolicy::Bytes(mss)) = study.manifest.mss {
        return Some(format!("{mss} bytes, as set for the study"));
    }
    let rows = || table.rows.iter().filter(|row| row.values.contains_key("retransmits"));
    let mut found: Vec<u64> = rows().filter_map(|row| row.values.get("mss")).map(|mss| *mss as u64).collect();
    found.sort_unstable();
    found.dedup();
    let list: Vec<String> = found.iter().map(u64::to_string).collect();
    let keys: BTreeSet<&str> = rows().filter_map(|row| row.setup.get("mss_source").map(String::as_str)).collect();
    let from = match keys.into_iter().collect::<Vec<_>>().as_slice() {
        [] => "from the table of values".to_owned(),
        ["tcp_mss_default"] => "from tcp_mss_default in each log, which is the control connection's".to_owned(),
        keys => format!("from {} in each log", keys.join(" or ")),
    };
    Some(format!("{} bytes, {from}", list.join(" or ")))
}

/// `None` alone where there are no scenarios.
fn scenario_ids(info: &StudyInfo, table: &Table) -> Vec<Option<String>> {
    let none = table.rows.iter().any(|row| row.scenario.is_none()).then_some(None);
    none.into_iter().chain(info.scenarios.iter().map(|scenario| Some(scenario.id.clone()))).collect()
}

fn samples(info: &StudyInfo, metrics: &[&Metric], table: &Table) -> Vec<Sample> {
    let mut samples = Vec::new();
    for metric in metrics {
        for scenario in scenario_ids(info, table) {
            for mode in &info.modes {
                let rows: Vec<&Row> = table
                    .rows
                    .iter()
                    .filter(|row| row.mode == mode.id && row.scenario == scenario && value(row, metric).is_some())
                    .collect();
                if !rows.is_empty() {
                    samples.push(sample(info, metric, scenario.clone(), &mode.id, &rows));
                }
            }
        }
    }
    samples
}

fn sample(info: &StudyInfo, metric: &Metric, scenario: Option<String>, mode: &str, rows: &[&Row]) -> Sample {
    let all: Vec<f64> = rows.iter().filter_map(|row| value(row, metric)).collect();
    let outside = match metric.kind {
        Kind::Mean if info.methods.outliers == Outliers::Drop => outliers(&all).map(|found| found.outside),
        _ => Ok(Vec::new()),
    };
    let outside = outside.unwrap_or_default();
    let dropped = outside.iter().map(|i| Dropped { run: rows[*i].run.clone(), value: all[*i] }).collect();
    let rows: Vec<&Row> = (0..rows.len()).filter(|i| !outside.contains(i)).map(|i| rows[i]).collect();
    let values: Vec<f64> = rows.iter().filter_map(|row| value(row, metric)).collect();
    let events: Vec<Events> = match &metric.kind {
        Kind::Ratio(ratio) => rows.iter().filter_map(|row| ratio.events(&row.values)).collect(),
        _ => Vec::new(),
    };
    let observed = Observed {
        metric: metric.id.to_string(),
        scenario,
        mode: mode.to_owned(),
        runs: rows.iter().map(|row| row.run.clone()).collect(),
        blocks: rows.iter().map(|row| row.block.clone()).collect(),
        values,
        events,
    };
    Sample { dropped, ..Sample::of(info, kind(metric), observed) }
}

impl Sample {
    /// What the values of the runs look like.
    fn of(info: &StudyInfo, kind: MetricKind, observed: Observed) -> Self {
        let Observed { metric, scenario, mode, runs, blocks, values, events } = observed;
        let rate = (kind == MetricKind::Ratio).then(|| {
            if events.len() == values.len() {
                rate(&events, info.confidence)
            } else {
                Err(Undefined::because("not every run has its count and exposure"))
            }
        });
        Self {
            metric,
            scenario,
            mode,
            runs,
            blocks,
            description: describe(&values, info.confidence),
            methods: Methods::of_sample(&values, &info.settings()),
            total: (kind == MetricKind::Count).then(|| values.iter().sum()),
            values,
            dropped: Vec::new(),
            rate,
            events,
        }
    }
}
