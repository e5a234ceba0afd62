"""The web application: xlwings Server over our functions, with the calls of functions answered on a short way."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from types import ModuleType
from typing import Any

from xlkpi.addin import ribbon
from xlkpi.addin.server.calls import Calls, answer
from xlkpi.addin.server.pane import catalogue_json
from xlkpi.addin.server.scripts import Scripts
from xlkpi.language import text

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: The names of this machine to itself.
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HSTS = b"strict-transport-security"


def application(hosts: Collection[str] | None = LOCAL) -> App:
    """The application, once the environment is set (:func:`xlkpi.addin.server.run.environment`).

    ``hosts``: requests under another name are refused, so that no page of the web reaches a server on this machine by a
    name of its own; None for a server that others reach anyway.
    """
    import xlkpi.udfs

    # What xlwings Server imports by these names from a project folder; ours come with the package.
    sys.modules["custom_functions"] = xlkpi.udfs
    sys.modules["custom_scripts"] = ModuleType("custom_scripts")  # actions are called on our own way
    import xlwings

    sys.modules.setdefault("pyodide.ffi", None)  # type: ignore[arg-type]  # else xlwings looks for it once per cell
    from starlette.middleware.cors import CORSMiddleware
    from xlwings_server.config import settings
    from xlwings_server.main import main_app
    from xlwings_server.templates import env

    env.globals.update(say=text, ribbon=ribbon)  # for the manifest and the task pane

    calls: App = CORSMiddleware(
        Calls(settings, xlwings.__version__),
        allow_origins=settings.cors_allow_origins,
        allow_methods=["POST"],
        allow_headers=["*"],
    )
    path = f"{settings.app_path}/xlwings/custom-functions-call"
    script = f"{settings.app_path}/xlwings/custom-scripts-call/"
    actions: App = Scripts(settings, script)
    catalogue = f"{settings.app_path}/xlkpi/functions.json"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if hosts is not None and _host(scope) not in hosts:
                await answer(send, 421, b"unknown host", "text/plain")
                return
            if scope["path"] == path and scope["method"] != "GET":
                await calls(scope, receive, send)
                return
            if scope["path"].startswith(script):
                await actions(scope, receive, send)
                return
            if scope["path"] == catalogue and scope["method"] in ("GET", "HEAD"):
                await answer(send, 200, catalogue_json())
                return
            if scope["scheme"] != "https" or _host(scope) in LOCAL:
                send = _unpinned(send)
        await main_app(scope, receive, send)

    return app


def _unpinned(send: Send) -> Send:
    """Answers without xlwings' HSTS: over http it means nothing, and on ``localhost`` it would bar a year long what
    else this machine serves over http.
    """

    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [pair for pair in message["headers"] if pair[0].lower() != _HSTS]
        await send(message)

    return sent


def _host(scope: Scope) -> str:
    """The name under which a request came, without the port."""
    name = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1").lower()
    return name if name.endswith("]") else name.rsplit(":", 1)[0]
