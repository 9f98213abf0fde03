//! The chance of a sum over a random subset of numbers: what the permutation test and the sign-flip test rest on.
//!
//! # Definition
//!
//! P(S ≥ s), P(S ≤ s), or P(|S − E| ≥ |s − E|), where s is the sum of a subset of some numbers, S that of a subset
//! drawn at random (of the same size, or of any), and E the expected value of S.
//!
//! # Formula
//!
//! Exact, by meeting in the middle: the sums of the subsets of either half of the numbers, by size, are sorted lists in
//! which equal sums are one entry with a count; one pass up the one list and down the other counts the pairs beyond s.
//! That is 2·2²⁰ entries for 40 numbers, not the 2⁴⁰ of an enumeration, and much less when sums recur.
//!
//! Where the lists outgrow a bound, m random subsets stand for all: p = (b + 1)/(m + 1), b of them beyond s. The bound
//! rises with m, so that whoever asks for more precision by chance may have more by counting.
//!
//! Ties decide such a p-value, so the sums are of whole numbers. Values that are decimals of up to 15 digits, to two
//! units in the last place, are multiples of a power of ten and tie exactly when the decimals do. Others are rounded to
//! multiples of a power of two, two units in the last place of the largest (or of the 2⁻ᵏ of their spread that lets the
//! sum of all stay below 2⁶⁰), and tie when their sums are within two such multiples per value.
//!
//! # References
//!
//! Horowitz, Sahni, "Computing partitions with applications to the knapsack problem", J. ACM 21(2), 1974,
//! doi:10.1145/321812.321823. Counts by sum: Pagano, Tritchler (1983), doi:10.1080/01621459.1983.10477990. Monte Carlo:
//! Phipson, Smyth (2010), doi:10.2202/1544-6115.1585.
//!
//! # Checked against
//!
//! Exact counts in Python integers, and a second implementation of the random stream
//! (`tests/reference/permutation.csv`, `sign_flip.csv`).

use std::ops::RangeInclusive;

use super::rng::Rng;
use super::{Alternative, Interval, Result, Settings, TestResult, Undefined, finite, tail};

/// How many entries the lists of a half may have had in all: those of 15 numbers, and of up to 20 where as many random
/// subsets are asked for as usual. More numbers where sums recur.
const ENTRIES: RangeInclusive<usize> = 1 << 16..=1 << 21;
const ENTRIES_PER_RESAMPLE: usize = 256;
/// How many numbers the random subsets may have in all, and how few subsets are worth it.
const MOST_DRAWS: usize = 1 << 28;
const FEWEST_RESAMPLES: usize = 100;
/// Up to here, 15 digits, a decimal times a power of ten is within ¼ of the whole number it should be.
const MOST_DECIMAL: f64 = (1u64 << 50) as f64;
/// A smallest attainable p-value above this is worth a note.
const NOTED: f64 = 0.05;

/// The values of two samples as whole multiples of a unit they share, counted from the first of them.
pub(super) struct Whole {
    pub baseline: Vec<i64>,
    pub treatment: Vec<i64>,
    /// How far apart two sums of them may be and still tie.
    pub slack: i64,
}

impl Whole {
    /// Undefined when a value is not finite.
    pub fn of(baseline: &[f64], treatment: &[f64]) -> Result<Self> {
        let all = || baseline.iter().chain(treatment).copied();
        let first = all().next().unwrap_or(0.0);
        let (mut largest, mut spread) = (0.0f64, 0.0f64);
        for x in all() {
            largest = largest.max(finite(x)?.abs());
            spread = spread.max(finite(x - first)?.abs());
        }
        let n = all().count();
        // The sum of all is below 2⁶⁰.
        let bits = 60 - n.next_power_of_two().ilog2().min(59) as i32;
        let decimal = powers_of_ten()
            .take_while(|power| largest * power <= MOST_DECIMAL && spread * power <= libm::ldexp(1.0, bits))
            .find(|power| all().all(|x| nearly_whole(x * power)));
        let binary = (52 - libm::frexp(largest).1).min(bits - libm::frexp(spread).1);
        let whole = |&x: &f64| match decimal {
            Some(power) => (x * power).round() as i64 - (first * power).round() as i64,
            None => libm::scalbn(x - first, binary).round() as i64,
        };
        Ok(Self {
            baseline: baseline.iter().map(whole).collect(),
            treatment: treatment.iter().map(whole).collect(),
            slack: if decimal.is_some() { 0 } else { 2 * n as i64 },
        })
    }
}

/// Up to the last that is a double.
fn powers_of_ten() -> impl Iterator<Item = f64> {
    std::iter::successors(Some(1.0), |power| Some(power * 10.0)).take(23)
}

/// Whether a decimal times a power of ten is the whole number it should be, but for the rounding of both.
fn nearly_whole(x: f64) -> bool {
    (x - x.round()).abs() <= (2.0 * f64::EPSILON * x.abs()).min(0.25)
}

/// Which subsets are equally likely, and which of them was observed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subsets {
    /// Those of this size; the first numbers were observed.
    OfSize(usize),
    /// All; that of all numbers was observed.
    Any,
}

/// The test of an estimate that grows with the sum of a subset of `numbers`.
///
/// Undefined when there are too many numbers for even a hundred random subsets, or when no subset is asked for.
pub(super) fn test(
    estimate: f64,
    numbers: &[i64],
    subsets: Subsets,
    slack: i64,
    settings: &Settings,
    label: &str,
) -> Result<TestResult> {
    tail(settings.level, settings.alternative)?;
    let question = Question { numbers, subsets, slack, alternative: settings.alternative };
    let (p_value, smallest, method, limited) = match Counts::of(numbers, subsets, most_entries(settings.resamples)) {
        Some(counts) => {
            let p = |sum| counts.chance(question.tails(sum));
            let p_value = p(question.observed());
            // No more than the p-value, so it need not be known if that is small.
            let extremes = if p_value > NOTED { question.extremes().map(p) } else { [p_value; 2] };
            (p_value, extremes[0].min(extremes[1]), format!("{label} (exact)"), None)
        }
        None => {
            let resamples = affordable(numbers.len(), settings.resamples)?;
            let beyond = question.beyond(resamples, settings.seed);
            let p = |beyond: usize| (beyond + 1) as f64 / (resamples + 1) as f64;
            let method = format!("{label} ({resamples} random assignments, seed {})", settings.seed);
            let limited = (resamples < settings.resamples).then_some(resamples);
            (p(beyond), p(0), method, limited)
        }
    };
    let notes = [
        limited.map(|resamples| format!("more than {resamples} random assignments of so many runs take too long")),
        (smallest > NOTED).then(|| format!("no assignment of these values to the modes has a p below {smallest:.3}")),
    ];
    let note = notes.into_iter().flatten().collect::<Vec<_>>().join("; ");
    Ok(TestResult {
        statistic: None,
        standard_error: None,
        df: None,
        numerator_df: None,
        p_value,
        estimate: Some(estimate),
        interval: Interval { level: settings.level, lower: None, upper: None },
        alternative: settings.alternative,
        method,
        note: (!note.is_empty()).then_some(note),
    })
}

struct Question<'a> {
    numbers: &'a [i64],
    subsets: Subsets,
    slack: i64,
    alternative: Alternative,
}

/// The sums that are as extreme as one: those up to `low`, and those from `high`.
#[derive(Clone, Copy)]
struct Tails {
    low: i64,
    high: i64,
}

impl Question<'_> {
    fn observed(&self) -> i64 {
        match self.subsets {
            Subsets::OfSize(size) => self.numbers.iter().take(size).sum(),
            Subsets::Any => self.numbers.iter().sum(),
        }
    }

    /// The least and the greatest sum.
    fn extremes(&self) -> [i64; 2] {
        let mut sorted = self.numbers.to_vec();
        sorted.sort_unstable();
        match self.subsets {
            Subsets::OfSize(size) => [sorted.iter().take(size).sum(), sorted.iter().rev().take(size).sum()],
            Subsets::Any => [sorted.iter().filter(|&&x| x < 0).sum(), sorted.iter().filter(|&&x| x > 0).sum()],
        }
    }

    fn tails(&self, sum: i64) -> Tails {
        let (share, of) = match self.subsets {
            Subsets::OfSize(size) => (size as i128, self.numbers.len() as i128),
            Subsets::Any => (1, 2),
        };
        // Twice the expected sum is twice/of; less the sum, it is the sum as extreme on the other side.
        let twice = 2 * share * self.numbers.iter().map(|&x| i128::from(x)).sum::<i128>();
        let (floor, ceiling) = (twice.div_euclid(of) as i64, -(-twice).div_euclid(of) as i64);
        let (low, high) = match self.alternative {
            Alternative::Less => return Tails { low: sum + self.slack, high: i64::MAX },
            Alternative::Greater => return Tails { low: i64::MIN, high: sum - self.slack },
            Alternative::TwoSided if 2 * i128::from(sum) * of < twice => (sum, ceiling - sum),
            Alternative::TwoSided => (floor - sum, sum),
        };
        Tails { low: low + self.slack, high: high - self.slack }
    }

    /// How many of that many random subsets are as extreme as the observed one.
    fn beyond(&self, resamples: usize, seed: u64) -> usize {
        let Tails { low, high } = self.tails(self.observed());
        let mut rng = Rng::new(seed);
        let draw = |_| match self.subsets {
            Subsets::OfSize(size) => sum_of_sample(self.numbers, size as u64, &mut rng),
            Subsets::Any => sum_of_heads(self.numbers, &mut rng),
        };
        (0..resamples).map(draw).filter(|&sum| sum <= low || sum >= high).count()
    }
}

/// The sum of a random sample of this size: each number in turn is in it with the chance that the rest leaves (Fan,
/// Muller, Rezucha, 1962).
fn sum_of_sample(numbers: &[i64], mut size: u64, rng: &mut Rng) -> i64 {
    let mut sum = 0;
    for (left, &x) in (1..=numbers.len() as u64).rev().zip(numbers) {
        let drawn = rng.below(left) < size;
        sum += x * i64::from(drawn);
        size -= u64::from(drawn);
    }
    sum
}

/// The sum of the numbers whose coin shows a head: the bits of the random integers, the lowest first.
fn sum_of_heads(numbers: &[i64], rng: &mut Rng) -> i64 {
    let mut sum = 0;
    for chunk in numbers.chunks(64) {
        let bits = rng.next_u64();
        sum += chunk.iter().enumerate().map(|(i, &x)| x * (bits >> i & 1) as i64).sum::<i64>();
    }
    sum
}

fn most_entries(resamples: usize) -> usize {
    resamples.saturating_mul(ENTRIES_PER_RESAMPLE).clamp(*ENTRIES.start(), *ENTRIES.end())
}

/// As many random subsets as were asked for, or as can be drawn in about a second.
fn affordable(numbers: usize, resamples: usize) -> Result<usize> {
    let most = MOST_DRAWS / numbers.max(1);
    if resamples == 0 {
        Err(Undefined::because("all assignments are too many to count, and no random ones were asked for"))
    } else if most < FEWEST_RESAMPLES {
        Err(Undefined::because(format!("{numbers} values are too many to be assigned at random often enough")))
    } else {
        Ok(resamples.min(most))
    }
}

/// A sum, and of how many subsets; these are whole numbers, rounded only beyond 2⁵³.
#[derive(Clone, Copy)]
struct Entry {
    sum: i64,
    count: f64,
}

/// The sums of the subsets of a half of the numbers, ascending, by size (or all in one list).
type Lists = Vec<Vec<Entry>>;

struct Counts {
    /// A list of the first half, and that of the second half which completes its subsets.
    pairs: Vec<[Vec<Entry>; 2]>,
    total: f64,
}

impl Counts {
    /// `None` when a half has more sums than `most`, or more subsets than a double can count.
    fn of(numbers: &[i64], subsets: Subsets, most: usize) -> Option<Self> {
        // Equal numbers in one half: their sums recur.
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        let (first, second) = sorted.split_at(sorted.len() / 2);
        let (first, mut second) = (lists(first, subsets, most)?, lists(second, subsets, most)?);
        if let Subsets::OfSize(size) = subsets {
            second.resize_with(size + 1, Vec::new);
            second.reverse();
        }
        let pairs: Vec<_> = first.into_iter().zip(second).map(|(a, b)| [a, b]).collect();
        let size = |list: &Vec<Entry>| list.iter().map(|entry| entry.count).sum::<f64>();
        let total = pairs.iter().map(|[a, b]| size(a) * size(b)).sum::<f64>();
        total.is_finite().then_some(Self { pairs, total })
    }

    fn chance(&self, Tails { low, high }: Tails) -> f64 {
        if low >= high {
            return 1.0;
        }
        let extreme = self.pairs.iter().map(|[a, b]| {
            count(a.iter().rev(), b.iter(), |sum| sum <= low) + count(a.iter(), b.iter().rev(), |sum| sum >= high)
        });
        extreme.sum::<f64>() / self.total
    }
}

/// How many pairs have a sum that is `inside`, when later of the first are inside with all that earlier ones are.
fn count<'a>(
    first: impl Iterator<Item = &'a Entry>,
    second: impl Iterator<Item = &'a Entry>,
    inside: impl Fn(i64) -> bool,
) -> f64 {
    let mut second = second.peekable();
    let (mut total, mut partners) = (0.0, 0.0);
    for entry in first {
        while let Some(partner) = second.next_if(|partner| inside(entry.sum + partner.sum)) {
            partners += partner.count;
        }
        total += entry.count * partners;
    }
    total
}

fn lists(numbers: &[i64], subsets: Subsets, most: usize) -> Option<Lists> {
    let largest = match subsets {
        Subsets::OfSize(size) => size,
        Subsets::Any => 0,
    };
    let mut lists = vec![vec![Entry { sum: 0, count: 1.0 }]];
    let mut entries = 0;
    for &x in numbers {
        if let Subsets::Any = subsets {
            lists = lists.iter().map(|list| merged(list, list, x)).collect();
        } else {
            // From the largest size down, so that each is made of those without x.
            if lists.len() <= largest {
                lists.push(Vec::new());
            }
            for size in (1..lists.len()).rev() {
                lists[size] = merged(&lists[size], &lists[size - 1], x);
            }
        }
        entries += lists.iter().map(Vec::len).sum::<usize>();
        if entries > most {
            return None;
        }
    }
    Some(lists)
}

/// The sums of the subsets without x, and of those with it.
fn merged(without: &[Entry], with: &[Entry], x: i64) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(without.len() + with.len());
    let mut without = without.iter().copied().peekable();
    for Entry { sum, mut count } in with.iter().map(|entry| Entry { sum: entry.sum + x, ..*entry }) {
        while let Some(smaller) = without.next_if(|entry| entry.sum < sum) {
            merged.push(smaller);
        }
        if let Some(same) = without.next_if(|entry| entry.sum == sum) {
            count += same.count;
        }
        merged.push(Entry { sum, count });
    }
    merged.extend(without);
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The chance by enumeration of all subsets, in the order of their bits.
    fn enumerated(question: &Question) -> f64 {
        let n = question.numbers.len();
        let Tails { low, high } = question.tails(question.observed());
        let is_meant = |bits: &u32| match question.subsets {
            Subsets::OfSize(size) => bits.count_ones() as usize == size,
            Subsets::Any => true,
        };
        let sum = |bits: u32| (0..n).filter(|i| bits >> i & 1 == 1).map(|i| question.numbers[i]).sum::<i64>();
        let sums: Vec<i64> = (0..1 << n).filter(is_meant).map(sum).collect();
        let extreme = sums.iter().filter(|&&sum| sum <= low || sum >= high).count();
        extreme as f64 / sums.len() as f64
    }

    fn alternative() -> impl Strategy<Value = Alternative> {
        prop::sample::select(vec![Alternative::TwoSided, Alternative::Less, Alternative::Greater])
    }

    proptest! {
        #[test]
        fn counts_what_an_enumeration_finds(
            numbers in prop::collection::vec(prop_oneof![3 => -9i64..9, 1 => -1i64 << 50..1 << 50], 1..13),
            size in 0usize..13, slack in 0i64..3, alternative in alternative(),
        ) {
            for subsets in [Subsets::Any, Subsets::OfSize(size.min(numbers.len()))] {
                let question = Question { numbers: &numbers, subsets, slack, alternative };
                let counts = Counts::of(&numbers, subsets, 1 << 13).unwrap();
                let p = |sum| counts.chance(question.tails(sum));
                let observed = p(question.observed());
                prop_assert!(approx::relative_eq!(observed, enumerated(&question), max_relative = 1e-14));
                let [least, greatest] = question.extremes();
                prop_assert!((least..=greatest).contains(&question.observed()));
                prop_assert!(p(least).min(p(greatest)) <= observed);
            }
        }

        #[test]
        fn random_subsets_come_near_the_count(seed: u64, size in 1usize..7) {
            let numbers = [3, 1, 4, 1, 5, 9, 2, 6];
            for subsets in [Subsets::Any, Subsets::OfSize(size)] {
                let question = Question { numbers: &numbers, subsets, slack: 0, alternative: Alternative::Greater };
                let p = enumerated(&question);
                // Six standard errors.
                let near = 6.0 * (p * (1.0 - p) / 4000.0).sqrt();
                prop_assert!((question.beyond(4000, seed) as f64 / 4000.0 - p).abs() <= near);
            }
        }

        #[test]
        fn whole_numbers_keep_the_ties(cents in prop::collection::vec(-99_999i32..99_999, 1..20), split in 0usize..20) {
            for unit in [1e-2, 1e-5, 1.0, 1e3] {
                let values: Vec<f64> = cents.iter().map(|&x| f64::from(x) * unit).collect();
                let (a, b) = values.split_at(split.min(values.len()));
                let whole = Whole::of(a, b).unwrap();
                prop_assert_eq!(whole.slack, 0);
                let found = [whole.baseline, whole.treatment].concat();
                let steps: Vec<i64> = cents.iter().map(|&x| i64::from(x - cents[0])).collect();
                // One is a multiple of the other, by a power of ten either way.
                let first = found.iter().zip(&steps).find(|(_, step)| **step != 0);
                let (whole, step) = first.map_or((1, 1), |(whole, step)| (i128::from(*whole), i128::from(*step)));
                prop_assert!(whole != 0);
                for (found, expected) in found.iter().zip(&steps) {
                    prop_assert_eq!(i128::from(*found) * step, i128::from(*expected) * whole);
                }
            }
        }

        #[test]
        fn no_value_overflows(values in prop::collection::vec(prop::num::f64::ANY, 0..40), split in 0usize..40) {
            let (a, b) = values.split_at(split.min(values.len()));
            if let Ok(whole) = Whole::of(a, b) {
                let total: i128 = whole.baseline.iter().chain(&whole.treatment).map(|&x| i128::from(x).abs()).sum();
                prop_assert!(total <= 1 << 60);
            }
        }
    }

    #[test]
    fn counting_has_a_bound() {
        let numbers: Vec<i64> = (0..60).map(|i| 1i64 << (i % 50)).collect();
        let counted =
            |n: usize, subsets, resamples| Counts::of(&numbers[..n], subsets, most_entries(resamples)).is_some();
        assert!(counted(40, Subsets::OfSize(20), 10_000) && counted(40, Subsets::Any, usize::MAX));
        assert!(!counted(42, Subsets::OfSize(21), 10_000) && !counted(42, Subsets::Any, usize::MAX));
        assert!(counted(30, Subsets::OfSize(15), 0) && counted(30, Subsets::Any, 0));
        assert!(!counted(40, Subsets::OfSize(20), 999) && !counted(40, Subsets::Any, 999));
        // Few sums, but more subsets than a double can count.
        assert!(Counts::of(&[0; 1000], Subsets::Any, 1 << 21).is_some());
        assert!(Counts::of(&[0; 1100], Subsets::Any, 1 << 21).is_none());
        assert_eq!(affordable(40, 10_000), Ok(10_000));
        assert_eq!(affordable(2_000_000, 10_000), Ok(134));
        assert!(affordable(3_000_000, 10_000).is_err());
        assert!(affordable(40, 0).is_err());
    }
}
