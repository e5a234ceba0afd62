"""The JSON Schema of a project file, so that editors complete and check it.

It is made from the models, widened by what may be written shorter, with descriptions in the user's language.
"""

from __future__ import annotations

from typing import Any, get_args

from xlkpi.objectives.shorthand import SYNONYMS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"$ref": "#/$defs/Text"}
_NAME = {"type": "string", "minLength": 1}
#: Keys that a KPI's loader fills in itself.
_FILLED = ("id", "family", "function", "variant_of", "limits")


def schema(language: str | None = None) -> dict[str, Any]:
    """The schema (draft 2020-12) of a project file, with descriptions in a language."""
    from xlkpi.objectives.model import IncludedFile, ProjectFile
    from xlkpi.validation import json_schema

    made = json_schema(ProjectFile)
    definitions = made.pop("$defs")
    part = json_schema(IncludedFile)
    definitions.update({name: d for name, d in part.pop("$defs").items() if name not in definitions})
    own = _own_kpis(definitions)
    definitions["Text"] = _text()
    for name, definition in {**definitions, "ProjectFile": made}.items():
        _translated(definition)
        _described(name, definition, language)
    _widen(definitions, made)
    made["properties"]["kpis"]["additionalProperties"] = own
    made["properties"]["measures"]["additionalProperties"] = {"type": "object"}
    return {"$schema": DRAFT, "title": "xlkpi", **made, "$defs": definitions}


def _text() -> dict[str, Any]:
    from xlkpi.language import languages

    every = {language: {"type": "string"} for language in languages()}
    many = {"type": "object", "properties": every, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [{"type": "string"}, many]}


def _own_kpis(definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a KPI of one's own; the models that it uses are added to the definitions."""
    from xlkpi.catalogue import KPI
    from xlkpi.validation import json_schema

    made = json_schema(KPI)
    definitions.update(made.pop("$defs", {}))
    keys: dict[str, Any] = {name: s for name, s in made["properties"].items() if name not in _FILLED}
    inputs = {"anyOf": [_NAME, {"$ref": "#/$defs/Input"}]}
    keys["inputs"] = {"anyOf": [{"type": "array", "items": _NAME}, {"type": "object", "additionalProperties": inputs}]}
    keys["variants"], keys["replaces"] = {"type": "object"}, {"type": "boolean"}
    required = [name for name in made["required"] if name in keys and name != "inputs"]
    definitions["KPI"] = {
        "type": "object",
        "properties": keys,
        "required": required,
        "additionalProperties": False,
    }
    return {"$ref": "#/$defs/KPI"}


def _translated(definition: dict[str, Any]) -> None:
    """A mapping of texts may be one plain text."""
    mapping = {"type": "object", "additionalProperties": {"type": "string"}}
    for name, key in definition.get("properties", {}).items():
        if {k: v for k, v in key.items() if k not in ("title", "default")} == mapping:
            definition["properties"][name] = dict(_TEXT)


def _described(model: str, definition: dict[str, Any], language: str | None) -> None:
    from xlkpi.language import has_text, text

    for name, key in definition.get("properties", {}).items():
        key.pop("title", None)
        at = f"objectives.key.{model}.{name}"
        if has_text(at, language):
            key["description"] = text(at, language)


def _widen(definitions: dict[str, Any], project: dict[str, Any]) -> None:
    """What may be written shorter, and the words that complete."""
    from xlkpi.catalogue import catalogue
    from xlkpi.objectives.audience import Format
    from xlkpi.objectives.project import GOALS

    objective = definitions["Objective"]["properties"]
    for key, known in (("kpi", list(catalogue())), ("goal", list(GOALS))):
        _either(objective, key, {"enum": known}, _NAME)
    _either(objective, "attainable", {"type": "string"}, {"$ref": "#/$defs/Attainable"})
    _either(
        objective,
        "expected",
        {"enum": ["linear", "seasonal"]},
        _many("CurvePoint"),
        {"$ref": "#/$defs/Expected"},
    )
    for key in ("stakeholders", "guards"):
        _either(objective, key, _NAME, {"type": "array", "items": _NAME})
    scalar = {"type": ["string", "number", "boolean"]}
    several = {"anyOf": [scalar, {"type": "array", "items": scalar}]}
    objective["where"].pop("additionalProperties", None)
    objective["where"]["additionalProperties"] = several
    actions = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Action"}]}
    objective["actions"] = {**_kept(objective["actions"]), "type": "array", "items": actions}
    attainable = definitions["Attainable"]["properties"]
    _either(attainable, "benchmark", {"$ref": "#/$defs/Benchmark"}, _many("Benchmark"))
    _either(attainable, "resources", {"type": "string"}, {"$ref": "#/$defs/Resources"})
    for key in ("benchmark", "resources"):
        objective[key] = attainable[key]
    for word, key in SYNONYMS.items():
        objective[word] = objective[key]
    names: tuple[dict[str, Any], ...] = (_NAME, {"type": "array", "items": _NAME})
    _either(definitions["AlertSettings"]["properties"], "off", *names)
    rule = definitions["AlertRule"]["properties"]
    for key in ("kpis", "objectives"):
        _either(rule, key, *names)
    _either(rule, "actions", _TEXT, {"type": "array", "items": _TEXT})
    people = definitions["Resources"]["properties"]
    _either(people, "people", _NAME, {"type": "array", "items": _NAME})
    _either(project["properties"], "include", _NAME, {"type": "array", "items": _NAME})
    audience = definitions["Audience"]["properties"]
    for key in ("team", "recipients"):
        _either(audience, key, _NAME, {"type": "array", "items": _NAME})
    formats = {"enum": list(get_args(Format))}
    _either(audience, "formats", formats, {"type": "array", "items": formats})
    goal = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Goal"}]}
    project["properties"]["goals"] = {
        **_kept(project["properties"]["goals"]),
        "type": "object",
        "additionalProperties": goal,
    }


def _many(model: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/$defs/{model}"}}


def _kept(key: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in key.items() if k == "description"}


def _either(keys: dict[str, Any], name: str, *options: dict[str, Any]) -> None:
    keys[name] = {**_kept(keys[name]), "anyOf": list(options)}
