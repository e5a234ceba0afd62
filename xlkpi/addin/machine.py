"""The machine that *doctor* looks at: its folders, its registry where there is one, its ports."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Gives the values of a key of the Windows registry by their names, None where there is no such key; the name of a
#: key's own value is empty. Keys begin with ``HKCU``, ``HKLM`` or ``HKCR``.
Registry = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Machine:
    """``system``: as :data:`sys.platform` has it. ``applications``: where a Mac has its programs. ``interpreter``: the
    Python in which this runs. ``registry``: None where the system has none. ``folder``: where the add-in is, if a
    person has chosen it.
    """

    system: str
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    registry: Registry | None = None
    interpreter: str = sys.executable
    applications: Path = Path("/Applications")
    folder: Path | None = None

    @classmethod
    def here(cls, folder: Path | None = None) -> Machine:
        """This one."""
        return cls(sys.platform, Path.home(), os.environ, windows_registry(), folder=folder)

    def key(self, path: str) -> Mapping[str, Any]:
        """The values of a key of the registry by their names in lower case, as whose Windows takes all of them; none
        where there is no key or no registry.
        """
        found = (self.registry(path) if self.registry else None) or {}
        return {name.casefold(): value for name, value in found.items()}


def windows_registry() -> Registry | None:
    """The registry of this machine."""
    if sys.platform != "win32":
        return None
    import winreg

    roots = {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE, "HKCR": winreg.HKEY_CLASSES_ROOT}

    def read(path: str) -> Mapping[str, Any] | None:
        root, _, rest = path.partition("\\")
        found: dict[str, Any] = {}
        # Office of 64 bits writes into the registry of 64 bits, whatever Python this is.
        with suppress(OSError), winreg.OpenKey(roots[root], rest, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key:
            for number in range(winreg.QueryInfoKey(key)[1]):
                name, value, _ = winreg.EnumValue(key, number)
                found[name] = value
            return found
        return None

    return read


def answers(port: int) -> bool | None:
    """Whether our server answers on a port of this machine; None where nobody does."""
    import http.client

    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
        try:
            connection.request("HEAD", "/xlkpi/functions.json")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
    return None
