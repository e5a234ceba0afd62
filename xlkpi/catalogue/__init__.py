"""The catalogue of KPIs: measures.yaml, and one YAML file per family.

A KPI is one entry in one file; everything else - the Python value, the Excel formula, the LAMBDA, the SQL, the help -
is made from it.
"""

from __future__ import annotations

import sys
from types import ModuleType

from xlkpi.catalogue.load import catalogue, extended, load_files, load_own
from xlkpi.catalogue.model import KPI, Catalogue, Input, Measure, Source, say

__all__ = [
    "KPI",
    "Catalogue",
    "Input",
    "Measure",
    "Source",
    "catalogue",
    "extended",
    "load_files",
    "load_own",
    "say",
]


class _CallableModule(ModuleType):
    """Lets ``xlkpi.catalogue()`` return the catalogue although this package has the same name."""

    def __call__(self) -> Catalogue:
        return catalogue()


sys.modules[__name__].__class__ = _CallableModule
