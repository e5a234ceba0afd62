"""Layouts: which pages a workbook has and what they stress; YAML files, built in or of a project's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from xlkpi.catalogue.model import Translated, Unit
from xlkpi.errors import DefinitionError, Problem
from xlkpi.objectives.model import Level
from xlkpi.validation import STRICT, complaint
from xlkpi.workbook.theme import known, load_file

USUAL = "executive"
#: Columns that the page of channels has room for.
MOST_COLUMNS = 4


@dataclass(frozen=True)
class Amount:
    """What the page of channels adds up by part: the first of the measures that sources deliver.

    With ``per`` it is a ratio of two sums. ``of`` names a share of it in a sentence: "of the budget".
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    measure: tuple[str, ...]
    name: Translated
    per: tuple[str, ...] = ()
    of: Translated = field(default_factory=dict)
    unit: Unit = "count"


@dataclass(frozen=True)
class Channels:
    """The page of channels: two shares face to face, and columns; ``line`` is followed month by month."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    left: Amount
    right: Amount
    line: Amount
    columns: tuple[Amount, ...] = ()
    note: Translated = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.columns) > MOST_COLUMNS:
            raise complaint("layout_columns", most=MOST_COLUMNS)

    @property
    def money(self) -> bool:
        """Whether what is put in is money."""
        return self.left.unit == "currency"

    @property
    def amounts(self) -> tuple[Amount, ...]:
        return (self.left, self.right, self.line, *self.columns)

    @property
    def measures(self) -> tuple[str, ...]:
        """All measures that the page may need."""
        return tuple(dict.fromkeys(m for a in self.amounts for m in (*a.measure, *a.per)))


@dataclass(frozen=True)
class Layout:
    """Which pages a workbook has, in their order, and what they stress.

    ``tiers``: the order of the levels on pages; ``by``: the dimension of the drop-down, the first that sources have;
    ``starter``: the starter objectives that go with it; ``title``: of the first page.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Translated
    pages: tuple[str, ...]
    title: Translated = field(default_factory=dict)
    starter: str | None = None
    tiers: tuple[Level, ...] = ("strategic", "operational")
    by: tuple[str, ...] = ("channel", "platform")
    channels: Channels | None = None

    def __post_init__(self) -> None:
        if sorted(self.tiers) != ["operational", "strategic"]:
            raise complaint("layout_tiers")
        if len(set(self.pages)) != len(self.pages) or "dashboard" not in self.pages:
            raise complaint("layout_pages")


def load_layout(name: str | None, folder: Path, own: str | None = None) -> Layout:
    """A built-in layout by its name, or a file of a project's folder. Raises DefinitionError.

    ``own``: the layout that the project itself names, which may lie elsewhere.
    """
    layout: Layout
    layout, document = load_file(Layout, "layouts", name or USUAL, folder, own)
    from xlkpi.validation import nearest
    from xlkpi.workbook.pages import PAGES

    problems = []
    for number, page in enumerate(layout.pages):
        if page not in PAGES:
            meant = nearest(page, PAGES)
            code = "value_not_listed_nearest" if meant else "value_not_listed"
            values = {"value": page, "known": ", ".join(PAGES), "nearest": meant or ""}
            problems.append(Problem(code, values, document.place(("pages", number))))
    if problems:
        raise DefinitionError(problems)
    if layout.channels is None:
        usual: Layout = load_file(Layout, "layouts", USUAL, folder)[0]
        return Layout(**{**vars(layout), "channels": usual.channels})
    return layout


__all__ = ["Amount", "Channels", "Layout", "known", "load_layout"]
