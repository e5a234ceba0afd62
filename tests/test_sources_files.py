"""Files in every shape they come in, and the broken ones: read right, or refused with what to do."""

from __future__ import annotations

import codecs
import gzip
import json
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlkpi.errors import SourceError
from xlkpi.language import languages
from xlkpi.sources import Limits, Reading, Source, read
from xlkpi.sources.files import find

FOLDER = Path(__file__).parent / "fixtures" / "exports"
TABLE = "Day,Campaign,Impr.,Clicks,Cost\n2026-03-01,A,100,5,1.50\n2026-03-02,A,120,6,2.25\n"


def refused(path: Path, **keys: object) -> str:
    """The code of the one problem, whose sentences exist in every language."""
    limits = keys.pop("limits", None)
    with pytest.raises(SourceError) as caught:
        read(Source(path=str(path), **keys), limits=limits)  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    told = {problem.text(language) for language in languages()}
    assert len(told) == len(languages())
    assert "{" not in "".join(told)
    return problem.code.removeprefix("source_")


def made(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def spend(reading: Reading) -> float:
    return float(pc.sum(reading.table["spend"]).as_py())


def read_path(path: Path, **keys: object) -> Reading:
    return read(Source(path=str(path), **keys), salt=b"test")  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_export_reads_alike_in_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [
        ["Jour", "Campagne", "Coût", "Impr.", "Clics"],
        ["2026-03-01", "Été", '"1 234,50"', "10", "2"],
        ["2026-03-02", "Noël", '"0,05"', "10", "0"],
    ]
    text = "Rapport d’été\n" + "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"
    found = read_path(made(tmp_path / "x.csv", text.encode(encoding)))
    assert spend(found) == 1234.55
    assert found.table["campaign"].to_pylist() == ["Été", "Noël"]
    assert found.report.files[0].delimiter == delimiter
    assert found.report.files[0].notes == ["Rapport d’été"]


def test_accents_that_were_garbled_twice_are_put_right(tmp_path: Path) -> None:
    text = "Jour;Nom de la campagne;Portée;Montant dépensé (EUR)\n2026-03-01;Été à Noël;12;1,50\n"
    found = read_path(
        made(tmp_path / "x.csv", text.encode().decode("cp1252", errors="replace").replace("\ufffd", "\x81").encode())
    )
    if not found.report.files[0].repaired:
        pytest.fail("the accents were not put right")
    assert found.table["campaign"].to_pylist() == ["Été à Noël"]
    assert spend(found) == 1.5


def test_a_sep_line_tells_the_delimiter(tmp_path: Path) -> None:
    assert spend(read_path(made(tmp_path / "x.csv", "sep=;\n" + TABLE.replace(",", ";")))) == 3.75


def test_quoted_line_breaks_and_blank_lines_inside_quotes_stay_in_their_cell(tmp_path: Path) -> None:
    text = 'Day,Campaign,Impr.,Clicks,Cost\n2026-03-01,"two\n\nlines, one cell",100,5,1.50\n2026-03-02,B,1,1,1.00\n'
    found = read_path(made(tmp_path / "x.csv", text))
    assert found.table["campaign"].to_pylist() == ["two\n\nlines, one cell", "B"]


def test_a_second_table_below_is_set_aside_and_can_be_looked_at(tmp_path: Path) -> None:
    found = read_path(made(tmp_path / "x.csv", TABLE + "\nDevice,Clicks\nMobile,7\n"))
    aside = found.report.set_aside().to_pylist()
    assert spend(found) == 3.75
    assert [(row["row"], row["reason"], json.loads(row["content"])["text"]) for row in aside] == [
        (5, "second_table", "Device,Clicks"),
        (6, "second_table", "Mobile,7"),
    ]


def test_of_two_tables_below_one_another_the_known_one_is_read(tmp_path: Path) -> None:
    text = "# Start date: 20260301\nNth day,Users\n0000,5\n0001,6\n0002,4\n\n# next\n" + TABLE
    found = read_path(made(tmp_path / "x.csv", text))
    assert spend(found) == 3.75
    aside = found.report.set_aside().to_pylist()
    assert [(r["row"], r["reason"]) for r in aside] == [(n, "table_above") for n in (3, 4, 5)]


def test_a_blank_line_amid_the_rows_loses_nothing(tmp_path: Path) -> None:
    text = TABLE + "\n2026-03-03,B,10,1,4.00\n" + TABLE + ",,,,\n"
    found = read_path(made(tmp_path / "x.csv", text), duplicates="keep")
    assert spend(found) == 3.75 + 4 + 3.75
    assert {a.reason: a.count for a in found.report.files[0].aside} == {"repeated_header": 1}


def test_notes_with_commas_above_a_table_are_not_its_header(tmp_path: Path) -> None:
    notes = "Report start: 1/3/2026, Report end: 2/3/2026\nGenerated on: March 3, by hand\n\n"
    assert spend(read_path(made(tmp_path / "x.csv", notes + TABLE))) == 3.75


def test_the_header_row_can_be_told(tmp_path: Path) -> None:
    text = "a,b,c,d,e\nx,y,z,x,y\n" + TABLE
    assert spend(read_path(made(tmp_path / "x.csv", text), header=3)) == 3.75


def test_rows_with_another_number_of_cells_are_set_aside_with_their_row(tmp_path: Path) -> None:
    found = read_path(
        made(tmp_path / "x.csv", TABLE + "2026-03-03,B\n2026-03-04,C,1,1,1.00,extra\n2026-03-05,D,1,1,1.00\n")
    )
    assert spend(found) == 4.75
    assert [(r["row"], r["reason"]) for r in found.report.set_aside().to_pylist()] == [(4, "columns"), (5, "columns")]


def test_every_row_is_kept_or_set_aside(tmp_path: Path) -> None:
    text = TABLE + "9999-12-31,B,1,1,1\nhier,B,1,1,1\n,B,1,1,1\n2026-03-03,B,x,1,1\nTotal,,220,11,3.75\n2026-03-04,B\n"
    found = read_path(made(tmp_path / "x.csv", text))
    about = found.report.files[0]
    assert {a.reason: a.count for a in about.aside} == {
        "columns": 1, "total": 1, "unreadable_date": 1, "date_outside": 1, "no_date": 1, "unreadable_number": 1,
    }  # fmt: skip
    assert about.rows_read == about.rows_kept + about.rows_aside == 8
    assert spend(found) == 3.75


def test_rows_set_aside_can_be_written_to_a_file(tmp_path: Path) -> None:
    found = read_path(made(tmp_path / "x.csv", TABLE + "Total,,220,11,3.75\n"))
    found.report.write_set_aside(tmp_path / "aside.csv")
    assert "total" in (tmp_path / "aside.csv").read_text(encoding="utf-8")


def test_a_web_page_saved_as_csv_is_refused(tmp_path: Path) -> None:
    assert refused(made(tmp_path / "x.csv", "\n <!DOCTYPE html><html><body>Sign in</body></html>")) == "html"


def test_a_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    assert refused(made(tmp_path / "x.xlsx", ole)) == "password"


def test_a_truncated_gzip_is_refused_and_a_whole_one_read(tmp_path: Path) -> None:
    packed = gzip.compress(TABLE.encode() * 50)
    assert refused(made(tmp_path / "x.csv.gz", packed[:-20])) == "truncated"
    assert spend(read_path(made(tmp_path / "y.csv.gz", gzip.compress(TABLE.encode())))) == 3.75
    two_parts = gzip.compress(TABLE[:40].encode()) + gzip.compress(TABLE[40:].encode())
    assert spend(read_path(made(tmp_path / "z.csv.gz", two_parts))) == 3.75


def test_archives_that_unpack_to_too_much_are_refused(tmp_path: Path) -> None:
    limits = Limits(unpacked=1_000_000)
    assert refused(made(tmp_path / "x.csv.gz", gzip.compress(b"0" * 3_000_000)), limits=limits) == "bomb"
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 3_000_000)
    assert refused(tmp_path / "x.zip", limits=limits) == "bomb"
    assert refused(made(tmp_path / "y.csv", TABLE), limits=Limits(file=10)) == "too_large"


def test_a_path_that_leaves_the_archive_is_only_a_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../escaped.csv", TABLE)
    assert spend(read_path(tmp_path / "x.zip")) == 3.75
    assert not list(tmp_path.parent.parent.glob("escaped.csv"))


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", TABLE)

    def grow(_: Path, done: int, whole: int) -> None:
        if done == whole:
            with path.open("a") as stream:
                stream.write("2026-03-03,A,1,1,1\n")

    with pytest.raises(SourceError) as caught:
        read(Source(path=str(path)), progress=grow)
    assert caught.value.problems[0].code == "source_changing"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"\xff\xfe", "no_table"), (b"\x89PNG\x00\x01\x02" * 50, "binary"),
     (b"hello\nworld\n", "no_table"), (b"1,2\n3,4\n", "no_header"),
     (b"PAR1 not really", "damaged"), (b"PK\x03\x04 not really", "truncated")],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    assert refused(made(tmp_path / "x.csv", content)) == code


def test_a_header_without_rows_is_told_unless_another_file_has_some(tmp_path: Path) -> None:
    empty = made(tmp_path / "a.csv", TABLE.split("\n")[0] + "\n")
    assert refused(empty) == "no_rows"
    full = made(tmp_path / "b.csv", TABLE)
    both = read_path(tmp_path / "*.csv")
    assert [f.rows_read for f in both.report.files] == [0, read_path(full).report.rows_read]


def test_a_header_below_the_last_row_is_told_as_such(tmp_path: Path) -> None:
    assert refused(made(tmp_path / "x.csv", TABLE), header=40) == "header_beyond"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none_*.csv") == "no_file"


def test_a_folder_a_pattern_and_a_list_find_the_same_files(tmp_path: Path) -> None:
    paths = [made(tmp_path / name, TABLE) for name in ("a.csv", "b.csv")]
    made(tmp_path / "~$a.xlsx", "lock"), made(tmp_path / "notes.md", "no export")
    for place in (str(tmp_path), "*.csv", ("a.csv", "b.csv"), "[ab].csv"):
        assert find(Source(path=place), tmp_path) == paths


def workbook(path: Path, rows: Sequence[Any], *, title: str = "Feuille", others: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for name in others:
        book.create_sheet(name).append(["x", "y"])
    book.save(path)
    return path


ROWS: list[list[object]] = [
    ["Jour", "Campagne", "Impr.", "Clics", "Coût"],
    [datetime(2026, 3, 1), "A", 100, 5, 1.5],
    [datetime(2026, 3, 2), "A", 120, "--", 2.25],
]


def test_a_workbook_reads_as_the_text_does(tmp_path: Path) -> None:
    found = read_path(workbook(tmp_path / "x.xlsx", ROWS))
    assert spend(found) == 3.75
    assert found.table["date"].to_pylist() == [date(2026, 3, 1), date(2026, 3, 2)]
    assert found.table["clicks"].to_pylist() == [5, None]
    assert found.report.files[0].sheet == "Feuille"


def test_lines_above_a_workbooks_table_and_its_totals_are_passed_over(tmp_path: Path) -> None:
    rows = [["Rapport"], ["mars 2026"], [], *ROWS, ["Total", None, 220, 5, 3.75]]
    found = read_path(workbook(tmp_path / "x.xlsx", rows))
    assert spend(found) == 3.75
    assert [(r["row"], r["reason"]) for r in found.report.set_aside().to_pylist()] == [(7, "total")]


def test_blank_rows_above_a_workbooks_table_are_counted(tmp_path: Path) -> None:
    found = read_path(workbook(tmp_path / "x.xlsx", [[], ["Rapport"], [], *ROWS, ["Total", None, 220, 5, 3.75]]))
    assert spend(found) == 3.75
    assert [(r["row"], r["reason"]) for r in found.report.set_aside().to_pylist()] == [(7, "total")]
    assert spend(read_path(workbook(tmp_path / "y.xlsx", [[], [], *ROWS]))) == 3.75


def test_a_long_workbook_is_read_whole_though_its_header_is_found_in_its_first_rows(tmp_path: Path) -> None:
    days = [[datetime(2026, 3, 1 + i % 28), f"A{i}", 100, 5, 1.5] for i in range(200)]
    late = ["Total", None, 20_000, 1000, 300.0, "a note in a column of its own"]
    found = read_path(workbook(tmp_path / "x.xlsx", [["Rapport"], [], ROWS[0], *days, late]))
    assert spend(found) == 300.0
    assert [(r["row"], r["reason"]) for r in found.report.set_aside().to_pylist()] == [(204, "total")]
    moved = [[None, *row] for row in (ROWS[0], *days)]
    assert spend(read_path(workbook(tmp_path / "y.xlsx", [*moved, ["a note before the first column"]]))) == 300.0
    header_below = [["x", i] for i in range(99)]
    assert spend(read_path(workbook(tmp_path / "z.xlsx", [*header_below, ROWS[0], *days]), header=100)) == 300.0


def test_rows_that_are_all_alike_are_repeated_rows(tmp_path: Path) -> None:
    found = read_path(workbook(tmp_path / "x.xlsx", [ROWS[0], ROWS[1], ROWS[1], ROWS[1]]))
    assert [(r["row"], r["reason"]) for r in found.report.set_aside().to_pylist()] == [
        (3, "duplicate"),
        (4, "duplicate"),
    ]


def test_a_workbook_that_unpacks_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", ROWS)
    with pytest.raises(SourceError) as caught:
        read(Source(path=str(path)), limits=Limits(unpacked=1_000))
    assert caught.value.problems[0].code == "source_bomb"


def test_a_column_that_stands_twice_in_a_workbook_is_seen(tmp_path: Path) -> None:
    rows = [[*row, row[-1]] for row in ROWS]
    assert spend(read_path(workbook(tmp_path / "x.xlsx", rows))) == 3.75
    rows[2][-1] = 99
    assert refused(workbook(tmp_path / "y.xlsx", rows)) == "column_twice"


def test_the_sheet_has_to_be_chosen_when_there_are_several(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", ROWS, title="Données", others=("Autre",))
    assert refused(path) == "sheets"
    assert refused(path, sheet="Donnees") == "no_sheet"
    assert spend(read_path(path, sheet="Données")) == spend(read_path(path, sheet=1)) == 3.75


def test_a_range_of_a_sheet_can_be_chosen(tmp_path: Path) -> None:
    rows = [[None, "x"], ["note", None, None], *[["·", *row, "·"] for row in ROWS], ["·", "below", 1, 2, 3, 4]]
    assert spend(read_path(workbook(tmp_path / "x.xlsx", rows), range="B3:F5")) == 3.75
    assert refused(tmp_path / "x.xlsx", range="somewhere") == "range"


def test_a_table_of_a_workbook_can_be_chosen_by_name(tmp_path: Path) -> None:
    from openpyxl.worksheet.table import Table

    book = openpyxl.Workbook()
    for row in [["above"], *ROWS]:
        book.active.append(row)
    book.active.add_table(Table(displayName="Exports", ref="A2:E4"))
    book.save(tmp_path / "x.xlsx")
    assert spend(read_path(tmp_path / "x.xlsx", table="Exports")) == 3.75
    assert refused(tmp_path / "x.xlsx", table="Export") == "no_table_named"


def test_parquet_and_json_lines_read_with_their_types(tmp_path: Path) -> None:
    table = pa.table({"created": [date(2026, 3, 1), date(2026, 3, 2)], "total": [1.5, 2.25], "channel": ["a", "b"]})
    pq.write_table(table, tmp_path / "x.parquet")
    lines = "\n".join(
        json.dumps({"created": str(r["created"]), "total": r["total"], "channel": r["channel"]})
        for r in table.to_pylist()
    )
    made(tmp_path / "x.jsonl", lines + "\n")
    for name in ("x.parquet", "x.jsonl"):
        found = read_path(
            tmp_path / name, date="created", measures={"revenue": "total", "orders": 1}, dimensions=("channel",)
        )
        assert found.table.select(["date", "channel", "revenue", "orders"]).to_pylist() == [
            {"date": date(2026, 3, 1), "channel": "a", "revenue": 1.5, "orders": 1.0},
            {"date": date(2026, 3, 2), "channel": "b", "revenue": 2.25, "orders": 1.0},
        ]


def test_a_json_list_and_broken_json_are_refused(tmp_path: Path) -> None:
    assert refused(made(tmp_path / "x.json", '[{"a": 1}]')) == "json_array"
    assert refused(made(tmp_path / "x.jsonl", '{"a": 1}\n{"a":')) == "json"


def test_an_export_of_300_columns_is_read(tmp_path: Path) -> None:
    names = ["Day", "Campaign", "Impr.", "Clicks", "Cost", *[f"Custom {i}" for i in range(295)]]
    rows = [["2026-03-01", "A", "10", "1", "1.50", *["x"] * 295], ["2026-03-02", "A", "10", "1", "2.25", *["y"] * 295]]
    text = "\n".join(",".join(row) for row in [names, *rows])
    found = read_path(made(tmp_path / "x.csv", text))
    assert spend(found) == 3.75
    assert len([i for i in found.report.files[0].ignored if i.reason == "unknown"]) == 295


def test_utf_16_without_a_mark_and_with_tabs_is_recognised(tmp_path: Path) -> None:
    found = read_path(made(tmp_path / "x.csv", TABLE.replace(",", "\t").encode("utf-16-le")))
    assert (spend(found), found.report.files[0].encoding) == (3.75, "utf-16-le")
    marked = codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be")
    assert spend(read_path(made(tmp_path / "y.csv", marked))) == 3.75


def test_an_encoding_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    assert refused(made(tmp_path / "x.csv", "Coût;Été\n".encode("cp1252")), encoding="utf-8") == "encoding"


FRAGMENTS = [
    '"',
    ";",
    ",",
    "\n",
    "\t",
    "\x00",
    "--",
    "%",
    "9999-12-31",
    "Total",
    "1.234",
    "1,234",
    "€",
    "(",
    "1e400",
    "\n\n",
    "2026-02-30",
    "#",
    "nan",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(FOLDER.glob("*.csv"))),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(FRAGMENTS)), max_size=5),
    st.floats(0, 1),
)
def test_a_damaged_export_is_read_with_every_row_accounted_for_or_refused(
    tmp_path: Path, export: Path, damage: list[tuple[float, str]], kept: float
) -> None:
    text = export.read_text(encoding="utf-8")
    for where, fragment in damage:
        at = int(where * len(text))
        text = text[:at] + fragment + text[at:]
    path = made(tmp_path / "x.csv", text[: int(len(text) * max(kept, 0.2))])
    try:
        report = read_path(path).report
    except SourceError as refusal:
        told = {refusal.text(language) for language in languages()}
    else:
        told = {report.text(language) for language in languages()}
        assert report.rows_read == report.rows_kept + report.files[0].rows_aside
    assert len(told) == len(languages())
