"""Channels and segments whose names programs would read as comparisons, patterns or numbers are what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks import recalc
from tests.checks.reading import Book
from tests.edits import Edited, put_cell
from tests.small_shop import FIRST, Shop
from xlkpi.formula import NoData
from xlkpi.workbook.exact import match_text, sum_where
from xlkpi.workbook.live import Live, Span
from xlkpi.workbook.refresh import Options, refresh_workbook

ONCE = Options(backups=0)
CHANNELS = "Canaux"
COMPARED, PATTERNS, NUMBERS = ["18-25", "<18", ">65", "=x"], ["ab", "a*", "a?", "a~b"], ["1", "01", "TRUE", "5-10"]


def shares(path: Path) -> dict[object, object]:
    """The shares of spend on the page of channels."""
    cells = next(sheet for sheet in Book(path).sheets if sheet.name == CHANNELS).cells
    rows = [(cells.get(f"B{row}"), cells.get(f"D{row}")) for row in range(13, 17)]
    return {name.value: share.value for name, share in rows if name and share}


@pytest.mark.parametrize("channels", [COMPARED, PATTERNS, NUMBERS])
def test_every_program_computes_channels_alike_whatever_they_are_called(tmp_path: Path, channels: list[str]) -> None:
    shop = Shop(tmp_path, channels=channels)
    shop.build()
    assert shares(shop.workbook) == dict.fromkeys(channels, 0.25)  # each of them spends the same
    assert recalc.differences(shop.workbook) == []


def test_such_channels_may_come_with_a_refresh_and_be_chosen(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.build()
    shop.channels = ["ab", "a*", "<18", "a~b"]
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    assert shares(shop.workbook) == dict.fromkeys(shop.channels, 0.25)
    assert recalc.differences(shop.workbook) == []
    place = next(d.formula for d in Book(shop.workbook).names if d.name == "xlkpi_choice").rpartition("!")[2]
    for chosen in ("a*", "a~b"):
        with Edited(shop.workbook) as book:
            put_cell(book, FIRST, place.replace("$", ""), chosen)
        refresh_workbook(shop.workbook, ONCE)
        number = next(sheet for sheet in Book(shop.workbook).sheets if "alc" in sheet.name).cells["B3"]
        assert number.value == 1.0 + sorted(shop.channels).index(chosen)
        assert recalc.differences(shop.workbook, ("libreoffice",)) == []


def test_a_text_is_found_as_it_is() -> None:
    names = Span("A1:A5", ["ab", "a*", "~", "2024", "Web"])
    found = {wanted: match_text(Live("B1", wanted), names).value for wanted in ("a*", "~", 2024.0, "web", "?")}
    assert found == {"a*": 2.0, "~": 3.0, 2024.0: 4.0, "web": 5.0, "?": NoData.MISSING}
    assert match_text(Live("B1", NoData.REFERENCE), names).value is NoData.REFERENCE


def test_rows_of_equal_texts_are_added_and_an_error_stays_one() -> None:
    names, days = Span("A1:A4", ["1", "01", "1", None]), Span("B1:B4", [1.0, 1.0, 2.0, 1.0])

    def summed(*values: float | str | NoData | None) -> Live:
        return sum_where(Span("C1:C4", values), (names, "=", Live("E1", "1")), (days, "<=", 1.0))

    found = summed(10.0, 20.0, 40.0, 80.0)
    assert (found.text, found.value) == ("SUMPRODUCT((A1:A4=E1)*(B1:B4<=1),C1:C4)", 10.0)
    assert summed("–", 20.0, 40.0, None).value == 0.0
    assert summed(10.0, NoData.MISSING, 40.0, 80.0).value is NoData.MISSING
