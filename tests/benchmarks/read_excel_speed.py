"""Reading a workbook of many rows: ours beside openpyxl, alone and through pandas, on the same file.

    python -m tests.benchmarks.read_excel_speed [--rows 1000000] [--openpyxl-rows 100000]

Goal: 20 times faster than openpyxl, as people call it: ``pandas.read_excel(engine="openpyxl")``. The file has 10
columns: a date, three texts, five numbers and a truth value, with 3 % of blanks, dates formatted as such. Ours is the
whole of ``xlkpi.sources.read``: rows checked, dates and numbers read, repeated rows looked for, everything reported;
fastexcel's own part is shown beside it. openpyxl reads --openpyxl-rows rows, and its time is scaled to --rows (it is
proportional to the rows). Each side runs in a process of its own; times are seconds of CPU, imports left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.data_sheet_speed import make_data, peak_megabytes, write_ours

MEASURES = {name: name for name in ("spend", "clicks", "impressions", "conversions", "revenue")}


def read_ours(path: Path) -> int:
    from xlkpi.sources import Source, read

    source = Source(path=str(path), date="date", measures=MEASURES, dimensions=("channel", "campaign", "ad"))
    return int(read(source).report.files[0].rows_read)


def read_fastexcel(path: Path) -> int:
    import fastexcel

    return int(fastexcel.read_excel(path).load_sheet_eager(0, schema_sample_rows=None).num_rows)


def read_pandas(path: Path) -> int:
    import pandas

    return len(pandas.read_excel(path, engine="openpyxl"))


def read_only(path: Path) -> int:
    import openpyxl

    return sum(1 for _ in openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True)) - 1


def read_openpyxl(path: Path) -> int:
    import openpyxl

    return sum(1 for _ in openpyxl.load_workbook(path).active.iter_rows(values_only=True)) - 1


OURS: dict[str, Callable[[Path], int]] = {"xlkpi": read_ours, "fastexcel alone": read_fastexcel}
THEIRS: dict[str, Callable[[Path], int]] = {
    "pandas.read_excel, openpyxl": read_pandas,
    "openpyxl read_only": read_only,
    "openpyxl load_workbook": read_openpyxl,
}


def run_side(side: str, small: Path, path: Path) -> dict[str, float]:
    """What one process measures. Reading a small file first loads the libraries."""
    read = {**OURS, **THEIRS}[side]
    read(small)
    before, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    rows = read(path)
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"rows": rows, "cpu": cpu, "wall": wall, "mb": peak_megabytes()}


def measure(side: str, small: Path, path: Path, repeats: int) -> dict[str, float]:
    """The best of some runs, each in a new process."""
    command = [sys.executable, "-m", "tests.benchmarks.read_excel_speed", "--side", side, "--file", str(path)]
    command += ["--small", str(small)]
    outputs = [subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(repeats)]
    return min((json.loads(output) for output in outputs), key=lambda run: run["cpu"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--openpyxl-rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--side", choices=[*OURS, *THEIRS], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--small", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(run_side(options.side, options.small, options.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        files = {rows: Path(folder) / f"{rows}.xlsx" for rows in (1_000, options.rows, options.openpyxl_rows)}
        for rows, path in files.items():
            write_ours(path, make_data(rows))
        print(f"{'':30}{'rows':>11}{'CPU s':>9}{'wall s':>9}{'MB':>7}{'CPU s, scaled':>15}{'times ours':>12}")
        ours = 0.0
        for side in (*OURS, *THEIRS):
            path = files[options.rows if side in OURS else options.openpyxl_rows]
            run = measure(side, files[1_000], path, options.repeats)
            scaled = run["cpu"] * options.rows / run["rows"]
            ours = ours or scaled
            print(
                f"{side:30}{run['rows']:>11,.0f}{run['cpu']:9.2f}{run['wall']:9.2f}{run['mb']:7.0f}{scaled:15.1f}"
                f"{scaled / ours:12.1f}"
            )


if __name__ == "__main__":
    main()
