"""What a comparison can be when its printed means and SDs are anything that rounds to them: extremes over their box."""

from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import scipy.stats
from common import INPUTS, mpf


def rounding(text):
    half = Fraction(10) ** Decimal(text).as_tuple().exponent / 2
    value = Fraction(text)
    return value - half, value + half


def box(case):
    modes = INPUTS["summary"][case]
    n = [int(mode[0]) for mode in modes]
    means, sds = ([rounding(mode[i]) for mode in modes] for i in (1, 2))
    difference = means[1][0] - means[0][1], means[1][1] - means[0][0]
    return n, difference, sds


def exact(fraction):
    return mpf(fraction.numerator) / mpf(fraction.denominator)


def degrees(n, sds):
    a, b = (sd**2 / size for sd, size in zip(sds, n))
    return (a + b) ** 2 / (a**2 / (n[0] - 1) + b**2 / (n[1] - 1))


def attainable(case, quantity):
    """The quantities whose extremes stand at corners, and df, whose one maximum may stand inside."""
    n, difference, sds = box(case)
    corners = [(a, b) for a in sds[0] for b in sds[1]]
    name, end = quantity.rsplit("_", 1)
    pick = min if end == "low" else max

    def error(a, b):
        return mpmath.sqrt(exact(a**2 / n[0] + b**2 / n[1]))

    def pooled(a, b):
        return mpmath.sqrt(exact(((n[0] - 1) * a**2 + (n[1] - 1) * b**2) / (n[0] + n[1] - 2)))

    if name == "standard_error":
        return pick(error(a, b) for a, b in corners)
    if name == "t":
        return pick(exact(d) / error(a, b) for a, b in corners for d in difference)
    if name == "cohen_d":
        return pick(exact(d) / pooled(a, b) for a, b in corners for d in difference)
    values = [degrees(n, corner) for corner in corners]
    # The maximum is where both variances of the mean are as n − 1.
    peak = Fraction(n[1] * (n[1] - 1), n[0] * (n[0] - 1))
    squares = (sds[1][0] / sds[0][1]) ** 2, (sds[1][1] / sds[0][0]) ** 2
    if end == "high" and squares[0] <= peak <= squares[1]:
        return mpf(n[0] + n[1] - 2)
    return exact(pick(values))


def by_grid(case, quantity):
    """Half-width and p on a grid over the box, which is fine enough for a bound that is good to 1 %."""
    n, difference, sds = box(case)
    name, end = quantity.rsplit("_", 1)
    a, b = np.meshgrid(*(np.linspace(float(low), float(high), 401) for low, high in sds))
    error = np.sqrt(a**2 / n[0] + b**2 / n[1])
    df = degrees(n, (a, b))
    if name == "half":
        values = error * scipy.stats.t.isf(0.025, df)
    else:
        nearest, farthest = sorted(abs(float(d)) for d in difference)
        if difference[0] <= 0 <= difference[1]:
            nearest = 0.0
        values = 2 * scipy.stats.t.sf((nearest if end == "high" else farthest) / error, df)
    return float(values.min() if end == "low" else values.max())


SCIPY = {"attainable": by_grid}
