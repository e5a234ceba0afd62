"""The copies of their numbers that charts carry, shown where nothing recalculates: in previews, mails, on phones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import TYPE_CHECKING

from xlkpi.workbook.anchors import HIDDEN, Spot
from xlkpi.workbook.built_rows import BuiltRows
from xlkpi.workbook.cells import in_xml, number_text
from xlkpi.workbook.formula_text import plain_sheet
from xlkpi.workbook.live import has_number
from xlkpi.workbook.references import Box
from xlkpi.workbook.writer import drawn

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.package import Package

_CACHE = re.compile(
    rb"(<c:f>([^<]*)</c:f>\s*<c:(num|str)Cache>(?:\s*<c:formatCode>[^<]*</c:formatCode>)?)(.*?)(</c:\3Cache>)",
    re.DOTALL,
)
#: Some programs name the sheet at both ends.
_REFERENCE = re.compile(r"((?:'(?:[^']|'')+'|[^'!]+)!)(\$?[A-Z]{1,3}\$?\d+)(?::(?:\1)?(\$?[A-Z]{1,3}\$?\d+))?")
#: Longer ranges are left to the program that opens the workbook.
_LONGEST = 20_000


def update_charts(package: Package, changes: Changes, existing: Existing, book: Book) -> None:
    """Bring the caches of charts over cells of ours up to date."""
    known = _Values(existing, book)
    for part in {**dict.fromkeys(package.parts), **dict.fromkeys(changes.parts)}:
        if "/charts/" not in part or not part.endswith(".xml"):
            continue

        def cache(found: re.Match[bytes]) -> bytes:
            values = known.of(unescape(found[2].decode()))
            if values is None:
                return found[0]
            points = b"".join(
                b'<c:pt idx="%d"><c:v>%s</c:v></c:pt>' % (i, shown)
                for i, value in enumerate(values)
                if (shown := _shown(value, text=found[3] == b"str")) is not None
            )
            return found[1] + b'<c:ptCount val="%d"/>' % len(values) + points + found[5]

        changes.put(package, part, _CACHE.sub(cache, changes.read(package, part)))


def _shown(value: Value, *, text: bool) -> bytes | None:
    if has_number(value):
        return number_text(drawn(float(value)))  # type: ignore[arg-type]  # as just checked
    return in_xml(value) if text and isinstance(value, str) else None


class _Values:
    """What stands in ranges of ours."""

    def __init__(self, existing: Existing, book: Book) -> None:
        self.existing, self.book, self.rows = existing, book, BuiltRows(book)
        self.tables = {t.sheet: (t, name) for name, part in existing.parts.items() for t in (part.table,)}

    def of(self, reference: str) -> Sequence[Value] | None:
        """The values of a range; None where it is not ours altogether."""
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            return None
        sheet, box = plain_sheet(found[1]), Box.of(f"{found[2]}:{found[3] or found[2]}")
        if (box.bottom - box.top + 1) * (box.right - box.left + 1) > _LONGEST:
            return None
        id = self.existing.identifiers.get(sheet)
        if id == "calculation":
            return self._calculated(box)
        if sheet in self.tables:
            return self._of_table(self.tables[sheet][1], box)
        return self._of_page(sheet, box) if id is not None and id not in HIDDEN else None

    def _calculated(self, box: Box) -> Sequence[Value]:
        cells = self.book.sheets["calculation"].cells
        return [cells.get(at) for at in _addresses(box)]

    def _of_page(self, sheet: str, box: Box) -> Sequence[Value] | None:
        values: list[Value] = []
        for row, column in _addresses(box):
            key = self.existing.anchor_keys.get(Spot(sheet, row, column))
            if key is None or key[0] not in self.book.sheets:
                return None
            values.append(self.book.sheets[key[0]].cells.get((self.rows.written(key[0], key[1]), key[2])))
        return values

    def _of_table(self, name: str, box: Box) -> Sequence[Value] | None:
        part = self.existing.parts[name]
        table = self.book.data_tables.get(name)
        if table is None or box.left != box.right or not part.box.left <= box.left <= part.box.right:
            return None
        header = part.headers[box.left - part.box.left]
        code = next((c for c, h in table.headers.items() if h == header), None)
        first = box.top - part.box.top - 1
        if code is None or first < 0:
            return None
        return table.columns[code][first : first + box.bottom - box.top + 1]


def _addresses(box: Box) -> list[tuple[int, int]]:
    return [(row - 1, column - 1) for row in range(box.top, box.bottom + 1)
            for column in range(box.left, box.right + 1)]  # fmt: skip
