"""What the task pane lists: every function and every button with its texts in each language, as JSON."""

from __future__ import annotations

import json
from typing import Any

from xlkpi.catalogue import Catalogue, say
from xlkpi.catalogue.model import fold
from xlkpi.cli_catalogue import example
from xlkpi.formula.local import localised
from xlkpi.language import languages, text
from xlkpi.starter import USUAL
from xlkpi.udfs.actions.buttons import buttons
from xlkpi.udfs.actions.new import GOALS
from xlkpi.udfs.registry import Function, functions
from xlkpi.udfs.settings import catalogue, settings

#: The families that are not the catalogue's.
OWN_FAMILIES = ("data", "smart", "tests", "help")
_made: list[tuple[Any, bytes]] = []


def catalogue_json() -> bytes:
    """The functions as JSON; made once for a registry."""
    registry = functions()
    if not _made or _made[0][0] is not registry:
        _made[:] = [(registry, json.dumps(listed(), ensure_ascii=False, separators=(",", ":")).encode())]
    return _made[0][1]


def listed() -> dict[str, Any]:
    """Languages, labels, families, functions and the ribbon's buttons."""
    known = catalogue()
    return {
        "language": settings().language,
        "texts": {language: _texts(language) for language in languages()},
        "families": _families(known),
        "functions": [_entry(function, known) for function in functions().values()],
        "goals": {goal: {c: text(f"objectives.goal.{goal}", c) for c in languages()} for goal in GOALS},
        "goal": USUAL,
        "buttons": [
            {"id": b.id, "office": b.office, "label": dict(b.label), "tip": dict(b.tip)} for b in buttons().values()
        ],
    }


def _texts(language: str) -> dict[str, str]:
    from xlkpi.language import texts

    prefix = "pane."
    return {key.removeprefix(prefix): words for key, words in texts(language).items() if key.startswith(prefix)}


def _families(known: Catalogue) -> list[dict[str, Any]]:
    used = dict.fromkeys(function.family for function in functions().values())
    return [{"id": family, "name": {c: _family(family, known, c) for c in languages()}} for family in used]


def _family(family: str, known: Catalogue, language: str) -> str:
    if family in OWN_FAMILIES:
        return text(f"udfs.family.{family}", language)
    return str(say(known.families.get(family, {"en": family}), language))


def _entry(function: Function, known: Catalogue) -> dict[str, Any]:
    kpi = known[function.kpi] if function.kpi else None
    labels = {c: {a: known.describe_input(kpi, a, c) for a in kpi.inputs} for c in languages()} if kpi else {}
    words = [function.name, *function.title.values(), *(kpi.aliases if kpi else ()), *function.summary.values()]
    return {
        "name": function.name,
        "family": function.family,
        "shape": function.shape,
        "title": dict(function.title),
        "definition": dict(function.summary),
        "formula": {c: kpi.compiled.in_words(labels[c], c) for c in languages()} if kpi else {},
        "example": {c: example(kpi, c) for c in languages()} if kpi else {},
        "call": {c: localised(f"={function.example}", c) for c in languages()},
        "pitfalls": {c: list(say(kpi.pitfalls, c) or ()) for c in languages()} if kpi else {},
        "arguments": [
            {
                "name": a.name,
                "help": {c: a.description(c) for c in languages()},
                "kind": a.kind,
                "optional": a.optional,
                "repeating": a.repeating,
            }
            for a in function.arguments
        ],
        "search": fold(" ".join(words)),
    }
