"""Building a scorecard workbook: the skeleton with its live cells, then the data tables filled in.

>>> from xlkpi.workbook.build import build_workbook
>>> build_workbook(card, Path("scorecard.xlsx"))  # doctest: +SKIP
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlkpi
from xlkpi.language import current, use
from xlkpi.scorecard.model import Scorecard
from xlkpi.scorecard.selections import selections
from xlkpi.smart import Report, check
from xlkpi.workbook.archive import ARCHIVE
from xlkpi.workbook.layout import load_layout
from xlkpi.workbook.theme import load_theme

if TYPE_CHECKING:
    from xlkpi.scorecard.lacking import Lacking
    from xlkpi.workbook.book import Book, Last
    from xlkpi.workbook.carried import Carried
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.people import Row
    from xlkpi.workbook.state import State
    from xlkpi.workbook.tables import Tables


@dataclass(frozen=True)
class Built:
    """What was written: the file, and its size in bytes."""

    path: Path
    size: int
    #: Primary objectives for which the pages of a template have no place.
    without_place: Sequence[str] = ()
    #: Names of the template's pages that have too few lines.
    short: Sequence[str] = ()
    #: The version that stood in its place.
    backup: Path | None = None
    #: What was chosen in it, and names of its sheets, where that is not possible any more: kind and name.
    reset: Sequence[tuple[str, str]] = ()
    #: Titles of the layout's pages that the data are not enough for yet, and why.
    lacking: Mapping[str, Lacking] = field(default_factory=dict)


def build_workbook(
    card: Scorecard,
    out: Path,
    *,
    language: str | None = None,
    layout: str | None = None,
    theme: str | None = None,
    kept: Mapping[str, Sequence[Row]] | None = None,
    last: Last | None = None,
    carried: Carried | None = None,
) -> Built:
    """Write a scorecard as a workbook, in place of the one that may be there.

    ``language``: the project's by default, else the current one. ``layout`` and ``theme``: built-in names or files
    of the project's folder; the project's own by default. A layout that is a workbook is a template: its design and
    its language hold (see :mod:`xlkpi.workbook.template`). ``kept``: the rows that people have in their tables, by the
    table's name (see :mod:`xlkpi.workbook.people`); they stay, and what xlkpi knows beside them follows. ``last``: what
    the workbook said before, so that the first page tells what changed since. ``carried``: what else it remembered.
    Raises DefinitionError for a layout or theme that does not exist, and WorkbookError when the file can't be written;
    then the old one stays as it was.
    """
    from xlkpi.workbook.fill import fill
    from xlkpi.workbook.target import refuse_open
    from xlkpi.workbook.template import build_from, is_workbook, template_file

    refuse_open(out)
    project = card.project
    layout = layout or project.template
    if layout is not None and is_workbook(layout):
        template = template_file(layout, project.folder, out)
        without, short = build_from(template, out, card, kept=kept, last=last, carried=carried)
        return Built(out, out.stat().st_size, without, short=short)
    spoken = language or project.language or current()
    with use(spoken), tempfile.TemporaryDirectory(prefix="xlkpi-") as folder:
        path = Path(folder) / "skeleton.xlsx"
        skeleton = make_skeleton(card, path, spoken, layout, theme or project.theme,
                                 folder=out.parent, kept=kept, last=last, carried=carried)  # fmt: skip
        fill(path, out, skeleton.rows, parts={**_parts(path), **_functions(card, path, spoken)})
        lacking = _lacking(skeleton.book)
    return Built(out, out.stat().st_size, lacking=lacking)


def _lacking(book: Book) -> dict[str, Lacking]:
    from xlkpi.workbook.context import FROM_DATA

    absent = {id: book.context.lacking(id) for id in book.layout.pages if id in FROM_DATA}
    return {book.text(f"page.{id}"): why for id, why in absent.items() if why and why.in_time}


def _parts(skeleton: Path) -> dict[str, bytes]:
    """Every part, to be deflated again: XlsxWriter makes them a twentieth larger."""
    from xlkpi.workbook.package import Package

    with Package(skeleton) as package:
        return {part: package.read(part) for part in package.parts}


def _functions(card: Scorecard, skeleton: Path, language: str) -> dict[str, bytes]:
    """The workbook's part with the functions as LAMBDA names, where the project wants them."""
    from xlkpi.workbook.lambda_names import with_names
    from xlkpi.workbook.package import Package

    if card.project.functions != "lambda":
        return {}
    with Package(skeleton) as package:
        return {package.workbook: with_names(package, card.project.catalogue.functions, language)[0]}


@dataclass(frozen=True)
class Skeleton:
    """Pages and placeholders of tables as they were written; ``rows`` are those of the data tables, by name."""

    book: Book
    tables: Tables
    state: State
    rows: dict[str, Any]


def make_skeleton(
    card: Scorecard, path: Path, language: str, layout: str | None, theme: str | None, *, folder: Path,
    existing: Existing | None = None, kept: Mapping[str, Sequence[Row]] | None = None,
    last: Last | None = None, carried: Carried | None = None,
) -> Skeleton:  # fmt: skip
    """Write the pages and the placeholders of tables to a file.

    ``folder`` is where the workbook will stand. For an ``existing`` workbook the pages are those that it has, in their
    present state: what people chose and typed is in them.
    """
    from xlkpi.workbook.anchors import write_anchors
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.calculation import calculate
    from xlkpi.workbook.pages import PAGES, PEOPLE
    from xlkpi.workbook.pages.dashboard_head import inputs
    from xlkpi.workbook.sheets import data_sheets, provenance
    from xlkpi.workbook.state import state_of
    from xlkpi.workbook.tables import make_tables
    from xlkpi.workbook.writer import Workbook

    chosen = load_layout(layout, card.project.folder, card.project.template)
    pages = existing.state.pages if existing else (*(p for p in chosen.pages if p != "archive"), "archive")
    look, logo = load_theme(theme, card.project.folder, card.project.theme)
    options = {
        "default_format_properties": {"font_name": look.font, "font_size": 10},
        "default_row_height": 17, "default_column_width": 64, "strings_to_formulas": False, "strings_to_urls": False,
    }  # fmt: skip
    with Workbook(path, options) as writer:
        choices = selections(card, chosen.by)
        book = Book(writer, look, language, card, choices, _smart(card, language), chosen, logo, kept=kept or {},
                    existing=existing, **(carried.for_book() if carried else {}))  # fmt: skip
        book.last = last
        tables = make_tables(book)
        pages = tuple(id for id in pages if book.context.has(id))
        for id in pages:
            _add(book, tables, id)
        filled = data_sheets(book, tables)
        book.add("provenance", "xlkpi", hidden=True)
        book.add("calculation", "Calc", hidden=True)
        as_of, choice = inputs(book)
        made = calculate(book, tables, as_of, choice)
        filled_in = {table.id for table in PEOPLE.values()}
        for id in sorted(pages, key=lambda page: page not in filled_in):  # others read their tables
            made.begin_page(id)
            PAGES[id](book, made)
        book.name("xlkpi_as_of", as_of.text)
        book.name("xlkpi_choice", choice.text)
        book.name("xlkpi_period_start", made.period_start.text)
        book.name("xlkpi_period_end", made.period_end.text)
        made.sheet.ws.share_formulas()
        write_anchors(book)
        state = state_of(book, tables, folder, pages, (layout, theme))
        provenance(book, state)
        _properties(book, writer)
    return Skeleton(book, tables, state, filled)


def _add(book: Book, tables: Tables, id: str) -> None:
    """The worksheets of a page: one, or one for each primary objective."""
    if id != "kpis":
        book.add(id, _tab(book, id), hidden=id == "archive" and not book.kept.get(ARCHIVE))
        return
    columns = tables.objectives.columns
    names = {str(slot): str(name) for slot, name in zip(columns["slot"], columns["kpi"], strict=True) if slot}
    ids = zip(columns["id"], columns["slot"], strict=True)
    book.names |= {f"kpi_{slot}": name for id, slot in ids if slot and (name := book.kpi_names.get(str(id)))}
    for slot in tables.all_slots:
        book.add(f"kpi_{slot}", names.get(slot, slot))


def _tab(book: Book, id: str) -> str:
    """The name of a page; the one that compares parts is named for its dimension."""
    name = book.text(f"page.{id}")
    return book.text_or(f"parts.{book.choices.dimension}", name) if id == "channels" else name


def _smart(card: Scorecard, language: str) -> Report:
    history = {r.objective.id: r.series.values for r in card.results if r.series}
    delivered = {name: frozenset(table.forms) for name, table in card.data.tables.items()}
    return check(card.project, today=card.as_of, history=history, delivered=delivered, language=language)


def _properties(book: Book, writer: Any) -> None:
    """The document's properties; its stamp is the as-of date, so that the same input gives the same bytes."""
    name = book.say(book.card.project.name)
    writer.set_properties({
        "title": f"{book.text('page_title.dashboard')} – {name}", "author": name, "subject": name,
        "comments": f"xlkpi {xlkpi.__version__}", "created": datetime.combine(book.card.as_of, time()),
    })  # fmt: skip
    writer.set_size(2400, 1500)


__all__ = ["Built", "Skeleton", "build_workbook", "make_skeleton"]
