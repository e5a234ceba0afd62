"""Objectives joined with data: the computed scorecard that every page, cell and command shows.

::

    from xlkpi.objectives import load
    from xlkpi.scorecard import scorecard

    card = scorecard(load("project.yaml"))
    card.by_id["roi_paid"].status.sentence("fr")
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from xlkpi.scorecard.compute import scorecard
from xlkpi.scorecard.data import Data
from xlkpi.scorecard.model import Breakdown, Outlook, Result, Scorecard, Series, Trust
from xlkpi.scorecard.opening import read_data

__all__ = ["Breakdown", "Data", "Outlook", "Result", "Scorecard", "Series", "Trust", "read_data", "scorecard"]


class _CallableModule(ModuleType):
    """Lets ``xlkpi.scorecard(project)`` compute a scorecard although this package has the same name."""

    def __call__(self, *arguments: Any, **named: Any) -> Scorecard:
        return scorecard(*arguments, **named)


sys.modules[__name__].__class__ = _CallableModule
