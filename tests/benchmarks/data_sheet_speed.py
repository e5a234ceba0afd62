"""Speed and memory of the fast data sheet against XlsxWriter with constant_memory, side by side on the same rows.

    python tests/benchmarks/data_sheet_speed.py [--rows 1000000] [--xlsxwriter-rows 100000]

The table has 10 columns: a date, three texts, five numbers and a truth value, with 3 % of blanks, dates formatted,
signs to escape in a tenth of the texts. Both sides write the same cells of the same formats, with cell addresses.
XlsxWriter writes --xlsxwriter-rows rows, and its time is scaled to --rows (it is proportional to the rows). Each
side runs in a process of its own, which reads the rows from a file; times are seconds of CPU, of all its threads;
memory is the peak of the process less what it had, data included, before writing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("date", "channel", "campaign", "ad", "spend", "clicks", "impressions", "conversions", "revenue", "new")
CHANNELS = ("paid_search", "paid_social", "E-mail & CRM", "Display <rtg>", "été", "organic", "direct", "referral")


def make_data(rows: int) -> pa.Table:
    """The rows; the same for the same number."""
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(20260101)

    def column(values: np.ndarray, kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind, mask=rng.random(rows) < 0.03)

    def texts(names: tuple[str, ...]) -> pa.Array:
        picked = pa.array(rng.integers(0, len(names), rows), pa.int32(), mask=rng.random(rows) < 0.03)
        return pa.DictionaryArray.from_arrays(picked, pa.array(names)).cast(pa.string())

    clicks = rng.poisson(60, rows)
    return pa.table(
        {
            "date": column(np.sort(rng.integers(20_000, 20_700, rows)).astype("datetime64[D]"), pa.date32()),
            "channel": texts(CHANNELS),
            "campaign": texts(tuple(f"Campaign {i}" for i in range(500))),
            "ad": texts(tuple(f"Ad {i} – {'A & B' if i % 10 == 0 else 'text'}" for i in range(20_000))),
            "spend": column(np.round(rng.gamma(2, 40, rows), 2), pa.float64()),
            "clicks": column(clicks, pa.int64()),
            "impressions": column(clicks * rng.integers(20, 90, rows), pa.int64()),
            "conversions": column(rng.binomial(clicks, 0.05), pa.int64()),
            "revenue": column(rng.gamma(3, 25, rows), pa.float64()),
            "new": column(rng.random(rows) < 0.5, pa.bool_()),
        }
    )


def write_ours(path: Path, data: pa.Table) -> None:
    import xlsxwriter

    from xlkpi.workbook.data_sheet import DATA, DataColumn, add_data_sheet
    from xlkpi.workbook.fill import fill

    book = xlsxwriter.Workbook(path)
    formats = {"date": book.add_format({"num_format": "yyyy-mm-dd"}), "spend": book.add_format({"num_format": "0.00"})}
    add_data_sheet(book, "Data", DATA, [DataColumn(name, formats.get(name)) for name in COLUMNS])
    book.close()
    fill(path, path, {DATA: data})


def write_xlsxwriter(path: Path, data: pa.Table) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Data")
    formats = {"date": book.add_format({"num_format": "yyyy-mm-dd"}), "spend": book.add_format({"num_format": "0.00"})}
    chosen = [formats.get(name) for name in COLUMNS]
    sheet.write_row(0, 0, COLUMNS)
    row = 1
    for batch in data.to_batches(max_chunksize=10_000):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            for column, value in enumerate(values):
                sheet.write(row, column, value, chosen[column])
            row += 1
    book.close()


SIDES: dict[str, Callable[[Path, pa.Table], None]] = {"xlkpi": write_ours, "xlsxwriter": write_xlsxwriter}


def peak_megabytes() -> float:
    import resource

    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def run_side(side: str, folder: Path) -> dict[str, float]:
    """What one process measures. Writing a small table first loads the libraries."""
    import pyarrow as pa

    data, path = pa.ipc.open_file((folder / "data.arrow").read_bytes()).read_all(), folder / "data.xlsx"
    SIDES[side](path, data.slice(0, 100))
    before, started, wall = peak_megabytes(), time.process_time(), time.perf_counter()
    SIDES[side](path, data)
    cpu, wall = time.process_time() - started, time.perf_counter() - wall
    size, over = path.stat().st_size / (1 << 20), peak_megabytes() - before
    return {"cpu": cpu, "wall": wall, "size": size, "data": data.nbytes / (1 << 20), "over": over}


def measure(side: str, rows: int, repeats: int) -> dict[str, float]:
    """The best of some runs, each in a new process."""
    import pyarrow as pa

    with tempfile.TemporaryDirectory() as folder:
        data = make_data(rows)
        with pa.ipc.new_file(f"{folder}/data.arrow", data.schema) as file:
            file.write_table(data)
        command = [sys.executable, __file__, "--side", side, "--folder", folder]
        outputs = [subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(repeats)]
    return min((json.loads(output) for output in outputs), key=lambda run: run["cpu"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--xlsxwriter-rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--side", choices=sorted(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(run_side(options.side, options.folder)))
        return
    ours = measure("xlkpi", options.rows, options.repeats)
    theirs = measure("xlsxwriter", options.xlsxwriter_rows, options.repeats)
    scaled = theirs["cpu"] * options.rows / options.xlsxwriter_rows
    print(f"{'':34}{'CPU s':>9}{'wall s':>9}{'file MB':>9}{'over data MB':>14}")
    for name, run in (
        (f"xlkpi, {options.rows:,} rows", ours),
        (f"XlsxWriter, {options.xlsxwriter_rows:,} rows", theirs),
    ):
        print(f"{name:34}{run['cpu']:9.2f}{run['wall']:9.2f}{run['size']:9.1f}{run['over']:14.0f}")
    print(f"XlsxWriter scaled to {options.rows:,} rows: {scaled:.1f} s of CPU (not measured)")
    print(f"xlkpi is {scaled / ours['cpu']:.1f} times as fast (goal: at least 25)")
    print(f"over the data ({ours['data']:.0f} MB): {ours['over']:.0f} MB (goal: at most 150)")


if __name__ == "__main__":
    main()
