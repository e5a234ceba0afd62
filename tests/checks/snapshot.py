"""A workbook as readable text, to be compared with a stored one.

    compare(path, Path("tests/snapshots/demo_fr.txt"))

`XLKPI_UPDATE_SNAPSHOTS=1` writes the stored texts anew; look at what changed before you commit it.
"""

from __future__ import annotations

import difflib
import itertools
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.checks.reading import Book, Element, Sheet, SheetCell, Value, letters_of, local

UPDATE = "XLKPI_UPDATE_SNAPSHOTS"
MOST_LINES = 80  # of a difference, in a test's message
_DIGITS = 12  # programs and machines differ in the last ones
_VOLATILE = {
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?": "<time>",
    r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}": "<guid>",
}
_SHOWN = ("tabColor", "pane", "sheetProtection", "pageSetup", "oddHeader", "oddFooter")


def compare(path: Path, stored: Path, mask: Mapping[str, str] | None = None) -> None:
    """Fail the test where a workbook's text is not the stored one. `mask`: more regular expressions to replace."""
    text = snapshot(path, mask)
    if os.environ.get(UPDATE) == "1":
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_text(text, encoding="utf-8")
        return
    if not stored.exists():
        pytest.fail(f"{stored.name} does not exist; {UPDATE}=1 writes it", pytrace=False)
    expected = stored.read_text(encoding="utf-8")
    if text != expected:
        lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), stored.name, path.name, lineterm="", n=1)
        difference = "\n".join(itertools.islice(lines, MOST_LINES))
        pytest.fail(f"{difference}\n({UPDATE}=1 writes {stored.name} anew)", pytrace=False)


def snapshot(path: Path, mask: Mapping[str, str] | None = None) -> str:
    """A workbook as text: names, tables, and for each sheet its cells with format, formula and value, its columns,
    merged ranges, validations, conditional formats, sparklines and charts. Times and identifiers are masked."""
    text = "\n".join(_lines(Book(path))) + "\n"
    for pattern, word in {**_VOLATILE, **(mask or {})}.items():
        text = re.sub(pattern, word, text)
    return text


def _lines(book: Book) -> Iterator[str]:
    if "docProps/core.xml" in book.parts:
        for e in book.tree("docProps/core.xml"):
            if e.text:
                yield f"{local(e)}: {e.text}"
    for name in book.names:
        scope = f" ({name.sheet})" if name.sheet else ""
        yield f"name {name.name}{scope}{' hidden' if name.hidden else ''} = {name.formula}"
    for sheet in book.sheets:
        yield f"\n== {sheet.name}{'' if sheet.visible else f' ({sheet.state})'}"
        yield from _sheet(book, sheet)


def _sheet(book: Book, sheet: Sheet) -> Iterator[str]:
    for name in _SHOWN:
        for e in sheet.elements(name):
            yield f"{name}: {_attributes(e)}{' ' + e.text if e.text else ''}"
    for e in sheet.elements("col"):
        first, last = int(e.get("min", "1")), int(e.get("max", "1"))
        span = letters_of(first) if first == last else f"{letters_of(first)}:{letters_of(last)}"
        hidden = " hidden" if e.get("hidden") in ("1", "true") else ""
        yield f"width {span} {_number(float(e.get('width', '0')))}{hidden}"
    for e in sheet.elements("row"):
        if e.get("customHeight") or e.get("hidden"):
            yield f"height {e.get('r')} {'hidden' if e.get('hidden') else e.get('ht')}"
    for table in book.tables:
        if table.sheet == sheet.name:
            columns = ", ".join(f"{name} = {formula}" if formula else name for name, formula in table.columns.items())
            yield f"table {table.name} {table.reference}: {columns}"
    yield from (f"merged {e.get('ref')}" for e in sheet.elements("mergeCell"))
    yield from _rules(sheet)
    yield from _drawings(book, sheet)
    for cell in sheet.listed:
        if cell.value is not None or cell.formula is not None:
            yield _cell(cell, book.number_formats)


def _cell(cell: SheetCell, formats: list[str]) -> str:
    code = formats[cell.style] if cell.style < len(formats) else "?"
    shown = f" [{code}]" if code else ""
    formula = f" = {cell.formula}" if cell.formula is not None else ""
    arrow = " ->" if formula else ""
    return f"{cell.address}{shown}{formula}{arrow} {_value(cell.value)}"


def _value(value: Value) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return str(value).upper()
    return _number(value) if isinstance(value, float) else repr(value)


def _number(value: float) -> str:
    return f"{value:.{_DIGITS}g}"


def _rules(sheet: Sheet) -> Iterator[str]:
    for e in sheet.elements("dataValidation"):
        yield f"validation {e.get('sqref') or _child_text(e, 'sqref')}: {_attributes(e, but=('sqref',))} {_texts(e)}"
    for area in sheet.elements("conditionalFormatting"):
        for rule in (e for e in area if local(e) == "cfRule"):
            where = area.get("sqref") or _child_text(area, "sqref")
            parts = [f"{local(e)}({_attributes(e)})" for e in rule.iter() if local(e) in ("iconSet", "cfvo", "color")]
            yield " ".join(("conditional", where, _attributes(rule, but=("id",)), *parts, _texts(rule)))
    for group in sheet.elements("sparklineGroup"):
        kind = group.get("type", "line")
        for line in (e for e in group.iter() if local(e) == "sparkline"):
            yield f"sparkline {kind} {_child_text(line, 'sqref')}: {_child_text(line, 'f')}"
    for e in sheet.elements("hyperlink"):
        yield f"link {e.get('ref')}: {e.get('location') or e.get('display') or 'outside'}"


def _drawings(book: Book, sheet: Sheet) -> Iterator[str]:
    for drawing in sheet.related("drawing"):
        targets = {r.identifier: r.target for r in book.relations(drawing.target)}
        for anchor in book.tree(drawing.target):
            yield from _anchored(book, anchor, targets)


def _anchored(book: Book, anchor: Element, targets: Mapping[str, str]) -> Iterator[str]:
    corners = [
        [e.text for e in corner if local(e) in ("col", "row")] for corner in anchor if local(corner) in ("from", "to")
    ]
    where = ":".join(f"{letters_of(int(col or 0) + 1)}{int(row or 0) + 1}" for col, row in corners)
    for e in anchor.iter():
        if local(e) == "cNvPr":
            yield f"drawing {where} {e.get('name')!r}: {e.get('descr') or '(no text)'}"
        if local(e) in ("chart", "blip"):
            identifier = next((v for k, v in e.attrib.items() if k.endswith(("}id", "}embed"))), "")
            part = targets.get(identifier, "")
            yield f"  {posixpath.basename(part)}"
            if local(e) == "chart":
                yield from _chart(book.tree(part))


def _chart(root: Element) -> Iterator[str]:
    title = "".join(t.text or "" for e in root.iter() if local(e) == "title" for t in e.iter() if local(t) == "t")
    if title:
        yield f"  title {title!r}"
    for plot in (e for e in root.iter() if local(e).endswith("Chart") and local(e) != "chart"):
        for series in (e for e in plot if local(e) == "ser"):
            found = {}
            for role in series:
                formula = next((e.text for e in role.iter() if local(e) == "f"), None)
                if formula and local(role) in ("tx", "cat", "val", "xVal", "yVal", "bubbleSize"):
                    points = [e.text or "" for e in role.iter() if local(e) == "v"]
                    found[local(role)] = f"{formula} ({', '.join(points[:12])}{' ...' if len(points) > 12 else ''})"
            yield f"  {local(plot)}: " + "; ".join(f"{role} {text}" for role, text in found.items())


def _child_text(e: Element, name: str) -> str:
    return next((x.text or "" for x in e.iter() if local(x) == name), "")


def _texts(e: Element) -> str:
    names = ("formula", "formula1", "formula2", "f")
    return " | ".join(x.text for x in e.iter() if local(x) in names and x.text)


def _attributes(e: Element, but: Iterable[str] = ()) -> str:
    return " ".join(f"{k.rsplit('}', 1)[-1]}={v!r}" for k, v in e.attrib.items() if k not in but)
