"""Excel's statistical functions over live cells, of Excel 2010 at most, as in :mod:`xlkpi.workbook.functions`."""

from __future__ import annotations

import math

from xlkpi.analysis.distributions import fisher_exact, normal_quantile, normal_tail, student_quantile, student_tail
from xlkpi.formula.excel import number
from xlkpi.formula.nodata import NoData
from xlkpi.workbook.functions import root
from xlkpi.workbook.live import TIGHT, Given, Live, Value, live, number_of, wrapped


def normal(given: Given) -> Live:
    """``NORM.S.DIST``, cumulative."""
    cell = live(given)
    value = number_of(cell.value)
    return Live(f"_xlfn.NORM.S.DIST({cell.text},TRUE)", value if isinstance(value, NoData) else normal_tail(-value))


def normal_inverse(probability: float) -> Live:
    """``NORM.S.INV`` of a constant."""
    return Live(f"_xlfn.NORM.S.INV({number(probability)})", normal_quantile(probability))


def fisher(seen: Live, smaller: Live, rare: Live, whole: Live, numbers: str) -> Live:
    """The p-value of Fisher's exact test: the sum of the probabilities of all tables no likelier than the one seen.

    Of all observations (``whole``) ``rare`` have the rarer outcome, ``seen`` of them in the ``smaller`` variant. For
    few expected, so that the rows of ``numbers`` cover every table that counts: of the smaller variant and the rarer
    outcome, 0 to as many as it has rows less one.
    """
    few, of, all_ = smaller.text, rare.text, wrapped(whole, TIGHT)
    ways = f"(ROW({numbers})-1)"

    def likely(k: str) -> str:
        inside = (f"GAMMALN({k}+1)+GAMMALN(ABS({of}-{k})+1)+GAMMALN(ABS({few}-{k})+1)"
                  f"+GAMMALN(ABS({all_}-{of}-{few}+{k})+1)")  # fmt: skip
        return (f"EXP(GAMMALN({of}+1)+GAMMALN({all_}-{of}+1)+GAMMALN({few}+1)+GAMMALN({all_}-{few}+1)"
                f"-GAMMALN({all_}+1)-({inside}))")  # fmt: skip

    possible = f"({ways}<={of})*({ways}<={few})*({ways}>={few}+{of}-{all_})"
    text = f"SUMPRODUCT({possible}*({likely(ways)}<={likely(seen.text)}*1.0000001)*{likely(ways)})"
    given = [cell.value for cell in (seen, smaller, rare, whole)]
    counts = [int(v) for v in given if isinstance(v, float)]
    value: Value = NoData.NOT_A_NUMBER
    if len(counts) == 4 and 0 <= counts[0] <= counts[1] <= counts[3] and counts[0] <= counts[2] <= counts[3]:
        value = fisher_exact(counts[0], counts[1], counts[2] - counts[0], counts[3] - counts[1])
    return Live(f"MIN(1,{text})", value)


def student_two_sided(square: Live, freedom: Live) -> Live:
    """P(|T| > t) of Student's distribution, from t**2 and the degrees of freedom, which need not be whole.

    ``T.DIST.2T`` cuts the degrees to a whole number; ``BETA.DIST`` does not: the probability is the regularised
    incomplete beta function at freedom / (freedom + t**2) with freedom/2 and 1/2 (DLMF 8.17, Abramowitz and Stegun
    26.7.1).
    """
    t, degrees = number_of(square.value), number_of(freedom.value)
    value: Value = NoData.NOT_A_NUMBER
    if isinstance(t, float) and isinstance(degrees, float) and t >= 0 and degrees > 0:
        value = 2 * student_tail(math.sqrt(t), degrees)
    return Live(f"_xlfn.BETA.DIST({(freedom / (freedom + square)).text},{freedom.text}/2,0.5,TRUE)", value)


def student_limit(level: float, freedom: Live) -> Live:
    """The t between whose negative and itself Student's distribution has a probability: with y, the quantile of the
    beta distribution with 1/2 and freedom/2, that is the root of freedom * y / (1 - y).
    """
    degrees = number_of(freedom.value)
    sane = isinstance(degrees, float) and degrees > 0
    value = student_quantile((1 + level) / 2, degrees) if sane else NoData.NOT_A_NUMBER  # type: ignore[arg-type]  # a number where it is sane
    share = Live(f"_xlfn.BETA.INV({number(level)},0.5,{freedom.text}/2)", 0.0)
    return Live(root(freedom * share / (1 - share)).text, value)
