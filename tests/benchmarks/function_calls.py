"""What a call of a function costs through the server's call path, beside the same function as xlwings users write it.

    python tests/benchmarks/function_calls.py [--cells 100000] [--rounds 3]

From the request's bytes to the answer's, in one process, in turns; the best round counts. "Stock" is xlwings' own
`custom_functions_call` around a function of numpy arrays (a column) or of floats (a scalar), with the standard
library's JSON, as xlwings Server does. "First call" is what the first KPI of a process costs in CPU beyond importing
xlwings, with the caches of a second start. Goals: 50 times and 2 times less than stock; under 300 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

os.environ.update({"XLWINGS_LICENSE_KEY": "noncommercial", "XLWINGS_ON_SERVER": "true"})

import numpy as np  # xlwings reads the environment when it is imported
import xlwings
from xlwings.server import arg, custom_functions_call, func, ret

from xlkpi.addin.server.calls import called

FIRST = """
import resource, sys, xlwings
def cpu(): return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
start = cpu()
from xlkpi.udfs.registry import functions
assert functions()["KPI_ROI"].call(1000.0, 400.0) == 1.5
print(1000 * (cpu() - start))
"""


@func
@arg("clicks", np.array, ndim=2)
@arg("base", np.array, ndim=2)
@ret(convert=None)
def column(clicks: Any, base: Any) -> Any:
    return np.divide(clicks.astype(float), base.astype(float))


@func
def scalar(clicks: float, base: float) -> float:
    return clicks / base


STOCK = SimpleNamespace(column=column, scalar=scalar)
LOOP = asyncio.new_event_loop()


def stock(body: bytes) -> bytes:
    found = LOOP.run_until_complete(custom_functions_call(json.loads(body), STOCK))
    return json.dumps({"result": found}).encode()


def request(name: str, clicks: list[list[float]], base: list[list[float]]) -> bytes:
    more = {"version": xlwings.__version__, "client": "Office.js", "runtime": "1.4"}
    return json.dumps({"func_name": name, "args": [clicks, base], **more}).encode()


def best(rounds: int, run: Callable[[], Any], times: int = 1) -> float:
    """The least milliseconds of CPU of one run."""
    least = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(times):
            run()
        least = min(least, 1e3 * (time.process_time() - started) / times)
    return least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rng = random.Random(20260101)
    clicks = [[rng.uniform(0, 1e3)] for _ in range(options.cells)]
    base = [[rng.uniform(1e3, 1e5)] for _ in range(options.cells)]
    one = ([[1000.0]], [[400.0]])
    called(request("KPI_CTR", *one))  # imports and the catalogue are told apart, below
    print(f"{'call':<28}{'stock, ms':>12}{'ours, ms':>12}{'times':>8}")
    for label, name, values, rounds, times in (
        (f"{options.cells:,} cells, 2 ranges", "column", (clicks, base), min(options.rounds, 2), 1),
        ("scalar", "scalar", one, options.rounds, 300),
    ):
        theirs, ours = request(name, *values), request("KPI_CTR", *values)
        slow = best(rounds, lambda: stock(theirs), times)  # noqa: B023  # called at once
        fast = best(options.rounds, lambda: called(ours), times)  # noqa: B023
        print(f"{label:<28}{slow:>12.3f}{fast:>12.3f}{slow / fast:>8.0f}")
    starts = [float(subprocess.check_output([sys.executable, "-c", FIRST])) for _ in range(3)]
    print(f"first call beyond importing xlwings: {min(starts):.0f} ms of CPU")


if __name__ == "__main__":
    main()
