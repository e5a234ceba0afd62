"""Units: derived from the units of the inputs, and held against what a KPI declares."""

from __future__ import annotations

from pathlib import Path

import pytest

import xlkpi
from xlkpi.errors import FormulaError
from xlkpi.formula import Formula
from xlkpi.formula.units import PLAIN, UNITS, UNKNOWN, Unit, fits, of_measure, of_result

PAIRS = Path(__file__).with_name("fixtures") / "unit_pairs.txt"
LINES = [
    line.split(" | ") for line in PAIRS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
]
MEASURES = {
    "cost": "currency", "revenue": "currency", "clicks": "count", "leads": "count", "visits": "count",
    "rate": "percent",
    "duration": "seconds", "days": "days", "months": "months", "rank": "rank", "score": "score",
}  # fmt: skip
OF = {name: of_measure(name, unit) for name, unit in MEASURES.items()}


@pytest.mark.parametrize(("text", "derived", "fitting", "unfitting"), LINES, ids=[line[0] for line in LINES])
def test_a_unit_is_derived_as_the_fixture_says(text: str, derived: str, fitting: str, unfitting: str) -> None:
    formula = Formula.parse(text)
    if derived == "mixed":
        with pytest.raises(FormulaError) as caught:
            formula.unit(OF)
        assert caught.value.problems[0].code == "unit_mixed"
        return
    unit = formula.unit(OF)
    assert str(unit) == derived
    assert [name for name in fitting.split() if name != "-" and not fits(unit, name)] == []
    assert [name for name in unfitting.split() if name != "-" and fits(unit, name)] == []


def test_mixed_units_are_told_at_the_column_of_the_sum() -> None:
    with pytest.raises(FormulaError) as caught:
        Formula.parse("clicks * (cost + duration)").unit(OF)
    (problem,) = caught.value.problems
    assert problem.place.column == 11
    assert {"currency", "seconds"} == {problem.values["first"], problem.values["second"]}


def test_an_unknown_unit_fits_everything() -> None:
    unit = Formula.parse("cost / mystery").unit(OF)
    assert all(fits(unit, declared) for declared in UNITS)
    assert of_result("no such unit") == UNKNOWN


def test_units_multiply_and_raise_to_powers() -> None:
    euro, lead = of_result("currency"), of_measure("leads", "count")
    assert euro * lead**-1 * lead == euro
    assert (euro**2) ** 0.5 == euro
    assert euro * euro**-1 == PLAIN == Unit()
    assert str(euro**2 * lead**-2) == "currency^2/leads^2"


@pytest.mark.parametrize("kpi", xlkpi.catalogue().values(), ids=lambda kpi: kpi.id)
def test_the_unit_of_every_kpi_follows_from_its_measures(kpi: xlkpi.KPI) -> None:
    catalogue = xlkpi.catalogue()
    assert fits(kpi.compiled.unit({name: catalogue.unit_of(i.measure) for name, i in kpi.inputs.items()}), kpi.unit)
