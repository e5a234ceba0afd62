"""What is written into the names, the validations and the conditional formats of a workbook that is open, so that it
can be put back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlkpi.workbook.compare import ConditionChange, ListChange, RuleChange

    from .open_book import OpenBook

#: The rules of validations, as files name them and in the order of Excel's numbers, from 1.
_TYPES = ("whole", "decimal", "list", "date", "time", "textLength", "custom")
_STYLES = ("stop", "warning", "information")
_OPERATORS = ("between", "notBetween", "equal", "notEqual", "greaterThan", "lessThan", "greaterThanOrEqual",
              "lessThanOrEqual")  # fmt: skip


def rename(opened: OpenBook, name: str, sheet: str | None, before: str, after: str) -> None:
    """Let a name lead elsewhere. Raises WorkbookError where it is not there."""
    wanted = name if sheet is None else f"{sheet}!{name}"
    found = next((n for n in opened.book.names if n.name.replace("'", "").casefold() == wanted.casefold()), None)
    if found is None:
        raise opened.error("open_book_others", what=wanted)

    def lead(formula: str) -> None:
        found.refers_to = f"={formula}"

    opened.undo.append(lambda: lead(before))
    lead(after)


def choose_from(opened: OpenBook, change: ListChange) -> None:
    """Let a drop-down offer another range."""
    opened.undo.append(lambda: _choose_from(opened, change.sheet, change.cells, change.source[0]))
    _choose_from(opened, change.sheet, change.cells, change.source[1])


def _choose_from(opened: OpenBook, sheet: str, cells: str, source: str) -> None:
    from xlkpi.workbook.formula_text import plain_sheet

    home, _, reference = source.rpartition("!")
    offered = opened.book.sheets[plain_sheet(home) if home else sheet].range(reference)
    for area in cells.split():
        opened.book.sheets[sheet].range(area).data_validation.set_list(offered)


def validate(opened: OpenBook, change: RuleChange) -> None:
    """Let a validation hold for other cells."""
    opened.undo.append(lambda: _validate(opened, change, change.cells[1], change.cells[0]))
    _validate(opened, change, *change.cells)


def _validate(opened: OpenBook, change: RuleChange, before: str, after: str) -> None:
    sheet, rule = opened.book.sheets[change.sheet], change.rule
    for area in {*before.split(), *after.split()}:  # Excel may have let some of them follow already
        sheet.range(area).api.Validation.Delete()
    kind, style, operator = (
        number_of(rule, name, words)
        for name, words in (("type", _TYPES), ("errorStyle", _STYLES), ("operator", _OPERATORS))
    )
    for area in after.split():
        cells, validation = sheet.range(area), sheet.range(area).api.Validation
        if change.operands[0].startswith('"'):  # xlwings knows what separates words in this Excel
            cells.data_validation.set_list(change.operands[0].strip('"').split(","))
        else:
            validation.Add(kind, style, operator, *(as_operand(operand) for operand in change.operands))
        validation.IgnoreBlank = rule.get("allowBlank") == "1"
        validation.ShowInput, validation.ShowError = (
            rule.get(name) == "1" for name in ("showInputMessage", "showErrorMessage")
        )
        validation.InputTitle, validation.InputMessage, validation.ErrorTitle, validation.ErrorMessage = (
            rule.get(name, "") for name in ("promptTitle", "prompt", "errorTitle", "error")
        )


def condition(opened: OpenBook, change: ConditionChange) -> None:
    """Let a conditional format have other cells or formulas. Raises WorkbookError where it is not there as expected."""
    home, cells = opened.book.sheets[change.sheet], change.cells
    rules = home.range(cells[0].split()[0]).api.FormatConditions
    present = [rules(i) for i in range(1, rules.Count + 1)]
    ours = [r for r in present if set(r.AppliesTo.Address.replace("$", "").split(",")) == set(cells[0].split())]
    changed = []
    for old, new in change.formulas.values():
        rule = next((r for r in ours if str(r.Formula1).removeprefix("=") == old and r not in changed), None)
        if rule is None or re.search(r'[(,"{]', new):  # Excel would read it in its own language
            raise opened.error("open_book_others", what=f"{change.sheet}!{cells[0]}")
        changed.append(rule)
        opened.undo.append(partial(rule.Modify, rule.Type, 0, f"={old}"))
        rule.Modify(rule.Type, 0, f"={new}")
    if cells[0] != cells[1]:  # where there is none of ours, Excel has let it follow the table
        before, after = (home.range(of.replace(" ", ",")).api for of in cells)
        for rule in ours:
            opened.undo.append(partial(rule.ModifyAppliesToRange, before))
            rule.ModifyAppliesToRange(after)


def number_of(rule: Mapping[str, str], name: str, words: Sequence[str]) -> int:
    """Excel's number for an attribute of a validation."""
    return words.index(rule.get(name, words[0])) + 1


def as_operand(operand: str) -> float | str:
    """An operand of a validation: a number as such, since Excel reads texts in its own language."""
    try:
        return float(operand)
    except ValueError:
        return f"={operand}"


__all__ = ["choose_from", "condition", "rename", "validate"]
