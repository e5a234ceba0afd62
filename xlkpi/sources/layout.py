"""Where the table is among the lines of an export: what stands above it, its header row, what stands below."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

DELIMITERS = ("\t", ";", ",", "|")
COMMENT = "#"
#: Within how many rows of a note its table begins.
NEAR = 10
_NUMBER = re.compile(r"^[\s$€£+\-−(]*\d[\d\s.,'  %€$£)]*$")


def records(text: str, delimiter: str) -> list[list[str]]:
    """The lines of a sample, split; the last one may be cut."""
    out: list[list[str]] = []
    try:
        for record in csv.reader(text.splitlines(keepends=True), delimiter=delimiter):
            out.append(record)
    except csv.Error:
        pass  # a field longer than csv's limit, far beyond any header
    return out


def choose_delimiter(text: str) -> str | None:
    """The delimiter under which the longest stretch of lines has the same number of columns, and the most of them."""
    best, chosen = 0, None
    for delimiter in DELIMITERS:
        counts = Counter(len(record) for record in records(text, delimiter) if len(record) > 1)
        score = max((lines * (width - 1) for width, lines in counts.items()), default=0)
        if score > best:
            best, chosen = score, delimiter
    return chosen


def filled(record: Sequence[str]) -> int:
    """How many cells of a record say something."""
    return sum(1 for cell in record if cell.strip())


def looks_numeric(cell: str) -> bool:
    """Whether a cell is a number rather than a name."""
    return bool(_NUMBER.match(cell.strip()))


def is_header(record: Sequence[str]) -> bool:
    """Whether a record can be a row of column names: at least two, none of them a number, at most half blank."""
    cells = [cell.strip() for cell in record]
    named = [cell for cell in cells if cell]
    if len(named) < 2 or 2 * len(named) < len(cells):
        return False
    numbers = sum(1 for cell in named if looks_numeric(cell) and not re.fullmatch(r"\d{4}", cell))
    return numbers == 0


def _above_a_wider_table(sample: Sequence[Sequence[str]], at: int, candidates: Sequence[int]) -> bool:
    """Whether a row of two or three names is a note (``Report start: ..., Report end: ...``) over a wider table."""
    width = len(sample[at])
    following = next((i for i in range(at, len(sample)) if len(sample[i]) != width), len(sample))
    near = (i for i in candidates if at < i <= at + NEAR)
    return width <= 3 and following - at <= 3 and any(len(sample[i]) > width for i in near)


def header_index(sample: Sequence[Sequence[str]]) -> int | None:
    """The position of the header: the first row of names that is as wide as the row after it.

    Lines above a table are narrower than it, or padded with blanks to its width; both are passed over.
    """
    candidates = [i for i, record in enumerate(sample) if is_header(record) and not record[0].startswith(COMMENT)]
    candidates = [i for i in candidates if not _above_a_wider_table(sample, i, candidates)]
    for i in candidates:
        following = next((r for r in sample[i + 1 :] if filled(r)), None)
        if following is None:
            return i if i == candidates[-1] else None
        if len(following) in (len(sample[i]), len(sample[i]) + 1) and 2 * filled(following) >= filled(sample[i]):
            return i
        if len(following) == len(sample[i]) and filled(following) > 1:
            return i
    return candidates[0] if candidates else None
