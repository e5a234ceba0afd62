"""The ribbon: one table of buttons, printed as customUI14 and VBA for the classic add-in and as Office's manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import quoteattr

from xlkpi.addin.wrappers import escaped
from xlkpi.language import languages

FILE = Path(__file__).with_name("ribbon.yaml")
TAB, MODULE = "xlkpiTab", "xlkpi_ribbon"
#: The Python module whose functions are the actions.
ACTIONS = "xlkpi.udfs.actions"
_NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"
_ICON = "".join(f'<bt:Image size="{size}" resid="Icon.{size}" />' for size in (16, 32, 80))


@dataclass(frozen=True)
class Button:
    """A button; its ``id`` is also the name of its action. ``office``: a script of the server, or its task pane."""

    id: str
    image: str
    office: Literal["script", "pane"]
    label: Mapping[str, str]
    tip: Mapping[str, str]
    large: bool = False

    @property
    def camel(self) -> str:
        """The identifier as VBA and Office have theirs: `ExplainCell`."""
        return "".join(word.capitalize() for word in self.id.split("_"))

    @property
    def callback(self) -> str:
        """The procedure in VBA."""
        return f"On{self.camel}"


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


def buttons() -> tuple[Button, ...]:
    """All buttons, in their order."""
    return tuple(button for group in groups() for button in group.buttons)


def custom_ui() -> str:
    """The ribbon of the classic add-in. Labels and tips are asked for, since their language is known at run time."""
    asked = 'getLabel="xlkpi_ribbon.GetLabel"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
        f'<customUI xmlns="{_NAMESPACE}" onLoad="{MODULE}.OnLoad"><ribbon><tabs><tab id="{TAB}" label="xlkpi">',
    ]
    for group in groups():
        lines.append(f'<group id="xlkpi{group.camel}" {asked}>')
        lines += [
            f'<button id="xlkpi{b.camel}" {asked} getScreentip="{MODULE}.GetLabel" getSupertip="{MODULE}.GetTip"'
            f' size="{"large" if b.large else "normal"}" imageMso={quoteattr(b.image)} onAction="{MODULE}.{b.callback}"/>'
            for b in group.buttons
        ]
        lines.append("</group>")
    return "".join([*lines, "</tab></tabs></ribbon></customUI>"])


def vba() -> str:
    """The module behind the ribbon: its texts in every language, and a callback for each action."""
    lines = [
        f'Attribute VB_Name = "{MODULE}"',
        "Option Explicit",
        "' Made by xlkpi; what is changed here is lost when it is made again.",
        "",
        "Private shown As Object",
        "",
        "Public Sub OnLoad(ByVal ribbon As Object)",
        "    Set shown = ribbon",
        "End Sub",
        "",
        "Public Sub GetLabel(ByVal control As Object, ByRef text As Variant)",
        *_choice([(f"xlkpi{x.camel}", x.label) for g in groups() for x in (g, *g.buttons)]),
        "End Sub",
        "",
        "Public Sub GetTip(ByVal control As Object, ByRef text As Variant)",
        *_choice([(f"xlkpi{b.camel}", b.tip) for b in buttons()]),
        "End Sub",
    ]
    for button in buttons():
        lines += [
            "",
            f"Public Sub {button.callback}(ByVal control As Object)",
            f'    RunPython "from {ACTIONS} import run; run(\'{button.id}\')"',
            *(["    SpeakAnew", "    If Not shown Is Nothing Then shown.Invalidate"] if button.id == "language" else []),
            "End Sub",
        ]
    return "\n".join([*lines, ""])


def _choice(texts: list[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    yield "    Select Case control.ID"
    for id, of in texts:
        literals = ", ".join(f'"{escaped(of[code])}"' for code in languages())
        yield f'    Case "{id}": text = Spoken({literals})'
    yield "    End Select"


# --- Office's manifest ------------------------------------------------------------------------------------------------


def manifest_groups() -> str:
    """The groups of the tab for the manifest's ``CustomTab``."""
    return "".join(
        f'<Group id="Xlkpi.Ribbon.{g.camel}"><Label resid="Ribbon.{g.camel}" /><Icon>{_ICON}</Icon>'
        f"{''.join(map(_control, g.buttons))}</Group>"
        for g in groups()
    )


def _control(button: Button) -> str:
    name = f"Ribbon.{button.camel}"
    if button.office == "script":
        action = f'<Action xsi:type="ExecuteFunction"><FunctionName>{button.id}</FunctionName></Action>'
    else:
        action = (
            '<Action xsi:type="ShowTaskpane"><TaskpaneId>Xlkpi.Pane</TaskpaneId>'
            '<SourceLocation resid="Taskpane.Url" /></Action>'
        )
    return (
        f'<Control xsi:type="Button" id="Xlkpi.{name}"><Label resid="{name}" /><Supertip><Title resid="{name}" />'
        f'<Description resid="{name}.Tip" /></Supertip><Icon>{_ICON}</Icon>{action}</Control>'
    )


def manifest_labels() -> str:
    """The manifest's short texts."""
    return "".join(_string(f"Ribbon.{x.camel}", x.label) for g in groups() for x in (g, *g.buttons))


def manifest_tips() -> str:
    """The manifest's long texts."""
    return "".join(_string(f"Ribbon.{b.camel}.Tip", b.tip) for b in buttons())


def _string(id: str, texts: Mapping[str, str]) -> str:
    others = "".join(
        f'<bt:Override Locale="{code}-{code.upper()}" Value={quoteattr(words)} />'
        for code, words in texts.items()
        if code != "en"
    )
    return f'<bt:String id="{id}" DefaultValue={quoteattr(texts["en"])}>{others}</bt:String>'


def scripts() -> tuple[str, ...]:
    """The actions that run on the server as scripts."""
    return tuple(button.id for button in buttons() if button.office == "script")
