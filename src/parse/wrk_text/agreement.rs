//! Whether wrk's report and the JSON line of the script after it can be of one run: the line says in full what the report
//! rounds.

use super::super::wrk_json::Json;
use super::{Printed, Report, Totals, key};
use crate::error::Fault;
use crate::run::Http;

/// Half of the last printed digit, and a little for the rounding of the numbers themselves.
const HALF_DIGITS: f64 = 1.01;

/// That every number which both say is the same, to the report's rounding.
///
/// # Errors
/// Names the first number that is not.
pub(super) fn check(report: &Report, totals: Totals, json: &Json) -> Result<(), Fault> {
    let http = json.http();
    counts(report, totals, &http)?;
    let rate = report.requests_per_second.map(|rate| ("Requests/sec", rate, http.requests_per_second, 1.0));
    let duration = ("duration in s", totals.duration, Some(json.duration()), 1.0);
    let mut pairs = vec![Some(duration), rate];
    // wrk2 reports from another histogram than the one that scripts are given.
    if !report.is_wrk2 {
        let of_json = [http.latency_mean, http.latency_sd, http.latency_max];
        let names = ["Latency Avg in µs", "Latency Stdev in µs", "Latency Max in µs"];
        // Of forks whose table has a 99th percentile there, the largest is not printed.
        let printed =
            report.latency.map(|[mean, sd, max]| [Some(mean), Some(sd), Some(max).filter(|_| !report.max_is_p99)]);
        for ((name, printed), exact) in names.into_iter().zip(printed.into_iter().flatten()).zip(of_json) {
            pairs.push(printed.map(|printed| (name, printed, exact, 1e6)));
        }
        for &(percent, exact) in &http.percentiles {
            let printed = report.percentiles.get(&key(percent));
            pairs.push(printed.map(|printed| ("Latency Distribution in µs", *printed, Some(exact), 1e6)));
        }
    }
    match pairs.into_iter().flatten().find(|(_, printed, exact, _)| !agree(*printed, *exact)) {
        None => Ok(()),
        Some((name, printed, exact, unit)) => {
            let say = |value: f64| format!("{}", (value * unit * 1e3).round() / 1e3);
            Err(contradiction(name, &say(printed.value), &say(exact.unwrap_or_default())))
        }
    }
}

fn counts(report: &Report, totals: Totals, http: &Http) -> Result<(), Fault> {
    let mut counts = vec![("requests", totals.requests, http.requests)];
    // Errors are printed only where there are some, above `Requests/sec`.
    if report.requests_per_second.is_some() {
        let errors = report.socket_errors.unwrap_or_default();
        counts.extend([
            ("Socket errors: connect", errors.connect, http.connect_errors),
            ("Socket errors: read", errors.read, http.read_errors),
            ("Socket errors: write", errors.write, http.write_errors),
            ("Socket errors: timeout", errors.timeout, http.timeouts),
            ("Non-2xx or 3xx responses", report.status_errors.unwrap_or(0), http.status_errors),
        ]);
    }
    match counts.into_iter().find(|(_, printed, exact)| exact.is_some_and(|exact| exact != *printed)) {
        None => Ok(()),
        Some((name, printed, exact)) => {
            Err(contradiction(name, &printed.to_string(), &exact.unwrap_or_default().to_string()))
        }
    }
}

/// What one of the two does not say contradicts nothing; wrk prints zeros where it has no sample.
fn agree(printed: Printed, exact: Option<f64>) -> bool {
    let Some(exact) = exact else { return true };
    !printed.value.is_finite() || (printed.value - exact).abs() <= HALF_DIGITS * printed.half_digit + 1e-9 * exact.abs()
}

fn contradiction(name: &str, printed: &str, exact: &str) -> Fault {
    Fault::new(
        format!("the report and the JSON line after it are not of one run ({name}: {printed} and {exact})"),
        "keep the output of each wrk in a file of its own, as it was printed",
    )
}
