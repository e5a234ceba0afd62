"""Every KPI of the catalogue gives the same number, and the same kind of no data, in every engine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

import xlkpi
from tests.engines import ExcelError, available_engines
from tests.proof import Case, agrees, disagreements, well_conditioned
from xlkpi.catalogue import KPI

CASES = 200
ENGINES = ("libreoffice", "ironcalc", "cellrune")
KPIS = list(xlkpi.catalogue().values())


def ordinary(draw: random.Random) -> float:
    """A believable number: counts, money, rates, over the sizes that marketing has."""
    return draw.choice(
        [
            lambda: float(draw.randint(1, 10 ** draw.randint(1, 9))),
            lambda: round(draw.uniform(0, 10 ** draw.randint(0, 7)), 2),
            lambda: draw.uniform(0.001, 1.0),
        ]
    )()


EXTREMES: tuple[Any, ...] = (
    0.0, 0.0, 0.0, None, None, None, -1.0, -250.5, 1e-9, 3e-12, 9007199254740992.0, 1e15, 1.5e12, 1.0, -0.02,
    "", "abc", "12", ExcelError("#N/A"), ExcelError("#DIV/0!"), ExcelError("#REF!"),
)  # fmt: skip


def value(draw: random.Random, odds: float) -> Any:
    return draw.choice(EXTREMES) if draw.random() < odds else ordinary(draw)


def cases(kpi: KPI) -> Iterator[Case]:
    """The worked example, then generated inputs: mostly believable, some with one or several extremes."""
    names = tuple(kpi.inputs)
    yield Case(kpi.compiled, names, tuple(kpi.arguments.values()), kpi.id)
    draw, made = random.Random(f"proof of {kpi.id}"), 0
    while made < CASES:
        odds = draw.choice((0.0, 0.1, 0.4))
        if kpi.compiled.adds_rows:
            rows = draw.randint(1, 6)
            values: tuple[Any, ...] = tuple(tuple(value(draw, odds / 3) for _ in range(rows)) for _ in names)
        else:
            values = tuple(value(draw, odds) for _ in names)
            if draw.random() < 0.05:
                values = (values[0],) * len(values)
        case = Case(kpi.compiled, names, values, kpi.id)
        if well_conditioned(case.formula, case.inputs):
            made += 1
            yield case


def test_every_kpi_gives_the_same_number_and_the_same_no_data_in_every_engine() -> None:
    all_cases = [case for kpi in KPIS for case in cases(kpi)]
    assert len(all_cases) == len(KPIS) * (CASES + 1)
    assert disagreements(all_cases, ENGINES) == []


def test_the_judge_measured_against_excel_agrees_on_every_worked_example() -> None:
    examples = [next(cases(kpi)) for kpi in KPIS]
    assert disagreements(examples, ["formulon"]) == []


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_the_worked_example_is_right(kpi: KPI) -> None:
    assert agrees(kpi.outcome(**kpi.arguments), kpi.result)


def test_the_proof_finds_a_wrong_formula() -> None:
    roi = xlkpi.catalogue()["roi"]
    wrong = xlkpi.Formula.parse("gain - cost / cost", limits=roi.limits)

    class Lying(Case):
        """Expects what the right formula gives, while the engines are handed a wrong one."""

        @property
        def expected(self) -> Any:
            return roi.outcome(**self.inputs)

    found = disagreements([Lying(wrong, ("gain", "cost"), (1000.0, 400.0), "roi")], available_engines()[:2])
    assert len(found) >= 3
