"""The ribbon, printed from its table: customUI14 and VBA for the classic add-in, and parts of Office's manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import quoteattr

from xlkpi.addin.wrappers import escaped
from xlkpi.language import languages, text
from xlkpi.udfs.actions.buttons import Button, buttons, groups

TAB, MODULE = "xlkpiTab", "xlkpi_ribbon"
#: The Python module that runs the actions.
ACTIONS = "xlkpi.udfs.actions"
#: What follows in VBA once an action is done: Excel's own wizard; texts in the other language.
AFTER = {"insert_function": "ActiveCell.FunctionWizard", "language": "SpeakAnew"}
_NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"
#: Pictures of the manifest: pixels, and the sizes that are there.
ICONS = (16, 32, 80)
#: Where a language is that of Excel; other countries than these get English.
COUNTRIES = {"fr": ("FR", "BE", "CA", "CH", "LU")}

_VBA = f"""Attribute VB_Name = "{MODULE}"
Option Explicit
' Made by xlkpi; what is changed here is lost when it is made again.

Private shown As Object

Public Sub OnLoad(ByVal ribbon As Object)
    Set shown = ribbon
End Sub

Private Function Done(ByVal action As String) As Boolean
    ' Not RunPython: it would also run Python from the sheets of the workbook at hand, and workbooks come by mail.
    On Error GoTo Failed
    Application.EnableCancelKey = 0 ' Python looks for Esc itself; VBA would break off in the middle of its writing
    If ActiveWorkbook Is Nothing Then Application.Workbooks.Add ' Python asks for one
    XLPy.SetAttr XLPy.Module("xlwings._xlwindows"), "BOOK_CALLER", ActiveWorkbook
    Done = XLPy.Bool(XLPy.Call(XLPy.Module("{ACTIONS}"), "run", XLPy.Tuple(action, LanguageCode())))
    Application.EnableCancelKey = 1
    Exit Function
Failed:
    Application.EnableCancelKey = 1
    MsgBox [unreached] & vbCrLf & vbCrLf & LastLine(Err.Description), vbExclamation, "xlkpi"
End Function

Public Function LastLine(ByVal text As String) As String
    ' Of what Python tells of an error, the line that people can read.
    Dim part As Variant
    For Each part In Split(Replace(text, vbCr, ""), vbLf)
        If Trim(part) <> "" Then LastLine = Trim(part)
    Next part
End Function

Private Function Spoken(ParamArray texts() As Variant) As String
    Spoken = Unescaped(texts(LanguageAt()))
End Function

Private Sub SpeakAnew()
    DescribeAll
    If Not shown Is Nothing Then shown.Invalidate
End Sub
"""


def custom_ui() -> str:
    """The ribbon of the classic add-in. Labels and tips are asked for, since their language is known at run time."""
    label = f'getLabel="{MODULE}.GetLabel"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
        f'<customUI xmlns="{_NAMESPACE}" onLoad="{MODULE}.OnLoad"><ribbon><tabs><tab id="{TAB}" label="xlkpi">',
    ]
    for group in groups():
        lines.append(f'<group id="xlkpi{group.camel}Group" {label}>')
        lines += [
            f'<button id="xlkpi{b.camel}" {label} getScreentip="{MODULE}.GetLabel" getSupertip="{MODULE}.GetTip"'
            f' size="{"large" if b.large else "normal"}" imageMso={quoteattr(b.image)} onAction="{callback(b)}"/>'
            for b in group.buttons
        ]
        lines.append("</group>")
    return "".join([*lines, "</tab></tabs></ribbon></customUI>"])


def callback(button: Button) -> str:
    """The procedure in VBA that a button calls."""
    return f"{MODULE}.On{button.camel}"


def vba() -> str:
    """The module behind the ribbon: its texts in every language, and a callback for each action."""
    unreached = f"Spoken({_literals({code: text('action.unreached', code) for code in languages()})})"
    labels = [(f"xlkpi{g.camel}Group", g.label) for g in groups()]
    labels += [(f"xlkpi{b.camel}", b.label) for b in buttons().values()]
    tips = [(f"xlkpi{b.camel}", b.tip) for b in buttons().values()]
    lines = [_VBA.replace("[unreached]", unreached), *_texts("GetLabel", labels), *_texts("GetTip", tips)]
    for button in buttons().values():
        call = f'Done("{button.id}")'
        after = AFTER.get(button.id)
        lines += [
            f"Public Sub On{button.camel}(ByVal control As Object)",
            f"    If {call} Then {after}" if after else f"    {call}",
            "End Sub",
            "",
        ]
    return "\n".join(lines)


def _texts(name: str, texts: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    yield f"Public Sub {name}(ByVal control As Object, ByRef answer As Variant)"
    yield "    Select Case control.ID"
    yield from (f'    Case "{id}": answer = Spoken({_literals(words)})' for id, words in texts)
    yield from ("    End Select", "End Sub", "")


def _literals(words: Mapping[str, str]) -> str:
    return ", ".join(f'"{escaped(words[code])}"' for code in languages())


# --- Office's manifest ------------------------------------------------------------------------------------------------


def manifest_groups() -> str:
    """The groups of the tab for the manifest's ``CustomTab``."""
    return "\n".join(
        f'<Group id="Xlkpi.{g.camel}"><Label resid="{g.camel}.Group" />{_icon("xlkpi")}'
        f"{''.join(map(_control, g.buttons))}</Group>"
        for g in groups()
    )


def _icon(name: str) -> str:
    images = "".join(f'<bt:Image size="{size}" resid="Icon.{name}.{size}" />' for size in ICONS)
    return f"<Icon>{images}</Icon>"


def _control(button: Button) -> str:
    name = button.camel
    if button.office == "pane":
        action = (
            '<Action xsi:type="ShowTaskpane"><TaskpaneId>Xlkpi.Pane</TaskpaneId>'
            '<SourceLocation resid="Taskpane.Url" /></Action>'
        )
    else:
        action = f'<Action xsi:type="ExecuteFunction"><FunctionName>{button.id}</FunctionName></Action>'
    return (
        f'<Control xsi:type="Button" id="Xlkpi.{name}"><Label resid="{name}.Label" />'
        f'<Supertip><Title resid="{name}.Label" /><Description resid="{name}.Tip" /></Supertip>'
        f"{_icon(button.id)}{action}</Control>"
    )


def manifest_images(folder: str) -> str:
    """The pictures of buttons and groups, which stand in a folder of the server."""
    return "\n".join(
        f'<bt:Image id="Icon.{name}.{size}" DefaultValue={quoteattr(f"{folder}/{_file(name)}-{size}.png")} />'
        for name in ("xlkpi", *buttons())
        for size in ICONS
    )


def _file(name: str) -> str:
    return "icon" if name == "xlkpi" else f"icons/{name}"


def manifest_labels() -> str:
    """The manifest's short texts."""
    strings = [_string(f"{g.camel}.Group", g.label) for g in groups()]
    return "\n".join([*strings, *(_string(f"{b.camel}.Label", b.label) for b in buttons().values())])


def manifest_tips() -> str:
    """The manifest's long texts."""
    return "\n".join(_string(f"{b.camel}.Tip", b.tip) for b in buttons().values())


def _string(id: str, texts: Mapping[str, str]) -> str:
    others = "".join(
        f'<bt:Override Locale="{code}-{country}" Value={quoteattr(words)} />'
        for code, words in texts.items()
        if code != "en"
        for country in COUNTRIES.get(code, (code.upper(),))
    )
    return f'<bt:String id="{id}" DefaultValue={quoteattr(texts["en"])}>{others}</bt:String>'
