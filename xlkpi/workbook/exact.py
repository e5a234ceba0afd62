"""Texts from data in formulas, compared as they are.

``SUMIFS`` would read ``<18`` as a comparison, ``a*`` as a pattern and ``01`` as the number 1, and ``MATCH`` knows
patterns, too. What an objective, a channel or a segment is called may be any of these.
"""

from __future__ import annotations

import math

from xlkpi.formula.nodata import NoData
from xlkpi.workbook.functions import match, rows_where
from xlkpi.workbook.live import LOOSE, Given, Live, Span, Value, live, text_of, wrapped

#: What patterns are made of, the sign that takes their meaning first.
_SIGNS = "~*?"


def match_text(wanted: Given, span: Span) -> Live:
    """``MATCH`` of the first equal text; a number that was typed or picked is the text of its digits."""
    cell = live(wanted)
    text = cell.text
    for sign in _SIGNS:
        text = f'SUBSTITUTE({text},"{sign}","~{sign}")'
    value: Value = cell.value if isinstance(cell.value, NoData) else text_of(cell.value)
    return match(Live(text, value), span)


def sum_where(of: Span, *conditions: tuple[Span, str, Given]) -> Live:
    """``SUMPRODUCT`` of the rows in which conditions hold, as those of :func:`~xlkpi.workbook.functions.sum_ifs`.

    ``=`` compares texts; an error in any of the columns is the result.
    """
    tests = "*".join(f"({span.text}{sign}{wrapped(live(given), LOOSE)})" for span, sign, given in conditions)
    given = [live(wanted).value for _, _, wanted in conditions]
    found = (*given, of.wrong, *(span.wrong for span, _, _ in conditions))
    wrong = next((value for value in found if isinstance(value, NoData)), None)
    rows = sorted(rows_where(conditions)) if wrong is None else []
    known = [v for v in map(of.values.__getitem__, rows) if isinstance(v, float)]
    return Live(f"SUMPRODUCT({tests},{of.text})", math.fsum(known) if wrong is None else wrong)
