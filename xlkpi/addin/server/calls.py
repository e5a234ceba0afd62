"""Calls of functions over HTTP: from the request's bytes to the answer's, without xlwings' conversion of each cell.

The request is the one that xlwings' page sends; the answer is the one that it expects.
"""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import orjson

from xlkpi.formula import NoData
from xlkpi.language import languages, use
from xlkpi.udfs.cells import OFFICE_ERRORS, returned
from xlkpi.udfs.registry import Function, functions

#: Bodies beyond this many bytes are worked on in a thread, so that small calls do not wait for them, and so many at
#: once: each takes a hundred times its bytes, and threads of Python share one core anyway.
LARGE, AT_ONCE = 20_000, 2
#: The largest call that is read, in bytes: two whole columns of numbers are a tenth of it.
LARGEST = 256_000_000
_ERRORS = {reason: {"type": "Error", "errorType": OFFICE_ERRORS[reason.value]} for reason in NoData}
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class BadCall(Exception):  # noqa: N818  # an answer to the client, not an error of ours
    """A request that is no call of a function."""


class Calls:
    """The ASGI application behind ``/xlwings/custom-functions-call``."""

    def __init__(self, settings: Any, version: str) -> None:
        self.refusals, self.version = Refusals(settings), version
        self._threads: Any = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await answer(send, 405, b"POST only", "text/plain")
            return
        refused = await self.refusals.of(scope, receive)
        if refused is not None:
            await answer(send, refused[0], refused[1].encode(), "text/plain")
            return
        body = await read_body(receive)
        if body is None:  # the client went away: nobody waits for an answer
            return
        if len(body) > LARGEST:
            await answer(send, 413, b"too large", "text/plain")
            return
        try:
            result = called(body) if len(body) <= LARGE else await self._in_turn(body)
        except BadCall as wrong:
            await answer(send, 400, str(wrong).encode(), "text/plain")
            return
        await answer(send, 200, result)

    async def _in_turn(self, body: bytes) -> bytes:
        """The answer to a large call, worked out in a thread."""
        from anyio import CapacityLimiter, to_thread

        if self._threads is None:  # it belongs to the loop that runs
            self._threads = CapacityLimiter(AT_ONCE)
        return await to_thread.run_sync(called, body, limiter=self._threads)


class Refusals:
    """Who may call, where users have to say who they are."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    async def of(self, scope: MutableMapping[str, Any], receive: Any) -> tuple[int, str] | None:
        """Status and reason where the user may not call; None without authentication, or for a user who may."""
        if not self.settings.auth_providers:
            return None
        from fastapi import HTTPException, Request
        from xlwings_server.dependencies import authenticate, get_user

        request = Request(scope, receive)
        try:
            user = await authenticate(request.headers.get("Authorization", ""), request.headers.get("Auth-Provider"))
            await get_user(request, user)
        except HTTPException as refusal:
            return refusal.status_code, str(refusal.detail)
        return None


async def answer(send: Send, status: int, body: bytes, kind: str = "application/json") -> None:
    """A whole answer that nobody keeps."""
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Any) -> bytes | None:
    """The body of a request, at most a little more than the largest one that is read; None when the client left."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body") or size > LARGEST:
            return b"".join(parts)


def called(body: bytes) -> bytes:
    """The answer to a call. Raises BadCall for what is none."""
    with collecting_later():
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as wrong:
            raise BadCall(f"not JSON: {wrong}") from None
        function, arguments = _read(data)
        spoken = str(data.get("culture_info_name") or "")[:2].lower()
        with use(spoken if spoken in languages() else None):
            found = function.call(*arguments)
        try:
            real = float(data.get("runtime") or 1.4) >= 1.4
        except (TypeError, ValueError):
            real = True
        shown = returned(found, _ERRORS.__getitem__ if real else _text)
        return orjson.dumps({"result": shown if isinstance(shown, list) else [[shown]]})


def _read(data: Any) -> tuple[Function, list[Any]]:
    """The function that a request names, and its arguments; those that repeat come as one list."""
    if not isinstance(data, dict) or not isinstance(data.get("func_name"), str):
        raise BadCall("func_name is missing")
    function = functions().get(data["func_name"].upper())
    if function is None:
        raise BadCall("there is no such function")
    given = data.get("args")
    if not isinstance(given, list):
        raise BadCall("args is missing")
    specified = function.arguments
    if specified and specified[-1].repeating and len(given) == len(specified):
        *first, last = given
        given = [*first, *(last if isinstance(last, list) else [last])]
    elif len(given) > len(specified):
        raise BadCall("too many arguments")
    return function, [_single(argument) for argument in given]


def _single(argument: Any) -> Any:
    """A range of one cell as its value."""
    if isinstance(argument, list) and len(argument) == 1:
        row = argument[0]
        if not isinstance(row, list):
            return row
        if len(row) == 1:
            return row[0]
    return argument


def _text(error: NoData) -> str:
    return error.value


@contextmanager
def collecting_later() -> Iterator[None]:
    """Without the garbage collector, which would walk through the cells of a large call many times."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
