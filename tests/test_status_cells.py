"""The status formulas give the same status in spreadsheet programs as in Python."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from tests.engines import ENGINES, ExcelError, require
from tests.engines.book import SHEET, Block, _write_input
from xlkpi.formula import NoData
from xlkpi.status import KINDS, Facts, Kind, Rules, Settings, curve, excel_columns, rules, status, verdict
from xlkpi.status.facts import INPUTS

JUDGES = ("libreoffice", "ironcalc")
NUMBERS = ("progress", "expected", "gap", "pace")
ROW = "7777"  # stands for the row in formulas that are printed once


@dataclass(frozen=True)
class Sheet:
    """Cases that share one set of formulas."""

    name: str
    cases: Sequence[Facts]
    options: Mapping[str, Any]
    inputs: tuple[str, ...] = INPUTS
    judges: tuple[str, ...] = JUDGES


def results(sheet: Sheet) -> dict[str, dict[str, list[Any]]]:
    """By engine and column: what the cells of every case hold."""
    for name in sheet.judges:
        missing = ENGINES[name].available()
        if missing:
            require(missing)
    columns = ["", *sheet.inputs]
    references = {name: f"{xl_col_to_name(columns.index(name))}{ROW}" for name in sheet.inputs}
    helpers = ["mode", "way", "goal", "elapsed", "expected", "met", "progress", "gap", "pace"]
    helpers += ["allowance", "failed", "status", "verdict"]
    references |= {h: f"{xl_col_to_name(len(columns) + i)}{ROW}" for i, h in enumerate(helpers)}
    if "kind" not in sheet.inputs:
        del references["mode"]
    formulas = excel_columns(references, **sheet.options)
    wanted = [name for name in ("status", "verdict", *NUMBERS) if name in formulas]
    count = len(sheet.cases)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "status.xlsx")
        book = xlsxwriter.Workbook(path)
        page = book.add_worksheet(SHEET)
        for row, facts in enumerate(sheet.cases):
            for column, name in enumerate(columns):
                if name:
                    _write_input(page, row, column, getattr(facts, name))
            for name, formula in formulas.items():
                address = references[name].replace(ROW, str(row + 1))
                page.write_formula(address, "=" + formula.replace(ROW, str(row + 1)))
            for block, name in enumerate(wanted):  # the engines read column A: one column below the other
                page.write_formula(block * count + row, 0, "=" + references[name].replace(ROW, str(row + 1)))
        book.close()
        blocks = [Block(block * count, count) for block in range(len(wanted))]
        return {name: dict(zip(wanted, ENGINES[name].read(path, blocks), strict=True)) for name in sheet.judges}


def python(facts: Facts) -> Facts:
    """The same case as Python gets it: an error in a cell is the reason that it stands for."""
    errors: dict[str, Any] = {n: NoData(v.code) for n, v in vars(facts).items() if isinstance(v, ExcelError)}
    return replace(facts, **errors)


def disagreements(sheet: Sheet) -> list[str]:
    settings = sheet.options.get("settings")
    found = []
    by_engine = results(sheet)
    for row, case in enumerate(sheet.cases):
        facts = python(case)
        ours = status(facts, settings=settings)
        expected = {"status": repr(ours.code), "verdict": repr(verdict(facts, settings=settings).code)}
        if ours.code != "no_data":
            expected |= {name: getattr(ours, name) for name in NUMBERS}
        for engine, columns in by_engine.items():
            for name, value in expected.items():
                if name in columns and not same(columns[name][row], value):
                    found.append(f"{engine} {sheet.name} {name}: {columns[name][row]!r}, Python {value!r}: {case}")
    return found


def same(cell: Any, ours: Any) -> bool:
    if ours is None:
        return bool(cell == "''")
    if isinstance(ours, str) or isinstance(cell, str):
        return bool(cell == ours)
    return bool(cell == pytest.approx(ours, rel=1e-9, abs=1e-9))


# --- cases -----------------------------------------------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    None, None, None, "", "abc", "12", 0.0, 0.0, -1.0, 1e-9, 1e12, ExcelError("#N/A"), ExcelError("#DIV/0!"),
)  # fmt: skip
SHARES = (0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9, 0.95, 1.0)
PACES = (-0.5, -0.04, 0.0, 0.3, 0.5, 0.74, 0.75, 0.76, 0.9, 0.95, 0.96, 0.99, 1.0, 1.01, 1.05, 1.4)


def cases(seed: str, count: int, odds: float = 0.06, curves: tuple[Any, ...] = ()) -> Iterator[Facts]:
    """Objectives on and around every cut: on it exactly, on it but for the last digits, beside it, and odd
    cells.
    """
    draw = random.Random(seed)
    for _ in range(count):
        kind = draw.choice(KINDS)
        cumulative = kind != "stay_between" and draw.random() < 0.25
        baseline = draw.choice((0.0, 1.8, 100.0, -40.0, 0.1, 0.3, round(draw.uniform(-500, 500), 2)))
        target = baseline + draw.choice((1, -1)) * draw.choice((0.0, 0.7, 0.2, 50.0, 140.0, 1000.0, 1 / 3))
        if cumulative:
            target = abs(target)
        start = draw.choice((36526.0, 46023.0, 46113.0))
        length = draw.choice((0, 1, 7, 20, 20, 100, 100, 365))
        share = draw.choice(SHARES)
        as_of = start + draw.choice(
            (-3, -1, 0, 1, length - 1, length, length + 1, length + 30, *[round(share * length)] * 8)
        )
        elapsed = min(1.0, max(0.0, (as_of - start) / length)) if length else 1.0
        low, high = sorted((baseline, target))
        actual = draw.choice(
            (
                baseline + (target - baseline) * elapsed * draw.choice(PACES),
                target * elapsed * draw.choice(PACES),
                target * draw.choice((0.94, 0.95, 0.96, 1.0, 1.04, 1.05, 1.06)),
                target,
                baseline,
                low - (high - low) * draw.choice((0.0, 0.03, 0.05, 0.2, -0.5)),
                draw.uniform(-600, 600),
            )
        )
        facts = Facts(
            kind, actual, baseline, target, low, high,
            success=target * draw.choice((0.9, 1.1)) if draw.random() < 0.15 else None,
            failure=draw.choice((baseline, target * 0.9, target * 1.1)) if draw.random() < 0.3 else None,
            start=start, due=start + length, as_of=as_of, cumulative=cumulative,
            direction=draw.choice(("none", "none", "higher", "lower")), curve=draw.choice(curves) if curves else (),
        )  # fmt: skip
        names: tuple[str, ...] = ("actual", "baseline", "success", "failure", "start", "due", "as_of")
        names += ("low", "high") if kind == "stay_between" else ("target",)
        yield replace(facts, **{name: draw.choice(ODD) for name in names if draw.random() < odds})


def test_one_set_of_formulas_for_every_kind_gives_the_status_that_python_gives() -> None:
    made = list(cases("any kind", 4000))
    assert {facts.kind for facts in made} == set(KINDS)
    codes = {status(python(facts)).code for facts in made}
    assert len(codes) == 7, "the cases reach every status"
    assert len({status(python(facts)).rule for facts in made}) >= 11, "and every rule"
    assert disagreements(Sheet("any kind", made, {})) == []


def test_the_comparison_finds_a_wrong_formula() -> None:
    """Formulas with another cut than Python's."""
    facts = Facts("increase", 148.0, 100.0, 200.0, start=46000.0, due=46100.0, as_of=46050.0)
    sheet = Sheet("wrong", [facts], {"settings": Settings(on_track=0.99)}, judges=("ironcalc",))
    assert results(sheet)["ironcalc"]["status"] == ["'at_risk'"]
    assert status(facts).code == "on_track"
    assert len(disagreements(Sheet("wrong", [facts], {"definition": stricter()}, judges=("ironcalc",)))) == 1


def stricter() -> Rules:
    """The rules with a cut that Python is not told of."""
    return replace(rules(), settings=Settings(on_track=0.99))


def test_a_logical_value_is_not_a_number() -> None:
    """LibreOffice can't be asked: it takes TRUE for the number 1."""
    names = ("actual", "baseline", "target", "success", "failure", "start", "due", "as_of")
    whole = Facts("increase", 5.0, 0.0, 10.0, start=46000.0, due=46100.0, as_of=46050.0)
    kinds: tuple[Kind, ...] = ("reach", "increase", "stay_below")
    logical: list[dict[str, Any]] = [{name: True} for name in names]
    made = [replace(whole, kind=kind, **one) for kind in kinds for one in logical]
    assert disagreements(Sheet("logical", made, {}, judges=("ironcalc",))) == []


@pytest.mark.parametrize(
    "mode", ["reach", "increase", "decrease", "stay_above", "stay_below", "stay_between", "total", "cap"]
)
def test_the_shorter_formulas_for_one_kind_agree_too(mode: str) -> None:
    """Without the cells for kind, sums and thresholds."""
    found = []
    for facts in cases(f"only {mode}", 15000):
        plain = replace(facts, success=None, failure=None, direction="none")
        if status(python(plain)).mode == mode:
            found.append(plain)
        if len(found) == 400:
            break
    assert len(found) == 400
    inputs = ("actual", "baseline", "target", "low", "high", "start", "due", "as_of")
    assert disagreements(Sheet(mode, found, {"mode": mode}, inputs)) == []


@pytest.mark.parametrize(
    "points",
    [
        ((0.5, 0.2),),
        ((0.25, 0.0), (0.5, 0.1), (0.75, 0.7)),
        tuple((i / 52, (i / 52) ** 2) for i in range(1, 52)),
    ],
)
def test_a_curve_is_expected_alike_in_cells(points: Any) -> None:
    course = curve(points)
    made = list(cases("curve", 600, curves=(course,)))
    assert disagreements(Sheet("curve", made, {"curve": course})) == []


def test_other_settings_are_written_into_the_formulas() -> None:
    settings = Settings(on_track=1.0, at_risk=0.9, dead_band=0.0, breach=0.2, partially=0.7)
    made = list(cases("settings", 600))
    assert any(status(python(f)).code != status(python(f), settings=settings).code for f in made)
    assert disagreements(Sheet("settings", made, {"settings": settings})) == []


# --- what the formulas look like -------------------------------------------------------------------------------------


def columns_of(mode: str | None = None, **extra: str) -> dict[str, str]:
    names = INPUTS if mode is None else ("actual", "baseline", "target", "start", "due", "as_of")
    return excel_columns({**{name: f"[@{name}]" for name in names}, **extra}, mode=mode)


def test_the_formulas_stay_readable() -> None:
    made = columns_of("increase")
    assert made["progress"] == (
        'IF(COUNT([@target],[@baseline],[@actual])<3,"",'
        "IF([@target]-[@baseline]>0,([@actual]-[@baseline])/([@target]-[@baseline]),[@met]))"
    )
    assert made["pace"] == 'IFERROR(ROUND([@progress]/[@expected],9),"")'
    assert max(len(formula) for name, formula in made.items() if name != "status") < 260
    assert len(made["status"]) < 350
    cells = {
        n: f"{c}2" for n, c in zip(("met", "progress", "elapsed", "expected", "gap", "pace"), "ABCDEF", strict=True)
    }
    assert len(columns_of("increase", **cells)["status"]) < 270
    assert max(len(formula) for formula in columns_of().values()) < 1200


def test_only_functions_of_excel_2010_are_used() -> None:
    import re

    every = " ".join(columns_of(guard="[@guard]", override="[@override]", until="[@until]").values())
    known = {"IF", "OR", "AND", "COUNT", "ISNUMBER", "IFERROR", "ROUND", "ABS", "MIN", "MAX", "N"}
    assert set(re.findall(r"([A-Z][A-Z.]*)\(", every)) <= known


def test_a_guard_caps_green_and_an_override_holds_until_its_day_in_cells() -> None:
    from tests.engines import Cell, value_in

    references = {
        "kind": "{0}", "status": "{0}", "guard": "{1}", "capped": "({2})",
        "override": "{3}", "until": "{4}", "as_of": "{5}",
    }  # fmt: skip
    made = excel_columns({n: r.replace("{", "§").replace("}", "¤") for n, r in references.items()})
    text = {n: made[n].replace("§", "{").replace("¤", "}") for n in ("capped", "shown")}
    capped = [
        Cell((code, guard), text["capped"])
        for code in ("on_track", "achieved", "behind")
        for guard in ("behind", "at_risk", None)
    ]
    shown = [
        Cell((None, None, "on_track", override, until, 46100.0), text["shown"])
        for override, until in (("behind", 46101.0), ("behind", 46100.0), ("behind", None), (None, None))
    ]
    for values in value_in(JUDGES, [*capped, *shown]).values():
        assert [eval_text(v) for v in values] == [
            "at_risk", "on_track", "on_track", "at_risk", "achieved", "achieved", "behind", "behind", "behind",
            "behind", "on_track", "behind", "on_track",
        ]  # fmt: skip


def eval_text(value: Any) -> str:
    return str(value).strip("'")


def test_words_and_cells_for_settings_can_be_given() -> None:
    made = excel_columns(
        {
            "actual": "A1",
            "baseline": "B1",
            "target": "C1",
            "start": "D1",
            "due": "E1",
            "as_of": "F1",
            "on_track": "Settings!$B$1",
        },
        mode="increase",
        words={"on_track": 'En "bonne" voie'},
    )
    assert "[@pace]>=Settings!$B$1" in made["status"]
    assert '"En ""bonne"" voie"' in made["status"]
