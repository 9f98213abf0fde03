//! Every log under `tests/logs/<folder>/` is parsed and compared with the `<log>.expected.json` beside it. Each log is
//! small, was made for the trait in its name, and its expected values were checked against it by hand.
//! `UPDATE_GOLDEN=1` writes the expected files anew.

use std::fs;
use std::path::{Path, PathBuf};

use approx::relative_eq;
use meshstats::parse::{Content, Log, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

const EXPECTED: &str = ".expected.json";

#[test]
fn every_log_is_read_as_expected() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let (logs, expectations): (Vec<_>, Vec<_>) = files().into_iter().partition(|path| !is_expectation(path));
    let mut problems: Vec<String> = expectations
        .iter()
        .filter(|path| !log_of(path).is_file())
        .map(|path| format!("{}: no log beside it", path.display()))
        .collect();
    for log in &logs {
        let expected_path = expectation_of(log);
        let actual = as_json(&parse(&read(log)));
        if update {
            let text = serde_json::to_string_pretty(&actual).expect("a JSON value can be written");
            fs::write(&expected_path, text + "\n").expect("tests/logs is writable");
        } else if expected_path.is_file() {
            let expected = serde_json::from_slice(&read(&expected_path)).expect("an expected file is JSON");
            differences(&log.display().to_string(), &expected, &actual, &mut problems);
        } else {
            problems.push(format!("{}: no {EXPECTED} beside it", log.display()));
        }
    }
    assert!(!logs.is_empty(), "no log was found");
    assert!(problems.is_empty(), "{} differences:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_format_has_logs() {
    let formats_of_logs: Vec<&str> = files()
        .iter()
        .filter(|path| !is_expectation(path))
        .filter_map(|path| match parse(&read(path)) {
            Content::Log(log) => Some(log.format),
            Content::Other(_) => None,
        })
        .collect();
    for format in meshstats::parse::FORMATS {
        assert!(formats_of_logs.contains(&format.id), "no log under tests/logs is read as {}", format.id);
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        check_invariants(&parse(&bytes));
    }

    #[test]
    fn damaged_logs_do_not_panic(
        (bytes, cut, changes) in prop::sample::select(logs()).prop_flat_map(|bytes| {
            let places = 0..bytes.len() + 1;
            let change = (places.clone(), prop::sample::select(b"0123456789.,-+:%{}[]\"em\n\r \0\x1b\xff".to_vec()));
            (Just(bytes), (places.clone(), places), prop::collection::vec(change, 0..12))
        })
    ) {
        let mut bytes = bytes;
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        let (from, to) = (cut.0.min(cut.1), cut.0.max(cut.1));
        check_invariants(&parse(&bytes[..to]));
        check_invariants(&parse(&bytes[from..]));
        bytes.drain(from..to);
        check_invariants(&parse(&bytes));
    }
}

/// What holds of anything that was read, however damaged.
fn check_invariants(content: &Content) {
    let Content::Log(Log { runs, .. }) = content else { return };
    for run in runs {
        match run {
            Ok(run) => {
                if let Some(http) = &run.http {
                    assert!(http.percentiles.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{http:?}");
                    assert!(http.requests.is_some_and(|requests| requests > 0), "{http:?}");
                    assert!(http.latency_mean.is_some_and(|mean| mean.is_finite() && mean > 0.0), "{http:?}");
                }
                assert!(run.duration.is_none_or(f64::is_finite), "{run:?}");
            }
            Err(fault) => assert!(!fault.what.is_empty() && !fault.remedy.is_empty()),
        }
    }
}

fn as_json(content: &Content) -> Value {
    match content {
        Content::Other(other) => json!({ "other": format!("{:?}", other.kind), "reason": other.reason }),
        Content::Log(log) => {
            let run = |run: &Result<_, meshstats::error::Fault>| match run {
                Ok(measurements) => json!({ "ok": measurements }),
                Err(fault) => json!({ "line": fault.line, "what": fault.what, "remedy": fault.remedy }),
            };
            let runs: Vec<Value> = log.runs.iter().map(run).collect();
            let repairs: Vec<Value> =
                log.repairs.iter().map(|repair| json!({ "line": repair.line, "what": repair.what })).collect();
            json!({ "format": log.format, "runs": runs, "repairs": repairs })
        }
    }
}

fn differences(place: &str, expected: &Value, actual: &Value, problems: &mut Vec<String>) {
    let mut differ = || problems.push(format!("{place}: expected {expected}, got {actual}"));
    match (expected, actual) {
        (Value::Number(expected), Value::Number(actual)) => {
            let (expected, actual) = (expected.as_f64(), actual.as_f64());
            if !matches!((expected, actual), (Some(e), Some(a)) if relative_eq!(e, a, max_relative = 1e-12)) {
                differ();
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                differences(&format!("{place} [{index}]"), expected, actual, problems);
            }
        }
        (Value::Object(expected), Value::Object(actual)) if expected.keys().eq(actual.keys()) => {
            for ((name, expected), actual) in expected.iter().zip(actual.values()) {
                differences(&format!("{place} {name}"), expected, actual, problems);
            }
        }
        _ if expected != actual => differ(),
        _ => {}
    }
}

/// All files in the folders of `tests/logs`, sorted.
fn files() -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.expect("the folder can be listed").path()).collect()
    };
    let mut files: Vec<PathBuf> = list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs"))
        .iter()
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| list(folder))
        .collect();
    files.sort();
    files
}

fn logs() -> Vec<Vec<u8>> {
    files().iter().filter(|path| !is_expectation(path)).map(|path| read(path)).collect()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_expectation(path: &Path) -> bool {
    path.to_string_lossy().ends_with(EXPECTED)
}

fn expectation_of(log: &Path) -> PathBuf {
    PathBuf::from(format!("{}{EXPECTED}", log.display()))
}

fn log_of(expectation: &Path) -> PathBuf {
    PathBuf::from(expectation.to_string_lossy().trim_end_matches(EXPECTED))
}
