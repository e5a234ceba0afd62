"""What xlwings' *Import Functions* would write for our functions, without Windows: its own generator.

Run as a program, it prints the VBA; in a process of its own, since the empty modules in place of pywin32's would stay.
"""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
import types
from typing import Any

MODULE = "xlkpi.udfs"
_EMPTY = ("pythoncom", "pywintypes", "win32com", "win32com.client", "win32com.server", "win32com.server.util",
          "win32com.server.dispatcher", "win32com.server.policy")  # fmt: skip


def wrappers() -> str:
    """The VBA that xlwings itself generates for our functions."""
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _xlwings_on_windows() -> Any:
    """xlwings' module of functions, imported over the empty modules."""
    stubs: dict[str, Any] = {name: types.ModuleType(name) for name in _EMPTY}
    sys.modules.update(stubs)
    stubs["pythoncom"].CoInitialize = lambda: None
    stubs["pywintypes"].com_error = type("com_error", (Exception,), {})
    stubs["pywintypes"].TimeType = type("TimeType", (), {})
    stubs["win32com.client"].Dispatch = object
    stubs["win32com"].client = stubs["win32com.client"]
    import xlwings
    import xlwings.udfs as udfs

    for name, decorator in (("func", udfs.xlfunc), ("arg", udfs.xlarg), ("ret", udfs.xlret), ("sub", udfs.xlsub)):
        setattr(xlwings, name, decorator)
    return udfs


def main() -> None:
    udfs = _xlwings_on_windows()
    text = io.StringIO()
    udfs.generate_vba_wrapper(MODULE, importlib.import_module(MODULE), text, types.SimpleNamespace(Name="xlkpi.xlam"))
    sys.stdout.write(text.getvalue())


if __name__ == "__main__":
    main()
