//! What the methods of ranks share: placements and ties, exact null distributions by counting, and order statistics of
//! pairs too many to list.
//!
//! # References
//!
//! Distributions by adding one group of ties at a time: Streitberg, Röhmel, "Exact distributions for permutation and
//! rank tests", Statistical Software Newsletter 12(1), 1986; without ties it is the recursion of Mann, Whitney (1947),
//! doi:10.1214/aoms/1177730491. Selection by counting in a matrix of sorted rows and columns: Johnson, Mizoguchi
//! (1978), doi:10.1137/0207013; Monahan (1984), doi:10.1145/1271.319414.

use super::{Alternative, Result, Undefined, finite, normal};

/// The values in ascending order. Undefined when there is none, or one is not finite.
pub(super) fn sorted(values: &[f64]) -> Result<Vec<f64>> {
    if values.is_empty() {
        return Err(Undefined::because("the sample is empty"));
    }
    let mut sorted = values.iter().map(|&x| finite(x)).collect::<Result<Vec<f64>>>()?;
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}

/// Of each value, twice how many of `others`, which are sorted, are less; an equal one counts half.
pub(super) fn placements(values: &[f64], others: &[f64]) -> Vec<u64> {
    let below = |x: f64| others.partition_point(|&y| y < x) + others.partition_point(|&y| y <= x);
    values.iter().map(|&x| below(x) as u64).collect()
}

/// The sizes of the groups of equal values in what is sorted.
pub(super) fn ties(sorted: &[f64]) -> Vec<usize> {
    sorted.chunk_by(|x, y| x == y).map(<[f64]>::len).collect()
}

/// In how many of all equally likely arrangements a statistic of ranks takes each value. Values are doubled, as ties
/// make halves.
pub(super) struct Arrangements {
    counts: Vec<f64>,
    /// From one count's doubled value to the next: 2 where no value is a half.
    step: usize,
}

impl Arrangements {
    /// Of U, for groups of tied values in ascending order of which any `treatment` values are the treatment's.
    ///
    /// The counts are sums of positive terms, so each is right to a few units of the last place.
    pub(super) fn of_u(ties: &[usize], treatment: usize) -> Self {
        let baseline = ties.iter().sum::<usize>().saturating_sub(treatment);
        let (fewer, others) = (treatment.min(baseline), treatment.max(baseline));
        let step = if ties.iter().all(|size| size % 2 == 1) { 2 } else { 1 };
        // By how many of the values so far are of the smaller sample.
        let mut counts = vec![vec![1.0]];
        let mut seen = 0;
        for &size in ties {
            let ways: Vec<f64> = (0..=size.min(fewer)).map(|more| combinations(size, more, others)).collect();
            let mut next = vec![Vec::new(); fewer.min(seen + size) + 1];
            for (before, old) in counts.iter().enumerate().filter(|(_, old)| !old.is_empty()) {
                let below = seen - before;
                for (more, (new, &ways)) in next.iter_mut().skip(before).zip(&ways).enumerate() {
                    if below + size <= others + more {
                        // A new value beats all of the other sample so far, and ties with the new ones.
                        add(new, more * (2 * below + size - more) / step, old, ways);
                    }
                }
            }
            counts = next;
            seen += size;
        }
        let mut counts = counts.pop().unwrap_or_default();
        if fewer < treatment {
            counts.resize(2 * fewer * others / step + 1, 0.0);
            counts.reverse();
        }
        Self { counts, step }
    }

    /// Of the sum of the ranks, given doubled, that get a positive sign.
    pub(super) fn of_signs(doubled: &[usize]) -> Self {
        let step = if doubled.iter().all(|rank| rank % 2 == 0) { 2 } else { 1 };
        let mut counts = vec![1.0];
        for &rank in doubled {
            let old = counts.clone();
            add(&mut counts, rank / step, &old, 1.0);
        }
        Self { counts, step }
    }

    /// The probabilities that the statistic is at most, and at least, what it is: given doubled.
    pub(super) fn tails(&self, doubled: usize) -> Tails {
        let total = self.total();
        let less: f64 = self.counts.iter().take(doubled / self.step + 1).sum();
        let greater: f64 = self.counts.iter().skip(doubled.div_ceil(self.step)).rev().sum();
        Tails { less: (less / total).min(1.0), greater: (greater / total).min(1.0) }
    }

    /// The smallest p-value that any data with these ranks could give.
    pub(super) fn smallest_p(&self, alternative: Alternative) -> f64 {
        let share = |count: Option<&f64>| count.map_or(1.0, |count| count / self.total());
        let less = share(self.counts.iter().find(|&&count| count > 0.0));
        let greater = share(self.counts.iter().rfind(|&&count| count > 0.0));
        Tails { less, greater }.p_value(alternative)
    }

    /// The largest k such that a statistic without halves is below k with a probability of at most `tail`.
    pub(super) fn order_index(&self, tail: f64) -> u64 {
        // The room is for rounding: at three runs and 90 % the tail is 0.05, which neither side holds exactly.
        let most = tail * (1.0 + 1e-12) * self.total();
        let cumulated = self.counts.iter().scan(0.0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        cumulated.take_while(|&sum| sum <= most).count() as u64
    }

    fn total(&self) -> f64 {
        self.counts.iter().sum()
    }
}

/// The number of ways to choose k of n; 0 when that leaves more than `rest`.
fn combinations(n: usize, k: usize, rest: usize) -> f64 {
    if n - k > rest {
        return 0.0;
    }
    // Each quotient is a whole number, and exact up to 2⁵³.
    (0..k.min(n - k)).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}

/// Adds `ways` times the counts of `old`, moved up by `shift`, to those of `new`.
fn add(new: &mut Vec<f64>, shift: usize, old: &[f64], ways: f64) {
    new.resize(new.len().max(old.len() + shift), 0.0);
    for (to, from) in new.iter_mut().skip(shift).zip(old) {
        *to += ways * from;
    }
}

/// The two tails of a test, both with the value observed.
pub(super) struct Tails {
    less: f64,
    greater: f64,
}

impl Tails {
    /// By the normal distribution, with continuity correction; `deviation` is the statistic less its expectation.
    pub(super) fn normal(deviation: f64, sd: f64) -> Result<Self> {
        if sd == 0.0 {
            return Ok(Self { less: 1.0, greater: 1.0 });
        }
        Ok(Self { less: normal::sf(-(deviation + 0.5) / sd)?, greater: normal::sf((deviation - 0.5) / sd)? })
    }

    /// Two-sided: twice the smaller tail, at most 1.
    pub(super) fn p_value(&self, alternative: Alternative) -> f64 {
        match alternative {
            Alternative::TwoSided => (2.0 * self.less.min(self.greater)).min(1.0),
            Alternative::Less => self.less,
            Alternative::Greater => self.greater,
        }
    }
}

/// As `Arrangements::order_index`, by the normal distribution with continuity correction.
pub(super) fn normal_order_index(mean: f64, sd: f64, tail: f64) -> Result<u64> {
    Ok((mean + 0.5 + normal::quantile(tail)? * sd).floor().max(0.0) as u64)
}

/// Values of pairs, too many to list: how many, between which two all of them lie, and how many are at most x.
pub(super) struct PairValues<F> {
    pub(super) number: u64,
    pub(super) least: f64,
    pub(super) greatest: f64,
    pub(super) at_most: F,
}

impl<F: Fn(f64) -> u64> PairValues<F> {
    pub(super) fn median(&self) -> f64 {
        let upper = self.kth(self.number / 2 + 1);
        if self.number % 2 == 1 { upper } else { self.kth(self.number / 2).midpoint(upper) }
    }

    /// The k-th from below and from above; `None` without a k-th.
    pub(super) fn bounds(&self, k: u64) -> Option<[f64; 2]> {
        (1..=self.number).contains(&k).then(|| [self.kth(k), self.kth(self.number + 1 - k)])
    }

    /// The k-th smallest, by bisection over the doubles themselves: at most 64 counts, and no rounding.
    fn kth(&self, k: u64) -> f64 {
        let (mut low, mut high) = (position(self.least), position(self.greatest));
        while low < high {
            let middle = low.midpoint(high);
            if (self.at_most)(double(middle)) >= k { high = middle } else { low = middle + 1 }
        }
        // −0 comes before 0, to which it is equal.
        double(high) + 0.0
    }
}

const SIGN: u64 = 1 << 63;

/// The place of a double among all of them in ascending order.
fn position(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The double at a place.
fn double(position: u64) -> f64 {
    f64::from_bits(if position & SIGN == 0 { !position } else { position & !SIGN })
}

/// A confidence level in a sentence; one that is reached is never shown as certainty.
pub(super) fn percent(level: f64) -> String {
    format!("{} %", (level * 1e4).round().min(9999.0) / 1e2)
}

#[cfg(test)]
pub(super) mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::*;

    /// Values with ties.
    pub(in crate::stats) fn values() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((-20i32..60).prop_map(|x| f64::from(x) / 4.0), 1..9)
    }

    pub(in crate::stats) fn anything() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0), Just(-0.0), Just(f64::MAX)];
        prop::collection::vec(value, 0..6)
    }

    pub(in crate::stats) fn alternative() -> impl Strategy<Value = Alternative> {
        prop::sample::select(vec![Alternative::TwoSided, Alternative::Less, Alternative::Greater])
    }

    pub(in crate::stats) fn opposite(alternative: Alternative) -> Alternative {
        match alternative {
            Alternative::TwoSided => Alternative::TwoSided,
            Alternative::Less => Alternative::Greater,
            Alternative::Greater => Alternative::Less,
        }
    }

    /// Whether no bound is on the wrong side of the other, or of a finite number.
    pub(in crate::stats) fn interval_is_sound(interval: &crate::stats::Interval) -> bool {
        let [lower, upper] = [interval.lower, interval.upper];
        [lower, upper].into_iter().flatten().all(f64::is_finite)
            && lower.zip(upper).is_none_or(|(lower, upper)| lower <= upper)
    }

    /// How many of all subsets that are of one kind have a doubled sum of ranks of at most, and at least, x.
    fn by_enumeration(ranks: &[usize], x: usize, is_of_kind: impl Fn(u32) -> bool) -> [f64; 2] {
        let sum = |subset: u32| ranks.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1).map(|(_, r)| r).sum();
        let sums: Vec<usize> = (0..1 << ranks.len()).filter(|&subset| is_of_kind(subset)).map(sum).collect();
        let share = |n: usize| n as f64 / sums.len() as f64;
        [share(sums.iter().filter(|&&s| s <= x).count()), share(sums.iter().filter(|&&s| s >= x).count())]
    }

    proptest! {
        #[test]
        fn arrangements_are_those_of_an_enumeration(a in values(), b in values(), at in 0..400usize) {
            let pooled = sorted(&[a.as_slice(), &b].concat()).unwrap();
            let n = b.len();
            let ranks: Vec<usize> = placements(&pooled, &pooled).iter().map(|&twice| twice as usize + 1).collect();
            let at = at % (2 * a.len() * n + 1);
            let tails = Arrangements::of_u(&ties(&pooled), n).tails(at);
            let expected = by_enumeration(&ranks, at + n * (n + 1), |subset| subset.count_ones() as usize == n);
            assert_relative_eq!([tails.less, tails.greater][..], expected[..], max_relative = 1e-13);
            let tails = Arrangements::of_signs(&ranks).tails(at);
            let expected = by_enumeration(&ranks, at, |_| true);
            assert_relative_eq!([tails.less, tails.greater][..], expected[..], max_relative = 1e-13);
        }

        #[test]
        fn doubles_have_places_in_their_order(x in prop::num::f64::ANY, y in prop::num::f64::ANY) {
            prop_assert_eq!(position(x).cmp(&position(y)), x.total_cmp(&y));
            prop_assert_eq!(double(position(x)).to_bits(), x.to_bits());
        }
    }

    #[test]
    fn the_normal_order_index_takes_over_where_the_counted_one_ends() {
        for (n1, n2) in [(100, 100), (50, 200), (20, 500)] {
            let (n, product) = ((n1 + n2) as f64, (n1 * n2) as f64);
            let exact = Arrangements::of_u(&vec![1; n1 + n2], n2);
            for tail in [0.05, 0.025, 0.005] {
                let normal = normal_order_index(product / 2.0, (product * (n + 1.0) / 12.0).sqrt(), tail).unwrap();
                assert_relative_eq!(exact.order_index(tail) as f64, normal as f64, max_relative = 0.01);
            }
        }
    }
}
