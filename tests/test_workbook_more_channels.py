"""A refresh with more channels than the workbook was built for: its pages get the lines that a new build has."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.checks import recalc, sdk
from tests.checks.reading import Book, Sheet, Value
from tests.edits import Edited, add_sheet, delete_sheet, put_cell, restyle
from tests.edits_drawn import add_chart, add_conditional_format, add_note, add_validation, define_name
from tests.small_shop import Shop
from xlkpi.workbook.compare import compare
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook

ONCE = Options(backups=0)
TWO, FIVE = ["web", "boutique"], ["web", "boutique", "marché & foire", "réseaux", "radio"]
CHANNELS, FIRST = "Canaux", 13
#: The page of channels and those with a KPI by channel.
PAGES = (CHANNELS, "Chiffre d’affaires de la pério…", "Panier moyen", "Explorateur")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("channels")
    Shop(folder, channels=TWO).build()
    return folder


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Shop:
    """A workbook that was built for two channels, in a project that has five by now."""
    shutil.copytree(made, tmp_path / "shop")
    found = Shop(tmp_path / "shop", channels=FIVE)
    found.write()
    return found


def page(path: Path, name: str = CHANNELS) -> Sheet:
    return next(s for s in Book(path).sheets if s.name == name)


def shown(sheet: Sheet) -> dict[str, Value]:
    """What the cells of a page show; an empty text is nothing."""
    found = {a: round(c.value, 9) if isinstance(c.value, float) else c.value for a, c in sheet.cells.items()}
    return {a: v for a, v in found.items() if v not in (None, "")}


def column(path: Path, letters: str, count: int) -> list[Value]:
    cells = page(path).cells
    return [cells[f"{letters}{FIRST + i}"].value or None for i in range(count)]


def charts(path: Path, name: str) -> list[list[str]]:
    """The ranges of a page's charts."""
    with Edited(path) as book:
        drawing = book.related(book.sheets[name], "drawing")
        assert drawing is not None
        found = [t for _, kind, t in book.relations(drawing) if kind == "chart"]
        return [re.findall(r"<c:f>[^<]*?!([^<]*)</c:f>", book.text(part)) for part in found]


def panels(path: Path) -> list[tuple[str, list[str], list[int]]]:
    """The charts by month: the channel, the numbers that they carry, and from which pixel to which they reach."""
    found = []
    with Edited(path) as book:
        drawing = book.related(book.sheets[CHANNELS], "drawing") or ""
        targets = {id: target for id, _, target in book.relations(drawing)}
        for anchor in re.findall(r"<xdr:twoCellAnchor.*?</xdr:twoCellAnchor>", book.text(drawing), re.DOTALL):
            chart = book.text(targets[re.findall(r':id="(\w+)"', anchor)[-1]])
            if "<c:lineChart>" in chart:
                edges = re.findall(r"<xdr:col(?:Off)?>(\d+)<", anchor)
                places = [int(edge) if i % 2 == 0 else round(int(edge) / 9_525) for i, edge in enumerate(edges)]
                title = chart.partition("</c:title>")[0]
                found.append((*re.findall(r"<c:v>([^<]*)", title), re.findall(r"<c:v>([^<]*)", chart), places))
    return sorted(found)


def test_every_channel_has_the_lines_of_a_new_build(shop: Shop) -> None:
    before = Path(shutil.copy(shop.workbook, shop.folder / "before.xlsx"))
    done = refresh_workbook(shop.workbook, ONCE)
    assert done.replaced == []
    with Package(before) as old, Package(shop.workbook) as new:
        assert compare(old, new).others, "the ribbon leaves rows and charts to the command"
    fresh = shop.build(shop.folder / "neu.xlsx")
    for name in PAGES:
        now, made = (shown(page(path, name)) for path in (shop.workbook, fresh))
        assert {a: v for a, v in now.items() if v != made.get(a)} == {}, name
        assert now.keys() == made.keys(), name
        heights = [[e.get("ht") for e in page(path, name).elements("row")][:20] for path in (shop.workbook, fresh)]
        assert heights[0] == heights[1], name
    bars = [next(ranges for ranges in charts(path, CHANNELS) if len(ranges) == 2) for path in (shop.workbook, fresh)]
    lengths = [[int(r.split("$")[-1]) - int(r.split("$")[2].rstrip(":")) for r in ranges] for ranges in bars]
    assert lengths == [[4, 4], [4, 4]]
    assert done.short == []
    one, other = panels(shop.workbook), panels(fresh)
    assert [panel[:2] for panel in one] == [panel[:2] for panel in other]
    assert [panel[2] for panel in one] == [pytest.approx(panel[2], abs=1) for panel in other]
    assert sdk.faults(shop.workbook) == []
    assert recalc.differences(shop.workbook) == []
    once = shown(page(shop.workbook)), panels(shop.workbook)
    again = refresh_workbook(shop.workbook, ONCE)
    assert again.replaced == []
    assert (shown(page(shop.workbook)), panels(shop.workbook)) == once


def test_what_people_put_around_the_lines_moves_with_them_and_the_lines_follow_every_change(shop: Shop) -> None:
    path = shop.workbook
    with Edited(path) as book:
        put_cell(book, CHANNELS, "P14", "à moi")
        put_cell(book, CHANNELS, "P15", "=SUM(C13:C14)", cached=0)
        put_cell(book, CHANNELS, "B45", "sous les canaux")
        put_cell(book, CHANNELS, "G13", "écrit dessus")
        restyle(book, CHANNELS, "B14", "1")
        add_conditional_format(book, CHANNELS, "C13:C14")
        add_validation(book, CHANNELS, "P13:P14")
        add_note(book, CHANNELS, "B15", "remarqué")
        define_name(book, "mon_total", f"{CHANNELS}!$C$15")
        formulas = {"A1": f"=SUM({CHANNELS}!C13:C14)", "A2": "=mon_total", "A3": f"={CHANNELS}!C14"}
        add_sheet(book, "À moi", formulas, dict.fromkeys(formulas, 0))
        add_chart(book, "À moi", f"{CHANNELS}!$C$13:$C$14", [1.0, 2.0])
    done = refresh_workbook(path, ONCE)
    assert done.replaced == [(CHANNELS, "G13")]
    check_people(path, 5)
    assert None not in column(path, "B", 5)
    styles = {page(path).cells[f"B{row}"].style for row in range(14, 18)}
    assert styles == {1}
    shop.channels = ["radio"]
    shop.write()
    refresh_workbook(path, ONCE)
    check_people(path, 5)
    assert column(path, "B", 5) == ["radio", *[None] * 4]
    shop.channels = [*FIVE, "presse", "affichage"]
    shop.write()
    done = refresh_workbook(path, ONCE)
    assert done.replaced == [(CHANNELS, "G13")]
    check_people(path, 7)
    assert sorted(map(str, column(path, "B", 7))) == sorted(shop.channels)
    assert sdk.faults(path) == []


def check_people(path: Path, count: int) -> None:
    """What they put around the lines of so many channels is where Excel would have it."""
    last, total = FIRST + count - 1, FIRST + count
    cells = page(path).cells
    assert cells["P14"].value == "à moi"
    assert cells["G13"].value == "écrit dessus"
    assert cells[f"P{total}"].formula == f"SUM(C13:C{last})"
    assert cells[f"B{45 + count - 2}"].value == "sous les canaux"
    with Edited(path) as book:
        sheet = book.text(book.sheets[CHANNELS])
        assert f'sqref="C13:C{last}"' in sheet
        assert f'sqref="P13:P{last}"' in sheet
        comments = book.related(book.sheets[CHANNELS], "comments")
        assert f'ref="B{total}"' in book.text(comments or "")
        assert f">{CHANNELS}!$C${total}<" in book.text(book.workbook)
        mine = book.text(book.sheets["À moi"])
        assert f"SUM({CHANNELS}!C13:C{last})" in mine
        assert f"{CHANNELS}!C14<" in mine
    assert charts(path, "À moi") == [[f"$C$13:$C${last}"]]
    wrong = recalc.differences(path, ("ironcalc",))
    assert [d for d in wrong if d.sheet != "À moi" and d.address[0] != "P"] == []  # theirs are valued on opening


def test_one_channel_becomes_many(tmp_path: Path) -> None:
    shop = Shop(tmp_path, channels=["web"])
    path = shop.build()
    shop.channels = FIVE
    shop.write()
    refresh_workbook(path, ONCE)
    assert None not in column(path, "B", 5)
    bars = next(ranges for ranges in charts(path, CHANNELS) if len(ranges) == 2)
    assert [int(r.split("$")[-1]) - int(r.split("$")[2].rstrip(":")) for r in bars] == [4, 4]
    assert recalc.differences(path, ("ironcalc",)) == []


def test_lines_and_panels_that_people_rearranged_stay_and_their_page_is_named(shop: Shop) -> None:
    path = shop.workbook
    with Edited(path) as book:  # the name of the last channel moved elsewhere, as by cutting it out, and a panel moved
        anchors = book.sheets["xlkpi_anchors"]
        book.change(anchors, lambda xml: xml.replace(f"'{CHANNELS}'!$B$14", f"'{CHANNELS}'!$Q$19"))
        drawing = book.related(book.sheets[CHANNELS], "drawing") or ""
        book.change(drawing, lambda xml: re.sub(r"(.*<xdr:colOff>)\d+", r"\g<1>190500", xml, flags=re.DOTALL))
    rows, before = len(list(page(path).elements("row"))), panels(path)
    done = refresh_workbook(path, ONCE)
    assert done.short == [CHANNELS]
    assert len(list(page(path).elements("row"))) == rows
    kept = [panel[2] for panel in panels(path)]
    assert [190_500 // 9_525 in places for places in kept].count(True) == 1
    assert len(kept) == len(before) // 2 + 5, "those of the other section are more"


def test_a_page_that_people_deleted_is_not_told_as_short_nor_as_lacking(shop: Shop) -> None:
    gone = (CHANNELS, "Panier moyen", "Budget")
    with Edited(shop.workbook) as book:
        names = [name for name in book.sheets if name not in gone]
        for name in gone:
            delete_sheet(book, name)
    assert sdk.faults(shop.workbook) == []
    done = refresh_workbook(shop.workbook, ONCE)
    assert (done.short, done.replaced) == ([], [])
    assert [sheet.name for sheet in Book(shop.workbook).sheets] == names
    assert sdk.faults(shop.workbook) == []
    shop.channels = [f"canal {number}" for number in range(21)]
    shop.write()
    assert not {*refresh_workbook(shop.workbook, ONCE).lacking} & {*gone}
