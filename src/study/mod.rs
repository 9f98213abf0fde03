//! A directory → [`Study`]: which files are runs of which mode, what was refused and what was passed over.

mod discover;
mod layout;
mod manifest;
mod names;
mod pattern;
mod scan;
mod sidecar;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub use discover::is_baseline;
pub use layout::{Guessed, Layout, UnreadBlock};
pub use manifest::{DecimalSeparator, Manifest, MssPolicy, Named, Names, Outliers, Provenance};
pub use names::{check_id, check_label, check_study};
pub use pattern::Pattern;
pub use scan::{Fate, Progress, Scanned, is_hidden, scan, sha256};
pub use sidecar::{CpuSeconds, EXTENSION, FAILED, Interface, MOST_FOREIGN_LOAD, Machine, PLAN_COPY, Sidecar, WARM_UP};

use crate::error::{Error, Fault, Problem, Result, reason};
use crate::parse::{FORMATS, Log, Repair};
use crate::run::{Measurements, Tool};
use crate::toml_file;
use pattern::Place;

/// Why a log is ignored that the manifest's patterns leave out.
pub const NO_FIT: &str = "a log, but its path does not fit the pattern in `logs`";

/// The manifest's file name.
pub const MANIFEST: &str = "meshstats.toml";

/// A directory of logs with one question.
#[derive(Clone, Debug)]
pub struct Study {
    /// The directory's name.
    pub id: String,
    pub dir: PathBuf,
    pub manifest: Manifest,
    /// How the paths of its logs were read.
    pub layout: Layout,
    /// Sorted by mode, scenario, block, run, tool and path.
    pub runs: Vec<Run>,
    /// Tables of values that were already extracted.
    pub tables: Vec<String>,
    /// Logs that could not be used.
    pub rejected: Vec<Problem>,
    /// Files that are not logs of a run.
    pub ignored: Vec<Ignored>,
    /// What was mended, by path.
    pub repairs: Vec<(String, Repair)>,
    /// Every file that the results depend on.
    pub inputs: Vec<Input>,
    /// Logs that `meshstats collect` made, and how many its plan asks for.
    pub collected: usize,
    pub planned: Option<usize>,
}

/// One execution of one tool.
#[derive(Clone, Debug)]
pub struct Run {
    pub mode: String,
    pub scenario: Option<String>,
    pub block: Option<String>,
    /// Names the run within its mode, scenario and tool.
    pub run: String,
    /// Path of the log within the study.
    pub source: String,
    pub measurements: Measurements,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    pub path: String,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub path: String,
    pub sha256: String,
}

/// What the command line says over the manifest.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub baseline: Option<String>,
    pub logs: Vec<String>,
    pub mss: Option<MssPolicy>,
    pub confidence: Option<f64>,
    pub test: Vec<String>,
    pub effect: Vec<String>,
    pub interval: Vec<String>,
    pub adjust: Option<String>,
    /// By metric.
    pub margins: Vec<(String, String)>,
    pub pairs: bool,
    /// Id of a language.
    pub lang: Option<String>,
    /// A repair is an error.
    pub strict: bool,
}

impl Overrides {
    fn over(&self, mut manifest: Manifest) -> Manifest {
        if let Some(baseline) = &self.baseline {
            manifest.baseline = Some(baseline.clone());
        }
        if !self.logs.is_empty() {
            manifest.logs = Names::Many(self.logs.clone());
        }
        manifest.mss = self.mss.or(manifest.mss);
        manifest.confidence = self.confidence.or(manifest.confidence);
        for (names, list) in [
            (&self.test, &mut manifest.test),
            (&self.effect, &mut manifest.effect),
            (&self.interval, &mut manifest.interval),
        ] {
            if !names.is_empty() {
                *list = Names::Many(names.clone());
            }
        }
        manifest.adjust = self.adjust.clone().or(manifest.adjust);
        manifest.margins.extend(self.margins.iter().cloned());
        manifest.lang = self.lang.clone().or(manifest.lang);
        if self.pairs {
            manifest.pairs = Some(true);
        }
        manifest
    }
}

/// The studies at `path`: itself, or each directory in it.
pub fn find(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() && is_table(path) {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        let what = if path.exists() { "is not a directory" } else { "does not exist" };
        return Err(Problem::new(
            path.display().to_string(),
            what,
            "give a directory of logs, or a .csv or .parquet table of values",
        )
        .into());
    }
    let is_study = |dir: &Path| dir.join(MANIFEST).is_file();
    if is_study(path) {
        return Ok(vec![path.to_owned()]);
    }
    let dirs = directories(path)?;
    if dirs.iter().any(|dir| is_study(dir)) || look_like_studies(&dirs) {
        return Ok(dirs);
    }
    Ok(vec![path.to_owned()])
}

/// Whether each directory is a study of its own by the names in it: all hold directories that may be modes, some of
/// them a baseline, and no two share another mode (those that do are scenarios, runs or tools of one study).
fn look_like_studies(dirs: &[PathBuf]) -> bool {
    let names = |dir: &PathBuf| -> Vec<String> {
        directories(dir).map(|inner| inner.iter().map(|dir| file_name(dir)).collect()).unwrap_or_default()
    };
    let modes: Vec<Vec<String>> = dirs.iter().map(names).collect();
    let mut seen = BTreeSet::new();
    !dirs.iter().any(|dir| is_baseline(&file_name(dir)))
        && modes.iter().all(|names| names.len() > 1)
        && modes.iter().flatten().any(|name| is_baseline(name))
        && modes.iter().flatten().filter(|name| !is_baseline(name)).all(|name| seen.insert(name))
}

fn directories(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).map_err(|error| {
        Problem::new(
            path.display().to_string(),
            format!("cannot be listed ({})", reason(&error)),
            "check its permissions",
        )
    })?;
    let mut dirs: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir() && !scan::is_hidden(path))
        .collect();
    dirs.sort_by(|a, b| natural_cmp(&file_name(a), &file_name(b)));
    Ok(dirs)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether the path is a table of values that were already extracted, by its name.
pub fn is_table(path: &Path) -> bool {
    matches!(path.extension().and_then(|ext| ext.to_str()), Some("csv" | "parquet"))
}

/// Reads the study at `path` (a directory, or one table of values).
pub fn open(path: &Path, overrides: &Overrides, progress: Progress) -> Result<Study> {
    if !path.is_file() {
        return sorted(path, overrides, scan(path, progress)?);
    }
    let mut study = Study::new(path, Manifest::default(), overrides)?;
    study.tables.push(file_name(path));
    study.hash_tables()?;
    Ok(study)
}

/// The study in the directory `dir`, whose files were read already.
pub fn sorted(dir: &Path, overrides: &Overrides, mut files: Vec<Scanned>) -> Result<Study> {
    let mut inputs = Vec::new();
    let manifest = read_manifest(dir, &mut inputs)?;
    let mut study = Study { inputs, ..Study::new(dir, manifest, overrides)? };
    files.retain(|file| file.path != MANIFEST && Some(&file.path) != study.manifest.published.as_ref());
    let has_logs = files.iter().any(|file| matches!(file.fate, Fate::Log(_)));
    if has_logs {
        study.sort_in(files, overrides.strict)?;
    } else {
        study.use_tables(files)?;
    }
    Ok(study)
}

fn study_id(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = if path.is_file() { full.file_stem() } else { full.file_name() };
    name.map_or_else(|| "study".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn read_manifest(dir: &Path, inputs: &mut Vec<Input>) -> Result<Manifest> {
    let path = dir.join(MANIFEST);
    let shown = path.display().to_string();
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Manifest::default()),
        Err(error) => {
            let what = format!("cannot be read ({})", reason(&error));
            return Err(Problem::new(shown, what, "check its permissions").into());
        }
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Problem::new(shown.clone(), "is not UTF-8 text", "save it as UTF-8"))?;
    inputs.push(Input { path: MANIFEST.to_owned(), sha256: sha256(&bytes) });
    Ok(toml_file::parse(text).map_err(|fault| fault.at(shown))?)
}

impl Study {
    /// A study without a file, at a directory or a table.
    fn new(path: &Path, manifest: Manifest, overrides: &Overrides) -> Result<Self> {
        let dir = if path.is_file() { path.parent().unwrap_or(path) } else { path };
        let manifest = overrides.over(manifest);
        manifest.check().map_err(|fault| fault.at(dir.join(MANIFEST).display().to_string()))?;
        Ok(Self {
            id: study_id(path),
            dir: dir.to_owned(),
            manifest,
            layout: Layout::default(),
            runs: Vec::new(),
            tables: Vec::new(),
            rejected: Vec::new(),
            ignored: Vec::new(),
            repairs: Vec::new(),
            inputs: Vec::new(),
            collected: 0,
            planned: None,
        })
    }

    /// Gives every log its mode, scenario and run, by the manifest's patterns or by what the paths show.
    fn sort_in(&mut self, mut scanned: Vec<Scanned>, strict: bool) -> Result<()> {
        let patterns = self.patterns()?;
        let (logs, others): (Vec<Scanned>, Vec<Scanned>) = {
            scanned.sort_by(|a, b| natural_cmp(&a.path, &b.path));
            scanned.into_iter().partition(|file| matches!(file.fate, Fate::Log(_)))
        };
        for mut file in others {
            if patterns.iter().any(|pattern| pattern.place(&file.path).is_some()) {
                file.refuse_unless_a_look_alike("though its path fits the pattern in `logs`");
            }
            self.leave_out(file);
        }
        let logs = self.set_apart(logs);
        let places = self.places(&patterns, &logs)?;
        for (file, place) in logs.into_iter().zip(places) {
            match place {
                Some(place) => self.add(file, &place, strict),
                None => self.ignored.push(Ignored { path: file.path, reason: NO_FIT.to_owned() }),
            }
        }
        self.ignored.sort_by(|a, b| natural_cmp(&a.path, &b.path));
        self.rejected.sort_by(|a, b| natural_cmp(&a.path, &b.path));
        self.name_runs_apart();
        self.sort_runs();
        Ok(())
    }

    /// Counts a file that is not a log, or lists it where it should have been one.
    fn leave_out(&mut self, file: Scanned) {
        match file.fate {
            Fate::Refused(fault) => self.rejected.push(fault.at(self.shown(&file.path))),
            Fate::Ignored(other) => self.ignored.push(Ignored { path: file.path, reason: other.reason }),
            Fate::Log(_) => {}
        }
    }

    fn patterns(&self) -> Result<Vec<Pattern>> {
        let texts = self.manifest.logs.as_slice();
        Ok(texts
            .iter()
            .map(|text| Pattern::new(text))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|fault| fault.at(self.shown(MANIFEST)))?)
    }

    /// Warm-up runs and pasted logs in documentation are not runs of the study.
    fn set_apart(&mut self, logs: Vec<Scanned>) -> Vec<Scanned> {
        let (apart, logs): (Vec<_>, Vec<_>) =
            logs.into_iter().map(|file| (apart(&file.path), file)).partition(|(why, _)| why.is_some());
        self.ignored.extend(
            apart.into_iter().filter_map(|(why, file)| Some(Ignored { path: file.path, reason: why?.to_owned() })),
        );
        logs.into_iter().map(|(_, file)| file).collect()
    }

    fn places(&mut self, patterns: &[Pattern], logs: &[Scanned]) -> Result<Vec<Option<Place>>> {
        if patterns.is_empty() {
            let tools: Vec<(&str, Tool)> = logs
                .iter()
                .filter_map(|file| match &file.fate {
                    Fate::Log(log) => Some((file.path.as_str(), tool(log))),
                    _ => None,
                })
                .collect();
            let (places, sources) =
                discover::discover(&tools).map_err(|fault| fault.at(self.dir.display().to_string()))?;
            let paths: Vec<&str> = tools.iter().map(|(path, _)| *path).collect();
            self.layout = Layout::of(&paths, &places, &[], Some(&sources));
            return Ok(places.into_iter().map(Some).collect());
        }
        let places: Vec<Option<Place>> =
            logs.iter().map(|file| patterns.iter().find_map(|pattern| pattern.place(&file.path))).collect();
        if places.iter().all(Option::is_none) {
            let example = logs.first().map_or("", |file| file.path.as_str());
            return Err(Problem::new(
                self.dir.display().to_string(),
                format!("no log fits the pattern `{}`", self.manifest.logs.as_slice().join("`, `")),
                format!("correct `logs`; the paths look like `{example}`"),
            )
            .into());
        }
        let placed = logs.iter().zip(&places).filter_map(|(file, place)| Some((file.path.as_str(), place.clone()?)));
        let (paths, found): (Vec<&str>, Vec<Place>) = placed.unzip();
        self.layout = Layout::of(&paths, &found, self.manifest.logs.as_slice(), None);
        Ok(places)
    }

    fn add(&mut self, file: Scanned, place: &Place, strict: bool) {
        let Fate::Log(log) = file.fate else { return };
        let shown = self.shown(&file.path);
        if strict && !log.repairs.is_empty() {
            self.rejected.extend(log.repairs.into_iter().map(|repair| {
                let fault = Fault::new(repair.what, "mend the log, or leave out --strict");
                Fault { line: repair.line, ..fault }.at(&*shown)
            }));
            return;
        }
        self.repairs.extend(log.repairs.into_iter().map(|repair| (file.path.clone(), repair)));
        let sidecar = self.sidecar(&file.path);
        self.collected += usize::from(sidecar.is_some());
        self.planned = self.planned.max(sidecar.as_ref().and_then(|sidecar| sidecar.planned));
        let several = log.runs.len() > 1;
        for (i, run) in log.runs.into_iter().enumerate() {
            match run {
                Ok(mut measurements) => {
                    if let Some(sidecar) = &sidecar {
                        sidecar.add_to(&mut measurements);
                    }
                    self.runs.push(Run {
                        mode: place.mode.clone(),
                        scenario: place.scenario.clone(),
                        block: place.block.clone(),
                        run: if several { format!("{}#{}", place.run, i + 1) } else { place.run.clone() },
                        source: file.path.clone(),
                        measurements,
                    })
                }
                Err(fault) => self.rejected.push(fault.at(&*shown)),
            }
        }
        self.inputs.push(Input { path: file.path, sha256: file.sha256 });
    }

    /// The sidecar of a log, where `meshstats collect` made the study.
    fn sidecar(&mut self, log: &str) -> Option<Sidecar> {
        let path = Sidecar::path_of(log);
        let bytes = sidecar::is_collected(&self.dir).then(|| fs::read(self.dir.join(&path)).ok()).flatten()?;
        match Sidecar::read(&bytes) {
            Ok(sidecar) => {
                self.inputs.push(Input { path, sha256: sha256(&bytes) });
                Some(sidecar)
            }
            Err(fault) => {
                self.rejected.push(fault.at(self.shown(&path)));
                None
            }
        }
    }

    /// Two runs that would have one name (`run-1.txt` and `run-1.log`) are named by their paths.
    fn name_runs_apart(&mut self) {
        let name = |run: &Run| {
            (run.mode.clone(), run.scenario.clone(), run.block.clone(), run.run.clone(), run.measurements.tool)
        };
        let mut count = BTreeMap::new();
        for run in &self.runs {
            *count.entry(name(run)).or_insert(0) += 1;
        }
        for run in self.runs.iter_mut().filter(|run| count.get(&name(run)).is_some_and(|count| *count > 1)) {
            let part = run.run.rsplit_once('#').map_or(String::new(), |(_, part)| format!("#{part}"));
            run.run = format!("{}{part}", run.source);
        }
    }

    fn sort_runs(&mut self) {
        self.runs.sort_by(|a, b| {
            natural_cmp(&a.mode, &b.mode)
                .then_with(|| natural_cmp(a.scenario.as_deref().unwrap_or(""), b.scenario.as_deref().unwrap_or("")))
                .then_with(|| natural_cmp(a.block.as_deref().unwrap_or(""), b.block.as_deref().unwrap_or("")))
                .then_with(|| natural_cmp(&a.run, &b.run))
                .then_with(|| a.measurements.tool.cmp(&b.measurements.tool))
                .then_with(|| natural_cmp(&a.source, &b.source))
        });
        self.inputs.sort_by(|a, b| natural_cmp(&a.path, &b.path));
    }

    /// A study without logs may be one of tables.
    fn use_tables(&mut self, scanned: Vec<Scanned>) -> Result<()> {
        let (tables, others): (Vec<_>, Vec<_>) = scanned.into_iter().partition(|file| is_table(Path::new(&file.path)));
        self.tables = tables.into_iter().map(|file| file.path).collect();
        others.into_iter().for_each(|file| self.leave_out(file));
        if self.tables.is_empty() && !self.rejected.is_empty() {
            return Err(Error::Failed(std::mem::take(&mut self.rejected)));
        }
        if self.tables.is_empty() {
            let seen = self.ignored.len() + self.rejected.len();
            return Err(Problem::new(
                self.dir.display().to_string(),
                format!("holds no wrk or iperf3 log ({seen} other files)"),
                "give the directory that holds the logs; `meshstats ingest` says what it makes of every file",
            )
            .into());
        }
        self.hash_tables()
    }

    fn hash_tables(&mut self) -> Result<()> {
        for table in &self.tables {
            let bytes = fs::read(self.dir.join(table)).map_err(|error| {
                let what = format!("cannot be read ({})", reason(&error));
                Problem::new(self.shown(table), what, "check its permissions")
            })?;
            self.inputs.push(Input { path: table.clone(), sha256: sha256(&bytes) });
        }
        Ok(())
    }

    /// The study as the user would type it: its directory, or the table that it is.
    pub fn place(&self) -> String {
        match self.tables.as_slice() {
            [table] if self.runs.is_empty() => self.shown(table),
            _ => self.dir.display().to_string(),
        }
    }

    /// A path within the study as the user would type it.
    pub fn shown(&self, path: &str) -> String {
        self.dir.join(path).display().to_string()
    }
}

/// Which tool wrote the log; of a log without one whole run, the tool whose format it has.
fn tool(log: &Log) -> Tool {
    let of_format = || FORMATS.iter().find(|format| format.id == log.format).map_or(Tool::Wrk, |format| format.tool);
    log.runs.iter().flatten().map(|run| run.tool).next().unwrap_or_else(of_format)
}

/// Why a log is not one of the study's runs, by its path.
fn apart(path: &str) -> Option<&'static str> {
    let words = |part: &str| part.to_lowercase().replace(['-', '_'], "");
    let file = words(path.rsplit('/').next().unwrap_or(path));
    if path.split('/').any(|part| words(part).starts_with("warmup")) || file.contains("warmup") {
        Some("a warm-up run")
    } else if file.starts_with("readme") || file.starts_with("changelog") {
        Some("documentation with a log pasted in")
    } else {
        None
    }
}

/// The study's modes in reading order, labelled, with the baseline's place among them; `found` are the ids in the data.
///
/// # Errors
/// When more than one mode was found and nothing says which is the baseline, or when the one that is named does not
/// exist.
pub fn modes(study: &Study, found: &BTreeSet<String>) -> Result<(Vec<Named>, usize)> {
    let shown = || study.place();
    let list = || found.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut modes: Vec<Named> = study.manifest.modes.iter().cloned().map(Named::labelled).collect();
    if !modes.is_empty() {
        let missing: Vec<&str> = modes.iter().map(|m| m.id.as_str()).filter(|id| !found.contains(*id)).collect();
        if !missing.is_empty() {
            let missing = missing.join("`, `");
            let problem = match study.planned.filter(|planned| study.collected < *planned) {
                Some(planned) => Problem::new(
                    shown(),
                    format!("no run of the mode `{missing}`"),
                    format!(
                        "start `meshstats collect` with the same plan again: {} of its {planned} runs are there",
                        study.collected
                    ),
                ),
                None => Problem::new(
                    shown(),
                    format!("no run of the mode `{missing}`"),
                    format!("correct `modes` in {MANIFEST}; the modes found are: {}", list()),
                ),
            };
            return Err(problem.into());
        }
    }
    let usable = |word: &String| !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_alphabetic());
    if let Some(word) = modes.iter().filter_map(|mode| mode.word.as_ref()).find(|word| !usable(word)) {
        return Err(Problem::new(
            shown(),
            format!("`macro = \"{word}\"` cannot be part of the name of a LaTeX macro"),
            format!("write it in {MANIFEST} with letters a to z and A to Z only, for example `macro = \"Direct\"`"),
        )
        .into());
    }
    let mut rest: Vec<&String> = found.iter().filter(|id| !modes.iter().any(|mode| mode.id == **id)).collect();
    rest.sort_by(|a, b| natural_cmp(a, b));
    let declared = !modes.is_empty();
    modes.extend(rest.into_iter().map(|id| Named::new(id)));
    let known: Vec<&str> = modes.iter().map(|mode| mode.id.as_str()).filter(|id| is_baseline(id)).collect();
    let baseline = match (&study.manifest.baseline, known.as_slice(), modes.as_slice()) {
        (Some(id), ..) => id.clone(),
        (None, _, [only]) => only.id.clone(),
        (None, [one], _) => (*one).to_owned(),
        _ if declared => modes[0].id.clone(),
        _ => {
            let blocks: Option<Vec<&str>> = modes.iter().map(|mode| layout::block_prefix(&mode.id)).collect();
            return Err(Problem::new(
                shown(),
                format!("cannot tell which mode is the baseline; the modes are: {}", list()),
                match blocks.as_deref() {
                    Some([prefix, ..]) => format!(
                        "these look like blocks; say where they and the modes stand in the paths, with a pattern such as \
                         `logs = \"{prefix}{{block}}/{{mode}}-{{run}}.{{ext}}\"`"
                    ),
                    _ => format!("name it, for example `--baseline {}`", modes.first().map_or("", |mode| &mode.id)),
                },
            )
            .into());
        }
    };
    let Some(index) = modes.iter().position(|mode| mode.id == baseline) else {
        let near = toml_file::nearest(&baseline, found.iter().map(String::as_str));
        let remedy = match near {
            Some(near) => format!("did you mean `{near}`? The modes are: {}", list()),
            None => format!("the modes are: {}", list()),
        };
        return Err(Problem::new(shown(), format!("there is no mode `{baseline}` to be the baseline"), remedy).into());
    };
    if declared {
        return Ok((modes, index));
    }
    let first = modes.remove(index);
    modes.insert(0, first);
    Ok((modes, 0))
}

/// Stops when a log was refused and that was not allowed.
pub fn require_whole(study: &Study, skip_bad: bool) -> Result<()> {
    if skip_bad || study.rejected.is_empty() { Ok(()) } else { Err(Error::Failed(study.rejected.clone())) }
}

/// Order in which a person would list names: rows of digits by their number.
pub fn natural_cmp(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a.as_bytes(), b.as_bytes());
    loop {
        match (x.first(), y.first()) {
            (None, None) => return a.cmp(b),
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(p), Some(q)) if p.is_ascii_digit() && q.is_ascii_digit() => {
                let (m, rest_x) = digits(x);
                let (n, rest_y) = digits(y);
                match m.len().cmp(&n.len()).then_with(|| m.cmp(n)) {
                    Ordering::Equal => (x, y) = (rest_x, rest_y),
                    unequal => return unequal,
                }
            }
            (Some(p), Some(q)) if p == q => (x, y) = (&x[1..], &y[1..]),
            (Some(p), Some(q)) => return p.cmp(q),
        }
    }
}

/// The row of digits that begins `bytes` without leading zeros, and what follows it.
fn digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let (row, rest) = bytes.split_at(end);
    let zeros = row.iter().take_while(|b| **b == b'0').count();
    (&row[zeros..], rest)
}

/// How many runs of each tool a mode has.
pub fn runs_by_tool(runs: &[Run]) -> BTreeMap<(&str, Tool), usize> {
    let mut count = BTreeMap::new();
    for run in runs {
        *count.entry((run.mode.as_str(), run.measurements.tool)).or_default() += 1;
    }
    count
}
