"""Rows of people's tables whose objective is no longer there, moved to the archive, and back when it returns.

Rows are blanked where they stood and put back into blank ones, so that nothing else moves. A row stays where it is when
something hangs on it that the archive can't hold: a comment, a link, a formula, a cell in a column that people added.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.language import dates, text
from xlkpi.language.numbers import exact, in_unit
from xlkpi.workbook.cell_links import links
from xlkpi.workbook.cells import address_of, behind_rows
from xlkpi.workbook.comments import comments
from xlkpi.workbook.live import as_date, serial

if TYPE_CHECKING:
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.people import PeopleTable, Row
    from xlkpi.workbook.people_rows import PeoplePart
    from xlkpi.workbook.state import State

ARCHIVE = "xlkpi_archive"
#: The tables whose rows move; the journal is itself the record of what was.
TABLES = ("xlkpi_alerts", "xlkpi_reviews", "xlkpi_actions", "xlkpi_experiments", "xlkpi_notes", "xlkpi_swot")
#: What a cell holds, in characters.
LONGEST = 32_000


@dataclass
class Archived:
    """The rows of people's tables after the moves; ``out``, ``back`` and ``stay`` count rows by table, in that of
    targets objectives.
    """

    rows: dict[str, list[Row]]
    out: dict[str, int] = field(default_factory=dict)
    back: dict[str, int] = field(default_factory=dict)
    stay: dict[str, int] = field(default_factory=dict)
    #: The objectives that are gone and whose typed cells are in the archive now.
    cells: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Words:
    """How a table is told in the archive: its page, its headers by code, and titles of objectives by key."""

    page: str
    headers: Mapping[str, str]
    titles: Mapping[str, str] = field(default_factory=dict)
    #: The places of rows that can't move.
    held: Collection[int] = ()
    language: str = "en"


def archived(
    rows: Mapping[str, Sequence[Row]], words: Mapping[str, Words], known: Iterable[str], now: Iterable[str], day: date
) -> Archived:
    """Move rows between people's tables and the archive, where the workbook has one.

    ``known``: the objectives that there ever were; ``now``: those that there are.
    """
    from xlkpi.workbook.pages import PEOPLE

    found = Archived({name: list(of) for name, of in rows.items()})
    if ARCHIVE not in found.rows:
        return found
    here = {id.casefold() for id in now}
    gone = {id.casefold() for id in known} - here
    _bring_back(found, here)
    for name in (name for name in TABLES if name in found.rows and name in words):
        table, of = PEOPLE[name], words[name]
        for place, row in enumerate(found.rows[name]):
            key = row.get("key")
            if not isinstance(key, str) or key.casefold() not in gone:
                continue
            kept = _archive_row(table, of, row, key, day)
            if place in of.held or kept is None:
                found.stay[name] = found.stay.get(name, 0) + 1
                continue
            put(found.rows[ARCHIVE], kept)
            found.rows[name][place] = dict.fromkeys(row)
            found.out[name] = found.out.get(name, 0) + 1
    return found


def _bring_back(found: Archived, here: Collection[str]) -> None:
    for place, kept in enumerate(found.rows[ARCHIVE]):
        key = kept.get("key")
        name, row = _row_of(kept)
        if row is None or not isinstance(key, str) or key.casefold() not in here or name not in found.rows:
            continue
        if row not in found.rows[name]:  # somebody may have written it again
            put(found.rows[name], row)
        found.rows[ARCHIVE][place] = dict.fromkeys(kept)
        found.back[name] = found.back.get(name, 0) + 1


def _row_of(kept: Row) -> tuple[str, Row | None]:
    """The table and the row that an archived one was; no row where somebody changed what tells it."""
    try:
        read: Any = json.loads(str(kept.get("row")))
        name, row = str(read["table"]), read["row"]
    except (ValueError, TypeError, KeyError):
        return "", None
    fits = isinstance(row, dict) and all(isinstance(v, str | int | float | bool | None) for v in row.values())
    if name not in TABLES or not fits:
        return name, None
    return name, {code: float(v) if type(v) is int else v for code, v in row.items()}


def _archive_row(table: PeopleTable, words: Words, row: Row, key: str, day: date) -> Row | None:
    """A row as the archive keeps it; None where a cell can't hold it."""
    content = "\n".join(
        text("workbook.archive.line", words.language, header=words.headers.get(c.code, c.code),
             value=told(row.get(c.code), c.kind, words.language))
        for c in table.columns
        if c.code not in ("key", "title") and row.get(c.code) not in (None, "")
    )  # fmt: skip
    whole = json.dumps({"table": table.name, "row": dict(row)}, ensure_ascii=False)
    if max(len(content), len(whole)) > LONGEST:
        return None
    return {"date": serial(day), "from": words.page, "key": key, "title": words.titles.get(key) or None,
            "content": content or None, "row": whole}  # fmt: skip


def told(value: object, kind: str, language: str) -> str:
    """A cell's content in words; ``kind`` is that of its column."""
    if kind == "date" and isinstance(value, float) and (found := as_date(value)) is not None:
        return dates.day(found, language)
    if kind == "percent" and isinstance(value, float):
        return in_unit(value, "percent", language=language)
    return exact(value, language) if isinstance(value, float) else str(value)


def put(rows: list[Row], row: Row) -> None:
    """Put a row into the first blank one, or at the end."""
    blank = next((i for i, other in enumerate(rows) if all(v in (None, "") for v in other.values())), None)
    if blank is None:
        rows.append(row)
    else:
        rows[blank] = {**dict.fromkeys(rows[blank]), **row}


def moved_rows(
    package: Package,
    state: State,
    parts: Mapping[str, PeoplePart],
    now: Iterable[str],
    day: date,
    *,
    anew: bool = False,
) -> Archived:
    """:func:`archived` for the tables of a workbook; ``anew``: for one that is built, which has an archive, and in
    which nothing has to stay where it is.
    """
    rows: dict[str, Sequence[Row]] = {name: part.filled for name, part in parts.items()}
    if anew:
        rows.setdefault(ARCHIVE, [])
    words = _words_of(package, state, parts)
    words = {name: replace(of, held=()) for name, of in words.items()} if anew else words
    return archived(rows, words, ids_ever(state, rows.get(ARCHIVE, ())), now, day)


def _words_of(package: Package, state: State, parts: Mapping[str, PeoplePart]) -> dict[str, Words]:
    """How the tables of a workbook are told, and which of their rows can't move."""
    # Programs that compute nothing leave the titles beside the keys without a value.
    known = {id: str(title) for id, (title, *_) in state.called.items()}
    return {
        name: Words(
            part.table.sheet, state.columns[name], known | _titles(part), held_rows(package, part), state.language
        )
        for name, part in parts.items()
    }


def _titles(part: PeoplePart) -> dict[str, str]:
    """The titles that stand beside the keys."""
    found: dict[str, str] = {}
    for row, values in enumerate(part.rows, start=part.box.top):
        key, at = values.get("key"), part.places.get("title")
        cell = part.cells.get((row, at)) if at is not None else None
        if isinstance(key, str) and cell is not None and isinstance(cell.value, str) and cell.value:
            found.setdefault(key, cell.value)
    return found


def held_rows(package: Package, part: PeoplePart) -> set[int]:
    """The rows, from 0, with a comment, a link, a formula of people's, or something in a column of theirs."""
    ours = {at: code in part.formulas.usual for code, at in part.places.items()}
    rows = {
        row
        for (row, column), cell in part.cells.items()
        if part.box.left <= column + 1 <= part.box.right
        and ((not ours.get(column, False) and cell.formula is not None)
             or (column not in ours and cell.value not in (None, "")))
    }  # fmt: skip
    rows |= {address_of(at.encode())[0] for at in comments(package, part.table.sheet_part)}
    content = package.read(part.table.sheet_part)
    rows |= {row for row, column in links(behind_rows(content))
             if part.box.left <= column + 1 <= part.box.right}  # fmt: skip
    return {row - part.box.top for row in rows}


def ids_ever(state: State, rows: Sequence[Row]) -> set[str]:
    """The objectives that a workbook ever had: those that it remembers, and those of its archive."""
    return {*state.known, *state.results, *(str(row["key"]) for row in rows if row.get("key"))}


__all__ = [
    "ARCHIVE", "LONGEST", "TABLES", "Archived", "Words", "archived", "held_rows", "ids_ever", "moved_rows", "put",
    "told",
]  # fmt: skip
