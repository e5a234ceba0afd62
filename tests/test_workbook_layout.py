"""Layouts and themes: what they change, a company's own, and logos that are refused."""

from __future__ import annotations

import math
import warnings
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from struct import pack

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tests.checks import lint, recalc, sdk
from tests.checks.reading import Book
from tests.scorecards import TODAY, card, sample
from xlkpi.errors import DefinitionError
from xlkpi.scorecard import scorecard
from xlkpi.scorecard.selections import selections
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.layout import known, load_layout
from xlkpi.workbook.theme import load_theme

THEME = """\
name: {fr: Maison, en: House}
font: Arial
band: "#12372A"
accent: "#1F6F54"
actual: "#12372A"
forecast: "#1F6F54"
stripe: ["#1F6F54", "#C9A227"]
logo: brand/logo.png
"""


def png(width: int = 120, height: int = 40) -> bytes:
    """A plain picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    rows = (b"\x00" + b"\xff\xff\xff" * width) * height
    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("layout", [name for name in known("layouts") if name != "executive"])
def test_every_layout_gives_a_whole_workbook_in_its_order(layout: str, tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    build_workbook(card(), path, language="fr", layout=layout, theme="vif")
    book = Book(path)
    seen = [s.name for s in book.sheets if s.visible]
    assert seen[0] == "Tableau de bord"
    assert load_layout(layout, tmp_path).title["fr"] in {str(c.value) for c in book.sheets[0].listed}
    assert [(s.name, c.address) for s in book.sheets if s.visible for c in s.listed if c.kind == "e"] == []
    assert [f for f in lint.lint(path, pages=True) if f.rule != "table-range"] == []


def test_layouts_differ_in_what_they_compare(tmp_path: Path) -> None:
    found = {}
    for layout in ("social_media", "email", "ecommerce"):
        path = tmp_path / f"{layout}.xlsx"
        build_workbook(card(), path, language="en", layout=layout)
        pages = {s.name: {str(c.value) for c in s.listed} for s in Book(path).sheets if s.visible}
        found[layout] = pages
    assert {"Instagram", "Comments"} <= found["social_media"]["Networks"]
    assert {"Paid search", "E-mail"} <= found["ecommerce"]["Channels"]
    assert "Campaigns" in found["email"] or "Channels" in found["email"]


@pytest.fixture(scope="module")
def social(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("social") / "made.xlsx"
    build_workbook(card(), path, language="fr", layout="social_media")
    return path


def test_a_layout_with_another_dimension_recalculates(social: Path) -> None:
    assert recalc.differences(social, ("libreoffice",)) == []


def test_parts_that_are_no_channels_are_not_called_so(social: Path) -> None:
    first = {str(c.value) for c in Book(social).sheets[0].listed}
    assert {"Réseau", "Ensemble"} <= first
    assert not [words for words in first if "canaux" in words]


def cut(sheet: Worksheet) -> list[str]:
    """The texts above the table of a page printed on two sheets side by side that end in the middle on the second."""
    last = column_index_from_string(sheet.print_title_cols.split(":")[1].strip("$"))
    header = int(sheet.print_title_rows.split(":")[0].strip("$"))
    merged = {box.min_row: box.max_col for box in sheet.merged_cells.ranges}
    widths = {n: sheet.column_dimensions[get_column_letter(n)].width * 7 + 5 for n in range(1, last + 1)}
    found = []
    for cells in sheet.iter_rows(max_row=header - 1, max_col=last):
        for cell in cells:
            if isinstance(cell.value, str) and not cell.value.startswith("="):
                until = merged.get(cell.row, last) if cell.alignment.wrap_text else last
                room = sum(widths[n] for n in range(cell.column, until + 1))
                lines = (
                    math.floor((sheet.row_dimensions[cell.row].height or 13) / 10) if cell.alignment.wrap_text else 1
                )
                if until > last or len(cell.value) * cell.font.size * 0.5 > room * lines:
                    found.append(f"{sheet.title}: {cell.value}")
    return found


def test_no_text_is_cut_where_a_page_is_printed_on_two_sheets(social: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(social)
    wide = [s for s in book if s.print_title_cols and s.print_title_rows and s["B2"].value]
    assert {"Alertes", "Revues"} <= {s.title for s in wide}
    assert [words for sheet in wide for words in cut(sheet)] == []


def test_the_two_lines_of_an_objective_are_printed_on_one_page(tmp_path: Path) -> None:
    project, data = sample()
    given = project.objectives[:1]
    many = tuple(replace(given[0], id=f"o{i}", guards=(), parent=None) for i in range(30))
    path = tmp_path / "made.xlsx"
    build_workbook(scorecard(replace(project, objectives=many), data, today=TODAY), path, language="fr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        page = openpyxl.load_workbook(path)["Objectifs"]
    first = next(row for row in range(1, 40) if (page.cell(row, 2).value or "").startswith("Stratégique")) + 1
    assert not page.sheet_properties.pageSetUpPr or not page.sheet_properties.pageSetUpPr.fitToPage
    breaks = [item.id for item in page.row_breaks.brk]
    assert len(breaks) >= 2
    assert all((above - first + 1) % 2 == 0 for above in breaks), "a break is below the second line of a pair"


def test_campaigns_too_many_for_a_drop_down_make_room_for_channels() -> None:
    project, data = sample()
    many = selections(scorecard(project, data, today=TODAY), ("campaign", "channel"))
    assert (many.dimension, bool(many.choices)) == ("channel", True)


def test_a_company_theme_is_ten_lines_with_a_logo_on_every_page(tmp_path: Path) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "logo.png").write_bytes(png())
    (tmp_path / "house.yaml").write_text(THEME, encoding="utf-8")
    assert len(THEME.splitlines()) <= 10
    project, data = sample()
    made = scorecard(replace(project, folder=tmp_path, theme="house.yaml"), data, today=TODAY)
    path = tmp_path / "made.xlsx"
    build_workbook(made, path, language="en")
    book = Book(path)
    assert [part for part in book.parts if part.startswith("xl/media/")] == ["xl/media/image1.png"]
    drawings = [str(book.parts[p]) for p in book.parts if p.startswith("xl/drawings/drawing")]
    assert all("Logo: Boutique Exemple" in drawing for drawing in drawings)
    assert sdk.faults(path) == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("../outside.png", png(), "logo_outside"),
        ("absent.png", None, "logo_missing"),
        ("huge.png", png() + b"\0" * 600_000, "logo_large"),
        ("page.png", b"<html>", "logo_format"),
        ("cut.png", png()[:20], "logo_format"),
        ("\0.png", None, "logo_missing"),
    ],
)
def test_a_logo_that_is_not_a_small_picture_of_the_project_is_refused(
    name: str, content: bytes | None, code: str, tmp_path: Path
) -> None:
    from xlkpi.errors import Place
    from xlkpi.workbook.logo import read_logo

    folder = tmp_path / "project"
    folder.mkdir()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(DefinitionError) as refused:
        read_logo(name, folder, Place(file="house.yaml"))
    assert [p.code for p in refused.value.problems] == [code]


@pytest.mark.parametrize("name", [
    "../house.yaml", "brand/../../house.yaml", "/house.yaml", "..\\house.yaml", "C:house.yaml", "C:\\house.yaml",
    "\\\\server\\share\\house.yaml", "//server/share/house.yaml",
])  # fmt: skip
def test_a_look_outside_of_the_project_is_read_only_where_the_project_names_it(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "house.yaml").write_text('accent: "#1F6F54"', encoding="utf-8")
    for load in (load_layout, load_theme):
        with pytest.raises(DefinitionError) as caught:
            load(name, folder)
        assert [problem.code for problem in caught.value.problems] == ["look_outside"]
    assert load_theme("../house.yaml", folder, own="../house.yaml")[0].accent == "#1F6F54"
    with pytest.raises(DefinitionError, match=r"not one of|pas une valeur"):
        load_theme("../themes/sobre", folder)


def test_a_link_that_leads_out_of_the_project_is_no_logo(tmp_path: Path) -> None:
    from xlkpi.errors import Place
    from xlkpi.workbook.logo import read_logo

    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(png())
    (folder / "logo.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DefinitionError, match="inside the project"):
        read_logo("logo.png", folder, Place())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("name: {en: X}\npages: [dashboard, budgte]\n", "budget"),
        ("name: {en: X}\npages: [objectives]\n", "dashboard"),
        ("name: {en: X}\npages: [dashboard, dashboard]\n", "dashboard"),
        ("name: {en: X}\npages: [dashboard]\ntiers: [strategic]\n", "operational"),
        ("name: {en: X}\npages: [dashboard]\ncolour: red\n", "colour"),
    ],
)
def test_a_wrong_layout_is_told_with_what_to_write(written: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(DefinitionError, match=said):
        load_layout("own.yaml", tmp_path)


def test_secondary_objectives_are_folded_under_their_primary_one(tmp_path: Path) -> None:
    project, data = sample()
    folded = tuple(
        replace(o, primary=False, parent="site_conversion") if o.id == "basket" else o for o in project.objectives
    )
    path = tmp_path / "made.xlsx"
    build_workbook(scorecard(replace(project, objectives=folded), data, today=TODAY), path, language="en")
    page = next(s for s in Book(path).sheets if s.name == "Objectives")
    titles = [str(c.value) for c in page.listed]
    first, second = (
        next(i for i, t in enumerate(titles) if t.startswith(start)) for start in ("Convert", "Raise the average")
    )
    assert first < second

    with zipfile.ZipFile(path) as package:
        sheets = [package.read(n).decode() for n in package.namelist() if n.startswith("xl/worksheets/sheet")]
    assert sum('outlineLevel="1"' in sheet and 'hidden="1"' in sheet for sheet in sheets) == 1
