"""What *doctor* finds: one sentence on how it is, and one on what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from xlkpi.language import text

#: ``unseen``: what can't be seen from here; only an ``error`` keeps the functions from working.
Level = Literal["ok", "hint", "unseen", "error"]
TOPICS = ("excel", "addin", "trust", "python", "licence", "server")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Its sentences are ``doctor.<code>``: what is, and but for ``ok`` what to do."""

    topic: str
    level: Level
    code: str
    values: dict[str, Any] = field(default_factory=dict)

    def told(self, language: str | None = None) -> str:
        """What was found."""
        return text(f"doctor.{self.code}.is", language, **self.values)

    def todo(self, language: str | None = None) -> str | None:
        """What to do about it."""
        return None if self.level == "ok" else text(f"doctor.{self.code}.do", language, **self.values)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"topic": self.topic, "level": self.level, "code": self.code, "found": self.told(), "todo": self.todo()}
