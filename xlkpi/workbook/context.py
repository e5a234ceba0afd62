"""What stands around the objectives and has a page of its own where a project has it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from xlkpi.errors import DefinitionError
from xlkpi.scorecard.lacking import Lacking
from xlkpi.scorecard.selections import MOST_CHOICES

if TYPE_CHECKING:
    from xlkpi.scorecard.budget import BudgetPlan
    from xlkpi.scorecard.customers import CustomerView
    from xlkpi.scorecard.drivers import DriverView
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.scorecard.reconcile import Check

#: Pages that the data may not be enough for.
FROM_DATA = ("budget", "drivers", "customers")


@dataclass
class Context:
    """Computed once each, when a page asks for it. ``dimension`` is that of the drop-down's choices.

    ``lenient``: settings that the data no longer fit leave their page blank, instead of raising DefinitionError. A
    refresh is not to fail because a channel stopped spending. ``crowded``: a dimension with more parts than the pages
    can tell, and how many.
    """

    card: Scorecard
    dimension: str | None
    lenient: bool = False
    crowded: tuple[str, int] | None = None

    @property
    def budget(self) -> BudgetPlan | None:
        return None if isinstance(self._budget, Lacking) else self._budget

    @property
    def drivers(self) -> DriverView | None:
        return None if isinstance(self._drivers, Lacking) else self._drivers

    @property
    def customers(self) -> CustomerView | None:
        return None if isinstance(self._customers, Lacking) else self._customers

    @cached_property
    def _budget(self) -> BudgetPlan | Lacking:
        from xlkpi.scorecard.budget import budget_plan

        if not self.dimension:
            if self.crowded is None:
                return Lacking("budget_no_channel")
            return Lacking("budget_crowded", {"count": self.crowded[1], "most": MOST_CHOICES})
        try:
            return budget_plan(self.card, self.dimension)
        except DefinitionError as mistake:
            if not self.lenient:
                raise
            return Lacking("budget_settings", {"problem": mistake.problems[0]})

    @cached_property
    def _drivers(self) -> DriverView | Lacking:
        from xlkpi.scorecard.drivers import driver_view

        return driver_view(self.card)

    @cached_property
    def _customers(self) -> CustomerView | Lacking:
        from xlkpi.scorecard.customers import customer_view

        return customer_view(self.card)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        from xlkpi.scorecard.reconcile import checks

        return checks(self.card)

    def has(self, page: str) -> bool:
        """Whether the project has what a page shows; pages that every project has are always there.

        A key that is written and empty (``swot: []``) asks for a page to type in.
        """
        project = self.card.project
        if page in FROM_DATA:
            return self.lacking(page) is None
        if page == "market":
            told = any(o.attainable.benchmark for o in project.objectives)
            return bool(project.competitors) or told or project.writes("competitors")
        if page == "surveys":
            return bool(project.surveys or project.rubrics) or any(map(project.writes, ("surveys", "rubrics")))
        if page == "swot":
            return bool(project.swot) or project.writes("swot")
        return page != "reconcile" or bool(self.checks)

    def lacking(self, page: str) -> Lacking | None:
        """Why the data are not enough for one of the pages that are made from them; None where they are."""
        found = self._budget if page == "budget" else self._drivers if page == "drivers" else self._customers
        return found if isinstance(found, Lacking) else None
