"""What a workbook that is built anew takes over from the one before it, beside the rows of people's tables.

That is what people chose, what they took out of their tables, what they call the sheets, in which order these stand and
which are hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any

from xlkpi.language import text, texts
from xlkpi.workbook.anchors import HIDDEN
from xlkpi.workbook.sheet_names import is_legal

if TYPE_CHECKING:
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.state import Proposed

_SHEETS = re.compile(rb"(<(?:\w+:)?sheets\b[^>]*>)(.*?)(</(?:\w+:)?sheets>)", re.DOTALL)
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*?/>")
_NAME = re.compile(rb'\sname="([^"]*)"')
_OF_SHEET = re.compile(rb'(\slocalSheetId=")(\d+)(")')
_VIEW = re.compile(rb"<(?:\w+:)?workbookView\b[^>]*?(?=/?>)")
_ACTIVE = re.compile(rb'\sactiveTab="(\d+)"')
_FIRST = re.compile(rb'\sfirstSheet="\d+"')


@dataclass(frozen=True)
class Carried:
    """``project_typed``: what the project says in cells of objectives that people changed. ``offered``: the rows that
    were once put into people's tables, so that those taken out stay out; ``proposed``: what was proposed there, so that
    proposals which nobody changed are those of today; ``passing``: what was written in rows that are there while data
    lack. ``chosen``: what is chosen in the cells of
    choices. ``names``: what people call sheets, by identifier; ``kpi_names``: pages of KPIs, by objective.
    """

    project_typed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    offered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    proposed: Proposed = field(default_factory=dict)
    chosen: Mapping[str, Value] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    kpi_names: Mapping[str, str] = field(default_factory=dict)
    passing: Proposed = field(default_factory=dict)

    def for_book(self) -> dict[str, Any]:
        """As the book that is written knows it."""
        return {
            "project_typed": self.project_typed, "offered_before": self.offered, "proposed_before": self.proposed,
            "passing_before": self.passing, "chosen": self.chosen, "names": dict(self.names),
            "kpi_names": self.kpi_names,
        }  # fmt: skip


def carried(existing: Existing, project_typed: Mapping[str, Mapping[str, Any]] | None = None) -> Carried:
    """What is taken over from a workbook."""
    state = existing.state
    named = {id: name for id, name in people_names(existing).items() if is_legal(name)}
    kpis = {id: name for slot, id in state.pages_of_kpis.items() if (name := named.get(f"kpi_{slot}"))}
    names = {id: name for id, name in named.items() if not id.startswith("kpi_")}
    return Carried(project_typed or {}, state.offered, state.proposed, existing.choices, names, kpis, state.passing)


def people_names(existing: Existing) -> dict[str, str]:
    """The names of sheets that xlkpi did not give them, by identifier; other programs allow more than Excel takes."""
    given = existing.state.own_names
    language = existing.state.language
    parts = {str(name) for key, name in texts(language).items() if key.startswith("workbook.parts.")}

    def is_ours(id: str, name: str) -> bool:
        if id in given or id in HIDDEN:
            return name == given.get(id, name)
        # What it was built with is not known of older workbooks, which may have been refreshed since.
        return name == text(f"workbook.page.{id}", language) or (id == "channels" and name in parts)

    return {id: name for id, name in existing.sheets.items() if not is_ours(id, name)}


def same_sheets(before: Existing, now: Existing) -> dict[str, str]:
    """The identifiers in a new workbook by those in the one before it: a page of a KPI is its objective's."""
    objectives = before.state.pages_of_kpis
    found = {}
    for id in before.sheets:
        slot = now.state.slots.get(objectives.get(id.removeprefix("kpi_"), "")) if id.startswith("kpi_") else None
        new = f"kpi_{slot}" if slot else id
        if new in now.sheets and (slot or not id.startswith("kpi_")):
            found[id] = new
    return found


def arrange(made: Package, changes: Changes, before: Package, same: Mapping[str, str]) -> None:
    """Put the sheets of a new workbook into the order that they had, and hide those that people hid.

    ``same``: their names now by those before. A sheet that is new stands behind the one that a build puts it behind.
    """
    from xlkpi.workbook.sheet_states import hidden_sheets, hide_sheets

    order = [same[name] for name in before.sheets if name in same]
    put_in_order(made, changes, order)
    shown = set(made.sheets) - hidden_sheets(made)
    hide = {same[name] for name in hidden_sheets(before) if name in same} & shown
    if shown - hide:  # a workbook shows one at least
        hide_sheets(made, changes, hide)


def put_in_order(made: Package, changes: Changes, order: Sequence[str]) -> None:
    """Let some sheets follow each other in an order; each other one stays behind the one that it stands behind."""
    content = changes.read(made, made.workbook)
    sheets = _SHEETS.search(content)
    assert sheets is not None, "a workbook has sheets"
    tags = _SHEET.findall(sheets[2])
    names = [unescape(m[1].decode()) if (m := _NAME.search(tag)) else "" for tag in tags]
    wanted = [name for name in order if name in names]
    for place, name in enumerate(names):
        if name not in wanted:
            wanted.insert(wanted.index(names[place - 1]) + 1 if place else 0, name)
    if wanted == names:
        return
    now = [wanted.index(name) for name in names]
    moved = b"".join(tags[names.index(name)] for name in wanted)
    content = content[: sheets.start(2)] + moved + content[sheets.end(2) :]
    places = {b"%d" % old: b"%d" % new for old, new in enumerate(now)}
    content = _OF_SHEET.sub(lambda m: m[1] + places.get(m[2], m[2]) + m[3], content)

    def view(found: re.Match[bytes]) -> bytes:
        active = _ACTIVE.search(found[0])
        at = places.get(active[1] if active else b"0", b"0")
        return _FIRST.sub(b"", _ACTIVE.sub(b"", found[0])) + b' activeTab="' + at + b'"'

    changes.put(made, made.workbook, _VIEW.sub(view, content, count=1))


__all__ = ["Carried", "arrange", "carried", "people_names", "put_in_order", "same_sheets"]
