//! A plan → logs on disk: runs wrk and iperf3 locally or through a command prefix, in the plan's order, and keeps what is
//! a whole run.

mod command;
mod judge;
mod noise;
mod plan;
mod preflight;
mod process;
mod record;
mod schedule;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use plan::Plan;
pub use process::watch_signals;

use crate::error::{Error, Fault, Problem};
use crate::metric::{self, Metric};
use crate::run::{Measurements, Note, Tool};
use crate::stats::Alternative;
use crate::stats::mann_kendall::mann_kendall;
use crate::study::{CpuSeconds, Machine, Sidecar};
use command::Place;
use noise::Reading;
use plan::Job;
use preflight::Found;
use process::{Ended, Limits};
use record::{Kind, Store};
use schedule::{Slot, Step};

/// What the user is told while it happens.
pub enum Event<'a> {
    /// What is done beside the runs.
    Doing(String),
    Note(String, Note),
    /// A run begins: its place among all runs that are left or done, and the time that all that is left will take.
    Run {
        number: usize,
        of: usize,
        label: &'a str,
        seconds_left: f64,
    },
    /// A run is done.
    Done {
        number: usize,
        of: usize,
        label: &'a str,
        values: Vec<(&'static Metric, f64)>,
        seconds_left: f64,
    },
    WarmUp {
        label: &'a str,
    },
    Failed {
        label: &'a str,
        attempt: u32,
        of: u32,
        fault: &'a Fault,
    },
}

pub type Tell<'a> = &'a dyn Fn(Event);

/// Where a collection runs, and how it is stopped.
pub struct Setting<'a> {
    pub plan: &'a Plan,
    /// The plan as written.
    pub text: &'a str,
    /// The directory that the plan lies in.
    pub plan_dir: &'a Path,
    pub out: &'a Path,
    pub stop: &'a AtomicBool,
    pub tell: Tell<'a>,
}

/// What a collection came to.
pub struct Collected {
    /// Runs in the study, and how many of them were made now.
    pub done: usize,
    pub made: usize,
    pub notes: Vec<(String, Note)>,
}

/// Makes all runs of the plan that are not there yet.
///
/// # Errors
/// When something that the runs need is missing (all of it is listed), when a set-up fails, when too many runs in a row
/// fail, when the user stops it, or when runs are missing at the end. What was done stays, and the same call goes on.
pub fn collect(setting: &Setting) -> Result<Collected, Error> {
    Collector::open(setting)?.work(|_| true)
}

/// Sets every mode up that has runs left, checks it, and tears it down.
pub fn check(setting: &Setting) -> Result<Collected, Error> {
    Collector::open(setting)?.work(|step| !matches!(step, Step::Run(_) | Step::WarmUp(_)))
}

/// Every command that [`collect`] would run now, in order, each with what it is for.
pub fn commands(plan: &Plan, out: &Path) -> Result<Vec<(String, String)>, Error> {
    record::begun(out, plan)?;
    let mut left = schedule::slots(plan);
    left.retain(|slot| !out.join(log_name(plan, slot)).is_file());
    let mut lines = Vec::new();
    for step in schedule::steps(plan, &left) {
        commands_of(plan, step, &mut lines).map_err(|fault| fault.at("the plan"))?;
    }
    Ok(lines.into_iter().map(|(what, argv)| (what, command::shown(&argv))).collect())
}

fn log_name(plan: &Plan, slot: &Slot) -> String {
    let extension = if slot.tool == Tool::Iperf3 { "json" } else { "txt" };
    format!("{}.{extension}", record::stem(plan, slot))
}

fn commands_of(plan: &Plan, step: Step, lines: &mut Vec<(String, Vec<String>)>) -> Result<(), Fault> {
    let of_mode = |mode: usize| (&plan.modes[mode], Place::of(&plan.modes[mode], None, plan.setup_timeout));
    let mut add = |what: String, argv: Vec<String>| {
        if !argv.is_empty() {
            lines.push((what, argv));
        }
    };
    match step {
        Step::SetUp(mode) | Step::TearDown(mode) => {
            let (of, place) = of_mode(mode);
            let (what, argv) =
                if matches!(step, Step::SetUp(_)) { ("set-up", &of.setup) } else { ("teardown", &of.teardown) };
            add(format!("{what} of {}", of.id), command::fill(argv, &place)?);
        }
        Step::Check(mode) => {
            for (_, scenario, tool) in plan.cells().into_iter().filter(|cell| cell.0 == mode) {
                let slot = Slot { mode, scenario, tool, run: 1, position: 1 };
                let (job, place) = job(plan, &slot)?;
                let label = format!("check of {}", label_of_cell(plan, &slot));
                add(label.clone(), job.version(&place)?);
                add(label.clone(), job.trial(1, &place)?);
                add(label, reading(&job, noise::FACTS, &place)?);
            }
        }
        Step::WarmUp(slot) | Step::Run(slot) => {
            let (job, place) = job(plan, &slot)?;
            let (mode, mode_place) = of_mode(slot.mode);
            let label = match step {
                Step::Run(_) => log_name(plan, &slot),
                _ => format!("warm-up of {}", label_of_cell(plan, &slot)),
            };
            add(format!("before {label}"), reading(&job, noise::READING, &place)?);
            add(format!("before {label}"), command::fill(&mode.before, &mode_place)?);
            add(label.clone(), job.argv(&place)?);
            add(format!("after {label}"), command::fill(&mode.after, &mode_place)?);
            add(format!("after {label}"), reading(&job, noise::READING, &place)?);
        }
    }
    Ok(())
}

fn reading(job: &Job, argv: &[&str], place: &Place) -> Result<Vec<String>, Fault> {
    let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
    command::through(&job.prefix, &argv, place)
}

fn job<'a>(plan: &'a Plan, slot: &Slot) -> Result<(Job, Place<'a>), Fault> {
    let (mode, scenario) = (&plan.modes[slot.mode], slot.scenario.map(|scenario| &plan.scenarios[scenario]));
    let job = plan.job(slot.tool, mode, scenario)?;
    let place = Place::of(mode, scenario, job.timeout);
    Ok((job, place))
}

fn label_of_cell(plan: &Plan, slot: &Slot) -> String {
    let scenario = slot.scenario.map(|scenario| plan.scenarios[scenario].id.as_str());
    command::label(&plan.modes[slot.mode].id, scenario, slot.tool)
}

struct Collector<'a> {
    setting: &'a Setting<'a>,
    store: Store<'a>,
    left: Vec<Slot>,
    /// Runs of the study.
    total: usize,
    done: usize,
    made: usize,
    failures_in_a_row: u32,
    /// By mode, scenario and tool.
    found: BTreeMap<(usize, Option<usize>, Tool), Found>,
    notes: Vec<(String, Note)>,
    /// Seconds that the runs took beside their durations, and how many there were.
    overhead: (f64, usize),
}

/// What one attempt was.
enum Attempt {
    Whole(Box<Measurements>),
    Broken(Fault),
    Busy(Fault),
}

impl<'a> Collector<'a> {
    fn open(setting: &'a Setting<'a>) -> Result<Self, Error> {
        let store = Store::open(setting.out, setting.plan, setting.text)?;
        let all = schedule::slots(setting.plan);
        let total = all.len();
        let mut this = Self {
            setting,
            store,
            left: Vec::new(),
            total,
            done: 0,
            made: 0,
            failures_in_a_row: 0,
            found: BTreeMap::new(),
            notes: Vec::new(),
            overhead: (0.0, 0),
        };
        if this.store.end_leftover() {
            this.say("a command of a collector that was killed still ran: it was ended".to_owned());
        }
        for slot in all {
            if !this.holds(&slot)? {
                this.left.push(slot);
            }
        }
        this.done = total - this.left.len();
        if this.done > 0 {
            this.say(format!("{} of {total} runs are there already", this.done));
        }
        Ok(this)
    }

    /// Whether the run is done. A log that is there but is no whole run is put with the failed ones.
    fn holds(&self, slot: &Slot) -> Result<bool, Error> {
        if !self.store.is_done(slot) {
            return Ok(false);
        }
        let (job, _) = self.job(slot)?;
        let Err(fault) = judge::run(&job, job.duration, None, &self.store.read(slot)?) else { return Ok(true) };
        let shown = self.store.shown(slot);
        let sidecar = Sidecar {
            failure: Some(format!("the log that was there is no whole run: {}", fault.what)),
            ..self.sidecar(slot, Kind::Run)
        };
        self.store.reject(Kind::Run, slot, &self.store.log(slot), &sidecar)?;
        self.say(format!("{shown} is no whole run ({}): put under failed/, to be run again", fault.what));
        Ok(false)
    }

    fn say(&self, what: String) {
        (self.setting.tell)(Event::Doing(what));
    }

    fn note(&mut self, where_: String, note: Note) {
        if !self.notes.iter().any(|(place, known)| *place == where_ && known.id == note.id) {
            (self.setting.tell)(Event::Note(where_.clone(), note.clone()));
            self.notes.push((where_, note));
        }
    }

    fn job(&self, slot: &Slot) -> Result<(Job, Place<'a>), Error> {
        Ok(job(self.setting.plan, slot).map_err(|fault| fault.at("the plan"))?)
    }

    fn limits(&self, seconds: u32) -> Limits<'a> {
        let limit = Duration::from_secs(seconds.into());
        Limits { dir: self.setting.plan_dir, limit, stop: self.setting.stop }
    }

    fn is_stopped(&self) -> bool {
        self.setting.stop.load(Ordering::Relaxed)
    }

    fn work(mut self, wanted: impl Fn(&Step) -> bool) -> Result<Collected, Error> {
        let worked = self.take_steps(wanted);
        // Whatever happened, what was set up is torn down.
        let torn = self.tear_down_all();
        let problems = match (worked, torn) {
            (Ok(problems), Ok(())) if problems.is_empty() => {
                self.note_drift()?;
                return Ok(Collected { done: self.done, made: self.made, notes: self.notes });
            }
            (Ok(mut problems), torn) => {
                problems.extend(torn.err());
                problems
            }
            (Err(Error::Failed(mut problems)), torn) => {
                problems.extend(torn.err());
                problems
            }
            (Err(usage), _) => return Err(usage),
        };
        Err(Error::Failed(problems))
    }

    /// The runs that could not be made.
    fn take_steps(&mut self, wanted: impl Fn(&Step) -> bool) -> Result<Vec<Problem>, Error> {
        let plan = self.setting.plan;
        let mut missing = Vec::new();
        let mut unready: Vec<Problem> = Vec::new();
        for step in schedule::steps(plan, &self.left).into_iter().filter(|step| wanted(step)) {
            if self.is_stopped() {
                return Err(self.stopped());
            }
            // All that is missing is told at once, and before the first run.
            if !unready.is_empty() && matches!(step, Step::WarmUp(_) | Step::Run(_)) {
                break;
            }
            match step {
                Step::SetUp(mode) => unready.extend(self.set_up(mode)?),
                Step::TearDown(mode) => self.tear_down(mode)?,
                Step::Check(mode) if self.is_unready(mode, &unready) => {}
                Step::Check(mode) => unready.extend(self.check(mode)?),
                Step::WarmUp(slot) => _ = self.run(Kind::WarmUp, &slot)?,
                Step::Run(slot) => missing.extend(self.run(Kind::Run, &slot)?),
            }
        }
        if self.is_stopped() {
            return Err(self.stopped());
        }
        if !unready.is_empty() {
            return Err(Error::Failed(unready));
        }
        Ok(missing)
    }

    fn stopped(&self) -> Error {
        Problem::new(
            self.setting.out.display().to_string(),
            format!("stopped: {} of {} runs are done", self.done, self.total),
            "the same command goes on with the others",
        )
        .into()
    }

    fn is_unready(&self, mode: usize, unready: &[Problem]) -> bool {
        let place = self.mode_place(mode);
        unready.iter().any(|problem| problem.path == place)
    }

    fn mode_place(&self, mode: usize) -> String {
        format!("mode {}", self.setting.plan.modes[mode].id)
    }

    /// Makes a mode ready; what went wrong, if it did. A mode that a killed collector left standing is torn down first.
    fn set_up(&mut self, mode: usize) -> Result<Option<Problem>, Error> {
        let of = &self.setting.plan.modes[mode];
        if self.store.stands(mode) {
            self.tear_down(mode)?;
        }
        if of.setup.is_empty() && of.teardown.is_empty() {
            return Ok(None);
        }
        self.store.mark(mode, true)?;
        self.aside("set-up", mode, &of.setup)
    }

    fn tear_down(&mut self, mode: usize) -> Result<(), Error> {
        if !self.store.stands(mode) {
            return Ok(());
        }
        let argv = &self.setting.plan.modes[mode].teardown;
        if let Some(problem) = self.aside("teardown", mode, argv)? {
            return Err(problem.into());
        }
        self.store.mark(mode, false)
    }

    fn tear_down_all(&mut self) -> Result<(), Problem> {
        for mode in (0..self.setting.plan.modes.len()).rev() {
            match self.tear_down(mode) {
                Err(Error::Failed(problems)) => return problems.into_iter().next().map_or(Ok(()), Err),
                Err(Error::Usage(_)) | Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Runs one of a mode's own commands; what went wrong, if it did.
    fn aside(&mut self, what: &str, mode: usize, argv: &[String]) -> Result<Option<Problem>, Error> {
        if argv.is_empty() {
            return Ok(None);
        }
        let of = &self.setting.plan.modes[mode];
        let seconds = self.setting.plan.setup_timeout;
        let argv = command::fill(argv, &Place::of(of, None, seconds)).map_err(|fault| fault.at("the plan"))?;
        self.say(format!("{what} of {}: {}", of.id, command::shown(&argv)));
        // What was begun is torn down even after Ctrl-C, which a second Ctrl-C ends.
        let never = AtomicBool::new(false);
        let mut limits = self.limits(seconds);
        if what == "teardown" {
            limits.stop = &never;
        }
        let (ended, _) = process::output(&argv, &limits);
        let problem = || {
            Problem::new(
                self.mode_place(mode),
                format!("the {what} `{}` failed: {}", command::shown(&argv), ended.told()),
                "run it by hand in the plan's directory to see why",
            )
        };
        Ok((!ended.is_ok()).then(problem))
    }

    /// Whether everything that the mode's runs need is there; what is not.
    fn check(&mut self, mode: usize) -> Result<Vec<Problem>, Error> {
        let mut cells: Vec<Slot> = self.left.iter().filter(|slot| slot.mode == mode).copied().collect();
        cells.sort_by_key(|slot| (slot.scenario, slot.tool));
        cells.dedup_by_key(|slot| (slot.scenario, slot.tool));
        let mut missing = Vec::new();
        for slot in cells {
            let label = label_of_cell(self.setting.plan, &slot);
            let (job, place) = self.job(&slot)?;
            self.say(format!("checking {label}"));
            match preflight::check(&job, &place, &self.limits(job.timeout)) {
                Ok(found) => {
                    for note in found.notes.iter().chain(&found.advice) {
                        self.note(label.clone(), note.clone());
                    }
                    self.found.insert((slot.mode, slot.scenario, slot.tool), found);
                }
                Err(_) if self.is_stopped() => return Err(self.stopped()),
                Err(fault) => missing.push(fault.at(label)),
            }
        }
        Ok(missing)
    }

    /// Makes a run, in as many attempts as the plan allows; what went wrong, if all failed.
    fn run(&mut self, kind: Kind, slot: &Slot) -> Result<Option<Problem>, Error> {
        let plan = self.setting.plan;
        let label = match kind {
            Kind::Run => format!("{} run {}", label_of_cell(plan, slot), slot.run),
            Kind::WarmUp => label_of_cell(plan, slot),
        };
        let (number, of) = (self.done + 1, self.total);
        match kind {
            Kind::WarmUp => (self.setting.tell)(Event::WarmUp { label: &label }),
            Kind::Run => {
                let seconds_left = self.seconds_left();
                (self.setting.tell)(Event::Run { number, of, label: &label, seconds_left });
            }
        }
        let mut busy = 0;
        let mut attempt = 1;
        loop {
            let fault = match self.attempt(kind, slot)? {
                Attempt::Whole(measurements) => {
                    self.failures_in_a_row = 0;
                    if kind == Kind::Run {
                        self.done += 1;
                        self.made += 1;
                        self.left.retain(|other| other != slot);
                        let values = main_values(&measurements);
                        let seconds_left = self.seconds_left();
                        (self.setting.tell)(Event::Done { number, of, label: &label, values, seconds_left });
                    }
                    return Ok(None);
                }
                // The test of another says nothing about this run.
                Attempt::Busy(_) if busy < 5 => {
                    self.say(format!("{label}: the server is busy with another test; trying again"));
                    process::wait(f64::from(1_u32 << busy), self.setting.stop);
                    busy += 1;
                    continue;
                }
                Attempt::Busy(fault) | Attempt::Broken(fault) => fault,
            };
            (self.setting.tell)(Event::Failed { label: &label, attempt, of: plan.attempts, fault: &fault });
            self.failures_in_a_row += 1;
            if self.failures_in_a_row >= plan.stop_after {
                return Err(Problem::new(
                    label,
                    format!("{}; this was failure {} in a row", fault.what, self.failures_in_a_row),
                    format!("{}; the logs are under failed/, and the same command goes on", fault.remedy),
                )
                .into());
            }
            if attempt >= plan.attempts {
                return Ok(Some(Problem::new(
                    label,
                    format!("{attempt} attempts failed, the last: {}", fault.what),
                    fault.remedy,
                )));
            }
            attempt += 1;
        }
    }

    /// One attempt at a run: the pause before it, the tool, and its place in the study.
    fn attempt(&mut self, kind: Kind, slot: &Slot) -> Result<Attempt, Error> {
        let began = Instant::now();
        let plan = self.setting.plan;
        let (job, place) = self.job(slot)?;
        let argv = job.argv(&place).map_err(|fault| fault.at("the plan"))?;
        let reading = reading(&job, noise::READING, &place).map_err(|fault| fault.at("the plan"))?;
        let limits = self.limits(job.timeout);
        let foreign_load = noise::foreign_load(&reading, plan.pause, plan.wait_for_quiet, &limits);
        let before = self.beside(slot.mode, &plan.modes[slot.mode].before)?;
        let first = Reading::take(&reading, &limits);
        // A client is given time to bring the end of what it ran elsewhere.
        let more = if command::client(&job.prefix).is_some() { 10 } else { 0 };
        let store = &self.store;
        let ended =
            process::execute(&argv, store.part()?, &self.limits(job.timeout + more), |trace| store.remember(trace));
        self.store.forget();
        if self.is_stopped() {
            return Err(self.stopped());
        }
        let last = Reading::take(&reading, &limits);
        let after = self.beside(slot.mode, &plan.modes[slot.mode].after)?;
        let log = self.store.part_bytes()?;
        let mut judged = judge::run(&job, job.duration, Some(&ended), &log);
        for (what, beside) in [("before", &before), ("after", &after)] {
            if let Some(Err(told)) = beside {
                let fault = Fault::new(format!("the mode's `{what}` command failed: {told}"), "read what it checks");
                judged = judged.and(Err(fault));
            }
        }
        let cpu = first.zip(last).map(|(first, last)| last.since(&first));
        let sidecar = Sidecar {
            argv,
            cpu: cpu.filter(|cpu| *cpu != CpuSeconds::default()),
            load: last.and_then(|last| last.load),
            foreign_load,
            before: before.map(|printed| printed.unwrap_or_else(|told| told)),
            after: after.map(|printed| printed.unwrap_or_else(|told| told)),
            failure: judged.as_ref().err().map(|fault| format!("{}: {}", fault.what, fault.remedy)),
            ..described(self.sidecar(slot, kind), &ended)
        };
        if self.is_stopped() {
            return Err(self.stopped());
        }
        match judged {
            Ok(measurements) => {
                self.store.keep(kind, slot, &sidecar)?;
                for note in sidecar.notes() {
                    self.note(label_of_cell(plan, slot), note);
                }
                if kind == Kind::Run {
                    self.overhead.0 += began.elapsed().as_secs_f64() - f64::from(job.duration);
                    self.overhead.1 += 1;
                }
                Ok(Attempt::Whole(Box::new(measurements)))
            }
            Err(fault) if judge::is_busy(&fault) => Ok(Attempt::Busy(fault)),
            Err(fault) => {
                self.store.reject_part(kind, slot, &sidecar)?;
                Ok(Attempt::Broken(fault))
            }
        }
    }

    /// What a mode's command before or after a run printed, or how it failed.
    fn beside(&self, mode: usize, argv: &[String]) -> Result<Option<Result<String, String>>, Error> {
        if argv.is_empty() {
            return Ok(None);
        }
        let seconds = self.setting.plan.setup_timeout;
        let place = Place::of(&self.setting.plan.modes[mode], None, seconds);
        let argv = command::fill(argv, &place).map_err(|fault| fault.at("the plan"))?;
        let (ended, printed) = process::output(&argv, &self.limits(seconds));
        Ok(Some(if ended.is_ok() { Ok(printed) } else { Err(ended.told()) }))
    }

    /// What is known of a run before it ends.
    fn sidecar(&self, slot: &Slot, kind: Kind) -> Sidecar {
        let plan = self.setting.plan;
        let found = self.found.get(&(slot.mode, slot.scenario, slot.tool));
        Sidecar {
            generator: format!("meshstats {}", env!("CARGO_PKG_VERSION")),
            mode: plan.modes[slot.mode].id.clone(),
            scenario: slot.scenario.map(|scenario| plan.scenarios[scenario].id.clone()),
            tool: slot.tool.name().to_owned(),
            run: slot.run,
            warm_up: kind == Kind::WarmUp,
            position: (kind == Kind::Run).then_some(slot.position),
            attempt: if kind == Kind::Run { self.store.failures(slot) + 1 } else { 1 },
            tool_version: found.map(|found| found.version.clone()),
            noticed: found.map_or_else(Vec::new, |found| found.notes.clone()),
            machine: found.map_or_else(Machine::default, |found| found.machine.clone()),
            ..Sidecar::default()
        }
    }

    /// How long the runs that are left will take, seconds, by what those before took beside their durations.
    fn seconds_left(&self) -> f64 {
        let (seconds, runs) = self.overhead;
        let overhead = if runs == 0 { self.setting.plan.pause } else { seconds / runs as f64 };
        let durations = self.left.iter().filter_map(|slot| job(self.setting.plan, slot).ok());
        durations.map(|(job, _)| f64::from(job.duration) + overhead).sum()
    }

    /// Series of runs that rise or fall over time.
    fn note_drift(&mut self) -> Result<(), Error> {
        /// Many series are looked at, so the level is strict; `analyze` shows each with its p.
        const LEVEL: f64 = 0.01;
        let plan = self.setting.plan;
        let mut series: BTreeMap<(usize, Option<usize>, Tool), Vec<f64>> = BTreeMap::new();
        for slot in schedule::slots(plan).iter().filter(|slot| self.store.is_done(slot)) {
            let (job, _) = self.job(slot)?;
            if let Ok(run) = judge::run(&job, job.duration, None, &self.store.read(slot)?) {
                let value = main_values(&run).first().map(|(_, value)| *value);
                series.entry((slot.mode, slot.scenario, slot.tool)).or_default().extend(value);
            }
        }
        for ((mode, scenario, tool), values) in series {
            let trend = mann_kendall(&values, Alternative::TwoSided, 0.95);
            if trend.is_ok_and(|trend| trend.p_value < LEVEL) {
                let note = Note::new(
                    "drift",
                    "the runs rise or fall over time (Mann–Kendall, p < 0.01)",
                    "look for what changed meanwhile: temperature, disk, other load; compare within blocks",
                );
                self.note(label_of_cell(plan, &Slot { mode, scenario, tool, run: 1, position: 1 }), note);
            }
        }
        Ok(())
    }
}

fn described(sidecar: Sidecar, ended: &Ended) -> Sidecar {
    Sidecar {
        started: process::rfc3339(ended.started),
        ended: process::rfc3339(ended.started + ended.seconds),
        seconds: (ended.seconds * 1000.0).round() / 1000.0,
        exit_code: ended.code,
        signal: ended.signal,
        stderr: ended.stderr.clone(),
        ..sidecar
    }
}

/// The values that are shown of a run.
fn main_values(measurements: &Measurements) -> Vec<(&'static Metric, f64)> {
    let values = metric::values(measurements);
    let shown = ["latency_mean", "requests_per_second", "throughput", "udp_loss"];
    let shown = shown.into_iter().filter_map(metric::find);
    shown.filter_map(|metric| Some((metric, *values.get(&metric.id)?))).take(2).collect()
}
