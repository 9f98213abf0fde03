"""Distributions."""

import mpmath
import scipy.stats
from common import mp, mpf, normal_isf, normal_sf, t_isf, t_sf

PANELS = [0, *(mpf(2) ** k for k in range(-3, 9))]


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


def numbers(case):
    return [mpf(float(x)) for x in case.split()]


def descending(descent, scale):
    """The integral of exp(-descent(u)) over u > 0, for a convex descent from 0 that has reached about 1 at scale."""
    return mpmath.quad(lambda u: mpmath.exp(-descent(u)), [scale * k for k in PANELS])


def beta_cdf(x, y, a, b):
    """P(X <= x), where y = 1 - x."""
    if a + b < 500:
        return mpmath.betainc(a, b, 0, x, regularized=True)
    # The series takes too many terms; the integral of the density of the logit does not.
    slope = a * y - b * x
    if slope < 0:
        return 1 - beta_cdf(y, x, b, a)
    ln_c = mpmath.loggamma(a + b) - mpmath.loggamma(a) - mpmath.loggamma(b) + a * mpmath.log(x) + b * mpmath.log(y)
    scale = 1 / (slope + min(a, mpmath.sqrt((a + b) * x * y)))
    return mpmath.exp(ln_c) * descending(lambda u: a * u + (a + b) * mpmath.log(y + x * mpmath.exp(-u)), scale)


def beta_quantile(p, a, b):
    """Newton's method on the logarithm of the lower tail, a concave function of the logit."""
    if p > 0.5:
        return 1 - beta_quantile(1 - p, b, a)
    logit = mpmath.log(a / b)
    ln_beta = mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
    for _ in range(200):
        x, y = 1 / (1 + mpmath.exp(-logit)), 1 / (1 + mpmath.exp(logit))
        tail = beta_cdf(x, y, a, b)
        slope = mpmath.exp(a * mpmath.log(x) + b * mpmath.log(y) - ln_beta) / tail
        step = mpmath.log(tail / p) / slope
        logit -= step
        if abs(step) < mpf(10) ** -25:
            return 1 / (1 + mpmath.exp(-logit))
    raise ArithmeticError(f"beta_quantile({p}, {a}, {b}) does not converge")


def beta(case, quantity):
    argument, a, b = numbers(case)
    return {
        "cdf": lambda: beta_cdf(argument, 1 - argument, a, b),
        "sf": lambda: beta_cdf(1 - argument, argument, b, a),
        "quantile": lambda: beta_quantile(argument, a, b),
    }[quantity]()


def f_distribution(case, quantity):
    f, df1, df2 = numbers(case)
    whole = df1 * f + df2
    return beta_cdf(df2 / whole, df1 * f / whole, df2 / 2, df1 / 2)


def chi_squared(case, quantity):
    x, df = numbers(case)
    a, half = df / 2, x / 2
    if df < 500:
        return mpmath.gammainc(a, half, mpmath.inf, regularized=True)
    # As for the beta distribution, in the logarithm of x.
    slope = half - a
    density = mpmath.exp(a * mpmath.log(half) - half - mpmath.loggamma(a))
    sign = 1 if slope >= 0 else -1
    descent = lambda u: half * mpmath.expm1(sign * u) - sign * a * u
    tail = density * descending(descent, 1 / (abs(slope) + mpmath.sqrt(half)))
    return tail if slope >= 0 else 1 - tail


def noncentral_t_sf(t, df, ncp):
    """P(T > t): the expectation of the normal distribution's Phi(ncp - t*W) over W, of the chi distribution.

    The integral over ln W, relative to its peak, in panels whose Gaussian rule is refined until it has converged.
    """

    def ln_integrand(v):
        w = mpmath.exp(v)
        return df * v + df * (1 - w * w) / 2 + mpmath.log(normal_sf(t * w - ncp))

    def rises(v):
        w = mpmath.exp(v)
        return df * (1 - w * w) > t * w * mpmath.exp(-((ncp - t * w) ** 2) / 2) / normal_sf(t * w - ncp) / root

    root = mpmath.sqrt(2 * mpmath.pi)
    low, high = mpf(-300), mpf(10)
    with mp.workdps(15):
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if rises(middle) else (low, middle)
    top = ln_integrand(low)
    width = mpf(1)
    while min(ln_integrand(low + width), ln_integrand(low - width)) < top - 2:
        width /= 2
    # Where Phi falls from 1, which may be a cliff within a wide peak.
    cliff, steep = (mpmath.log(ncp / t), 1 / abs(ncp)) if ncp * t > 0 else (mpf(0), mpf(1))
    total = mpf(0)
    for sign in (-1, 1):
        near = low
        while ln_integrand(near) > top - 55:
            far = near + sign * min(max(width, abs(near - low) / 4), max(steep, abs(near - cliff) / 4))
            total += sign * mpmath.quad(
                lambda v: mpmath.exp(ln_integrand(v) - top), [near, far], method="gauss-legendre", maxdegree=4
            )
            near = far
    ln_c = df / 2 * mpmath.log(df / 2) - df / 2 - mpmath.loggamma(df / 2)
    return 2 * mpmath.exp(ln_c + top) * total


def noncentrality(t, df, p):
    """The ncp with P(T <= t) = p, by the secant method on the logarithm of the smaller tail."""

    def miss(ncp):
        tail = noncentral_t_sf(-t, df, -ncp) / p if p <= 0.5 else noncentral_t_sf(t, df, ncp) / (1 - p)
        return mpmath.log(tail)

    scale = mpmath.sqrt(1 + t * t / (2 * df))
    older = t - mpf(scipy.stats.norm.ppf(float(p))) * scale
    ncp, of_older = older + scale / 100, miss(older)
    for _ in range(60):
        here = miss(ncp)
        step = here * (ncp - older) / (here - of_older)
        older, of_older, ncp = ncp, here, ncp - step
        if abs(step) < scale * mpf(10) ** -20:
            return ncp
    raise ArithmeticError(f"noncentrality({t}, {df}, {p}) does not converge")


def noncentral_t(case, quantity):
    t, df, argument = numbers(case)
    if not (mpmath.isfinite(t) and df > 0 and (quantity != "noncentrality" or 0 < argument < 1)):
        return None
    return {
        "cdf": lambda: noncentral_t_sf(-t, df, -argument),
        "sf": lambda: noncentral_t_sf(t, df, argument),
        "noncentrality": lambda: noncentrality(t, df, argument),
    }[quantity]()
