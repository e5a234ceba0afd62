"""Formulas as files hold them: split into tokens, and their grammar checked."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl.utils import FORMULAE

PREFIX, SHEET_PREFIX, PARAMETER = "_xlfn.", "_xlfn._xlws.", "_xlpm."
SHEET_FUNCTIONS = {"FILTER", "SORT"}
OLDEST = 2007

_TOKEN = re.compile(
    r"""(?P<space>[ \n\r\t]+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<error>\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!))
    |(?P<sheet>(?:'(?:[^']|'')*'|[^\W\d][\w.]*(?::[^\W\d][\w.]*)?|\[\d+\][\w.]*)!)
    |(?P<table>(?:[^\W\d\\][\w.\\]*)?\[(?:'.|[^\[\]']|\[(?:'.|[^\[\]'])*\])*\])
    |(?P<function>[^\W\d][\w.]*\()
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?(?![\w$]))
    |(?P<cell>\$?[A-Za-z]{1,3}\$?\d{1,7}(?![\w(.])|\$?[A-Za-z]{1,3}(?=:\$?[A-Za-z]{1,3}(?![\w$]))|\$?\d+(?=:\$?\d)
        |(?<=:)\$?[A-Za-z]{1,3}(?![\w(.])|(?<=:)\$?\d+)
    |(?P<truth>(?:TRUE|FALSE)(?![\w(.]))
    |(?P<name>[^\W\d][\w.\\?]*|\\[\w.\\?]*)
    |(?P<operator><>|<=|>=|[-+*/^&=<>:%])
    |(?P<comma>,)
    |(?P<row>;)
    |(?P<open>\()
    |(?P<close>\))
    |(?P<array>\{)
    |(?P<end>\})""",
    re.VERBOSE,
)
OPERANDS = {"text", "error", "table", "number", "cell", "truth", "name"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


@dataclass
class Call:
    """A function's call: its name as written, and the tokens of each argument (of nested calls too)."""

    name: str
    arguments: list[list[Token]] = field(default_factory=lambda: [[]])


@dataclass
class Parsed:
    """A formula's tokens and calls, and what is wrong with its grammar."""

    tokens: list[Token] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def texts(self, kind: str) -> list[str]:
        """The texts of all tokens of a kind."""
        return [token.text for token in self.tokens if token.kind == kind]


@functools.lru_cache(maxsize=1 << 16)
def parse(formula: str) -> Parsed:
    """Split a formula (without =) and check that operators, parentheses and separators stand where they may."""
    parsed = Parsed()
    tokens = list(_tokens(formula, parsed.faults))
    parsed.tokens = [token for token in tokens if token.kind != "space"]
    _check(tokens, parsed)
    return parsed


def _tokens(formula: str, faults: list[str]) -> Iterator[Token]:
    at = 0
    while at < len(formula):
        found = _TOKEN.match(formula, at)
        if not found or found.lastgroup is None:
            faults.append(f"unexpected {formula[at : at + 12]!r}")
            return
        yield Token(found.lastgroup, found[0])
        at = found.end()


def _check(tokens: list[Token], parsed: Parsed) -> None:
    """A walk with a stack of what is open; `value` tells whether a value has just ended."""
    open_: list[Call | str] = []
    value, last = False, ""
    for token in tokens:
        kind = token.kind
        for call in open_:
            if isinstance(call, Call) and not (kind == "comma" and call is open_[-1]) and kind != "space":
                call.arguments[-1].append(token)
        if kind == "space":
            continue
        inner = open_[-1] if open_ else ""
        if kind in OPERANDS or kind in ("function", "open", "array", "sheet"):
            if value:
                parsed.faults.append(f"no operator before {token.text!r}")
            value = kind in OPERANDS
            if kind == "function":
                call = Call(token.text[:-1])
                parsed.calls.append(call)
                open_.append(call)
            elif kind in ("open", "array"):
                open_.append(kind)
        elif kind == "operator":
            if not value and token.text not in "+-":
                parsed.faults.append(f"no value before {token.text!r}")
            value = token.text == "%"
        elif kind in ("comma", "row"):
            if inner == "" or (kind == "row" and inner != "array") or (not value and not isinstance(inner, Call)):
                parsed.faults.append(f"{token.text!r} where no separator may stand")
            if isinstance(inner, Call):
                inner.arguments.append([])
            value = False
        elif kind in ("close", "end"):
            empty_allowed = isinstance(inner, Call) and last in ("function", "comma")
            if not open_ or (inner == "array") != (kind == "end"):
                parsed.faults.append(f"{token.text!r} closes nothing")
                return
            if not value and not empty_allowed:
                parsed.faults.append(f"no value before {token.text!r}")
            if isinstance(inner, Call):
                inner.arguments[-1] = inner.arguments[-1][:-1]
            open_.pop()
            value = True
        last = kind
    if open_:
        parsed.faults.append(f"{len(open_)} parentheses not closed")
    elif not value:
        parsed.faults.append("ends without a value")


@functools.cache
def versions() -> Mapping[str, int]:
    """The version of Excel that brought a function, by its name without prefix."""
    found = dict.fromkeys(FORMULAE, OLDEST)
    version = OLDEST
    for line in Path(__file__).with_name("functions.txt").read_text(encoding="utf-8").splitlines():
        if line.endswith(":"):
            version = int(line[:-1]) + (2000 if len(line) == 4 else 0)  # 365 comes last
        elif not line.startswith("#"):
            found |= dict.fromkeys(line.split(), version)
    return found


def plain_name(function: str) -> str:
    """A function's name without its prefix."""
    return function.removeprefix(SHEET_PREFIX).removeprefix(PREFIX).upper()


def written(function: str) -> str | None:
    """How files write a function, by its name without prefix; None for one that Excel does not have."""
    version = versions().get(function)
    if version is None:
        return None
    return (SHEET_PREFIX if function in SHEET_FUNCTIONS else PREFIX if version > OLDEST else "") + function


def bare_parameters(call: Call) -> list[str]:
    """The parameters of a LET or LAMBDA that lack the prefix _xlpm."""
    name, count = plain_name(call.name), len(call.arguments)
    places = range(count - 1) if name == "LAMBDA" else range(0, count - 1, 2) if name == "LET" else ()
    return [
        argument[0].text
        for argument in (call.arguments[i] for i in places)
        if len(argument) == 1 and not argument[0].text.startswith(PARAMETER)
    ]
