"""What a function in a cell is: its name, arguments and help, apart from what runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from xlkpi.catalogue import say
from xlkpi.formula.nodata import NoData, Stop

Translated = Mapping[str, str]
CATEGORY = "xlkpi"
#: What Excel's function wizard shows of a description, and of an argument's.
MAX_HELP = 255

#: ``number``: one value or a range, cell by cell. ``column``: a whole range that becomes one value. ``table``: a range
#: with a row of headers. ``day``, ``text``, ``option``: a date, a text, a setting; one value or a range, as ``number``
#: where the function works cell by cell.
Kind = Literal["number", "column", "table", "day", "text", "option"]
#: ``each``: the result has the size of the arguments. ``one``: a single value. ``table``: it spills rows and columns.
Shape = Literal["each", "one", "table"]


@dataclass(frozen=True)
class Argument:
    """An argument. ``optional`` may be left out, ``repeating`` (the last one) be given any number of times."""

    name: str
    help: Translated
    kind: Kind = "number"
    optional: bool = False
    repeating: bool = False
    default: Any = None

    def description(self, language: str | None = None) -> str:
        return cut(str(say(self.help, language)))


@dataclass(frozen=True)
class Function:
    """A function in cells.

    ``run`` takes what stands in cells (:mod:`xlkpi.udfs.cells`) by position; it raises ``Stop`` with the error that a
    cell shows, or an XlkpiError that says what is wrong; :meth:`call` never raises. ``kpi`` is the catalogue's id, None
    for the functions that are not one KPI. ``example`` is a call in US English, without the equals
    sign. ``family`` groups functions: the catalogue's families, and ``data``, ``smart`` and ``tests``. ``size`` tells
    the rows and columns of a table, for Excel that does not spill.
    """

    name: str
    arguments: tuple[Argument, ...]
    summary: Translated
    run: Callable[..., Any]
    family: str
    shape: Shape = "each"
    kpi: str | None = None
    example: str = ""
    title: Translated = field(default_factory=dict)
    category: str = CATEGORY
    size: Translated = field(default_factory=dict)

    def call(self, *arguments: Any) -> Any:
        """The result: a cell, or rows of cells; a failure is the error that the cell shows."""
        try:
            return self.run(*arguments)
        except Stop as stop:
            return stop.reason
        except Exception:  # a cell can't show more than an error; KPI_EXPLAIN says why
            return NoData.NOT_A_NUMBER

    def description(self, language: str | None = None) -> str:
        """The description for the wizard, at most 255 characters."""
        return cut(str(say(self.summary, language)))

    @property
    def wizard_length(self) -> int:
        """What the classic wizard's limit of 254 counts: the arguments, and the characters of their names."""
        return len(self.arguments) + sum(len(argument.name) for argument in self.arguments)


def cut(text: str) -> str:
    """A text in at most 255 characters, ended at a word."""
    if len(text) <= MAX_HELP:
        return text
    return text[: MAX_HELP - 1].rsplit(" ", 1)[0].rstrip(" ,;:\u00a0\u202f") + "…"
