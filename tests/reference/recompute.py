#!/usr/bin/env python3
"""Recomputes every value in this folder's CSV files from inputs.json with the oracle named in its row.

    python3 recompute.py        needs mpmath, numpy and SciPy; Rscript for the rows whose oracle is R

A row holds what meshstats has to return for a case and a quantity, to a relative and an absolute tolerance; an empty
`expected` is a result that must be undefined. Inputs are taken as the exact rational numbers that their doubles are,
but published summaries as the decimals that were printed. Exits with 1 when a row disagrees.
"""

import csv
import functools
import json
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy
import scipy.stats
from mpmath import mp, mpf

mp.dps = 40
HERE = Path(__file__).parent
INPUTS = json.loads((HERE / "inputs.json").read_text())
# Oracles that carry fewer digits than the 20 of a row: R and SciPy compute in doubles.
AGREEMENT = {"mpmath": mpf(10) ** -17, "R": mpf(10) ** -13, "stream": mpf(10) ** -13}


def exact(values):
    return [mpf(x) for x in values]


# Distributions


def t_density(t, df):
    constant = mpmath.loggamma((df + 1) / 2) - mpmath.loggamma(df / 2) - mpmath.log(mpmath.pi * df) / 2
    return mpmath.exp(constant - (df + 1) / 2 * mpmath.log1p(t * t / df))


@functools.cache
def t_sf(t, df):
    """P(T > t)."""
    half, square = mpf(1) / 2, t * t
    if t < 0:
        return 1 - t_sf(-t, df)
    if df > 1e4:
        # The series of the incomplete beta function takes too many terms; the integral of the density does not.
        # Relative to its start, as quad stops at an absolute error.
        relative = lambda x: mpmath.exp(-(df + 1) / 2 * mpmath.log((df + x * x) / (df + square)))
        return t_density(t, df) * mpmath.quad(relative, [t + k / (1 + t) for k in [0, 1, 2, 4, 8, 16, 32, 64, 128]])
    if square < 2:
        return (1 - mpmath.betainc(half, df / 2, 0, square / (df + square), regularized=True)) / 2
    return mpmath.betainc(df / 2, half, 0, df / (df + square), regularized=True) / 2


@functools.cache
def t_isf(p, df):
    """The t with P(T > t) = p < 1/2: Newton's method on ln sf in ln t."""
    t = mpf(scipy.stats.t.isf(float(p), float(df)))
    if not mpmath.isfinite(t):
        t = mpmath.sqrt(df) * p ** (-1 / df)
    for _ in range(60):
        tail = t_sf(t, df)
        step = (mpmath.log(tail) - mpmath.log(p)) * tail / (t * t_density(t, df))
        t *= mpmath.exp(step)
        if abs(step) < mpf(10) ** -25:
            return t
    raise ArithmeticError(f"t_isf({p}, {df}) does not converge")


def normal_sf(z):
    return mpmath.erfc(z / mpmath.sqrt(2)) / 2


def normal_isf(p):
    return mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * p)


def t_distribution(case, quantity):
    argument, df = (mpf(float(x)) for x in case.split())
    return t_sf(argument, df) if quantity == "sf" else t_isf(argument, df)


def normal(case, quantity):
    if quantity == "sf":
        return normal_sf(mpf(float(case)))
    mp.dps = 340  # 1 - 2·1e-300 needs them
    try:
        return normal_isf(mpf(float(case)))
    finally:
        mp.dps = 40


# One sample


def moments(x):
    n = mpf(len(x))
    mean = mpmath.fsum(x) / n
    sd = mpmath.sqrt(mpmath.fsum((v - mean) ** 2 for v in x) / (n - 1)) if n > 1 else None
    return n, mean, sd


def describe(case, quantity):
    x = exact(sample(case))
    n, mean, sd = moments(x)
    if quantity in ("ci95_lower", "ci95_upper"):
        margin = t_isf(mpf(1) / 40, n - 1) * sd / mpmath.sqrt(n)
        return mean + (margin if quantity == "ci95_upper" else -margin)
    return {
        "n": lambda: n,
        "mean": lambda: mean,
        "sd": lambda: sd,
        "standard_error": lambda: sd / mpmath.sqrt(n),
        "cv": lambda: sd / abs(mean) if mean else None,
        "min": lambda: min(x),
        "median": lambda: (sorted(x)[(len(x) - 1) // 2] + sorted(x)[len(x) // 2]) / 2,
        "max": lambda: max(x),
    }[quantity]()


def sample(case):
    if case in INPUTS["nist"]:
        return INPUTS["nist"][case]
    name, mode = case.rsplit(".", 1)
    return INPUTS["two_sample"][name][mode]


# Two samples


def pair(case):
    """n, mean and SD of both modes."""
    if case in INPUTS["summary"]:
        return [(mpf(n), mpf(mean), mpf(sd)) for n, mean, sd in INPUTS["summary"][case]]
    return [moments(exact(INPUTS["two_sample"][case][mode])) for mode in "ab"]


def satterthwaite(errors, sizes):
    variance = sum(e**2 for e in errors)
    return variance**2 / sum(e**4 / (n - 1) for e, n in zip(errors, sizes))


def t_test(estimate, error, df, quantity):
    t = estimate / error
    if quantity.startswith("ci"):
        level, side = quantity[2:].split("_")
        margin = t_isf((1 - mpf(level) / 100) / 2, df) * error
        return estimate + (margin if side == "upper" else -margin)
    return {
        "estimate": lambda: estimate,
        "standard_error": lambda: error,
        "statistic": lambda: t,
        "df": lambda: df,
        "p": lambda: 2 * t_sf(abs(t), df),
        "p_less": lambda: t_sf(-t, df),
        "p_greater": lambda: t_sf(t, df),
    }[quantity]()


def welch(case, quantity):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    errors = [s1 / mpmath.sqrt(n1), s2 / mpmath.sqrt(n2)]
    if not any(errors):
        return None
    return t_test(m2 - m1, mpmath.sqrt(sum(e**2 for e in errors)), satterthwaite(errors, [n1, n2]), quantity)


def d_and_df(case):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    df = n1 + n2 - 2
    sd = mpmath.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
    return ((m2 - m1) / sd if sd else None), df


def cohen_d(case, quantity):
    return d_and_df(case)[0]


def hedges_g(case, quantity):
    correction = lambda df: mpmath.gammaprod([df / 2], [(df - 1) / 2]) / mpmath.sqrt(df / 2)
    if quantity == "correction":
        return correction(mpf(case))
    d, df = d_and_df(case)
    return None if d is None else d * correction(df)


def ratio_of_means(case, quantity):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    if m1 == 0 or s1 == s2 == 0:
        return None
    if quantity == "ratio":
        return m2 / m1
    if quantity == "change":
        return m2 / m1 - 1
    # Fieller's bounds are the roots in r of (m2 - r·m1)² = t²·(e2² + r²·e1²).
    level, side = quantity[2:].split("_")
    e1, e2, r = s1 / mpmath.sqrt(n1), s2 / mpmath.sqrt(n2), m2 / m1
    t = t_isf((1 - mpf(level) / 100) / 2, satterthwaite([r * e1, e2], [n1, n2]))
    a, b, c = m1**2 - t**2 * e1**2, -2 * m1 * m2, m2**2 - t**2 * e2**2
    if a <= 0:
        return None
    root = mpmath.sqrt(b**2 - 4 * a * c)
    return (-b + (root if side == "upper" else -root)) / (2 * a)


# Rates


def runs(case):
    name, mode = case.rsplit(".", 1)
    return [(mpf(c), mpf(e)) for c, e in INPUTS["runs"][name][mode]]


def pooled(events):
    """Total count, total exposure, rate, and its linearised standard error."""
    n = len(events)
    count, exposure = (sum(column) for column in zip(*events))
    rate = count / exposure
    squares = sum((c - rate * e) ** 2 for c, e in events)
    error = mpmath.sqrt(squares * n / (n - 1)) / exposure if n > 1 else None
    return count, exposure, rate, error


def rate(case, quantity):
    events = runs(case)
    n = len(events)
    count, exposure, value, error = pooled(events)
    ratios = [c / e for c, e in events]
    if quantity in ("ci95_lower", "ci95_upper"):
        if count == 0:
            return -mpmath.log(mpf(1) / 40) / exposure if quantity == "ci95_upper" else None
        if n < 2:
            return None
        factor = mpmath.exp(t_isf(mpf(1) / 40, mpf(n - 1)) * error / value)
        return value * factor if quantity == "ci95_upper" else value / factor
    return {
        "count": lambda: count,
        "exposure": lambda: exposure,
        "rate": lambda: value,
        "standard_error": lambda: error if count else None,
        "mean_of_ratios": lambda: moments(ratios)[1],
        "mean_of_ratios_standard_error": lambda: moments(ratios)[2] / mpmath.sqrt(n) if n > 1 else None,
    }[quantity]()


def rate_ratio(case, quantity):
    events = [runs(f"{case}.{mode}") for mode in "ab"]
    totals = [pooled(mode) for mode in events]
    counts = [t[0] for t in totals]
    if not all(counts):
        return rate_ratio_empty(events, totals, quantity)
    relative = [error / value for _, _, value, error in totals]
    sizes = [len(mode) for mode in events]
    ratio = totals[1][2] / totals[0][2]
    if quantity == "estimate":
        return ratio
    error, df = mpmath.sqrt(sum(r**2 for r in relative)), satterthwaite(relative, sizes)
    result = t_test(mpmath.log(ratio), error, df, quantity)
    return mpmath.exp(result) if quantity.startswith("ci") else result


def rate_ratio_empty(events, totals, quantity):
    """The exact conditional test; its bound as a quantile of the beta distribution (Clopper and Pearson)."""
    counts = [t[0] for t in totals]
    if not any(counts):
        return None
    empty = counts.index(0)
    other = 1 - empty
    _, exposure, value, _ = totals[other]
    chi2 = sum((c - value * e) ** 2 / (value * e) for c, e in events[other])
    n = counts[other] / max(mpf(1), chi2 / (len(events[other]) - 1))
    share = totals[empty][1] / (totals[empty][1] + exposure)
    p_none = (1 - share) ** n
    towards = "p_less" if empty == 1 else "p_greater"
    bounded = "ci95_upper" if empty == 1 else "ci95_lower"
    if quantity == "p":
        return min(mpf(1), 2 * p_none)
    if quantity in ("p_less", "p_greater"):
        return p_none if quantity == towards else mpf(1)
    if quantity == bounded:
        # The upper 97.5 % limit of a share of 0 in n: I_x(1, n) = 0.975, that is (1 - x)^n = 0.025.
        x = 1 - mpf("0.025") ** (1 / n)
        ratio = x / (1 - x) * exposure / totals[empty][1]
        return ratio if empty == 1 else 1 / ratio
    return None


# The bootstrap


class Stream:
    """xoshiro256++ seeded by SplitMix64, with Lemire's bounded draw."""

    MASK = (1 << 64) - 1

    def __init__(self, seed):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & self.MASK
            z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & self.MASK
            self.state.append(z ^ (z >> 31))

    def rotate(self, x, k):
        return ((x << k) | (x >> (64 - k))) & self.MASK

    def next(self):
        a, b, c, d = self.state
        result = (self.rotate((a + d) & self.MASK, 23) + a) & self.MASK
        c, d = c ^ a, d ^ b
        self.state = [a ^ d, b ^ c, c ^ ((b << 17) & self.MASK), self.rotate(d, 45)]
        return result

    def below(self, n):
        while True:
            product = self.next() * n
            if product & self.MASK >= (1 << 64) % n:
                return product >> 64


@functools.cache
def bootstrap_intervals(case):
    """Case: `<statistic> <set> <resamples> <seed>`."""
    statistic, name, resamples, seed = case.split()
    if statistic == "pooled_ratio":
        modes = [INPUTS["runs"][name][mode] for mode in "ab"]
        rate_of = lambda m: sum(c for c, _ in m) / sum(e for _, e in m)
        value = lambda a, b: rate_of(b) / rate_of(a)
    else:
        modes = [INPUTS["two_sample"][name][mode] for mode in "ab"]
        value = lambda a, b: sum(b) / len(b) - sum(a) / len(a)
    stream = Stream(int(seed))
    draw = lambda mode: [mode[stream.below(len(mode))] for _ in mode]
    values = []
    for _ in range(int(resamples)):
        a = draw(modes[0])
        values.append(value(a, draw(modes[1])))
    estimate = value(*modes)
    z0 = scipy.stats.norm.ppf(sum((v < estimate) + (v <= estimate) for v in values) / (2 * len(values)))
    squares = cubes = 0
    for j in (0, 1):
        without = lambda i: [m[:i] + m[i + 1 :] if k == j else m for k, m in enumerate(modes)]
        left_out = [value(*without(i)) for i in range(len(modes[j]))]
        u = [(sum(left_out) / len(left_out) - v) * (len(left_out) - 1) / len(left_out) for v in left_out]
        squares += sum(x**2 for x in u)
        cubes += sum(x**3 for x in u)
    a = cubes / (6 * squares**1.5)
    z = scipy.stats.norm.ppf([0.025, 0.975])
    levels = scipy.stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))
    percentile, bca = numpy.quantile(values, [0.025, 0.975]), numpy.quantile(values, levels)
    return {
        "percentile_lower": percentile[0],
        "percentile_upper": percentile[1],
        "bca_lower": bca[0],
        "bca_upper": bca[1],
    }


@functools.cache
def scipy_bootstrap(case, method):
    _, name, _, seed = case.split()
    modes = [numpy.array(INPUTS["two_sample"][name][mode]) for mode in "ab"]
    difference = lambda a, b, axis: numpy.mean(b, axis=axis) - numpy.mean(a, axis=axis)
    result = scipy.stats.bootstrap(
        modes, difference, n_resamples=60_000, method=method, vectorized=True, batch=2_000, rng=int(seed)
    )
    return result.confidence_interval


def bootstrap(case, quantity, oracle):
    if oracle == "SciPy":
        method, side = quantity.split("_")
        interval = scipy_bootstrap(case, {"percentile": "percentile", "bca": "BCa"}[method])
        return interval.low if side == "lower" else interval.high
    return bootstrap_intervals(case)[quantity]


# R


def r_number(x):
    return "NA" if x is None else repr(float(x))


@functools.cache
def r_lines(program):
    out = subprocess.run(["Rscript", "--vanilla", "-"], input=program, capture_output=True, text=True, check=True)
    return out.stdout.split()


def r(rows):
    """The values of the rows whose oracle is R, by one run of R."""
    program = ["options(digits = 17)", "out <- function(x) cat(sprintf('%.17g', x), sep = '\\n')"]
    for method, case, quantity in rows:
        if method == "describe":
            p = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}[quantity]
            x = ",".join(map(r_number, sample(case)))
            program.append(f"out(quantile(c({x}), {p}, type = 7, names = FALSE))")
        elif method == "holm":
            x = ",".join(map(r_number, INPUTS["p_values"][case]))
            program.append(f"out(p.adjust(c({x}), 'holm')[{int(quantity) + 1}])")
        elif method == "rate":
            count, exposure = (float(sum(column)) for column in zip(*INPUTS["runs"][case.rsplit(".", 1)[0]][case[-1]]))
            assert count == 0 and quantity == "ci95_upper", "R's is the exact Poisson interval"
            program.append(f"out(poisson.test({count}, {exposure})$conf.int[2])")
        elif method == "rate_ratio":
            a, b = (
                [float(sum(column)) for column in zip(*INPUTS["runs"][case][mode])] for mode in "ab"
            )
            test = f"poisson.test(c({b[0]}, {a[0]}), c({b[1]}, {a[1]})"
            program.append({
                "p_less": f"out({test}, alternative = 'less')$p.value)",
                "p_greater": f"out({test}, alternative = 'greater')$p.value)",
                "ci95_lower": f"out({test})$conf.int[1])",
                "ci95_upper": f"out({test})$conf.int[2])",
            }[quantity])
        else:
            raise KeyError(method)
    return [None if line == "NA" else mpf(line) for line in r_lines("\n".join(program))] if rows else []


def recomputed(rows):
    """The value of each (method, case, quantity, oracle)."""
    of_r = iter(r([row[:3] for row in rows if row[3] == "R"]))
    for method, case, quantity, oracle in rows:
        if oracle == "R":
            yield next(of_r)
        elif method == "bootstrap":
            yield bootstrap(case, quantity, oracle)
        else:
            yield globals()[method](case, quantity)


def disagreement(row, value):
    """What is wrong with a row, if anything."""
    if (value is None) != (row["expected"] == ""):
        return f"recomputed {value}"
    if value is None:
        return None
    expected, value = mpf(row["expected"]), mpf(value)
    if row["oracle"] == "SciPy":
        tolerance = mpf(row["absolute"])
    elif row["oracle"] == "NIST":
        # Certified for the decimals as published; their doubles, which we are given, have other moments.
        tolerance = mpf(row["relative"]) * abs(expected)
    else:
        tolerance = AGREEMENT[row["oracle"]] * abs(expected)
    return None if abs(value - expected) <= tolerance else f"recomputed {mpmath.nstr(value, 20)}"


def main():
    rows = []
    for path in sorted(HERE.glob("*.csv")):
        with path.open(newline="") as file:
            rows += [(path.stem, row) for row in csv.DictReader(file)]
    wrong = 0
    values = recomputed([(method, row["case"], row["quantity"], row["oracle"]) for method, row in rows])
    for (method, row), value in zip(rows, values, strict=True):
        if problem := disagreement(row, value):
            wrong += 1
            print(f"{method}.csv: {row['case']}: {row['quantity']} = {row['expected']} by {row['oracle']}: {problem}")
    print(f"{len(rows)} values, {wrong} disagree")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
