"""References that ended on a table's last row end on its new last row, as in Excel when a table grows or shrinks."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from xml.sax.saxutils import escape

from xlkpi.errors import Problem, WorkbookError

RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")
_CORNERS = re.compile(r"(\$?[A-Z]+)(\$?\d+):(\$?[A-Z]+)(\$?\d+)")
#: An attribute's value may hold a slash, which otherwise closes a tag that has no text.
_FORMULAS = re.compile(
    rb"(<(?:\w+:)?(?:f|definedName|formula[12]?|calculatedColumnFormula|totalsRowFormula)\b"
    rb"""(?:[^<>"/]|"[^<"]*")*>)([^<]+)"""
)
#: Formulas in attributes: colour scales, and the lists of form controls.
_IN_ATTRIBUTES = re.compile(rb'(<(?:\w+:)?(?:cfvo|formControlPr)\b[^<>]*?\s(?:val|fmlaRange)=")([^<"]*)')
_PIVOT_SOURCE = re.compile(rb"<(?:\w+:)?worksheetSource\b[^>]*>")
#: A text, in which nothing refers to a cell, or the quoted name of another sheet.
_OTHER_QUOTED = r'"(?:[^"]|"")*"' + "|" + r"'(?:[^']|'')*'"
#: Gives the formulas of a part, when they are asked for.
Among = Callable[[], Container[str]]
_LAST_ROW = re.compile(r"(\$?)(\d+)$")
_SELECTION = re.compile(rb'(\ssqref="|<(?:\w+:)?sqref>)([^"<]+)')


@cache
def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


@dataclass(frozen=True)
class Box:
    """The cells of a table, counted from 1: its header row is `top`, its last row of data is `bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, reference: str) -> Box:
        """From a reference such as `A1:C2`."""
        found = RANGE.fullmatch(reference)
        if not found:
            raise WorkbookError(Problem("workbook_damaged", {"detail": reference[:80]}))
        left, top, right, bottom = found.groups()
        columns, rows = sorted(map(column_number, (left, right or left))), sorted(map(int, (top, bottom or top)))
        return cls(columns[0], rows[0], columns[1], rows[1])


def formulas_in(xml: bytes) -> frozenset[str]:
    """The formulas of a part."""
    return frozenset(unescape(found[2].decode()) for found in _FORMULAS.finditer(xml))


def changed_formulas(xml: bytes, change: Callable[[str], str]) -> bytes:
    """A part with its formulas, names and chart series changed; equal bytes where none is."""

    def formula(found: re.Match[bytes]) -> bytes:
        # Programs write entities differently, so decoded text is compared.
        old = unescape(found[2].decode())
        new = change(old)
        return found[0] if new == old else found[1] + escape(new).encode()

    def attribute(found: re.Match[bytes]) -> bytes:
        old = unescape(found[2].decode())
        new = change(old)
        return found[0] if new == old else found[1] + escape(new, {'"': "&quot;"}).encode()

    return _IN_ATTRIBUTES.sub(attribute, _FORMULAS.sub(formula, xml))


def changed_sources(xml: bytes, sheet: str, change: Callable[[str], str]) -> bytes:
    """A part with the ranges of a sheet changed that pivot tables are over."""

    def source(found: re.Match[bytes]) -> bytes:
        names = dict(re.findall(r'([\w:]+)="([^"]*)"', found[0].decode()))
        if unescape(names.get("sheet", "")) != sheet or "ref" not in names or "r:id" in names:  # of another workbook
            return found[0]
        return found[0].replace(f'ref="{names["ref"]}"'.encode(), f'ref="{change(names["ref"])}"'.encode())

    return _PIVOT_SOURCE.sub(source, xml)


@dataclass(frozen=True)
class Shift:
    """Rows of a sheet that moved: by the first old row, the rows and the first new one, from 1; up to a column."""

    sheet: str
    rows: Sequence[tuple[int, int, int]]
    right: int

    @property
    def changes(self) -> bool:
        return any(old != new for old, _, new in self.rows)

    def formulas(self, xml: bytes) -> bytes:
        """All formulas, names and chart series of a part that name the sheet."""
        return changed_formulas(xml, self.formula)

    def formula(self, text: str) -> str:
        """A formula with its references moved."""
        from xlkpi.workbook.formula_text import moved

        def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
            if sheet is None or sheet.casefold() != self.sheet.casefold():
                return sheet, reference
            return sheet, re.sub(r"(\$?)([A-Z]+)(\$?)(\d+)", self._moved, reference)

        return moved(text, move)

    def _moved(self, found: re.Match[str]) -> str:
        row = int(found[4])
        if column_number(found[2]) <= self.right:
            row = next((new + row - old for old, count, new in self.rows if old <= row < old + count), row)
        return f"{found[1]}{found[2]}{found[3]}{row}"


@dataclass(frozen=True)
class Growth:
    """A table of a sheet whose last row of data moves to `last`, and its row of totals, if it has one, with it."""

    sheet: str
    box: Box
    last: int
    totals: int = 0

    def selection(self, reference: str) -> str:
        """A cell or range of the table's own sheet (`sqref`): a single cell stands for a range of one row."""
        found = RANGE.fullmatch(reference)
        whole = found and int(found[2]) <= self.box.top + 1  # a few rows that somebody picked stay those
        return self._grown(reference, single=True) if whole else reference

    def formula(self, text: str, among: Among = tuple) -> str:
        """The same in a formula from anywhere, which names the sheet.

        ``among`` gives the formulas that it stands among. One that is also there as it would be in the cell above is
        a step of running totals or of a moving window: its ranges that don't end on a fixed row stay.
        """
        written = self.sheet.replace("'", "''")
        if written.casefold() not in text.casefold():  # most formulas: quicker than the pattern
            return text
        quoted = f"'{written}'"
        sheets = "|".join(re.escape(name) for name in (self.sheet, quoted))
        end = rf"(?::((?:{sheets})!)?(\$?[A-Z]{{1,3}}\$?\d+))"
        if self.totals:  # a cell alone may follow, too, but none from which a range leads to another sheet
            end += r"?(?!:(?:['\[]|[^\W\d][\w.]*!))"
        ours = rf"(?<![\w.'\]:])((?:{sheets})!)(\$?[A-Z]{{1,3}}\$?\d+){end}(?![\w(!])"
        steps = cache(lambda: is_step(text, among()))

        def grown(found: re.Match[str]) -> str:
            if not found[1]:
                return found[0]
            first, colon, last = self._grown(f"{found[2]}:{found[4]}" if found[4] else found[2], steps).partition(":")
            return found[1] + first + colon + (found[3] or "") + last  # some programs name the sheet at both ends

        return re.sub(rf"{ours}|{_OTHER_QUOTED}", grown, text, flags=re.IGNORECASE)

    def at_home(self, xml: bytes, row: int = 0, among: Among = tuple) -> bytes:
        """Formulas of the table's own sheet, for what they refer to there without a name of a sheet.

        What ends on ``row``, their own one, and not on it as a fixed one, stays: running totals end where they stand.
        So does a step of a series ``among`` the sheet's formulas, as in `formula`.
        """
        from xlkpi.workbook.formula_text import moved

        ends = {self.box.bottom, self.box.bottom + self.totals}
        if not self.changes or not (b"<f" in xml or b"Formula" in xml) or not any(b"%d" % end in xml for end in ends):
            return xml

        def change(text: str) -> str:
            steps = cache(lambda: is_step(text, among()))

            def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
                last = _LAST_ROW.search(upright(reference))
                stays = sheet is not None or last is None or (not last[1] and int(last[2]) == row)
                return sheet, reference if stays else self._grown(reference, steps)

            return moved(text, move)

        return changed_formulas(xml, change)

    def selections(self, xml: bytes) -> bytes:
        """The conditional formats and validations of the table's own sheet."""
        return _SELECTION.sub(
            lambda m: m[1] + b" ".join(self.selection(r.decode()).encode() for r in m[2].split(b" ")), xml
        )

    def formulas(self, xml: bytes) -> bytes:
        """All formulas, names, chart series and pivot sources of a part; equal bytes where none changes."""
        among = cache(lambda: formulas_in(xml))
        followed = changed_formulas(xml, lambda text: self.formula(text, among))
        return changed_sources(followed, self.sheet, self._grown)

    @property
    def changes(self) -> bool:
        return self.last != self.box.bottom

    def _grown(self, reference: str, is_step: Callable[[], bool] = bool, *, single: bool = False) -> str:
        found = RANGE.fullmatch(reference)
        if not found:
            return reference
        if (turned := upright(reference)) != reference:
            return _turned(self._grown(turned, is_step))
        left, top, right, bottom = found.groups()
        box, first, last = self.box, int(top), int(bottom or top)
        if not all(box.left <= column_number(letters) <= box.right for letters in (left, right or left)):
            return reference
        if self.totals and box.top <= first and last == box.bottom + self.totals:
            end = str(self.last + self.totals)
            return re.sub(r"\d+", end, reference) if first == last else reference[: found.start(4)] + end
        if right is None:
            grows = single and first == last == box.bottom != self.last
            return f"{reference}:{left}{self.last}" if grows else reference
        within = first > box.top + 1
        if last != box.bottom or not box.top <= first <= self.last or (within and first == last):
            return reference
        may_roll = within or reference[found.start(2) - 1] == "$"
        if may_roll and reference[found.start(4) - 1] != "$" and is_step():
            return reference
        return reference[: found.start(4)] + str(self.last)


def upright(reference: str) -> str:
    """A range that is written with its last row first, from its first row on."""
    found = RANGE.fullmatch(reference)
    return _turned(reference) if found and found[4] and int(found[4]) < int(found[2]) else reference


def _turned(reference: str) -> str:
    """A range with its rows exchanged."""
    return _CORNERS.sub(r"\1\4:\3\2", reference)


def is_step(formula: str, among: Container[str]) -> bool:
    """Whether the formula that the cell above would have, had this one been filled down, is there, too."""
    from xlkpi.workbook.formula_text import moved

    def above(found: re.Match[str]) -> str:
        return found[0] if found[1] else f"{found[1]}{int(found[2]) - 1}"

    before = moved(formula, lambda sheet, reference: (sheet, re.sub(r"(\$?)(\d+)", above, reference)))
    return before != formula and before in among


@dataclass(frozen=True)
class Stretch:
    """Rows of a sheet, from 1, that charts show whole and that now end at `last`; there may have been just one."""

    sheet: str
    box: Box
    last: int

    @property
    def changes(self) -> bool:
        return self.last != self.box.bottom

    def formulas(self, xml: bytes) -> bytes:
        """The series of a part that is a chart."""
        return changed_formulas(xml, self.formula) if b"chartSpace" in xml[:2_000] else xml

    def formula(self, text: str) -> str:
        """A series' reference."""
        from xlkpi.workbook.formula_text import moved

        def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
            if sheet is None or sheet.casefold() != self.sheet.casefold():
                return sheet, reference
            found, box = Box.of(reference), self.box
            if (found.top, found.bottom) != (box.top, box.bottom) or not box.left <= found.left <= box.right:
                return sheet, reference
            first, _, end = upright(reference).partition(":")
            grown = f"{first}:{re.sub(r'[0-9]+$', '', end or first)}{self.last}"
            return sheet, grown if upright(reference) == reference else _turned(grown)

        return moved(text, move)
