"""``xlkpi addin doctor``: what stands between Excel and the functions, and for each problem what to do.

Everything is only read: files, the registry, ports of this machine. What can't be seen from here is told as such, so
that nobody takes silence for health. Keys of licences are never shown.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlkpi.addin import doctor_checks as checks
from xlkpi.addin.finding import TOPICS, Finding
from xlkpi.addin.machine import Machine
from xlkpi.language import text

_MARKS = {"ok": "✓", "hint": "!", "unseen": "?", "error": "✗"}


def examine(machine: Machine, port: int = 8000) -> list[Finding]:
    """All findings on a machine, topic by topic."""
    looks = (checks.excel(machine), checks.addin(machine), checks.trust(machine), checks.python(machine),
             checks.licence(machine), checks.server(port))  # fmt: skip
    return [finding for look in looks for finding in look]


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing was found that keeps the functions from working."""
    return all(finding.level != "error" for finding in findings)


def as_text(findings: Iterable[Finding]) -> str:
    """The findings under their topics, what to do under each problem, and the sum at the end."""
    findings = list(findings)
    lines: list[str] = []
    for topic in TOPICS:
        lines += [*([""] if lines else []), text(f"doctor.topic.{topic}")]
        for finding in findings:
            if finding.topic == topic:
                lines.append(f"  {_MARKS[finding.level]} {finding.told()}")
                lines += [f"      → {todo}" for todo in [finding.todo()] if todo]
    counts = {level: sum(f.level == level for f in findings) for level in _MARKS}
    return "\n".join(
        [*lines, "", text("doctor.sum", errors=counts["error"], hints=counts["hint"], unseen=counts["unseen"])]
    )


__all__ = ["as_text", "examine", "is_well"]
