#!/usr/bin/env python3
"""Recomputes every value in this folder's CSV files from inputs*.json with the oracle named in its row.

    python3 recompute.py [method ...]        needs mpmath, numpy and SciPy; Rscript for the rows whose oracle is R

A row holds what meshstats has to return for a case and a quantity, to a relative and an absolute tolerance; an empty
`expected` is a result that must be undefined. Inputs are taken as the exact rational numbers that their doubles are,
but published summaries as the decimals that were printed. Exits with 1 when a row disagrees.

The modules in oracles/ hold, for a file `<method>.csv`, a function `<method>(case, quantity)`, and where a row's oracle
is R or SciPy an R expression `R["<method>"](case, quantity)` or a function `SCIPY["<method>"](case, quantity)`.
"""

import csv
import importlib
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "oracles"))
sys.dont_write_bytecode = True
ORACLES = [importlib.import_module(path.stem) for path in sorted((HERE / "oracles").glob("*.py"))]

import mpmath  # noqa: E402 (common.py sets its precision)
from mpmath import mpf  # noqa: E402

# Oracles that carry fewer digits than the 20 of a row: R and SciPy compute in doubles.
AGREEMENT = {"mpmath": mpf(10) ** -17, "exact": mpf(10) ** -17, "R": mpf(10) ** -13, "stream": mpf(10) ** -13}


def function(method):
    return next(getattr(module, method) for module in ORACLES if hasattr(module, method))


def entry(table, method):
    return next(getattr(module, table)[method] for module in ORACLES if method in getattr(module, table, {}))


def r_values(rows):
    """The values of the rows whose oracle is R, by one run of R."""
    if not rows:
        return []
    lines = ["options(digits = 17, warn = -1)", "out <- function(x) cat(sprintf('%.17g', x), sep = '\\n')"]
    lines += [f"out({entry('R', method)(case, quantity)})" for method, case, quantity in rows]
    out = subprocess.run(["Rscript", "--vanilla", "-"], input="\n".join(lines), capture_output=True, text=True, check=True)
    return [None if line in ("NA", "NaN") else mpf(line) for line in out.stdout.split()]


def recomputed(method, rows):
    """The value of each row of a method's file."""
    cases = [(method, row["case"], row["quantity"]) for row in rows]
    of_r = iter(r_values([case for case, row in zip(cases, rows) if row["oracle"] == "R"]))
    for (_, case, quantity), row in zip(cases, rows):
        if row["oracle"] == "R":
            yield next(of_r)
        elif row["oracle"] == "SciPy":
            yield entry("SCIPY", method)(case, quantity)
        else:
            yield function(method)(case, quantity)


def disagreement(row, value):
    """What is wrong with a row, if anything."""
    if (value is None) != (row["expected"] == ""):
        return f"recomputed {value}"
    if value is None:
        return None
    expected, value = mpf(row["expected"]), mpf(value)
    if row["oracle"] in ("SciPy", "NIST"):
        # SciPy computes in doubles or by simulation; NIST certifies the decimals as published, while their doubles,
        # which we are given, have other moments.
        tolerance = mpf(row["absolute"]) + mpf(row["relative"]) * abs(expected)
    else:
        tolerance = AGREEMENT[row["oracle"]] * abs(expected)
    return None if abs(value - expected) <= tolerance else f"recomputed {mpmath.nstr(value, 20)}"


def check(path):
    """How many rows a file has, and what is wrong with them."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = []
    for row, value in zip(rows, recomputed(path.stem, rows), strict=True):
        if problem := disagreement(row, value):
            wrong.append(f"{path.name}: {row['case']}: {row['quantity']} = {row['expected']} by {row['oracle']}: {problem}")
    return len(rows), wrong


def main():
    files = [path for path in sorted(HERE.glob("*.csv")) if not sys.argv[1:] or path.stem in sys.argv[1:]]
    count, wrong = 0, []
    # A file at a time, so that a slow oracle does not keep the others waiting.
    with ProcessPoolExecutor() as pool:
        for rows, problems in pool.map(check, files):
            count += rows
            wrong += problems
    print(*wrong, f"{count} values, {len(wrong)} disagree", sep="\n")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
