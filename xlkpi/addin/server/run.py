"""``xlkpi addin serve``: the settings of xlwings Server, who may listen where, and the server itself."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from xlkpi.errors import InputError, Problem
from xlkpi.language import text

SITE = Path(__file__).parent / "site"
#: Identifies the add-in to Excel: it must stay the same from one version to the next.
MANIFEST_ID = "6d0b7e9c-2f4f-4c52-9a41-7a3f0c7e51b2"


class ServerError(InputError):
    """The server can't be started as asked."""


def serve(host: str, port: int, certificate: str | None = None, key: str | None = None) -> None:
    """Serve until interrupted.

    Raises ServerError where a library is missing, or where others could listen in without having to say who they are.
    """
    for library in ("xlwings_server", "orjson"):
        if find_spec(library) is None:
            raise ServerError(Problem("serve_library", {"library": library}))
    name = os.environ.get("XLWINGS_HOSTNAME")  # the one under which a proxy passes requests on
    providers = re.findall(r"\w+", os.environ.get("XLWINGS_AUTH_PROVIDERS", ""))
    if (name or not is_loopback(host)) and not providers:
        raise ServerError(Problem("serve_authentication", {"host": name or host}))
    if "custom" in providers and not _importable("auth.custom"):
        raise ServerError(Problem("serve_custom", {}))  # xlwings Server's own is an example that lets a fixed word in
    for file in (certificate, key):
        if file is not None and not Path(file).is_file():
            raise ServerError(Problem("serve_certificate", {"file": file}))
    if (certificate is None) != (key is None):
        raise ServerError(Problem("serve_certificate_pair", {}))
    os.environ.update(environment(os.environ))
    import uvicorn

    from xlkpi.addin.server.application import LOCAL, application

    hosts = {*LOCAL, *([name] if name else ())} if is_loopback(host) else None
    config = uvicorn.Config(
        application(hosts), ssl_certfile=certificate, ssl_keyfile=key, log_level="warning", server_header=False
    )
    try:
        config.load()
    except OSError as wrong:  # ssl's errors are such, too
        raise ServerError(Problem("serve_certificate_wrong", {"reason": str(wrong)})) from None
    with _listening(host, port) as listening:
        scheme = "https" if certificate else "http"
        address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        print(text("serve.ready", address=address), file=sys.stderr)
        if os.environ["XLWINGS_LICENSE_KEY"] == "noncommercial":
            print(text("serve.licence"), file=sys.stderr)
        uvicorn.Server(config).run(sockets=[listening])


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises ServerError where another program does already."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(found[4][:2], family=found[0], backlog=2048)
    except OSError as wrong:
        values = {"host": host, "port": str(port), "reason": wrong.strerror or str(wrong)}
        raise ServerError(Problem("serve_port", values)) from None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The settings of xlwings Server that make it ours; those that the user set in the environment hold."""
    ours = {
        "XLWINGS_LICENSE_KEY": "noncommercial",
        "XLWINGS_PROJECT_NAME": "xlkpi",
        "XLWINGS_FUNCTIONS_NAMESPACE": "",  # so that functions have plain names
        "XLWINGS_ENVIRONMENT": "prod",
        "XLWINGS_MANIFEST_ID_PROD": MANIFEST_ID,
        "XLWINGS_LOG_LEVEL": "WARNING",
        **{f"XLWINGS_ENABLE_{name}": "false" for name in ("SOCKETIO", "HTMX", "BOOTSTRAP", "ALPINEJS_CSP", "EXAMPLES")},
    }
    fixed = {"XLWINGS_ON_SERVER": "true", "XLWINGS_PROJECT_DIR": str(SITE)}
    return {**ours, **{name: value for name, value in given.items() if name in ours}, **fixed}
