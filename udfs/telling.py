"""Functions that tell: the list of functions, the help on one, and a KPI's working or the reason for its error."""

from __future__ import annotations

from typing import Any

from xlkpi.catalogue import KPI, say
from xlkpi.cli_catalogue import call as example_call
from xlkpi.cli_catalogue import example
from xlkpi.errors import XlkpiError
from xlkpi.formula import NoData
from xlkpi.formula.evaluate import read_input
from xlkpi.formula.local import localised
from xlkpi.formula.nodata import Stop
from xlkpi.language import text
from xlkpi.language.numbers import in_unit, plain

from . import arguments as read
from .cells import Cell, Rows, flat, is_range, single
from .registry import Function, functions
from .settings import catalogue, language, mistake

#: Rows of an addition that an explanation shows.
SHOWN = 6


def kpi_list(words: Any = None, family: Any = None) -> Rows:
    """Function, name, family and unit of the KPIs that words tell."""
    spoken, known = language(), catalogue()
    found = known.search(read.text(words), read.text(family) or None)
    if not found:
        raise Stop(NoData.MISSING)
    head: list[Cell] = [text(f"udfs.column.{name}", spoken) for name in ("function", "name", "family", "unit")]
    rows: Rows = [head]
    for kpi in found:
        family_name = say(known.families.get(kpi.family, {"en": kpi.family}), spoken)
        rows.append([kpi.function, kpi.label(spoken), str(family_name), text(f"kpi.units.{kpi.unit}", spoken)])
    return rows


def kpi_help(name: Any) -> Rows:
    """All about a function, as rows of a label and a text."""
    wanted = read.text(name)
    function = functions().get(wanted.upper())
    if function is not None and function.kpi is None:
        return _named_help(function, language())
    return _kpi_help(read.kpi(name), language())


def _kpi_help(kpi: KPI, spoken: str) -> Rows:
    known = catalogue()
    labels = {argument: known.describe_input(kpi, argument, spoken) for argument in kpi.inputs}
    rows: list[tuple[str, str]] = [
        ("name", kpi.label(spoken)),
        ("definition", say(kpi.definition, spoken)),
        ("question", say(kpi.question, spoken)),
        ("formula", kpi.compiled.in_words(labels, spoken)),
        *(("inputs", f"{argument}{text('kpi.colon', spoken)}{label}") for argument, label in labels.items()),
        ("example", example(kpi, spoken)),
        ("call", example_call(kpi, spoken)),
        *(("cautions", words) for words in say(kpi.pitfalls, spoken) or ()),
        ("note", say(kpi.note, spoken)),
    ]
    return _labelled(rows, spoken)


def _named_help(function: Function, spoken: str) -> Rows:
    colon = text("kpi.colon", spoken)
    rows: list[tuple[str, str]] = [
        ("name", str(say(function.title, spoken))),
        ("definition", str(say(function.summary, spoken))),
        *(("inputs", f"{a.name}{colon}{a.description(spoken)}") for a in function.arguments),
        ("call", localised(f"={function.example}", spoken)),
        ("size", str(say(function.size, spoken)) if function.size else ""),
    ]
    return _labelled(rows, spoken)


def _labelled(rows: list[tuple[str, str]], spoken: str) -> Rows:
    """Rows with their label at the first of each kind."""
    told: Rows = []
    before = ""
    for key, words in rows:
        if words:
            told.append([text(f"udfs.help.{key}", spoken) if key != before else None, words])
            before = key
    return told


def kpi_explain(name: Any, *figures: Any) -> str:
    """The working of a KPI with its numbers, or why there is an error, in words."""
    return explained(name, figures, language())


def explained(name: Any, figures: tuple[Any, ...], spoken: str) -> str:
    """The same in a language."""
    function = functions().get(read.text(name).upper())
    try:
        if function is not None and function.kpi is None:
            return _explain_named(function, figures, spoken)
        return _explain(read.kpi(name), figures, spoken)
    except XlkpiError as wrong:
        return "\n".join([wrong.text(spoken), *_own_mistake(spoken)])
    except Stop as stop:
        return text(f"udfs.reason.{stop.reason.name}", spoken)


def _own_mistake(spoken: str) -> list[str]:
    found = mistake()
    return [found.text(spoken)] if found is not None else []


def _explain_named(function: Function, figures: tuple[Any, ...], spoken: str) -> str:
    specified = function.arguments
    if len(figures) > len(specified) and not specified[-1].repeating:
        return text("udfs.too_many", spoken, wanted=", ".join(a.name for a in specified))
    wanted = sum(not a.optional and not a.repeating for a in specified)
    figures = (*figures, *[None] * (wanted - len(figures)))
    if function.name in ("KPI_TABLE", "KPI_VALUE"):
        from .tables import told

        return told(function.name, figures, spoken)
    if function.shape == "each" and any(is_range(v) and isinstance(single(v), NoData) for v in figures):
        return text("udfs.one_row", spoken)
    from .working import working

    worked = working(function.name, figures, spoken)
    if worked is not None:
        return worked
    if function.name == "SMART_STATUS":
        figures = (*figures[:9], *[None] * (9 - len(figures)), "why")
    found = function.run(*figures)
    if isinstance(found, NoData):
        return text(f"udfs.reason.{found.name}", spoken)
    return found if function.name == "SMART_STATUS" else str(say(function.summary, spoken))


def _explain(kpi: KPI, figures: tuple[Any, ...], spoken: str) -> str:
    if len(figures) > len(kpi.inputs):
        return text("udfs.too_many", spoken, wanted=", ".join(kpi.inputs))
    known = catalogue()
    given = dict(zip(kpi.inputs, (*figures, *[None] * (len(kpi.inputs) - len(figures))), strict=True))
    labels = {argument: known.describe_input(kpi, argument, spoken) for argument in kpi.inputs}
    if kpi.compiled.adds_rows:
        columns = {argument: flat(value) for argument, value in given.items()}
        found = kpi.compiled.outcome(**columns)
        shown = {argument: _rows(column, spoken) for argument, column in columns.items()}
        bad = {argument: _first_bad(kpi, argument, column) for argument, column in columns.items()}
    else:
        cells = {argument: single(value) for argument, value in given.items()}
        if any(is_range(v) and isinstance(cells[a], NoData) for a, v in given.items()):
            return text("udfs.one_row", spoken)
        found = kpi.compiled.outcome(**cells)
        shown = {argument: _shown(value, spoken) for argument, value in cells.items()}
        bad = {argument: _first_bad(kpi, argument, [value]) for argument, value in cells.items()}
    working = kpi.compiled.in_words(shown, spoken)
    if not isinstance(found, NoData):
        return f"{working} = {in_unit(found, kpi.unit, language=spoken)}"
    reason = text(f"udfs.reason.{found.name}", spoken)
    culprits = ", ".join(labels[argument] for argument, fault in bad.items() if fault is found)
    about = f" ({culprits})" if culprits else ""
    return f"{localised(found.value, spoken)}{text('kpi.colon', spoken)}{reason}{about}  {working}"


def _first_bad(kpi: KPI, argument: str, column: list[Cell]) -> NoData | None:
    """What is wrong with an input; a blank that the formula does without is not."""
    limits = kpi.compiled.limits.get(argument, (None, None))
    faults = [fault for v in column if isinstance(fault := read_input(v, limits), NoData)]
    wrong = next((fault for fault in faults if fault is not NoData.MISSING), None)
    blank = bool(faults) and len(faults) == len(column) and argument in kpi.compiled.required
    return wrong or (NoData.MISSING if blank else None)


def _shown(value: Cell, spoken: str) -> str:
    if isinstance(value, float):
        return plain(value, spoken)
    if value is None:
        return "–"
    return localised(value.value, spoken) if isinstance(value, NoData) else f"“{str(value)[:40]}”"


def _rows(column: list[Cell], spoken: str) -> str:
    separator = text("formula.separator", spoken)
    parts = [_shown(v, spoken) for v in column[:SHOWN]] + (["…"] if len(column) > SHOWN else [])
    return f"[{separator.join(parts)}]"
