"""The lint finds each fault that it is for, and nothing in a workbook that is right."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
import xlsxwriter

from tests.checks import formulas
from tests.checks.lint import lint
from tests.skeletons import filled
from tests.workbooks import Build, altered, rewritten, workbook

PAGE, DATA, TABLE, BOOK = (
    "xl/worksheets/sheet1.xml",
    "xl/worksheets/sheet2.xml",
    "xl/tables/table1.xml",
    "xl/workbook.xml",
)


def rules(path: Path, **options: bool) -> set[str]:
    return {finding.rule for finding in lint(path, **options)}


def test_nothing_is_found_where_all_is_right(tmp_path: Path) -> None:
    assert lint(workbook(tmp_path / "x.xlsx"), pages=True) == []


def test_nothing_is_found_in_a_filled_data_sheet(tmp_path: Path) -> None:
    texts = ["=1+1", "@x", " a ", "\x01", "_x000D_", "<&>", None, "/home/lies/in/data"]
    for finding in lint(filled(tmp_path, {"text": pa.array(texts), "number": pa.array([float("nan"), *range(7)])})):
        assert finding.rule == "machine-path", str(finding)


@pytest.mark.parametrize(
    ("formula", "rule"),
    [
        ("=SUM((1,2)", "formula-grammar"),
        ("=1+*2", "formula-grammar"),
        ("=SUM(1;2)", "formula-grammar"),
        ('=IF(B2>1,"a)', "formula-grammar"),
        ("=@B2", "formula-grammar"),
        ("=STDEV.S(B1:B2)", "function"),
        ("=SOMME(B1:B2)", "function"),
        ("=_xlfn.SUM(B1)", "function"),
        ("=_xlfn.FILTER(B1:B2,B1:B2>1)", "function"),
        ("=_xlfn.LET(a,1,a+1)", "function"),
        ("=_xlfn.LAMBDA(x,x+1)(1)", "function"),
        ("=_xlfn.XLOOKUP(1,B1:B2,B1:B2)", "function-too-new"),
        ("=_xlfn.CONCAT(B1:B2)", "function-too-new"),
        ("=Nowhere!A1", "reference"),
        ("='No where'!A1", "reference"),
        ("=SUM(purchases[amount])", "reference"),
        ("=SUM(sales[price])", "reference"),
        ("=SUM([[#This Row],[amount]])", "reference"),
        ("=unknown*2", "reference"),
        ("=SUM(#REF!)", "reference"),
        ("=[1]Sheet!A1", "external-link"),
        ("=cmd|'/C calc'!A0", "typed-text"),
    ],
)
def test_a_faulty_formula_is_found(tmp_path: Path, formula: str, rule: str) -> None:
    def build(_: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
        page.write_formula("A5", formula, None, 1)

    assert rule in rules(workbook(tmp_path / "x.xlsx", build))


@pytest.mark.parametrize(
    "formula",
    [
        '=IF(B2>1,"=SUM(;)","a""b")&\'Data\'!A1',
        "=SUM(sales[[#Headers],[amount]],sales[#All],sales[[item]:[amount]],sales[])",
        "=INDEX(Data!A:B,2,1):Data!$B$3",
        "=SUM(Data!$1:$1)-2%^-1",
        "=SUMPRODUCT({1,2;3,4}*(Data!B2:B3<>0))",
        "=IF(,1,)",
        "=NETWORKDAYS.INTL(1,2)+_xlfn.STDEV.S(B1:B2)+_xlfn.FORECAST.LINEAR(1,B1:B2,B1:B2)",
        "=SUM((B1,B2))*TRUE+.5E-3",
    ],
)
def test_a_right_formula_passes(tmp_path: Path, formula: str) -> None:
    def build(_: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
        page.write_formula("A5", formula, None, 1)

    assert lint(workbook(tmp_path / "x.xlsx", build)) == []


def test_newer_functions_pass_where_they_are_allowed(tmp_path: Path) -> None:
    def build(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
        book.define_name("KPI_TWICE", "=_xlfn.LAMBDA(_xlpm.x,_xlpm.x*2)")
        page.write_formula("A5", "=KPI_TWICE(_xlfn.LET(_xlpm.a,1,_xlpm.a+1))", None, 4)

    path = workbook(tmp_path / "x.xlsx", build)
    assert lint(path, modern=True) == []
    assert rules(path) == {"function-too-new"}


def test_every_version_of_a_function_is_known() -> None:
    assert formulas.versions()["SUMIFS"] == 2007
    assert formulas.versions()["AGGREGATE"] == 2010
    assert formulas.versions()["FORECAST.LINEAR"] == 2016
    assert formulas.versions()["TEXTJOIN"] == 2019
    assert formulas.written("XLOOKUP") == "_xlfn.XLOOKUP"
    assert formulas.written("SORT") == "_xlfn._xlws.SORT"
    assert formulas.written("IFERROR") == "IFERROR"


@pytest.mark.parametrize(
    ("part", "old", "new", "rule"),
    [
        (BOOK, 'definedName name="rate"', 'definedName name="AB1"', "defined-name"),
        (BOOK, 'definedName name="rate"', 'definedName name="r2c"', "defined-name"),
        (BOOK, 'definedName name="rate"', 'definedName name="two words"', "defined-name"),
        (BOOK, 'definedName name="rate"', 'definedName name="Sales"', "defined-name"),
        (BOOK, "</definedNames>", '<definedName name="RATE">1</definedName></definedNames>', "defined-name"),
        (BOOK, 'sheet name="Data"', f'sheet name="{"D" * 32}"', "sheet-name"),
        (BOOK, 'sheet name="Data"', 'sheet name="a/b"', "sheet-name"),
        (BOOK, 'sheet name="Data"', 'sheet name="page"', "sheet-name"),
        (TABLE, 'displayName="sales"', 'displayName="T0"', "table"),
        (TABLE, 'name="amount"', 'name="Item"', "table"),
        (TABLE, 'name="amount"', 'name="sum"', "table"),
        (TABLE, 'ref="A1:C3"', 'ref="A1:D3"', "table"),
        (TABLE, 'ref="A1:C3"', 'ref="A1:C2"', "table-range"),
        (TABLE, 'ref="A1:C3"', 'ref="A1:C9"', "table-range"),
        (TABLE, 'autoFilter ref="A1:C3"', 'autoFilter ref="A1:B3"', "table-range"),
        (DATA, '<c r="B2"><v>10</v></c>', '<c r="B2"><f>5*2</f><v>10</v></c>', "typed-text"),
        (PAGE, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="F1:G3"/><mergeCell ref="G3:H4"/></mergeCells>',
         "merge"),
        (DATA, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="B2:B3"/></mergeCells>', "merge"),
        (PAGE, "<v>60</v>", "", "cached-value"),
        (PAGE, '<c r="B1"><f>SUM(sales[amount])*rate</f><v>60</v></c>', '<c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
         "cached-value"),
        (DATA, '<row r="2"', '<row r="3"><c r="A3"><v>1</v></c></row><row r="2"', "cell-order"),
        ("docProps/app.xml", "Microsoft Excel", "/home/somebody/xlkpi", "machine-path"),
        ("docProps/app.xml", "Microsoft Excel", r"C:\Users\somebody", "machine-path"),
        ("xl/worksheets/_rels/sheet2.xml.rels", "<Relationship ",
         '<Relationship Id="r9" TargetMode="External" Target="https://example.com" Type="x/image"/><Relationship ',
         "external-link"),
    ],
)  # fmt: skip
def test_a_fault_put_into_the_file_is_found(tmp_path: Path, part: str, old: str, new: str, rule: str) -> None:
    assert rule in rules(altered(workbook(tmp_path / "x.xlsx"), part, old, new))


def test_a_table_that_stands_twice_is_found(tmp_path: Path) -> None:
    def build(book: xlsxwriter.Workbook, _: object) -> None:
        book.add_worksheet("More").add_table(0, 0, 1, 0, {"name": "other", "columns": [{"header": "x"}]})

    path = workbook(tmp_path / "x.xlsx", build)
    assert lint(path) == []
    assert "table" in rules(altered(path, "xl/tables/table2.xml", 'displayName="other"', 'displayName="SALES"'))


def test_an_error_on_a_hidden_sheet_passes_and_on_a_visible_one_does_not(tmp_path: Path) -> None:
    def hidden(book: xlsxwriter.Workbook, _: object, state: bool = True) -> None:
        sheet = book.add_worksheet("Calc")
        sheet.write_formula("A1", "=NA()", None, "#N/A")
        if state:
            sheet.hide()

    assert lint(workbook(tmp_path / "x.xlsx", hidden)) == []
    assert rules(workbook(tmp_path / "y.xlsx", lambda book, page: hidden(book, page, False))) == {"cached-value"}


def test_a_list_of_more_than_255_characters_is_found(tmp_path: Path) -> None:
    def build(_: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
        page.data_validation("A9", {"validate": "list", "source": ["a" * 50] * 5})

    path = workbook(tmp_path / "x.xlsx", build)
    assert lint(path) == []
    assert "validation-list" in rules(altered(path, PAGE, '<formula1>"', f'<formula1>"{"b" * 50},'))


def in_conditional_format(_: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
    page.conditional_format("A9", {"type": "formula", "criteria": "=SOMME(A1:A2)>1"})


def in_validation(_: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
    page.data_validation("A9", {"validate": "custom", "value": "=SOMME(A1:A2)>1"})


def in_name(book: xlsxwriter.Workbook, _: xlsxwriter.worksheet.Worksheet) -> None:
    book.define_name("total", "=SOMME(Page!$A$1:$A$2)")


def in_sparkline(_: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
    page.add_sparkline("A9", {"range": "Nowhere!A1:A2"})


def in_chart(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Nowhere!$B$2:$B$3"})
    page.insert_chart("D20", chart)


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (in_conditional_format, "function"),
        (in_validation, "function"),
        (in_name, "function"),
        (in_sparkline, "reference"),
        (in_chart, "reference"),
    ],
)
def test_formulas_are_checked_wherever_they_stand(tmp_path: Path, build: Build, rule: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # XlsxWriter's, about the sheet that does not exist
        path = workbook(tmp_path / "x.xlsx", build)
    assert rules(path) == {rule}


def test_a_part_before_the_content_types_is_found(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx")
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in reversed(file.namelist())}
    assert rules(rewritten(path, parts)) == {"content-types"}


def unprinted(book: xlsxwriter.Workbook, _: object) -> None:
    book.add_worksheet("More").write("A1", "no print area")


def without_repeated_header(book: xlsxwriter.Workbook, _: object) -> None:
    book.add_worksheet("More").add_table(0, 0, 1, 0, {"name": "other", "columns": [{"header": "x"}]})


def without_header(book: xlsxwriter.Workbook, _: object) -> None:
    sheet = book.add_worksheet("More")
    sheet.add_table(0, 0, 1, 0, {"name": "other", "header_row": False, "data": [[1], [2]]})
    sheet.repeat_rows(0)


def without_text(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Data!$B$2:$B$3"})
    page.insert_chart("D20", chart)


def without_title(book: xlsxwriter.Workbook, _: object) -> None:
    book.set_properties({})


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (unprinted, "print-area"),
        (without_repeated_header, "print-area"),
        (without_header, "print-area"),
        (without_text, "alternative-text"),
        (without_title, "title"),
    ],
)
def test_what_a_page_lacks_is_found(tmp_path: Path, build: Build, rule: str) -> None:
    path = workbook(tmp_path / "x.xlsx", build)
    assert rules(path, pages=True) == {rule}
    assert lint(path) == []
