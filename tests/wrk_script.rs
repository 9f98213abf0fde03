//! `testbed/wrk-json.lua` under the real wrk: what it prints must be what wrk's own report says, to the report's
//! rounding.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use approx::assert_relative_eq;
use meshstats::error::Fault;
use meshstats::parse::{Content, parse};
use meshstats::run::{Http, Measurements, Tool};

/// The largest relative error of wrk's two decimals, of a number that is at least 0.85 of its unit.
const ROUNDING: f64 = 0.006;

#[test]
fn script_agrees_with_wrks_report() {
    let output = wrk(&serve(answer));
    let (report, json) = output.rsplit_once("{\"wrk_json\"").expect("the script prints its line after the report");
    let text = only_run(report).expect("wrk's report is of a good run");
    let both = only_run(&output).expect("the report and the JSON line are one good run");
    let alone = only_run(&format!("{{\"wrk_json\"{json}")).expect("the JSON line is a good run by itself");

    assert_eq!(both.tool, Tool::Wrk);
    assert_eq!(both.setup, text.setup, "the set-up is in the report only");
    assert_eq!(both.http, alone.http);
    assert_relative_eq!(duration(&both), duration(&text), max_relative = 1e-3);
    check_http(http(&both), http(&text));
}

#[test]
fn script_prints_no_number_where_nothing_was_measured() {
    let output = wrk(&serve(stay_silent));
    let (_, json) = output.rsplit_once("{\"wrk_json\"").expect("the script prints its line after the report");
    assert!(json.contains("\"mean\":null") && json.contains("\"99\":null"), "{json}");
    let fault = only_run(&output).expect_err("a run without an answer is none");
    assert_eq!(fault.what, "no request was answered");
}

fn check_http(json: &Http, text: &Http) {
    let value = |value: Option<f64>| value.expect("a good run has all values");
    assert_eq!(json.requests, text.requests);
    let errors =
        |http: &Http| [http.connect_errors, http.read_errors, http.write_errors, http.timeouts, http.status_errors];
    assert_eq!(errors(json), errors(text));
    assert_relative_eq!(value(json.requests_per_second), value(text.requests_per_second), epsilon = 0.00501);
    let resolution = value(text.latency_mean_resolution);
    assert_relative_eq!(value(json.latency_mean), value(text.latency_mean), epsilon = 1.001 * resolution);
    assert_eq!(json.latency_mean_resolution, Some(0.0));
    assert_relative_eq!(value(json.latency_sd), value(text.latency_sd), max_relative = ROUNDING);
    assert_relative_eq!(value(json.latency_max), value(text.latency_max), max_relative = ROUNDING);
    assert_relative_eq!(value(json.bytes_read), value(text.bytes_read), max_relative = ROUNDING);
    assert_relative_eq!(value(json.transfer_rate), value(text.transfer_rate), max_relative = ROUNDING);

    let percents: Vec<f64> = json.percentiles.iter().map(|&(percent, _)| percent).collect();
    assert_eq!(percents, [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99]);
    assert_eq!(text.percentiles.len(), 4, "--latency prints four");
    for &(percent, printed) in &text.percentiles {
        let exact = json.percentiles.iter().find(|&&(of_json, _)| of_json == percent).expect("the script has it too").1;
        assert_relative_eq!(exact, printed, max_relative = ROUNDING);
    }

    assert!(json.histogram.is_sorted_by(|a, b| a.0 < b.0));
    let count: u64 = json.histogram.iter().map(|&(_, count)| count).sum();
    let sum: f64 = json.histogram.iter().map(|&(seconds, count)| seconds * count as f64).sum();
    assert_relative_eq!(sum / count as f64, value(json.latency_mean), max_relative = 1e-9);
    assert_eq!(json.histogram.last().map(|&(seconds, _)| seconds), json.latency_max);
}

fn duration(run: &Measurements) -> f64 {
    run.duration.expect("a good run has a duration")
}

fn http(run: &Measurements) -> &Http {
    run.http.as_ref().expect("a run of wrk measures HTTP")
}

fn only_run(text: &str) -> Result<Measurements, Fault> {
    match parse(text.as_bytes()) {
        Content::Log(log) if log.runs.len() == 1 => log.runs.into_iter().next().expect("there is one run"),
        other => panic!("not one run: {other:?}\n{text}"),
    }
}

/// What wrk prints of one second with the script.
fn wrk(url: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("testbed/wrk-json.lua");
    let output = Command::new("wrk")
        .args(["-t2", "-c4", "-d1s", "--latency", "-s"])
        .arg(script)
        .arg(url)
        .output()
        .unwrap_or_else(|error| {
            panic!("wrk cannot be run ({error}): install it, on Debian with `apt-get install wrk`")
        });
    assert!(output.status.success(), "wrk failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("wrk prints text")
}

/// Serves on a free port until the test ends; gives the address.
fn serve(handle: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || handle(stream));
        }
    });
    format!("http://{address}/")
}

/// Answers requests without a body until the client closes.
fn answer(mut stream: TcpStream) {
    let mut pending = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        pending.extend_from_slice(&buffer[..length]);
        if pending.ends_with(b"\r\n\r\n") {
            pending.clear();
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n").is_err() {
                return;
            }
        }
    }
}

fn stay_silent(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(1..)) {}
}
