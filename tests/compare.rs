//! `meshstats compare`, against reference values and in its errors; and what must hold of any two samples.

use std::io::Write;
use std::process::Stdio;

use approx::assert_relative_eq;
use meshstats::analysis::means::{self, Means};
use proptest::prelude::*;
use serde_json::Value;

use super::program::{Case, Ended, meshstats, program};

/// Latency of the model study: mean, SD and n without and with the mesh.
const LATENCY: &[&str] = &["compare", "--mean", "11.66", "15.00", "--sd", "0.25", "0.22", "--n", "20", "20"];

fn json(ended: Ended) -> Value {
    serde_json::from_str(&ended.ok().stdout).expect("--json prints JSON")
}

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {pointer} of {value}"))
}

#[test]
fn summary_statistics_give_the_reference_values() {
    let result = json(meshstats(&[LATENCY, &["--json"]].concat()));
    // By mpmath with 50 digits.
    for (pointer, expected) in [
        ("/baseline/n", 20.0),
        ("/baseline/mean", 11.66),
        ("/baseline/sd", 0.25),
        ("/treatment/n", 20.0),
        ("/treatment/mean", 15.0),
        ("/treatment/sd", 0.22),
        ("/difference", 3.34),
        ("/percent_change", 3.34 / 11.66 * 100.0),
        ("/cohen_d", 14.183901007508567),
        ("/hedges_g", 13.901788920254756),
        ("/welch/statistic", 44.853433290084105),
        ("/welch/df", 37.3955025036767),
        ("/welch/p_value", 4.030175590650414e-34),
        ("/welch/interval/level", 0.95),
        ("/welch/interval/lower", 3.1891739163832824),
        ("/welch/interval/upper", 3.4908260836167178),
    ] {
        assert_relative_eq!(number(&result, pointer), expected, max_relative = 1e-10);
    }
}

#[test]
fn one_sided_p_values_are_the_two_tails() {
    let result = json(meshstats(&["compare", "--mean", "10", "11", "--sd", "2", "3", "--n", "12", "9", "--json"]));
    let [two, less, greater] = ["p_value", "p_less", "p_greater"].map(|key| number(&result, &format!("/welch/{key}")));
    assert_relative_eq!(less + greater, 1.0, max_relative = 1e-12);
    assert_relative_eq!(two, 2.0 * greater, max_relative = 1e-12);
}

#[test]
fn the_table_says_the_same_in_words() {
    assert_eq!(
        meshstats(LATENCY).ok().stdout,
        "\
Comparison                     treatment − baseline
baseline, mean ± SD            11.6600 ± 0.250000 (n = 20)
treatment, mean ± SD           15.0000 ± 0.220000 (n = 20)
difference                     3.34000
difference, 95 % CI            [3.18917, 3.49083]
change (%)                     28.6449
change (%), 95 % CI (Fieller)  [27.1377, 30.1766]
Welch's t                      44.8534
df                             37.3955
p, two-sided                   4.0e-34
p, treatment less              >0.999
p, treatment greater           2.0e-34
Cohen's d (pooled SD)          14.1839
Hedges' g                      13.9018
"
    );
}

#[test]
fn the_level_can_be_chosen() {
    let result = json(meshstats(&[LATENCY, &["--json", "--confidence", "0.99"]].concat()));
    assert_eq!(number(&result, "/welch/interval/level"), 0.99);
    assert!(number(&result, "/welch/interval/lower") < 3.1891);
    assert!(meshstats(&[LATENCY, &["--confidence", "0.99"]].concat()).ok().stdout.contains("99 % CI"));
}

#[test]
fn files_of_numbers_are_compared_like_their_moments() {
    let case = Case::empty();
    case.write("a", "\u{feff}# ms\n10\n 12 # slow\r\n\n11\n");
    case.write("b", "2e1\n+22\n21.0");
    let of_files = json(case.run(&["compare", "a", "b", "--json"]));
    let of_moments = json(meshstats(&["compare", "--mean", "11", "21", "--sd", "1", "1", "--n", "3", "3", "--json"]));
    assert_eq!(of_files, of_moments);
}

#[test]
fn either_sample_may_come_from_standard_input() {
    let case = Case::empty();
    case.write("a", "10\n12\n11\n");
    for arguments in [["compare", "a", "-"], ["compare", "-", "a"]] {
        let mut child = program()
            .args(arguments)
            .arg("--json")
            .current_dir(case.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"20\n22\n21\n").unwrap();
        let output = child.wait_with_output().unwrap();
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        let expected = if arguments[2] == "-" { 10.0 } else { -10.0 };
        assert_eq!(number(&result, "/difference"), expected, "{arguments:?}");
    }
}

#[test]
fn what_is_undefined_says_why() {
    let case = Case::empty();
    case.write("one", "10\n");
    case.write("many", "11\n12\n");
    case.write("zero", "0\n0\n0\n");
    let result = json(case.run(&["compare", "one", "many", "--json"]));
    assert_eq!(number(&result, "/difference"), 1.5);
    assert_eq!(number(&result, "/percent_change"), 15.0);
    let because = "a standard deviation needs two values or more, not 1";
    for key in ["percent_change_interval", "cohen_d", "hedges_g", "welch"] {
        assert_eq!(result[key]["because"], because, "{key}");
    }
    assert!(case.run(&["compare", "one", "many"]).ok().stdout.contains(because));

    let result = json(case.run(&["compare", "zero", "many", "--json"]));
    assert_eq!(result["percent_change"]["because"], "the baseline's mean is zero");
    assert!(result["welch"]["p_value"].is_number());

    let result = json(case.run(&["compare", "zero", "zero", "--json"]));
    assert!(result["welch"]["because"].is_string(), "{result}");
    assert!(!case.run(&["compare", "zero", "zero"]).ok().stdout.to_lowercase().contains("nan"));
}

#[test]
fn numbers_that_are_none_are_listed_by_line() {
    let case = Case::empty();
    case.write("good", "1\n2\n");
    case.write("bad", "1\n1,5\ninf\n# x\nNaN\n");
    let remedy = "write one number a line, with a decimal point";
    case.run(&["compare", "good", "bad"]).fails(
        1,
        &format!(
            "error: bad:2: `1,5` is not a number: {remedy}\n\
             error: bad:3: `inf` is not a number: {remedy}\n\
             error: bad:5: `NaN` is not a number: {remedy}\n"
        ),
    );
    case.write("none", "# nothing\n\n");
    case.run(&["compare", "none", "good"]).fails(1, "error: none: holds no number: write one number a line\n");
    case.run(&["compare", "good", "absent"])
        .fails(1, "error: absent: cannot be read (entity not found): check the path and its permissions\n");
    case.write("latin", b"1\n\xff\n");
    case.run(&["compare", "good", "latin"]).fails(1, "error: latin: is not UTF-8 text: save it as UTF-8\n");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let with = |sd: &str, n: &str, mean: &str| {
        let mut arguments = vec!["compare", "--mean", mean, "2", "--sd", sd, "1", "--n", n, "5"];
        arguments.push("--json");
        meshstats(&arguments)
    };
    with("-1", "5", "1").fails(2, "error: --sd -1: a standard deviation is a finite number, zero or more\n");
    with("NaN", "5", "1").fails(2, "error: --sd NaN: a standard deviation is a finite number, zero or more\n");
    with("1", "1", "1").fails(2, "error: --n 1: a standard deviation needs two runs or more\n");
    with("1", "5", "inf").fails(2, "error: --mean inf: give a finite number\n");
    meshstats(&["compare", "-", "-"]).fails(2, "error: only one of the two samples can be standard input\n");
    for (arguments, said) in [
        (&["compare"] as &[&str], "required"),
        (&["compare", "a"], "<TREATMENT>"),
        (&["compare", "--mean", "1", "2"], "--sd"),
        (&["compare", "--mean", "1", "2", "--sd", "1", "1"], "--n"),
        (&["compare", "--mean", "1", "--sd", "1", "1", "--n", "2", "2"], "2 values required"),
        (&["compare", "--mean", "1", "2", "--sd", "1", "1", "--n", "2.5", "2"], "invalid digit"),
        (&["compare", "a", "b", "--mean", "1", "2", "--sd", "1", "1", "--n", "2", "2"], "cannot be used with"),
        (&["compare", "a", "b", "--confidence", "95"], "give a level between 0 and 1, such as 0.95"),
    ] {
        let ended = meshstats(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
    }
}

/// Two samples that differ enough within themselves to be tested.
fn two_samples() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let sample = || {
        prop::collection::vec(1.0..1000.0, 2..30).prop_filter("a sample varies", |values: &Vec<f64>| {
            values.iter().any(|value| (value - values[0]).abs() > 1e-3)
        })
    };
    (sample(), sample())
}

fn welch(means: &Means) -> (f64, f64, f64) {
    let test = &means.welch.as_ref().expect("samples that vary can be tested").test;
    (test.statistic.unwrap(), test.df.unwrap(), test.p_value)
}

fn map(values: &[f64], of: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().map(|value| of(*value)).collect()
}

proptest! {
    #[test]
    fn swapping_the_modes_turns_the_signs((a, b) in two_samples()) {
        let (forth, back) = (means::compare(&a, &b, 0.95), means::compare(&b, &a, 0.95));
        prop_assert_eq!(forth.difference, -back.difference);
        let ((t, df, p), (t_back, df_back, p_back)) = (welch(&forth), welch(&back));
        assert_relative_eq!(t, -t_back, max_relative = 1e-12);
        assert_relative_eq!(df, df_back, max_relative = 1e-12);
        assert_relative_eq!(p, p_back, max_relative = 1e-12);
        assert_relative_eq!(forth.cohen_d.unwrap(), -back.cohen_d.unwrap(), max_relative = 1e-12);
        assert_relative_eq!(forth.hedges_g.unwrap(), -back.hedges_g.unwrap(), max_relative = 1e-12);
    }

    #[test]
    fn another_unit_changes_no_test((a, b) in two_samples(), factor in 1e-9..1e9) {
        let scaled = means::compare(&map(&a, |x| x * factor), &map(&b, |x| x * factor), 0.95);
        let plain = means::compare(&a, &b, 0.95);
        let ((t, df, p), (t_scaled, df_scaled, p_scaled)) = (welch(&plain), welch(&scaled));
        // Rounding of the scaled values moves t by as much of the means as the spread is smaller than they are.
        assert_relative_eq!(t, t_scaled, max_relative = 1e-7, epsilon = 1e-9);
        assert_relative_eq!(df, df_scaled, max_relative = 1e-7);
        assert_relative_eq!(p, p_scaled, max_relative = 1e-5);
        assert_relative_eq!(plain.cohen_d.unwrap(), scaled.cohen_d.unwrap(), max_relative = 1e-7, epsilon = 1e-9);
        assert_relative_eq!(plain.difference * factor, scaled.difference, max_relative = 1e-9, epsilon = 1e-9 * factor);
    }

    #[test]
    fn an_offset_changes_no_difference((a, b) in two_samples(), offset in -1e4..1e4) {
        let shifted = means::compare(&map(&a, |x| x + offset), &map(&b, |x| x + offset), 0.95);
        let plain = means::compare(&a, &b, 0.95);
        assert_relative_eq!(plain.difference, shifted.difference, max_relative = 1e-9, epsilon = 1e-9);
        assert_relative_eq!(welch(&plain).0, welch(&shifted).0, max_relative = 1e-6, epsilon = 1e-6);
    }

    #[test]
    fn the_interval_holds_the_difference_and_agrees_with_p((a, b) in two_samples()) {
        let means = means::compare(&a, &b, 0.95);
        let (_, _, p) = welch(&means);
        let interval = means.welch.as_ref().unwrap().test.interval;
        let (lower, upper) = (interval.lower.unwrap(), interval.upper.unwrap());
        prop_assert!(lower <= means.difference && means.difference <= upper);
        prop_assume!((p - 0.05).abs() > 1e-9);
        prop_assert_eq!(p < 0.05, lower > 0.0 || upper < 0.0);
    }
}
