"""What Excel-DNA's IntelliSense, a free add-in for Windows, shows while a function is typed in a cell.

It reads the sheet ``_IntelliSense_`` of every workbook and add-in that is open: a row per function with its name, its
description, a help topic, then the name and the description of each argument
(https://github.com/Excel-DNA/IntelliSense).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from zipfile import ZipFile

from xlkpi.errors import DefinitionError, Problem
from xlkpi.udfs.specification import Argument, Function
from xlkpi.workbook.cells import in_xml, reference

SHEET = "_IntelliSense_"
#: What its first cell must say.
MARK = "FunctionInfo"
#: The sheet that a new add-in has, which takes the name and the rows: no other sheet may stand behind.
_OLD_NAME, _PART = b"Sheet1", "xl/worksheets/sheet1.xml"
_NAMED = {"xl/workbook.xml": b'<sheet name="%s"', "docProps/app.xml": b"<vt:lpstr>%s</vt:lpstr>"}
_DATA = re.compile(rb'<dimension ref="A1"/>(.*)<sheetData/>', re.DOTALL)


def rows(functions: Iterable[Function], language: str) -> list[list[str]]:
    """The cells of the sheet, in one language."""
    made = [[MARK]]
    for function in functions:
        row = [function.name, function.description(language), ""]
        for argument in function.arguments:
            row += [cell for pair in _shown(argument, language) for cell in pair]
        made.append(row)
    return made


def parts(book: ZipFile, functions: Iterable[Function], language: str) -> dict[str, bytes]:
    """The parts of an add-in that change when its only sheet becomes the sheet of tooltips.

    Raises DefinitionError where it is not the add-in that pyOpenVBA makes today.
    """
    cells = rows(functions, language)
    last = reference(len(cells) - 1, max(map(len, cells)) - 1)
    data = b"".join(_row(number, row) for number, row in enumerate(cells))
    sheet, found = _DATA.subn(
        lambda match: b'<dimension ref="A1:%s"/>%s<sheetData>%s</sheetData>' % (last, match[1], data), book.read(_PART)
    )
    changed = {_PART: sheet}
    for part, written in _NAMED.items():
        before = book.read(part)
        changed[part] = before.replace(written % _OLD_NAME, written % SHEET.encode())
        found += changed[part] != before
    if found != 1 + len(_NAMED):
        raise DefinitionError(Problem("addin_template", {}))
    return changed


def _shown(argument: Argument, language: str) -> Sequence[tuple[str, str]]:
    """The name as Excel writes it, with its description; one that repeats is known by a number and three dots."""
    help_ = argument.description(language)
    if argument.repeating:
        return (f"{argument.name}1", help_), ("...", help_)
    return ((f"[{argument.name}]" if argument.optional else argument.name, help_),)


def _row(number: int, cells: Sequence[str]) -> bytes:
    filled = (
        b'<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>' % (reference(number, i), in_xml(cell))
        for i, cell in enumerate(cells)
        if cell
    )
    return b'<row r="%d">%s</row>' % (number + 1, b"".join(filled))
