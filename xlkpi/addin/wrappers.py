"""The functions in VBA for the classic add-in: each hands its arguments to xlwings' Python server.

They do what xlwings' *Import Functions* makes, and more: an error comes back as a real error value, nobody has to
import anything, and their help is registered when the add-in opens. The source is ASCII, since each system reads it
in its own code page; letters beyond are spelled ``\\uXXXX`` and read by a function of ``runtime.bas``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

from xlkpi.language import languages
from xlkpi.udfs.cells import ERROR_NUMBERS
from xlkpi.udfs.specification import Argument, Function

#: The module that xlwings imports in Python.
UDFS = "xlkpi.udfs"
#: VBA compiles a procedure to 64 KB at most: so many functions are described in one.
DESCRIBED_AT_ONCE = 15


def wrappers(functions: Iterable[Function]) -> str:
    """The module of the functions that cells call."""
    lines = [
        'Attribute VB_Name = "xlkpi_functions"',
        "Option Explicit",
        "' Made by xlkpi; what is changed here is lost when it is made again.",
        "",
    ]
    for function in functions:
        lines += [*_wrapper(function), ""]
    return "\n".join(lines)


def descriptions(functions: Iterable[Function]) -> str:
    """The module that registers the functions' help, in every language; the one shown is chosen when it runs."""
    functions = list(functions)
    blocks = [functions[i : i + DESCRIBED_AT_ONCE] for i in range(0, len(functions), DESCRIBED_AT_ONCE)]
    lines = ['Attribute VB_Name = "xlkpi_help"', "Option Explicit", "", "Public Sub DescribeAll()"]
    lines += [f"    Describe{i}" for i in range(1, len(blocks) + 1)] + ["End Sub", ""]
    for i, block in enumerate(blocks, start=1):
        lines += [f"Private Sub Describe{i}()", *(line for f in block for line in _description(f)), "End Sub", ""]
    return "\n".join(lines)


def runtime() -> str:
    """What the wrappers call: errors made real, the wizard recognised, help registered."""
    cases = "\n".join(
        f'    Case "{code}"\n        RealCell = CVErr({number})' for code, number in ERROR_NUMBERS.items()
    )
    source = files("xlkpi.addin").joinpath("runtime.bas").read_text(encoding="ascii")
    codes = ", ".join(f'"{code}"' for code in languages())
    return source.replace("    ' [errors]", cases).replace("' [languages]", codes)


def escaped(text: str) -> str:
    """A text as a VBA literal in ASCII."""
    letters = text.replace("\\", "\\u005c").replace('"', '""').replace("\n", " ")
    units = letters.encode("utf-16-be")
    return "".join(
        chr(unit) if 32 <= unit < 127 else f"\\u{unit:04x}"
        for unit in (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    )


def _wrapper(function: Function) -> list[str]:
    arguments = function.arguments
    head = f"Public Function {function.name}({', '.join(map(_parameter, arguments))}) As Variant"
    repeating = arguments[-1].name if arguments and arguments[-1].repeating else None
    fixed = [a.name for a in arguments if not a.repeating]
    given = f"Array({', '.join(fixed)})"
    passed = "given" if repeating else given
    call = f'XLPy.CallUDF("{UDFS}", "{function.name}", {passed}, ActiveWorkbook, Application.Caller)'
    return [
        head,
        *(["    Dim given As Variant"] if repeating else []),
        "    If IsWizardOpen() Then Exit Function",
        "    On Error GoTo Failed",
        *([f"    given = Joined({given}, {repeating})"] if repeating else []),
        f"    {function.name} = Real({call})",
        "    Exit Function",
        "Failed:",
        f"    {function.name} = Unreached(Err.Description)",
        "End Function",
    ]


def _parameter(argument: Argument) -> str:
    if argument.repeating:
        return f"ParamArray {argument.name}() As Variant"
    return f"{'Optional ' if argument.optional else ''}{argument.name} As Variant"


def _description(function: Function) -> list[str]:
    return [
        f'    Describe "{function.name}", {_texts([function.description(code) for code in languages()])}',
        *(f"    Explain {_texts([a.description(code) for code in languages()])}" for a in function.arguments),
        f'    Register "{escaped(function.category)}"',
    ]


def _texts(texts: Sequence[str]) -> str:
    return ", ".join(f'"{escaped(text)}"' for text in texts)
