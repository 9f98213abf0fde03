//! `meshstats collect`: a plan → runs of wrk and iperf3, as a study that `analyze` reads.

use std::io::{IsTerminal, Write};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{load, terminal};
use crate::collect::{self, Collected, DryRun, Event, Plan, Setting};
use crate::error::Error;
use crate::report::number::{Scale, fixed, significant};

#[derive(Args)]
pub struct Arguments {
    /// The plan: modes, tools, how many runs (`--example` prints one, schema/README.md documents it)
    #[arg(required_unless_present = "example")]
    plan: Option<PathBuf>,
    /// Print a plan to begin with
    #[arg(long, exclusive = true)]
    example: bool,
    /// Directory of the study; without it the plan's `out`
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print every command that would be run, in order, and run none
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,
    /// Set every mode up, say what is missing, tear it down; make no run
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    let Some(path) = &arguments.plan else {
        terminal::print(include_str!("../../testbed/plan.example.toml"));
        return Ok(());
    };
    let shown = path.display().to_string();
    let bytes = load::read(path)?;
    let text = load::utf8(&shown, &bytes)?;
    let plan = Plan::read(&shown, text)?;
    let plan_dir = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let out = match (&arguments.out, &plan.out) {
        (Some(out), _) => out.clone(),
        (None, Some(out)) => tidy(&plan_dir.join(out)),
        (None, None) => {
            return Err(Error::Usage(format!("{shown} has no `out`: say where the study goes with --out DIR")));
        }
    };
    if arguments.dry_run {
        return dry_run(&plan, &out);
    }
    let signals = collect::watch_signals()?;
    let progress = Progress::new(quiet);
    let tell = |event: Event| progress.tell(event);
    let setting = Setting { plan: &plan, text, plan_dir, out: &out, signals: &signals, tell: &tell };
    let collected = if arguments.check { collect::check(&setting) } else { collect::collect(&setting) };
    progress.bar.finish_and_clear();
    let collected = collected?;
    if !quiet {
        terminal::print(&summary(&collected, &out, arguments.check));
    }
    Ok(())
}

/// The path without `dir/..`, where that leads to the same place.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        let is_back = component == Component::ParentDir
            && matches!(tidied.components().next_back(), Some(Component::Normal(_)))
            && !tidied.is_symlink();
        if is_back {
            tidied.pop();
        } else if component != Component::CurDir {
            tidied.push(component);
        }
    }
    if tidied.as_os_str().is_empty() { PathBuf::from(".") } else { tidied }
}

fn dry_run(plan: &Plan, out: &Path) -> Result<(), Error> {
    let mut text = String::new();
    let mut last = String::new();
    let DryRun { commands, runs, seconds } = collect::dry_run(plan, out)?;
    for (what, command) in commands {
        if what != last {
            text.push_str(&format!("# {what}\n"));
        }
        text.push_str(&format!("{command}\n"));
        last = what;
    }
    if text.is_empty() {
        text = format!("# {}: all runs are there\n", out.display());
    } else {
        let length = duration(seconds);
        text.push_str(&format!("# {}: {length} of measuring and pauses\n", counted(runs, "run")));
    }
    terminal::print(&text);
    Ok(())
}

fn summary(collected: &Collected, out: &Path, only_check: bool) -> String {
    let Collected { done, made, notes } = collected;
    let out = out.display();
    let noted = if notes.is_empty() { String::new() } else { format!(", {}", counted(notes.len(), "note")) };
    let runs = counted(*done, "run");
    if only_check {
        format!("everything is there{noted}; {runs} done\n")
    } else {
        format!("{runs} in {out} ({made} made now){noted}; `meshstats analyze {out}` reads them\n")
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A bar on a terminal, plain lines elsewhere; on stderr.
struct Progress {
    bar: ProgressBar,
    is_quiet: bool,
    has_bar: bool,
}

impl Progress {
    fn new(is_quiet: bool) -> Self {
        let has_bar = !is_quiet && std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if has_bar {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            // The bar comes with the first run.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar, is_quiet, has_bar }
    }

    fn line(&self, text: &str) {
        let text = terminal::one_line(text);
        if self.is_quiet {
        } else if self.has_bar {
            self.bar.println(text);
        } else {
            // Nobody is left to tell when stderr is gone.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    fn message(&self, number: usize, of: usize, text: String) {
        if self.bar.length().is_none()
            && let Ok(style) = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {wide_msg}")
        {
            self.bar.set_style(style);
        }
        self.bar.set_length(of as u64);
        self.bar.set_position(number as u64 - 1);
        self.bar.set_message(terminal::one_line(&text));
    }

    fn tell(&self, event: Event) {
        match event {
            Event::Doing(what) => {
                self.bar.set_message(terminal::one_line(&what));
                self.line(&what);
            }
            Event::Note(place, note) => {
                let detail = note.detail.map_or(String::new(), |detail| format!(" ({detail})"));
                self.line(&format!("note: {place}: {}{detail}: {}", note.what, note.remedy));
            }
            Event::Run { number, of, label, seconds_left } => {
                self.message(number, of, format!("{label}; {} left", duration(seconds_left)));
            }
            Event::WarmUp { label } => {
                self.line(&format!("warm-up: {label}"));
                self.bar.set_message(format!("warm-up: {}", terminal::one_line(label)));
            }
            Event::Done { number, of, label, values, seconds_left } => {
                let values: Vec<String> = values
                    .into_iter()
                    .map(|(metric, value)| {
                        let scale = Scale::of(&metric.unit, value);
                        format!("{} {}", significant(scale.apply(value), 4), scale.unit)
                    })
                    .collect();
                let left = if number == of { String::new() } else { format!("; {} left", duration(seconds_left)) };
                self.line(&format!("run {number} of {of}: {label}: {}{left}", values.join(", ")));
            }
            Event::Failed { label, attempt, of, fault } => {
                self.line(&format!(
                    "failed: {label}, attempt {attempt} of {of} (kept under failed/): {}: {}",
                    fault.what, fault.remedy
                ));
            }
        }
    }
}

/// A time to wait, as a person would say it.
fn duration(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{} s", fixed(seconds, 0))
    } else if seconds < 5400.0 {
        format!("{} min", fixed(seconds / 60.0, 0))
    } else {
        format!("{} h", fixed(seconds / 3600.0, 1))
    }
}
