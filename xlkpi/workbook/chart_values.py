"""Charts that hold their numbers themselves instead of reading them from cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape, unescape

from xlkpi.formula.excel import number
from xlkpi.workbook.live import Value, has_number

#: The values of a range of a sheet, such as `$A$1:$A$9`.
Cells = Callable[[str, str], Sequence[Value]]

_REFERENCE = re.compile(r"<c:(num|str|multiLvlStr)Ref>(.*?)</c:\1Ref>", re.DOTALL)
_NAME = re.compile(r"<c:tx>\s*<c:strRef>(.*?)</c:strRef>\s*</c:tx>", re.DOTALL)
_LABEL = re.compile(
    r"(<c:(?:dLbl|title)>(?:(?!</c:(?:dLbl|title)>).)*?)<c:tx>\s*<c:strRef>(.*?)</c:strRef>\s*</c:tx>", re.DOTALL
)
_FORMULA = re.compile(r"<c:f>(.*?)</c:f>", re.DOTALL)
_CODE = re.compile(r"<c:formatCode>.*?</c:formatCode>", re.DOTALL)
_PLACE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)")
_LINKED = re.compile(r'(<c:numFmt\b[^>]*?sourceLinked=)"1"')


def with_numbers(chart: str, cells: Cells) -> str:
    """A chart's part with the numbers and texts of its cells, and without references to them."""

    def first(reference: str) -> str:
        found = [v for v in _read(reference, cells) if v is not None]
        return escape(_told(found[0]), quote=False) if found else ""

    def literal(found: re.Match[str]) -> str:
        kind, values = found[1], _read(found[2], cells)
        if kind == "multiLvlStr":
            return '<c:strLit><c:ptCount val="0"/></c:strLit>'
        points = "".join(
            f'<c:pt idx="{i}"><c:v>{escape(_told(v), quote=False)}</c:v></c:pt>'
            for i, v in enumerate(values)
            if (has_number(v) if kind == "num" else v is not None)
        )
        code = _CODE.search(found[2])
        form = code[0] if code and kind == "num" else ""
        return f'<c:{kind}Lit>{form}<c:ptCount val="{len(values)}"/>{points}</c:{kind}Lit>'

    chart = _LABEL.sub(lambda found: f"{found[1]}<c:tx>{_rich(first(found[2]))}</c:tx>", chart)
    chart = _NAME.sub(lambda found: f"<c:tx><c:v>{first(found[1])}</c:v></c:tx>", chart)
    return _LINKED.sub(r'\1"0"', _REFERENCE.sub(literal, chart))


def _read(reference: str, cells: Cells) -> Sequence[Value]:
    formula = _FORMULA.search(reference)
    found = _PLACE.fullmatch(unescape(formula[1]).removeprefix("=")) if formula else None
    if found is None:
        return ()
    return cells((found[1] or found[2]).replace("''", "'"), found[3])


def _told(value: Value) -> str:
    return number(float(value)) if isinstance(value, float | int) else str(value)


def _rich(text: str) -> str:
    return f"<c:rich><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></c:rich>"
