"""Rows of which all cells stand in known columns, told at once as they would be cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.workbook.cell_places import CellPlaces
from xlkpi.workbook.cells import reference

FORMATS = ("", ' s="7"', ' s="12" t="str"', ' t="inlineStr"')
CONTENTS = ("/>", "><v>1.5</v></c>", "><is><t>l’été &lt;c r=&quot;A1&quot;/&gt;</t></is></c>", "><f>A1&gt;0</f></c>")
NEAR = (1, 2, 3, 25, 26, 27, 28, 52, 53, 701, 702, 703, 704)
Cell = tuple[int, str, str]


def row(number: int, cells: Sequence[Cell]) -> str:
    written = (f'<c r="{reference(number - 1, n - 1).decode()}"{look}{end}' for n, look, end in cells)
    return f'<row r="{number}">{"".join(written)}</row>'


@given(
    usual=st.sets(st.sampled_from([n for n in NEAR if n < 703]), min_size=1),
    data=st.data(),
    first=st.sampled_from([1, 9, 99_999, 1_048_000]),
)
def test_the_answer_is_that_of_each_cell_looked_at(usual: set[int], data: st.DataObject, first: int) -> None:
    mark = data.draw(st.sampled_from(sorted(usual)))
    numbers = st.sampled_from(sorted(usual)) | st.just(mark) | st.sampled_from(NEAR)
    cell = st.tuples(numbers, st.sampled_from(FORMATS), st.sampled_from(CONTENTS))
    rows = data.draw(st.lists(st.lists(cell, max_size=4), max_size=4))
    xml = "".join(row(first + i, cells) for i, cells in enumerate(rows)).encode()
    cells = [cell for cells in rows for cell in cells]
    found = [end != "/>" for number, _, end in cells if number == mark]
    only_usual = all(number in usual for number, _, _ in cells)
    places = CellPlaces(usual, mark)
    for marks in range(len(cells) + 1):
        assert places.only(xml, marks) == (only_usual and len(found) == marks and all(found))


@pytest.mark.parametrize(
    "cell",
    ['<c s="7" r="B2"><v>1</v></c>', "<c><v>1</v></c>", '<x:c r="B2"><v>1</v></x:c>', '<c s="7"/>'],
)
def test_cells_written_in_another_way_are_left_to_be_looked_at(cell: str) -> None:
    other = f'<row r="2"><c r="A2"><v>1</v></c>{cell}</row>'.encode()
    assert not CellPlaces([1, 2], 2).only(other, 1)


def test_no_rows_have_no_marks() -> None:
    assert CellPlaces([1], 1).only(b"", 0)
    assert not CellPlaces([1], 1).only(b"", 1)


def test_rows_of_a_table_wider_than_two_letters_are_left_to_be_looked_at() -> None:
    xml = row(2, [(1, "", CONTENTS[1]), (703, "", CONTENTS[1])]).encode()
    assert not CellPlaces([1, 703], 1).only(xml, 1)


def test_a_column_of_three_letters_is_not_the_one_that_begins_like_it() -> None:
    assert CellPlaces([27], 27).only(row(2, [(27, "", CONTENTS[1])]).encode(), 1)
    assert not CellPlaces([27], 27).only(row(2, [(703, "", CONTENTS[1])]).encode(), 1)
