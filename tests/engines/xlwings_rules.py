"""Functions through xlwings' own rules, in a process of its own: the classic add-in's, and those of Office.js.

``python -m tests.engines.xlwings_rules classic`` reads calls as JSON from standard input and prints their results.
Classic xlwings is for Windows: its module runs over stand-ins of pywin32, since neither its decorators nor its
converters call Windows. Cells are handed over as COM does: rows as tuples, errors as integers, numbers as floats.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent.parent
#: An engine of xlwings that is there on every system; raw conversion does not ask it for anything.
ENGINE = "remote"
COM_ERROR = -2146826288


def results(rules: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
    """The result of each call by the ``classic`` or the ``office`` rules; cells are JSON, errors their texts."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("XLWINGS_")}
    done = subprocess.run(
        [sys.executable, "-m", __name__, rules],
        input=json.dumps(calls), capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=False,
        env={**kept, "PYTHONUTF8": "1", "XLWINGS_LICENSE_KEY": "noncommercial", "XLWINGS_ON_SERVER": "true"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def classic(calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
    for name in ("pythoncom", "pywintypes", "win32com", "win32com.client"):
        sys.modules[name] = ModuleType(name)
    sys.modules["pythoncom"].CoInitialize = lambda: None  # type: ignore[attr-defined]  # a stand-in
    sys.modules["pywintypes"].com_error = type("com_error", (Exception,), {})  # type: ignore[attr-defined]
    sys.modules["win32com.client"].Dispatch = None  # type: ignore[attr-defined]
    from xlkpi.udfs.excel import decorated
    from xlkpi.udfs.registry import functions
    from xlwings import conversion
    from xlwings.udfs import xlarg, xlfunc, xlret

    out = []
    for name, arguments in calls:
        function = decorated(functions()[name], xlfunc, xlarg, xlret, raw_result=True)
        info = function.__xlfunc__
        args_info = info["args"]
        read = []
        for i, argument in enumerate(arguments):
            options = args_info[min(i, len(args_info) - 1)]["options"]
            read.append(conversion.read(None, _com(argument), options, engine_name=ENGINE))
        out.append(conversion.write(function(*read), None, info["ret"]["options"], engine_name=ENGINE))
    return out


def _com(value: Any) -> Any:
    """A value as COM hands it over."""
    from xlkpi.udfs.cells import ERROR_NUMBERS

    if isinstance(value, list):
        return tuple(map(_com, value))
    if isinstance(value, str) and value in ERROR_NUMBERS:
        return COM_ERROR + ERROR_NUMBERS[value] - 2000
    return float(value) if type(value) is int else value


def office(calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
    import xlkpi.udfs
    from xlwings.server import custom_functions_call

    async def every() -> list[Any]:
        return [await custom_functions_call(_request(*call), xlkpi.udfs) for call in calls]

    return asyncio.run(every())


def _request(name: str, arguments: Sequence[Any]) -> dict[str, Any]:
    """A call as xlwings' page sends it: rows of cells, errors as objects, and what repeats as one list."""
    from xlkpi.udfs.registry import functions

    shown = [_office(a if isinstance(a, list) else None if a is None else [[a]]) for a in arguments]
    known = functions()[name].arguments
    if known and known[-1].repeating:
        shown = [*shown[: len(known) - 1], shown[len(known) - 1 :]]
    return {"func_name": name, "args": shown, "version": "0", "client": "Office.js", "runtime": "1.4"}


def _office(value: Any) -> Any:
    if isinstance(value, list):
        return [_office(v) for v in value]
    if isinstance(value, str) and value[:1] == "#":
        return {"type": "Error", "basicType": "Error", "basicValue": value}
    return value


if __name__ == "__main__":
    rules = {"classic": classic, "office": office}[sys.argv[1]]
    print(json.dumps(rules(json.load(sys.stdin))))
