"""xlwings' classic functions without Windows: its own code, with empty modules in place of pywin32's.

Run as a program, it reads a JSON list of calls ``[function, arguments]`` and prints the results as xlwings hands them
to VBA; with ``--wrappers`` it prints what *Import Functions* would write. In a process of its own, since the empty
modules would stay.
"""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
import types
from collections.abc import Sequence
from typing import Any

MODULE = "xlkpi.udfs"
_EMPTY = ("pythoncom", "pywintypes", "win32com", "win32com.client", "win32com.server", "win32com.server.util",
          "win32com.server.dispatcher", "win32com.server.policy")  # fmt: skip


def wrappers() -> str:
    """The VBA that xlwings itself generates for our functions."""
    return _run("--wrappers", "")


def results(calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
    """What each call gives to VBA. An argument is what COM hands over: an integer is an error, a list is rows."""
    found: list[Any] = json.loads(_run("--calls", json.dumps(list(calls))))
    return found


def _run(mode: str, given: str) -> str:
    done = subprocess.run(
        [sys.executable, __file__, mode], input=given, capture_output=True, text=True, encoding="utf-8", check=False
    )
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

    xlwings.engines.add(xlwings.Engine(impl=types.SimpleNamespace(name="excel", type="desktop")))

    for name, decorator in (("func", udfs.xlfunc), ("arg", udfs.xlarg), ("ret", udfs.xlret), ("sub", udfs.xlsub)):
        setattr(xlwings, name, decorator)
    return udfs


def _call(udfs: Any, module: Any, name: str, given: Sequence[Any]) -> Any:
    """What ``xlwings.udfs.call_udf`` does with arguments that are no ranges."""
    from xlwings import conversion

    function = getattr(module, name)
    infos = function.__xlfunc__["args"]
    options = [infos[min(i, len(infos) - 1)]["options"] for i in range(len(given))]
    arguments = [conversion.read(None, v, o) for v, o in zip(given, options, strict=True)]
    return conversion.write(function(*arguments), None, function.__xlfunc__["ret"]["options"])


def main() -> None:
    udfs = _xlwings_on_windows()
    module = importlib.import_module(MODULE)
    if sys.argv[1] == "--wrappers":
        text = io.StringIO()
        udfs.generate_vba_wrapper(MODULE, module, text, types.SimpleNamespace(Name="xlkpi.xlam"))
        sys.stdout.write(text.getvalue())
        return
    print(json.dumps([_call(udfs, module, name, given) for name, given in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
