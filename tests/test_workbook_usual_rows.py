"""Rows of a data table in which nobody but xlkpi wrote, told from those in which somebody did."""

from __future__ import annotations

import pytest

from xlkpi.workbook.data_part import Marks
from xlkpi.workbook.usual_rows import Found, UsualRows

#: The key, a number, the mark, a column that people put in.
COLUMNS = {2: ("day", b"5"), 3: ("spend", b"0"), 4: ("origin", b"7"), 5: ("mine", b"0")}
ROW = (
    '<row r="{n}" spans="2:4"><c r="B{n}" s="5"><v>{n}</v></c><c r="C{n}"><v>1.5</v></c>'
    '<c r="D{n}" s="7" t="inlineStr"><is><t xml:space="preserve">ads </t></is></c></row>'
)
#: What somebody did to a row, and whether it is a matter of formats alone.
DONE = {
    "a cell has another format": ('r="C{n}"', 'r="C{n}" s="9"', True),
    "the mark has another format": ('s="7"', 's="8"', True),
    "the row has a height": ('spans="2:4"', 'spans="2:4" ht="30" customHeight="1"', True),
    "a blank cell got a format": ('<c r="C{n}"><v>1.5</v></c>', '<c r="C{n}" s="9"/>', True),
    "a cell beside the table": ("</row>", '<c r="F{n}"><v>1</v></c></row>', False),
    "the mark is blank": ('<c r="D{n}" s="7" t="inlineStr"><is><t xml:space="preserve">ads </t></is></c>',
                          '<c r="D{n}" s="7"/>', False),
    "the mark is gone": ('<c r="D{n}" s="7" t="inlineStr"><is><t xml:space="preserve">ads </t></is></c>', "", False),
}  # fmt: skip


def usual(keys: tuple[str, ...] = ("day",), look: bytes = b"") -> UsualRows:
    return UsualRows(COLUMNS, {"day", "spend", "origin"}, Marks("origin", keys), ["a", "b"], look)


def piece(done: str = "", at: int = 40, rows: int = 50) -> bytes:
    old, new, _ = DONE.get(done, ("", "", False))
    return "".join(
        (ROW.replace(old, new) if done and n == at else ROW).format(n=n) for n in range(2, 2 + rows)
    ).encode()


def test_rows_of_ours_are_counted_and_their_keys_read() -> None:
    kept = Found()
    assert usual().read(piece(), 0, 1_000, kept, keys=True) == (len(piece()), 50)
    assert len(kept.keys) == 50
    assert usual().all(piece(), 50, formats=True)
    assert not usual().all(piece(), 51, formats=True), "a row without a mark would be missing"


def test_rows_below_the_table_are_left() -> None:
    kept = Found()
    end, count = usual().read(piece(), 0, 31, kept, keys=True)
    assert (count, len(kept.keys)) == (30, 30)
    assert piece()[end:].startswith(b'<row r="32"')


@pytest.mark.parametrize("done", DONE)
def test_a_row_in_which_somebody_did_something_is_not_usual(done: str) -> None:
    xml = piece(done)
    end, count = usual().read(xml, 0, 1_000, Found(), keys=True)
    assert (count, xml[end:].startswith(b'<row r="40"')) == (38, True)
    assert not usual().all(xml, 50, formats=True)
    assert usual().all(xml, 50, formats=False) == DONE[done][2], "formats don't matter in large tables"


def test_texts_that_excel_shares_and_blank_cells_are_usual() -> None:
    xml = piece().replace(b'inlineStr"><is><t xml:space="preserve">ads </t></is>', b's"><v>1</v>')
    xml = xml.replace(b'<c r="C9"><v>1.5</v></c>', b'<c r="C9"/>').replace(b'<c r="C8"><v>1.5</v></c>', b"")
    assert usual().read(xml, 0, 1_000, Found(), keys=True) == (len(xml), 50)
    assert usual().all(xml, 50, formats=True)


@pytest.mark.parametrize(
    "cell",
    ['<c r="E40" t="s"><v>3</v></c>', '<c r="E40"><f>C40*2</f><v>3</v></c>', '<c r="E40"><f>C40&gt;2</f></c>',
     '<c r="E40"><f t="shared" si="1"/><v>3</v></c>', '<c r="E40" t="str"><f t="shared" ref="E2:E40" si="1">A1</f></c>',
     '<c r="E40" t="inlineStr"><is><t>mine</t></is></c>'],
)  # fmt: skip
@pytest.mark.parametrize("keys", [True, False])
def test_what_people_put_into_their_columns_is_kept_with_the_key_of_its_row(cell: str, keys: bool) -> None:
    lines = piece().split(b"</row>")
    lines[38] += cell.encode()
    lines[10] += b'<c r="E12"/>'
    xml, kept = b"</row>".join(lines), Found()
    assert usual().read(xml, 0, 1_000, kept, keys=keys) == (len(xml), 50)
    assert kept.cells == [(((0, 40.0),), 40, [(5, cell.encode())])]
    assert len(kept.keys) == (50 if keys else 0)
    assert not usual().all(xml, 50, formats=True), "not all are blank there"
    assert not usual().all(xml, 50, formats=False)


def test_rows_as_libreoffice_writes_them_are_usual_but_for_one_of_another_height() -> None:
    told = b'customFormat="false" ht="%s" hidden="false" customHeight="%s" outlineLevel="0" collapsed="false"'
    xml = piece().replace(b'spans="2:4"', told % (b"12.8", b"false")).replace(b'"><v>', b'" t="n"><v>')
    look = b' ht="12.8"'
    assert usual(look=look).read(xml, 0, 1_000, Found(), keys=True) == (len(xml), 50)
    assert usual(look=look).all(xml, 50, formats=True)
    assert not usual().all(xml, 50, formats=True), "most rows have none"
    for height, custom in ((b"40", b"false"), (b"12.8", b"true")):
        at = xml.index(b'<row r="40"')
        other = xml[:at] + xml[at:].replace(told % (b"12.8", b"false"), told % (height, custom), 1)
        end, count = usual(look=look).read(other, 0, 1_000, Found(), keys=True)
        assert (count, other[end:].startswith(b'<row r="40"')) == (38, True)
        assert not usual(look=look).all(other, 50, formats=True)
        assert usual(look=look).all(other, 50, formats=False), "heights don't matter in large tables"


@pytest.mark.parametrize("formats", [True, False])
@pytest.mark.parametrize("written", ['t="inlineStr"><is><t>{}</t></is>', 't="s"><v>{}</v>'])
def test_a_row_with_another_mark_is_somebody_s(written: str, formats: bool) -> None:
    strings = ["moi", "ads"]
    ours, other = ("ads", "moi") if "<t>" in written else ("1", "0")
    row = '<row r="{{n}}"><c r="B{{n}}"><v>1</v></c><c r="C{{n}}"><v>1.5</v></c><c r="D{{n}}" s="7" {}</c></row>'
    columns = {2: ("day", b"0"), 3: ("spend", b"0"), 4: ("origin", b"7")}
    usual = UsualRows(columns, {"day", "spend", "origin"}, Marks("origin", ["day"], "ads"), strings)
    mine, theirs = (row.format(written.format(mark)) for mark in (ours, other))
    xml = [mine.format(n=n) for n in range(2, 52)]
    assert usual.all("".join(xml).encode(), 50, formats=formats)
    assert usual.read("".join(xml).encode(), 0, 1_000, Found(), keys=True)[1] == 50
    xml[30] = theirs.format(n=32)
    assert not usual.all("".join(xml).encode(), 50, formats=formats)
    assert usual.read("".join(xml).encode(), 0, 1_000, Found(), keys=True)[1] == 30
