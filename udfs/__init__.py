"""The functions and ribbon actions that xlwings imports into Excel; installed as ``xlkpi.udfs``.

``xlkpi.udfs.KPI_ROI`` and all others are made when they are first asked for, with xlwings' decorators; what they
compute is in :mod:`xlkpi.udfs.registry`, which does without xlwings.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name.isupper():
        from .excel import registered

        if name in registered():
            return registered()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """xlwings looks for its functions here."""
    from .registry import functions

    return [*globals(), *functions()]
