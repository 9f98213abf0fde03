//! A documented, portable source of randomness: the same seed gives the same integers and uniform numbers on every
//! machine and in every version, so that anyone can compute a bootstrap interval or a reconstructed data set again. A
//! normal number takes a logarithm, of which platforms may round the last digit differently.
//!
//! # Definition
//!
//! xoshiro256++ (period 2²⁵⁶ − 1), its 256-bit state filled by four steps of SplitMix64 from a 64-bit seed, as its
//! authors advise.
//!
//! # References
//!
//! Blackman, Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021, doi:10.1145/3460772.
//! Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, doi:10.1145/2660193.2660195.
//! Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019, doi:10.1145/3230636.
//!
//! # Checked against
//!
//! The authors' C programs (test below).

use super::normal;

/// xoshiro256++ seeded by SplitMix64.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator whose whole sequence is determined by `seed`.
    pub fn new(seed: u64) -> Self {
        let mut x = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut x)) }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A uniform integer in 0..n, without bias (Lemire's multiplication with rejection). `below(0)` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            let (high, low) = ((product >> 64) as u64, product as u64);
            // 2⁶⁴ mod n draws are rejected; the division is reached only when it can matter.
            if low >= n || low >= n.wrapping_neg().checked_rem(n).unwrap_or(0) {
                return high;
            }
        }
    }

    /// A uniform number in [0, 1), a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * EPSILON
    }

    /// A standard normal number: the normal quantile of a uniform number in the middle of a cell of width 2⁻⁵³ (so
    /// never 0 and never 1).
    pub fn normal(&mut self) -> f64 {
        // Every u = (k + ½)·2⁻⁵³ below ½ is exact; above it the sum would round, so the upper half is the mirror image.
        let bits = self.next_u64();
        let half = normal::quantile(((bits >> 12) as f64 + 0.5) * EPSILON).expect("0 < u < ½");
        if bits & 1 == 0 { half } else { -half }
    }
}

const EPSILON: f64 = 1.0 / (1u64 << 53) as f64;

fn split_mix(x: &mut u64) -> u64 {
    *x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *x;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of the authors' xoshiro256plusplus.c from the state 1, 2, 3, 4, as published with
    /// rand_xoshiro.
    #[test]
    fn follows_the_published_sequence() {
        let mut rng = Rng { state: [1, 2, 3, 4] };
        let published = [
            41943041,
            58720359,
            3588806011781223,
            3591011842654386,
            9228616714210784205,
            9973669472204895162,
            14011001112246962877,
            12406186145184390807,
            15849039046786891736,
            10450023813501588000,
        ];
        assert_eq!(std::array::from_fn(|_| rng.next_u64()), published);
    }

    /// The first outputs of the authors' splitmix64.c from the seed 1234567, and what xoshiro makes of a seed of 0.
    #[test]
    fn seeds_by_split_mix() {
        let mut x = 1234567;
        let published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431];
        assert_eq!(std::array::from_fn(|_| split_mix(&mut x)), published);
        let mut rng = Rng::new(0);
        let published = [5987356902031041503, 7051070477665621255, 6633766593972829180, 211316841551650330];
        assert_eq!(std::array::from_fn(|_| rng.next_u64()), published);
    }

    /// What a seed gives in every version, by the second implementation in `tests/reference/oracles/common.py`.
    #[test]
    fn the_streams_are_frozen() {
        let start = |seed| {
            let mut rng = Rng::new(seed);
            std::array::from_fn(|_| rng.next_u64())
        };
        assert_eq!(start(1), [14971601782005023387, 13781649495232077965, 1847458086238483744]);
        assert_eq!(start(2025), [14639939084711326025, 13805320693517361882, 14221928370247995303]);
        assert_eq!(start(u64::MAX), [6254647548650071986, 16610832622747802512, 16422857234328439435]);
        let mut rng = Rng::new(2025);
        assert_eq!(std::array::from_fn(|_| rng.below(10)), [7, 7, 7, 9, 7, 5, 8, 0, 8, 2, 6, 0]);
        // Nearly every second number of 64 bits is rejected.
        let mut rng = Rng::new(2025);
        let draws = [6902660346758680941, 6900538862717255978, 85277520276323285];
        assert_eq!(std::array::from_fn(|_| rng.below((1 << 63) + 1)), draws);
        let mut rng = Rng::new(2025);
        let numbers = [0.7936326880349733, 0.7483879343885307, 0.7709722817978052];
        assert_eq!(std::array::from_fn(|_| rng.uniform()), numbers);
        let mut rng = Rng::new(2025);
        for expected in [0.26159631147712927, -0.3207657263628468, 0.29110334490226647, 0.06537833147985377] {
            approx::assert_relative_eq!(rng.normal(), expected, max_relative = 1e-15);
        }
    }

    #[test]
    fn below_is_bounded_and_unbiased() {
        let mut rng = Rng::new(7);
        let mut seen = [0u32; 6];
        for _ in 0..60_000 {
            seen[rng.below(6) as usize] += 1;
        }
        // χ² with 5 degrees of freedom exceeds 20.5 once in a thousand seeds; this seed is frozen.
        let chi2: f64 = seen.iter().map(|&k| (f64::from(k) - 1e4).powi(2) / 1e4).sum();
        assert!(chi2 < 20.5, "{seen:?}");
        assert_eq!((rng.below(0), rng.below(1)), (0, 0));
        // Of n = 3·2⁶² a draw without rejection would hit every third number twice as often: here k mod 3 is even.
        let thirds: Vec<u64> = (0..30_000).map(|_| rng.below(3 << 62) % 3).collect();
        assert!((0..3).all(|k| (9_700..10_300).contains(&thirds.iter().filter(|&&x| x == k).count())));
    }

    #[test]
    fn normal_numbers_have_the_moments_of_the_normal() {
        let mut rng = Rng::new(20251);
        let x: Vec<f64> = (0..100_000).map(|_| rng.normal()).collect();
        let moment = |k| x.iter().map(|z: &f64| z.powi(k)).sum::<f64>() / x.len() as f64;
        for (k, expected, tolerance) in [(1, 0.0, 0.012), (2, 1.0, 0.017), (3, 0.0, 0.05), (4, 3.0, 0.12)] {
            assert!((moment(k) - expected).abs() < tolerance, "moment {k}: {}", moment(k));
        }
        assert!(x.iter().all(|z| z.is_finite()));
    }

    #[test]
    fn uniform_numbers_lie_in_the_half_open_interval() {
        let mut rng = Rng::new(3);
        let x: Vec<f64> = (0..10_000).map(|_| rng.uniform()).collect();
        assert!(x.iter().all(|u| (0.0..1.0).contains(u)));
        assert!((x.iter().sum::<f64>() / 1e4 - 0.5).abs() < 0.01);
    }
}
