"""The project file: objectives read from YAML, strictly, with everything that they refer to.

>>> from xlkpi.objectives import load
>>> project = load("project.yaml")  # doctest: +SKIP
>>> project.by_id["roi_paid"].target  # doctest: +SKIP
2.5
"""

from xlkpi.objectives.audience import Audience
from xlkpi.objectives.load import load
from xlkpi.objectives.model import (
    Action,
    Attainable,
    Benchmark,
    Checks,
    CurvePoint,
    Expected,
    Goal,
    Objective,
    Override,
    Quality,
    Resources,
    SourceEntry,
)
from xlkpi.objectives.project import GOALS, Project
from xlkpi.objectives.schema import schema

__all__ = [
    "GOALS",
    "Action",
    "Attainable",
    "Audience",
    "Benchmark",
    "Checks",
    "CurvePoint",
    "Expected",
    "Goal",
    "Objective",
    "Override",
    "Project",
    "Quality",
    "Resources",
    "SourceEntry",
    "load",
    "schema",
]
