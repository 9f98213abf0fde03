//! Running one command to its end, its time limit, or the user's Ctrl-C; nothing of it is left running.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::error::{Problem, reason};

/// How a command ended.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// It ran into its time limit.
    pub timed_out: bool,
    /// It was ended because the user wants to stop.
    pub stopped: bool,
    /// Why it did not even begin.
    pub not_started: Option<NotStarted>,
    /// The last of what it wrote there.
    pub stderr: String,
    /// Seconds since the Unix epoch.
    pub started: f64,
    pub seconds: f64,
}

/// Why a command did not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// The program is not there, or cannot be run.
    Program(io::ErrorKind),
    /// What it prints has no place.
    TemporaryFile(io::ErrorKind),
}

impl NotStarted {
    /// What to do about it; `install` is for a program.
    pub fn remedy(self, install: String) -> String {
        match self {
            Self::Program(_) => install,
            Self::TemporaryFile(_) => "check the space and the permissions of the directory for temporary files \
                                       (TMPDIR)"
                .to_owned(),
        }
    }
}

impl Ended {
    pub fn is_ok(&self) -> bool {
        self.code == Some(0) && !self.timed_out && !self.stopped
    }

    /// Why the command failed, without what it said.
    pub fn reason(&self) -> String {
        match (self.not_started, self.timed_out, self.code, self.signal) {
            (Some(NotStarted::Program(io::ErrorKind::NotFound)), ..) => "the program is not there".to_owned(),
            (Some(NotStarted::Program(kind)), ..) => format!("it cannot be started ({kind})"),
            (Some(NotStarted::TemporaryFile(kind)), ..) => format!("no temporary file can be made for it ({kind})"),
            (_, true, ..) => format!("it was ended after {:.0} s", self.seconds),
            (.., Some(code), _) => format!("it ended with exit code {code}"),
            (.., Some(signal)) => format!("it was ended by signal {signal}"),
            _ => "it was ended".to_owned(),
        }
    }

    /// The reason with the line of stderr that tells most: the first that speaks of a failure, or else the last.
    pub fn told(&self) -> String {
        const FAILURES: &[&str] = &[
            "error",
            "unrecognized",
            "invalid",
            "unknown",
            "cannot",
            "can't",
            "failed",
            "not found",
            "denied",
            "no such",
        ];
        let mut lines = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let fails = |line: &&str| FAILURES.iter().any(|word| line.to_lowercase().contains(word));
        match lines.clone().find(fails).or_else(|| lines.next_back()) {
            Some(line) => format!("{}: {line}", self.reason()),
            None => self.reason(),
        }
    }
}

/// What the user asks for by signals, and the command that runs meanwhile.
#[derive(Default)]
pub struct Signals {
    /// Becomes true at the first Ctrl-C, SIGTERM or SIGHUP.
    pub stop: AtomicBool,
    /// Its id, which is that of its group; 0 for none.
    child: AtomicU32,
}

/// Waits for signals from now on. The first asks to stop; one that comes later than a second after it ends the program at
/// once, with the command that runs.
#[cfg(unix)]
pub fn watch_signals() -> Result<Arc<Signals>, Problem> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
    let mut caught = signal_hook::iterator::Signals::new(wanted).map_err(|error| uncaught(&error))?;
    let shared = Arc::new(Signals::default());
    let watched = Arc::clone(&shared);
    std::thread::spawn(move || {
        let mut first: Option<Instant> = None;
        for _ in caught.forever() {
            // `timeout`, and a terminal that is closed, send several at a time.
            const ONE_REQUEST: Duration = Duration::from_secs(1);
            match first {
                None => {
                    first = Some(Instant::now());
                    watched.stop.store(true, Ordering::Relaxed);
                }
                Some(at) if at.elapsed() < ONE_REQUEST => {}
                Some(_) => {
                    kill_group(watched.child.load(Ordering::Relaxed), End::Kill);
                    // Nobody is left to tell when stderr is gone.
                    let begin = if io::stderr().is_terminal() { "\n" } else { "" };
                    let told =
                        "ended at once: what was set up or begun may still stand: the same command ends it first";
                    let _ = writeln!(io::stderr(), "{begin}error: {told}");
                    std::process::exit(130);
                }
            }
        }
    });
    Ok(shared)
}

#[cfg(not(unix))]
pub fn watch_signals() -> Result<Arc<Signals>, Problem> {
    Ok(Arc::default())
}

#[cfg(unix)]
fn uncaught(error: &io::Error) -> Problem {
    let what = format!("signals cannot be caught ({})", reason(error));
    Problem::new("collect", what, "run it where Ctrl-C can be handled")
}

/// Whether the program was started with this signal ignored, where the system tells: a parent that ignores hang-ups (nohup)
/// wants its children to go on.
#[cfg(unix)]
pub fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// A process that may outlive this one: its id, and when it began in the machine's clock ticks, so that another process
/// with the same id is not taken for it.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Trace {
    pid: u32,
    began: u64,
}

impl Trace {
    fn of(pid: u32) -> Option<Self> {
        Some(Self { pid, began: began(pid)? })
    }

    /// Ends the process and its group if it still runs; whether it did.
    fn end(&self) -> bool {
        let runs = began(self.pid) == Some(self.began);
        if runs {
            kill_group(self.pid, End::Kill);
        }
        runs
    }
}

/// The command that runs: known to who handles signals, and by files to who comes after a crash.
pub struct Running<'a> {
    path: PathBuf,
    /// What tools find in their environment, so that they are known even where their start was not noted any more.
    session: String,
    signals: &'a Signals,
}

/// The variable that holds the session.
const SESSION: &str = "MESHSTATS_COLLECT";

/// The file that holds it, beside that of the command.
pub const SESSION_FILE: &str = "session";

impl<'a> Running<'a> {
    pub fn new(path: PathBuf, signals: &'a Signals) -> Self {
        Self { path, session: format!("{}-{}", std::process::id(), now()), signals }
    }

    /// Ends what a program left running that was killed; whether there was something.
    pub fn end_leftover(&self) -> bool {
        let trace = std::fs::read(&self.path).ok().and_then(|bytes| serde_json::from_slice::<Trace>(&bytes).ok());
        self.forget();
        let file = self.path.with_file_name(SESSION_FILE);
        let session = std::fs::read_to_string(&file).unwrap_or_default();
        let of_session = !session.is_empty() && end_session(&session);
        // Only a help after a crash.
        let _ = std::fs::write(file, &self.session);
        trace.is_some_and(|trace| trace.end()) || of_session
    }

    fn remember(&self, trace: &Trace) {
        self.signals.child.store(trace.pid, Ordering::Relaxed);
        // Only a help after a crash.
        if let Ok(bytes) = serde_json::to_vec(trace) {
            let _ = std::fs::write(&self.path, bytes);
        }
    }

    fn forget(&self) {
        self.signals.child.store(0, Ordering::Relaxed);
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Ends every process that has the session in its environment; whether there was one.
fn end_session(session: &str) -> bool {
    let variable = format!("{SESSION}={session}");
    let mut any = false;
    // One that is just being started has what started it as its parent.
    for _ in 0..2 {
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes()) {
                any |= process.file_name().to_str().and_then(|pid| pid.parse().ok()).is_some_and(kill);
            }
        }
    }
    any
}

#[cfg(unix)]
fn kill(pid: i32) -> bool {
    use rustix::process::{Pid, Signal, kill_process};
    Pid::from_raw(pid).is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

#[cfg(not(unix))]
fn kill(_: i32) -> bool {
    false
}

/// Field 22 of `/proc/PID/stat`; fields are counted after the name, which may hold anything. A process that has ended, and
/// that nobody waits for, has none.
fn began(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    fields.next().filter(|state| *state != "Z")?;
    fields.nth(18)?.parse().ok()
}

/// Whether there is a program of that name, for who starts it in `dir`.
pub fn is_there(program: &str, dir: &Path) -> bool {
    if program.contains('/') {
        return dir.join(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Where a command runs, and until when.
pub struct Limits<'a> {
    pub dir: &'a Path,
    pub limit: Duration,
    pub stop: &'a AtomicBool,
    pub input: Input,
    pub children: Children,
    pub running: &'a Running<'a>,
}

/// What becomes of processes that a command leaves behind when it ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Children {
    /// They are ended, before they write into a log that is kept, or load the machine in the next run.
    End,
    /// They go on, as the server that a set-up starts.
    GoOn,
}

/// What a command reads from its standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Nothing,
    /// A line to begin with, and an end to end with: see [`super::command::tethered`].
    Tether,
    Bytes(&'static [u8]),
}

/// Runs `argv` with its output in `stdout`.
pub fn execute(argv: &[String], stdout: File, limits: &Limits) -> Ended {
    let began = Instant::now();
    let mut ended = Ended { started: now(), ..Ended::default() };
    // What cannot be kept of its errors is no reason not to run it: it may be a teardown.
    let stderr = tempfile::tempfile().or_else(|_| nowhere()).and_then(|stderr| Ok((stderr.try_clone()?, stderr)));
    let spawned = stderr.map_err(|error| NotStarted::TemporaryFile(error.kind())).and_then(|(ours, theirs)| {
        let child = spawn(argv, stdout, theirs, limits).map_err(|error| NotStarted::Program(error.kind()))?;
        Ok((child, ours))
    });
    let (mut child, stderr) = match spawned {
        Ok(spawned) => spawned,
        Err(why) => return Ended { not_started: Some(why), ..ended },
    };
    if let Some(trace) = Trace::of(child.id()) {
        limits.running.remember(&trace);
    }
    // Held until the command has ended. Where it has already, its exit code tells.
    let mut tether = child.stdin.take();
    if let Some(stdin) = &mut tether {
        let _ = stdin.write_all(if let Input::Bytes(bytes) = limits.input { bytes } else { b"go\n" });
    }
    if limits.input != Input::Tether {
        tether = None;
    }
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                if limits.children == Children::End {
                    kill_group(child.id(), End::Kill);
                }
                break Some(status);
            }
            Ok(None) => {}
            Err(_) => break None,
        }
        ended.stopped = limits.stop.load(Ordering::Relaxed);
        ended.timed_out = !ended.stopped && began.elapsed() >= limits.limit;
        if ended.stopped || ended.timed_out {
            ended.seconds = began.elapsed().as_secs_f64();
            break end(&mut child, tether.take());
        }
        sleep(Duration::from_millis(if began.elapsed() < Duration::from_secs(1) { 5 } else { 20 }));
    };
    limits.running.forget();
    if status.is_none() || !(ended.stopped || ended.timed_out) {
        ended.seconds = began.elapsed().as_secs_f64();
    }
    ended.code = status.and_then(|status| status.code());
    ended.signal = status.and_then(signal_of);
    ended.stderr = last_of(stderr).unwrap_or_default();
    ended
}

/// Where to write what nobody will read.
pub fn nowhere() -> io::Result<File> {
    File::options().read(true).write(true).open(if cfg!(unix) { "/dev/null" } else { "NUL" })
}

fn spawn(argv: &[String], stdout: File, stderr: File, limits: &Limits) -> io::Result<Child> {
    let dir = limits.dir;
    let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    // A path is relative to the plan, wherever this program was started.
    let is_relative = program.contains('/') && Path::new(program).is_relative();
    let program = if is_relative { dir.canonicalize()?.join(program) } else { program.into() };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(dir).stdout(stdout).stderr(stderr);
    if limits.children == Children::End {
        command.env(SESSION, &limits.running.session);
    }
    command.stdin(if limits.input == Input::Nothing { Stdio::null() } else { Stdio::piped() });
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // Ctrl-C on the terminal reaches this program only, which ends the whole group.
        command.process_group(0);
    }
    command.spawn()
}

enum End {
    Terminate,
    Kill,
}

/// Ends the command and all that it started: what runs elsewhere by the end of its input, then politely, so that a server is
/// told, then for good.
fn end(child: &mut Child, tether: Option<ChildStdin>) -> Option<ExitStatus> {
    let mut status = None;
    if let Some(tether) = tether {
        drop(tether);
        status = wait_for(child, 3);
    }
    if status.is_none() {
        kill_group(child.id(), End::Terminate);
        status = wait_for(child, 2);
    }
    kill_group(child.id(), End::Kill);
    if status.is_none() {
        // Where there are no groups.
        let _ = child.kill();
        status = child.wait().ok();
    }
    status
}

fn wait_for(child: &mut Child, seconds: u64) -> Option<ExitStatus> {
    let began = Instant::now();
    loop {
        let status = child.try_wait().ok().flatten();
        if status.is_some() || began.elapsed() >= Duration::from_secs(seconds) {
            return status;
        }
        sleep(Duration::from_millis(10));
    }
}

#[cfg(unix)]
fn kill_group(pid: u32, end: End) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = match end {
        End::Terminate => Signal::TERM,
        End::Kill => Signal::KILL,
    };
    // Groups 0 and 1 would be this program's own, and every process there is.
    if let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process_group(pid, signal);
    }
}

#[cfg(not(unix))]
fn kill_group(_: u32, _: End) {}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// The end of a file, as text.
fn last_of(mut file: File) -> io::Result<String> {
    const MOST: u64 = 4000;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs a command and gives what it wrote to its output, too.
pub fn output(argv: &[String], limits: &Limits) -> (Ended, String) {
    let file = tempfile::tempfile().and_then(|file| Ok((file.try_clone()?, file)));
    match file {
        Ok((stdout, file)) => {
            let ended = execute(argv, stdout, limits);
            let printed = printed(file).unwrap_or_default();
            (ended, printed)
        }
        Err(error) => {
            (Ended { not_started: Some(NotStarted::TemporaryFile(error.kind())), ..Ended::default() }, String::new())
        }
    }
}

/// What was printed, up to a length that no command is expected to reach.
fn printed(mut file: File) -> io::Result<String> {
    const MOST: u64 = 1 << 20;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if length > MOST {
        text.push_str(&format!("\n[the first {MOST} of {length} bytes]\n"));
    }
    Ok(text)
}

/// Waits; false where the user wants to stop.
pub fn wait(seconds: f64, stop: &AtomicBool) -> bool {
    let began = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let left = seconds - began.elapsed().as_secs_f64();
        if left <= 0.0 {
            return true;
        }
        sleep(Duration::from_secs_f64(left.min(0.05)));
    }
    false
}

/// Seconds since the Unix epoch.
pub fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A time as RFC 3339 in UTC with milliseconds.
///
/// The date is counted in eras of 400 years (146,097 days) from 1 March of the year 0, so that a leap day ends its year.
pub fn rfc3339(seconds: f64) -> String {
    let milliseconds = (seconds * 1000.0).round() as i64;
    let (days, rest) = (milliseconds.div_euclid(86_400_000), milliseconds.rem_euclid(86_400_000));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (seconds, milliseconds) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_date() {
        // `date -u -d @N +%FT%T`
        for (seconds, text) in [
            (0.0, "1970-01-01T00:00:00.000Z"),
            (951_782_399.5, "2000-02-28T23:59:59.500Z"),
            (951_868_800.0, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800.0, "2024-02-29T00:00:00.000Z"),
            (1_735_689_599.999_6, "2025-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }

    fn run(argv: &[&str], limit: f64, children: Children) -> (Ended, String) {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let dir = tempfile::tempdir().unwrap();
        let signals = Signals::default();
        let limits = Limits {
            dir: Path::new("."),
            limit: Duration::from_secs_f64(limit),
            stop: &signals.stop,
            input: Input::Nothing,
            children,
            running: &Running::new(dir.path().join("running.json"), &signals),
        };
        output(&argv, &limits)
    }

    fn shell(script: &str, limit: f64) -> (Ended, String) {
        run(&["sh", "-c", script], limit, Children::End)
    }

    fn runs(pid: &str) -> bool {
        sleep(Duration::from_millis(50));
        std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[test]
    fn a_command_s_output_code_and_errors_are_kept_apart() {
        let (ended, printed) = shell("echo out; echo first >&2; echo last >&2; exit 3", 5.0);
        assert_eq!((printed.as_str(), ended.code, ended.is_ok()), ("out\n", Some(3), false));
        assert_eq!(ended.told(), "it ended with exit code 3: last");
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_all_that_it_started() {
        let (ended, printed) = shell("sleep 60 & echo $!; wait", 0.2);
        assert!(ended.timed_out && ended.seconds < 5.0);
        assert_eq!(ended.reason(), "it was ended after 0 s");
        assert!(!runs(&printed));
    }

    #[test]
    fn what_a_tool_leaves_behind_is_ended_and_what_a_set_up_starts_goes_on() {
        let script = ["sh", "-c", "sleep 60 >/dev/null & echo $!"];
        assert!(!runs(&run(&script, 5.0, Children::End).1));
        let server = run(&script, 5.0, Children::GoOn).1;
        assert!(runs(&server));
        shell(&format!("kill {server}"), 5.0);
    }

    #[test]
    fn a_flood_is_cut_and_said_to_be() {
        let (ended, printed) = shell("head -c 3000000 /dev/zero | tr '\\0' x", 20.0);
        assert!(ended.is_ok() && printed.ends_with("x\n[the first 1048576 of 3000000 bytes]\n"));
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let (ended, _) = run(&["no-such-program-here"], 1.0, Children::End);
        assert_eq!(ended.told(), "the program is not there");
    }
}
