"""The ribbon's actions on the server: from the workbook that the page describes to what the page is to do with it.

The request and the answer are those of xlwings' client (``/xlwings/custom-scripts-call/<action>``); ``args`` are the
language, the formula of the active cell in US English, and what else an action is given.
"""

from __future__ import annotations

import threading
from collections.abc import MutableMapping
from typing import Any

import orjson

from xlkpi.addin.server.calls import LARGEST, BadCall, Refusals, answer, read_body
from xlkpi.udfs.actions import perform
from xlkpi.udfs.actions.buttons import scripts

#: What an action may be given beside the language and the formula.
_MOST_ARGUMENTS = 2
#: xlwings knows one active workbook at a time.
_ONE_AT_A_TIME = threading.Lock()


class Scripts:
    """The ASGI application behind ``/xlwings/custom-scripts-call/``."""

    def __init__(self, settings: Any, path: str) -> None:
        self.refusals, self.path = Refusals(settings), path

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        name = scope["path"].removeprefix(self.path)
        if scope["method"] != "POST":
            await answer(send, 405, b"POST only", "text/plain")
            return
        if name not in scripts():
            await answer(send, 404, b"there is no such action", "text/plain")
            return
        if not _is_json(scope):  # other pages of the web may send only what is not
            await answer(send, 415, b"JSON only", "text/plain")
            return
        body = await read_body(receive)
        if body is None:  # the client went away
            return
        if len(body) > LARGEST:
            await answer(send, 413, b"too large", "text/plain")
            return
        refused = await self.refusals.of(scope, receive)
        if refused is not None:
            await answer(send, refused[0], refused[1].encode(), "text/plain")
            return
        from anyio import to_thread

        try:
            result = await to_thread.run_sync(performed, name, body)
        except BadCall as wrong:
            await answer(send, 400, str(wrong).encode(), "text/plain")
            return
        await answer(send, 200, result)


def performed(name: str, body: bytes) -> bytes:
    """What the page is to do, as JSON. Raises BadCall for what describes no workbook."""
    import xlwings

    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise BadCall(f"not JSON: {wrong}") from None
    given = data.pop("args", None) or [] if isinstance(data, dict) else None
    if not isinstance(given, list) or len(given) > _MOST_ARGUMENTS or not all(isinstance(a, str) for a in given):
        raise BadCall("args are at most a language and a text")
    _refuse_other(data)
    language, written = (*given, "", "")[:2]
    more = {"explain_cell": "formula", "new_scorecard": "template"}.get(name)
    with _ONE_AT_A_TIME:
        book = xlwings.Book(json=data)
        try:
            perform(name, book, language, **({more: written} if more else {}))
            return orjson.dumps(book.json())
        finally:
            book.close()


def _refuse_other(data: dict[str, Any]) -> None:
    """Raise BadCall for what lacks the parts of a workbook."""
    book, sheets = data.get("book"), data.get("sheets")
    if (
        not isinstance(book, dict)
        or not isinstance(sheets, list)
        or not sheets
        or not isinstance(data.get("names"), list)
    ):
        raise BadCall("book, names and sheets are missing")
    place = book.get("active_sheet_index")
    if not isinstance(place, int) or not 0 <= place < len(sheets) or not isinstance(book.get("name"), str):
        raise BadCall("the book has no name or no active sheet")
    for sheet in sheets:
        if not isinstance(sheet, dict) or not {"name", "values", "tables"} <= sheet.keys():
            raise BadCall("a sheet has no name, values or tables")
        if not isinstance(sheet["values"], list) or not all(isinstance(row, list) for row in sheet["values"]):
            raise BadCall("the values of a sheet are rows")
    data["client"], data["version"] = "Office.js", str(data.get("version") or "0")


def _is_json(scope: MutableMapping[str, Any]) -> bool:
    kind = next((value for key, value in scope["headers"] if key == b"content-type"), b"")
    return bool(kind.split(b";")[0].strip().lower() == b"application/json")
