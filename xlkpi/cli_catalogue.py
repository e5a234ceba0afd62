"""The catalogue as the command line shows it: a list, one KPI in full, and both as plain data."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from xlkpi.catalogue import KPI, Catalogue, say
from xlkpi.formula.local import localised
from xlkpi.language import languages, text
from xlkpi.language.numbers import in_unit, plain

COLUMNS = "BCDEFGHIJ"


def references(kpi: KPI) -> dict[str, str]:
    """Example cells for a KPI's arguments: B2, C2 ..., or columns of rows for one that adds up rows."""
    rows = "{0}2:{0}13" if kpi.compiled.adds_rows else "{0}2"
    return {name: rows.format(column) for name, column in zip(kpi.inputs, COLUMNS, strict=False)}


def call(kpi: KPI, language: str | None = None) -> str:
    """The function call as a language's Excel shows it: ``=KPI_ROI(B2;C2)``."""
    return localised(f"={kpi.function}({','.join(references(kpi).values())})", language)


def example(kpi: KPI, language: str | None = None) -> str:
    """The worked example: the formula with its numbers and the result in its unit."""
    result = in_unit(kpi.result, kpi.unit, language=language)
    single = {n: v for n, v in kpi.arguments.items() if isinstance(v, int | float)}
    if len(single) == len(kpi.arguments):
        return f"{kpi.compiled.with_numbers(single, language)} = {result}"
    shown = {n: _listed(v, language) for n, v in kpi.arguments.items()}
    return f"{kpi.compiled.in_words(shown, language)} = {result}"


def _listed(values: Any, language: str | None) -> str:
    rows = values if isinstance(values, tuple) else (values,)
    listed = text("formula.separator", language).join(plain(v, language) if v is not None else "–" for v in rows)
    return f"[{listed}]"


def kpis_as_text(kpis: Sequence[KPI], catalogue: Catalogue) -> str:
    """A table: identifier, name and call, grouped by family."""
    width = max(len(kpi.id) for kpi in kpis)
    names = max(len(kpi.label()) for kpi in kpis)
    lines: list[str] = []
    for family in dict.fromkeys(kpi.family for kpi in kpis):
        lines += ["", str(say(catalogue.families.get(family, {"en": family})))]
        lines += [f"  {k.id:<{width}}  {k.label():<{names}}  {call(k)}" for k in kpis if k.family == family]
    lines += ["", text("kpis.count", count=len(kpis)) + " " + text("kpis.more")]
    return "\n".join(lines).lstrip("\n")


def kpis_as_json(kpis: Sequence[KPI], catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "id": kpi.id,
            "name": kpi.label(),
            "family": kpi.family,
            "function": kpi.function,
            "definition": say(kpi.definition),
            "unit": kpi.unit,
            "direction": kpi.direction,
        }
        for kpi in kpis
    ]


def kpi_as_text(kpi: KPI, catalogue: Catalogue) -> str:
    """Everything about one KPI, on a page."""
    labels = {argument: catalogue.describe_input(kpi, argument) for argument in kpi.inputs}
    cells = references(kpi)
    width = min(100, max(60, shutil.get_terminal_size((100, 24)).columns))
    blocks: list[tuple[str, Sequence[str]]] = [
        ("definition", [say(kpi.definition)]),
        ("question", [say(kpi.question)]),
        ("formula", [kpi.compiled.in_words(labels)]),
        ("constants", [f"{name} = {plain(value)}" for name, value in kpi.constants.items()]),
        ("example", [example(kpi)]),
        ("inputs", [f"{argument} ({cells[argument]}){text('kpi.colon')}{labels[argument]}" for argument in kpi.inputs]),
        ("call", [f"{text('kpi.in_excel', language)} {call(kpi, language)}" for language in reversed(languages())]),
        ("native", [localised("=" + kpi.excel(cells)), text("kpi.short") + " " + _short(kpi, cells)]),
        ("facts", [_facts(kpi, catalogue)]),
        ("cautions", say(kpi.pitfalls) or []),
        ("beside", _beside(kpi, catalogue)),
        ("variants", [f"{v.id}{text('kpi.colon')}{v.label()}" for v in _variants(kpi, catalogue)]),
        ("note", [say(kpi.note)]),
        ("source", [kpi.source.quote] if kpi.source else []),
    ]
    lines = [f"{kpi.label()}  ·  {kpi.id}", ""]
    for key, paragraphs in blocks:
        paragraphs = [p for p in paragraphs if p]
        if paragraphs:
            lines.append(text(f"kpi.{key}"))
            lines += [
                line for p in paragraphs for line in _wrapped(p, width, many=len(paragraphs) > 1 and key != "native")
            ]
    return "\n".join(lines)


def _short(kpi: KPI, cells: Mapping[str, str]) -> str:
    return localised("=" + kpi.excel(cells, guarded=False))


def _wrapped(paragraph: str, width: int, *, many: bool) -> list[str]:
    if "=" in paragraph.split()[0] or (" =" in paragraph and not many):
        return ["  " + paragraph]  # a formula is for copying: never broken
    bullet = "  • " if many else "  "
    return textwrap.wrap(
        paragraph, width, initial_indent=bullet, subsequent_indent=" " * len(bullet), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _facts(kpi: KPI, catalogue: Catalogue) -> str:
    facts = [
        str(say(catalogue.families.get(kpi.family, {"en": kpi.family}))),
        text(f"kpi.kinds.{kpi.kind}"),
        text(f"kpi.natures.{kpi.nature}"),
        text("kpi.unit", unit=text(f"kpi.units.{kpi.unit}")),
        text(f"kpi.directions.{kpi.direction}"),
        text("kpi.cadence", cadence=text(f"kpi.cadences.{kpi.cadence}")),
    ]
    if kpi.vanity:
        facts.append(text("kpi.vanity"))
    return " · ".join(facts)


def _beside(kpi: KPI, catalogue: Catalogue) -> list[str]:
    ids = dict.fromkeys([*([kpi.companion] if kpi.companion else []), *kpi.guard])
    return [f"{id}{text('kpi.colon')}{catalogue[id].label()}" for id in ids]


def _variants(kpi: KPI, catalogue: Catalogue) -> list[KPI]:
    top = kpi.variant_of or kpi.id
    return [other for other in catalogue.values() if top in (other.id, other.variant_of) and other.id != kpi.id]


def kpi_as_json(kpi: KPI, catalogue: Catalogue) -> dict[str, Any]:
    """Everything about one KPI as plain data; texts in the current language."""
    cells = references(kpi)
    return {
        "id": kpi.id,
        "function": kpi.function,
        "name": kpi.label(),
        "names": kpi.name,
        "family": kpi.family,
        "definition": say(kpi.definition),
        "question": say(kpi.question),
        "formula": kpi.formula,
        "constants": kpi.constants,
        "inputs": [
            {"name": name, "measure": i.measure, "at": i.at, "of": i.of, "label": catalogue.describe_input(kpi, name)}
            for name, i in kpi.inputs.items()
        ],
        "unit": kpi.unit,
        "direction": kpi.direction,
        "kind": kpi.kind,
        "nature": kpi.nature,
        "vanity": kpi.vanity,
        "companion": kpi.companion,
        "guard": list(kpi.guard),
        "cadence": kpi.cadence,
        "pitfalls": list(say(kpi.pitfalls) or []),
        "example": {**kpi.arguments, "result": kpi.result, "text": example(kpi)},
        "excel": "=" + kpi.excel(cells),
        "lambda": "=" + kpi.lambda_(),
        "calls": {language: call(kpi, language) for language in languages()},
        "formulas": {language: localised("=" + kpi.excel(cells), language) for language in languages()},
        "variant_of": kpi.variant_of,
        "variants": [v.id for v in _variants(kpi, catalogue)],
        "goals": list(kpi.goals),
        "aliases": list(kpi.aliases),
        "note": say(kpi.note) or None,
        "source": {"row": kpi.source.row, "quote": kpi.source.quote} if kpi.source else None,
    }
