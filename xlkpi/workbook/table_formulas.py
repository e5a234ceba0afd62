"""The calculated columns of the tables that people fill: which formulas are ours, and which somebody put there.

A workbook remembers a fingerprint of each formula that was written for it. A formula of another one is people's,
whether it stands in one cell or fills the column: it stays with its value, and rows that are added get it, as in Excel.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xlkpi.workbook.anchors import formula_print
from xlkpi.workbook.cells import Address, Cells
from xlkpi.workbook.content import shifted
from xlkpi.workbook.formula_text import canonical
from xlkpi.workbook.references import Box

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.people import Written

#: Fingerprints of formulas by column; several, where a column of some workbook may still have an earlier one.
Prints = Mapping[str, Sequence[str]]
_MOST = 8
#: A column of the same row; in its name a quote stands before what has a meaning.
_THIS_ROW = re.compile(r"(\[\[#This Row\],\[)((?:'.|[^'\]])*)(\]\])")


@dataclass
class TableFormulas:
    """The formulas of a table as it stands. ``usual``: of each calculated column, by code, the one of its definition
    or, where a program left that out (``in_cells``), of most cells. ``texts``: of each cell that has one, by place.
    """

    usual: dict[str, str]
    in_cells: dict[str, str]
    texts: Mapping[Address, str]
    headers: frozenset[str]
    prints: Prints | None = None
    home: str = ""
    named: Mapping[str, str] = field(default_factory=dict)
    #: Present headers that people gave to columns of ours, with what these were called.
    renamed: Mapping[str, str] = field(default_factory=dict)
    _known: dict[tuple[str, str], bool] = field(default_factory=dict)

    def is_ours(self, code: str, formula: str) -> bool:
        """Whether xlkpi wrote a formula for a column."""
        if self.prints is None or code not in self.prints:  # a workbook that remembers none
            return code in self.usual and canonical(formula) == canonical(self.usual[code])
        if (code, formula) not in self._known:
            then = _THIS_ROW.sub(lambda m: m[1] + _quoted(self.renamed.get(_plain(m[2]), _plain(m[2]))) + m[3], formula)
            self._known[code, formula] = formula_print(then, self.home, self.named) in self.prints[code]
        return self._known[code, formula]

    def new(self, written: Written, code: str) -> str | None:
        """Our formula for a column as it is now; as it was, where it would read columns that the table lacks."""
        formula, usual = written.sheet.formulas.get((written.first, written.place(code))), self.usual.get(code)
        if formula is None or usual is None:
            return None
        if {_plain(m[2]) for m in _THIS_ROW.finditer(formula)} <= self.headers:
            return formula
        return usual if self.is_ours(code, usual) else None

    def theirs(self, code: str, at: Address) -> str | None:
        """People's formula for a row that is added to a column which they have filled with one."""
        usual = self.usual.get(code)
        if usual is None or self.is_ours(code, usual):
            return None
        above = [row for row, column in self.texts if column == at[1] and row < at[0]]
        last = max((row for row in above if not self.is_ours(code, self.texts[row, at[1]])), default=None)
        return usual if last is None else shifted(self.texts[last, at[1]], at[0] - last, 0)


def formulas_of(
    cells: Cells, box: Box, places: Mapping[str, int], defined: Mapping[str, str], present: Sequence[str],
    ours: set[str], name: str, home: str, headers: Mapping[str, str], shared: Mapping[Address, str],
    existing: Existing | None,
) -> TableFormulas:  # fmt: skip
    """The formulas of a table: ``places`` and ``defined`` by code, ``ours`` the calculated columns, ``headers`` the
    codes' as they were written, ``present`` those that stand there, ``shared`` formulas that cells have in common.
    """
    texts: dict[Address, str] = {}
    for code in ours & places.keys():
        for at in ((row, places[code]) for row in range(box.top, box.bottom)):
            if (cell := cells.get(at)) is not None and (text := cell.formula or shared.get(at)):
                texts[at] = text
    prints = existing.state.formulas.get(name) if existing else None
    found = TableFormulas(
        dict(defined), {}, texts, frozenset(present), prints, home, existing.identifiers if existing else {},
        _renamed(list(headers.values()), present),
    )  # fmt: skip
    for code in ours & places.keys() - defined.keys():
        there = [text for (_, column), text in texts.items() if column == places[code]]
        if there:  # theirs fills the column where no cell has ours any more
            of_ours = [text for text in there if found.is_ours(code, text)]
            found.usual[code] = found.in_cells[code] = _most_usual(of_ours or there)
    return found


def present_prints(tables: Mapping[str, TableFormulas]) -> dict[str, dict[str, Sequence[str]]]:
    """The fingerprints that a workbook remembers; of those that it does not, of the formulas that pass for ours."""
    return {
        name: {code: [formula_print(formula, of.home, of.named)] for code, formula in of.usual.items()}
        if of.prints is None else dict(of.prints)
        for name, of in tables.items()
    }  # fmt: skip


def formula_prints(book: Book) -> dict[str, dict[str, list[str]]]:
    """What a workbook remembers of the formulas in people's tables: those that are written now, and earlier ones."""
    named = {sheet.name: id for id, sheet in book.sheets.items()}
    before = {**book.existing.state.formulas, **book.existing.formulas} if book.existing else {}
    found = {name: {code: list(prints) for code, prints in of.items()} for name, of in before.items()}
    for name, written in book.people.items():
        of = found.setdefault(name, {})
        for column in (c for c in written.table.columns if c.is_formula):
            formula = written.sheet.formulas.get((written.first, written.place(column.code)))
            if formula is not None:
                now = formula_print(formula, written.sheet.name, named)
                of[column.code] = [now, *(p for p in of.get(column.code, ()) if p != now)][:_MOST]
    return found


def _most_usual(formulas: Sequence[str]) -> str:
    written = Counter(canonical(formula) for formula in formulas)
    most = max(written.values())
    return next(formula for formula in formulas if written[canonical(formula)] == most)


def _renamed(written: Sequence[str], present: Sequence[str]) -> dict[str, str]:
    """The new headers of columns by their old ones' place among those that are gone, as far as it can be told."""
    gone = [header for header in written if header not in present]
    new = [header for header in present if header not in written]
    return dict(zip(new, gone, strict=True)) if len(gone) == len(new) else {}


def _plain(header: str) -> str:
    return re.sub(r"'(.)", r"\1", header)


def _quoted(header: str) -> str:
    return re.sub(r"(['\[\]#@])", r"'\1", header)
