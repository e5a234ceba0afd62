"""Comments on cells: where they are, and how those on a data table, and links, follow their row as people's cells do.

One of which the row is no more stands at the table's right, where no row of data comes: on another row it would say
something of what it was never about.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xlkpi.workbook.cell_links import links, links_moved
from xlkpi.workbook.cells import ROW, Address, address_of
from xlkpi.workbook.data_part import DataPart, letters_of
from xlkpi.workbook.package import relations_of

if TYPE_CHECKING:
    import pyarrow as pa

    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package

#: The parts of a sheet with its comments: what they say, their threads, and the boxes that they are shown in.
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
COMMENTS = ("comments", "threadedComment", "vmlDrawing")
_COMMENT = re.compile(rb'(<(?:\w+:)?(?:comment|threadedComment)\b[^>]*?\sref=")([A-Z]+[0-9]+)(?=")')
#: The box of a comment: what it looks like in programs that know no threads.
_BOX = re.compile(rb"<x:ClientData\b[^>]*>.*?</x:ClientData>", re.DOTALL)
_BOX_AT = re.compile(rb"<x:(Row|Column)>\s*(\d+)\s*</x:\1>")
#: Column and row of the box's two corners, each with how far it lies inside, counted from 0.
_CORNERS = re.compile(rb"(<x:Anchor>)([^<]*)(</x:Anchor>)")
#: How far right of a table comments stand that have lost their row.
_BESIDE = 3


def comments(package: Package, sheet_part: str) -> list[str]:
    """The addresses of the cells of a sheet on which somebody commented."""
    return sorted({
        at.decode()
        for part in _parts(package, sheet_part, "comments", "threadedComment")
        for _, at in _COMMENT.findall(package.read(part))
    })  # fmt: skip


def follow_rows(package: Package, changes: Changes, part: DataPart, data: pa.Table) -> list[str]:
    """Move the comments and the links of a data table with their rows, before its sheet is written; gives the present
    addresses of those without one now.
    """
    places = {address_of(at.encode()) for at in comments(package, part.table.sheet_part)} | {*links(part.tail)}
    there = {_written(place): place for place in places}
    box = part.box
    on_rows = {at: a for at, a in there.items() if box.top <= a[0] < box.bottom and box.left <= a[1] + 1 <= box.right}
    if not on_rows:
        return []
    rows = _rows_now(package, part, data, {row for row, _ in on_rows.values()})
    now = {at: (rows[row], column) for at, (row, column) in on_rows.items() if row in rows}
    taken = {*now.values(), *(a for at, a in there.items() if at not in on_rows)}
    stranded = []
    for at in sorted(on_rows.keys() - now.keys(), key=on_rows.__getitem__):
        place = box.top - 1, box.right - 1 + _BESIDE
        while place in taken:
            place = place[0] + 1, place[1]
        taken.add(place)
        now[at] = place
        stranded.append(_written(place))
    moved = {there[at]: to for at, to in now.items() if there[at] != to}
    _move(package, changes, part.table.sheet_part, moved)
    part.tail = links_moved(part.tail, moved)
    return stranded


def add_comments(package: Package, changes: Changes, sheet_part: str, addresses: Sequence[str]) -> None:
    """Say in a sheet that has no comments on which cells some are, for a file that nobody opens."""
    relations = relations_of(sheet_part)
    part = posixpath.join(posixpath.dirname(sheet_part), f"seen-{posixpath.basename(sheet_part)}")
    written = "".join(f'<comment ref="{at}"/>' for at in addresses)
    changes.parts[part] = f"<comments><commentList>{written}</commentList></comments>".encode()
    relation = f'<Relationship Id="seen" Type="{_KIND}" Target="/{part}"/></Relationships>'
    content = changes.read(package, relations)
    changes.put(package, relations, content.replace(b"</Relationships>", relation.encode()))


def _rows_now(package: Package, part: DataPart, data: pa.Table, rows: set[int]) -> dict[int, int]:
    """Where rows of the table, from 0, stand once it holds the new data; those that vanish are missing."""
    content = package.read(part.table.sheet_part)
    keys = {}
    for row in rows:
        found = re.search(rb'<row\b[^>]*?\sr="%d"' % (row + 1), content)
        whole = ROW.match(content, found.start()) if found else None
        if whole and (key := part.key_of_row(whole[2] or b"")) is not None:
            keys[key] = row
    top = part.box.top
    now = {keys[key]: top + i for i, key in enumerate(part.keys_of(data)) if key in keys} if keys else {}
    theirs = {row.number - 1: top + data.num_rows + i for i, row in enumerate(part.people)}
    return now | {row: theirs[row] for row in rows if row in theirs}


def _move(package: Package, changes: Changes, sheet_part: str, places: Mapping[Address, Address]) -> None:
    """Put comments elsewhere: what they say, their threads, and the boxes that they are shown in."""
    names = {_written(old).encode(): _written(new).encode() for old, new in places.items()}
    for part in _parts(package, sheet_part, "comments", "threadedComment") if places else ():
        content = changes.read(package, part)
        changes.put(package, part, _COMMENT.sub(lambda m: m[1] + names.get(m[2], m[2]), content))
    for part in _parts(package, sheet_part, "vmlDrawing") if places else ():
        content = changes.read(package, part)
        changes.put(package, part, _BOX.sub(lambda m: _box_moved(m[0], places), content))


def _box_moved(box: bytes, places: Mapping[Address, Address]) -> bytes:
    known = {name: int(number) for name, number in _BOX_AT.findall(box)}
    at = known.get(b"Row", -1), known.get(b"Column", -1)
    if at not in places:
        return box
    to = dict(zip((b"Row", b"Column"), places[at], strict=True))
    down, right = to[b"Row"] - at[0], to[b"Column"] - at[1]

    def corners(found: re.Match[bytes]) -> bytes:
        numbers = [int(n) for n in re.findall(rb"-?\d+", found[2])]
        if len(numbers) != 8:
            return found[0]
        for place, by in ((0, right), (2, down), (4, right), (6, down)):
            numbers[place] = max(numbers[place] + by, 0)
        return found[1] + b", ".join(b"%d" % n for n in numbers) + found[3]

    moved = _BOX_AT.sub(lambda m: b"<x:%s>%d</x:%s>" % (m[1], to[m[1]], m[1]), box)
    return _CORNERS.sub(corners, moved)


def _parts(package: Package, sheet_part: str, *kinds: str) -> list[str]:
    found = package.relations(sheet_part).values()
    return [relation.target for relation in found if relation.kind in kinds and not relation.external]


def _written(place: Address) -> str:
    return f"{letters_of(place[1] + 1).decode()}{place[0] + 1}"


__all__ = ["COMMENTS", "add_comments", "comments", "follow_rows"]
