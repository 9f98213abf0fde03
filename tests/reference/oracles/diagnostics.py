"""What the runs of one sample look like: normality, correlation, trend, outliers, rounding; and equal variances."""

from decimal import Context
from fractions import Fraction
from itertools import pairwise
from math import comb

import mpmath
import scipy.stats
from common import INPUTS, exact, moments, mpf, normal_isf, normal_sf, parameters, r_vector, sample, t_sf, t_test

LAST = ["-2.706056", "4.434685", "-2.07119", "-0.147981", "0.221157", "0"]
LAST_BUT_ONE = ["-3.582633", "5.682633", "-1.752461", "-0.293762", "0.042981", "0"]
SMALL = ["-0.0006714", "0.025054", "-0.39978", "0.544"], ["-0.0020322", "0.062767", "-0.77857", "1.3822"]
LARGE = ["0.0038915", "-0.083751", "-0.31082", "-1.5861"], ["0.0030302", "-0.082676", "-0.4803"]


def polynomial(coefficients, x):
    return mpmath.polyval([mpf(c) for c in coefficients], x)


def shapiro_weights(n):
    if n == 3:
        return [-mpmath.sqrt(mpf(1) / 2), mpf(0), mpmath.sqrt(mpf(1) / 2)]
    m = [-normal_isf((i - mpf(3) / 8) / (n + mpf(1) / 4)) for i in range(1, n + 1)]
    norm, u = mpmath.fsum(v * v for v in m), 1 / mpmath.sqrt(n)
    corrected = {n - 1: m[-1] / mpmath.sqrt(norm) + polynomial(LAST, u)}
    if n > 5:
        corrected[n - 2] = m[-2] / mpmath.sqrt(norm) + polynomial(LAST_BUT_ONE, u)
    rest = norm - 2 * sum(m[i] ** 2 for i in corrected)
    phi = rest / (1 - 2 * sum(a * a for a in corrected.values()))
    a = [v / mpmath.sqrt(phi) for v in m]
    for i, weight in corrected.items():
        a[i], a[n - 1 - i] = weight, -weight
    return a


def shapiro_wilk(case, quantity):
    x = sorted(exact(sample(case)))
    n, mean, sd = moments(x)
    if not 3 <= n <= 5000 or not sd:
        return None
    w = mpmath.fsum(a * (v - mean) for a, v in zip(shapiro_weights(len(x)), x)) ** 2 / (sd**2 * (n - 1))
    if n == 3:
        # Equal values leave W = 3/4, the least there is.
        p = 6 / mpmath.pi * (mpmath.asin(mpmath.sqrt(w)) - mpmath.pi / 3)
        return None if p < mpf(10) ** -30 else {"statistic": w, "p": p}[quantity]
    if n < 12:
        z = -mpmath.log(mpf("0.459") * n - mpf("2.273") - mpmath.log(1 - w))
        (mean, ln_sd), at = SMALL, n
    else:
        z = mpmath.log(1 - w)
        (mean, ln_sd), at = LARGE, mpmath.log(n)
    p = normal_sf((z - polynomial(mean, at)) / mpmath.exp(polynomial(ln_sd, at)))
    return {"statistic": w, "p": p}[quantity]


def real(fraction):
    return mpf(fraction.numerator) / fraction.denominator


def centred(case):
    """R loses digits of values with an offset."""
    x = [Fraction(v) for v in sample(case)]
    mean = sum(x) / len(x)
    return [float(v - mean) for v in x]


def brown_forsythe(case, quantity):
    spreads, largest = [], 0
    for mode in "ab":
        x = sorted(exact(INPUTS["two_sample"][case][mode]))
        median = (x[(len(x) - 1) // 2] + x[len(x) // 2]) / 2
        spreads.append([abs(v - median) for v in x])
        largest = max(largest, *map(abs, x))
    (n1, m1, s1), (n2, m2, s2) = (moments(z) for z in spreads)
    df = n1 + n2 - 2
    pooled = ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df
    if pooled <= (largest / mpf(2) ** 50) ** 2:
        # Less than the rounding of the values.
        return None
    f = (m2 - m1) ** 2 / (pooled * (1 / n1 + 1 / n2))
    return {
        "statistic": lambda: f,
        "df": lambda: df,
        "numerator_df": lambda: mpf(1),
        "p": lambda: 2 * t_sf(mpmath.sqrt(f), df),
    }[quantity]()


def autocorrelation(case, quantity):
    name, settings = parameters(case)
    x = exact(sample(name))
    n, mean, sd = moments(x)
    if n < 3 or not sd:
        return None
    r = mpmath.fsum((v - mean) * (w - mean) for v, w in pairwise(x)) / (sd**2 * (n - 1))
    error = (n - 2) / (n * mpmath.sqrt(n - 1))
    z = (r + 1 / n) / error
    if quantity.startswith("bound"):
        level, side = quantity.removeprefix("bound").split("_")
        margin = normal_isf((1 - mpf(level) / 100) / 2) * error
        return -1 / n + (margin if side == "upper" else -margin)
    return {
        "estimate": lambda: r,
        "standard_error": lambda: error,
        "statistic": lambda: z,
        "p": lambda: 2 * normal_sf(abs(z)),
        "p_less": lambda: normal_sf(-z),
        "p_greater": lambda: normal_sf(z),
        "effective_size": lambda: min(n, n * (1 - r) / (1 + r)),
    }[quantity]()


def tie_sizes(x):
    return [x.count(v) for v in sorted(set(x))]


def inversion_counts(sizes):
    """How many of the distinct orders of values with ties of these sizes have each number of inversions."""
    # [n]!/Π[t]! in the q-analogue, by polynomial multiplication and exact division by (1 − qᵏ).
    counts, before = [1], 0
    for size in sizes:
        for k in range(1, size + 1):
            top = before + k
            times = counts + [0] * top
            for i, c in enumerate(counts):
                times[i + top] -= c
            for i in range(k, len(times)):
                times[i] += times[i - k]
            counts = times[: len(times) - k]
        before += size
    return counts


def kendall(x):
    s = sum((w > v) - (w < v) for i, v in enumerate(x) for w in x[i + 1 :])
    sizes = tie_sizes(x)
    return s, sizes, comb(len(x), 2) - sum(comb(t, 2) for t in sizes)


def mann_kendall(case, quantity):
    x = sample(case)
    n = len(x)
    if quantity == "sen_slope":
        slopes = sorted((Fraction(x[j]) - Fraction(x[i])) / (j - i) for i in range(n) for j in range(i + 1, n))
        return real((slopes[(len(slopes) - 1) // 2] + slopes[len(slopes) // 2]) / 2)
    s, sizes, untied = kendall(x)
    if n < 3 or not untied:
        return None
    variance = mpf(n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in sizes)) / 18
    sign = (s > 0) - (s < 0)
    if n <= 50:
        counts = inversion_counts(sizes)
        upper = lambda s: mpf(sum(counts[: (untied - s) // 2 + 1])) / sum(counts)
    else:
        upper = lambda s: normal_sf((s - 1) / mpmath.sqrt(variance))
    return {
        "estimate": lambda: s / mpmath.sqrt(comb(n, 2) * untied),
        "statistic": lambda: (s - sign) / mpmath.sqrt(variance) if n > 50 else None,
        "p": lambda: min(mpf(1), 2 * upper(abs(s))),
        "p_less": lambda: upper(-s),
        "p_greater": lambda: upper(s),
    }[quantity]()


def kendall_of_scipy(case, quantity):
    x = sample(case)
    alternative = {"p": "two-sided", "p_less": "less", "p_greater": "greater"}.get(quantity, "two-sided")
    result = scipy.stats.kendalltau(range(len(x)), x, method="exact", alternative=alternative)
    return result.statistic if quantity == "estimate" else result.pvalue


def first_run(case, quantity):
    first, *rest = exact(sample(case))
    if len(rest) < 3:
        return None
    n, mean, sd = moments(rest)
    return t_test(first - mean, sd * mpmath.sqrt(1 + 1 / n), n - 1, quantity) if sd else None


def outliers(case, quantity):
    x = [Fraction(v) for v in sample(case)]
    order = sorted(x)

    def quartile(k):
        whole, part = divmod(k * (len(x) - 1), 4)
        return order[whole] + Fraction(part, 4) * (order[min(whole + 1, len(x) - 1)] - order[whole])

    low, high = quartile(1), quartile(3)
    if len(x) < 4 or low == high:
        return None
    fences = lambda k: (low - k * (high - low), high + k * (high - low))
    beyond = lambda k: [i for i, v in enumerate(x) if not fences(k)[0] <= v <= fences(k)[1]]
    places = {"outside": beyond(Fraction(3, 2)), "far_out": beyond(3)}
    if quantity.endswith("fence"):
        return real(fences(Fraction(3, 2))[quantity == "upper_fence"])
    # How many there are, or the place of one of them.
    name, _, which = quantity.partition(" ")
    return places[name][int(which)] if which else len(places[name])


def quantisation(case, quantity):
    x = sample(case)
    n, mean, sd = moments(exact(x))
    if n < 2 or not sd:
        return None
    # To 14 digits: a change of unit may have left the nearest double of a decimal.
    decimals = [Context(prec=14).create_decimal_from_float(v).normalize() for v in x if v]
    last = min(v.as_tuple().exponent for v in decimals)
    if max(v.adjusted() for v in decimals) - last >= 12:
        return None
    step = mpf(10) ** last
    return {"step": step, "share": step**2 / (12 * sd**2)}[quantity]


R = {
    "shapiro_wilk": lambda case, quantity: f"shapiro.test({r_vector(centred(case))})$"
    + {"statistic": "statistic", "p": "p.value"}[quantity],
}
SCIPY = {"mann_kendall": kendall_of_scipy}
