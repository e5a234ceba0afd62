"""A skeleton's placeholders filled: what changes, what keeps its bytes, and what is refused."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
import xlsxwriter

from tests.skeletons import cells, filled, skeleton
from tests.workbooks import altered
from xlkpi.errors import WorkbookError
from xlkpi.workbook.data_sheet import DATA, SERIES, DataColumn, add_data_sheet, column_reference, in_file
from xlkpi.workbook.fill import fill
from xlkpi.workbook.package import Package

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl's, about data bars
THREE = pa.table({"date": pa.array([date(2026, 1, 5), None, date(2026, 1, 19)]), "spend": [1.0, 2.0, None]})


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def designed(path: Path) -> Path:
    """A skeleton with all that may refer to a table's rows."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("L'été & Cie")
        data = add_data_sheet(
            book,
            "Données d'été",
            DATA,
            [
                DataColumn("date", book.add_format({"num_format": "dd/mm/yyyy"}), 12),
                DataColumn("spend", book.add_format({"num_format": "0.00"})),
                DataColumn("double", formula="=[@spend]*2"),
            ],
        )
        book.define_name("all_spend", "='Données d''été'!$B$2:$B$2")
        book.define_name("one_cell", "='Données d''été'!$B$2")
        book.define_name("elsewhere", "='L''été & Cie'!$B$2:$B$2")
        page.write_formula("A1", "=SUM('Données d''été'!B2:B2)", None, 3)
        page.write_formula("A2", "=SUM(xlkpi_data[spend])", None, 3)
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "='Données d''été'!$B$2:$B$2"})
        page.insert_chart("C1", chart)
        data.data_validation("B2", {"validate": "decimal", "criteria": ">=", "value": 0})
        data.conditional_format("B2:B2", {"type": "data_bar", "data_bar_2010": True})
        data.print_area(0, 0, 1, 2)
    return path


def test_the_rows_take_the_place_of_the_placeholder(tmp_path: Path) -> None:
    source, target = designed(tmp_path / "skeleton.xlsx"), tmp_path / "out.xlsx"
    report = fill(source, target, {DATA: THREE.append_column("double", pa.array([2.0, 4.0, None]))})
    assert (report[DATA].sheet, report[DATA].rows, report[DATA].reference) == ("Données d'été", 3, "A1:C4")
    book = openpyxl.load_workbook(target)
    sheet = book["Données d'été"]
    assert sheet.tables[DATA].ref == sheet.tables[DATA].autoFilter.ref == sheet.dimensions == "A1:C4"
    assert sheet["A1"].value == "date"
    assert [sheet[place].number_format for place in ("A2", "A4")] == ["dd/mm/yyyy"] * 2
    assert sheet.column_dimensions["A"].number_format == "dd/mm/yyyy", "which the blank cell has from its column"
    assert [cell.number_format for cell in sheet["B"][1:3]] == ["0.00"] * 2
    assert sheet.freeze_panes == "A2"
    assert sheet["C4"].value == "=xlkpi_data[[#This Row],[spend]]*2"
    values = openpyxl.load_workbook(target, data_only=True)["Données d'été"]
    assert [cell.value for cell in values["C"][1:]] == [2, 4, None]


def test_references_that_ended_on_the_last_row_follow_it(tmp_path: Path) -> None:
    source, target = designed(tmp_path / "skeleton.xlsx"), tmp_path / "out.xlsx"
    fill(source, target, {DATA: THREE})
    book = openpyxl.load_workbook(target)
    sheet, page = book["Données d'été"], book["L'été & Cie"]
    assert book.defined_names["all_spend"].attr_text == "'Données d''été'!$B$2:$B$4"
    assert book.defined_names["one_cell"].attr_text == "'Données d''été'!$B$2"
    assert book.defined_names["elsewhere"].attr_text == "'L''été & Cie'!$B$2:$B$2"
    assert page["A1"].value == "=SUM('Données d''été'!B2:B4)"
    assert sheet.print_area == "'Données d''été'!$A$1:$C$4"
    assert str(sheet.data_validations.dataValidation[0].sqref) == "B2:B4"
    assert [str(f.sqref) for f in sheet.conditional_formatting] == ["B2:B4"]
    content = parts(target)
    assert b"<xm:sqref>B2:B4</xm:sqref>" in content["xl/worksheets/sheet2.xml"]
    assert b"<c:f>'Donn\xc3\xa9es d''\xc3\xa9t\xc3\xa9'!$B$2:$B$4</c:f>" in content["xl/charts/chart1.xml"]


def test_the_libraries_are_loaded_only_when_a_workbook_is_written() -> None:
    script = "import sys, xlkpi.workbook.fill, xlkpi.workbook.data_sheet; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"pyarrow", "numpy", "xlsxwriter", "openpyxl", "pandas"} & set(loaded) == set()


def test_a_filled_workbook_is_filled_again_with_fewer_rows(tmp_path: Path) -> None:
    source, target = designed(tmp_path / "skeleton.xlsx"), tmp_path / "out.xlsx"
    fill(source, target, {DATA: THREE})
    fill(target, target, {DATA: THREE.slice(0, 1)})
    assert len(cells(target, "Données d'été")) == 1
    assert openpyxl.load_workbook(target).defined_names["all_spend"].attr_text == "'Données d''été'!$B$2:$B$2"


def test_every_other_part_keeps_its_bytes_compressed_too(tmp_path: Path) -> None:
    source, target = skeleton(tmp_path / "skeleton.xlsx", ["date", "spend"]), tmp_path / "out.xlsx"
    fill(source, target, {DATA: THREE})
    changed = {"xl/worksheets/sheet2.xml", "xl/tables/table1.xml"}
    before, after = parts(source), parts(target)
    assert list(after) == list(before)
    assert {name for name in before if before[name] != after[name]} == changed
    with Package(source) as old, Package(target) as new:
        for part in set(before) - changed:
            assert b"".join(new.packed(part)) == b"".join(old.packed(part))
            assert new.info(part).date_time == old.info(part).date_time


def test_the_content_types_come_first_whatever_the_source_does(tmp_path: Path) -> None:
    source, turned = skeleton(tmp_path / "skeleton.xlsx", ["date", "spend"]), tmp_path / "turned.xlsx"
    with zipfile.ZipFile(turned, "w") as file:
        for name, content in reversed(parts(source).items()):
            file.writestr(name, content)
    fill(turned, turned, {DATA: THREE})
    assert next(iter(parts(turned))) == "[Content_Types].xml"


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    source = skeleton(tmp_path / "skeleton.xlsx", ["date", "spend"])
    outputs = []
    for name in ("a.xlsx", "b.xlsx"):
        fill(source, tmp_path / name, {DATA: THREE})
        outputs.append((tmp_path / name).read_bytes())
    assert outputs[0] == outputs[1]


def test_no_rows_leave_one_blank_row_with_its_formats(tmp_path: Path) -> None:
    target = filled(tmp_path, {"date": pa.array([], pa.date32()), "spend": pa.array([], pa.float64())})
    sheet = openpyxl.load_workbook(target)["Data"]
    assert sheet.tables[DATA].ref == "A1:B2"
    assert (sheet["A2"].value, sheet["A2"].number_format) == (None, "yyyy-mm-dd")


def test_without_rows_a_calculated_column_shows_nothing(tmp_path: Path) -> None:
    source, target = designed(tmp_path / "skeleton.xlsx"), tmp_path / "out.xlsx"
    fill(source, target, {DATA: THREE.slice(0, 0)})
    assert (
        b'<c r="C2" t="str"><f>xlkpi_data[[#This Row],[spend]]*2</f><v></v></c>'
        in parts(target)["xl/worksheets/sheet2.xml"]
    )


def test_columns_are_found_by_name_and_unknown_ones_stay_blank(tmp_path: Path) -> None:
    source, target = skeleton(tmp_path / "s.xlsx", ["spend", "memo", "date"]), tmp_path / "out.xlsx"
    fill(source, target, {DATA: THREE})
    assert [row[1] for row in cells(target)] == [None] * 3
    assert cells(target)[0][2].date() == date(2026, 1, 5)


def test_a_calculated_column_without_values_keeps_its_formula(tmp_path: Path) -> None:
    source, target = designed(tmp_path / "skeleton.xlsx"), tmp_path / "out.xlsx"
    fill(source, target, {DATA: THREE})
    assert b"</f></c>" in parts(target)["xl/worksheets/sheet2.xml"]


def test_several_tables_are_filled_at_once(tmp_path: Path) -> None:
    source, target = tmp_path / "s.xlsx", tmp_path / "out.xlsx"
    with xlsxwriter.Workbook(source) as book:
        for sheet, table in (("Data", DATA), ("Series", SERIES)):
            add_data_sheet(book, sheet, table, [DataColumn("x")])
    fill(source, target, {DATA: pa.table({"x": [1, 2]}), SERIES: pa.table({"x": ["a"]})})
    assert (cells(target, "Data"), cells(target, "Series")) == ([(1,), (2,)], [("a",)])


def test_other_parts_can_be_replaced(tmp_path: Path) -> None:
    source, target = skeleton(tmp_path / "s.xlsx", ["date", "spend"]), tmp_path / "out.xlsx"
    core = parts(source)["docProps/core.xml"].replace(b"</cp:coreProperties>", b"<!-- ours --></cp:coreProperties>")
    fill(source, target, {DATA: THREE}, parts={"docProps/core.xml": core})
    assert parts(target)["docProps/core.xml"] == core


def test_a_date_column_without_a_date_format_gets_one_of_the_workbook(tmp_path: Path) -> None:
    source, target = tmp_path / "s.xlsx", tmp_path / "out.xlsx"
    with xlsxwriter.Workbook(source) as book:
        book.add_worksheet("Page").write_datetime(0, 0, date(2026, 1, 1), book.add_format({"num_format": "dd/mm/yyyy"}))
        add_data_sheet(
            book, "Data", DATA, [DataColumn("date", book.add_format({"num_format": '"d"0'})), DataColumn("spend")]
        )
    fill(source, target, {DATA: THREE})
    assert openpyxl.load_workbook(target)["Data"]["A2"].number_format == "dd/mm/yyyy"


def test_dates_in_a_workbook_without_any_date_format_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "s.xlsx"
    with xlsxwriter.Workbook(source) as book:
        add_data_sheet(book, "Data", DATA, [DataColumn("date"), DataColumn("spend")])
    with pytest.raises(WorkbookError, match="no cell of the workbook has a date format"):
        fill(source, tmp_path / "out.xlsx", {DATA: THREE})


def test_more_rows_than_a_sheet_holds_are_refused_with_advice(tmp_path: Path) -> None:
    source, target = skeleton(tmp_path / "s.xlsx", ["x"]), tmp_path / "out.xlsx"
    with pytest.raises(WorkbookError, match="add the data up by week or month"):
        fill(source, target, {DATA: pa.table({"x": pa.nulls(1_048_576)})})
    assert not target.exists()


def test_a_sheet_is_filled_to_its_last_row(tmp_path: Path) -> None:
    source, target = skeleton(tmp_path / "s.xlsx", ["x"]), tmp_path / "out.xlsx"
    report = fill(source, target, {DATA: pa.table({"x": pa.nulls(1_048_575)})})
    assert report[DATA].reference == "A1:A1048576"
    assert b'<row r="1048576">' in parts(target)["xl/worksheets/sheet2.xml"]


def test_a_table_below_a_title_keeps_it(tmp_path: Path) -> None:
    source, target = tmp_path / "s.xlsx", tmp_path / "out.xlsx"
    with xlsxwriter.Workbook(source) as book:
        sheet = book.add_worksheet("Data")
        sheet.write("A1", "Our figures")
        sheet.add_table("B3:C4", {"name": DATA, "columns": [{"header": "x"}, {"header": "y"}]})
    fill(source, target, {DATA: pa.table({"y": [1, 2], "x": ["a", "b"]})})
    sheet = openpyxl.load_workbook(target)["Data"]
    rows = [[cell.value for cell in row] for row in sheet["A1:C5"]]
    assert rows == [["Our figures", None, None], [None] * 3, [None, "x", "y"], [None, "a", 1], [None, "b", 2]]
    assert (sheet.tables[DATA].ref, sheet.dimensions) == ("B3:C5", "A1:C5")


def test_a_skeleton_that_openpyxl_saved_is_filled(tmp_path: Path) -> None:
    source, target = designed(tmp_path / "skeleton.xlsx"), tmp_path / "out.xlsx"
    book = openpyxl.load_workbook(source)
    book["Données d'été"].title = "Renamed"
    book.save(source)
    fill(source, target, {DATA: THREE})
    assert [row[1] for row in cells(target, "Renamed")] == [1, 2, None]
    assert openpyxl.load_workbook(target)["Renamed"]["A2"].number_format == "dd/mm/yyyy"


def test_what_was_filtered_or_sorted_does_not_hold_for_new_rows(tmp_path: Path) -> None:
    old = '<autoFilter ref="A1:C2"/>'
    new = (
        '<autoFilter ref="A1:C2"><filterColumn colId="1"><filters blank="1"/></filterColumn></autoFilter>'
        '<sortState ref="A2:C2"><sortCondition ref="B2:B2"/></sortState>'
    )
    source, target = designed(tmp_path / "skeleton.xlsx"), tmp_path / "out.xlsx"
    fill(altered(source, "xl/tables/table1.xml", old, new), target, {DATA: THREE})
    definition = parts(target)["xl/tables/table1.xml"]
    assert b'<autoFilter ref="A1:C4"/><tableColumns' in definition


@pytest.mark.parametrize("attribute", ['totalsRowCount="1"', 'headerRowCount="0"'])
def test_a_table_with_totals_or_without_header_is_refused(tmp_path: Path, attribute: str) -> None:
    source = altered(designed(tmp_path / "s.xlsx"), "xl/tables/table1.xml", 'totalsRowShown="0"', attribute)
    with pytest.raises(WorkbookError, match="does not stand alone"):
        fill(source, source, {DATA: THREE})


def test_missing_tables_and_columns_are_named(tmp_path: Path) -> None:
    source = skeleton(tmp_path / "s.xlsx", ["date"])
    with pytest.raises(WorkbookError, match="lacks the tables xlkpi_notes, xlkpi_series"):
        fill(source, source, {"xlkpi_notes": THREE, DATA: THREE, SERIES: THREE})
    with pytest.raises(WorkbookError, match="the table xlkpi_data lacks the columns spend"):
        fill(source, source, {DATA: THREE})


def test_cells_beside_or_below_the_table_are_never_overwritten(tmp_path: Path) -> None:
    for address in ("D2", "A3"):
        source = tmp_path / "s.xlsx"
        with xlsxwriter.Workbook(source) as book:
            style = book.add_format({"num_format": "yyyy-mm-dd"})
            add_data_sheet(book, "Data", DATA, [DataColumn("date", style), DataColumn("spend")]).write(address, "mine")
        before = source.read_bytes()
        with pytest.raises(WorkbookError, match="does not stand alone"):
            fill(source, source, {DATA: THREE})
        assert source.read_bytes() == before


def test_a_value_that_is_refused_halfway_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = skeleton(tmp_path / "s.xlsx", ["x"])
    before = target.read_bytes()
    with pytest.raises(WorkbookError, match="longer than"):
        fill(target, target, {DATA: pa.table({"x": ["fine"] * 50_000 + ["a" * 40_000]})})
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s.xlsx"]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (["a", "A"], "stands twice"),
        (["a", " "], "can't be the header"),
        (["a\nb"], "can't be the header"),
        (["_x0041_"], "can't be the header"),
        (["b" * 256], "can't be the header"),
        ([], "0 columns"),
    ],
)
def test_headers_that_a_table_cannot_have_are_refused(tmp_path: Path, headers: list[str], message: str) -> None:
    with xlsxwriter.Workbook(tmp_path / "x.xlsx") as book:
        with pytest.raises(WorkbookError, match=message):
            add_data_sheet(book, "Data", DATA, [DataColumn(name) for name in headers])
        book.add_worksheet()


@pytest.mark.parametrize("name", ["T0", "R1C1", "c", "a b", "1st", "", "xfd7"])
def test_table_names_that_excel_refuses_are_refused(tmp_path: Path, name: str) -> None:
    with xlsxwriter.Workbook(tmp_path / "x.xlsx") as book:
        with pytest.raises(ValueError, match="name of a table"):
            add_data_sheet(book, "Data", name, [DataColumn("x")])
        book.add_worksheet()


def test_special_signs_of_columns_are_quoted_in_formulas() -> None:
    assert column_reference(DATA, "cost [#1] l'été") == "xlkpi_data[cost '['#1'] l''été]"
    assert in_file("=[@spend]/[@[nb of clicks]]", "t") == "t[[#This Row],[spend]]/t[[#This Row],[nb of clicks]]"


def test_a_header_with_special_signs_goes_through(tmp_path: Path) -> None:
    name = "coût [€] & l'été #1 <x>"
    target = filled(tmp_path, {name: pa.array([1])})
    with Package(target) as package:
        column = package.tree(package.tables[DATA].part).find(".//{*}tableColumn")
        assert column is not None
        assert column.get("name") == name
