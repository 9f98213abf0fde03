//! A plan → logs on disk: runs wrk and iperf3 locally or through a command prefix, in the plan's order, and keeps what is
//! a whole run.

mod attempt;
mod command;
mod dry_run;
mod judge;
mod modes;
mod network;
mod noise;
mod plan;
mod preflight;
mod process;
mod record;
mod schedule;
mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub use dry_run::{DryRun, dry_run};
pub use plan::Plan;
#[cfg(unix)]
pub use process::is_ignored;
pub use process::{Signals, watch_signals};

use crate::error::{Error, Fault, Problem};
use crate::metric::{self, Metric};
use crate::run::{Measurements, Note, Tool};
use crate::stats::Alternative;
use crate::stats::mann_kendall::mann_kendall;
use crate::study::Sidecar;
use command::Place;
use plan::Job;
use preflight::Found;
use process::{Children, Input, Limits};
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
    pub signals: &'a Signals,
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
    /// By mode, scenario and tool.
    failures_in_a_row: BTreeMap<(usize, Option<usize>, Tool), u32>,
    found: BTreeMap<(usize, Option<usize>, Tool), Found>,
    notes: Vec<(String, Note)>,
    /// Modes that were set up and not torn down.
    standing: BTreeSet<usize>,
    /// Modes whose teardown failed.
    stuck: Vec<usize>,
    /// Modes behind which the script may lie.
    scripted: BTreeSet<usize>,
    /// Where the script is put for wrk, on the machine that runs it.
    script: String,
    /// Seconds that the runs took beside their durations, and how many there were.
    overhead: (f64, usize),
}

impl<'a> Collector<'a> {
    fn open(setting: &'a Setting<'a>) -> Result<Self, Error> {
        let store = Store::open(setting.out, setting.plan, setting.text, setting.signals)?;
        let all = schedule::slots(setting.plan);
        let total = all.len();
        let mut this = Self {
            setting,
            store,
            left: Vec::new(),
            total,
            done: 0,
            made: 0,
            failures_in_a_row: BTreeMap::new(),
            found: BTreeMap::new(),
            notes: Vec::new(),
            standing: BTreeSet::new(),
            stuck: Vec::new(),
            scripted: BTreeSet::new(),
            script: script::path(setting.out),
            overhead: (0.0, 0),
        };
        if this.store.running.end_leftover() {
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
        if !self.store.is_done(slot)? {
            return Ok(false);
        }
        let (job, _) = self.job(slot)?;
        let log = self.store.read(slot)?;
        let Err(fault) = judge::run(&job, job.duration, None, &log) else { return Ok(true) };
        let shown = self.store.shown(slot);
        let sidecar = Sidecar {
            failure: Some(format!("the log that was there is no whole run: {}", fault.what)),
            ..self.store.sidecar(slot).unwrap_or_else(|| self.sidecar(slot, Kind::Run))
        };
        self.store.reject(Kind::Run, slot, &log, &sidecar)?;
        self.store.remove(slot)?;
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
        let (mut job, place) = job(self.setting.plan, slot).map_err(|fault| fault.at("the plan"))?;
        if self.found.get(&slot.cell()).is_some_and(|found| found.takes_script) {
            job.add_script(&self.script);
        }
        Ok((job, place))
    }

    fn limits(&self, seconds: u32) -> Limits<'_> {
        Limits {
            dir: self.setting.plan_dir,
            limit: Duration::from_secs(seconds.into()),
            stop: &self.setting.signals.stop,
            input: Input::Nothing,
            children: Children::End,
            running: &self.store.running,
        }
    }

    fn is_stopped(&self) -> bool {
        self.setting.signals.stop.load(Ordering::Relaxed)
    }

    fn work(mut self, wanted: impl Fn(&Step) -> bool) -> Result<Collected, Error> {
        let worked = self.take_steps(wanted);
        // Whatever happened, what was set up is torn down.
        let torn = self.tear_down_all();
        self.store.discard_unless_begun();
        let mut problems = match worked {
            Ok(mut missing) => {
                missing
                    .extend((!missing.is_empty()).then(|| self.unfinished("the same command tries the others again")));
                missing
            }
            Err(Error::Failed(problems)) => problems,
            Err(usage) => return Err(usage),
        };
        problems.extend(torn);
        if !problems.is_empty() {
            return Err(Error::Failed(problems));
        }
        self.note_drift()?;
        Ok(Collected { done: self.done, made: self.made, notes: self.notes })
    }

    /// The runs that could not be made.
    fn take_steps(&mut self, wanted: impl Fn(&Step) -> bool) -> Result<Vec<Problem>, Error> {
        let plan = self.setting.plan;
        self.clear_leftovers()?;
        let mut missing = Vec::new();
        let mut unready: Vec<Problem> = Vec::new();
        for step in schedule::steps(plan, &self.left).into_iter().filter(|step| wanted(step)) {
            if self.is_stopped() && !self.left.is_empty() {
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
        if self.is_stopped() && !self.left.is_empty() {
            return Err(self.stopped());
        }
        if !unready.is_empty() {
            return Err(Error::Failed(unready));
        }
        Ok(missing)
    }

    fn stopped(&self) -> Error {
        let mut problem = self.unfinished("the same command goes on with the others");
        problem.fault.what.insert_str(0, "stopped: ");
        problem.into()
    }

    fn unfinished(&self, remedy: &str) -> Problem {
        let what = format!("{} of {} runs are done", self.done, self.total);
        Problem::new(self.setting.out.display().to_string(), what, remedy)
    }

    fn is_unready(&self, mode: usize, unready: &[Problem]) -> bool {
        let place = self.mode_place(mode);
        unready.iter().any(|problem| problem.path == place)
    }

    fn mode_place(&self, mode: usize) -> String {
        format!("mode {}", self.setting.plan.modes[mode].id)
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
        for slot in &schedule::slots(plan) {
            if !self.store.is_done(slot)? {
                continue;
            }
            let (job, _) = self.job(slot)?;
            if let Ok(run) = judge::run(&job, job.duration, None, &self.store.read(slot)?) {
                let value = main_values(&run).first().map(|(_, value)| *value);
                series.entry(slot.cell()).or_default().extend(value);
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

/// The values that are shown of a run.
fn main_values(measurements: &Measurements) -> Vec<(&'static Metric, f64)> {
    let values = metric::values(measurements);
    let shown = ["latency_mean", "requests_per_second", "throughput", "udp_loss"];
    let shown = shown.into_iter().filter_map(metric::find);
    shown.filter_map(|metric| Some((metric, *values.get(&metric.id)?))).take(2).collect()
}
