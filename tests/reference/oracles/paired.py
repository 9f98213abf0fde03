"""Pairs, and the tests by random assignment of the values of two modes."""

import functools
import itertools
from fractions import Fraction
from math import comb, lcm

import mpmath
import numpy
import scipy.stats
from common import INPUTS, Stream, exact, moments, mpf, normal_isf, parameters, r_vector, t_isf, t_test
from means import noncentrality


def blocks(case):
    """Both samples and their differences, or None when they are not pairs."""
    a, b = (exact(INPUTS["two_sample"][case][mode]) for mode in "ab")
    return (a, b, [y - x for x, y in zip(a, b)]) if len(a) == len(b) > 1 else None


def vary(values, of):
    """Whether values vary by more than the rounding of the decimals they were computed from."""
    return moments(values)[2] > 4 * mpf(2) ** -52 * max(abs(x) for x in of)


def paired_t(case, quantity):
    sets = blocks(case)
    if not sets or not vary(sets[2], sets[0] + sets[1]):
        return None
    n, mean, sd = moments(sets[2])
    return t_test(mean, sd / mpmath.sqrt(n), n - 1, quantity)


def paired_change(case, quantity):
    """Fieller's bounds: the r of (m2 - r·m1)² = t²·(v2 - 2·r·cov + r²·v1)/n, less one."""
    sets = blocks(case)
    if not sets or not sum(sets[0]):
        return None
    a, b, _ = sets
    (n, m1, s1), (_, m2, s2) = moments(a), moments(b)
    ratio = m2 / m1
    if not vary([y - ratio * x for x, y in zip(a, b)], [ratio * x for x in a] + b):
        return None
    if quantity == "estimate":
        return ratio - 1
    level, side = quantity[2:].split("_")
    square = t_isf((1 - mpf(level) / 100) / 2, n - 1) ** 2 / n
    covariance = mpmath.fsum((x - m1) * (y - m2) for x, y in zip(a, b)) / (n - 1)
    p, q, r = m1**2 - square * s1**2, m1 * m2 - square * covariance, m2**2 - square * s2**2
    if p <= 0:
        return None
    root = mpmath.sqrt(q**2 - p * r)
    return (q + (root if side == "upper" else -root)) / p - 1


def paired_one_sided(case, towards, quantity):
    """The paired test of the difference against a margin, or of mean2 against mean1 scaled by 1 ± a relative margin."""
    name, chosen = parameters(case)
    sets = blocks(name)
    if not sets:
        return None
    a, b, d = sets
    m1, side = sum(a) / len(a), 1 if towards == "less" else -1
    if "margin" in chosen:
        weight, limit = mpf(1), side * mpf(float(chosen["margin"]))
    else:
        relative = side * mpf(float(chosen["relative_margin"])) * mpmath.sign(m1)
        weight, limit = 1 + relative, relative * m1
    contrast = [y - weight * x for x, y in zip(a, b)]
    if limit == 0 or not vary(contrast, [weight * x for x in a] + b):
        return None
    n, _, sd = moments(contrast)
    estimate, error = sum(d) / len(d), sd / mpmath.sqrt(n)
    if quantity == "estimate":
        return estimate
    if quantity.startswith("ci"):
        level, bound = quantity[2:].split("_")
        if bound != ("upper" if towards == "less" else "lower"):
            return None
        return estimate + side * t_isf(1 - mpf(level) / 100, n - 1) * error
    return t_test(estimate - limit, error, n - 1, f"p_{towards}" if quantity == "p" else quantity)


def paired_non_inferiority(case, quantity):
    return paired_one_sided(case, parameters(case)[1]["alternative"], quantity)


def paired_equivalence(case, quantity):
    p_values = [(paired_one_sided(case, towards, "p"), towards) for towards in ("greater", "less")]
    if p_values[0][0] is None:
        return None
    if quantity.startswith("ci"):
        return paired_one_sided(case, "less" if quantity.endswith("upper") else "greater", quantity)
    p, towards = max(p_values, key=lambda item: item[0])
    return p if quantity == "p" else paired_one_sided(case, towards, quantity)


def d_z(case, quantity):
    sets = blocks(case)
    if not sets or not vary(sets[2], sets[0] + sets[1]):
        return None
    n, mean, sd = moments(sets[2])
    if quantity == "estimate":
        return mean / sd
    return noncentrality(mpmath.sqrt(n) * mean / sd, n - 1, quantity) / mpmath.sqrt(n)


def d_av(case, quantity):
    sets = blocks(case)
    if not sets:
        return None
    (n, m1, s1), (_, m2, s2), (_, _, s) = map(moments, sets)
    if s1 == s2 == 0:
        return None
    average = (s1**2 + s2**2) / 2
    d = (m2 - m1) / mpmath.sqrt(average)
    if quantity == "estimate":
        return d
    covariance = mpmath.fsum((x - m1) * (y - m2) for x, y in zip(*sets[:2])) / (n - 1)
    variance = d**2 * (s1**4 + s2**4 + 2 * covariance**2) / (8 * (n - 1) * average**2) + s**2 / ((n - 1) * average)
    level, side = quantity[2:].split("_")
    margin = normal_isf((1 - mpf(level) / 100) / 2) * mpmath.sqrt(variance)
    return d + (margin if side == "upper" else -margin)


# For p-values, values are the decimals that were measured, so that 0.1 + 0.2 ties with 0.3: as whole numbers of a common
# unit. Three sets are of other doubles than the nearest: fractions, a conversion that was rounded, and six decimals that
# were rounded by an inexact division.
READ = {
    "blocks_thirds": lambda x: Fraction(round(3 * x), 3),
    "blocks_microseconds": lambda x: Fraction(round(x * 1e7), 10**7),
    "offset_1e9_noise": lambda x: Fraction(round(x * 1e6), 10**6),
}


def whole(case):
    read = READ.get(case, lambda x: Fraction(repr(x)))
    a, b = ([read(x) for x in INPUTS["two_sample"][case][mode]] for mode in "ab")
    unit = lcm(*(x.denominator for x in a + b))
    return [int(x * unit) for x in a], [int(x * unit) for x in b]


@functools.cache
def assignments(case):
    """The observed sum of the treatment, the expected one, and the number of assignments by their sum."""
    a, b = whole(case)
    values = a + b
    if comb(len(values), len(b)) <= 200_000:
        sums = {}
        for chosen in itertools.combinations(values, len(b)):
            sums[sum(chosen)] = sums.get(sum(chosen), 0) + 1
    else:
        by_size = [{0: 1}] + [{} for _ in b]
        for x in values:
            for size in range(len(b), 0, -1):
                target = by_size[size]
                for total, count in by_size[size - 1].items():
                    target[total + x] = target.get(total + x, 0) + count
        sums = by_size[-1]
    return sum(b), Fraction(sum(values) * len(b), len(values)), sums


@functools.cache
def split_assignments(case):
    """The same without a common sum: sorted sums of the subsets of every other value, by size, and those of the rest."""
    a, b = whole(case)
    values = a + b
    parts = []
    for half in (values[::2], values[1::2]):
        sums, sizes = numpy.zeros(1, dtype=numpy.int64), numpy.zeros(1, dtype=numpy.int64)
        for x in half:
            sums, sizes = numpy.concatenate([sums, sums + x]), numpy.concatenate([sizes, sizes + 1])
        parts.append([numpy.sort(sums[sizes == size]) for size in range(len(half) + 1)])
    pairs = [(p, parts[1][len(b) - k]) for k, p in enumerate(parts[0]) if 0 <= len(b) - k < len(parts[1])]
    return sum(b), Fraction(sum(values) * len(b), len(values)), pairs


def tails(observed, expected, quantity):
    """The sums up to the one, and from the other, that are as extreme."""
    distance = abs(observed - expected)
    return {
        "p": (expected - distance, expected + distance),
        "p_less": (observed, None),
        "p_greater": (None, observed),
    }[quantity]


def share(distribution, quantity):
    observed, expected, sums = distribution
    low, high = tails(observed, expected, quantity)
    extreme = lambda total: (low is not None and total <= low) or (high is not None and total >= high)
    return Fraction(sum(n for total, n in sums.items() if extreme(total)), sum(sums.values()))


def split_share(distribution, quantity):
    observed, expected, pairs = distribution
    low, high = tails(observed, expected, quantity)
    count = 0
    for first, second in pairs:
        if low is not None:
            count += int(numpy.searchsorted(second, int(low // 1) - first, side="right").sum())
        if high is not None:
            count += int((len(second) - numpy.searchsorted(second, int(-(-high // 1)) - first, side="left")).sum())
    return Fraction(count, sum(len(first) * len(second) for first, second in pairs))


def random_share(case, quantity, sums):
    _, given = parameters(case)
    observed, expected, draw = sums(Stream(int(given.get("seed", 1))))
    low, high = tails(observed, expected, quantity)
    resamples = int(given.get("resamples", 10_000))
    drawn = (draw() for _ in range(resamples))
    extreme = sum((low is not None and s <= low) or (high is not None and s >= high) for s in drawn)
    return Fraction(extreme + 1, resamples + 1)


def mean_difference(case):
    """Of the doubles themselves."""
    a, b = ([Fraction(x) for x in INPUTS["two_sample"][case][mode]] for mode in "ab")
    return sum(b) / len(b) - sum(a) / len(a)


def ratio(fraction):
    return mpf(fraction.numerator) / fraction.denominator


def permutation(case, quantity):
    """Of random assignments when their number or seed is given, of all otherwise."""
    name, given = parameters(case)
    a, b = whole(name)
    if not a or not b or quantity.startswith("ci"):
        return None
    if quantity == "estimate":
        return ratio(mean_difference(name))
    if given:
        return ratio(random_share(case, quantity, lambda stream: random_sample(a, b, stream)))
    split = max(len(str(abs(x))) for x in a + b) > 3 and len(a + b) > 24
    p = split_share(split_assignments(name), quantity) if split else share(assignments(name), quantity)
    return ratio(p)


def random_sample(a, b, stream):
    values, size = (b + a, len(b)) if len(b) <= len(a) else ([-x for x in a + b], len(a))

    def draw():
        total, needed = 0, size
        for i, x in enumerate(values):
            if stream.below(len(values) - i) < needed:
                total, needed = total + x, needed - 1
        return total

    return sum(values[:size]), Fraction(sum(values) * size, len(values)), draw


def sign_flip(case, quantity):
    name, given = parameters(case)
    a, b = whole(name)
    if len(a) != len(b) or len(a) < 2:
        return None
    if quantity == "estimate":
        return ratio(mean_difference(name))
    differences = [y - x for x, y in zip(a, b)]
    if given:
        return ratio(random_share(case, quantity, lambda stream: random_signs(differences, stream)))
    return ratio(share(signed_sums(name), quantity))


@functools.cache
def signed_sums(case):
    a, b = whole(case)
    differences = [y - x for x, y in zip(a, b)]
    sums = {0: 1}
    for d in differences:
        flipped = {}
        for total, count in sums.items():
            for signed in (total + d, total - d):
                flipped[signed] = flipped.get(signed, 0) + count
        sums = flipped
    return sum(differences), 0, sums


def random_signs(differences, stream):
    def draw():
        total = 0
        for i, d in enumerate(differences):
            if i % 64 == 0:
                bits = stream.next()
            total += d if bits >> (i % 64) & 1 else -d
        return total

    return sum(differences), 0, draw


def r_paired_t(case, quantity):
    a, b = (r_vector(INPUTS["two_sample"][case][mode]) for mode in "ab")
    part = {
        "estimate": "$estimate[[1]]",
        "standard_error": "$stderr",
        "statistic": "$statistic[[1]]",
        "p": "$p.value",
        "ci95_lower": "$conf.int[1]",
        "ci95_upper": "$conf.int[2]",
    }[quantity]
    return f"t.test({b}, {a}, paired = TRUE){part}"


def by_scipy(kind, case, quantity):
    """An exact test by SciPy's enumeration of the assignments."""
    a, b = (numpy.array(INPUTS["two_sample"][case][mode], dtype=float) for mode in "ab")
    alternative = {"p": "two-sided", "p_less": "less", "p_greater": "greater"}[quantity]
    difference = lambda b, a, axis: numpy.mean(b, axis=axis) - numpy.mean(a, axis=axis)
    test = scipy.stats.permutation_test(
        (b, a), difference, permutation_type=kind, n_resamples=numpy.inf, alternative=alternative, vectorized=True
    )
    return float(test.pvalue)


R = {"paired_t": r_paired_t}
SCIPY = {
    "permutation": functools.partial(by_scipy, "independent"),
    "sign_flip": functools.partial(by_scipy, "samples"),
}
