//! The script that lets wrk print its results in full: it travels to where wrk runs, and is removed in the end.

use std::path::Path;

use super::command::{self, Place};
use super::plan::{Job, Plan};
use super::process::{self, Input, Limits};
use super::schedule::Slot;
use super::{Collector, job, reading};
use crate::error::Fault;
use crate::study::sha256;

const SCRIPT: &[u8] = include_bytes!("../../testbed/wrk-json.lua");

/// Writes standard input to a new file of the user's own: nobody else can have put it there, or change it.
const PUT: &str = "rm -f \"$0\" && umask 077 && set -C && cat >\"$0\"";

/// Where the script lies while a study is collected; two studies do not take it from each other.
pub fn path(out: &Path) -> String {
    let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    format!("/tmp/meshstats-{}.lua", &sha256(out.as_os_str().as_encoded_bytes())[..8])
}

/// The command that puts it there.
pub fn command(job: &Job, place: &Place, path: &str) -> Result<Vec<String>, Fault> {
    command::with_input(&job.prefix, &["sh", "-c", PUT, path].map(str::to_owned), place)
}

/// Puts the script where the job's wrk runs.
pub fn put(job: &Job, place: &Place, path: &str, limits: &Limits) -> Result<(), Fault> {
    let limits = Limits { input: Input::Bytes(SCRIPT), ..*limits };
    let (ended, _) = process::output(&command(job, place, path)?, &limits);
    if ended.is_ok() { Ok(()) } else { Err(Fault::new(ended.told(), "check that /tmp can be written to there")) }
}

/// The commands that remove it wherever a mode's wrk runs.
pub fn removal(plan: &Plan, mode: usize, path: &str) -> Result<Vec<Vec<String>>, Fault> {
    let mut commands = Vec::new();
    for (mode, scenario, tool) in plan.cells().into_iter().filter(|cell| cell.0 == mode) {
        let (job, place) = job(plan, &Slot { mode, scenario, tool, run: 1, position: 1 })?;
        if job.names_no_script() {
            let argv = reading(&job, &["rm", "-f", path], &place)?;
            if !commands.contains(&argv) {
                commands.push(argv);
            }
        }
    }
    Ok(commands)
}

impl Collector<'_> {
    /// What is left behind where that fails is small, and no harm.
    pub(super) fn remove_script(&mut self, mode: usize) {
        if !self.scripted.remove(&mode) {
            return;
        }
        let never = std::sync::atomic::AtomicBool::new(false);
        let limits = Limits { stop: &never, ..self.limits(20) };
        for argv in removal(self.setting.plan, mode, &self.script).into_iter().flatten() {
            process::output(&argv, &limits);
        }
    }
}
