"""What the tabs of the pages of KPIs are called when other objectives come to these pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xlkpi.catalogue import say
from xlkpi.workbook.sheet import clean
from xlkpi.workbook.sheet_names import legal_name
from xlkpi.workbook.tables import in_order, kpi_name, slots_of

if TYPE_CHECKING:
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.workbook.existing import Existing


def slots_on_pages(existing: Existing, card: Scorecard) -> dict[str, str]:
    """The places of objectives on the pages that a workbook has."""
    return slots_of(in_order([result.objective for result in card.results]), existing.state)


def new_tabs(
    existing: Existing, card: Scorecard, named: Mapping[str, str] | None = None, *, unused: bool = False
) -> dict[str, str]:
    """New names of sheets by their present ones: those that a build would give the pages of KPIs.

    A page that people named stays as they named it. ``named``: the names that people gave to sheets of another
    workbook, by identifier, which go before. ``unused``: pages without an objective are named for their place, too.
    """
    named = named or {}
    state, results = existing.state, {result.objective.id: result for result in card.results}
    titles = {
        f"kpi_{slot}": clean(str(say(kpi_name(results[id]), state.language)))
        for id, slot in slots_on_pages(existing, card).items()
    }
    present = {id for id in state.own_names if id.startswith("kpi_") and existing.has_page(id)}
    built = {id: name for id, name in state.own_names.items() if id in present and id not in named}
    built = {id: name for id, name in built.items() if existing.sheets.get(id) == name and (unused or id in titles)}
    pages = sorted(built, key=_tab_order)
    ours = {existing.sheets[id] for id in (*pages, *named)}
    taken = {name.casefold() for name in (*named.values(), *(n for n in existing.all_sheets if n not in ours))}
    names = {existing.sheets[id]: name for id, name in named.items() if name != existing.sheets[id]}
    for id in pages:
        name = legal_name(titles.get(id, id.removeprefix("kpi_")), taken)
        taken.add(name.casefold())
        if name != existing.sheets[id]:
            names[existing.sheets[id]] = name
    return names


def _tab_order(id: str) -> tuple[bool, int]:
    slot = id.removeprefix("kpi_")
    return slot[0] != "S", int(slot[1:])


__all__ = ["new_tabs", "slots_on_pages"]
