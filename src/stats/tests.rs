//! What holds for any data: symmetry under swapping the modes, shifting and scaling the values; and a result or a
//! reason, never a NaN and never a panic.

use approx::{assert_relative_eq, relative_eq};
use proptest::prelude::*;
use serde_json::Value;

use super::bootstrap::bootstrap;
use super::cohen_d::cohen_d;
use super::describe::{Description, describe};
use super::hedges_g::{correction, hedges_g};
use super::holm::holm;
use super::rate::{Rate, rate};
use super::rate_ratio::{pooled_ratio, rate_ratio};
use super::ratio_of_means::ratio_of_means;
use super::welch::welch;
use super::*;

const LEVEL: f64 = 0.95;

fn events(runs: &[(f64, f64)]) -> Vec<Events> {
    runs.iter().map(|&(count, exposure)| Events { count, exposure }).collect()
}

/// Moments of modes of a few runs each.
pub(super) fn modes() -> impl Strategy<Value = Vec<Moments>> {
    let mode = (2_usize..30, -10.0..10.0, 0.1..10.0);
    prop::collection::vec(mode.prop_map(|(n, mean, sd)| Moments { n, mean, sd }), 2..6)
}

fn mean_difference(a: &[f64], b: &[f64]) -> Option<f64> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    Some(mean(b) - mean(a))
}

/// Values as a metric has them: some digits, one order of magnitude.
fn sample() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((100i32..1000).prop_map(|x| f64::from(x) / 8.0), 2..12)
}

fn counts() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec(((0u32..50).prop_map(f64::from), (1u32..9).prop_map(f64::from)), 2..8)
}

fn anything() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0), Just(f64::MAX)], 0..6)
}

fn alternative() -> impl Strategy<Value = Alternative> {
    prop::sample::select(vec![Alternative::TwoSided, Alternative::Less, Alternative::Greater])
}

/// serde_json writes a number that is not finite as null, and so it does a bound that does not exist.
fn numbers_are_finite(result: &impl Serialize) -> bool {
    fn check(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Array(items) => items.iter().all(check),
            Value::Object(fields) => fields
                .iter()
                .all(|(name, field)| (matches!(name.as_str(), "lower" | "upper") && field.is_null()) || check(field)),
            _ => true,
        }
    }
    check(&serde_json::to_value(result).unwrap())
}

fn bounds_are_finite(interval: &Interval) -> bool {
    [interval.lower, interval.upper].into_iter().flatten().all(f64::is_finite)
}

fn test_is_sound(test: &TestResult) -> bool {
    let Interval { lower, upper, .. } = test.interval;
    // Below one half a one-sided interval need not hold its estimate.
    let inside = test.interval.level < 0.5
        || test.estimate.is_none_or(|x| lower.is_none_or(|l| l <= x) && upper.is_none_or(|u| x <= u));
    inside && (0.0..=1.0).contains(&test.p_value) && bounds_are_finite(&test.interval) && numbers_are_finite(test)
}

proptest! {
    #[test]
    fn swapping_the_modes_flips_the_sign(a in sample(), b in sample()) {
        let [a, b] = [a, b].map(|x| Moments::of(&x).unwrap());
        let results = [welch(&a, &b, Alternative::TwoSided, LEVEL), welch(&b, &a, Alternative::TwoSided, LEVEL)];
        if let [Ok(there), Ok(back)] = results {
            prop_assert_eq!(there.estimate, back.estimate.map(|x| -x));
            prop_assert_eq!(there.statistic, back.statistic.map(|x| -x));
            prop_assert_eq!(there.interval.lower, back.interval.upper.map(|x| -x));
            prop_assert_eq!((there.df, there.p_value), (back.df, back.p_value));
            prop_assert_eq!(cohen_d(&a, &b, LEVEL).unwrap().estimate, -cohen_d(&b, &a, LEVEL).unwrap().estimate);
            prop_assert_eq!(hedges_g(&a, &b, LEVEL).unwrap().estimate, -hedges_g(&b, &a, LEVEL).unwrap().estimate);
        }
    }

    #[test]
    fn the_unit_does_not_matter(a in sample(), b in sample(), power in -600i32..600) {
        // A power of two loses no digit, so neither may the statistics.
        let unit = 2f64.powi(power);
        let [small_a, small_b] = [&a, &b].map(|x| Moments::of(x).unwrap());
        let in_unit = |x: &Vec<f64>| x.iter().map(|x| x * unit).collect::<Vec<_>>();
        let [large_a, large_b] = [&a, &b].map(|x| Moments::of(&in_unit(x)).unwrap());
        prop_assert_eq!((small_a.mean * unit, small_a.sd * unit), (large_a.mean, large_a.sd));
        prop_assert_eq!(cohen_d(&small_a, &small_b, LEVEL), cohen_d(&large_a, &large_b, LEVEL));
        let change = |a, b| ratio_of_means(a, b, LEVEL);
        prop_assert_eq!(change(&small_a, &small_b), change(&large_a, &large_b));
        match [[&small_a, &small_b], [&large_a, &large_b]].map(|[a, b]| welch(a, b, Alternative::Less, LEVEL)) {
            [Ok(small), Ok(large)] => {
                prop_assert_eq!((small.statistic, small.df, small.p_value), (large.statistic, large.df, large.p_value));
            }
            [small, large] => prop_assert_eq!(small, large),
        }
    }

    #[test]
    fn an_offset_does_not_matter(a in sample(), b in sample(), offset in -1_000_000i32..1_000_000) {
        let moments = |x: &[f64]| Moments::of(x).unwrap();
        let shifted = |x: &[f64]| moments(&x.iter().map(|x| x + f64::from(offset)).collect::<Vec<_>>());
        let near = welch(&moments(&a), &moments(&b), Alternative::TwoSided, LEVEL);
        let far = welch(&shifted(&a), &shifted(&b), Alternative::TwoSided, LEVEL);
        if let [Ok(near), Ok(far)] = [near, far] {
            prop_assert!(relative_eq!(near.estimate.unwrap(), far.estimate.unwrap(), epsilon = 1e-9));
            prop_assert!(relative_eq!(near.df.unwrap(), far.df.unwrap(), max_relative = 1e-12));
            prop_assert!(relative_eq!(near.p_value, far.p_value, max_relative = 1e-6));
        }
    }

    #[test]
    fn swapping_the_modes_inverts_a_rate_ratio(a in counts(), b in counts(), alternative in alternative()) {
        let (a, b) = (events(&a), events(&b));
        let opposite = match alternative {
            Alternative::TwoSided => Alternative::TwoSided,
            Alternative::Less => Alternative::Greater,
            Alternative::Greater => Alternative::Less,
        };
        let results = [rate_ratio(&a, &b, alternative, LEVEL), rate_ratio(&b, &a, opposite, LEVEL)];
        let same = |x: Option<f64>, y: Option<f64>| match (x, y) {
            (Some(x), Some(y)) => relative_eq!(x * y, 1.0, max_relative = 1e-9),
            (x, y) => x == y,
        };
        match results {
            [Ok(there), Ok(back)] => {
                prop_assert!(test_is_sound(&there), "{there:?}");
                prop_assert!(same(there.estimate, back.estimate));
                prop_assert!(same(there.interval.lower, back.interval.upper));
                prop_assert!(same(there.interval.upper, back.interval.lower));
                prop_assert!(relative_eq!(there.p_value, back.p_value, max_relative = 1e-9));
            }
            [there, back] => prop_assert_eq!(there.is_err(), back.is_err()),
        }
    }

    #[test]
    fn no_sample_makes_a_nan_or_a_panic(
        a in anything(), b in anything(),
        level in prop_oneof![Just(LEVEL), prop::num::f64::ANY], alternative in alternative(),
    ) {
        if let Ok(description) = describe(&a, level) {
            prop_assert!(numbers_are_finite(&description), "{description:?}");
        }
        if let [Ok(a), Ok(b)] = [&a, &b].map(|x| Moments::of(x)) {
            if let Ok(test) = welch(&a, &b, alternative, level) {
                prop_assert!(test_is_sound(&test), "{test:?}");
            }
            let effects = [cohen_d(&a, &b, level), hedges_g(&a, &b, level), ratio_of_means(&a, &b, level)];
            for effect in effects.into_iter().flatten() {
                prop_assert!(numbers_are_finite(&effect), "{effect:?}");
                prop_assert!(effect.interval.is_none_or(|interval| bounds_are_finite(&interval)), "{effect:?}");
            }
        }
        let runs: Vec<Events> = a.iter().zip(&b).map(|(&count, &exposure)| Events { count, exposure }).collect();
        if let Ok(rate) = rate(&runs, level) {
            prop_assert!(numbers_are_finite(&rate), "{rate:?}");
        }
        let plain: Vec<Events> = b.iter().map(|count| Events { count: count.abs(), exposure: 2.0 }).collect();
        for (a, b) in [(&runs, &plain), (&plain, &runs), (&plain, &plain)] {
            if let Ok(test) = rate_ratio(a, b, alternative, level) {
                prop_assert!(test_is_sound(&test), "{test:?}");
            }
            if let Ok(interval) = bootstrap(a, b, pooled_ratio, 20, level, 1) {
                prop_assert!(numbers_are_finite(&interval), "{interval:?}");
            }
        }
        let p_values: Vec<Option<f64>> = a.iter().map(|&p| Some(p)).collect();
        if let Ok(adjusted) = holm(&p_values) {
            prop_assert!(adjusted.p_values.iter().flatten().all(|p| (0.0..=1.0).contains(p)));
        }
    }

    #[test]
    fn no_summary_makes_a_nan_or_a_panic(
        n in any::<[usize; 2]>(), mean in [prop::num::f64::ANY, prop::num::f64::ANY],
        sd in [prop::num::f64::ANY, prop::num::f64::ANY], alternative in alternative(),
    ) {
        let [a, b] = [0, 1].map(|i| Moments { n: n[i], mean: mean[i], sd: sd[i].abs() });
        if let Ok(test) = welch(&a, &b, alternative, LEVEL) {
            prop_assert!(test_is_sound(&test), "{test:?}");
        }
        let effects = [cohen_d(&a, &b, LEVEL), hedges_g(&a, &b, LEVEL), ratio_of_means(&a, &b, LEVEL)];
        for effect in effects.into_iter().flatten() {
            prop_assert!(numbers_are_finite(&effect), "{effect:?}");
        }
    }

    #[test]
    fn no_argument_of_a_distribution_makes_a_nan_or_a_panic(
        x in prop::num::f64::ANY, df in prop::num::f64::ANY, small_df in 1e-12..2.0f64, p in prop::num::f64::POSITIVE,
    ) {
        let is_probability = |p: f64| (0.0..=1.0).contains(&p);
        // From 1.5e308 on the half of an inverse is subnormal, which once made a correction above 1.
        for df in [df, small_df, 1.5522014876861315e308] {
            let tail = t_distribution::sf(x, df);
            prop_assert!(tail.is_ok_and(is_probability) || !x.is_finite() || df < 1e-10 || df.is_nan());
            for p in [p, x, x.fract().abs(), p.sqrt().sqrt().fract()] {
                let inside = p > 0.0 && p < 1.0;
                let quantile = t_distribution::quantile(p, df);
                prop_assert_eq!(quantile.is_ok(), quantile.is_ok_and(f64::is_finite));
                prop_assert!(t_distribution::quantile(p, df).is_ok() || !inside || df < 1.1 || df.is_nan());
                prop_assert!(normal::quantile(p).is_ok_and(f64::is_finite) == inside);
            }
            prop_assert!(correction(df).is_ok_and(is_probability) || df.is_infinite() || df <= 1.0 || df.is_nan());
        }
        prop_assert!(normal::sf(x).is_ok_and(is_probability) || !x.is_finite());
    }

    #[test]
    fn quantile_inverts_the_tail(p in 1e-6..0.5f64, shrink in 0..300i32, df in 1.0..1e4f64) {
        let p = p * 10f64.powi(-shrink);
        let t = t_distribution::quantile(p, df).unwrap();
        // The tail of a rounded quantile: t·density/p units of the last place of t away.
        prop_assert!(relative_eq!(t_distribution::sf(-t, df).unwrap(), p, max_relative = 1e-12));
        // 1 − p is exact for p from ½ up, so the two tails mirror each other to the last digit.
        let upper = 1.0 - p.max(1e-9);
        let [right, left] = [upper, 1.0 - upper].map(|p| t_distribution::quantile(p, df).unwrap());
        prop_assert_eq!(right, -left);
    }

    #[test]
    fn holm_never_lowers_and_keeps_the_order(p in prop::collection::vec(prop::option::of(0.0..=1.0f64), 0..9)) {
        let adjusted = holm(&p).unwrap();
        prop_assert_eq!(adjusted.family, p.iter().flatten().count());
        for (before, after) in p.iter().zip(&adjusted.p_values) {
            prop_assert_eq!(before.is_some(), after.is_some());
            prop_assert!(before <= after);
        }
        for (x, i) in p.iter().zip(&adjusted.p_values) {
            for (y, j) in p.iter().zip(&adjusted.p_values) {
                prop_assert!(x > y || i <= j || x.is_none() || y.is_none());
            }
        }
    }
}

#[test]
fn one_run_has_a_mean_but_no_spread() {
    let one = describe(&[7.5], LEVEL).unwrap();
    assert_eq!((one.n, one.mean, one.min, one.median, one.max), (1, 7.5, 7.5, 7.5, 7.5));
    let reason = "a standard deviation needs two values or more, not 1";
    assert_eq!(one.sd.unwrap_err().because, reason);
    assert_eq!(one.interval.unwrap_err().because, reason);
    assert_eq!(one.cv.unwrap_err().because, reason);
    assert_eq!(describe(&[], LEVEL).unwrap_err().because, "the sample is empty");
    assert!(describe(&[1.0, f64::NAN], LEVEL).is_err());
}

#[test]
fn constant_samples_have_no_t() {
    let [three, four] = [3.0, 4.0].map(|x| Moments::of(&[x, x, x]).unwrap());
    let reason = welch(&three, &four, Alternative::TwoSided, LEVEL).unwrap_err().because;
    assert_eq!(reason, "neither mode varies between runs, so the standard error is zero");
    assert!(cohen_d(&three, &four, LEVEL).is_err());
    assert!(ratio_of_means(&three, &four, LEVEL).is_err());
    // One constant sample is enough of a baseline; only the other's degrees of freedom count.
    let varied = Moments::of(&[3.0, 4.0, 6.0]).unwrap();
    assert_relative_eq!(welch(&three, &varied, Alternative::TwoSided, LEVEL).unwrap().df.unwrap(), 2.0);
}

#[test]
fn a_mode_without_events_bounds_the_rate_ratio_on_one_side() {
    let some = events(&[(4.0, 1.5), (3.0, 1.5)]);
    let none = events(&[(0.0, 2.0), (0.0, 2.0)]);
    let test = rate_ratio(&some, &none, Alternative::TwoSided, LEVEL).unwrap();
    assert_eq!((test.estimate, test.statistic, test.interval.lower), (None, None, None));
    assert!(test.interval.upper.is_some_and(|upper| upper > 0.0));
    assert_eq!(test.note.unwrap(), "the treatment has no event, so only a bound of the rate ratio is known");
    let away = rate_ratio(&some, &none, Alternative::Greater, LEVEL).unwrap();
    assert_eq!((away.p_value, away.interval.lower, away.interval.upper), (1.0, None, None));
    assert_eq!(
        rate_ratio(&none, &none, Alternative::TwoSided, LEVEL).unwrap_err().because,
        "neither mode has an event"
    );
    assert!(rate(&events(&[(1.0, 0.0)]), LEVEL).is_err());
    assert!(rate(&events(&[(-1.0, 2.0)]), LEVEL).is_err());
    assert!(rate(&[], LEVEL).is_err());
}

#[test]
fn an_unbounded_interval_says_so() {
    let near_zero = Moments { n: 5, mean: 0.1, sd: 2.0 };
    let change = ratio_of_means(&near_zero, &Moments { n: 5, mean: 3.0, sd: 1.0 }, LEVEL).unwrap();
    assert_eq!(change.interval, Some(Interval { level: LEVEL, lower: None, upper: None }));
    assert!(change.note.unwrap().contains("not distinguishable from zero"));
    assert!(ratio_of_means(&Moments { mean: 0.0, ..near_zero }, &near_zero, LEVEL).is_err());
}

#[test]
fn the_seed_decides_a_bootstrap() {
    let (a, b) = ([1.0, 2.5, 3.0, 4.75], [2.0, 2.25, 5.5]);
    let run = |seed| bootstrap(&a, &b, mean_difference, 500, LEVEL, seed).unwrap();
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).percentile, run(2).percentile);
    assert!(bootstrap(&a, &b, mean_difference, 0, LEVEL, 1).is_err());
    assert!(bootstrap(&a, &b, mean_difference, usize::MAX, LEVEL, 1).is_err());
    assert!(bootstrap(&a, &b[..1], mean_difference, 9, LEVEL, 1).is_err());
    assert!(bootstrap(&a, &b, |_, _| None, 9, LEVEL, 1).is_err());
    // A statistic that never varies has a percentile interval, of no width, and no BCa.
    let constant = bootstrap(&a, &b, |_, _| Some(3.0), 9, LEVEL, 1).unwrap();
    assert_eq!((constant.percentile.lower, constant.percentile.upper), (Some(3.0), Some(3.0)));
    assert!(constant.bca.is_err());
}

#[test]
fn undefined_fields_survive_json() {
    let one = describe(&[7.5], LEVEL).unwrap();
    let json = serde_json::to_value(&one).unwrap();
    assert_eq!(json["sd"]["because"], "a standard deviation needs two values or more, not 1");
    assert_eq!(json["mean"], 7.5);
    assert_eq!(serde_json::from_value::<Description>(json).unwrap(), one);
    let none = rate(&events(&[(0.0, 2.0), (0.0, 3.0)]), LEVEL).unwrap();
    assert_eq!(serde_json::from_value::<Rate>(serde_json::to_value(&none).unwrap()).unwrap(), none);
}
