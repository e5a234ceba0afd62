"""The pages of the sample's scorecard as readable text, in both languages: what a person reads, row by row.

`XLKPI_UPDATE_SNAPSHOTS=1` writes the stored texts anew; look at what changed before you commit it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks.reading import Book, Value, position
from tests.checks.snapshot import UPDATE
from tests.scorecards import card
from xlkpi.language import languages, text
from xlkpi.workbook.build import build_workbook

STORED = Path(__file__).parent / "snapshots" / "scorecards"
PAGES = ("page.dashboard", "page.objectives", "parts.channel", "page.explorer", "page.dictionary")


def lines(path: Path, names: set[str]) -> Iterator[str]:
    """Each page with its rows: the values of cells from left to right, numbers shortened."""
    for sheet in Book(path).sheets:
        if sheet.name not in names:
            continue
        yield f"=== {sheet.name}"
        rows: dict[int, list[str]] = {}
        for cell in sheet.listed:
            if cell.value not in (None, ""):
                rows.setdefault(position(cell.address)[0], []).append(f"{cell.address}: {shown(cell.value)}")
        yield from (" | ".join(cells) for _, cells in sorted(rows.items()))


def shown(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("language", languages())
def test_the_pages_read_as_they_did(language: str, tmp_path: Path) -> None:
    path, stored = tmp_path / "made.xlsx", STORED / f"{language}.txt"
    scorecard = card()
    build_workbook(scorecard, path, language=language)
    kpis = {r.kpi.name[language][:31] for r in scorecard.results if r.kpi and r.objective.primary}
    found = "\n".join(lines(path, {text(f"workbook.{page}", language) for page in PAGES} | kpis)) + "\n"
    if os.environ.get(UPDATE) == "1":
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_text(found, encoding="utf-8")
        return
    expected = stored.read_text(encoding="utf-8")
    changed = difflib.unified_diff(expected.splitlines(), found.splitlines(), "stored", "made", lineterm="", n=0)
    assert list(changed) == [], f"{UPDATE}=1 writes {stored.name} anew"
