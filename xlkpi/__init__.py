"""Marketing KPIs and SMART objectives for Excel: one definition, the same number everywhere.

>>> import xlkpi
>>> xlkpi.catalogue()["roi"](gain=1000, cost=400)
1.5
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from xlkpi.catalogue import KPI, Catalogue, catalogue
    from xlkpi.errors import XlkpiError
    from xlkpi.formula import Formula
    from xlkpi.objectives import Project, load
    from xlkpi.scorecard import Scorecard, scorecard
    from xlkpi.smart import check
    from xlkpi.workbook.entry import build, refresh

__all__ = [
    "KPI",
    "Catalogue",
    "Formula",
    "Project",
    "Scorecard",
    "XlkpiError",
    "__version__",
    "build",
    "catalogue",
    "check",
    "load",
    "refresh",
    "scorecard",
]

_HOME = {
    "KPI": "xlkpi.catalogue",
    "Catalogue": "xlkpi.catalogue",
    "Formula": "xlkpi.formula",
    "Project": "xlkpi.objectives",
    "build": "xlkpi.workbook.entry",
    "check": "xlkpi.smart",
    "load": "xlkpi.objectives",
    "refresh": "xlkpi.workbook.entry",
    "Scorecard": "xlkpi.scorecard",
    "XlkpiError": "xlkpi.errors",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: Excel's first call and the command line both wait for `import xlkpi`."""
    from importlib import import_module

    if name in ("catalogue", "scorecard"):  # these packages can be called, too
        return import_module(f"xlkpi.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
