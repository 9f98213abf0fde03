"""Models of counts: Poisson, its dispersion, and negative binomial."""

import functools

import mpmath
from common import INPUTS, mpf, normal_isf, normal_sf, parameters, runs
from mpmath import mp
from rates import r_rate_ratio


def whole(events):
    return all(mpmath.floor(c) == c for c, _ in events)


def overdispersion(case, quantity):
    events = runs(case)
    n = len(events)
    count, exposure = (sum(column) for column in zip(*events))
    if n < 2 or count == 0:
        return None
    chi2 = sum((c - count * e / exposure) ** 2 / (count * e / exposure) for c, e in events)
    return {
        "estimate": lambda: chi2 / (n - 1),
        "statistic": lambda: chi2,
        "df": lambda: n - 1,
        "p": lambda: mpmath.gammainc(mpf(n - 1) / 2, chi2 / 2, regularized=True),
        "ci95_lower": lambda: None,
        "ci95_upper": lambda: None,
    }[quantity]()


@functools.cache
def binomial_tail(least, n, share):
    """P(X >= least): the terms themselves, the first of them by loggamma."""
    if least == 0:
        return mpf(1)
    if least <= n * share:
        return 1 - binomial_tail(n - least + 1, n, 1 - share)
    ln = lambda k: mpmath.loggamma(n + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(n - k + 1)
    term = mpmath.exp(ln(least) + least * mpmath.log(share) + (n - least) * mpmath.log(1 - share))
    total, k, odds = mpf(0), least, share / (1 - share)
    while k <= n and term > total * mpf(10) ** -45:
        total += term
        term *= (n - k) / (k + 1) * odds
        k += 1
    return total


@functools.cache
def share_bound(count, n, outside):
    """The share at which `count` or more of n has the probability `outside`; `count` > 0."""
    # On the logit scale, from the normal approximation.
    f = lambda logit: mpmath.log(binomial_tail(count, n, 1 / (1 + mpmath.exp(-logit)))) - mpmath.log(outside)
    centre = mpmath.log((count - mpf("0.5")) / (n - count + mpf("0.5")))
    width = mpmath.sqrt(1 / count + 1 / (n - count + 1))
    return 1 / (1 + mpmath.exp(-mpmath.findroot(f, (centre - 2 * width, centre - mpf("1.9") * width), tol=mpf(10) ** -60)))


def poisson_ratio(case, quantity):
    name, chosen = parameters(case)
    modes = [runs(f"{name}.{mode}") for mode in "ab"]
    (c1, e1), (c2, e2) = [[sum(column) for column in zip(*mode)] for mode in modes]
    n, share = c1 + c2, e2 / (e1 + e2)
    if n == 0 or not all(map(whole, modes)):
        return None
    tails = {"p_less": lambda: binomial_tail(c1, n, 1 - share), "p_greater": lambda: binomial_tail(c2, n, share)}
    if quantity == "p":
        one_sided = chosen.get("alternative")
        return tails[f"p_{one_sided}"]() if one_sided else min(mpf(1), 2 * min(tail() for tail in tails.values()))
    if quantity.startswith("ci"):
        level, side = quantity[2:].split("_")
        outside = 1 - mpf(level) / 100
        one_sided = chosen.get("alternative")
        if one_sided == {"lower": "less", "upper": "greater"}[side]:
            return None
        if not one_sided:
            outside /= 2
        count = c2 if side == "lower" else c1
        if count == 0:
            return None
        x = share_bound(count, n, outside)
        odds = x / (1 - x) if side == "lower" else (1 - x) / x
        return odds * e1 / e2
    return {
        **tails,
        "estimate": lambda: (c2 / e2) / (c1 / e1) if c1 and c2 else None,
        "statistic": lambda: None,
        "standard_error": lambda: None,
        "df": lambda: None,
    }[quantity]()


@functools.cache
def fitted(key):
    """Logarithm of the rate, its variance, and alpha at the highest maximum of one mode's likelihood."""
    with mp.workdps(60):
        return fit(runs(key))


def fit(events):
    total = mpf(sum(c for c, _ in events))
    start = mpmath.log(total / sum(e for _, e in events))

    def ln_likelihood(ln_rate, ln_alpha):
        theta, value = mpmath.exp(-ln_alpha), mpf(0)
        for c, e in events:
            mu = e * mpmath.exp(ln_rate)
            value += mpmath.loggamma(c + theta) - mpmath.loggamma(theta)
            value += c * mpmath.log(mu / (mu + theta)) - theta * mpmath.log1p(mu / theta)
        return value

    def by_rate(ln_rate, ln_alpha):
        alpha, means = mpmath.exp(ln_alpha), [e * mpmath.exp(ln_rate) for _, e in events]
        return sum((c - mu) / (1 + alpha * mu) for (c, _), mu in zip(events, means))

    def scores(ln_rate, ln_alpha):
        theta, by_alpha = mpmath.exp(-ln_alpha), mpf(0)
        for c, e in events:
            mu = e * mpmath.exp(ln_rate)
            by_theta = mpmath.digamma(c + theta) - mpmath.digamma(theta) - mpmath.log1p(mu / theta)
            by_alpha -= theta * (by_theta + (mu - c) / (mu + theta))
        return by_rate(ln_rate, ln_alpha), by_alpha

    def likeliest_rate(ln_alpha):
        """By bisection, as the derivative falls in ln rate."""
        ratios = [c / e for c, e in events if c > 0]
        low, high = mpmath.log(min(ratios)) - 1, mpmath.log(max(ratios)) + 1
        while by_rate(low, ln_alpha) < 0:
            low -= 5
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if by_rate(middle, ln_alpha) > 0 else (low, middle)
        return low

    poisson = sum(c * (start + mpmath.log(e)) - e * mpmath.exp(start) for c, e in events)
    with mp.workdps(30):
        grid = [mpf(k) for k in range(-24, 14)]
        grid = [(ln_likelihood(likeliest_rate(x), x), x) for x in grid]
        best, ln_alpha = max(grid)
    excess = sum((c - e * mpmath.exp(start)) ** 2 - c for c, e in events)
    if best <= poisson and excess <= 0:
        return start, 1 / total, mpf(0)
    if best <= poisson:
        ln_alpha = grid[0][1]
    ln_rate, ln_alpha = mpmath.findroot(scores, (likeliest_rate(ln_alpha), ln_alpha), tol=total * mpf(10) ** -70, maxsteps=50)
    assert max(best, poisson) - ln_likelihood(ln_rate, ln_alpha) < mpf(10) ** -20, "not the highest maximum"
    means = [e * mpmath.exp(ln_rate) for _, e in events]
    alpha = mpmath.exp(ln_alpha)
    return ln_rate, 1 / sum(mu / (1 + alpha * mu) for mu in means), alpha


def negative_binomial(case, quantity):
    modes = [runs(f"{case}.{mode}") for mode in "ab"]
    if any(len(mode) < 2 or not any(c for c, _ in mode) or not whole(mode) for mode in modes):
        return None
    (first, v1, _), (second, v2, _) = [fitted(f"{case}.{mode}") for mode in "ab"]
    ln_ratio, error = second - first, mpmath.sqrt(v1 + v2)
    z = ln_ratio / error
    if quantity.startswith("ci"):
        level, side = quantity[2:].split("_")
        margin = normal_isf((1 - mpf(level) / 100) / 2) * error
        return mpmath.exp(ln_ratio + (margin if side == "upper" else -margin))
    return {
        "estimate": lambda: mpmath.exp(ln_ratio),
        "standard_error": lambda: error,
        "statistic": lambda: z,
        "df": lambda: None,
        "p": lambda: 2 * normal_sf(abs(z)),
        "p_less": lambda: normal_sf(-z),
        "p_greater": lambda: normal_sf(z),
    }[quantity]()


def r_overdispersion(case, quantity):
    name, mode = case.split(".")
    counts, exposures = zip(*INPUTS["runs"][name][mode])
    vectors = f"y <- c{tuple(map(float, counts))}; e <- c{tuple(map(float, exposures))}"
    squares = "sum(residuals(glm(y ~ offset(log(e)), poisson), 'pearson')^2)"
    result = {"statistic": squares, "p": f"pchisq({squares}, length(y) - 1, lower.tail = FALSE)"}[quantity]
    return f"{{{vectors}; {result}}}"


R = {"poisson_ratio": r_rate_ratio, "overdispersion": r_overdispersion}
