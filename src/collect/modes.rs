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
        match self.store.due() {
            Some(Ok(due)) => {
                // It may check the run, which was none, and so fail.
                let never = AtomicBool::new(false);
                let limits = Limits { stop: &never, ..self.limits(self.setting.plan.setup_timeout) };
                let nowhere = process::nowhere().map_err(|error| self.store.fault(&error))?;
                let ended = process::execute(&due, nowhere, &limits);
                let how = if ended.is_ok() { String::new() } else { format!(" ({})", ended.told()) };
                self.say(format!("after of a run that was cut off: {}{how}", command::shown(&due)));
            }
            Some(Err(path)) => self.say(format!(
                "{} cannot be read: end by hand what the `before` of a run that was cut off began",
                path.display()
            )),
            None => {}
        }
        self.store.forget_due();
        let mut problems = Vec::new();
        for (id, noted) in self.store.standing() {
            // What the plan says now may have been mended.
            let mode = self.setting.plan.modes.iter().position(|mode| mode.id == id);
            let argv = match (mode, noted) {
                (Some(mode), _) => self.own_argv(mode, &self.setting.plan.modes[mode].teardown)?,
                (None, Some(argv)) => argv,
                (None, None) => {
                    let what = "was left standing, and what takes it down cannot be read any more";
                    problems.push(Problem::new(format!("mode {id}"), what, self.when_down(&id)));
                    continue;
                }
            };
            match self.aside("teardown", &id, &argv)? {
                Some(problem) => problems.push(problem),
                None => self.store.unmark(&id)?,
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::Failed(problems)) }
    }

    /// What to do about a mode that cannot be taken down from here.
    fn when_down(&self, id: &str) -> String {
        format!("take it down by hand; where it is down, remove {}", self.store.mark_path(id).display())
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
        let fault = || {
            let mut fault = command_fault(what, argv, &ended);
            if what == "teardown" {
                fault.remedy = format!("{}; {}", fault.remedy, self.when_down(id));
            }
            fault.at(format!("mode {id}"))
        };
        Ok((!ended.is_ok()).then(fault))
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
                Ok(_) if self.is_stopped() => return Err(self.stopped()),
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
        let of = &self.setting.plan.modes[mode];
        let mut commands = vec![("teardown", self.own_argv(mode, &of.teardown)?)];
        for slot in self.left.iter().filter(|slot| slot.mode == mode) {
            commands.push(("before", self.beside_argv(slot, &of.before)?));
            commands.push(("after", self.beside_argv(slot, &of.after)?));
        }
        let mut missing: Vec<Problem> = Vec::new();
        for (what, argv) in commands {
            if let Some(program) = argv.first().filter(|program| !process::is_there(program, self.setting.plan_dir)) {
                let what = format!("the {what} command `{}`: the program is not there", command::shown(&argv));
                let fault = Fault::new(what, command::install(program, NO_PROGRAM.to_owned()));
                let problem = fault.at(self.mode_place(mode));
                missing.extend((!missing.contains(&problem)).then_some(problem));
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
