"""The dictionary: every KPI that the scorecard uses, in words."""

from __future__ import annotations

from xlkpi.catalogue import KPI
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.page import Page
from xlkpi.workbook.sheet import clean

WIDTHS = (14, 220, 300, 250, 120, 320, 14)
HEADER = 8


def dictionary(book: Book, made: Calculation) -> None:
    """Write the page: name, definition, formula, unit and direction, pitfalls."""
    kpis = used_kpis(book)
    second = book.text("dictionary.second")
    page = Page(book, "dictionary", WIDTHS, book.text("page.dictionary"), second)
    page.heights(5, 12, 18, 8, 24)
    page.back(6)
    page.sheet.fill(HEADER, 1, 5, **page.header)
    for column, key in enumerate(("kpi", "definition", "formula", "unit", "pitfalls"), start=1):
        page.put(HEADER, column, book.text(f"dictionary.{key}"), **page.header)
    row = HEADER + 1
    kpis = kpis[: book.places("dictionary", len(kpis))]
    line = {"bottom": 1, "bottom_color": page.theme.hair, "valign": "top", "text_wrap": True}
    for kpi in kpis:
        warnings = " ".join(pitfalls(book, kpi))
        texts = (book.say(kpi.definition), formula_words(book, kpi), warnings)
        lines = max(-(-len(t) * 5 // (w - 12)) for t, w in zip(texts, (WIDTHS[2], WIDTHS[3], WIDTHS[5]), strict=True))
        page.ws.set_row_pixels(row, max(2, lines) * 15 + 10)
        page.put(row, 1, book.say(kpi.name), bold=True, font_size=10, **line)
        page.put(row, 2, texts[0] or "–", **line)
        page.put(row, 3, texts[1], **line)
        direction = book.text(f"direction.{kpi.direction}")
        page.put(row, 4, f"{book.text(f'unit.{kpi.unit}')}\n{direction}", font_color=page.theme.mute, **line)
        page.put(row, 5, warnings or "–", font_color=page.theme.mute, **line)
        row += 1
    page.ws.freeze_panes(HEADER + 1, 0)
    page.finish(row, pages_high=0, repeat=(HEADER, HEADER))


def used_kpis(book: Book) -> list[KPI]:
    """The KPIs of the objectives and of their guards, each once, by name."""
    catalogue = book.card.data.catalogue
    found: dict[str, KPI] = {}
    for result in book.card.results:
        if result.kpi:
            found[result.kpi.id] = result.kpi
        found |= {g: catalogue[g] for g in result.objective.guards if g in catalogue.kpis}
    return sorted(found.values(), key=lambda kpi: book.say(kpi.name).casefold())


def formula_words(book: Book, kpi: KPI) -> str:
    """A KPI's formula with the names of its inputs."""
    labels = {a: book.card.data.catalogue.describe_input(kpi, a, book.language) for a in kpi.inputs}
    return clean(kpi.compiled.in_words(labels, book.language))


def pitfalls(book: Book, kpi: KPI) -> tuple[str, ...]:
    """What to beware of with a KPI, in whole sentences."""
    found = kpi.pitfalls.get(book.language) or kpi.pitfalls.get("en") or ()
    return tuple(clean(s if s.endswith((".", "!", "?")) else f"{s}.") for s in found)
