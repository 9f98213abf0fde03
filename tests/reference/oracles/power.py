"""The power of t-tests. The case is `<alternative> <alpha> <sd>[,<sd>] <runs>,<runs> <difference or power>`; one sd: paired.

Of `runs_needed` the runs are the ratio, and the wanted power follows.
"""

import mpmath
import scipy.stats
from common import mpf, satterthwaite, t_isf
from distributions import noncentral_t_sf


class Test:
    def __init__(self, alternative, alpha, sds, runs):
        self.alternative = alternative
        if len(sds) == 1:
            (sd,), (n, _) = sds, runs
            self.error, self.df = sd / mpmath.sqrt(n), mpf(n - 1)
        else:
            errors = [sd / mpmath.sqrt(n) for sd, n in zip(sds, runs)]
            self.error, self.df = mpmath.sqrt(sum(e**2 for e in errors)), satterthwaite(errors, runs)
        self.critical = t_isf(alpha / 2 if alternative == "two-sided" else alpha, self.df)

    def power(self, difference):
        ncp = difference / self.error
        above = lambda: noncentral_t_sf(self.critical, self.df, ncp)
        below = lambda: noncentral_t_sf(self.critical, self.df, -ncp)
        return {"two-sided": lambda: above() + below(), "less": below, "greater": above}[self.alternative]()

    def detectable(self, power):
        """By the secant method from the normal distribution's answer."""
        guess = (self.critical + mpf(scipy.stats.norm.ppf(float(power)))) * self.error
        sign = -1 if self.alternative == "less" else 1
        return mpmath.findroot(lambda d: self.power(d) - power, (sign * guess, sign * guess * mpf("0.99")), tol=1e-40)


def undefined(alternative, alpha, sds, runs, values, quantity):
    if not 0 < alpha < 1 or min(sds) < 0 or max(sds) == 0 or (len(sds) == 1 and runs[0] != runs[1]):
        return True
    if quantity != "power" and not alpha < values[-1] < 1:
        return True
    if quantity != "runs_needed":
        return min(runs) < 2
    difference = values[0] * (-1 if alternative == "less" else 1)
    if min(runs) < 1 or difference == 0 or (alternative != "two-sided" and difference < 0):
        return True
    # More than ten million runs of a mode.
    most = 10**7 // max(runs)
    return Test(alternative, alpha, sds, [n * most for n in runs]).power(values[0]) < values[1]


def power(case, quantity):
    alternative, alpha, sds, runs, *rest = case.split()
    sds, runs = [mpf(float(sd)) for sd in sds.split(",")], [int(n) for n in runs.split(",")]
    values = [mpf(float(value)) for value in rest]
    alpha = mpf(float(alpha))
    if undefined(alternative, alpha, sds, runs, values, quantity):
        return None
    test = lambda multiple: Test(alternative, alpha, sds, [n * multiple for n in runs])
    if quantity == "power":
        return test(1).power(*values)
    if quantity == "detectable":
        return test(1).detectable(*values)
    # The least multiple of the ratio: the power grows with it.
    difference, wanted = values
    enough = lambda multiple: test(multiple).power(difference) >= wanted
    low, high = 0 if min(runs) > 1 else 1, 2
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return mpf(high * runs[0])
