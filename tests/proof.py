"""The proof that a formula gives the same number, or the same kind of no data, in every engine.

A :class:`Case` is a formula with values. :func:`disagreements` values many cases in Python (single values, lists,
numpy), in LibreOffice, ironcalc and cellrune as native formulas and LAMBDA names, and in DuckDB through ibis, and
returns what does not agree with Python's single value.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.engines import Cell, ExcelError, Result, value_in
from xlkpi.formula import Formula, NoData, Outcome
from xlkpi.formula.evaluate import outcome, read_input
from xlkpi.formula.tree import COMPARISONS, Call, Name, Node, Number, substitute
from xlkpi.formula.tree import names as names_of

TOLERANCE = 1e-12


@dataclass(frozen=True)
class Case:
    """A formula with a value for each of its names, in the order of ``names``."""

    formula: Formula
    names: tuple[str, ...]
    values: tuple[Any, ...]
    label: str

    @property
    def inputs(self) -> dict[str, Any]:
        """What Python is given: an error in a cell is the reason that it stands for."""
        return {n: _python(v) for n, v in zip(self.names, self.values, strict=True)}

    @property
    def expected(self) -> Outcome:
        return self.formula.outcome(**self.inputs)

    @property
    def numeric(self) -> bool:
        """Whether a database column could hold the values: numbers and NULL."""
        flat = itertools.chain.from_iterable(v if isinstance(v, tuple) else (v,) for v in self.values)
        return all(v is None or isinstance(v, int | float) for v in flat)


def _python(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_python(v) for v in value)
    return NoData(value.code) if isinstance(value, ExcelError) else value


def agrees(expected: Outcome, result: Result | float | None, *, reasons: bool = True) -> bool:
    """Whether an engine's result is the expected one; without ``reasons`` any kind of no data is the same."""
    if isinstance(expected, NoData):
        if not reasons:
            return result is None or (isinstance(result, float) and math.isnan(result))
        return result == expected.value
    return isinstance(result, float) and math.isclose(result, expected, rel_tol=TOLERANCE, abs_tol=1e-300)


def disagreements(cases: Sequence[Case], engines: Sequence[str]) -> list[str]:
    """A line for each engine and case that does not agree; the shortest formula first."""
    found = [*_python_engines(cases), *_spreadsheets(cases, engines), *_duckdb(cases)]
    return [line for _, line in sorted(found)]


def _line(case: Case, engine: str, result: Any) -> tuple[int, str]:
    expected = case.expected
    shown = expected.value if isinstance(expected, NoData) else expected
    return len(
        case.formula.text
    ), f"{case.label}: {case.formula.text} {case.inputs} is {shown!r}, {engine} gives {result!r}"


def _python_engines(cases: Sequence[Case]) -> Iterator[tuple[int, str]]:
    import numpy as np

    for _, group_ in itertools.groupby(cases, key=lambda case: id(case.formula)):
        group = list(group_)
        formula, expected = group[0].formula, [case.expected for case in group]
        if formula.adds_rows:
            columns = [formula(**case.inputs) for case in group]
            arrays = [
                formula(**{n: _floats(v) for n, v in case.inputs.items()}) if case.numeric else None for case in group
            ]
        else:
            inputs = {n: [case.inputs[n] for case in group] for n in formula.names}
            columns = formula(**inputs)
            objects = {n: np.array(list(c), dtype=object) for n, c in inputs.items()}
            arrays = list(formula(**objects))
        for case, value, in_list, in_array in zip(group, expected, columns, arrays, strict=True):
            if not agrees(value, in_list, reasons=False):
                yield _line(case, "list", in_list)
            if in_array is not None and not agrees(value, float(in_array), reasons=False):
                yield _line(case, "numpy", in_array)


def _floats(values: Any) -> Any:
    import numpy as np

    return np.array([math.nan if v is None else v for v in (values if isinstance(values, tuple) else (values,))])


def _spreadsheets(cases: Sequence[Case], engines: Sequence[str]) -> Iterator[tuple[int, str]]:
    native = [
        Cell(c.values, c.formula.excel({n: f"{{{i}}}" for i, n in enumerate(c.names)}, elementwise=False))
        for c in cases
    ]
    names: dict[str, str] = {}
    calls = []
    for case in cases:
        name = f"F_{id(case.formula)}"
        names.setdefault(name, case.formula.lambda_(case.names))
        calls.append(Cell(case.values, f"{name}({','.join(f'{{{i}}}' for i in range(len(case.names)))})"))
    natives = value_in([e for e in engines if e in ("libreoffice", "ironcalc")], native)
    lambdas = value_in([e for e in engines if e != "libreoffice"], calls, names)
    for kind, results in (("native", natives), ("LAMBDA", lambdas)):
        for engine, values in results.items():
            for case, result in zip(cases, values, strict=True):
                if not agrees(case.expected, result):
                    yield _line(case, f"{engine} {kind}", result)


def _duckdb(cases: Sequence[Case]) -> Iterator[tuple[int, str]]:
    import ibis

    database = ibis.duckdb.connect()
    groups = [list(g) for _, g in itertools.groupby((c for c in cases if c.numeric), key=lambda case: id(case.formula))]
    rows = [group for group in groups if group[0].formula.adds_rows]
    plain = [group for group in groups if not group[0].formula.adds_rows]
    for batch in [*([group] for group in rows), *(plain[i : i + 40] for i in range(0, len(plain), 40))]:
        for group, results in zip(batch, _query(database, ibis, batch), strict=True):
            for case, result in zip(group, results, strict=True):
                if not agrees(case.expected, None if result is None else float(result), reasons=False):
                    yield _line(case, "duckdb", result)


def _query(database: Any, ibis: Any, batch: Sequence[Sequence[Case]]) -> list[list[Any]]:
    """One query for the cases of many formulas; a formula over rows is aggregated by case, alone."""
    names = sorted({name for group in batch for name in group[0].names})
    rows = [
        {"case_": i, **dict(zip(case.names, row, strict=True))}
        for i, case in enumerate(itertools.chain.from_iterable(batch))
        for row in zip(*(v if isinstance(v, tuple) else (v,) for v in case.values), strict=True)
    ]
    schema = {"case_": "int64", **dict.fromkeys(names, "float64")}
    table = ibis.memtable({key: [_real(row.get(key)) for row in rows] for key in schema}, schema=schema)
    columns = {name: table[name] for name in names}
    results = {f"result_{i}": group[0].formula.ibis(columns) for i, group in enumerate(batch)}
    if batch[0][0].formula.adds_rows:
        query = table.group_by("case_").agg(**results)
    else:
        query = table.select("case_", **results)
    answer = database.to_pyarrow(query.order_by("case_"))
    first = itertools.accumulate((len(group) for group in batch), initial=0)
    return [
        answer[f"result_{i}"].to_pylist()[start : start + len(group)]
        for i, (group, start) in enumerate(zip(batch, first, strict=False))
    ]


def _real(value: Any) -> Any:
    return value if value is None else float(value)


def well_conditioned(formula: Formula, values: Mapping[str, Any]) -> bool:
    """Whether programs must agree to 12 digits: no near-cancellation, no near-ties, nothing near under- or overflow.

    Spreadsheets snap differences near zero to zero and compare with 15 digits, each in its own way.
    """
    if formula.adds_rows:
        return True
    numbers = {n: read_input(v, formula.limits.get(n, (None, None))) for n, v in values.items()}
    known: dict[str, Node] = {n: Number(v) for n, v in numbers.items() if isinstance(v, float)}
    return _steady(substitute(formula.root, known))


def _steady(node: Node) -> bool:
    if isinstance(node, Number | Name):
        return True
    if not all(_steady(a) for a in node.arguments):
        return False
    values = [_known(a) for a in node.arguments]
    numbers = [v for v in values if not isinstance(v, NoData)]
    return len(numbers) < len(values) or _steady_step(node, numbers)


def _known(node: Node) -> Outcome:
    return outcome(node, dict.fromkeys(names_of(node), NoData.MISSING))


def _steady_step(node: Call, values: Sequence[float]) -> bool:
    first = values[0]
    if node.operation in ("add", "sub", *COMPARISONS, "min", "max", "pow"):
        second = -values[1] if node.operation == "add" else values[1]
        near = abs(first - second) < 1e-3 * max(abs(first), abs(second)) and first != second
        if near and node.operation != "pow":
            return False
    if node.operation in ("round", "floor", "ceil"):
        digits = int(values[1]) if node.operation == "round" else 0
        scaled = abs(first) * 10.0**digits
        part = (scaled + (0.5 if node.operation == "round" else 0)) % 1
        if scaled > 1e12 or (scaled != int(scaled) and min(part, 1 - part) < 1e-6):
            return False
    if _size(node.operation, values) > 200:
        return False
    result = _known(node)
    return isinstance(result, NoData) or result == 0 or 1e-14 < abs(result) < 1e100


def _size(operation: str, values: Sequence[float]) -> float:
    """The natural logarithm of a result's size, up or down: far out, programs overflow and underflow differently."""
    logs = [math.log(abs(v)) if v else 0.0 for v in values]
    if operation == "pow":
        return abs(values[1] * logs[0])
    if operation == "exp":
        return abs(values[0])
    return abs(logs[0] + logs[1]) + abs(logs[0] - logs[1]) if operation in ("mul", "div") else 0.0


__all__ = ["Case", "agrees", "disagreements", "well_conditioned"]
