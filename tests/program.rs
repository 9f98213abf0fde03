//! Runs the program as a user does, and writes the small studies that it reads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What a command printed, and how it ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The command succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The command failed with exactly these words, `<dir>` standing for the case's directory.
    #[track_caller]
    pub fn fails(&self, code: i32, stderr: &str) {
        assert_eq!(self.stderr, stderr);
        assert_eq!(self.code, code);
        assert_eq!(self.stdout, "");
    }
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshstats"));
    command.stdin(Stdio::null());
    command
}

pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("the program was built and can be started");
    let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
    Ended {
        code: output.status.code().expect("the program ends by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

pub fn meshstats(arguments: &[&str]) -> Ended {
    ended(program().args(arguments))
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A directory to try something in. Commands run in it, so that messages show the relative paths that were typed.
pub struct Case {
    dir: TempDir,
}

impl Case {
    /// `files` are written below `study/`.
    pub fn new<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let case = Self { dir: tempfile::tempdir().expect("a temporary directory can be made") };
        fs::create_dir(case.path("study")).unwrap();
        for (path, contents) in files {
            case.write(&format!("study/{path}"), contents);
        }
        case
    }

    pub fn empty() -> Self {
        Self::new::<&str>(&[])
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(program().args(arguments).current_dir(self.dir.path()))
    }

    /// `meshstats analyze study -o out` with more arguments.
    pub fn analyze(&self, more: &[&str]) -> Ended {
        self.run(&[&["analyze", "study", "-o", "out"], more].concat())
    }

    /// The results of a study that was analysed into `out/`.
    pub fn results(&self, study: &str) -> Value {
        serde_json::from_str(&self.read(&format!("out/{study}/results.json"))).expect("results.json is JSON")
    }

    /// Analyses `study/` with success, and gives its results.
    #[track_caller]
    pub fn analyzed(&self, more: &[&str]) -> Value {
        self.analyze(&[more, &["--format", "csv"]].concat()).ok();
        self.results("study")
    }
}

/// Metric, scenario, mode and run names of every sample, in the order of the results.
pub fn samples(results: &Value) -> Vec<(String, String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let list = results["samples"].as_array().expect("results have samples");
    list.iter()
        .map(|s| {
            let runs = s["runs"].as_array().unwrap().iter().map(text).collect();
            (text(&s["metric"]), text(&s["scenario"]), text(&s["mode"]), runs)
        })
        .collect()
}

/// `scenario/mode: runs` of one metric, a line each: how the logs were sorted.
pub fn sorted(results: &Value, metric: &str) -> Vec<String> {
    samples(results)
        .into_iter()
        .filter(|(of, ..)| of == metric)
        .map(|(_, scenario, mode, runs)| {
            let scenario = if scenario.is_empty() { String::new() } else { format!("{scenario}/") };
            format!("{scenario}{mode}: {}", runs.join(" "))
        })
        .collect()
}

/// The ids of the modes in reading order.
pub fn modes(results: &Value) -> Vec<&str> {
    results["study"]["modes"].as_array().unwrap().iter().map(|mode| mode["id"].as_str().unwrap()).collect()
}

/// The comparison of `mode` with the baseline on `metric`.
pub fn comparison<'a>(results: &'a Value, metric: &str, mode: &str) -> &'a Value {
    let list = results["comparisons"].as_array().expect("results have comparisons");
    list.iter()
        .find(|c| c["metric"] == metric && c["mode"] == mode)
        .unwrap_or_else(|| panic!("{metric} of {mode} is not compared"))
}

/// The ids of the notes.
pub fn notes(results: &Value) -> Vec<&str> {
    results["notes"].as_array().unwrap().iter().map(|note| note["id"].as_str().unwrap()).collect()
}

/// A wrk log of 100 connections for 30 s whose mean latency is `ms`, with the requests that Little's law asks for.
pub fn wrk(ms: f64) -> String {
    wrk_of(100, ms)
}

pub fn wrk_of(connections: u32, ms: f64) -> String {
    let rate = f64::from(connections) / ms * 1000.0;
    format!(
        "Running 30s test @ http://10.0.0.2:8080/
  4 threads and {connections} connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    {ms:.2}ms    {:.2}ms   {:.2}ms   71.52%
    Req/Sec     2.10k   102.17     2.55k    70.25%
  {} requests in 30.00s, 34.60MB read
Requests/sec: {rate:.2}
Transfer/sec:      1.15MB
",
        ms * 0.2,
        ms * 3.0,
        (rate * 30.0).round()
    )
}

/// An iperf3 log of 10 s of TCP at `gbit` Gbit/s.
pub fn iperf3(gbit: f64, retransmits: u64) -> String {
    iperf3_with(gbit, retransmits, "cubic")
}

pub fn iperf3_with(gbit: f64, retransmits: u64, congestion_control: &str) -> String {
    let sum = json!({
        "start": 0, "end": 10.0, "seconds": 10.0, "bytes": gbit * 1.25e9, "bits_per_second": gbit * 1e9, "sender": true
    });
    let mut sent = sum.clone();
    sent["retransmits"] = json!(retransmits);
    let mut log = head("TCP");
    log["start"]["tcp_mss_default"] = json!(1448);
    log["intervals"] = json!([{ "streams": [sum], "sum": sum }]);
    log["end"] = json!({
        "streams": [{ "sender": sent, "receiver": sum }],
        "sum_sent": sent,
        "sum_received": sum,
        "cpu_utilization_percent": { "host_total": 12.5, "remote_total": 25.0 },
        "sender_tcp_congestion": congestion_control
    });
    log.to_string()
}

/// An iperf3 log of 10 s of UDP at 20 Mbit/s: 1,000 datagrams, `lost` of them lost.
pub fn iperf3_udp(jitter_ms: f64, lost: u64) -> String {
    let sum = |lost: u64, jitter: f64, sender: bool| {
        let share = lost as f64 / 1000.0;
        json!({
            "start": 0, "end": 10.0, "seconds": 10.0, "bytes": 25e6 * (1.0 - share), "bits_per_second": 20e6 * (1.0 - share),
            "jitter_ms": jitter, "lost_packets": lost, "packets": 1000, "lost_percent": share * 100.0, "sender": sender
        })
    };
    let mut log = head("UDP");
    log["intervals"] = json!([{ "streams": [sum(0, 0.0, true)], "sum": sum(0, 0.0, true) }]);
    log["end"] = json!({
        "streams": [{ "udp": sum(lost, jitter_ms, true) }],
        "sum": sum(lost, jitter_ms, true),
        "sum_sent": sum(0, 0.0, true),
        "sum_received": sum(lost, jitter_ms, false),
        "cpu_utilization_percent": { "host_total": 3.0, "remote_total": 1.0 }
    });
    log.to_string()
}

fn head(protocol: &str) -> Value {
    json!({ "start": {
        "connected": [{ "socket": 5, "local_host": "10.0.0.1", "remote_host": "10.0.0.2", "remote_port": 5201 }],
        "version": "iperf 3.16",
        "system_info": "Linux host 6.1.0 x86_64",
        "timestamp": { "timesecs": 1736164800 },
        "connecting_to": { "host": "10.0.0.2", "port": 5201 },
        "test_start": {
            "protocol": protocol, "num_streams": 1, "blksize": 131072, "omit": 0, "duration": 10, "bytes": 0,
            "blocks": 0, "reverse": 0
        }
    } })
}

/// The files below a directory: relative path and contents, sorted.
pub fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    walk(dir, dir, &mut files);
    files.sort();
    files
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, files);
        } else {
            let relative = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.push((relative, fs::read(&path).unwrap()));
        }
    }
}

pub fn copy_tree(from: &Path, to: &Path) {
    for (path, contents) in tree(from) {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
}
