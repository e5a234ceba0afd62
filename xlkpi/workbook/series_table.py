"""The table of series: for each objective, and each choice that has values, its periods one under the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from xlkpi.scorecard.breakdown import known_pair, ratio_parts
from xlkpi.scorecard.model import Series
from xlkpi.scorecard.selections import Selected, Selection, Selections, value_of, year_before
from xlkpi.workbook.data_sheet import SERIES
from xlkpi.workbook.data_table import DataTable


def series_table(inputs: int) -> DataTable:
    kinds = {
        "objective": "text", "choice": "text", "choice_no": "number", "role": "text", "start": "date", "end": "date",
        **{f"x{i}": "number" for i in range(1, inputs + 1)},
        "value": "number", "top": "number", "base": "number", "last_year": "number",
        "forecast": "number", "lower": "number", "upper": "number",
    }  # fmt: skip
    return DataTable(SERIES, kinds, {code: code for code in kinds})


def append_blocks(selected: Selected, choices: Selections, series: DataTable) -> dict[str, Any]:
    """Append a block to the series for the whole and for each choice that has values; tell where (rows from 1)."""
    whole = selected.whole
    if whole is None or selected.formula is None:
        return {}
    ahead = selected.result.outlook
    future = [day for day in (ahead.periods if ahead else ()) if day > whole.series.periods[-1]]
    first = series.rows + 1
    blocks = [(0, "", whole)]
    blocks += [(number, name, part) for number, name in enumerate(choices.choices, start=1)
               if (part := selected.parts.get(name))]  # fmt: skip
    for number, name, block in blocks:
        _block(series, selected, whole.series, block, number, name, future)
    since = series.rows + 1
    has_since = any(any(block.since) for _, _, block in blocks)
    for number, name, block in blocks if has_since else ():
        for day_number, day in enumerate(choices.days):
            inputs = block.since[day_number] if block.since else None
            row = _inputs(selected, inputs) if inputs else {}
            start = selected.result.objective.start
            series.append(
                objective=selected.result.objective.id, choice=name, choice_no=number, role="since",
                start=start, end=day, **row,
            )  # fmt: skip
    return {
        "first_row": first, "block_rows": len(whole.series.periods) + len(future),
        "since_row": since if has_since else None, "choices": len(blocks) - 1,
    }  # fmt: skip


def _block(
    series: DataTable, selected: Selected, whole: Series, block: Selection, number: int, name: str,
    future: Sequence[date],
) -> None:  # fmt: skip
    id, cadence, ahead = selected.result.objective.id, whole.cadence, selected.result.outlook
    found = block.series
    over = selected.result.kpi.compiled if selected.result.kpi else None
    for i, start in enumerate(whole.periods):
        row: dict[str, Any] = {}
        if over is not None and i < len(found.periods):
            row = {f"x{n}": found.inputs[arg][i] for n, arg in enumerate(over.names, start=1) if arg in found.inputs}
            row |= {"value": found.values[i], "last_year": year_before(found, start)}
            row |= _halves(selected, found, i) if number else {}  # effects are those of parts
        if number == 0 and ahead and i == len(whole.periods) - 1:
            row |= dict.fromkeys(("forecast", "lower", "upper"), whole.values[i])
        series.append(
            objective=id, choice=name, choice_no=number, role="period", start=start, end=cadence.end_of(start), **row
        )
    for start in future:
        row = {"last_year": year_before(found, start)}
        if number == 0 and ahead:
            at = ahead.periods.index(start)
            row |= {"forecast": ahead.mean[at], "lower": ahead.lower[at], "upper": ahead.upper[at]}
        series.append(
            objective=id, choice=name, choice_no=number, role="period", start=start, end=cadence.end_of(start), **row
        )


def _halves(selected: Selected, series: Series, row: int) -> dict[str, float]:
    """Numerator and denominator of a value, from which effects are computed; of a sum the value alone."""
    kpi = selected.result.kpi
    shape = ratio_parts(selected.catalogue, kpi) if kpi and selected.catalogue else None
    if shape is None:
        return {}
    pair = known_pair(shape, {name: column[row] for name, column in series.inputs.items()})
    if pair is None:
        return {}
    return {"top": pair[0]} if shape[1] is None else {"top": pair[0], "base": pair[1]}


def _inputs(selected: Selected, inputs: Mapping[str, float]) -> dict[str, Any]:
    assert selected.formula is not None, "asked for only where there is one"
    row: dict[str, Any] = {f"x{n}": inputs[name] for n, name in enumerate(selected.formula.names, start=1)}
    row["value"] = value_of(selected.formula, inputs)
    return row
