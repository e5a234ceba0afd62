"""The inputs of KPIs that people are asked about, read by formulas from the tables that people fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from xlkpi.objectives.context import RUBRIC_KPIS, SURVEY_KPIS
from xlkpi.scorecard.qualitative import ROLES
from xlkpi.workbook.data_sheet import column_reference
from xlkpi.workbook.functions import if_, latest, sum_ifs
from xlkpi.workbook.live import Live, Span, Value, has_number

if TYPE_CHECKING:
    from xlkpi.catalogue import KPI
    from xlkpi.scorecard.selections import Selected
    from xlkpi.workbook.book import Book

#: An input's cell, from the cell of the last day that counts.
Input = Callable[[Live], Live]


def asked_inputs(book: Book, selected: Selected) -> Mapping[str, Input]:
    """The inputs of an objective that the page of surveys feeds, by the names of the formula; empty for others."""
    result, kpi = selected.result, selected.result.kpi
    if "surveys" not in book.sheets or kpi is None or result.series is None or result.sources:
        return {}
    kind = next((kind for kind, id in SURVEY_KPIS.items() if id == kpi.id), None)
    if kind is not None:
        return _of_waves(book, kpi, book.text(f"surveys.kind.{kind}"))
    subject = next((s for s, id in RUBRIC_KPIS.items() if id == kpi.id and kpi.compiled.adds_rows), None)
    return _of_marks(book, kpi, book.text(f"surveys.subject.{subject}")) if subject else {}


def _of_waves(book: Book, kpi: KPI, name: str) -> dict[str, Input]:
    from xlkpi.workbook.pages.surveys import SURVEYS, survey_rows, typed_columns

    columns = typed_columns(book, SURVEYS, survey_rows(book))

    def of(role: str, until: Live) -> Live:
        day = latest(columns["date"], columns["survey"], name, until)

        def summed(code: str) -> Live:
            return sum_ifs(columns[code], (columns["survey"], "=", name), (columns["date"], "=", day))

        values = {
            "for": summed("favourable"), "against": summed("unfavourable"), "all": summed("answers"),
            "between": summed("answers") - summed("favourable") - summed("unfavourable"),
        }  # fmt: skip
        return if_(day > 0, values[role], "")

    return {argument: _bound(of, ROLES[given.measure]) for argument, given in kpi.inputs.items()}


def _of_marks(book: Book, kpi: KPI, name: str) -> dict[str, Input]:
    from xlkpi.workbook.pages.surveys import RUBRICS, rubric_rows, typed_columns

    columns = typed_columns(book, RUBRICS, rubric_rows(book))
    weighed: list[Value] = [
        float(m) * float(w) if has_number(m) and has_number(w) else None  # type: ignore[arg-type]  # as just checked
        for m, w in zip(columns["mark"].values, columns["weight"].values, strict=True)
    ]
    points = Span(column_reference(RUBRICS.name, RUBRICS.headers(book)["points"]), weighed)

    def of(role: str, until: Live) -> Live:
        day = latest(columns["date"], columns["subject"], name, until)
        where = ((columns["subject"], "=", name), (columns["date"], "=", day))
        weight = sum_ifs(columns["weight"], *where)
        return if_(day > 0, weight if role == "criterion_weight" else sum_ifs(points, *where) / weight, "")

    return {argument: _bound(of, given.measure) for argument, given in kpi.inputs.items()}


def _bound(of: Callable[[str, Live], Live], role: str) -> Input:
    return lambda until: of(role, until)
