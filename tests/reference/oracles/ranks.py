"""Methods of ranks and order statistics: by counting in whole and rational numbers."""

import collections
import functools
import math
from decimal import Decimal
from fractions import Fraction

import mpmath
import scipy.stats
from common import INPUTS, mpf, normal_isf, normal_sf, parameters, r_vector, sample, satterthwaite, t_isf, t_test

MOST_EXACT_PAIRS, MOST_EXACT_SIGNS = 10_000, 200


def rational(x):
    return mpf(x.numerator) / mpf(x.denominator)


@functools.cache
def samples(case):
    pair = INPUTS["two_sample"][parameters(case)[0]]
    return [[Fraction(x) for x in pair[mode]] for mode in "ab"]


def percentage(quantity):
    """The level and the side of `ci95_lower`."""
    level, side = quantity[2:].split("_")
    return Fraction(level) / 100, side


def doubled_midranks(values):
    """Twice the rank of each value, equal ones sharing the mean of theirs."""
    first = {}
    for place, x in enumerate(ordered := sorted(values)):
        first.setdefault(x, place)
    count = collections.Counter(ordered)
    return [2 * first[x] + count[x] + 1 for x in values]


def two_sided(less, greater, quantity):
    return {"p_less": less, "p_greater": greater, "p": min(1, 2 * min(less, greater))}[quantity]


def exact_p(counts, observed, quantity):
    total = sum(counts.values())
    less = Fraction(sum(n for x, n in counts.items() if x <= observed), total)
    greater = Fraction(sum(n for x, n in counts.items() if x >= observed), total)
    return rational(two_sided(less, greater, quantity))


def normal_p(deviation, sd, quantity):
    if not sd:
        return mpf(1)
    half = mpf(1) / 2
    return two_sided(normal_sf(-(deviation + half) / sd), normal_sf((deviation - half) / sd), quantity)


def unpacked(polynomial, bits):
    """The coefficients of a polynomial that stand in one long number, `bits` for each."""
    digits = bits // 8
    data = polynomial.to_bytes((polynomial.bit_length() + bits) // bits * digits, "little")
    counts = (int.from_bytes(data[i : i + digits], "little") for i in range(0, len(data), digits))
    return {power: n for power, n in enumerate(counts) if n}


@functools.cache
def rank_sums(ranks, size):
    """How many subsets of that size have each sum: the coefficients of the product of 1 + y·x^rank over the ranks."""
    bits = 8 * (len(ranks) // 8 + 2)
    subsets = [1] + [0] * size
    for rank in ranks:
        for k in range(size, 0, -1):
            subsets[k] += subsets[k - 1] << (rank * bits)
    return unpacked(subsets[size], bits)


@functools.cache
def sign_sums(ranks):
    """How many subsets have each sum."""
    bits = 8 * (len(ranks) // 8 + 2)
    subsets = 1
    for rank in ranks:
        subsets += subsets << (rank * bits)
    return unpacked(subsets, bits)


def mann_whitney(case, quantity):
    a, b = samples(case)
    n1, n2, n = len(a), len(b), len(a) + len(b)
    ranks = doubled_midranks(a + b)
    observed = sum(ranks[n1:])
    u = Fraction(observed - n2 * (n2 + 1), 2)
    if quantity == "statistic":
        return rational(u)
    if quantity == "estimate":
        return rational(u / (n1 * n2))
    if n1 * n2 <= MOST_EXACT_PAIRS:
        counts = rank_sums(tuple(sorted(ranks)), min(n1, n2))
        if n1 < n2:
            # Those subsets are the baseline's; the treatment has the rest.
            counts = {sum(ranks) - rest: number for rest, number in counts.items()}
        return exact_p(counts, observed, quantity)
    ties = collections.Counter(a + b).values()
    variance = Fraction(n1 * n2, 12) * (n + 1 - Fraction(sum(t**3 - t for t in ties), n * (n - 1)))
    return normal_p(rational(u - Fraction(n1 * n2, 2)), mpmath.sqrt(rational(variance)), quantity)


@functools.cache
def relative_effect(case):
    """P(T > B) + P(T = B)/2, its standard error and degrees of freedom, by Brunner and Munzel's formulas in ranks."""
    a, b = samples(case)
    n1, n2 = len(a), len(b)
    overall, inner = doubled_midranks(a + b), [doubled_midranks(a), doubled_midranks(b)]
    terms = []
    for own, within in zip([overall[:n1], overall[n1:]], inner):
        n = len(own)
        mean = Fraction(sum(own), 2 * n)
        squares = sum((Fraction(r - i, 2) - mean + Fraction(n + 1, 2)) ** 2 for r, i in zip(own, within))
        terms.append(squares / (n - 1) if n > 1 else None)
    effect = (Fraction(sum(overall[n1:]), 2 * n2) - Fraction(n2 + 1, 2)) / n1
    if None in terms or not any(terms):
        return effect, None, None
    errors = [mpmath.sqrt(rational(s / (n * other**2))) for s, n, other in zip(terms, [n1, n2], [n2, n1])]
    return effect, mpmath.sqrt(sum(e**2 for e in errors)), satterthwaite(errors, [n1, n2])


def brunner_munzel(case, quantity):
    effect, error, df = relative_effect(case)
    if error is None:
        return None
    if quantity == "estimate":
        return rational(effect)
    value = t_test(rational(effect - Fraction(1, 2)), error, df, quantity)
    return min(max(value + mpf(1) / 2, 0), 1) if quantity.startswith("ci") else value


def superiority(case, quantity):
    effect, error, df = relative_effect(case)
    if quantity == "estimate":
        return rational(effect)
    level, side = percentage(quantity)
    tail = rational((1 - level) / 2)
    if effect in (0, 1):
        square, n = normal_isf(tail) ** 2, min(len(values) for values in samples(case))
        inner = n / (n + square) if effect == 1 else square / (n + square)
        return inner if (effect == 1) == (side == "lower") else rational(effect)
    if error is None:
        return None
    share = rational(effect)
    margin = t_isf(tail, df) * error / (share * (1 - share))
    logit = mpmath.log(share / (1 - share)) + (margin if side == "upper" else -margin)
    return 1 / (1 + mpmath.exp(-logit))


def cliffs_delta(case, quantity):
    value = superiority(case, quantity)
    return None if value is None else 2 * value - 1


def order_index(counts, level):
    """The largest k with P(X < k) at most half of what the level leaves."""
    total, below, k = sum(counts), 0, 0
    while k < len(counts) and 2 * (below + counts[k]) <= (1 - level) * total:
        below += counts[k]
        k += 1
    return k


@functools.cache
def u_counts(n1, n2):
    """The coefficients of the Gaussian binomial, by its product formula."""
    counts = [1] + [0] * (n1 * n2)
    for i in range(1, n2 + 1):
        for power in range(n1 * n2, n1 + i - 1, -1):
            counts[power] -= counts[power - n1 - i]
        for power in range(i, n1 * n2 + 1):
            counts[power] += counts[power - i]
    return counts


def median_of(values):
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def order_interval(values, k, side):
    if k < 1:
        return None
    return rational(values[k - 1] if side == "lower" else values[-k])


def normal_index(mean, variance, level):
    return int(mpmath.floor(mpf(mean) + mpf(1) / 2 - normal_isf(rational((1 - level) / 2)) * mpmath.sqrt(variance)))


@functools.cache
def differences(case):
    a, b = samples(case)
    values = sorted(y - x for x in a for y in b)
    # A difference that no double can hold is not ours to give.
    return None if abs(max(values, key=abs)) > Fraction(1.7976931348623157e308) else values


def hodges_lehmann(case, quantity):
    values = differences(case)
    n1, n2 = (len(values) for values in samples(case))
    if values is None:
        return None
    if quantity == "estimate":
        return rational(median_of(values))
    level, side = percentage(quantity)
    if n1 * n2 <= MOST_EXACT_PAIRS:
        k = order_index(u_counts(n1, n2), level)
    else:
        k = normal_index(mpf(n1 * n2) / 2, mpf(n1 * n2 * (n1 + n2 + 1)) / 12, level)
    return order_interval(values, k, side)


@functools.cache
def walsh_means(case):
    a, b = samples(case)
    d = [y - x for x, y in zip(a, b)]
    return sorted((d[i] + d[j]) / 2 for i in range(len(d)) for j in range(i + 1))


def signed_rank(case, quantity):
    a, b = samples(case)
    n = len(a)
    if n != len(b):
        return None
    if quantity == "estimate":
        return rational(median_of(walsh_means(case)))
    if quantity.startswith("ci"):
        level, side = percentage(quantity)
        if n <= MOST_EXACT_SIGNS:
            sums = sign_sums(tuple(range(1, n + 1)))
            k = order_index([sums[i] for i in range(n * (n + 1) // 2 + 1)], level)
        else:
            k = normal_index(mpf(n * (n + 1)) / 4, mpf(n * (n + 1) * (2 * n + 1)) / 24, level)
        return order_interval(walsh_means(case), k, side)
    # Which differences are equal is a matter of the decimals that were measured, not of their nearest doubles.
    pair = INPUTS["two_sample"][case]
    d = [Decimal(repr(float(y))) - Decimal(repr(float(x))) for x, y in zip(pair["a"], pair["b"])]
    ranked = [(x, r) for x, r in zip(d, doubled_midranks([abs(x) for x in d])) if x]
    observed = sum(r for x, r in ranked if x > 0)
    if quantity == "statistic":
        return mpf(observed) / 2
    ranks = tuple(sorted(r for _, r in ranked))
    if n <= MOST_EXACT_SIGNS:
        return exact_p(sign_sums(ranks), observed, quantity)
    return normal_p(mpf(2 * observed - sum(ranks)) / 4, mpmath.sqrt(sum(r * r for r in ranks)) / 4, quantity)


@functools.cache
def binomial_index(n, p, tail):
    """How many k from 0 up have P(X <= k) <= tail."""
    total = Fraction(0)
    for k in range(n + 1):
        total += math.comb(n, k) * p**k * (1 - p) ** (n - k)
        if total > tail:
            return k
    return n + 1


def median(case, quantity):
    name, settings = parameters(case)
    values = sorted(Fraction(x) for x in sample(name))
    n, p = len(values), Fraction(settings.get("quantile", "0.5"))
    if quantity == "estimate":
        place = (n - 1) * p
        below = values[math.floor(place)]
        return rational(below + (place - math.floor(place)) * (values[math.ceil(place)] - below))
    level, side = percentage(quantity)
    k = binomial_index(n, p if side == "lower" else 1 - p, (1 - level) / 2)
    return order_interval(values, k, side)


def r_wilcoxon(paired):
    def expression(case, quantity):
        pair = INPUTS["two_sample"][case]
        options = f", paired = {paired}, exact = {exact(pair)}"
        test = f"wilcox.test({r_vector(pair['b'])}, {r_vector(pair['a'])}{options}"
        if quantity.startswith("ci"):
            level, side = percentage(quantity)
            return f"{test}, conf.int = TRUE, conf.level = {float(level)})$conf.int[{1 if side == 'lower' else 2}]"
        return {
            "statistic": f"{test})$statistic",
            "p": f"{test})$p.value",
            "p_less": f"{test}, alternative = 'less')$p.value",
            "p_greater": f"{test}, alternative = 'greater')$p.value",
            "estimate": f"{test}, conf.int = TRUE)$estimate",
        }[quantity]

    def exact(pair):
        n1, n2 = len(pair["a"]), len(pair["b"])
        few = n1 <= MOST_EXACT_SIGNS if paired == "TRUE" else n1 * n2 <= MOST_EXACT_PAIRS
        return "TRUE" if few else "FALSE"

    return lambda case, quantity: f"unname({expression(case, quantity)})"


def scipy_brunner_munzel(case, quantity):
    pair = INPUTS["two_sample"][case]
    # SciPy's statistic is of its second argument against its first, its alternative of the first against the second.
    alternative = {"p_less": "greater", "p_greater": "less"}.get(quantity, "two-sided")
    result = scipy.stats.brunnermunzel(pair["a"], pair["b"], alternative=alternative)
    return result.statistic if quantity == "statistic" else result.pvalue


R = {"mann_whitney": r_wilcoxon("FALSE"), "hodges_lehmann": r_wilcoxon("FALSE"), "signed_rank": r_wilcoxon("TRUE")}
SCIPY = {"brunner_munzel": scipy_brunner_munzel}
