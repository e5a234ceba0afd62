"""The workbook being written: its worksheets in their order, its formats, its texts, its names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.language import has_text, text
from xlkpi.workbook.built_rows import built_room
from xlkpi.workbook.formats import Formats, number_format
from xlkpi.workbook.live import Value, as_date, serial
from xlkpi.workbook.references import Box
from xlkpi.workbook.sheet import Sheet, clean
from xlkpi.workbook.sheet_names import legal_name
from xlkpi.workbook.writer import with_gaps

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart
    from xlsxwriter.workbook import Workbook

    from xlkpi.scorecard.model import Scorecard
    from xlkpi.scorecard.selections import Selections
    from xlkpi.smart import Report
    from xlkpi.workbook.context import Context
    from xlkpi.workbook.data_table import DataTable
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.layout import Layout
    from xlkpi.workbook.logo import Logo
    from xlkpi.workbook.page_charts import Panels
    from xlkpi.workbook.page_rows import MoreLines
    from xlkpi.workbook.people import Row, Written
    from xlkpi.workbook.state import Proposed, State
    from xlkpi.workbook.theme import Theme

#: Axes and plot areas of charts that lie on cells.
NO_AXIS: Mapping[str, Any] = {"visible": False, "major_gridlines": {"visible": False}, "line": {"none": True}}
FULL: Mapping[str, Any] = {
    "layout": {"x": 0, "y": 0, "width": 1, "height": 1}, "fill": {"none": True}, "border": {"none": True},
}  # fmt: skip


@dataclass(frozen=True)
class Last:
    """What the workbook said when it was last built or refreshed: the day of its numbers, statuses by objective, and
    the objectives and causes of which an alert held (None where that is not known).
    """

    day: date
    statuses: Mapping[str, str]
    alerting: frozenset[tuple[str, str]] | None = None

    @classmethod
    def of(cls, state: State, card: Scorecard) -> Last | None:
        """From what a workbook remembers, but for objectives that measure another KPI now; None without a day."""
        from xlkpi.workbook.state import Called, kpi_code

        day = as_date(state.as_of)
        if day is None:
            return None
        others = {id for id, result in card.by_id.items()
                  if (was := Called.of(state, id)) and was.was_other_than(kpi_code(result))}  # fmt: skip
        statuses = {id: str(code) for id, (_, code) in state.results.items() if id not in others}
        known = state.alerting
        return cls(day, statuses, None if known is None else frozenset((id, cause) for id, cause in known))


@dataclass(frozen=True)
class News:
    """The lines for what a refresh changed: the first row of the page, and that of the hidden calculation, from 0."""

    row: int
    calculated: int
    lines: int


@dataclass
class Book:
    """What every page is written with. ``sheets`` are made before they are filled, in the order of the tabs."""

    book: Workbook
    theme: Theme
    language: str
    card: Scorecard
    choices: Selections
    smart: Report
    layout: Layout
    logo: Logo | None = None
    sheets: dict[str, Sheet] = field(default_factory=dict)
    #: The rows that people have in their tables, by the table's name and the codes of its columns.
    kept: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    #: The tables that people fill, once they are written, by name.
    people: dict[str, Written] = field(default_factory=dict)
    #: What has a page only where the project has it.
    context: Context = field(init=False)
    #: The measures by month and part, once they are computed.
    data: DataTable | None = None
    #: The workbook's last build or refresh, where it is known.
    last: Last | None = None
    #: Where it stands what a refresh changed, once that page is written.
    news: News | None = None
    #: The data tables by name, with the rows that people added.
    data_tables: dict[str, DataTable] = field(default_factory=dict)
    #: What the project itself says in the cells of objectives that people changed, by objective.
    project_typed: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    #: The rows that were put into people's tables before, by table.
    offered_before: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: What was proposed in people's tables before, by table, key of a row and column.
    proposed_before: Proposed = field(default_factory=dict)
    #: What was written before in rows that are there while data lack, by table, key of a row and column; and now.
    passing_before: Proposed = field(default_factory=dict)
    passing: dict[str, dict[str, dict[str, Value]]] = field(default_factory=dict)
    #: The workbook that is refreshed: its sheets' names, its places and its choices are kept.
    existing: Existing | None = None
    #: What people chose in the cells of choices, by name; a day only where it is not the latest one.
    chosen: Mapping[str, Value] = field(default_factory=dict)
    #: The names that people gave to sheets of a workbook that is built anew, by identifier.
    names: dict[str, str] = field(default_factory=dict)
    #: Those that they gave to pages of KPIs, by objective.
    kpi_names: Mapping[str, str] = field(default_factory=dict)
    #: The names that a build gives to sheets, by identifier, whatever people call them.
    given: dict[str, str] = field(default_factory=dict)
    #: How many of each kind the pages have room for, see :meth:`places`.
    room: dict[str, int] = field(default_factory=dict)
    #: Of which kinds a workbook that is refreshed has too few lines.
    short: set[str] = field(default_factory=set)
    #: The lines of pages that have become more since the workbook was built, see :meth:`lines`.
    more_lines: list[MoreLines] = field(default_factory=list)
    #: Rows of the calculation sheet that charts show whole and that became more: where they are, and their last ones.
    stretches: list[tuple[Box, int]] = field(default_factory=list)
    #: The number formats of the axes of KPIs' series, by page.
    axes: dict[str, str] = field(default_factory=dict)
    #: Panels that have become more, as they stand now, and how many there were.
    more_panels: list[tuple[Panels, int]] = field(default_factory=list)
    #: The rows that were ever put into people's tables, by table: those that people take out stay out.
    offered: dict[str, list[str]] = field(default_factory=dict)
    #: What is proposed in people's tables.
    proposed: dict[str, Mapping[str, Mapping[str, Value]]] = field(default_factory=dict)
    #: The objectives and causes of which an alert holds, once the alerts are written.
    alerting: tuple[tuple[str, str], ...] | None = None
    #: The rows that pages have on the calculation sheet: the first of each range, and how many.
    rows: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    #: Ranges of the calculation sheet whose number of rows depends on the data: first row and column, last ones.
    blocks: list[tuple[int, int, int, int]] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        from xlkpi.workbook.context import Context

        self.format = Formats(self.book, self.theme)
        self.context = Context(
            self.card, self.choices.dimension, lenient=self.existing is not None, crowded=self.choices.crowded
        )
        if self.existing:
            state = self.existing.state
            self.project_typed, self.offered_before = self.existing.project_typed, state.offered
            self.proposed_before, self.passing_before = state.proposed, state.passing
            self._taken |= {name.casefold() for name in self.existing.all_sheets}
            self.chosen = self.existing.choices
        self._taken |= {name.casefold() for name in (*self.names.values(), *self.kpi_names.values())}

    @property
    def currency(self) -> str:
        return self.card.project.currency

    @property
    def part_names(self) -> list[str]:
        """What the drop-down of parts offers: everything, then each part."""
        names = [self.text_or(f"choice.{c}", c) for c in self.choices.choices]
        unique = [n if names.count(n) == 1 else c for n, c in zip(names, self.choices.choices, strict=True)]
        return [self.everything, *unique]

    @property
    def everything(self) -> str:
        """What the drop-down calls all parts together."""
        return self.text("all_choices" if self.choices.dimension in (None, "channel") else "all_parts")

    @property
    def chosen_day(self) -> date:
        """The day that is shown: the scorecard's, or the earlier one that somebody chose."""
        found = self.chosen.get("xlkpi_as_of")
        days = {serial(day): day for day in self.choices.days}
        return days.get(found // 1, self.card.as_of) if isinstance(found, float) else self.card.as_of

    @property
    def chosen_part(self) -> str:
        """The part that is shown: everything, or the one that somebody chose and that there still is."""
        found = self.chosen.get("xlkpi_choice")
        return found if isinstance(found, str) and found in self.part_names else self.part_names[0]

    def text(self, key: str, **values: Any) -> str:
        """A label of the workbook in its language."""
        return text(f"workbook.{key}", self.language, **values)

    def text_or(self, key: str, otherwise: str) -> str:
        """A label where there is one."""
        full = f"workbook.{key}"
        return text(full, self.language) if has_text(full, self.language) else otherwise

    def say(self, texts: Mapping[str, Any]) -> str:
        """A translated text of the project or the catalogue."""
        from xlkpi.catalogue import say

        return clean(str(say(texts, self.language)))

    def day(self, year: int) -> date:
        """The first day of a year."""
        return date(year, 1, 1)

    def number_format(self, unit: str, decimals: int, *, gap: bool = False) -> str:
        return number_format(unit, decimals, self.language, self.currency, gap=gap)

    def add(self, id: str, name: str, *, hidden: bool = False) -> Sheet:
        """A new worksheet; the name is made legal and unique. In a workbook that is refreshed it stays what it is."""
        legal = self.sheet_name(id, name)
        sheet = Sheet(self, self.book.add_worksheet(legal), legal, bare=hidden)
        if hidden:
            sheet.ws.hide()
        self.sheets[id] = sheet
        return sheet

    def places(self, what: str, needed: int) -> int:
        """How many lines of a kind a page has: as many as needed; in a workbook that is refreshed, as many as it has.

        A page that writes one line per thing asks here, leaves the lines blank for which there is nothing, and those
        out that find no place: so every other cell keeps its address.
        """
        self.room[what] = needed if self.existing is None else self.existing.state.room.get(what, needed)
        if self.room[what] < needed:
            self.short.add(what)
        return self.room[what]

    def lines(self, what: str, needed: int, page: str, first: int) -> int:
        """:meth:`places` where a page can get more: lines of one row each, from ``first`` on, the last lines of a kind.

        A refresh inserts rows under them as long as people have not rearranged these.
        """
        then = self.existing.state.room.get(what, 0) if self.existing else 0
        if self.existing is None or not then:
            return self.places(what, needed)
        from xlkpi.workbook.page_rows import MoreLines, can_grow

        built = self.existing.state.room.get(built_room(what), then)
        known = MoreLines(page, first, built, then, max(then, needed))
        if known.rows > then and not can_grow(self.existing, known):
            self.short.add(what)
            known = replace(known, rows=then)
        self.room[what] = known.rows
        if known.rows > built:
            self.room[built_room(what)] = built
            self.more_lines.append(known)
        return known.rows

    def stretch(self, what: str, cells: tuple[int, int, int], more: int = 0) -> None:
        """Let charts follow a range of the calculation sheet that has a row for each line of a kind, and some ``more``.

        ``cells``: its first row, and its first and last columns.
        """
        then = self.existing.state.room.get(what, 0) if self.existing else 0
        if then and self.room[what] > then:
            top, left, right = (place + 1 for place in cells)
            box = Box(left, top, right, top + then + more - 1)
            self.stretches.append((box, top + self.room[what] + more - 1))

    @property
    def short_pages(self) -> list[str]:
        """The names of the pages that have too few lines; those that people deleted have none."""
        pages = {what.partition(".")[0] for what in self.short}
        if self.existing:
            pages = {id for id in pages if self.existing.has_page(id)}
        return [sheet.name for id, sheet in self.sheets.items() if id in pages]

    def name(self, name: str, cell: str) -> None:
        """Define a name for machines."""
        self.book.define_name(name, f"={cell}")

    def chart(self, kind: str, width: float, height: float, subtype: str | None = None) -> Chart:
        """A transparent chart without a legend, to be laid on cells."""
        chart = self.book.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})
        chart.set_legend({"none": True})
        chart.set_chartarea({"fill": {"none": True}, "border": {"none": True}})
        chart.set_size({"width": width, "height": height})
        with_gaps(chart)
        return chart

    def sheet_name(self, id: str, name: str) -> str:
        """The name of a new sheet: legal and unique, or what people call it already."""
        known = self.existing.sheets.get(id) if self.existing else self.names.get(id)
        if known is None:
            self.given[id] = self._legal(name)
            return self.given[id]
        self.given[id] = legal_name(name, {other.casefold() for other in self.given.values()})
        return known

    def _legal(self, name: str) -> str:
        legal = legal_name(name, self._taken)
        self._taken.add(legal.casefold())
        return legal


__all__ = ["FULL", "NO_AXIS", "Book", "Last"]
