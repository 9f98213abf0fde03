"""What the oracles share: the inputs as exact numbers, the distributions that most rest on, and the random stream."""

import functools
import json
from pathlib import Path

import mpmath
import scipy.stats
from mpmath import mp, mpf

mp.dps = 40


def _inputs():
    """All inputs*.json, kind by kind; a set's name is used once."""
    merged = {}
    for path in sorted(Path(__file__).parent.parent.glob("inputs*.json")):
        for kind, sets in json.loads(path.read_text()).items():
            known = merged.setdefault(kind, {})
            if twice := known.keys() & sets.keys():
                raise ValueError(f"{path.name}: {kind}: {twice} is there already")
            known.update(sets)
    return merged


INPUTS = _inputs()


def exact(values):
    return [mpf(x) for x in values]


def parameters(case):
    """The set's name, and the parameters after it: `r_sleep margin=0.5 seed=7`."""
    name, *rest = case.split()
    return name, dict(item.split("=") for item in rest)


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


def sample(case):
    """The values of `<set>.a` or `.b`, or of a NIST set."""
    if case in INPUTS["nist"]:
        return INPUTS["nist"][case]
    name, mode = case.rsplit(".", 1)
    return INPUTS["two_sample"][name][mode]


def moments(x):
    n = mpf(len(x))
    mean = mpmath.fsum(x) / n
    sd = mpmath.sqrt(mpmath.fsum((v - mean) ** 2 for v in x) / (n - 1)) if n > 1 else None
    return n, mean, sd


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


def runs(case):
    name, mode = case.rsplit(".", 1)
    return [(mpf(c), mpf(e)) for c, e in INPUTS["runs"][name][mode]]


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


def r_vector(values):
    """An R expression of the values, None being NA."""
    return "c(" + ",".join("NA" if x is None else repr(float(x)) for x in values) + ")"
