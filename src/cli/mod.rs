//! Arguments → calls of the stages. The only user of clap, and the only writer of files.
//!
//! A subcommand is one file with its arguments and one function.

mod analyze;
mod audit;
mod collect;
mod compare;
mod completions;
mod diff;
mod gate;
mod ingest;
mod interrupt;
mod list;
mod load;
mod man;
mod options;
mod output;
mod plan;
mod reconstruct;
mod samples;
mod saved;
mod templates;
mod terminal;
mod verify;
mod watch;
mod writing;

use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::analysis::methods;
use crate::error::Error;
use crate::language::{LANGUAGES, Language};
use crate::plot;
use crate::render::{OUTPUTS, Output};
use crate::report::style::{NOTES, Notes, Style, TABLES, Tables};
use crate::stats::{Alternative, Kind};
use crate::study::{MssPolicy, Overrides, Pattern};
use crate::toml_file::nearest;

/// Statistics and reports from raw wrk and iperf3 logs.
///
/// Reads the logs of repeated benchmark runs, compares each mode with the baseline, and writes the tables, figures and
/// numbers that a paper needs.
#[derive(Parser)]
#[command(name = "meshstats", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print nothing but errors
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Analyse studies and write their reports
    Analyze(analyze::Arguments),
    /// Say what is made of every file; write the runs as one tidy table
    Ingest(ingest::Arguments),
    /// Compare two samples, from files of numbers or from summary statistics
    Compare(compare::Arguments),
    /// Say what the runs can find, and how many a target difference needs
    Plan(plan::Arguments),
    /// Say which printed figures of a publication can be true together
    Audit(audit::Arguments),
    /// Run wrk and iperf3 as a plan says, into a study that analyze reads
    Collect(collect::Arguments),
    /// Say what changed between two saved results or studies
    Diff(diff::Arguments),
    /// Say whether reports are what the data give
    Verify(verify::Arguments),
    /// Fail when a regression is shown
    Gate(gate::Arguments),
    /// Build logs that are consistent with published summary statistics
    Reconstruct(reconstruct::Arguments),
    /// List what the program knows: formats, metrics, methods, outputs, widths
    List(list::Arguments),
    /// List, export and describe the templates of the reports
    Templates(templates::Arguments),
    /// Print a shell's completion script
    Completions(completions::Arguments),
    /// Print the manual page
    Man,
}

/// How a study is read; what stands here goes over its meshstats.toml.
#[derive(Args)]
struct Reading {
    /// The mode that the others are compared with
    #[arg(long, value_name = "MODE")]
    baseline: Option<String>,
    /// Where mode, scenario and run stand in the paths, e.g. '{mode}/{tool}/run-{run}.{ext}' (repeatable)
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    logs: Vec<String>,
    /// Maximum segment size of the loss estimate: bytes, or from-log
    #[arg(long, value_name = "BYTES", value_parser = mss)]
    mss: Option<MssPolicy>,
    /// Confidence level of every interval
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    confidence: Option<f64>,
    /// Go on without the logs that cannot be used; the report lists them
    #[arg(long)]
    skip_bad: bool,
    /// Treat a log that had to be mended as one that cannot be used
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    speaking: Speaking,
}

/// The language of what is written and shown.
#[derive(Args)]
struct Speaking {
    /// Language of the report (see `meshstats list languages`); English without it
    #[arg(long, value_name = "LANG", value_parser = Language::find)]
    lang: Option<&'static Language>,
}

impl Speaking {
    fn language(&self) -> &'static Language {
        self.lang.unwrap_or(&LANGUAGES[0])
    }
}

impl Reading {
    fn overrides(&self) -> Overrides {
        Overrides {
            baseline: self.baseline.clone(),
            logs: self.logs.clone(),
            mss: self.mss,
            confidence: self.confidence,
            lang: self.speaking.lang.map(|language| language.id.to_owned()),
            strict: self.strict,
            ..Overrides::default()
        }
    }
}

/// How the LaTeX tables of a report are set.
#[derive(Args)]
struct Styling {
    /// Notes of LaTeX tables: threeparttable, minipage or none
    #[arg(long, value_name = "NOTES", default_value = NOTES[0].id(), value_parser = table_notes)]
    table_notes: Notes,
    /// LaTeX tables: tabular, tabularray, or longtable (every float goes on over pages, for appendices)
    #[arg(long, value_name = "STYLE", default_value = TABLES[0].id(), value_parser = table_style)]
    table_style: Tables,
}

impl Styling {
    fn style(&self) -> Style {
        Style { notes: self.table_notes, tables: self.table_style, ..Style::default() }
    }
}

/// What the report of a study emphasises.
#[derive(Args)]
struct Emphasis {
    /// Emphasise the better mean of a comparison where the interval of the difference excludes zero
    #[arg(long)]
    bold_best: bool,
}

impl Emphasis {
    fn style(&self, styling: &Styling) -> Style {
        Style { bold_best: self.bold_best, ..styling.style() }
    }
}

/// Which methods a report puts first; each goes before what the manifest says.
#[derive(Args)]
struct Choosing {
    /// Test that decides (see `meshstats list tests`); of several the last that applies to a metric
    #[arg(long, value_delimiter = ',', value_name = "ID", value_parser = test)]
    test: Vec<String>,
    /// Effect size that comes first
    #[arg(long, value_delimiter = ',', value_name = "ID", value_parser = effect)]
    effect: Vec<String>,
    /// Interval of the difference, or of the change, that comes first
    #[arg(long, value_delimiter = ',', value_name = "ID", value_parser = interval)]
    interval: Vec<String>,
    /// How the p-values of the primary metrics are adjusted
    #[arg(long, value_name = "ID", value_parser = adjustment)]
    adjust: Option<String>,
    /// Largest difference that does not matter, e.g. latency_mean=2% or throughput='0.5 Gbit/s' (repeatable)
    #[arg(long, value_name = "METRIC=MARGIN", value_parser = metric_margin)]
    margin: Vec<(String, String)>,
    /// Compare the treatments with each other too
    #[arg(long)]
    pairs: bool,
}

impl Choosing {
    fn overrides(&self, reading: &Reading) -> Overrides {
        Overrides {
            test: self.test.clone(),
            effect: self.effect.clone(),
            interval: self.interval.clone(),
            adjust: self.adjust.clone(),
            margins: self.margin.clone(),
            pairs: self.pairs,
            ..reading.overrides()
        }
    }
}

fn metric_margin(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((metric, margin)) if !metric.is_empty() && !margin.is_empty() => {
            Ok((metric.trim().to_owned(), margin.trim().to_owned()))
        }
        _ => Err("give a metric and its margin, such as latency_mean=2%".to_owned()),
    }
}

fn pattern(text: &str) -> Result<String, String> {
    match Pattern::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(fault) => Err(format!("{}: {}", fault.what, fault.remedy)),
    }
}

fn mss(text: &str) -> Result<MssPolicy, String> {
    match text {
        "from-log" => Ok(MssPolicy::FromLog),
        _ => match text.parse() {
            Ok(bytes) if bytes > 0 => Ok(MssPolicy::Bytes(bytes)),
            _ => Err("give a number of bytes such as 1460, or from-log".to_owned()),
        },
    }
}

/// Which alternative a test has.
#[derive(Clone, Copy, ValueEnum)]
enum Tail {
    /// The modes differ
    TwoSided,
    /// The treatment is less
    Less,
    /// The treatment is greater
    Greater,
}

impl Tail {
    fn of(self) -> Alternative {
        match self {
            Self::TwoSided => Alternative::TwoSided,
            Self::Less => Alternative::Less,
            Self::Greater => Alternative::Greater,
        }
    }
}

/// The id of a method of these kinds.
fn method(text: &str, kinds: &[Kind]) -> Result<String, String> {
    let ids = || kinds.iter().flat_map(|kind| methods::ids_of(*kind));
    if ids().any(|id| id == text) {
        return Ok(text.to_owned());
    }
    Err(unknown(text, ids().collect()))
}

/// The output of that id.
fn format(id: &str) -> Result<&'static Output, String> {
    let ids = || OUTPUTS.iter().map(|output| output.id);
    OUTPUTS.iter().find(|output| output.id == id).ok_or_else(|| unknown(id, ids().collect()))
}

/// The format of figures of that id.
fn figure_format(id: &str) -> Result<&'static plot::Format, String> {
    let ids = || plot::FORMATS.iter().map(|format| format.id);
    plot::FORMATS.iter().find(|format| format.id == id).ok_or_else(|| unknown(id, ids().collect()))
}

/// What is said of an id that is none of those known.
fn unknown(id: &str, known: Vec<&str>) -> String {
    let list = known.join(", ");
    match nearest(id, known) {
        Some(near) => format!("did you mean {near}? Known: {list}"),
        None => format!("known: {list}"),
    }
}

fn table_notes(id: &str) -> Result<Notes, String> {
    let known = || NOTES.iter().copied();
    known().find(|notes| notes.id() == id).ok_or_else(|| unknown(id, known().map(Notes::id).collect()))
}

fn table_style(id: &str) -> Result<Tables, String> {
    let known = || TABLES.iter().copied();
    known().find(|tables| tables.id() == id).ok_or_else(|| unknown(id, known().map(Tables::id).collect()))
}

fn test(text: &str) -> Result<String, String> {
    method(text, &[Kind::Test])
}

fn effect(text: &str) -> Result<String, String> {
    method(text, &[Kind::EffectSize])
}

fn interval(text: &str) -> Result<String, String> {
    method(text, &[Kind::Interval])
}

fn adjustment(text: &str) -> Result<String, String> {
    method(text, &[Kind::Adjustment])
}

fn level(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|level| *level > 0.0 && *level < 1.0)
        .ok_or_else(|| "give a level between 0 and 1, such as 0.95".to_owned())
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // `collect` has runs to end before it ends, and watches for itself.
    if !matches!(cli.command, Command::Collect(_)) {
        interrupt::watch();
    }
    let quiet = cli.quiet;
    let typed = || {
        let (name, matches) = matches.subcommand()?;
        Some(options::given(Cli::command().find_subcommand(name)?, matches))
    };
    let typed = typed().unwrap_or_default();
    let result = match cli.command {
        Command::Analyze(arguments) => analyze::run(&arguments, &typed, quiet),
        Command::Ingest(arguments) => ingest::run(&arguments, quiet),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments, quiet),
        Command::Audit(arguments) => audit::run(&arguments, quiet),
        Command::Collect(arguments) => collect::run(&arguments, quiet),
        Command::Diff(arguments) => diff::run(&arguments, quiet),
        Command::Reconstruct(arguments) => reconstruct::run(&arguments, quiet),
        Command::List(arguments) => list::run(&arguments),
        Command::Templates(arguments) => templates::run(&arguments, quiet),
        Command::Verify(arguments) => return ended(verify::run(&arguments, &typed, quiet)),
        Command::Gate(arguments) => return ended(gate::run(&arguments, quiet)),
        Command::Completions(arguments) => completions::run(&arguments, &mut Cli::command()),
        Command::Man => man::run(Cli::command()),
    };
    ended(result.map(|()| ExitCode::SUCCESS))
}

fn ended(result: Result<ExitCode, Error>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            terminal::complain(&error);
            ExitCode::from(match error {
                Error::Failed(_) => 1,
                Error::Usage(_) => 2,
            })
        }
    }
}
