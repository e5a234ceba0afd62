"""The patterns by which cells and rows are found in a sheet's part."""

from __future__ import annotations

import re

import pytest

from xlkpi.workbook.cells import CELL, ROW


@pytest.mark.parametrize("pattern", [CELL, ROW], ids=["cell", "row"])
def test_no_repeated_group_is_possessive(pattern: re.Pattern[bytes]) -> None:
    """Python 3.11.2, which is Debian 12's, finds nothing with such a group around another repetition."""
    assert re.findall(rb"\)[*+]\+", pattern.pattern) == []


def test_cells_and_rows_end_where_they_do() -> None:
    xml = b'<row r="1"><c r="A1" s="2"/><c r="B1" t="inlineStr" x="a/b"><is><t>q</t></is></c></row><row r="2" ht="6"/>'
    assert [(m[1], m[2]) for m in CELL.finditer(xml)] == [
        (b' r="A1" s="2"', None), (b' r="B1" t="inlineStr" x="a/b"', b"<is><t>q</t></is>"),
    ]  # fmt: skip
    assert [m[1] for m in ROW.finditer(xml)] == [b' r="1"', b' r="2" ht="6"']
