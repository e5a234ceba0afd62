"""What a project says around its objectives, held against its data."""

from __future__ import annotations

from collections.abc import Callable

from xlkpi.errors import InputError, Problem
from xlkpi.scorecard.model import Scorecard


def problems_around(card: Scorecard) -> tuple[Problem, ...]:
    """What is wrong with budget, drivers, customers, competitors and reconciliation, as the project file has them."""
    from xlkpi.scorecard.budget import budget_plan
    from xlkpi.scorecard.customers import customer_view
    from xlkpi.scorecard.drivers import driver_view
    from xlkpi.scorecard.market import rivals
    from xlkpi.scorecard.reconcile import checks

    told: dict[str, Callable[[Scorecard], object]] = {
        "budget": budget_plan, "drivers": driver_view, "customers": customer_view, "competitors": rivals,
        "reconcile": checks,
    }  # fmt: skip
    problems: list[Problem] = []
    for key, work in told.items():
        if card.project.writes(key):
            try:
                work(card)
            except InputError as mistake:
                problems += mistake.problems
    return tuple(problems)


__all__ = ["problems_around"]
