//! The directory of a collected study. A log in it is complete or absent, whatever ends the program; what is there is
//! what was done, so that a collection goes on where it stopped.
//!
//! ```text
//! meshstats.toml                             what `analyze` reads; written once, yours to change
//! collect.toml                               a copy of the plan
//! MODE[/SCENARIO]/TOOL/run-01.{txt,json}     the runs, each with its sidecar run-01.meta.json
//! warm-up/…                                  the same of runs that do not count
//! failed/…/run-01.attempt-1.{txt,json}       what failed, each with its sidecar
//! .collect/                                  lock, the run in progress, which modes stand
//! ```

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::job;
use super::plan::{Order, Plan};
use super::process::{Running, SESSION_FILE, Signals};
use super::schedule::{self, Slot};
use crate::error::{Error, Problem, reason};
use crate::run::Tool;
use crate::study::{EXTENSION, FAILED, MANIFEST, Manifest, PLAN_COPY, Sidecar, WARM_UP};
use crate::toml_file;

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Run,
    WarmUp,
}

pub struct Store<'a> {
    plan: &'a Plan,
    /// The plan as written.
    text: &'a str,
    dir: PathBuf,
    /// Whether nothing of the study was there before.
    is_new: bool,
    /// Whether the directory was made now.
    made_dir: bool,
    /// The command in progress.
    pub running: Running<'a>,
    /// Held as long as this lives.
    _lock: File,
}

const STATE: &str = ".collect";

/// In it, before the id of a mode that stands.
const MARK: &str = "stands-";

/// In it, the command that is due after the run in progress.
const DUE: &str = "after.json";

impl<'a> Store<'a> {
    /// Opens the directory for this plan, which is new or was begun with the same plan; `text` is the plan as written.
    ///
    /// # Errors
    /// When another collector works on it, when it was begun with another plan, or when it holds something else.
    pub fn open(dir: &Path, plan: &'a Plan, text: &'a str, signals: &'a Signals) -> Result<Self, Error> {
        let begun = begun(dir, plan)?;
        let earlier = dir.join(PLAN_COPY);
        // A plan that was mended before the first run takes the place of the one that did not work.
        let replaced = fs::read_to_string(&earlier).ok().filter(|_| !begun);
        let replaced = replaced.and_then(|text| Plan::read("", &text).ok());
        if !begun && replaced.as_ref().is_none_or(|old| !is_manifest_of(dir, old)) {
            require_modes(&dir.join(MANIFEST), plan)?;
        }
        let (is_new, made_dir) = (!earlier.exists() && !dir.join(MANIFEST).exists(), !dir.exists());
        let state = dir.join(STATE);
        fs::create_dir_all(&state).map_err(|error| problem(&state, "created", &error))?;
        let path = state.join("lock");
        let lock = File::create(&path).map_err(|error| problem(&path, "created", &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let what = "another `meshstats collect` is at work here";
                return Err(Problem::new(dir.display().to_string(), what, "wait for it, or end it").into());
            }
            Err(fs::TryLockError::Error(error)) => return Err(problem(&path, "locked", &error)),
        }
        let running = Running::new(state.join("running.json"), signals);
        let store = Self { plan, text, dir: dir.to_owned(), is_new, made_dir, running, _lock: lock };
        // What stands here is of this machine and moment, not of the study.
        store.put(&state.join(".gitignore"), b"*\n")?;
        if !begun {
            store.put(&dir.join(PLAN_COPY), text.as_bytes())?;
        }
        if !dir.join(MANIFEST).exists() || replaced.is_some_and(|old| is_manifest_of(dir, &old)) {
            store.put(&dir.join(MANIFEST), manifest(plan).as_bytes())?;
        }
        Ok(store)
    }

    /// Leaves nothing where a collection that began now made no run, and no mode stands.
    pub fn discard_unless_begun(&self) {
        let apart = [FAILED, WARM_UP].iter().any(|name| self.dir.join(name).exists());
        if !self.is_new || !self.standing().is_empty() || apart || has_runs(&self.dir, self.plan) {
            return;
        }
        // What is left where that fails is in nobody's way; what was changed is the user's.
        for (name, written) in [(PLAN_COPY, self.text), (MANIFEST, &manifest(self.plan))] {
            let path = self.dir.join(name);
            if fs::read_to_string(&path).is_ok_and(|text| text == written) {
                let _ = fs::remove_file(path);
            }
        }
        for name in ["lock", ".gitignore", "part", "staged", SESSION_FILE] {
            let _ = fs::remove_file(self.state(name));
        }
        let _ = fs::remove_dir(self.dir.join(STATE));
        if self.made_dir {
            let _ = fs::remove_dir(&self.dir);
        }
    }

    fn state(&self, name: &str) -> PathBuf {
        self.dir.join(STATE).join(name)
    }

    /// The path of a run's log within the study, without its extension.
    fn stem(&self, slot: &Slot) -> String {
        stem(self.plan, slot)
    }

    pub fn log(&self, slot: &Slot) -> PathBuf {
        self.dir.join(log_name(self.plan, slot))
    }

    /// A path as the user would type it.
    pub fn shown(&self, slot: &Slot) -> String {
        self.log(slot).display().to_string()
    }

    /// Whether the run's log is there. What stands in its place, or cannot be looked at, is told before anything is run.
    pub fn is_done(&self, slot: &Slot) -> Result<bool, Error> {
        let log = self.log(slot);
        let in_the_way = |path: &Path, what: &str| {
            Problem::new(path.display().to_string(), format!("is {what}"), "move it out of the study")
        };
        let sidecar = log.with_extension(EXTENSION);
        if sidecar.is_dir() {
            return Err(in_the_way(&sidecar, "a directory where the sidecar of a run belongs").into());
        }
        match fs::metadata(&log) {
            Ok(found) if found.is_file() => Ok(true),
            Ok(_) => Err(in_the_way(&log, "no file, where the log of a run belongs").into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(problem(&log, "looked for", &error)),
        }
    }

    pub fn read(&self, slot: &Slot) -> Result<Vec<u8>, Error> {
        let path = self.log(slot);
        fs::read(&path).map_err(|error| problem(&path, "read", &error))
    }

    /// What was written beside a run's log, if that can still be read.
    pub fn sidecar(&self, slot: &Slot) -> Option<Sidecar> {
        let path = self.log(slot).with_extension(EXTENSION);
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// The file that a tool's output goes into while it runs.
    pub fn part(&self) -> Result<File, Error> {
        let path = self.state("part");
        // A new one: what another tool left running may still write to the last.
        let _ = fs::remove_file(&path);
        File::create(&path).map_err(|error| problem(&path, "created", &error))
    }

    /// What is in it, which is taken away from there.
    pub fn take_part(&self) -> Result<Vec<u8>, Error> {
        let path = self.state("part");
        let taken = fs::read(&path).and_then(|bytes| fs::remove_file(&path).map(|()| bytes));
        taken.map_err(|error| problem(&path, "read", &error))
    }

    /// Writes a run, from the bytes that were judged: what the tool left running may still write to its own file.
    pub fn keep(&self, kind: Kind, slot: &Slot, log: &[u8], sidecar: &Sidecar) -> Result<(), Error> {
        let stem = match kind {
            Kind::Run => self.dir.join(self.stem(slot)),
            Kind::WarmUp => {
                let first = self.dir.join(WARM_UP).join(self.stem(&Slot { run: 0, ..*slot }));
                free(&first.with_file_name(""), |n| format!("run-{n:02}.{}", extension(slot.tool)))
                    .map_or(first, |path| path.with_extension(""))
            }
        };
        self.place(&stem, extension(slot.tool), log, sidecar)
    }

    /// Keeps what is no run, with the reason in its sidecar.
    pub fn reject(&self, kind: Kind, slot: &Slot, log: &[u8], sidecar: &Sidecar) -> Result<(), Error> {
        let within = match kind {
            Kind::Run => self.dir.join(FAILED),
            Kind::WarmUp => self.dir.join(FAILED).join(WARM_UP),
        };
        let stem = within.join(self.stem(slot));
        let name = stem.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ext = extension(slot.tool);
        let path = free(&stem.with_file_name(""), |n| format!("{name}.attempt-{n}.{ext}")).unwrap_or(stem);
        self.place(&path.with_extension(""), ext, log, sidecar)
    }

    /// Removes the log of a run.
    pub fn remove(&self, slot: &Slot) -> Result<(), Error> {
        let path = self.log(slot);
        fs::remove_file(&path).map_err(|error| problem(&path, "removed", &error))
    }

    /// How many attempts at this run failed before.
    pub fn failures(&self, slot: &Slot) -> u32 {
        let stem = self.dir.join(FAILED).join(self.stem(slot));
        let name = stem.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let attempt = |n: &u32| stem.with_file_name(format!("{name}.attempt-{n}.{}", extension(slot.tool))).exists();
        (1..).take_while(attempt).count().try_into().unwrap_or(u32::MAX)
    }

    /// The sidecar is there before the log: a log that exists is a whole run.
    fn place(&self, stem: &Path, extension: &str, log: &[u8], sidecar: &Sidecar) -> Result<(), Error> {
        let named = |extension: &str| {
            let mut name = stem.as_os_str().to_owned();
            name.push(".");
            name.push(extension);
            PathBuf::from(name)
        };
        if let Some(parent) = stem.parent() {
            fs::create_dir_all(parent).map_err(|error| problem(parent, "created", &error))?;
        }
        self.put(&named(EXTENSION), &json(sidecar)?)?;
        self.put(&named(extension), log)
    }

    /// Writes a file beside its place, to the disk, and renames it.
    fn put(&self, path: &Path, contents: &[u8]) -> Result<(), Error> {
        let staged = self.state("staged");
        let write = || -> io::Result<()> {
            let mut file = File::create(&staged)?;
            file.write_all(contents)?;
            file.sync_all()?;
            fs::rename(&staged, path)
        };
        write().map_err(|error| problem(path, "written", &error))?;
        sync_parents(path, &self.dir);
        Ok(())
    }

    /// Notes that a mode stands, and the command that takes it down.
    pub fn mark(&self, id: &str, teardown: &[String]) -> Result<(), Error> {
        self.put(&self.mark_path(id), &json(&teardown)?)
    }

    pub fn unmark(&self, id: &str) -> Result<(), Error> {
        let path = self.mark_path(id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(problem(&path, "removed", &error)),
            _ => Ok(()),
        }
    }

    /// The modes that a collector left standing, each with the command that takes it down, if that can be read.
    pub fn standing(&self) -> Vec<(String, Option<Vec<String>>)> {
        let files = fs::read_dir(self.state("")).into_iter().flatten().flatten().map(|file| file.path());
        let mode = |path: PathBuf| {
            let id = path.file_name()?.to_str()?.strip_prefix(MARK)?.to_owned();
            Some((id, fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())))
        };
        let mut standing: Vec<_> = files.filter_map(mode).collect();
        standing.sort();
        standing
    }

    pub fn mark_path(&self, id: &str) -> PathBuf {
        self.state(&format!("{MARK}{id}"))
    }

    /// Notes that a command must be run when the run in progress has ended; none where it is empty.
    pub fn note_due(&self, after: &[String]) -> Result<(), Error> {
        if after.is_empty() { Ok(()) } else { self.put(&self.state(DUE), &json(&after)?) }
    }

    /// That of a run that was cut off, or the file that should tell it.
    pub fn due(&self) -> Option<Result<Vec<String>, PathBuf>> {
        let path = self.state(DUE);
        let bytes = path.exists().then(|| fs::read(&path).unwrap_or_default())?;
        let argv = serde_json::from_slice(&bytes).ok().filter(|argv: &Vec<String>| !argv.is_empty());
        Some(argv.ok_or(path))
    }

    pub fn forget_due(&self) {
        let _ = fs::remove_file(self.state(DUE));
    }

    /// What the system says of the files that the state is kept in.
    pub fn fault(&self, error: &io::Error) -> Error {
        problem(&self.dir.join(STATE), "used", error)
    }
}

/// The path of a run's log within the study.
pub fn log_name(plan: &Plan, slot: &Slot) -> String {
    format!("{}.{}", stem(plan, slot), extension(slot.tool))
}

/// The same without its extension.
fn stem(plan: &Plan, slot: &Slot) -> String {
    let scenario = slot.scenario.map_or(String::new(), |scenario| format!("{}/", plan.scenarios[scenario].id));
    // Names of one width sort by number everywhere.
    let width = plan.runs.to_string().len().max(2);
    format!("{}/{scenario}{}/run-{:0width$}", plan.modes[slot.mode].id, slot.tool.name(), slot.run)
}

fn extension(tool: Tool) -> &'static str {
    if tool == Tool::Iperf3 { "json" } else { "txt" }
}

/// The first of the numbered names that no file in `dir` has.
fn free(dir: &Path, name: impl Fn(u32) -> String) -> Option<PathBuf> {
    (1..=u32::MAX).map(|n| dir.join(name(n))).find(|path| !path.exists())
}

/// Whether the directory holds a run that was made by the plan. What failed, and warm-ups, hold no plan fast.
fn has_runs(dir: &Path, plan: &Plan) -> bool {
    schedule::slots(plan).iter().any(|slot| dir.join(log_name(plan, slot)).exists())
}

/// Whether the manifest is still as it was written for this plan.
fn is_manifest_of(dir: &Path, plan: &Plan) -> bool {
    fs::read_to_string(dir.join(MANIFEST)).is_ok_and(|text| text == manifest(plan))
}

/// Refuses a manifest of the user's that names other modes than the plan, before runs are made that it leaves out.
fn require_modes(path: &Path, plan: &Plan) -> Result<(), Error> {
    let manifest = fs::read_to_string(path).ok().and_then(|text| toml_file::parse::<Manifest>(&text).ok());
    let named: Vec<String> = manifest.into_iter().flat_map(|manifest| manifest.modes).map(|mode| mode.id).collect();
    match named.iter().find(|id| plan.modes.iter().all(|mode| mode.id != **id)) {
        Some(id) => {
            let what = format!("names the mode `{id}`, which the plan does not");
            Err(Problem::new(
                path.display().to_string(),
                what,
                "correct `modes`, or remove the file: it is written anew",
            )
            .into())
        }
        None => Ok(()),
    }
}

/// Whether the directory was begun with this plan.
pub fn begun(dir: &Path, plan: &Plan) -> Result<bool, Error> {
    let copy = dir.join(PLAN_COPY);
    match fs::read_to_string(&copy) {
        Ok(text) => {
            let shown = copy.display().to_string();
            let earlier = Plan::read(&shown, &text)?;
            let same = plan.require_same(&shown, &earlier);
            if has_runs(dir, &earlier) {
                return same.map(|()| true).map_err(Error::from);
            }
            // It is no plan that waits to be mended where nothing else says that it was tried.
            if same.is_err() && (!dir.join(STATE).exists() || has_runs(dir, plan)) {
                return Err(Problem::new(
                    shown,
                    "is another plan, and was not put here by `meshstats collect`, or runs that are not its own lie beside it",
                    "choose another directory with --out, or move it away",
                )
                .into());
            }
            Ok(same.is_ok())
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(problem(&copy, "read", &error)),
        Err(_) => {
            let modes = plan.modes.iter().map(|mode| mode.id.as_str());
            let there = modes.chain([MANIFEST, FAILED, WARM_UP]).map(|name| dir.join(name)).find(|path| path.exists());
            match there {
                None => Ok(false),
                Some(path) => Err(Problem::new(
                    path.display().to_string(),
                    format!("is there, but no collection was begun here (there is no {PLAN_COPY} beside it)"),
                    "choose another directory with --out, or move it away",
                )
                .into()),
            }
        }
    }
}

/// `meshstats.toml` of the study: how much was measured, modes and scenarios with their labels, and where everything
/// stands in the paths.
fn manifest(plan: &Plan) -> String {
    let mut text = format!("# Written once by `meshstats collect`, from {PLAN_COPY}; change it as you like.\n");
    let length = |slot: &Slot| job(plan, slot).ok().map(|(job, _)| (slot.tool.name(), job.duration));
    let lengths: BTreeSet<_> = schedule::slots(plan).iter().filter_map(length).collect();
    let lengths: Vec<String> = lengths.iter().map(|(tool, seconds)| format!("{tool} {seconds} s")).collect();
    let runs = if plan.runs == 1 { "run" } else { "runs" };
    let cell = if plan.scenarios.is_empty() { "mode" } else { "mode and scenario" };
    _ = writeln!(text, "# {} {runs} of each tool in each {cell}: {}.", plan.runs, lengths.join(", "));
    let mut line = |key: &str, value: String| _ = writeln!(text, "{key} = {value}");
    if let Some(title) = &plan.title {
        line("title", quoted(title));
    }
    line("provenance", quoted("measured"));
    line("baseline", quoted(plan.baseline()));
    let named = |id: &str, label: &str| {
        let label = if label.is_empty() { String::new() } else { format!(", label = {}", quoted(label)) };
        format!("    {{ id = {}{label} }},\n", quoted(id))
    };
    let modes: String = plan.modes.iter().map(|mode| named(&mode.id, &mode.label)).collect();
    line("modes", format!("[\n{modes}]"));
    let scenarios: String = plan.scenarios.iter().map(|one| named(&one.id, &one.label)).collect();
    if !scenarios.is_empty() {
        line("scenarios", format!("[\n{scenarios}]"));
    }
    let scenario = if plan.scenarios.is_empty() { "" } else { "{scenario}/" };
    // Runs that were made block by block are compared within blocks.
    let run = if plan.order == Order::Blocked { "run" } else { "block" };
    line("logs", quoted(&format!("{{mode}}/{scenario}{{tool}}/run-{{{run}}}.{{ext}}")));
    text
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => _ = write!(quoted, "\\u{:04X}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| {
        Problem::new("a sidecar", format!("cannot be written as JSON ({error})"), "report this as a bug")
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Brings new names to the disk, up to the study's directory. Not every file system can, and a name that is lost with the
/// power is a run that is made again.
fn sync_parents(path: &Path, top: &Path) {
    for parent in path.ancestors().skip(1).take_while(|parent| parent.starts_with(top)) {
        let _ = File::open(parent).and_then(|dir| dir.sync_all());
    }
}

fn problem(path: &Path, done: &str, error: &io::Error) -> Error {
    Problem::new(
        path.display().to_string(),
        format!("cannot be {done} ({})", reason(error)),
        "check the path, its permissions and the space on the disk",
    )
    .into()
}
