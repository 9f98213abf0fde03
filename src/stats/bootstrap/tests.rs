//! What holds of every bootstrap interval, for any data.

use approx::{assert_relative_eq, relative_eq};
use proptest::prelude::*;

use super::super::rate_ratio::pooled_ratio;
use super::super::rng::Rng;
use super::super::{Compute, Estimand, Events, METHODS, Method};
use super::*;

fn methods() -> impl Iterator<Item = &'static Method> {
    METHODS.iter().filter(|method| method.id.starts_with("bootstrap"))
}

fn quick() -> Settings {
    Settings { resamples: 200, ..Settings::default() }
}

/// What a method says of two samples; one of a single mode is asked about the baseline.
fn ask(method: &Method, a: &[f64], b: &[f64], settings: &Settings) -> Result<EffectSize> {
    let events = |x: &[f64]| x.iter().map(|&count| Events { count, exposure: 2.0 }).collect::<Vec<_>>();
    let answer = match method.compute {
        Compute::Sample(run) => run(a, settings),
        Compute::Samples(run) => run(a, b, settings),
        Compute::Events(run) => run(&events(a), &events(b), settings),
        _ => panic!("{} computes something else", method.id),
    };
    answer.map(|answer| match answer {
        Answer::Effect(effect) => effect,
        Answer::Test(_) => panic!("{} is an interval", method.id),
    })
}

/// Estimate and bounds.
fn numbers(effect: &EffectSize) -> [Option<f64>; 3] {
    let interval = effect.interval.unwrap();
    [Some(effect.estimate), interval.lower, interval.upper]
}

fn same(x: [Option<f64>; 3], y: [Option<f64>; 3], tolerance: f64) -> bool {
    x.iter().zip(y).all(|pair| match pair {
        (Some(x), Some(y)) => relative_eq!(*x, y, max_relative = tolerance, epsilon = tolerance),
        (x, y) => *x == y,
    })
}

/// Values as a metric has them: some digits, one order of magnitude.
fn sample() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((100i32..1000).prop_map(|x| f64::from(x) / 8.0), 2..12)
}

fn anything() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0), Just(f64::MAX)], 0..6)
}

proptest! {
    #[test]
    fn the_unit_does_not_matter(a in sample(), b in sample(), power in -600i32..600, p in 0.0..=1.0f64) {
        let unit = 2f64.powi(power);
        let settings = Settings { quantile: p, ..quick() };
        let [large_a, large_b] = [&a, &b].map(|x| x.iter().map(|x| x * unit).collect::<Vec<_>>());
        for method in methods().filter(|method| method.estimand != Estimand::RateRatio) {
            let unit = if method.estimand.has_unit() { unit } else { 1.0 };
            match [ask(method, &a, &b, &settings), ask(method, &large_a, &large_b, &settings)] {
                [Ok(small), Ok(large)] => {
                    prop_assert_eq!(numbers(&small).map(|x| x.map(|x| x * unit)), numbers(&large), "{}", method.id);
                }
                [small, large] => prop_assert_eq!(small, large),
            }
        }
    }

    #[test]
    fn neither_an_offset_nor_the_order_of_the_runs_matters(a in sample(), b in sample(), offset in -1_000_000i32..1_000_000) {
        let offset = f64::from(offset);
        let far = |x: &[f64]| x.iter().rev().map(|x| x + offset).collect::<Vec<_>>();
        for method in methods() {
            let by = match method.estimand {
                Estimand::Mean | Estimand::Quantile => offset,
                Estimand::MeanDifference | Estimand::QuantileDifference => 0.0,
                _ => continue,
            };
            match [ask(method, &a, &b, &quick()), ask(method, &far(&a), &far(&b), &quick())] {
                [Ok(near), Ok(far)] => {
                    let moved = numbers(&near).map(|x| x.map(|x| x + by));
                    prop_assert!(same(moved, numbers(&far), 1e-10), "{}: {near:?} {far:?}", method.id);
                }
                [near, far] => prop_assert_eq!(near, far),
            }
        }
    }

    /// Only the estimates: the modes take turns in drawing from the stream.
    #[test]
    fn swapping_the_modes_flips_the_sign(a in sample(), b in sample()) {
        for method in methods() {
            let (there, back) = (ask(method, &a, &b, &quick()), ask(method, &b, &a, &quick()));
            if let (Ok(there), Ok(back)) = (there, back) {
                match method.estimand {
                    Estimand::MeanDifference | Estimand::QuantileDifference => {
                        prop_assert_eq!(there.estimate, -back.estimate);
                    }
                    Estimand::RateRatio => prop_assert!(relative_eq!(there.estimate * back.estimate, 1.0, max_relative = 1e-12)),
                    Estimand::RelativeChange => {
                        prop_assert!(relative_eq!((1.0 + there.estimate) * (1.0 + back.estimate), 1.0, max_relative = 1e-12));
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn no_sample_makes_a_nan_or_a_panic(
        a in anything(), b in anything(), level in prop_oneof![Just(0.95), prop::num::f64::ANY, 0.0..1.0f64],
        quantile in prop_oneof![0.0..=1.0f64, prop::num::f64::ANY], resamples in 0usize..40,
    ) {
        let settings = Settings { level, quantile, resamples, ..Settings::default() };
        let positive = |x: &[f64]| x.iter().map(|x| x.abs()).collect::<Vec<_>>();
        for method in methods() {
            for (a, b) in [(a.clone(), b.clone()), (positive(&a), positive(&b))] {
                if let Ok(effect) = ask(method, &a, &b, &settings) {
                    let [estimate, lower, upper] = numbers(&effect);
                    prop_assert!([estimate, lower, upper].into_iter().flatten().all(f64::is_finite), "{effect:?}");
                    prop_assert!(lower.is_none_or(|l| upper.is_none_or(|u| l <= u)), "{}: {effect:?}", method.id);
                    let complete = lower.is_some() && upper.is_some();
                    prop_assert!(complete || effect.note.is_some(), "{}: {effect:?}", method.id);
                }
            }
        }
    }
}

#[test]
fn what_does_not_vary_is_undefined() {
    for method in methods() {
        for (a, b) in [([3.0; 4], [5.0; 4]), ([0.1; 4], [0.1; 4])] {
            let reason = ask(method, &a, &b, &quick()).unwrap_err().because;
            let expected = if method.id.ends_with("_t") {
                "the runs do not vary, so the standard error is zero"
            } else {
                "the statistic is the same in every resample"
            };
            assert_eq!(reason, expected, "{}", method.id);
        }
    }
}

#[test]
fn few_runs_and_few_resamples_have_a_warning() {
    let (a, b) = ([1.0, 2.0, 4.0, 8.0], [3.0, 5.0, 6.0, 9.5, 7.0]);
    for method in methods() {
        let effect = ask(method, &a, &b, &quick()).unwrap();
        let note = effect.note.unwrap();
        assert!(note.starts_with("fewer than 10 runs of a mode"), "{note}");
        assert!(note.contains("200 resamples are few"), "{note}");
    }
    let many: Vec<f64> = (0..20).map(f64::from).collect();
    for method in methods().filter(|method| method.estimand != Estimand::RateRatio && !method.id.contains("change")) {
        assert_eq!(ask(method, &many, &many, &Settings { resamples: 1000, ..quick() }).unwrap().note, None);
    }
}

#[test]
fn a_resample_without_spread_has_no_bound() {
    // Half of the resamples of two runs draw the same run twice.
    let effect = ask(&mean::STUDENTISED, &[1.0, 2.0], &[], &quick()).unwrap();
    assert_eq!(numbers(&effect), [Some(1.5), None, None]);
    assert!(effect.note.unwrap().contains("a bound does not exist"));
    // Of five runs only one resample in 625 does: too rare to matter at 95 %.
    let effect = ask(&mean::STUDENTISED, &[1.0, 2.0, 4.0, 7.0, 11.0], &[], &Settings::default()).unwrap();
    assert!(numbers(&effect).iter().all(Option::is_some), "{effect:?}");
}

#[test]
fn work_is_bounded() {
    let many: Vec<f64> = (0..1_000_000).map(f64::from).collect();
    for method in methods() {
        let reason = ask(method, &many, &many, &Settings::default()).unwrap_err().because;
        assert!(reason.contains("take too long"), "{reason}");
        assert!(ask(method, &many[..20], &many[..20], &Settings { resamples: usize::MAX, ..quick() }).is_err());
    }
}

#[test]
fn the_median_is_called_so() {
    let many: Vec<f64> = (0..20).map(f64::from).collect();
    let name = |method, quantile| ask(method, &many, &many, &Settings { quantile, ..quick() }).unwrap().name;
    assert_eq!(name(&quantile::BCA, 0.5), "Median (BCa bootstrap)");
    assert_eq!(name(&quantile_difference::STUDENTISED, 0.5), "Difference of medians (studentised bootstrap)");
    assert_eq!(name(&quantile::BCA, 0.9), "Quantile (BCa bootstrap) at quantile 0.9");
}

/// Maritz and Jarrett's variance of the median of an odd number of runs is that of all nⁿ resamples.
#[test]
fn the_standard_error_of_a_median_is_that_of_all_resamples() {
    let x = [1.0, 2.5, 3.0, 7.0, 7.5];
    let mut medians = Vec::new();
    for i in 0..5usize.pow(5) {
        let mut drawn: Vec<f64> = (0..5).map(|k| x[i / 5usize.pow(k) % 5]).collect();
        drawn.sort_by(f64::total_cmp);
        medians.push(drawn[2]);
    }
    let n = medians.len() as f64;
    let mean = medians.iter().sum::<f64>() / n;
    let variance = medians.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / n;
    let values = Centred::of([&x]).unwrap();
    let quantiles = quantile::Quantiles::of(&values, &quick()).unwrap();
    let ([mut of_x], [weights]) = (quantiles.modes(), quantiles.weights().unwrap());
    let estimate = of_x.estimate(&[0, 1, 2, 3, 4], &weights);
    assert_relative_eq!(estimate.error * values.unit, variance.sqrt(), max_relative = 1e-12);
}

/// The same seed gives the same draws and the same intervals in every version, by the second implementation in
/// `tests/reference/oracles/resampling.py`.
#[test]
fn the_intervals_of_a_seed_are_frozen() {
    let (mut rng, mut first, mut second) = (Rng::new(2025), [0; 6], [0; 5]);
    draw(&[0, 1, 2, 3, 4, 5], &mut first, &mut rng);
    draw(&[0, 1, 2, 3, 4], &mut second, &mut rng);
    assert_eq!((first, second), ([4, 4, 4, 5, 4, 3], [4, 0, 4, 1, 3]));

    let frozen = |interval: Interval, bounds: [f64; 2]| {
        assert_relative_eq!(interval.lower.unwrap(), bounds[0], max_relative = 1e-14);
        assert_relative_eq!(interval.upper.unwrap(), bounds[1], max_relative = 1e-14);
    };
    let runs = |x: &[(f64, f64)]| x.iter().map(|&(count, exposure)| Events { count, exposure }).collect::<Vec<_>>();
    let a = runs(&[(31.0, 9.5), (28.0, 10.0), (45.0, 10.5), (12.0, 9.75), (50.0, 11.0), (39.0, 10.25)]);
    let b = runs(&[(3.0, 5.5), (8.0, 5.0), (5.0, 4.5), (2.0, 5.75), (0.0, 5.0)]);
    let found = bootstrap(&a, &b, pooled_ratio, 1000, 0.95, 2025).unwrap();
    frozen(found.percentile, [0.07623473869492686, 0.4027199275909997]);
    frozen(found.bca.clone().unwrap(), [0.08067095246815215, 0.4097409365480325]);
    // The record computes the same.
    let settings = Settings { resamples: 1000, seed: 2025, ..Settings::default() };
    let Compute::Events(record) = rate_ratio::BCA.compute else { panic!("it takes counts") };
    assert_eq!(record(&a, &b, &settings).unwrap().interval(), found.bca.ok());

    let (a, b) = ([1.0, 2.5, 3.0, 4.75, 6.5, 6.75, 9.0], [2.0, 2.25, 5.5, 7.75, 8.0, 12.5]);
    let effect = ask(&mean_difference::STUDENTISED, &a, &b, &settings).unwrap();
    frozen(effect.interval.unwrap(), [-2.6818633437406776, 6.263127671119413]);
}
