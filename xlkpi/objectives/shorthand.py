"""What people may write shorter: plain texts for translated ones, a word for a list of one, words for keys.

Also finds what a starter project leaves to fill in, and takes it out, so that it is told as that and not as a
text where a number belongs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from xlkpi.documents import Document, Path_
from xlkpi.errors import Place, Problem

#: Other words for a key of an objective. The letter R of SMART is told as "Réaliste" by some: realistic means
#: attainable, and relevant has a key of its own.
SYNONYMS = {
    "realistic": "attainable", "réaliste": "attainable", "realiste": "attainable", "achievable": "attainable",
    "atteignable": "attainable", "pertinent": "relevant", "deadline": "due",
}  # fmt: skip
#: Settings that are lists, and their texts.
_CONTEXT = {"swot": ("text",), "reconcile": ("name",), "rubrics": ("criterion",), "drivers": ()}
_TEXTS = {"title", "specific", "relevant", "decision"}
_LISTS = {"stakeholders", "guards"}
_AUDIENCE_LISTS = {"team", "recipients", "formats"}
_SECTIONS = {("sources",), ("measures",), ("kpis",), ("goals",), ("audiences",)}  # an empty entry here is a mistake
#: The texts of entries in lists of a project.
_LINES = {"experiments": ("hypothesis", "metric", "decision", "lesson"), "journal": ("text", "about")}
_NUMBERS = {"baseline", "target", "low", "high", "success", "failure", "value", "share", "budget", "cost", "effort"}
_TYPED = re.compile(r"([-+]?\d{1,3}(?:[ \u00a0\u202f']?\d{3})*)(?:[.,](\d+))?[ \u00a0\u202f]?(%|[€$£])?")
_KEY = re.compile(r"[^\W\d][\w.-]*")
_ALWAYS = {"id", "title", "name", "task", "xlkpi"}  # required keys: their text stays, even unedited


@dataclass(frozen=True)
class Unedited:
    """A place that a starter project left to fill in; ``path`` leads to it from the file's top."""

    path: Path_
    place: Place


@dataclass(frozen=True)
class Expanded(Document):
    """A document whose values are asked for by the keys that are meant: ``moved`` leads to those written."""

    moved: dict[Path_, Path_] = field(default_factory=dict)

    def place(self, path: Path_ = ()) -> Place:
        written = path
        for length in range(1, len(path) + 1):  # from the outside in: an inner key may stand in a moved one
            if path[:length] in self.moved:
                written = (*self.moved[path[:length]], *path[length:])
        return super().place(written)


class Shorthand:
    """Turns a file's data into what the models take. ``problems`` and ``unedited`` tell what was met."""

    def __init__(self, document: Document) -> None:
        self.document = Expanded(document.data, document.file, document.lines)
        self.problems: list[Problem] = []
        self.unedited: list[Unedited] = []

    def expanded(self) -> Any:
        """The data with every shorthand written out; what is no mapping is given back as it is."""
        data = self._filled_in(self.document.data, ())
        if not isinstance(data, dict):
            return data
        out = dict(data)
        if isinstance(out.get("include"), str):
            out["include"] = (out["include"],)
        self._translate(out, ("name",), ())
        for id, goal in _entries(out.get("goals")):
            out["goals"] = {**out["goals"], id: self._goal(goal, ("goals", id))}
        for id, audience in _entries(out.get("audiences")):
            out["audiences"] = {**out["audiences"], id: self._audience(audience, ("audiences", id))}
        for section, keys in _CONTEXT.items():
            if isinstance(out.get(section), tuple):
                rows = [dict(raw) if isinstance(raw, dict) else raw for raw in out[section]]
                for i, raw in enumerate(rows):
                    if isinstance(raw, dict):
                        self._translate(raw, keys, (section, i))
                out[section] = tuple(rows)
        for raw in out["drivers"] if isinstance(out.get("drivers"), tuple) else ():
            if isinstance(raw, dict):
                raw |= {key: _listed(raw[key]) for key in ("factors", "divisors") if key in raw}
        if isinstance(out.get("objectives"), tuple):
            out["objectives"] = tuple(
                self._objective(raw, ("objectives", i)) if isinstance(raw, dict) else raw
                for i, raw in enumerate(out["objectives"])
            )
        for section, texts in _LINES.items():
            if isinstance(out.get(section), tuple):
                out[section] = tuple(self._line(raw, texts, (section, i)) for i, raw in enumerate(out[section]))
        self._each(out, "alerts", (), self._alerts)
        return out

    def _line(self, raw: Any, texts: tuple[str, ...], path: Path_) -> Any:
        """An experiment, or a line of the journal."""
        if not isinstance(raw, dict):
            return raw
        out = dict(raw)
        self._translate(out, texts, path)
        for side in ("a", "b"):
            self._each(out, side, path, lambda part, at: self._translate(part, ("name",), at))
        return out

    def _alerts(self, part: dict[str, Any], path: Path_) -> None:
        if "off" in part:
            part["off"] = _listed(part["off"])
        rules = part.get("rules")
        if isinstance(rules, tuple):
            part["rules"] = tuple(
                self._rule(raw, (*path, "rules", i)) if isinstance(raw, dict) else raw for i, raw in enumerate(rules)
            )

    def _rule(self, raw: dict[str, Any], path: Path_) -> dict[str, Any]:
        out = dict(raw)
        self._translate(out, ("title", "risk", "diagnosis"), path)
        for key in {"kpis", "objectives", "actions"} & out.keys():
            out[key] = _listed(out[key])
        if isinstance(out.get("actions"), tuple):
            out["actions"] = tuple(_everywhere(a) if isinstance(a, str) else a for a in out["actions"])
        return out

    def _goal(self, raw: Any, path: Path_) -> Any:
        if isinstance(raw, str):
            return {"name": _everywhere(raw)}
        if isinstance(raw, dict):
            raw = dict(raw)
            self._translate(raw, ("name",), path)
        return raw

    def _audience(self, raw: Any, path: Path_) -> Any:
        if not isinstance(raw, dict):
            return raw
        out = {key: _listed(value) if key in _AUDIENCE_LISTS else value for key, value in raw.items()}
        self._translate(out, ("name",), path)
        return out

    def _objective(self, raw: dict[str, Any], path: Path_) -> dict[str, Any]:
        out = self._renamed(raw, path)
        self._translate(out, _TEXTS, path)
        for key in _LISTS & out.keys():
            out[key] = _listed(out[key])
        if isinstance(out.get("where"), dict):
            out["where"] = {name: _listed(value) for name, value in out["where"].items() if value != ()}
        if "expected" in out:
            out["expected"] = _expected(out["expected"])
        self._attainable(out, path)
        self._each(out, "override", path, lambda part, at: self._translate(part, ("reason",), at))
        self._each(out, "quality", path, lambda part, at: self._translate(part, tuple(part), at))
        if isinstance(out.get("actions"), tuple):
            actions = [
                dict(a) if isinstance(a, dict) else {"task": a} if isinstance(a, str) else a for a in out["actions"]
            ]
            for i, action in enumerate(actions):
                if isinstance(action, dict):
                    self._translate(action, ("task", "effect"), (*path, "actions", i))
            out["actions"] = tuple(actions)
        if isinstance(out.get("revisions"), tuple):
            revisions = [dict(r) if isinstance(r, dict) else r for r in out["revisions"]]
            for i, revision in enumerate(revisions):
                if isinstance(revision, dict):
                    self._translate(revision, ("why",), (*path, "revisions", i))
            out["revisions"] = tuple(revisions)
        return out

    def _renamed(self, raw: dict[str, Any], path: Path_) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in raw.items():
            name = SYNONYMS.get(key, key)
            if name != key and name in raw:
                place = self.document.place((*path, key))
                self.problems.append(Problem("objective_synonym_twice", {"name": key, "same": name}, place))
            else:
                if name != key:
                    self._alias((*path, key), (*path, name))
                out[name] = value
        return out

    def _alias(self, written: Path_, meant: Path_) -> None:
        """A value keeps its line under the key that is meant."""
        self.document.moved[meant] = written

    def _attainable(self, out: dict[str, Any], path: Path_) -> None:
        """Plain text is the why; benchmark and resources may stand at the objective itself."""
        given = out.get("attainable")
        part = {"why": given} if isinstance(given, str) else given if given is not None else {}
        if not isinstance(part, dict):
            return
        part = dict(part)
        for key in ("benchmark", "resources"):
            if key in out and key in part:
                place = self.document.place((*path, key))
                self.problems.append(
                    Problem("objective_synonym_twice", {"name": key, "same": f"attainable.{key}"}, place)
                )
                del out[key]
            elif key in out:
                part[key] = out.pop(key)
                self._alias((*path, key), (*path, "attainable", key))
        at = (*path, "attainable")
        self._translate(part, ("why",), at)
        if isinstance(part.get("resources"), str):
            part["resources"] = {"what": part["resources"]}
        self._each(part, "resources", at, self._resources)
        if isinstance(part.get("benchmark"), dict):
            part["benchmark"] = (part["benchmark"],)
            self._alias((*at, "benchmark"), (*at, "benchmark", 0))
        if part:
            out["attainable"] = part

    def _resources(self, part: dict[str, Any], path: Path_) -> None:
        self._translate(part, ("what",), path)
        if "people" in part:
            part["people"] = _listed(part["people"])

    def _each(
        self, out: dict[str, Any], key: str, path: Path_, change: Callable[[dict[str, Any], Path_], None]
    ) -> None:
        if isinstance(out.get(key), dict):
            out[key] = dict(out[key])
            change(out[key], (*path, key))

    def _translate(self, out: dict[str, Any], keys: Any, path: Path_) -> None:
        """Plain texts become texts in every language; anything else is told as no text."""
        from xlkpi.language import languages

        for key in keys:
            value, place = out.get(key), self.document.place((*path, key))
            if isinstance(value, str):
                out[key] = _everywhere(value)
            elif isinstance(value, dict):
                for language in value.keys() - set(languages()):
                    values = {"key": language, "known": ", ".join(languages())}
                    self.problems.append(Problem("key_unknown", values, self.document.place((*path, key, language))))
                out[key] = {k: v for k, v in value.items() if k in languages()}
            elif value is not None:
                self.problems.append(Problem("want_text", {"value": str(value)[:60]}, place))
                out[key] = _everywhere(str(value))
            elif key in out and key not in _ALWAYS:
                del out[key]

    def _filled_in(self, value: Any, path: Path_) -> Any:
        """The data without what is still to fill in, each such place noted; empty values count as absent."""
        if isinstance(value, dict):
            self._cut_at_commas(value, path)
            kept = {key: self._filled_in(inner, (*path, key)) for key, inner in value.items()}
            if kept.get("value") is None and value.get("value") is not None:
                return None  # a benchmark, say, whose number is still to come
            return kept if path in _SECTIONS else {k: v for k, v in kept.items() if v is not None}
        if isinstance(value, tuple):
            items = [(v, self._filled_in(v, (*path, i))) for i, v in enumerate(value)]
            return tuple(kept for written, kept in items if kept is not None or written is None)
        typed = path[:1] == ("objectives",) and path[-1] in _NUMBERS and "where" not in path
        if typed and (number := self._number(value, path)) is not None:
            return number
        if isinstance(value, str) and (marker := marked(value)):
            self.unedited.append(Unedited(path, self.document.place(path)))
            whole = value.strip().casefold() == marker
            return None if whole and not (path and path[-1] in _ALWAYS) else value
        return value

    def _cut_at_commas(self, value: dict[str, Any], path: Path_) -> None:
        """{value: 2,5} and {fr: Paris, Lyon} are cut at their commas: what follows becomes a key without a value."""
        from xlkpi.language import languages

        if "where" in path or path[:1] == ("sources",):
            return  # dimensions and columns have the names that they have
        text = not value.keys().isdisjoint(languages())
        for key in [key for key, inner in value.items() if inner is None]:
            if (text and key not in languages()) or not _KEY.fullmatch(str(key)):
                self.problems.append(Problem("objective_comma", {"rest": str(key)}, self.document.place((*path, key))))

    def _number(self, value: Any, path: Path_) -> float | None:
        """The number meant by one written as people write them ("3 %", "1 234"), or by one that is not finite, with
        the problem noted; None for anything else. A lone decimal comma is told by the model.
        """
        place = self.document.place(path)
        if isinstance(value, float) and not math.isfinite(value):
            self.problems.append(Problem("objective_not_finite", {"name": path[-1]}, place))
            return 1.0
        found = _TYPED.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None or (value.isascii() and value.replace(",", "").lstrip("+-").isdigit()):
            return None
        digits = re.sub(r"[^-\d]", "", found[1])
        number = Decimal(f"{digits}.{found[2] or 0}") / (100 if found[3] == "%" else 1)
        plain = f"{number.normalize():f}"
        self.problems.append(Problem("objective_number_typed", {"value": value, "number": plain}, place))
        return float(number)


def marked(text: str) -> str | None:
    """The mark of a place to fill in that a text holds, in lower case; None when it holds none."""
    folded = text.casefold()
    return next((mark for mark in markers() if mark in folded), None)


@lru_cache(maxsize=1)
def markers() -> tuple[str, ...]:
    """The marks of all languages, in lower case."""
    from xlkpi.language import languages, text

    return tuple(text("starter.fill_in", language).casefold() for language in languages())


def _everywhere(words: str) -> dict[str, str]:
    from xlkpi.language import languages

    return dict.fromkeys(languages(), words) if words.strip() else {}


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str | int | float) else value


def _expected(value: Any) -> Any:
    if isinstance(value, str):
        return {"shape": value}
    if isinstance(value, tuple):
        return {"shape": "curve", "points": value}
    return {"shape": "curve", **value} if isinstance(value, dict) and "points" in value else value


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(list(value.items())) if isinstance(value, dict) else iter(())
