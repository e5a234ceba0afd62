"""Building the sample's scorecard, beside plain XlsxWriter writing the same cells.

    python -m tests.benchmarks.build_speed

Goal: at most 1.5 times as slow. Plain XlsxWriter gets every cell with its formula, value and a format; neither charts,
nor conditional formats, nor validations, which the scorecard has as well.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.checks.reading import Book, position
from tests.scorecards import card

ROUNDS = 5


def plain(path: Path, cells: Sequence[tuple[str, int, int, str | None, object, int]]) -> None:
    """The same cells, each written as its kind."""
    from xlsxwriter import Workbook

    with Workbook(path) as book:
        sheets = {name: book.add_worksheet(name) for name in dict.fromkeys(cell[0] for cell in cells)}
        formats = {style: book.add_format({"font_size": 8 + style % 7}) for style in {cell[5] for cell in cells}}
        for name, row, column, formula, value, style in cells:
            sheet = sheets[name]
            if formula is not None:
                sheet.write_formula(row, column, "=" + formula, formats[style], value)
            elif isinstance(value, str):
                sheet.write_string(row, column, value, formats[style])
            elif isinstance(value, int | float):
                sheet.write_number(row, column, value, formats[style])
            else:
                sheet.write_blank(row, column, None, formats[style])


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the fastest round."""
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)


def main() -> None:
    from xlkpi.workbook.build import build_workbook

    scorecard = card()
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.xlsx", Path(folder) / "plain.xlsx"
        build_workbook(scorecard, ours, language="fr")
        cells = []
        for sheet in Book(ours).sheets:
            for cell in sheet.listed:
                row, column = position(cell.address)
                cells.append((sheet.name, row - 1, column - 1, cell.formula, cell.value, cell.style))
        mine = seconds(lambda: build_workbook(scorecard, ours, language="fr"))
        other = seconds(lambda: plain(theirs, cells))
    print(f"{len(cells):,} cells: scorecard {mine:.2f} s CPU, plain XlsxWriter {other:.2f} s, {mine / other:.2f} times")


if __name__ == "__main__":
    main()
