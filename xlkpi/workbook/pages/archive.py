"""The archive: what people wrote on objectives that are no longer there; hidden while it is empty."""

from __future__ import annotations

from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.people import Column, PeopleTable, write_people

#: ``content`` is the row in words; ``row`` is the same for the day on which its objective returns.
TABLE = PeopleTable("archive", "xlkpi_archive", (
    Column("date", "date", 92, filled="once"), Column("from", "text", 120, filled="once"),
    Column("key", "text", 130, filled="once"), Column("title", "text", 250, filled="once"),
    Column("content", "text", 520, filled="once"), Column("row", "text", 110, filled="once", small=True),
))  # fmt: skip


def archive(book: Book, made: Calculation) -> None:
    """Write the table."""
    write_people(book, made, TABLE, [])
