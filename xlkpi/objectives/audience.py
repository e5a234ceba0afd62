"""Who gets what: an audience sees the objectives of some teams or of a level, in the formats that it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from xlkpi.cadence import Code
from xlkpi.catalogue.model import Translated
from xlkpi.validation import STRICT, complaint

if TYPE_CHECKING:
    from xlkpi.objectives.model import Objective

Format = Literal["workbook", "values_only", "pdf", "html", "mail"]
#: `name@example.org`, alone or as `Name <name@example.org>`; nothing that a header could be broken with.
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_RECIPIENT = re.compile(rf"(?P<bare>{_ADDRESS})|(?P<name>[^<>@,;:\"\\]{{1,100}}?) *<(?P<named>{_ADDRESS})>")


@dataclass(frozen=True)
class Audience:
    """People who get a package of their own.

    ``team`` and ``level`` limit which objectives they see; without both they see all. ``cadence`` tells how often
    a package is due. ``formats``: ``workbook`` has live formulas, ``values_only`` has none and nothing hidden.
    ``language`` is that of the package, the project's by default.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Translated = field(default_factory=dict)
    team: tuple[str, ...] = ()
    level: Literal["strategic", "operational"] | None = None
    recipients: tuple[str, ...] = ()
    cadence: Code = "monthly"
    formats: tuple[Format, ...] = ("workbook", "html", "mail")
    language: str | None = None

    def __post_init__(self) -> None:
        from xlkpi.language import languages

        for given in self.recipients:
            if any(c < " " or c in "\x7f\x85\u2028\u2029" for c in given):
                shown = " ".join(given.split())[:60]
                raise complaint("audience_recipient_lines", value=shown)
            if not _RECIPIENT.fullmatch(given):
                raise complaint("audience_recipient", value=given[:80])
        if not self.formats:
            raise complaint("audience_formats")
        if self.language is not None and self.language not in languages():
            raise complaint("project_language", name=self.language, known=", ".join(languages()))

    def sees(self, objective: Objective) -> bool:
        """Whether an objective belongs to what the audience may see."""
        return (not self.team or objective.team in self.team) and self.level in (None, objective.level)


def address(recipient: str) -> tuple[str, str]:
    """The name (empty where none is given) and the address of a recipient that was checked."""
    found = _RECIPIENT.fullmatch(recipient)
    if found is None:
        raise ValueError("no recipient")
    return (found["name"] or "").strip(), found["bare"] or found["named"]


def address_of(recipient: str) -> str:
    """The address of a recipient as it is compared, whichever name stands before it; of a text that is none, itself."""
    found = _RECIPIENT.fullmatch(recipient.strip())
    return (found["bare"] or found["named"]).casefold() if found else recipient
