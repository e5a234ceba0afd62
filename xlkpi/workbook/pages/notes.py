"""The tables that people fill about objectives: actions and notes."""

from __future__ import annotations

from typing import get_args, get_type_hints

from xlkpi.objectives.model import Action
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.data_sheet import ACTIONS, NOTES
from xlkpi.workbook.people import Column, PeopleTable, Row, write_people

STATES: tuple[str, ...] = get_args(get_type_hints(Action)["status"])

ACTION_TABLE = PeopleTable("actions", ACTIONS, (
    Column("key", "key", 130), Column("title", "title", 250), Column("task", "text", 290), Column("owner", "text", 190),
    Column("due", "date", 92), Column("effect", "text", 150), Column("cost", "number", 70),
    Column("state", "list", 88, STATES, "state"),
), keys=("key", "task"))  # fmt: skip
NOTE_TABLE = PeopleTable("notes", NOTES, (
    Column("key", "key", 130), Column("title", "title", 250), Column("date", "date", 92), Column("note", "text", 520),
    Column("author", "text", 150), Column("state", "list", 88, STATES, "state"),
), keys=("key", "date", "note"))  # fmt: skip


def actions(book: Book, made: Calculation) -> None:
    """Write the table of actions, with those of the project."""
    rows: list[Row] = [
        {
            "key": objective.id, "task": book.say(action.task), "owner": action.owner or "", "due": action.due,
            "effect": book.say(action.effect), "cost": action.cost, "state": book.text(f"state.{action.status}"),
        }
        for selected in made.tables.order
        for objective in (selected.result.objective,)
        for action in objective.actions
    ]  # fmt: skip
    write_people(book, made, ACTION_TABLE, rows)


def notes(book: Book, made: Calculation) -> None:
    """Write the table of notes."""
    write_people(book, made, NOTE_TABLE, [])
