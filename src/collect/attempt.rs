//! One run, in as many attempts as it takes: what surrounds the tool, and what becomes of its log.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::noise::{self, Reading};
use super::process::{self, Ended, Input, Limits};
use super::record::Kind;
use super::schedule::Slot;
use super::{Collector, Event, command, judge, label_of_cell, main_values, reading, script};
use crate::error::{Error, Fault, Problem};
use crate::run::Measurements;
use crate::study::{CpuSeconds, Machine, Sidecar};

/// What one attempt was.
enum Attempt {
    Whole(Box<Measurements>),
    Broken(Fault),
    /// The server was, with the test of another.
    Busy,
}

impl Collector<'_> {
    /// Makes a run, in as many attempts as the plan allows; what went wrong, if all failed.
    pub(super) fn run(&mut self, kind: Kind, slot: &Slot) -> Result<Option<Problem>, Error> {
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
            let may_wait = busy < 5;
            let fault = match self.attempt(kind, slot, may_wait)? {
                Attempt::Whole(measurements) => {
                    self.failures_in_a_row.remove(&slot.cell());
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
                Attempt::Busy => {
                    self.say(format!("{label}: the server is busy with another test; trying again"));
                    process::wait(f64::from(1_u32 << busy), &self.setting.signals.stop);
                    busy += 1;
                    continue;
                }
                Attempt::Broken(fault) => fault,
            };
            (self.setting.tell)(Event::Failed { label: &label, attempt, of: plan.attempts, fault: &fault });
            let in_a_row = self.failures_in_a_row.entry(slot.cell()).or_default();
            *in_a_row += 1;
            if *in_a_row >= plan.stop_after {
                return Err(Problem::new(
                    label,
                    format!("{}; this was failure {in_a_row} in a row", fault.what),
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
    fn attempt(&mut self, kind: Kind, slot: &Slot, may_wait: bool) -> Result<Attempt, Error> {
        let began = Instant::now();
        let plan = self.setting.plan;
        let (job, place) = self.job(slot)?;
        let argv = job.argv(&place).map_err(|fault| fault.at("the plan"))?;
        let reading = reading(&job, noise::READING, &place).map_err(|fault| fault.at("the plan"))?;
        let takes_script = job.takes(&self.script);
        self.scripted.extend(takes_script.then_some(slot.mode));
        let limits = self.limits(job.timeout);
        if takes_script {
            // A pod may be another one by now. Without the script wrk says so.
            let _ = script::put(&job, &place, &self.script, &limits);
        }
        let waiting = |share: f64| {
            let (label, most) = (label_of_cell(plan, slot), plan.wait_for_quiet);
            self.say(format!("{label}: others use {:.0} % of the CPUs: waiting up to {most} s", share * 100.0));
        };
        let foreign_load = noise::foreign_load(&reading, plan.pause, plan.wait_for_quiet, &limits, &waiting);
        if self.is_stopped() {
            return Err(self.stopped());
        }
        let mode = &plan.modes[slot.mode];
        let (before, after) = (self.beside_argv(slot, &mode.before)?, self.beside_argv(slot, &mode.after)?);
        let part = self.store.part()?;
        self.store.note_due(&after)?;
        let before = self.beside("before", &before, &self.setting.signals.stop);
        let first = Reading::take(&reading, &limits);
        let mut limits_of_tool = self.limits(job.timeout);
        if command::needs_tether(&job.prefix) {
            // What runs elsewhere is ended there first.
            limits_of_tool = Limits { input: Input::Tether, ..self.limits(job.timeout.saturating_add(10)) };
        }
        let refused = failure(before.as_ref());
        let ended = match refused {
            Some(_) => Ended { started: process::now(), ..Ended::default() },
            None => process::execute(&argv, part, &limits_of_tool),
        };
        let last = Reading::take(&reading, &limits);
        let after = self.beside("after", &after, &AtomicBool::new(false));
        self.store.forget_due();
        if self.is_stopped() {
            return Err(self.stopped());
        }
        let log = self.store.take_part()?;
        let judged = match refused {
            Some(fault) => Err(fault),
            None => judge::run(&job, job.duration, Some(&ended), &log)
                .and_then(|run| failure(after.as_ref()).map_or(Ok(run), Err)),
        };
        let cpu = first.zip(last).map(|(first, last)| last.since(&first));
        let sidecar = Sidecar {
            argv,
            cpu: cpu.filter(|cpu| *cpu != CpuSeconds::default()),
            load: last.and_then(|last| last.load),
            foreign_load,
            before: before.map(|printed| printed.unwrap_or_else(|fault| fault.what)),
            after: after.map(|printed| printed.unwrap_or_else(|fault| fault.what)),
            failure: judged.as_ref().err().map(|fault| format!("{}: {}", fault.what, fault.remedy)),
            ..described(self.sidecar(slot, kind), &ended)
        };
        if self.is_stopped() {
            return Err(self.stopped());
        }
        match judged {
            Ok(measurements) => {
                self.store.keep(kind, slot, &log, &sidecar)?;
                for note in sidecar.notes() {
                    self.note(label_of_cell(plan, slot), note);
                }
                if kind == Kind::Run {
                    self.overhead.0 += began.elapsed().as_secs_f64() - f64::from(job.duration);
                    self.overhead.1 += 1;
                }
                Ok(Attempt::Whole(Box::new(measurements)))
            }
            Err(fault) if may_wait && judge::is_busy(&fault) => Ok(Attempt::Busy),
            Err(fault) => {
                self.store.reject(kind, slot, &log, &sidecar)?;
                Ok(Attempt::Broken(fault))
            }
        }
    }

    /// What is known of a run before it ends.
    pub(super) fn sidecar(&self, slot: &Slot, kind: Kind) -> Sidecar {
        let plan = self.setting.plan;
        let found = self.found.get(&slot.cell());
        Sidecar {
            generator: format!("meshstats {}", env!("CARGO_PKG_VERSION")),
            mode: plan.modes[slot.mode].id.clone(),
            scenario: slot.scenario.map(|scenario| plan.scenarios[scenario].id.clone()),
            tool: slot.tool.name().to_owned(),
            run: slot.run,
            warm_up: kind == Kind::WarmUp,
            position: (kind == Kind::Run).then_some(slot.position),
            planned: (kind == Kind::Run).then_some(self.total),
            attempt: if kind == Kind::Run { self.store.failures(slot) + 1 } else { 1 },
            tool_version: found.map(|found| found.version.clone()),
            machine: found.map_or_else(Machine::default, |found| found.machine.clone()),
            ..Sidecar::default()
        }
    }
}

fn failure(beside: Option<&Result<String, Fault>>) -> Option<Fault> {
    beside?.as_ref().err().cloned()
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
