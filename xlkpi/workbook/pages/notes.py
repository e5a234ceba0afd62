"""The notes that people write on objectives."""

from __future__ import annotations

from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.data_sheet import NOTES
from xlkpi.workbook.pages.actions import STATES
from xlkpi.workbook.people import Column, PeopleTable, write_people

TABLE = PeopleTable("notes", NOTES, (
    Column("key", "key", 130), Column("title", "title", 250), Column("date", "date", 92), Column("note", "text", 520),
    Column("author", "text", 150), Column("state", "list", 88, STATES, "state"),
), keys=("key", "date", "note"))  # fmt: skip


def notes(book: Book, made: Calculation) -> None:
    """Write the table of notes."""
    write_people(book, made, TABLE, [])
