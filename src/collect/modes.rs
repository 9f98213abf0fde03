//! Making modes ready: their own commands, and the check of what their runs need.

use std::sync::atomic::AtomicBool;

use super::command::{self, Place};
use super::process::{self, Children, Ended, Limits};
use super::record::Kind;
use super::schedule::{self, Slot};
use super::{Collector, label_of_cell, preflight};
use crate::error::{Error, Fault, Problem};
use crate::run::Tool;
use crate::study::Sidecar;

impl Collector<'_> {
    /// Takes down what a collector that was killed left standing, by the commands that were noted then.
    pub(super) fn clear_leftovers(&mut self) -> Result<(), Error> {
        let due = self.store.due();
        if !due.is_empty() {
            self.say(format!("after of a run that was cut off: {}", command::shown(&due)));
            // It may check the run, which was none.
            let limits = self.limits(self.setting.plan.setup_timeout);
            process::execute(&due, process::nowhere().map_err(|error| self.store.fault(&error))?, &limits);
        }
        self.store.forget_due();
        for (id, noted) in self.store.standing() {
            let mode = self.setting.plan.modes.iter().position(|mode| mode.id == id);
            let argv = match (noted, mode) {
                (Some(argv), _) => argv,
                (None, Some(mode)) => self.own_argv(mode, &self.setting.plan.modes[mode].teardown)?,
                (None, None) => {
                    let what = "was left standing, and what takes it down cannot be read any more";
                    let remedy = format!("take it down, and remove {}", self.store.mark_path(&id).display());
                    return Err(Problem::new(format!("mode {id}"), what, remedy).into());
                }
            };
            if let Some(problem) = self.aside("teardown", &id, &argv)? {
                return Err(problem.into());
            }
            self.store.unmark(&id)?;
        }
        Ok(())
    }

    /// Makes a mode ready; what went wrong, if it did.
    pub(super) fn set_up(&mut self, mode: usize) -> Result<Option<Problem>, Error> {
        let of = &self.setting.plan.modes[mode];
        if of.setup.is_empty() && of.teardown.is_empty() {
            return Ok(None);
        }
        self.store.mark(&of.id, &self.own_argv(mode, &of.teardown)?)?;
        self.standing.insert(mode);
        self.aside("set-up", &of.id, &self.own_argv(mode, &of.setup)?)
    }

    pub(super) fn tear_down(&mut self, mode: usize) -> Result<(), Error> {
        self.remove_script(mode);
        if !self.standing.contains(&mode) {
            return Ok(());
        }
        let of = &self.setting.plan.modes[mode];
        if let Some(problem) = self.aside("teardown", &of.id, &self.own_argv(mode, &of.teardown)?)? {
            self.stuck.push(mode);
            return Err(problem.into());
        }
        self.standing.remove(&mode);
        self.store.unmark(&of.id)
    }

    /// Tears down whatever stands, unless that was tried; what went wrong. One that fails keeps none of the others standing.
    pub(super) fn tear_down_all(&mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for mode in (0..self.setting.plan.modes.len()).rev() {
            if !self.stuck.contains(&mode)
                && let Err(Error::Failed(wrong)) = self.tear_down(mode)
            {
                problems.extend(wrong);
            }
        }
        problems
    }

    /// Runs one of a mode's own commands; what went wrong, if it did.
    fn aside(&self, what: &str, id: &str, argv: &[String]) -> Result<Option<Problem>, Error> {
        if argv.is_empty() {
            return Ok(None);
        }
        let seconds = self.setting.plan.setup_timeout;
        self.say(format!("{what} of {id}: {}", command::shown(argv)));
        // What was begun is torn down even after Ctrl-C, which a second Ctrl-C ends.
        let never = AtomicBool::new(false);
        let mut limits = Limits { children: Children::GoOn, ..self.limits(seconds) };
        if what == "teardown" {
            limits.stop = &never;
        }
        let ended = process::execute(argv, process::nowhere().map_err(|error| self.store.fault(&error))?, &limits);
        Ok((!ended.is_ok()).then(|| command_fault(what, argv, &ended).at(format!("mode {id}"))))
    }

    /// One of a mode's own commands, filled in.
    fn own_argv(&self, mode: usize, argv: &[String]) -> Result<Vec<String>, Error> {
        let plan = self.setting.plan;
        let place = Place::of(&plan.modes[mode], None, plan.setup_timeout);
        Ok(command::fill(argv, &place).map_err(|fault| fault.at("the plan"))?)
    }

    /// The same of a command before or after a run.
    pub(super) fn beside_argv(&self, slot: &Slot, argv: &[String]) -> Result<Vec<String>, Error> {
        let plan = self.setting.plan;
        let scenario = slot.scenario.map(|i| &plan.scenarios[i]);
        let place = Place::of(&plan.modes[slot.mode], scenario, plan.setup_timeout);
        Ok(command::fill(argv, &place).map_err(|fault| fault.at("the plan"))?)
    }

    /// Whether everything that the mode's runs need is there; what is not.
    pub(super) fn check(&mut self, mode: usize) -> Result<Vec<Problem>, Error> {
        let cells = schedule::one_of_each_cell(self.left.iter().filter(|slot| slot.mode == mode));
        let mut missing = self.missing_programs(mode)?;
        for slot in cells {
            self.scripted.extend((slot.tool == Tool::Wrk).then_some(mode));
            let label = label_of_cell(self.setting.plan, &slot);
            let (job, place) = self.job(&slot)?;
            self.say(format!("checking {label}"));
            match preflight::check(&job, &place, &self.script, &self.limits(job.timeout)) {
                Ok(found) => {
                    let is_text_only = !found.takes_script && slot.tool == Tool::Wrk && job.names_no_script();
                    if is_text_only {
                        self.say(format!("{label}: this wrk does not load wrk-json.lua; its report is rounded"));
                    }
                    self.found.insert(slot.cell(), found);
                    let argv = job.argv(&place).map_err(|fault| fault.at("the plan"))?;
                    for note in (Sidecar { argv, ..self.sidecar(&slot, Kind::WarmUp) }).notes() {
                        self.note(label.clone(), note);
                    }
                }
                Err(_) if self.is_stopped() => return Err(self.stopped()),
                Err(fault) => missing.push(fault.at(label)),
            }
        }
        Ok(missing)
    }

    /// What a mode's command before or after a run printed, or how it failed. What `before` started goes on during the run,
    /// and `after` is there to end it, even after Ctrl-C.
    pub(super) fn beside(&self, what: &str, argv: &[String], stop: &AtomicBool) -> Option<Result<String, Fault>> {
        if argv.is_empty() {
            return None;
        }
        let seconds = self.setting.plan.setup_timeout;
        let limits = Limits { children: Children::GoOn, stop, ..self.limits(seconds) };
        let (ended, printed) = process::output(argv, &limits);
        Some(if ended.is_ok() { Ok(printed) } else { Err(command_fault(what, argv, &ended)) })
    }

    /// What of a mode's own commands is not there; the set-up has told by itself.
    fn missing_programs(&self, mode: usize) -> Result<Vec<Problem>, Error> {
        let (of, dir) = (&self.setting.plan.modes[mode], self.setting.plan_dir);
        let mut missing = Vec::new();
        for (what, argv) in [("before", &of.before), ("after", &of.after), ("teardown", &of.teardown)] {
            let argv = self.own_argv(mode, argv)?;
            if let Some(program) = argv.first().filter(|program| !process::is_there(program, dir)) {
                let what = format!("the {what} command `{}`: the program is not there", command::shown(&argv));
                missing
                    .push(Fault::new(what, command::install(program, NO_PROGRAM.to_owned())).at(self.mode_place(mode)));
            }
        }
        Ok(missing)
    }
}

const NO_PROGRAM: &str = "install it, or mend its path, which begins at the plan's directory";

fn command_fault(what: &str, argv: &[String], ended: &Ended) -> Fault {
    let remedy = match (ended.not_started, argv.first()) {
        (Some(why), Some(program)) => why.remedy(command::install(program, NO_PROGRAM.to_owned())),
        _ => "run it by hand in the plan's directory to see why".to_owned(),
    };
    Fault::new(format!("the {what} command `{}` failed: {}", command::shown(argv), ended.told()), remedy)
}
