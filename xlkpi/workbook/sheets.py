"""The sheets behind the pages: data tables to be filled, and the hidden sheet with version and provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import xlkpi
from xlkpi.status import CODES
from xlkpi.workbook.data_sheet import DATA, ORIGIN, DataColumn, add_data_sheet
from xlkpi.workbook.data_table import DataTable
from xlkpi.workbook.formats import date_format
from xlkpi.workbook.state import FORMAT, State
from xlkpi.workbook.tables import BY_DAY, OBJECTIVE_COLUMNS, Tables

if TYPE_CHECKING:
    from datetime import date

    from xlkpi.cadence import Cadence
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.sheet import Content

#: Columns of the objectives' table that pages show or formulas use; people have no need of them there.
_HIDDEN = (
    "question", "scope", "stakeholders", "reason", "decision", "review", "S_why", "M_why", "A_why", "R_why", "T_why",
    "S", "M", "A", "R", "T", "smart", "score", "weight", "trust", "sources", "unit", "format", "gap_format",
    "direction", "cumulative", "slot", "position", "periods", "first_row", "last_status", "last_day", "block_rows",
    "since_row", "choices", "definition", "pitfalls", "formula", "input", "landing", "landing_low", "landing_high",
    "probability", "outlook", "override_since", *BY_DAY,
)  # fmt: skip
_WIDE = {"id": 15, "title": 48, "kpi": 30, "owner": 26, "benchmark_source": 34, "override_reason": 34}


#: Pixels of the row of headers, two lines; and rows of a table of numbers that are printed: its beginning, on one page.
_HEADER, _PRINTED = 34, 48
_WIDTHS = {"date": 13, "number": 15, "text": 20}


def data_sheets(book: Book, tables: Tables) -> dict[str, Any]:
    """Add a sheet with a placeholder for each data table, and give their rows as pyarrow Tables by name."""
    data = book.data = measures_table(book)
    _objectives(book, tables.objectives)
    _plain(book, data, "data")
    _plain(book, tables.series, "series")
    made = (tables.objectives, data, tables.series)
    rows = {table.name: table.arrow() for table in made}
    book.data_tables = {table.name: table for table in made}
    for table in made if book.existing else ():
        table.add_rows(row.values for row in book.existing.parts[table.name].people)  # type: ignore[union-attr]  # as just asked
    return rows


def _objectives(book: Book, table: DataTable) -> None:
    """The objectives, with the cells in which people type: targets, dates, owners."""
    theme = book.theme
    typed = {"bg_color": theme.input_fill, "font_color": theme.input_ink, "border": 1, "border_color": theme.input_hair}
    columns = []
    for code, (kind, may_type) in OBJECTIVE_COLUMNS.items():
        form: dict[str, Any] = {"num_format": date_format(book.language)} if kind == "date" else {}
        if kind == "text" and code != "id":
            form["indent"] = 1  # not right behind a number
        style = book.format(**(typed if may_type else {}), **form)
        width = _WIDE.get(code, 12 if kind == "date" else 11)
        columns.append(
            DataColumn(table.headers[code], style, width, header_format=_header(book, kind, indent=code != "id"))
        )
    name = book.sheet_name("targets", book.text("page.targets"))
    sheet = add_data_sheet(book.book, name, table.name, columns, style="Table Style Light 1")
    for number, (code, (kind, may_type)) in enumerate(OBJECTIVE_COLUMNS.items()):
        if code in _HIDDEN:
            sheet.set_column(number, number, 11, None, {"hidden": True})
        title, message = book.text("typed.title"), book.text(f"typed.{kind}")
        common = {"input_title": title, "input_message": message, "error_title": title, "error_message": message}
        if code == "override":
            sheet.data_validation(1, number, 1, number, {"validate": "list", "source": list(CODES), **common})
        elif may_type and kind == "number":
            limits = {"validate": "decimal", "criteria": "between", "minimum": -1e15, "maximum": 1e15}
            sheet.data_validation(1, number, 1, number, {**limits, **common})
        elif may_type and kind == "date":
            limits = {"validate": "date", "criteria": "between", "minimum": book.day(1990), "maximum": book.day(2200)}
            sheet.data_validation(1, number, 1, number, {**limits, **common})
    sheet.set_row_pixels(0, _HEADER)
    sheet.freeze_panes(1, 3)
    _print(book, sheet)
    sheet.fit_to_pages(2, 0)
    sheet.repeat_columns(0, 1)


def _header(book: Book, kind: str, *, indent: bool = False) -> Any:
    """The format of headers: long names on two lines, over what stands under them."""
    side = {"align": "left", "indent": int(indent)} if kind == "text" else {"align": "right"}
    return book.format(bold=True, text_wrap=True, valign="top", **side)


def _plain(book: Book, table: DataTable, id: str) -> None:
    formats = {
        "date": book.format(num_format=date_format(book.language)), "number": book.format(num_format="#,##0.####"),
        "text": book.format(indent=1),
    }  # fmt: skip
    if id == "series":  # half of its cells are blank: without a format they are not in the file at all
        formats |= {"number": None, "text": None}
    columns = [
        DataColumn(table.headers[code], formats[kind], _WIDTHS[kind], header_format=_header(book, kind))
        for code, kind in table.kinds.items()
    ]
    sheet = add_data_sheet(book.book, book.sheet_name(id, book.text(f"page.{id}")), table.name, columns)
    sheet.set_row_pixels(0, _HEADER)
    if id == "series":  # for the pages' formulas, with codes in place of names
        sheet.hide()
        return
    sheet.print_area(0, 0, _PRINTED, len(columns) - 1)  # nobody wants thousands of rows on paper
    _print(book, sheet, book.text("print.begins"))


def _print(book: Book, sheet: Any, note: str = "") -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1 if note else 0)
    sheet.set_margins(0.35, 0.35, 0.35, 0.5)
    sheet.center_horizontally()
    grey = book.theme.mute.removeprefix("#")
    sheet.set_footer(f"&L&8&K{grey}{note}&C&8&K{grey}&A&R&8&K{grey}&P / &N")
    sheet.set_tab_color(book.theme.rule)


def measures_table(book: Book) -> DataTable:
    """The measures by month and part, as they were aggregated: what the KPIs are made of."""
    from xlkpi.scorecard.compute import _measures
    from xlkpi.scorecard.data import combined

    card, dimension = book.card, book.choices.dimension
    data = card.data
    wanted = book.layout.channels.measures if book.layout.channels else ()
    money = [measure for measure in wanted if data.sources_of(measure)]
    plan = book.context.budget if "budget" in book.sheets else None
    money += [plan.spend, plan.outcome] if plan else []
    driving = _driving(book)
    money += list(driving)
    used = dict.fromkeys(m for r in card.results if r.kpi for m in _measures(r.kpi, data) if data.sources_of(m))
    kept = book.existing.state.columns[DATA] if book.existing else {}
    measures = list(dict.fromkeys([*(m for m in kept if m not in ("start", "end", "part", "origin")), *used, *money]))
    headers = _headers(book, measures, driving)
    kinds = {"start": "date", "end": "date", "part": "text", **dict.fromkeys(measures, "number"), "origin": "text"}
    table = DataTable(DATA, kinds, headers)
    if not measures or data.first is None or data.last is None:
        return table
    last = min(card.as_of, data.last)
    plain = [m for m in measures if m not in driving or m == driving[m][0]]
    cadence = _grain(book, plain, last)
    for by in ((), (dimension,)) if dimension else ((),):
        of = combined(data, cadence, plain, data.first, last, by=[d for d in by if d])
        columns = {m: of.values.values(m).tolist() for m in plain}
        for code in (c for c in measures if c not in columns and not by):
            measure, sources = driving[code]
            part = replace(data, tables={name: data.tables[name] for name in sources})
            found = combined(part, cadence, [measure], data.first, last)
            columns[code] = found.values.values(measure).tolist()
        size = len(of.periods)
        for number, group in enumerate(of.groups):
            if group and group[0] is None:
                continue
            for i, start in enumerate(of.periods):
                row = {m: values[number * size + i] for m, values in columns.items()}
                if any(v == v for v in row.values()):
                    name = book.text_or(f"choice.{group[0]}", str(group[0])) if group else book.everything
                    table.append(start=start, end=cadence.end_of(start), part=name, origin=ORIGIN, **row)
    return table


def _driving(book: Book) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The columns that driver trees read: each with its measure and the only sources that tell it, if not all do."""
    view, data = book.context.drivers if "drivers" in book.sheets else None, book.card.data
    return {
        tree.column(m, data): (m, tree.sources)
        for tree in (view.trees if view else ())
        for m in tree.measures
        if data.sources_of(data.standing_for(m))
    }


def _grain(book: Book, measures: list[str], last: date) -> Cadence:
    """Months; weeks where the data's rows are weeks, which months don't hold as a whole."""
    from xlkpi.cadence import Cadence
    from xlkpi.scorecard.data import combined

    data, start = book.card.data, book.card.project.fiscal_year_start
    assert data.first is not None, "asked for only where there are data"
    known = {}
    for code in ("monthly", "weekly"):
        cadence = Cadence(code, start)
        values = combined(data, cadence, measures, data.first, last).values
        columns = [values.values(m) for m in measures]
        known[cadence] = max(float((c == c).mean()) if len(c) else 0.0 for c in columns)
        if known[cadence] >= 0.5:
            return cadence
    return max(known, key=lambda cadence: known[cadence])


def _headers(book: Book, measures: list[str], driving: Mapping[str, tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    known = book.card.data.catalogue.measures
    dimension = book.choices.dimension or "channel"
    part = book.text_or(f"dimension.{dimension}", dimension)
    headers = {"start": book.text("column.start"), "end": book.text("column.end"), "part": part,
               "origin": book.text("column.origin")}  # fmt: skip
    taken = {h.casefold() for h in headers.values()}
    for measure in measures:
        of, sources = driving.get(measure, (measure, ()))
        name = book.say(known[of].name) if of in known else of
        name = name if of == measure else f"{name} ({', '.join(sources)})"
        name = name if name.casefold() not in taken else f"{name} ({measure})"
        taken.add(name.casefold())
        headers[measure] = name
    return headers


def provenance(book: Book, state: State) -> None:
    """The hidden sheet for machines: version, language, sources, what was read and what a refresh needs."""
    card = book.card
    sheet = book.sheets["provenance"]
    rows: dict[str, Content] = {
        "version": xlkpi.__version__, "format": float(FORMAT), "language": book.language, "as_of": card.as_of,
        "project": book.say(card.project.name), "files": ", ".join(path.name for path in card.project.files),
        "dimension": book.choices.dimension or "",
    }  # fmt: skip
    for row, (name, value) in enumerate(rows.items()):
        sheet.put(row, 0, name)
        sheet.put(row, 1, value, num_format="yyyy-mm-dd" if name == "as_of" else "General")
        book.name(f"xlkpi_{name}", sheet.address(row, 1)) if name in ("version", "language") else None
    first = len(rows) + 1
    for row, (source, report) in enumerate(card.data.reports.items(), start=first):
        sheet.put(row, 0, source)
        files = [{"file": f.file, "sha256": f.sha256, "read": f.rows_read, "kept": f.rows_kept} for f in report.files]
        sheet.put(row, 1, json.dumps(files, ensure_ascii=False)[:32_000])
    for row, piece in enumerate(state.pieces(), start=first + len(card.data.reports)):
        sheet.put(row, 0, "state")
        sheet.ws.write_string(row, 1, piece)
