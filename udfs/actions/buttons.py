"""The ribbon as a table: ``ribbon.yaml``, which the printers of :mod:`xlkpi.addin.ribbon` and *Help* read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

FILE = Path(__file__).with_name("ribbon.yaml")


@dataclass(frozen=True)
class Button:
    """A button; its ``id`` is also the name of its action, a function of the module ``run``.

    ``image`` is one of Excel's own pictures (imageMso). ``office``: what it does on the server, where it runs the
    action, shows the task pane, or a view of the pane.
    """

    id: str
    image: str
    run: str
    office: Literal["script", "pane", "view"]
    label: Mapping[str, str]
    tip: Mapping[str, str]
    large: bool = False

    @property
    def camel(self) -> str:
        """The identifier as VBA and Office have theirs: `ExplainCell`."""
        return "".join(word.capitalize() for word in self.id.split("_"))


@dataclass(frozen=True)
class Group:
    id: str
    label: Mapping[str, str]
    buttons: tuple[Button, ...]

    @property
    def camel(self) -> str:
        return self.id.capitalize()


@cache
def groups() -> tuple[Group, ...]:
    """The groups of the tab, read once."""
    from xlkpi.documents import read

    return tuple(
        Group(group["id"], group["label"], tuple(Button(**button) for button in group["buttons"]))
        for group in read(FILE).data["groups"]
    )


@cache
def buttons() -> Mapping[str, Button]:
    """All buttons by their ids, in their order."""
    return {button.id: button for group in groups() for button in group.buttons}


def scripts() -> tuple[str, ...]:
    """The actions that the server runs."""
    return tuple(button.id for button in buttons().values() if button.office == "script")
