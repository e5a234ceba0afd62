"""An engine for xlwings over a real .xlsx in memory: what xlwings asks of Excel, done with openpyxl.

    book = opened(path)             # an xlwings.Book
    book.sheets["Page"].range("A1").formula = [["=1+1"]]
    saved(book, other_path)         # as Excel would save it

What is typed becomes what Excel makes of it: a formula, a number, a logical value, or a text (``'`` in front makes it
one). Formulas are not computed; whoever wants values lets LibreOffice recalculate what was saved. ``refuse`` makes the
engine fail at a certain write, as Excel does at a protected sheet.
"""

from __future__ import annotations

import builtins
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from xlkpi.workbook.formula_text import plain_sheet

if TYPE_CHECKING:
    import xlwings


class Refused(Exception):  # noqa: N818  # what Excel does
    """What Excel says when it can't do something, as COM tells it."""

    def __init__(self) -> None:
        super().__init__(-2147352567, "Exception occurred.", (0, "Microsoft Excel", "The cell is protected.", None))


class Engine:
    name, type = "open_excel", "desktop"

    def __init__(self) -> None:
        self.apps: list[App] = []

    @staticmethod
    def prepare_xl_data_element(x: Any, options: Any) -> Any:
        return x

    @staticmethod
    def clean_value_data(
        data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: Any
    ) -> list[list[Any]]:
        return [[empty_as if value is None else value for value in row] for row in data]


class App:
    """Excel: ``log`` is what was asked of it, ``refuse_at`` the write that it refuses (from 1)."""

    def __init__(self, workbook: Any, path: Path) -> None:
        self.engine, self.pid, self.workbook = Engine(), 1, workbook
        self.log: list[tuple[str, Any]] = []
        self.refuse_at: int | None = None
        self.opens_nothing = self.has_map = False
        self.writes = 0
        self.answers: list[str] = []
        self.state: dict[str, Any] = {
            "screen_updating": True, "enable_events": True, "display_alerts": True, "calculation": "automatic",
            "status_bar": False,
        }  # fmt: skip
        self.book = Book(self, workbook, path)
        self.window = Window()
        self.selected = self.book.sheets(1).range((1, 1))

    @property
    def api(self) -> Any:
        return self.window

    @property
    def hwnd(self) -> int:
        return 1

    @property
    def selection(self) -> Any:
        return self.selected

    @property
    def books(self) -> Books:
        return Books(self)

    def alert(self, prompt: str, title: str, buttons: str, mode: str, callback: str | None) -> str:
        self.log.append(("alert", (prompt, mode)))
        return self.answers.pop(0) if buttons == "yes_no" else "ok"

    def activate(self, steal_focus: bool = False) -> None:
        self.log.append(("activate", None))

    def calculate(self) -> None:
        self.log.append(("calculate", None))

    def written(self) -> None:
        """Count a write, which is refused when its turn has come."""
        self.writes += 1
        self.book.Saved = False
        if self.writes == self.refuse_at:
            raise Refused


def _kept(name: str) -> property:
    def read(self: App) -> Any:
        return self.state[name]

    def write(self: App, value: Any) -> None:
        self.log.append((name, value))
        self.state[name] = value

    return property(read, write)


for _name in ("screen_updating", "enable_events", "display_alerts", "calculation", "status_bar"):
    setattr(App, _name, _kept(_name))


class Books:
    def __init__(self, app: App) -> None:
        self.app = app

    def __call__(self, name: str) -> Book:
        raise KeyError(name)

    def open(self, path: str, *_: Any, **__: Any) -> Book:
        self.app.log.append(("open", path))
        if self.app.opens_nothing:
            raise Refused
        if self.app.book.closed:
            self.app.book = Book(self.app, loaded(Path(path)), Path(path))
        return self.app.book


class Window:
    """What shows a sheet, and how far it is scrolled."""

    def __init__(self) -> None:
        self.ScrollRow, self.ScrollColumn = 12, 3
        self.AutoCorrect = AutoCorrect()

    @property
    def ActiveWindow(self) -> Window:  # noqa: N802  # its name in Excel
        return self


class ChartInView(Window):
    """What shows a sheet that is a chart."""

    @property
    def ScrollRow(self) -> int:  # noqa: N802  # its name in Excel
        raise Refused

    @ScrollRow.setter
    def ScrollRow(self, row: int) -> None:  # noqa: N802  # its name in Excel
        """There is nothing to scroll."""


class AutoCorrect:
    """What Excel does to tables by itself when somebody types."""

    AutoFillFormulasInLists = AutoExpandListRange = True


class Book:
    """``keeps_unsaved``: a macro of the workbook's prevents saving, of which Excel tells nobody."""

    AutoSaveOn = ReadOnly = keeps_unsaved = False

    def __init__(self, app: App, workbook: Any, path: Path) -> None:
        self.app, self.workbook, self.path = app, workbook, path
        self.closed, self.Saved, self.FullName = False, True, str(path)
        self.sheets = Sheets(self)
        self.names = Names(self)

    @property
    def api(self) -> Book:
        return self

    def activate(self) -> None:
        self.app.log.append(("activate", None))

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def fullname(self) -> str:
        return str(self.path)

    def save(self, path: str | None, password: str | None) -> None:
        if not self.keeps_unsaved:
            self.SaveCopyAs(str(path or self.path))
            self.Saved = True

    def close(self) -> None:
        """What is asked of it from now on fails."""
        self.app.log.append(("close", str(self.path)))
        self.closed = True
        del self.app, self.path, self.sheets, self.names, self.workbook

    def SaveCopyAs(self, path: str) -> None:  # noqa: N802  # its name in Excel
        self.app.log.append(("SaveCopyAs", path))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.workbook.save(path)


class Sheets:
    def __init__(self, book: Book) -> None:
        self.book = book

    @property
    def active(self) -> Sheet:
        return Sheet(self.book, self.book.workbook.active)

    def __call__(self, key: Any) -> Sheet:
        found = self.book.workbook.worksheets[key - 1] if isinstance(key, int) else self.book.workbook[key]
        return Sheet(self.book, found)

    def __len__(self) -> int:
        return len(self.book.workbook.worksheets)

    def add(self, before: Any = None, after: Any = None, name: str | None = None) -> Sheet:
        assert before is None
        place = [s.name for s in self].index(after.name) + 1
        return Sheet(self.book, self.book.workbook.create_sheet(name, place))

    def __iter__(self) -> Iterator[Sheet]:
        return (Sheet(self.book, sheet) for sheet in self.book.workbook.worksheets)


class Sheet:
    def __init__(self, book: Book, sheet: Worksheet) -> None:
        self.book, self.sheet = book, sheet
        self.charts = Charts(self)

    @property
    def api(self) -> Worksheet:
        self.sheet.Hyperlinks = [Hyperlink(self.book.app, link) for link in self.sheet._hyperlinks]
        return self.sheet

    @property
    def name(self) -> str:
        return str(self.sheet.title)

    @name.setter
    def name(self, name: str) -> None:
        """Formulas, charts and names follow; links and texts don't."""
        app, before = self.book.app, self.name
        app.written()
        app.log.append(("rename", (before, name)))
        self.sheet.title = name
        _renamed(self.book.workbook, before, name)

    @property
    def visible(self) -> bool:
        return bool(self.sheet.sheet_state == "visible")

    @visible.setter
    def visible(self, shown: bool) -> None:
        self.book.app.written()
        self.sheet.sheet_state = "visible" if shown else "hidden"

    @property
    def tables(self) -> Tables:
        return Tables(self)

    def activate(self) -> None:
        self.book.workbook.active = self.sheet

    def select(self) -> None:
        self.activate()

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        return Range(self, arg1, arg2)

    @property
    def cells(self) -> Range:
        return self.range((1, 1), (1_048_576, 16_384))

    @property
    def used_range(self) -> Range:
        return self.range(self.sheet.dimensions)


class Hyperlink:
    """A link of a cell to a place of the workbook."""

    def __init__(self, app: App, link: Any) -> None:
        self.app, self.link = app, link

    @property
    def SubAddress(self) -> str:  # noqa: N802  # its name in Excel
        return self.link.location or ""

    @SubAddress.setter
    def SubAddress(self, place: str) -> None:  # noqa: N802  # its name in Excel
        self.app.written()
        self.link.location = place


def _renamed(workbook: Any, before: str, after: str) -> None:
    """Let what refers to a sheet's cells follow its new name."""
    quoted = "'" + before.replace("'", "''") + "'"
    pattern = re.compile(rf'"(?:[^"]|"")*"|({re.escape(quoted)}|(?<![\w.\'\]]){re.escape(before)})!', re.IGNORECASE)
    now = "'" + after.replace("'", "''") + "'!"

    def follow(text: Any) -> Any:
        return pattern.sub(lambda m: now if m[1] else m[0], text) if isinstance(text, str) else text

    for name in workbook.defined_names.values():
        name.attr_text = follow(name.attr_text)
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    cell.value = follow(cell.value)
        for name in sheet.defined_names.values():
            name.attr_text = follow(name.attr_text)
        for rule in sheet.data_validations.dataValidation:
            rule.formula1, rule.formula2 = follow(rule.formula1), follow(rule.formula2)
        for home in sheet.conditional_formatting:
            for rule in home.rules:
                rule.formula = [follow(formula) for formula in rule.formula]
        for chart in sheet._charts:
            for part in chart._charts:
                for series in part.series:
                    for reference in references_of(series):
                        if reference is not None:
                            reference.f = follow(reference.f)


class Charts:
    """The charts of a sheet, as far as openpyxl keeps them: what their series refer to, and the formats of axes."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def __len__(self) -> int:
        return len(self.sheet.sheet._charts) + self.sheet.book.app.has_map

    def __iter__(self) -> Iterator[Any]:
        return (self(number) for number in range(1, len(self) + 1))

    def __call__(self, key: int) -> Chart | Map:
        app, charts = self.sheet.book.app, self.sheet.sheet._charts
        if app.has_map and key == 1:
            return Map()
        return Chart(app, charts[key - 1 - app.has_map])


class Map:
    """A chart of a newer kind, of which Excel tells nothing to programs."""

    @property
    def api(self) -> tuple[None, Map]:
        return None, self

    def __getattr__(self, name: str) -> Any:
        raise Refused


class Chart:
    def __init__(self, app: App, chart: Any) -> None:
        self.app, self.chart = app, chart

        text = chart.title.tx.strRef if chart.title is not None and chart.title.tx is not None else None
        self.HasTitle = text is not None
        self.ChartTitle = Title(app, text)

    @property
    def api(self) -> tuple[None, Chart]:
        return None, self

    def Axes(self, kind: int, group: int = 1) -> Labels:  # noqa: N802  # its name in Excel
        axes = {part.y_axis.axId: (part.x_axis, part.y_axis) for part in self.chart._charts}
        return Labels(self.app, list(axes.values())[group - 1][kind - 1])

    def SeriesCollection(self) -> Collected:  # noqa: N802  # its name in Excel
        return Collected([Series(self.app, series) for part in self.chart._charts for series in part.series])


class Labels:
    """The labels of an axis."""

    def __init__(self, app: App, axis: Any) -> None:
        self.app, self.axis = app, axis

    @property
    def TickLabels(self) -> Labels:  # noqa: N802  # its name in Excel
        return self

    @property
    def NumberFormat(self) -> str:  # noqa: N802  # its name in Excel
        return str(self.axis.numFmt.formatCode)

    @NumberFormat.setter
    def NumberFormat(self, form: str) -> None:  # noqa: N802  # its name in Excel
        self.app.written()
        self.axis.numFmt.formatCode, self.axis.numFmt.sourceLinked = form, False

    @property
    def NumberFormatLinked(self) -> bool:  # noqa: N802  # its name in Excel
        return bool(self.axis.numFmt.sourceLinked)

    @NumberFormatLinked.setter
    def NumberFormatLinked(self, linked: bool) -> None:  # noqa: N802  # its name in Excel
        self.axis.numFmt.sourceLinked = linked


class Collected:
    """A collection as COM has it, from 1."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    @property
    def Count(self) -> int:  # noqa: N802  # its name in Excel
        return len(self.items)

    def __call__(self, number: int) -> Any:
        return self.items[number - 1]


def references_of(series: Any) -> list[Any]:
    """What a series refers to, as openpyxl has it: its name, its categories and its values."""
    kinds = (series.tx, series.cat or series.xVal, series.val or series.yVal)
    return [(getattr(k, "strRef", None) or getattr(k, "numRef", None)) if k is not None else None for k in kinds]


class Series:
    """A series: its name, categories and values are references."""

    def __init__(self, app: App, series: Any) -> None:
        self.app = app
        self.references = references_of(series)

    HasDataLabels = False  # openpyxl keeps no labels that are cells

    @property
    def Formula(self) -> str:  # noqa: N802  # its name in Excel
        return f"=SERIES({','.join('' if r is None else str(r.f) for r in self.references)},1)"

    @Formula.setter
    def Formula(self, formula: str) -> None:  # noqa: N802  # its name in Excel
        self.app.written()
        for reference, written in zip(self.references, re.split(r",(?=(?:[^']*'[^']*')*[^']*$)", formula[8:-1]),
                                      strict=False):  # fmt: skip
            if reference is not None:
                reference.f = written


class Title:
    """The title of a chart that is the content of a cell."""

    def __init__(self, app: App, reference: Any) -> None:
        self.app, self.reference = app, reference

    @property
    def Formula(self) -> str:  # noqa: N802  # its name in Excel
        return f"={self.reference.f}"

    @Formula.setter
    def Formula(self, formula: str) -> None:  # noqa: N802  # its name in Excel
        self.app.written()
        self.reference.f = formula.removeprefix("=")


class Condition:
    """A rule of a conditional format."""

    Type = 2

    def __init__(self, app: App, home: Any, rule: Any) -> None:
        self.app, self.home, self.rule = app, home, rule
        self.Formula1 = f"={rule.formula[0]}" if rule.formula else ""
        self.AppliesTo = self
        self.Address = ",".join(str(home.sqref).split())

    def Modify(self, type: int, operator: int, formula: str) -> None:  # noqa: N802  # its name in Excel
        self.app.written()
        self.rule.formula = [formula.removeprefix("=")]

    def ModifyAppliesToRange(self, range: Range) -> None:  # noqa: N802  # its name in Excel
        self.app.written()
        self.home.sqref = openpyxl.worksheet.cell_range.MultiCellRange(range.address)


_RULES = ("whole", "decimal", "list", "date", "time", "textLength", "custom")
_RULE_NAMES = {
    "IgnoreBlank": "allowBlank", "ShowInput": "showInputMessage", "ShowError": "showErrorMessage",
    "InputTitle": "promptTitle", "InputMessage": "prompt", "ErrorTitle": "errorTitle", "ErrorMessage": "error",
}  # fmt: skip


class Validation:
    """The validation of some cells, replaced as a whole."""

    cells: Range
    rules: list[Any]

    def __init__(self, cells: Range) -> None:
        self.__dict__.update(cells=cells, rules=cells.sheet.sheet.data_validations.dataValidation)

    def Delete(self) -> None:  # noqa: N802  # its name in Excel
        self.cells.sheet.book.app.written()
        self.rules[:] = [rule for rule in self.rules if str(rule.sqref) != self.cells.address]

    def Add(  # noqa: N802  # its name in Excel
        self, kind: int, style: int, operator: int, first: Any, second: Any = None
    ) -> None:
        assert (style, operator) == (1, 1)
        operands = [None if operand is None else str(operand).removeprefix("=") for operand in (first, second)]
        rule = openpyxl.worksheet.datavalidation.DataValidation(_RULES[kind - 1], *operands, sqref=self.cells.address)
        self.rules.append(rule)

    def __setattr__(self, name: str, value: Any) -> None:
        rule = next(rule for rule in self.rules if str(rule.sqref) == self.cells.address)
        setattr(rule, _RULE_NAMES[name], value or None)


class Range:
    def __init__(self, sheet: Sheet, arg1: Any, arg2: Any = None) -> None:
        self.sheet = sheet
        if isinstance(arg1, str):
            left, top, right, bottom = range_boundaries(arg1.replace("$", ""))
        elif isinstance(arg1, Range):
            (top, left), (bottom, right) = (arg1.row, arg1.column), (arg2.row, arg2.column)
        elif len(arg1) == 4:  # a part of cells: where it begins, and its size
            (top, left), (bottom, right) = arg1[:2], (arg1[0] + arg1[2] - 1, arg1[1] + arg1[3] - 1)
        else:
            (top, left), (bottom, right) = arg1, arg2 or arg1
        self.row: int = int(top or 1)
        self.column: int = int(left or 1)
        self.shape = int(bottom or 1) - self.row + 1, int(right or 1) - self.column + 1

    def __call__(self, row: int, column: int) -> Range:
        return Range(self.sheet, (self.row + row - 1, self.column + column - 1))

    max_cells_per_read = max_cells_per_write = None

    @property
    def api(self) -> Range:
        return self

    @property
    def Validation(self) -> Validation:  # noqa: N802  # its name in Excel
        return Validation(self)

    @property
    def FormatConditions(self) -> Collected:  # noqa: N802  # its name in Excel
        sheet = self.sheet.sheet
        here = [home for home in sheet.conditional_formatting if self.cells[0][0].coordinate in home.sqref]
        return Collected([Condition(self.sheet.book.app, home, rule) for home in here for rule in home.rules])

    @property
    def cells(self) -> list[list[Any]]:
        height, width = self.shape
        return [[self.sheet.sheet.cell(self.row + i, self.column + j) for j in range(width)] for i in range(height)]

    @property
    def address(self) -> str:
        ends = (self.row, self.column), (self.row + self.shape[0] - 1, self.column + self.shape[1] - 1)
        corners = [f"{get_column_letter(column)}{row}" for row, column in ends]
        return corners[0] if corners[0] == corners[1] else ":".join(corners)

    def __len__(self) -> int:
        """How many cells there are; Excel can't count all those of a sheet."""
        if (count := self.shape[0] * self.shape[1]) >= 2**31:
            raise Refused
        return count

    def get_address(self, row_absolute: bool, column_absolute: bool, external: bool) -> str:
        return self.address

    def _read(self) -> list[list[Any]]:
        return [[cell.value for cell in row] for row in self.cells]

    def _write(self, rows: Any) -> None:
        app = self.sheet.book.app
        app.written()
        app.log.append(("write", (self.sheet.name, self.address)))
        rows = rows if isinstance(rows, list) else [[rows]]
        assert (len(rows), len(rows[0])) == self.shape, "Excel would repeat or cut what does not fit"
        for cells, values in zip(self.cells, rows, strict=True):
            for cell, value in zip(cells, values, strict=True):
                _type(cell, value)
        for table in self.sheet.tables:
            if self.row <= table.range.row < self.row + self.shape[0]:
                table.name_columns()

    raw_value = property(_read, _write)
    formula = property(_read, _write)

    def autofill(self, destination: Any, type_: str) -> None:
        assert type_ == "fill_formats"
        assert 1 in (self.shape[0], destination.shape[0]), "Excel fills in one direction"
        for row in destination.impl.cells:
            for place, cell in enumerate(row):
                cell._style = self.cells[0][place % self.shape[1]]._style

    def autofit(self, axis: str | None = None) -> None:
        self.sheet.book.app.log.append(("autofit", self.address))

    @property
    def font(self) -> Font:
        return Font(self)

    def select(self) -> None:
        self.sheet.book.app.selected = self

    @property
    def data_validation(self) -> DataValidation:
        return DataValidation(self)


class Font:
    """A font, and how cells look: what was asked is in the log."""

    def __init__(self, parent: Range) -> None:
        self.parent = parent


def _logged(name: str) -> property:
    def write(self: Any, value: Any) -> None:
        cells = self if isinstance(self, Range) else self.parent
        cells.sheet.book.app.log.append((name, (cells.address, value)))

    return property(None, write)


for _name in ("column_width", "wrap_text", "vertical_alignment", "number_format", "color"):
    setattr(Range, _name, _logged(_name))
for _name in ("bold", "size", "color"):
    setattr(Font, _name, _logged(f"font.{_name}"))


def _type(cell: Any, value: Any) -> None:
    """Type something into a cell."""
    if not isinstance(value, str):
        cell.value = value
        return
    if not value or value.startswith("="):
        cell.value = value or None
        return
    if value.startswith("'"):
        cell.value, cell.data_type = value[1:], "s"
        return
    assert len(value) <= 32_767
    with suppress(ValueError):
        cell.value = float(value)
        return
    cell.value = value.upper() == "TRUE" if value.upper() in ("TRUE", "FALSE") else value


class DataValidation:
    def __init__(self, parent: Range) -> None:
        self.parent = parent

    def set_list(self, source: Any, in_cell_dropdown: bool) -> None:
        self.parent.sheet.book.app.written()
        rules = self.parent.sheet.sheet.data_validations.dataValidation
        if not isinstance(source, Range):
            words = ",".join(source)
            rules.append(
                openpyxl.worksheet.datavalidation.DataValidation("list", f'"{words}"', sqref=self.parent.address)
            )
            return
        rule = next(r for r in rules if str(r.sqref) == self.parent.address)
        left, top, right, bottom = range_boundaries(source.address)
        letters = [openpyxl.utils.get_column_letter(c) for c in (left, right)]
        rule.formula1 = f"'{source.sheet.name}'!${letters[0]}${top}:${letters[1]}${bottom}"


class Tables:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    @property
    def api(self) -> Any:
        return self.sheet.sheet.tables

    def __call__(self, key: Any) -> Table:
        names = list(self.api)
        return Table(self.sheet, self.api[names[key - 1] if isinstance(key, int) else key])

    def __len__(self) -> int:
        return len(self.api)

    def __iter__(self) -> Iterator[Table]:
        return (Table(self.sheet, table) for table in self.api.values())

    def __contains__(self, key: object) -> bool:
        return key in self.api


class Table:
    def __init__(self, sheet: Sheet, table: Any) -> None:
        self.parent, self.table = sheet, table

    @property
    def name(self) -> str:
        return str(self.table.displayName)

    @property
    def range(self) -> Range:
        return self.parent.range(self.table.ref)

    @property
    def header_row_range(self) -> Range:
        found = self.range
        return self.parent.range((found.row, found.column), (found.row, found.column + found.shape[1] - 1))

    @property
    def data_body_range(self) -> Range:
        found = self.range
        last = found.row + found.shape[0] - 1, found.column + found.shape[1] - 1
        return self.parent.range((found.row + 1, found.column), last)

    def resize(self, range: Any) -> None:
        self.parent.book.app.written()
        before, new = self.range, range.impl
        assert (before.row, before.column) == (new.row, new.column), "Excel wants the headers to stay where they are"
        self.table.ref = new.address
        if self.table.autoFilter is not None:
            self.table.autoFilter.ref = self.table.ref
        columns = self.table.tableColumns
        del columns[new.shape[1] :]
        for _ in builtins.range(len(columns), new.shape[1]):
            number = max(column.id for column in columns) + 1
            columns.append(openpyxl.worksheet.table.TableColumn(id=number, name="?"))
        self.name_columns()

    def name_columns(self) -> None:
        """Let columns be called as their headers say; one without gets a name that Excel makes up."""
        header = self.header_row_range.cells[0]
        for number, (cell, column) in enumerate(zip(header, self.table.tableColumns, strict=True), start=1):
            if cell.value is None:
                cell.value = f"Colonne{number}"
            column.name = str(cell.value)


class Names:
    def __init__(self, book: Book) -> None:
        self.parent = book

    def __iter__(self) -> Iterator[Name]:
        return (Name(self.parent, name) for name in self.parent.workbook.defined_names.values())

    def __len__(self) -> int:
        return len(self.parent.workbook.defined_names)

    def snapshot(self) -> list[tuple[str, Name]]:
        return [(name.name, name) for name in self]

    def __call__(self, key: Any) -> Name:
        names = list(self)
        return names[key - 1] if isinstance(key, int) else next(n for n in names if n.name == key)


class Name:
    def __init__(self, book: Book, defined: Any) -> None:
        self.book, self.defined = book, defined

    @property
    def name(self) -> str:
        return str(self.defined.name)

    @property
    def refers_to_range(self) -> Range:
        sheet, _, address = str(self.defined.attr_text).rpartition("!")
        return self.book.sheets(plain_sheet(sheet)).range(address)

    @property
    def refers_to(self) -> str:
        return f"={self.defined.attr_text}"

    @refers_to.setter
    def refers_to(self, formula: str) -> None:
        self.book.app.written()
        self.defined.attr_text = formula.removeprefix("=")


def loaded(path: Path) -> Any:
    """A workbook as openpyxl reads it, its charts with the axes that openpyxl forgets of areas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl has no room for some extensions
        workbook = openpyxl.load_workbook(path)
    for chart in (chart for sheet in workbook.worksheets for chart in sheet._charts):
        whole = next((part for part in chart._charts if part.axId), None)
        for part in chart._charts:
            if whole is not None and not part.axId:
                part.x_axis, part.y_axis = whole.x_axis, whole.y_axis
    return workbook


def opened(path: Path) -> xlwings.Book:
    """A workbook as Excel has it open."""
    import xlwings  # late: tests set first under which licence it runs

    return xlwings.Book(impl=App(loaded(path), path).book)


def excel(book: xlwings.Book) -> App:
    """The program behind a workbook."""
    app: App = book.app.impl
    return app


def saved(book: xlwings.Book, path: Path) -> Path:
    """The workbook as it is now, in a file."""
    excel(book).book.SaveCopyAs(str(path))
    return path


def perform(book: xlwings.Book, actions: list[dict[str, Any]]) -> None:
    """Do to a workbook what a page is asked for, as xlwings' client does; Excel's look of rows is left out."""
    for action in actions:
        if action["func"] == "setCalculation":
            continue
        sheet = excel(book).book.sheets(action["sheet_position"] + 1)
        if action["func"] == "resizeTable":
            table = list(sheet.tables)[action["args"][0]]
            table.table.ref = table.table.autoFilter.ref = action["args"][1].replace("$", "")
            continue
        top, left = action["start_row"] + 1, action["start_column"] + 1
        cells = sheet.range((top, left), (top + action["row_count"] - 1, left + action["column_count"] - 1))
        if action["func"] in ("setFormula", "setValues"):
            assert all(value is not None for row in action["values"] for value in row), "a page leaves such cells alone"
            cells.formula = action["values"]
        elif action["func"] == "setDataValidationList":
            source, in_cell = action["args"]
            begin = source["start_row"] + 1, source["start_column"] + 1
            end = begin[0] + source["row_count"] - 1, begin[1] + source["column_count"] - 1
            offered = excel(book).book.sheets(source["sheet_position"] + 1).range(begin, end)
            cells.data_validation.set_list(offered, in_cell)
        else:
            assert action["func"] == "rangeAutofill", action


def as_excel_has_it(value: Any) -> Any:
    """A value of a cell: days are numbers there."""
    return openpyxl.utils.datetime.to_excel(value) if isinstance(value, date) else value


def plain(operand: Any) -> str:
    """An operand or another setting of a validation, in one writing."""
    with suppress(TypeError, ValueError):
        return str(float(operand))
    return str(operand or "")


def contents(book: xlwings.Book) -> dict[str, Any]:
    """Everything in an open workbook that a refresh may write: what undoing it has to give back."""
    workbook = excel(book).workbook
    found: dict[str, Any] = {"names": {n.name: n.attr_text for n in workbook.defined_names.values()}}
    for place, sheet in enumerate(workbook.worksheets):
        found[f"sheet {place}"] = sheet.title, sheet.sheet_state
        for row in sheet.iter_rows():
            found |= {
                f"{place}!{cell.coordinate}": (as_excel_has_it(cell.value), cell.data_type == "f")
                for cell in row
                if cell.value is not None
            }
        tables = sheet.tables.values()
        found[f"tables {place}"] = [(t.name, t.ref, [column.name for column in t.tableColumns]) for t in tables]
        rules = sheet.data_validations.dataValidation
        found[f"rules {place}"] = sorted(
            [
                str(r.sqref),
                *(plain(getattr(r, name)) for name in ("type", "formula1", "formula2", *_RULE_NAMES.values())),
            ]
            for r in rules
        )
        found[f"formats {place}"] = [
            (str(home.sqref), [list(rule.formula) for rule in home.rules]) for home in sheet.conditional_formatting
        ]
        found[f"links {place}"] = [
            (c.coordinate, c.hyperlink.location) for row in sheet.iter_rows() for c in row if c.hyperlink
        ]
        found[f"charts {place}"] = [
            (part.y_axis.numFmt and (part.y_axis.numFmt.formatCode, part.y_axis.numFmt.sourceLinked),
             [reference and reference.f for series in part.series for reference in references_of(series)])
            for chart in sheet._charts for part in chart._charts
        ]  # fmt: skip
    return found
