"""What a command and a workbook's first cell wait for: CPU of fresh processes, beside bare Python.

    python tests/benchmarks/startup.py [--rounds 15] [--python PYTHON]

Every line is a new process, warm (bytecode and caches exist); all take turns, and the best round counts. Times are
milliseconds of CPU, user and system, as the operating system counts them for children. `--python` measures another
environment, such as one that holds the wheel: an editable installation's import hook costs bare Python some
milliseconds. Goals: the catalogue 60 ms beyond bare Python, `xlkpi --help` 150 ms in all where bare Python takes 18.
"""

from __future__ import annotations

import argparse
import math
import resource
import subprocess
import sys
import tempfile

LINES: list[tuple[str, list[str], str]] = [
    ("bare Python", ["-c", "pass"], ""),
    ("import xlkpi", ["-c", "import xlkpi"], ""),
    ("import click", ["-c", "import click"], ""),
    ("the whole catalogue", ["-c", "import xlkpi; xlkpi.catalogue()"], "60 more"),
    ("one KPI's value", ["-c", "import xlkpi; xlkpi.catalogue()['roi'](1000, 400)"], ""),
    ("xlkpi --help", ["-m", "xlkpi", "--help"], "150"),
    ("xlkpi kpi roi", ["-m", "xlkpi", "kpi", "roi"], ""),
    ("xlkpi kpis", ["-m", "xlkpi", "kpis"], ""),
]


def child_cpu(command: list[str], folder: str) -> float:
    """Milliseconds of CPU that one run of a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    least = dict.fromkeys((name for name, *_ in LINES), math.inf)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds + 1):  # the first fills the caches; it can't be the best
            for name, arguments, _goal in LINES:
                least[name] = min(least[name], child_cpu([options.python, *arguments], folder))
    bare = least["bare Python"]
    print(f"{'':22}{'CPU ms':>8}{'beyond bare':>13}{'times bare':>12}{'goal':>10}")
    for name, _arguments, goal in LINES:
        cpu = least[name]
        print(f"{name:22}{cpu:>8.1f}{cpu - bare:>13.1f}{cpu / bare:>12.1f}{goal:>10}")


if __name__ == "__main__":
    main()
