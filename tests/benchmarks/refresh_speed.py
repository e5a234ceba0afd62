"""Speed and memory of a refresh against openpyxl's load, fill and save, side by side on the same workbook.

    python tests/benchmarks/refresh_speed.py [--rows 5000 200000]

The workbook is the sample's scorecard with --rows rows in each of the tables `xlkpi_data` and `xlkpi_series`; both
sides put as many new rows there. Ours is what a refresh does in the workbook with the rows in hand: read what people
did, write the tables, let references follow, write the package. Computing the scorecard and the values of the pages
are left out on both sides. Each side runs in a process of its own; times are seconds of CPU of all its threads (ours
the best of --repeats), memory is the peak of the process less what it had, new rows included, before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    import pyarrow as pa

    Rows = dict[str, pa.Table]

TABLES = ("xlkpi_data", "xlkpi_series")
#: Rows, times faster, seconds of CPU, megabytes over the data.
GOALS = {5_000: (15, 1.5, 60), 200_000: (50, 1.5, 60)}


def prepare(folder: Path, rows: int) -> None:
    """A workbook with so many rows in both tables, and the rows that are to take their place."""
    import pyarrow as pa

    from tests.scorecards import card
    from xlkpi.language import use
    from xlkpi.workbook.build import build_workbook, make_skeleton
    from xlkpi.workbook.fill import fill

    scorecard, language = card(), "en"
    build_workbook(scorecard, folder / "small.xlsx", language=language)
    with use(language):
        made = make_skeleton(scorecard, folder / "skeleton.xlsx", language, None, None, folder=folder).rows
    several = {}
    for name in TABLES:
        once = made[name]
        several[name] = pa.concat_tables([once] * (rows // once.num_rows + 1)).slice(0, rows).combine_chunks()
        with pa.ipc.new_file(str(folder / f"{name}.arrow"), once.schema) as file:
            file.write_table(several[name])
    fill(folder / "small.xlsx", folder / "book.xlsx", several)


def run_fill(path: Path, rows: Rows) -> None:
    from xlkpi.workbook.backup import replacing_with_backup
    from xlkpi.workbook.existing import read_existing
    from xlkpi.workbook.fill import Changes, fill_part
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.pages import PEOPLE
    from xlkpi.workbook.people_rows import read_people

    with Package(path) as package:
        existing = read_existing(package)
        read_people(package, existing.state.columns, list(PEOPLE), existing.strings)
        changes = Changes()
        growths = []
        for name, data in rows.items():
            part = existing.parts[name]
            fill_part(changes, part, data)
            growths.append(part.growth(data.num_rows))
        changes.follow(package, growths)
        with replacing_with_backup(path, 1) as file:
            changes.write(package, file)


def run_openpyxl(path: Path, rows: Rows) -> None:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
    for name, data in rows.items():
        sheet = next(s for s in book if name in s.tables)
        headers = [cell.value for cell in sheet[1]]
        columns = [(headers.index(column) + 1, data[column].to_pylist()) for column in data.column_names]
        for row in range(data.num_rows):
            for number, values in columns:
                sheet.cell(row + 2, number).value = values[row]
        table = sheet.tables[name]
        table.ref = table.autoFilter.ref = table.ref.rstrip("0123456789") + str(data.num_rows + 1)
    book.save(path)


SIDES: dict[str, Callable[[Path, Rows], None]] = {"fill": run_fill, "openpyxl": run_openpyxl}


def peak_megabytes() -> float:
    """The peak of this process; what `getrusage` tells would count its parent's before it."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / (1 << 10)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))


def run_side(side: str, folder: Path) -> dict[str, float]:
    """What one process measures. The small workbook, filled first, loads the libraries."""
    import pyarrow as pa

    rows = {n: pa.ipc.open_file((folder / f"{n}.arrow").read_bytes()).read_all() for n in TABLES}
    work, small = folder / f"{side}.xlsx", folder / f"{side}-small.xlsx"
    work.write_bytes((folder / "book.xlsx").read_bytes())
    small.write_bytes((folder / "small.xlsx").read_bytes())
    SIDES[side](small, {name: data.slice(0, 100) for name, data in rows.items()})
    before, started, wall = peak_megabytes(), time.process_time(), time.perf_counter()
    SIDES[side](work, rows)
    cpu, wall = time.process_time() - started, time.perf_counter() - wall
    data = sum(table.nbytes for table in rows.values()) / (1 << 20)
    return {"cpu": cpu, "wall": wall, "over": peak_megabytes() - before, "data": data}


def measure(side: str, folder: Path, repeats: int) -> dict[str, float]:
    """The best of some runs, each in a new process."""
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder)]
    outputs = [subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout for _ in range(repeats)]
    return min((json.loads(output) for output in outputs), key=lambda run: run["cpu"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(GOALS))
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--side", choices=sorted(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(run_side(options.side, options.folder)))
        return
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(folder, rows)
            ours = measure("fill", folder, options.repeats)
            theirs = measure("openpyxl", folder, 1)
        print(f"two tables of {rows:,} rows ({ours['data']:.0f} MB of data)")
        print(f"{'':12}{'CPU s':>9}{'wall s':>9}{'over MB':>9}")
        for side, run in (("xlkpi", ours), ("openpyxl", theirs)):
            print(f"{side:12}{run['cpu']:9.2f}{run['wall']:9.2f}{run['over']:9.0f}")
        faster, seconds, megabytes = GOALS.get(rows, (0, 0, 0))
        goal = f" (goals: {faster} times, {seconds} s, {megabytes} MB)" if faster else ""
        print(f"xlkpi is {theirs['cpu'] / ours['cpu']:.1f} times as fast{goal}\n", flush=True)


if __name__ == "__main__":
    main()
