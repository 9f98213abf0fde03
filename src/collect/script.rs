//! The script that lets wrk print its results in full: it travels to where wrk runs, and is removed in the end.

use std::path::Path;

use super::command::{self, Place};
use super::plan::Job;
use super::process::{self, Input, Limits};
use super::schedule::Slot;
use super::{Collector, reading};
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

impl Collector<'_> {
    /// What is left behind where that fails is small, and no harm.
    pub(super) fn remove_scripts(&self) {
        let never = std::sync::atomic::AtomicBool::new(false);
        let limits = Limits { stop: &never, ..self.limits(20) };
        let mut done = Vec::new();
        for (&(mode, scenario, tool), _) in self.found.iter().filter(|(_, found)| found.takes_script) {
            let slot = Slot { mode, scenario, tool, run: 1, position: 1 };
            let Ok((job, place)) = self.job(&slot) else { continue };
            if let Ok(argv) = reading(&job, &["rm", "-f", &self.script], &place)
                && !done.contains(&argv)
            {
                process::output(&argv, &limits);
                done.push(argv);
            }
        }
    }
}
