//! Every command of a collection, without running one.

use std::path::Path;

use super::command::{self, Place};
use super::plan::Plan;
use super::schedule::{self, Slot, Step};
use super::{job, label_of_cell, network, noise, reading, record, script};
use crate::error::{Error, Fault};

/// What [`collect`](super::collect) would do now.
pub struct DryRun {
    /// Every command in order, each with what it is for.
    pub commands: Vec<(String, String)>,
    pub runs: usize,
    /// How long the runs and the pauses before them take.
    pub seconds: f64,
}

/// Finds out what is left to do, and runs nothing.
pub fn dry_run(plan: &Plan, out: &Path) -> Result<DryRun, Error> {
    record::begun(out, plan)?;
    let mut left = schedule::slots(plan);
    left.retain(|slot| !out.join(record::log_name(plan, slot)).is_file());
    let mut lines = Vec::new();
    for step in schedule::steps(plan, &left) {
        commands_of(plan, step, &script::path(out), &mut lines).map_err(|fault| fault.at("the plan"))?;
    }
    let durations = left.iter().filter_map(|slot| Some(f64::from(job(plan, slot).ok()?.0.duration) + plan.pause));
    let seconds = durations.sum();
    let commands = lines.into_iter().map(|(what, argv)| (what, command::shown(&argv))).collect();
    Ok(DryRun { commands, runs: left.len(), seconds })
}

fn commands_of(plan: &Plan, step: Step, script: &str, lines: &mut Vec<(String, Vec<String>)>) -> Result<(), Fault> {
    let of_mode = |mode: usize| (&plan.modes[mode], Place::of(&plan.modes[mode], None, plan.setup_timeout));
    let mut add = |what: String, argv: Vec<String>| {
        if !argv.is_empty() {
            lines.push((what, argv));
        }
    };
    match step {
        Step::SetUp(mode) | Step::TearDown(mode) => {
            let (of, place) = of_mode(mode);
            if matches!(step, Step::TearDown(_)) {
                for argv in script::removal(plan, mode, script)? {
                    add(format!("after the runs of {}", of.id), argv);
                }
            }
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
                let mut with_script = job.clone();
                with_script.add_script(script);
                if with_script.takes(script) {
                    add(label.clone(), script::command(&job, &place, script)?);
                    add(label.clone(), with_script.trial(1, &place)?);
                }
                add(label.clone(), reading(&job, noise::FACTS, &place)?);
                add(label, command::through(&job.prefix, &network::command(job.host()), &place)?);
            }
        }
        Step::WarmUp(slot) | Step::Run(slot) => {
            let (mut job, place) = job(plan, &slot)?;
            job.add_script(script);
            let mode = &plan.modes[slot.mode];
            let beside = Place { timeout: plan.setup_timeout, ..place };
            let label = match step {
                Step::Run(_) => record::log_name(plan, &slot),
                _ => format!("warm-up of {}", label_of_cell(plan, &slot)),
            };
            if job.takes(script) {
                add(format!("before {label}"), script::command(&job, &place, script)?);
            }
            add(format!("before {label}"), reading(&job, noise::READING, &place)?);
            add(format!("before {label}"), command::fill(&mode.before, &beside)?);
            add(label.clone(), job.argv(&place)?);
            add(format!("after {label}"), command::fill(&mode.after, &beside)?);
            add(format!("after {label}"), reading(&job, noise::READING, &place)?);
        }
    }
    Ok(())
}
