//! `meshstats compare`, against reference values and in its errors; and what must hold of any two samples.

use std::io::Write;
use std::process::Stdio;

use approx::assert_relative_eq;
use meshstats::analysis::means::{Means, Side};
use meshstats::stats::{Answer, Compute, METHODS, Moments, Settings, TestResult};
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
        ("/methods/cohen_d/estimate", 14.183901007508567),
        ("/methods/hedges_g/estimate", 13.901788920254756),
        ("/methods/welch/statistic", 44.853433290084105),
        ("/methods/welch/df", 37.3955025036767),
        ("/methods/welch/p_value", 4.030175590650414e-34),
        ("/methods/welch/interval/level", 0.95),
        ("/methods/welch/interval/lower", 3.1891739163832824),
        ("/methods/welch/interval/upper", 3.4908260836167178),
    ] {
        assert_relative_eq!(number(&result, pointer), expected, max_relative = 1e-10);
    }
}

#[test]
fn one_sided_p_values_are_the_two_tails() {
    let result = json(meshstats(&["compare", "--mean", "10", "11", "--sd", "2", "3", "--n", "12", "9", "--json"]));
    let [two, less, greater] = ["p_value", "one_sided/p_less", "one_sided/p_greater"]
        .map(|key| number(&result, &format!("/methods/welch/{key}")));
    assert_relative_eq!(less + greater, 1.0, max_relative = 1e-12);
    assert_relative_eq!(two, 2.0 * greater, max_relative = 1e-12);
}

#[test]
fn the_table_says_the_same_in_words() {
    assert_eq!(
        meshstats(LATENCY).ok().stdout,
        "\
Comparison            treatment − baseline
baseline, mean ± SD   11.6600 ± 0.250000 (n = 20)
treatment, mean ± SD  15.0000 ± 0.220000 (n = 20)
difference            3.34000
change (%)            28.6449

Method                                 Estimate of          Estimate   95 % CI               Statistic  df       p, two-sided
Welch's t-test                         difference of means  3.34000    [3.18917, 3.49083]    44.8534    37.3955  4.0e-34
Relative change of the mean (Fieller)  change               28.6449 %  [27.1381, 30.1770] %
Cohen's d (pooled SD)                  difference ÷ SD      14.1839    [10.9422, 17.4126]
Hedges' g (pooled SD)                  difference ÷ SD      13.9018    [10.7246, 17.0663]
"
    );
}

#[test]
fn the_level_can_be_chosen() {
    let result = json(meshstats(&[LATENCY, &["--json", "--confidence", "0.99"]].concat()));
    assert_eq!(number(&result, "/methods/welch/interval/level"), 0.99);
    assert!(number(&result, "/methods/welch/interval/lower") < 3.1891);
    assert!(meshstats(&[LATENCY, &["--confidence", "0.99"]].concat()).ok().stdout.contains("99 % CI"));
}

#[test]
fn files_of_numbers_are_compared_like_their_moments() {
    let case = Case::empty();
    case.write("a", "\u{feff}# ms\n10\n 12 # slow\r\n\n11\n");
    case.write("b", "2e1\n+22\n21.0");
    let of_files = json(case.run(&["compare", "a", "b", "--json"]));
    let of_moments = json(meshstats(&["compare", "--mean", "11", "21", "--sd", "1", "1", "--n", "3", "3", "--json"]));
    for (id, of_moments) in of_moments["methods"].as_object().unwrap() {
        assert_eq!(of_files["methods"][id], *of_moments, "{id}");
    }
    assert!(of_files["methods"]["mann_whitney"]["p_value"].is_number(), "which needs the values");
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
    for key in ["ratio_of_means", "cohen_d", "hedges_g", "welch"] {
        assert_eq!(result["methods"][key]["because"], because, "{key}");
    }
    assert!(case.run(&["compare", "one", "many"]).ok().stdout.contains(because));

    let result = json(case.run(&["compare", "zero", "many", "--json"]));
    assert_eq!(result["percent_change"]["because"], "the baseline's mean is zero");
    assert!(result["methods"]["welch"]["p_value"].is_number());

    let result = json(case.run(&["compare", "zero", "zero", "--json"]));
    assert!(result["methods"]["welch"]["because"].is_string(), "{result}");
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
        .fails(1, "error: absent: cannot be read (no such file or directory): check the path and its permissions\n");
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
    meshstats(&["compare", "-", "-"]).fails(2, "error: only one of the samples can be standard input\n");
    for (arguments, said) in [
        (&["compare"] as &[&str], "required"),
        (&["compare", "a"], "give two files of numbers or more"),
        (&["compare", "a", "b", "--test", "welsh"], "did you mean welch?"),
        (&["compare", "a", "b", "--margin=-1"], "is not a positive number"),
        (&["compare", "a", "b", "--columns", "x", "y"], "--columns are those of one CSV file"),
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

#[test]
fn a_method_that_does_not_apply_is_a_wrong_command_line() {
    let case = Case::empty();
    case.write("a", "10\n12\n11\n");
    case.write("b", "20\n22\n21\n");
    case.write("counts", "3 100\n5 110\n");
    let moments = &LATENCY[1..];
    for (arguments, said, applies) in [
        (
            &["a", "b", "--test", "paired_t"] as &[&str],
            "--test paired_t needs values that belong together: files or ",
            "welch, ",
        ),
        (&["a", "b", "--test", "welch_anova"], "--test welch_anova needs three samples or more; ", "mann_whitney"),
        (
            &["a", "b", "--interval", "bootstrap_rate_ratio"],
            "--interval bootstrap_rate_ratio needs counts ",
            "hodges_lehmann",
        ),
        (
            &["counts", "counts", "--counts", "--test", "welch"],
            "--test welch needs values: leave out --counts; ",
            "rate_ratio",
        ),
        (
            &[moments, &["--test", "mann_whitney"]].concat(),
            "--test mann_whitney needs the values themselves: ",
            "welch",
        ),
        (&["a", "b", "--test", "welch,sign_flip", "--json"], "--test sign_flip needs ", "permutation"),
    ] {
        let ended = case.run(&[&["compare"], arguments].concat());
        assert_eq!((ended.code, &*ended.stdout), (2, ""), "{arguments:?}");
        let (what, list) = ended.stderr.split_once("these apply: ").unwrap_or_else(|| panic!("{}", ended.stderr));
        assert!(what.contains(said) && list.contains(applies), "{arguments:?}: {}", ended.stderr);
    }
    case.run(&["compare", "a", "b", "--paired", "--test", "paired_t"]).ok();
    case.run(&["compare", "a", "b", "a", "--test", "welch_anova"]).ok();
}

#[test]
fn columns_are_taken_in_the_order_in_which_they_are_named() {
    let case = Case::empty();
    case.write("wide.csv", "mesh,direct,\"p50, ms\"\n20,10,1\n22,12,2\n21,11,3\n");
    let difference = |columns: &[&str]| {
        number(&json(case.run(&[&["compare", "wide.csv", "--json", "--columns"], columns].concat())), "/difference")
    };
    assert_eq!(difference(&["direct", "mesh"]), 10.0);
    assert_eq!(difference(&["mesh", "direct"]), -10.0);
    assert_eq!(difference(&["direct,mesh"]), 10.0);
    assert_eq!(difference(&["mesh, direct"]), -10.0);
    assert_eq!(difference(&["direct", "p50, ms"]), -9.0);
    let shown = case.run(&["compare", "wide.csv", "--columns", "mesh,direct,mesh"]).ok().stdout;
    assert!(shown.contains("direct against mesh"), "{shown}");
    case.run(&["compare", "wide.csv", "--columns", "mesh"])
        .fails(2, "error: --columns: name two or more, the baseline's first\n");
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

fn of(a: &[f64], b: &[f64], id: &str) -> Answer {
    let method = METHODS.iter().find(|method| method.id == id).unwrap();
    let Compute::Moments(run) = method.compute else { panic!("{id} is not by moments") };
    let [a, b] = [a, b].map(|values| Moments::of(values).unwrap());
    run(&a, &b, &Settings::default()).expect("samples that vary can be compared")
}

fn welch(a: &[f64], b: &[f64]) -> TestResult {
    match of(a, b, "welch") {
        Answer::Test(test) => test,
        Answer::Effect(_) => unreachable!(),
    }
}

fn t_df_p(a: &[f64], b: &[f64]) -> (f64, f64, f64) {
    let test = welch(a, b);
    (test.statistic.unwrap(), test.df.unwrap(), test.p_value)
}

fn difference(a: &[f64], b: &[f64]) -> f64 {
    Means::of([a, b].map(Side::of)).difference
}

fn effect(a: &[f64], b: &[f64], id: &str) -> f64 {
    of(a, b, id).estimate().unwrap()
}

fn map(values: &[f64], of: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().map(|value| of(*value)).collect()
}

proptest! {
    #[test]
    fn swapping_the_modes_turns_the_signs((a, b) in two_samples()) {
        prop_assert_eq!(difference(&a, &b), -difference(&b, &a));
        let ((t, df, p), (t_back, df_back, p_back)) = (t_df_p(&a, &b), t_df_p(&b, &a));
        assert_relative_eq!(t, -t_back, max_relative = 1e-12);
        assert_relative_eq!(df, df_back, max_relative = 1e-12);
        assert_relative_eq!(p, p_back, max_relative = 1e-12);
        for id in ["cohen_d", "hedges_g"] {
            assert_relative_eq!(effect(&a, &b, id), -effect(&b, &a, id), max_relative = 1e-12);
        }
    }

    #[test]
    fn another_unit_changes_no_test((a, b) in two_samples(), factor in 1e-9..1e9) {
        let [c, d] = [&a, &b].map(|values| map(values, |x| x * factor));
        let ((t, df, p), (t_scaled, df_scaled, p_scaled)) = (t_df_p(&a, &b), t_df_p(&c, &d));
        // Rounding of the scaled values moves t by as much of the means as the spread is smaller than they are.
        assert_relative_eq!(t, t_scaled, max_relative = 1e-7, epsilon = 1e-9);
        assert_relative_eq!(df, df_scaled, max_relative = 1e-7);
        assert_relative_eq!(p, p_scaled, max_relative = 1e-5);
        assert_relative_eq!(effect(&a, &b, "cohen_d"), effect(&c, &d, "cohen_d"), max_relative = 1e-7, epsilon = 1e-9);
        assert_relative_eq!(
            difference(&a, &b) * factor,
            difference(&c, &d),
            max_relative = 1e-9,
            epsilon = 1e-9 * factor
        );
    }

    #[test]
    fn an_offset_changes_no_difference((a, b) in two_samples(), offset in -1e4..1e4) {
        let [c, d] = [&a, &b].map(|values| map(values, |x| x + offset));
        assert_relative_eq!(difference(&a, &b), difference(&c, &d), max_relative = 1e-9, epsilon = 1e-9);
        assert_relative_eq!(t_df_p(&a, &b).0, t_df_p(&c, &d).0, max_relative = 1e-6, epsilon = 1e-6);
    }

    #[test]
    fn the_interval_holds_the_difference_and_agrees_with_p((a, b) in two_samples()) {
        let test = welch(&a, &b);
        let (lower, upper) = (test.interval.lower.unwrap(), test.interval.upper.unwrap());
        prop_assert!(lower <= difference(&a, &b) && difference(&a, &b) <= upper);
        prop_assume!((test.p_value - 0.05).abs() > 1e-9);
        prop_assert_eq!(test.p_value < 0.05, lower > 0.0 || upper < 0.0);
    }
}
