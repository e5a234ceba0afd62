"""What ``xlkpi functions`` does and says: LAMBDA names in a workbook, for Excel without an add-in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.catalogue import KPI
from xlkpi.language import text

if TYPE_CHECKING:
    from xlkpi.workbook.lambda_names import Changed


def functions(workbook: str, kpis: Mapping[str, KPI]) -> Changed:
    """Give a workbook the functions of some KPIs, none to take them away. Raises WorkbookError."""
    from xlkpi.workbook.lambda_names import set_names

    return set_names(Path(workbook), kpis)


def as_text(workbook: str, changed: Changed) -> str:
    """What was done, and what to do next."""
    counts = {
        "added": len(changed.added),
        "updated": len(changed.updated),
        "removed": len(changed.removed),
        "unchanged": len(changed.unchanged),
    }
    told = ", ".join(text(f"functions.{word}", count=count) for word, count in counts.items() if count)
    lines = [
        text("functions.done" if changed else "functions.same", file=workbook, told=told or text("functions.none"))
    ]
    if changed.added or changed.updated:
        lines.append("  " + text("functions.next"))
    return "\n".join(lines)


def as_json(workbook: str, changed: Changed) -> dict[str, Any]:
    """For ``--json``."""
    return {
        "file": workbook,
        "added": list(changed.added),
        "updated": list(changed.updated),
        "removed": list(changed.removed),
        "unchanged": list(changed.unchanged),
    }
