"""Formulas that people fill into whole columns of tables, written as Excel writes them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import escape

from tests.checks.reading import Book, SheetCell, letters_of
from tests.edits import Edited, put_cell

#: A calculated column of xlkpi's, and a formula of somebody's for it.
TABLE, HEADER = "xlkpi_budget", "Écart"
THEIRS = f"{TABLE}[[#This Row],[Dépense]]*2"


def column(path: Path, table: str = TABLE, header: str = HEADER) -> list[SheetCell]:
    book = Book(path)
    found = next(t for t in book.tables if t.name == table)
    letters = letters_of(found.area.left + list(found.columns).index(header))
    cells = next(s for s in book.sheets if s.name == found.sheet).cells
    rows = range(found.area.top + 1, found.area.bottom + 1)
    return [cell for row in rows if (cell := cells.get(f"{letters}{row}")) is not None]


def share(book: Edited, sheet: str, address: str, formula: str, area: str, first: bool) -> None:
    """A cell's formula as one that several cells have; the first of them has its text."""
    written = f' ref="{area}" si="99">{escape(formula)}</f>' if first else ' si="99"/>'

    def change(xml: str) -> str:
        cell = rf'(<c\b[^>]*\br="{address}"[^>]*>)<f>[^<]*</f>'
        return re.sub(cell, lambda found: f'{found[1]}<f t="shared"{written}', xml)

    book.change(book.sheets[sheet], change)


def add_column(path: Path, formula: str, *, definition: bool, shared: bool = False) -> None:
    """A calculated column at the right end of the data, as Excel makes it; ``{row}`` is each cell's own."""
    with Edited(path) as book:
        found = next(t for t in Book(path).tables if t.name == "xlkpi_data")
        sheet = found.sheet
        letters, first, last = letters_of(found.area.right + 1), found.area.top + 1, found.area.bottom
        put_cell(book, sheet, f"{letters}1", "À moi")
        for row in range(first, last + 1):
            written = formula.format(row=row)
            put_cell(book, sheet, f"{letters}{row}", f"={written}", cached=1.5)
            if shared:
                share(book, sheet, f"{letters}{row}", written, f"{letters}{first}:{letters}{last}", row == first)
        part = next(t for _, k, t in book.relations(book.sheets[sheet]) if k == "table")
        inside = f"<calculatedColumnFormula>{escape(formula.format(row=first))}</calculatedColumnFormula>"
        column = f'<tableColumn id="99" name="À moi">{inside if definition else ""}</tableColumn>'

        def change(xml: str) -> str:
            xml = re.sub(r'(ref="A1:)[A-Z]+', rf"\g<1>{letters}", xml)
            count = len(found.columns) + 1
            xml = re.sub(r'<tableColumns count="\d+"', f'<tableColumns count="{count}"', xml)
            return xml.replace("</tableColumns>", f"{column}</tableColumns>")

        book.change(part, change)


def fill_column(path: Path, formula: str, *, shared: bool = False, definition: bool = True) -> None:
    """As Excel fills a calculated column: every row, and the table's definition; ``shared`` as it may write it."""
    cells = column(path)
    sheet = next(t.sheet for t in Book(path).tables if t.name == TABLE)
    with Edited(path) as book:
        for number, cell in enumerate(cells):
            put_cell(book, sheet, cell.address, f"={formula}", cached=7.5)
            if shared:
                share(book, sheet, cell.address, formula, f"{cells[0].address}:{cells[-1].address}", number == 0)
        part = next(t for _, k, t in book.relations(book.sheets[sheet]) if k == "table")
        new = f"<calculatedColumnFormula>{escape(formula)}</calculatedColumnFormula>" if definition else ""
        old = rf'(<tableColumn\b[^>]*name="{HEADER}"[^>]*>)<calculatedColumnFormula>[^<]*</calculatedColumnFormula>'
        written = re.sub(old, lambda found: found[1] + new, book.text(part))
        if written != book.text(part):  # LibreOffice leaves the formulas out of definitions
            book.change(part, lambda _: written)
