"""What Excel documents about the formulas that we print, and where the other tests' engines differ from it.

Every line of `fixtures/excel_semantics.txt` is valued in every engine: it must give Excel's result, or
exactly the difference that the line records. So a new release of an engine that mends or breaks something is
noticed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engines import ENGINES, Cell, ExcelError, Result, Scalar, require

FIXTURE = Path(__file__).with_name("fixtures") / "excel_semantics.txt"
TOLERANCE = 1e-12
Results = tuple[Result, ...]


@dataclass(frozen=True)
class Line:
    """One line of the fixture. A result in braces means that the formula is entered as a dynamic array."""

    number: int
    cell: Cell
    expected: Results
    spill: bool
    differing: Mapping[str, Results]
    modern: bool


def parse_scalar(text: str) -> Scalar:
    if text == "blank":
        return None
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    if text.startswith('"'):
        return text[1:-1]
    return ExcelError(text) if text.startswith("#") else float(text)


def parse_input(text: str) -> Scalar | tuple[Scalar, ...]:
    if text.startswith("{"):
        return tuple(parse_scalar(item.strip()) for item in text[1:-1].split(";"))
    return parse_scalar(text)


def parse_results(text: str) -> Results:
    items = text[1:-1].split(";") if text.startswith("{") else [text]
    return tuple(parse_result(item.strip()) for item in items)


def parse_result(text: str) -> Result:
    if text in ("TRUE", "FALSE"):
        return float(text == "TRUE")
    if text.startswith('"'):
        return repr(text[1:-1])
    try:
        return float(text)
    except ValueError:
        return text


def parse_fixture(text: str) -> tuple[list[Line], dict[str, str]]:
    """The lines of a fixture and the names that its `name NAME | formula` lines define."""
    lines: list[Line] = []
    names: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip() or raw.startswith("#"):
            continue
        parts = [part.strip() for part in raw.split(" | ")]
        if parts[0].startswith("name "):
            names[parts[0].removeprefix("name ")] = parts[1]
            continue
        formula, inputs, expected = parts[:3]
        differing = dict(item.split("=", 1) for item in parts[3].split(", ")) if len(parts) > 3 else {}
        values = [] if inputs == "-" else [parse_input(item.strip()) for item in inputs.split(",")]
        modern = any(re.search(rf"\b{word}\b", formula, re.IGNORECASE) for word in ("LAMBDA", "LET", *names))
        spill = expected.startswith("{")
        lines.append(
            Line(
                number,
                Cell(tuple(values), formula),
                parse_results(expected),
                spill,
                {engine: parse_results(found) for engine, found in differing.items()},
                modern,
            )
        )
    return lines, names


def same(found: Results, expected: Results) -> bool:
    return len(found) == len(expected) and all(map(same_result, found, expected))


def same_result(found: Result, expected: Result) -> bool:
    if isinstance(found, str) or isinstance(expected, str):
        return found == expected
    return found == expected or math.isclose(found, expected, rel_tol=TOLERANCE)


def show(results: Sequence[Result], spill: bool) -> str:
    text = "; ".join(f"{result:.17g}" if isinstance(result, float) else result for result in results)
    return f"{{{text}}}" if spill else text


def mistakes(lines: Sequence[Line], found: Sequence[Results], engine: str) -> list[str]:
    """One message for every line of which `engine` gave something else than recorded."""
    return [
        f"line {line.number}: {line.cell.formula}: {engine} gives {show(results, line.spill)},"
        f" recorded is {show(wanted, line.spill)} (Excel: {show(line.expected, line.spill)})"
        for line, results in zip(lines, found, strict=True)
        if not same(results, wanted := line.differing.get(engine, line.expected))
    ]


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_gives_what_excel_documents_or_the_recorded_difference(name: str) -> None:
    engine = ENGINES[name]
    lines, names = parse_fixture(FIXTURE.read_text(encoding="utf-8"))
    mine = [line for line in lines if engine.lambdas or not line.modern]
    plain, spilling = [x for x in mine if not x.spill], [x for x in mine if x.spill]
    used = names if engine.lambdas else {}
    values: list[Results] = [(result,) for result in engine.value([x.cell for x in plain], used)]
    found = mistakes(plain, values, name)
    found += mistakes(spilling, engine.spill([x.cell for x in spilling], used), name)
    assert not found, "\n".join(found)


def test_a_recorded_difference_is_one() -> None:
    lines, _ = parse_fixture(FIXTURE.read_text(encoding="utf-8"))
    idle = [
        f"line {line.number}: {engine} is recorded with Excel's own result"
        for line in lines
        for engine, found in line.differing.items()
        if engine not in ENGINES or same(found, line.expected)
    ]
    assert lines
    assert not idle, "\n".join(idle)


@pytest.mark.parametrize("name", ENGINES)
def test_an_input_reaches_an_engine_with_all_its_digits(name: str) -> None:
    numbers = [0.1 + 0.2, 1 / 3, 1e-300, 123456789.12345679, -1.7976931348623157e308, 2.0**53]
    assert ENGINES[name].value([Cell((number,), "{0}") for number in numbers]) == numbers


def test_a_missing_engine_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XLKPI_REQUIRE_ENGINES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="pip install ironcalc"):
        require("ironcalc is not installed: pip install ironcalc")


def test_a_missing_engine_fails_the_test_where_engines_are_mandatory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLKPI_REQUIRE_ENGINES", "1")
    with pytest.raises(pytest.fail.Exception, match="pip install ironcalc"):
        require("ironcalc is not installed: pip install ironcalc")
