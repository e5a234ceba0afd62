"""The fast data sheet: every kind of value, as other programs read it back."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastexcel
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.skeletons import cells, filled
from xlkpi.errors import WorkbookError
from xlkpi.workbook.sheet_rows import BLOCK, RowColumn, rows_xml

ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def column(folder: Path, values: pa.Array, **options: Any) -> list[Any]:
    """A column as openpyxl reads it back; Excel decodes the escapes of control characters, openpyxl does not."""
    read = [row[0] for row in cells(filled(folder, {"x": values}, **options))]
    read += [None] * (len(values) - len(read))  # blank cells without a format are not in the file
    return [ESCAPED.sub(lambda m: chr(int(m[1], 16)), v) if isinstance(v, str) else v for v in read]


def written(values: pa.Array, **options: Any) -> str:
    return b"".join(rows_xml(pa.table({"x": values}), [RowColumn("x")], **options)).decode()


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (pa.array([1, None, -3], pa.int64()), [1, None, -3]),
        (pa.array([0.1, 1e300, 5e-324]), [0.1, 1e300, 5e-324]),
        (pa.array([0.5, None], pa.float32()), [0.5, None]),
        (pa.array([Decimal("12.30"), None]), [12.3, None]),
        (pa.array([True, None, False]), [True, None, False]),
        (pa.array(["a", None, "b"]).dictionary_encode(), ["a", None, "b"]),
        (pa.array(["view", None], pa.string_view()), ["view", None]),
        (pa.array(["large"], pa.large_string()), ["large"]),
    ],
)
def test_values_are_read_back_as_they_were(tmp_path: Path, values: pa.Array, read: list[Any]) -> None:
    assert column(tmp_path, values) == read


def test_dates_and_times_are_serial_numbers() -> None:
    paris = pa.timestamp("us", "Europe/Paris")
    at_noon = datetime(2026, 1, 1, 12)
    assert "<v>46023</v>" in written(pa.array([date(2026, 1, 1)]))
    assert "<v>46023.5</v>" in written(pa.array([at_noon]))
    assert "<v>46023.5</v>" in written(pa.array([datetime(2026, 1, 1, 11, tzinfo=UTC)], paris)), (
        "the clock of the place"
    )
    assert "<v>0.75</v>" in written(pa.array([time(18)]))
    assert "<v>1.5</v>" in written(pa.array([timedelta(hours=36)]))


def test_dates_are_right_around_the_leap_day_that_excel_invented() -> None:
    days = [date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1)]
    assert re.findall("<v>(.*?)</v>", written(pa.array(days))) == ["1", "59", "61"]


def test_dates_before_1900_are_texts_for_excel_knows_none() -> None:
    xml = written(pa.array([date(1899, 12, 31), date(2026, 1, 1), None]))
    assert "<t>1899-12-31</t>" in xml
    assert "<v>46023</v>" in xml
    assert xml.count("<c ") == 2, "the blank has no format, and no cell"


def test_dates_count_from_1904_in_a_workbook_that_does() -> None:
    assert re.findall("<v>(.*?)</v>", written(pa.array([date(1904, 1, 1), date(2026, 1, 1)]), date_1904=True)) == [
        "0",
        "44561",
    ]


def test_what_is_no_number_is_blank(tmp_path: Path) -> None:
    assert column(tmp_path, pa.array([float("nan"), float("inf"), -float("inf"), 1.0])) == [None, None, None, 1.0]


def test_an_empty_text_is_blank(tmp_path: Path) -> None:
    assert column(tmp_path, pa.array(["", "a"])) == [None, "a"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+33 6", "-5", "@name", "=cmd|' /C calc'!A0", "'quoted", "#N/A", "TRUE", "007"]
)
def test_no_text_becomes_a_formula_or_a_number(tmp_path: Path, text: str) -> None:
    path = filled(tmp_path, {"x": pa.array([text])})
    assert fastexcel.read_excel(path).load_sheet("Data").to_arrow()["x"].to_pylist() == [text]
    assert "<f>" not in written(pa.array([text]))


@pytest.mark.parametrize(
    "text",
    ["a & b < c > d", "]]>", "\x00\x01\x0b\x1f", "line\nbreak", "\r\n", "\ttab", " leading", "trailing ", "two  spaces",
     "_x000D_", "_x0041_x0042_", "_xZZZZ_", "\ufffe\uffff", "\U0001f600", "é 日本 ‏עברית", '"quotes"'],
)  # fmt: skip
def test_every_character_survives(tmp_path: Path, text: str) -> None:
    assert column(tmp_path, pa.array([text, "other"])) == [text, "other"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.text(min_size=1),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.integers(-(2**53), 2**53),
            st.none() | st.booleans(),
        ),
        min_size=1,
    ),
    st.booleans(),
)
def test_any_table_is_read_back_as_it_was(rows: list[tuple[Any, ...]], references: bool) -> None:
    texts, numbers, counts, flags = (list(values) for values in zip(*rows, strict=True))
    columns = {
        "a": pa.array(texts, pa.string()),
        "b": pa.array(numbers, pa.float64()),
        "c": pa.array(counts, pa.int64()),
        "d": pa.array(flags, pa.bool_()),
    }
    xml = b"".join(rows_xml(pa.table(columns), [RowColumn(n) for n in columns], references=references))
    assert [placed(row) for row in ElementTree.fromstring(b"<all>" + xml + b"</all>")] == rows


def placed(row: ElementTree.Element) -> tuple[Any, ...]:
    """The four cells of a row: by their addresses where they have some, else by their order."""
    known = {cell.get("r", "ABCD"[place])[0]: value(cell) for place, cell in enumerate(row)}
    return tuple(known.get(letter) for letter in "ABCD")


def value(cell: ElementTree.Element) -> Any:
    """The content of a cell as the file format defines it."""
    if cell.get("t") == "inlineStr":
        return ESCAPED.sub(lambda m: chr(int(m[1], 16)), cell.findtext("is/t") or "")
    text = cell.findtext("v")
    if text is None:
        return None
    return text == "1" if cell.get("t") == "b" else float(text)


def test_rows_of_many_blocks_are_numbered_through() -> None:
    count = BLOCK * 2 + 5
    xml = written(pa.chunked_array([[i] * 7 for i in range(count // 7)] + [[-1] * (count % 7)]).combine_chunks())
    found = re.findall(r'<row r="(\d+)"><c r="A(\d+)"><v>(-?\d+)</v></c></row>', xml)
    assert [(int(a), int(b)) for a, b, _ in found] == [(i, i) for i in range(2, count + 2)]
    assert [int(v) for _, _, v in found] == [i // 7 if i // 7 < count // 7 else -1 for i in range(count)]


def test_a_column_that_repeats_at_first_and_not_later_is_right() -> None:
    values = [1] * BLOCK + list(range(BLOCK)) + [None] * BLOCK + [2] * BLOCK
    found = dict(re.findall(r'<c r="A(\d+)"><v>(-?\d+)</v>', written(pa.array(values))))
    assert {int(row) - 2: int(v) for row, v in found.items()} == {i: v for i, v in enumerate(values) if v is not None}


@pytest.mark.parametrize("style", [0, 3])
def test_values_that_come_back_blocks_later_and_new_ones_among_blanks_are_right(style: int) -> None:
    most = BLOCK // 3  # values that are remembered
    few, many = [None, 1.5, math.nan, 2.5], [float(n) for n in range(most)]
    values = few * (BLOCK // 4) + many * 3 + few * (BLOCK // 4) + [3.5, None, 1.5] + [n + 0.25 for n in many] * 3
    texts = [None if v is None else "" if math.isnan(v) else f"<{v}> " for v in values]
    table = pa.table({"x": pa.array(values, from_pandas=False), "t": texts})
    xml = b"".join(rows_xml(table, [RowColumn("x", style), RowColumn("t", style)])).decode()
    expected = [(n, v) for n, v in enumerate(values, 2) if v is not None and not math.isnan(v)]
    numbers = re.findall(r'<c r="A(\d+)"[^>]*><v>([^<]*)', xml)
    assert [(int(n), float(v)) for n, v in numbers] == expected
    written = re.findall(r'<c r="B(\d+)"[^>]*><is><t xml:space="preserve">&lt;([^&]*)&gt; </t>', xml)
    assert [(int(n), float(v)) for n, v in written] == expected
    if style:
        assert xml.count('s="3"/>') == 2 * (len(values) - len(expected))


def test_without_references_every_cell_keeps_its_place() -> None:
    table = pa.table({"a": [None, 1.0], "b": ["x", None]})
    xml = b"".join(rows_xml(table, [RowColumn("a"), RowColumn("b", 3)], references=False)).decode()
    assert xml == (
        '<row r="2"><c/><c s="3" t="inlineStr"><is><t>x</t></is></c></row><row r="3"><c><v>1</v></c><c s="3"/></row>'
    )


def test_a_blank_cell_keeps_the_format_of_its_column() -> None:
    table = pa.table({"a": pa.array([None, 1.5])})
    xml = b"".join(rows_xml(table, [RowColumn("a", 7)])).decode()
    assert xml == '<row r="2"><c r="A2" s="7"/></row><row r="3"><c r="A3" s="7"><v>1.5</v></c></row>'


def test_a_blank_cell_with_the_format_that_its_column_has_anyway_is_left_out() -> None:
    table = pa.table({"a": pa.array([None, 1.5, float("nan")]), "b": pa.array([None] * 3, pa.string())})
    columns = [RowColumn("a", 7, absent=7), RowColumn("b", 8, absent=8), RowColumn("c", 9, absent=9)]
    xml = b"".join(rows_xml(table, columns)).decode()
    assert xml == '<row r="2"></row><row r="3"><c r="A3" s="7"><v>1.5</v></c></row><row r="4"><c r="A4" s="7"/></row>'
    only = b"".join(rows_xml(table.slice(0, 0), columns)).decode()
    assert only == '<row r="2"><c r="A2" s="7"/><c r="B2" s="8"/><c r="C2" s="9"/></row>', "the row of an empty table"


def test_the_cells_of_a_calculated_column_have_the_formula_and_their_cached_values() -> None:
    table = pa.table({"n": [1.5, None], "t": ["a<b", None]})
    xml = b"".join(rows_xml(table, [RowColumn("n", 0, 'IF(B2>1,"")'), RowColumn("t", 0, "B2")])).decode()
    assert '<c r="A2"><f>IF(B2&gt;1,"")</f><v>1.5</v></c>' in xml
    assert '<c r="B2" t="str"><f>B2</f><v>a&lt;b</v></c>' in xml
    assert '<c r="A3" t="str"><f>IF(B2&gt;1,"")</f><v></v></c>' in xml


def test_a_text_longer_than_a_cell_is_refused_with_its_row() -> None:
    with pytest.raises(WorkbookError, match="row 3") as refused:
        written(pa.array(["a" * 32_767, "é" * 32_768]))
    assert refused.value.problems[0].code == "workbook_text_too_long"
    with pytest.raises(WorkbookError, match="row 2"):
        written(pa.array(["\U0001f600" * 16_384]))  # counted as two each


def test_a_type_that_no_cell_holds_is_refused_with_the_column() -> None:
    with pytest.raises(WorkbookError, match="'x'"):
        written(pa.array([[1, 2]]))
