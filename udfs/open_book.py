"""A workbook that is open, seen through an ``xlwings.Book`` of any engine: where it stands, how its window looks, and
what can be written into it so that it can be put back.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError

if TYPE_CHECKING:
    from xlkpi.workbook.compare import ConditionChange, ListChange, RuleChange, TableRange
    from xlkpi.workbook.content import Content
    from xlkpi.workbook.state import State

#: What an engine of xlwings without a feature answers with, or a program without a window.
UNSUPPORTED = (NotImplementedError, AttributeError)
#: Excel takes longer texts only one by one.
_LONG = 8_000
#: The rules of validations, as files name them and in the order of Excel's numbers, from 1.
_TYPES = ("whole", "decimal", "list", "date", "time", "textLength", "custom")
_STYLES = ("stop", "warning", "information")
_OPERATORS = ("between", "notBetween", "equal", "notEqual", "greaterThan", "lessThan", "greaterThanOrEqual",
              "lessThanOrEqual")  # fmt: skip
#: The axis of values of a chart, as Excel numbers it.
_VALUES = 2
#: What Excel does not read as something else than text when it is typed: words without a digit.
_BOOLEANS = {"TRUE", "FALSE"}


def is_excel(book: Any) -> bool:
    """Whether Excel itself answers for a workbook, and not a page that describes it."""
    return bool(book.app.engine.type == "desktop")


def folder_of(book: Any) -> Path | None:
    """Where a workbook stands; None where nobody knows, as before it is saved, and for a page, which could name any
    folder of the server.
    """
    if not is_excel(book):
        return None
    try:
        path = Path(book.fullname)
    except Exception:  # xlwings can't map some addresses of OneDrive, and says so in many ways
        return None
    return path.parent if path.is_absolute() and path.parent.is_dir() else None


def has_objectives_of(project: str, state: State) -> bool:
    """Whether a project has most of a workbook's objectives: files of several projects are often named alike."""
    from xlkpi.objectives import load

    known = {objective.id for objective in load(project).objectives}
    return 2 * len(known & state.typed.keys()) > len(state.typed)


class OpenBook:
    """A workbook of ours. ``undo`` holds what puts back everything that was written, the last first."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.undo: list[Callable[[], None]] = []
        self._asked = 0

    @property
    def name(self) -> str:
        return str(self.book.name)

    @property
    def has_file(self) -> bool:
        """Whether Excel itself answers, which can write a copy, and not a page that describes the workbook."""
        return is_excel(self.book)

    @property
    def folder(self) -> Path | None:
        """Where the workbook stands, where that is known."""
        return folder_of(self.book)

    def error(self, code: str, **values: Any) -> WorkbookError:
        return WorkbookError(Problem(code, {"name": self.name, **values}, Place(file=self.name)))

    @property
    def file_name(self) -> str:
        """Its name as that of a file of ours, whatever a page calls its workbook."""
        return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", self.name)[-80:].strip(". ") or "workbook.xlsx"

    def project_file(self, state: State) -> Path:
        """The project's file: the one that the workbook remembers, else that of the settings.

        Raises WorkbookError, also where that has other objectives: a refresh would put its data in place of ours.
        """
        from .settings import settings

        file = state.files[0] if state.files else "project.yaml"
        if self.folder is not None and (self.folder / file).is_file():
            return self.folder / file
        chosen = settings().project
        if not chosen or not Path(chosen).is_file():
            raise self.error("open_book_project" if self.has_file else "open_book_project_web", project=file)
        if state.typed and not has_objectives_of(chosen, state):
            raise self.error("open_book_other_project", project=file, chosen=Path(chosen).name)
        return Path(chosen)

    def save_copy(self, path: Path) -> None:
        """Write the workbook as it is now, unsaved changes included, to a file, and stay with its own.

        Excel on a Mac has no command for that: there the file on disk is taken, once it is saved.
        """
        api = self.book.api
        if (command := getattr(api, "SaveCopyAs", None)) is not None:
            command(str(path))
            return
        if self.folder is None or not api.saved.get():
            raise self.error("open_book_unsaved")
        shutil.copyfile(self.book.fullname, path)

    # --- the window ----------------------------------------------------------------------------------------------

    def status(self, words: str | None) -> None:
        """Show words in the status bar; None gives it back to Excel."""
        with suppress(*UNSUPPORTED):
            self.book.app.status_bar = words if words is not None else False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Without redrawing, events and calculation; these, the selection and the scroll come back, come what may."""
        app, view = self.book.app, self._view()
        kept: list[tuple[str, Any]] = []
        for name, value in (("screen_updating", False), ("enable_events", False), ("calculation", "manual")):
            with suppress(*UNSUPPORTED):
                kept.append((name, getattr(app, name)))
                setattr(app, name, value)
        try:
            yield
        finally:
            for name, value in reversed(kept):
                with suppress(*UNSUPPORTED):
                    setattr(app, name, value)
            if dict(kept).get("calculation") == "manual":
                app.calculate()
            self._look(view)

    def _view(self) -> tuple[Any, ...] | None:
        if not self.has_file:
            return None
        window = self.book.app.api.ActiveWindow
        return self.book.sheets.active, self.book.app.selection, window.ScrollRow, window.ScrollColumn

    def _look(self, view: tuple[Any, ...] | None) -> None:
        if view is None:
            return
        sheet, selection, row, column = view
        with suppress(Exception):  # no reason to fail: a window in Protected View has none of this
            sheet.activate()
            if selection is not None:
                selection.select()
            window = self.book.app.api.ActiveWindow
            window.ScrollRow, window.ScrollColumn = row, column

    # --- writing -------------------------------------------------------------------------------------------------

    def put(
        self,
        sheet: str,
        place: tuple[int, int],
        contents: Sequence[Sequence[Content]],
        before: Sequence[Sequence[Content]],
    ) -> None:
        """Fill a rectangle in one block; ``place`` is its first row and column, from 0."""
        self.undo.append(lambda: self._fill(sheet, place, before))
        self._fill(sheet, place, contents)

    def _fill(self, sheet: str, place: tuple[int, int], contents: Sequence[Sequence[Content]]) -> None:
        top, left = place[0] + 1, place[1] + 1
        target = self.book.sheets[sheet]
        rows = [[typed(value) for value in row] for row in contents]
        long = [
            (i, j) for i, row in enumerate(rows) for j, v in enumerate(row) if isinstance(v, str) and len(v) > _LONG
        ]
        alone = {(i, j): rows[i][j] for i, j in long}
        for i, j in alone:
            rows[i][j] = ""
        if len(alone) < len(rows) * len(rows[0]):
            cells = target.range((top, left), (top + len(rows) - 1, left + len(rows[0]) - 1))
            cells.impl.formula = rows  # what `cells.formula` does, which first reads the whole sheet on the server
        for (i, j), text in alone.items():
            target.range((top + i, left + j)).value = text

    def resize(self, change: TableRange) -> None:
        """Let a table have another range, and show all of it; rows that it gets look like its last one."""
        self.undo.append(lambda: self._resize(change, change.after, change.before))
        if change.shows_all:
            self._table(change).api.AutoFilter.ShowAllData()
        self._resize(change, change.before, change.after)

    def _table(self, change: TableRange) -> Any:
        tables = self.book.sheets[change.sheet].tables
        return next(table for table in tables if table.name.casefold() == change.name.casefold())

    def _resize(self, change: TableRange, before: str, after: str) -> None:
        target = self.book.sheets[change.sheet]
        old, new = target.range(before), target.range(after)
        self._table(change).resize(new)
        last, bottom = old.row + old.shape[0] - 1, new.row + new.shape[0] - 1
        if bottom > last > old.row:
            left, right = new.column, new.column + new.shape[1] - 1
            row = target.range((last, left), (last, right))
            row.autofill(target.range((last, left), (bottom, right)), "fill_formats")

    def rename(self, name: str, sheet: str | None, before: str, after: str) -> None:
        """Let a name lead elsewhere."""
        wanted = name if sheet is None else f"{sheet}!{name}"
        found = next((n for n in self.book.names if n.name.replace("'", "").casefold() == wanted.casefold()), None)
        if found is None:
            raise LookupError(wanted)

        def lead(formula: str) -> None:
            found.refers_to = f"={formula}"

        self.undo.append(lambda: lead(before))
        lead(after)

    def choose_from(self, change: ListChange) -> None:
        """Let a drop-down offer another range."""
        self.undo.append(lambda: self._choose_from(change.sheet, change.cells, change.source[0]))
        self._choose_from(change.sheet, change.cells, change.source[1])

    def _choose_from(self, sheet: str, cells: str, source: str) -> None:
        from xlkpi.workbook.formula_text import plain_sheet

        home, _, reference = source.rpartition("!")
        offered = self.book.sheets[plain_sheet(home) if home else sheet].range(reference)
        for area in cells.split():
            self.book.sheets[sheet].range(area).data_validation.set_list(offered)

    def validate(self, change: RuleChange) -> None:
        """Let a validation hold for other cells."""
        self.undo.append(lambda: self._validate(change, change.cells[1], change.cells[0]))
        self._validate(change, *change.cells)

    def _validate(self, change: RuleChange, before: str, after: str) -> None:
        sheet, rule = self.book.sheets[change.sheet], change.rule
        for area in {*before.split(), *after.split()}:  # Excel may have let some of them follow already
            sheet.range(area).api.Validation.Delete()
        kind, style, operator = (
            number_of(rule, name, words)
            for name, words in (("type", _TYPES), ("errorStyle", _STYLES), ("operator", _OPERATORS))
        )
        for area in after.split():
            cells, validation = sheet.range(area), sheet.range(area).api.Validation
            if change.operands[0].startswith('"'):  # xlwings knows what separates words in this Excel
                cells.data_validation.set_list(change.operands[0].strip('"').split(","))
            else:
                validation.Add(kind, style, operator, *(as_operand(operand) for operand in change.operands))
            validation.IgnoreBlank = rule.get("allowBlank") == "1"
            validation.ShowInput, validation.ShowError = (
                rule.get(name) == "1" for name in ("showInputMessage", "showErrorMessage")
            )
            validation.InputTitle, validation.InputMessage, validation.ErrorTitle, validation.ErrorMessage = (
                rule.get(name, "") for name in ("promptTitle", "prompt", "errorTitle", "error")
            )

    def condition(self, change: ConditionChange) -> None:
        """Let a conditional format have other cells or formulas."""
        back = {place: (new, old) for place, (old, new) in change.formulas.items()}
        self.undo.append(lambda: self._condition(change.sheet, (change.cells[1], change.cells[0]), back))
        self._condition(change.sheet, change.cells, change.formulas)

    def _condition(self, sheet: str, cells: tuple[str, str], formulas: Any) -> None:
        home = self.book.sheets[sheet]
        rules = home.range(cells[0].split()[0]).api.FormatConditions
        present = [rules(i) for i in range(1, rules.Count + 1)]
        ours = [r for r in present if set(r.AppliesTo.Address.replace("$", "").split(",")) == set(cells[0].split())]
        for old, new in formulas.values():
            if re.search(r'[(,"{]', new):  # Excel would read it in its own language
                raise LookupError(f"{sheet}!{cells[0]}")
            rule = next((r for r in ours if str(r.Formula1).removeprefix("=") == old), None)
            if rule is None:
                raise LookupError(f"{sheet}!{cells[0]}")
            rule.Modify(rule.Type, 0, f"={new}")
        if cells[0] != cells[1]:
            if not ours:  # Excel has let it follow the table
                return
            for rule in ours:
                rule.ModifyAppliesToRange(home.range(cells[1].replace(" ", ",")).api)

    def draw(self, sheet: str, references: dict[str, str]) -> None:
        """Let the series and titles of a sheet's charts have other ranges, but for those that Excel has let follow."""
        self.undo.append(lambda: self._draw(sheet, {new: old for old, new in references.items()}))
        self._draw(sheet, references)

    def _draw(self, sheet: str, references: dict[str, str]) -> None:
        from xlkpi.workbook.formula_text import canonical

        met: set[str] = set()
        for chart in self.book.sheets[sheet].charts:
            for drawn in parts_of(chart.api[1]):
                now = replaced_references(drawn.Formula, references, met)
                if now != drawn.Formula:
                    drawn.Formula = now
        for old, new in references.items():
            if not met & {canonical(old), canonical(new)}:
                raise LookupError(f"{sheet}: {old}")

    def scale(self, sheet: str, forms: Mapping[str, str]) -> None:
        """Let the value axes of a sheet's charts have other number formats."""
        self.undo.append(lambda: self._scale(sheet, {new: old for old, new in forms.items()}))
        self._scale(sheet, forms)

    def _scale(self, sheet: str, forms: Mapping[str, str]) -> None:
        for chart in self.book.sheets[sheet].charts:
            with suppress(Exception):  # no reason to fail: a chart may have no such axis
                labels = chart.api[1].Axes(_VALUES).TickLabels
                labels.NumberFormat = forms.get(labels.NumberFormat, labels.NumberFormat)

    def show(self, sheet: str, shown: bool) -> None:
        """Show a sheet, or hide it."""
        found = self.book.sheets[sheet]
        before = found.visible

        def back() -> None:
            found.visible = before

        self.undo.append(back)
        found.visible = shown

    def rename_sheets(self, names: Mapping[str, str]) -> None:
        """Call sheets otherwise, by their present names; what refers to their cells follows by itself."""
        self.undo.append(lambda: self._rename_sheets({new: old for old, new in names.items()}))
        self._rename_sheets(names)

    def _rename_sheets(self, names: Mapping[str, str]) -> None:
        from xlkpi.workbook.sheet_renaming import in_places

        found = {new: self.book.sheets[old] for old, new in names.items()}
        taken = {old.casefold() for old in names}
        for number, (new, sheet) in enumerate(found.items()):
            if new.casefold() in taken:  # two of them change places
                sheet.name = f"xlkpi {number}"
        for new, sheet in found.items():
            sheet.name = new
        for sheet in self.book.sheets:
            with suppress(*UNSUPPORTED):
                for link in sheet.api.Hyperlinks:  # these Excel leaves as they are
                    if (place := in_places(link.SubAddress or "", names)) != link.SubAddress:
                        link.SubAddress = place

    def begin(self) -> None:
        """Remember how it is now."""
        self.undo.clear()
        self._asked = 0 if self.has_file else len(self.book.json()["actions"])

    def back(self) -> None:
        """Undo all that was written since :meth:`begin`; a page has done nothing yet of what it was asked."""
        if not self.has_file:
            del self.book.json()["actions"][self._asked :]
            return
        while self.undo:
            self.undo.pop()()


def number_of(rule: Mapping[str, str], name: str, words: Sequence[str]) -> int:
    """Excel's number for an attribute of a validation."""
    return words.index(rule.get(name, words[0])) + 1


def as_operand(operand: str) -> float | str:
    """An operand of a validation: a number as such, since Excel reads texts in its own language."""
    try:
        return float(operand)
    except ValueError:
        return f"={operand}"


def typed(value: Content) -> Any:
    """A content as it is typed into a cell: a text that Excel would read as something else begins with ``'``.

    Nothing is an empty text, since pages of the web take None for what is to stay.
    """
    from xlkpi.formula.nodata import NoData
    from xlkpi.workbook.content import Formula

    if isinstance(value, Formula):
        return f"={value}"
    if isinstance(value, NoData):
        return value.value
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        return value
    plain = value[0].isalpha() and not any(c.isdigit() for c in value) and value.upper() not in _BOOLEANS
    return value if plain else f"'{value}"


def parts_of(chart: Any) -> Iterator[Any]:
    """What refers to cells in a chart: its title, its series and their labels."""
    if chart.HasTitle:
        yield chart.ChartTitle
    series = chart.SeriesCollection()
    for number in range(1, series.Count + 1):
        one = series(number)
        yield one
        if one.HasDataLabels:
            points = (one.Points(i) for i in range(1, one.Points().Count + 1))
            yield from (point.DataLabel for point in points if point.HasDataLabel)


def replaced_references(formula: str, references: Mapping[str, str], met: set[str]) -> str:
    """A formula of a chart with some ranges replaced, however the two write the names of sheets.

    ``met`` gets the references that it had.
    """
    from xlkpi.workbook.formula_text import canonical, moved, quoted_sheet

    known = {canonical(old): new for old, new in references.items()}

    def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
        if sheet is None:
            return sheet, reference
        met.add(f"{quoted_sheet(sheet)}!{reference}")
        new = known.get(f"{quoted_sheet(sheet)}!{reference}")
        return (sheet, new.rpartition("!")[2]) if new is not None else (sheet, reference)

    return moved(formula, move)
