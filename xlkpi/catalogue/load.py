"""Loading KPIs and measures from YAML: the shipped families, and a user's own beside them.

Every mistake in every file is reported at once, with file, line, key and what to write; nothing is half-loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.catalogue.model import KPI, Catalogue, Input, Measure, Source, Translated
from xlkpi.errors import DefinitionError, FormulaError, Problem

if TYPE_CHECKING:
    from xlkpi.documents import Document, Path_

HERE = Path(__file__).parent
#: Keys of an entry that are filled in by the loader and not written by people.
_FILLED = {"id", "family", "variant_of", "limits"}
_OWN_FAMILY = "own"


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue that ships with xlkpi."""
    from xlkpi.cache import cached

    paths = sorted(HERE.glob("*.yaml"))
    code = [*sorted(HERE.glob("*.py")), *sorted((HERE.parent / "formula").glob("*.py"))]
    return _thawed(cached("catalogue", paths, lambda: asdict(load_files(paths)), code))


def load_files(paths: Iterable[Path]) -> Catalogue:
    """A catalogue from YAML files of families and measures. Raises DefinitionError with every problem found."""
    loader = _Loader(Catalogue({}, {}, {}))
    for path in paths:
        loader.read_file(path)
    return loader.catalogue()


def extended(base: Catalogue, document: Document, path: Path_ = ()) -> Catalogue:
    """A catalogue with a user's own KPIs and measures added.

    The document has, at ``path``, a mapping with ``kpis`` (entries as in the shipped files) and perhaps ``measures``.
    An id that exists already is an error, unless the entry says ``replaces: true``.
    Raises DefinitionError with every problem found.
    """
    loader = _Loader(base)
    section = document.data
    for part in path:
        section = section[part]
    loader.read_section(section, document, path, _OWN_FAMILY)
    return loader.catalogue()


def load_own(path: Path | str) -> Catalogue:
    """The shipped catalogue with the KPIs of a user's own YAML file or project file. Raises DefinitionError."""
    from xlkpi.documents import read

    document = read(path)
    if isinstance(document.data, dict) and "xlkpi" in document.data:  # a project file: its other sections are not ours
        own = {key: value for key, value in document.data.items() if key in ("kpis", "measures")}
        document = replace(document, data=own)
    return extended(catalogue(), document)


@dataclass(frozen=True)
class _Entry:
    """Where a KPI or measure was written."""

    document: Document
    path: Path_

    def located(self, problem: Problem) -> Problem:
        key: list[str | int] = []
        for part in (problem.place.key or "").split("."):
            name, _, index = part.partition("[")
            key += [name, *([int(index.rstrip("]")) - 1] if index else [])]
        place = self.document.place((*self.path, *(k for k in key if k != "")))
        placed = Problem(problem.code, problem.values, excerpt=problem.excerpt)
        return placed.at(file=place.file, line=place.line, key=place.key, column=problem.place.column)


class _Loader:
    def __init__(self, base: Catalogue) -> None:
        self.base = base
        self.measures = dict(base.measures)
        self.kpis = dict(base.kpis)
        self.families = dict(base.families)
        self.new: dict[str, _Entry] = {}
        self.new_measures: dict[str, _Entry] = {}
        self.problems: list[Problem] = []

    def read_file(self, path: Path) -> None:
        from xlkpi.documents import read

        try:
            document = read(path)
        except DefinitionError as mistake:
            self.problems += mistake.problems
            return
        self.read_section(document.data, document, (), path.stem)

    def read_section(self, section: Any, document: Document, path: Path_, family: str) -> None:
        top = _Entry(document, path)
        if not isinstance(section, dict):
            self._found(top, Problem("want_mapping", {"value": str(section)[:60]}))
            return
        known = {"family", "name", "kpis", "measures"}
        for key in section.keys() - known:
            self._found(top, Problem("key_unknown", {"key": key, "known": ", ".join(sorted(known))}).at(key=key))
        family = self._family(section, top, family)
        for kind, add in (("measures", self._add_measure), ("kpis", self._add_kpi)):
            entries = section.get(kind) or {}
            if not isinstance(entries, dict):
                self._found(top, Problem("want_mapping", {"value": str(entries)[:60]}).at(key=kind))
                continue
            for id, raw in entries.items():
                entry = _Entry(document, (*path, kind, id))
                if isinstance(raw, dict):
                    add(id, raw, entry, family)
                else:
                    self._found(entry, Problem("want_mapping", {"value": str(raw)[:60]}))

    def _family(self, section: Mapping[str, Any], top: _Entry, family: str) -> str:
        name = _translated(section).get("name", {})
        if not isinstance(name, dict) or not all(isinstance(words, str) for words in name.values()):
            self._found(top, Problem("want_text", {"value": str(name)[:60]}).at(key="name"))
        family = section.get("family", family)
        if not isinstance(family, str):
            self._found(top, Problem("want_text", {"value": str(family)[:60]}).at(key="family"))
            return _OWN_FAMILY
        if name:
            self.families[family] = name
        return family

    def catalogue(self) -> Catalogue:
        """The whole, once every entry was read and checked. Raises DefinitionError."""
        from xlkpi.catalogue.checks import measure_problems, problems

        for id in sorted(self.kpis.keys() & self.measures.keys()):
            self._found(self.new.get(id) or self.new_measures[id], Problem("measure_clash", {"id": id}))
        for id in self.kpis if self.new_measures else self.new:  # a replaced measure may have other limits
            self.kpis[id] = self._with_limits(self.kpis[id])
        made = Catalogue(self.kpis, self.measures, self.families)
        for id, entry in self.new_measures.items():
            for problem in measure_problems(self.measures[id], made):
                self._found(entry, problem)
        for id, entry in self.new.items():
            for problem in problems(self.kpis[id], made):
                self._found(entry, problem)
        if self.problems:
            raise DefinitionError(self.problems)
        return made

    # --- entries -------------------------------------------------------------------------------------------------

    def _add_measure(self, id: str, raw: dict[str, Any], entry: _Entry, _: str) -> None:
        raw = dict(raw)
        self._claim(id, raw, entry, self.measures)
        if "id" in raw:
            self._found(entry, Problem("key_unknown", {"key": "id", "known": "name, unit, aggregate ..."}).at(key="id"))
        measure = self._validated(Measure, {**_translated(raw), "id": id}, entry)
        if measure:
            self.measures[id], self.new_measures[id] = measure, entry

    def _add_kpi(self, id: str, raw: dict[str, Any], entry: _Entry, family: str, parent: str | None = None) -> None:
        raw = dict(raw)
        variants = raw.pop("variants", None) or {}
        self._claim(id, raw, entry, self.kpis)
        for key in _FILLED & raw.keys():
            self._found(entry, Problem("key_unknown", {"key": key, "known": "name, formula, unit ..."}).at(key=key))
        filled = {
            "function": f"KPI_{id.upper()}",
            **_translated({k: v for k, v in raw.items() if k not in {"replaces", *_FILLED}}),
            "inputs": self._inputs(raw, entry),
            "id": id,
            "family": family,
            "variant_of": parent,
        }
        kpi = self._validated(KPI, filled, entry)
        if kpi:
            self.kpis[id], self.new[id] = kpi, entry
        else:
            self._check_alone(raw, entry)
        if not isinstance(variants, dict):
            self._found(entry, Problem("want_mapping", {"value": str(variants)[:60]}).at(key="variants"))
            return
        inherited = {k: v for k, v in raw.items() if k not in {"function", "replaces", "note"}}
        for suffix, changes in variants.items():
            place = _Entry(entry.document, (*entry.path, "variants", suffix))
            if not isinstance(changes, dict):
                self._found(place, Problem("want_mapping", {"value": str(changes)[:60]}))
                continue
            if "formula" in changes and "inputs" not in changes and isinstance(inherited.get("inputs"), tuple):
                changes = {"inputs": None, **changes}
            self._add_kpi(f"{id}_{suffix}", {**inherited, **changes}, place, family, parent=id)

    def _check_alone(self, raw: Mapping[str, Any], entry: _Entry) -> None:
        """What can be said of the formula of an entry whose keys are wrong, so that it is told in the same go."""
        from xlkpi.formula import Formula

        if isinstance(raw.get("formula"), str):
            constants = raw.get("constants")
            try:
                Formula.parse(
                    raw["formula"], constants=dict.fromkeys(constants, 1.0) if isinstance(constants, dict) else {}
                )
            except FormulaError as mistake:
                for problem in mistake.problems:
                    self._found(entry, problem.at(key="formula"))

    def _inputs(self, raw: Mapping[str, Any], entry: _Entry) -> Any:
        """The inputs as a mapping of argument to Input; from the formula's names where they are not given."""
        given = raw.get("inputs")
        if given is None:
            from xlkpi.formula import Formula

            try:
                constants = dict.fromkeys(raw.get("constants") or {}, 1.0)  # their values are checked with the entry
                given = Formula.parse(str(raw.get("formula", "")), constants=constants).names
            except (FormulaError, ValueError, TypeError, AttributeError):
                return {}  # told when the entry itself is checked
        if isinstance(given, tuple) and all(isinstance(name, str) for name in given):
            given = {name: name for name in given}
        if not isinstance(given, dict):
            return given
        return {argument: {"measure": v} if isinstance(v, str) else v for argument, v in given.items()}

    def _with_limits(self, kpi: KPI) -> KPI:
        limits = {
            argument: self.measures[given.measure].limits
            for argument, given in kpi.inputs.items()
            if given.measure in self.measures and self.measures[given.measure].limits != (None, None)
        }
        return replace(kpi, limits=limits)

    def _claim(self, id: str, raw: dict[str, Any], entry: _Entry, taken: Mapping[str, Any]) -> None:
        """An id may be used once, unless the entry says that it replaces the other."""
        replaces = raw.pop("replaces", False)
        if not isinstance(replaces, bool):
            self._found(entry, Problem("want_true_or_false", {"value": str(replaces)[:60]}).at(key="replaces"))
        if id in taken and not replaces:
            first = self.new.get(id) or self.new_measures.get(id)
            where = first.document.place(first.path).text() if first else "xlkpi"
            self._found(entry, Problem("kpi_clash", {"id": id, "where": where}))
        if replaces is True and id not in taken:
            self._found(entry, Problem("kpi_replaces_nothing", {"id": id}).at(key="replaces"))

    def _validated(self, model: Any, data: Any, entry: _Entry) -> Any:
        from xlkpi.validation import validated

        try:
            return validated(model, data, entry.document, entry.path)
        except DefinitionError as mistake:
            self.problems += mistake.problems
            return None

    def _found(self, entry: _Entry, problem: Problem) -> None:
        self.problems.append(entry.located(problem))


def _translated(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with plain texts made into texts that are the same in every language."""
    from xlkpi.language import languages

    out = dict(raw)
    for key in ("name", "definition", "question", "note"):
        if isinstance(out.get(key), str):
            out[key] = dict.fromkeys(languages(), out[key])
    return out


def _thawed(data: Mapping[str, Any]) -> Catalogue:
    """The catalogue from plain data that was checked before it was kept."""
    kpis = {}
    for id, raw in data["kpis"].items():
        kpis[id] = KPI(**{
            **raw,
            "inputs": {k: Input(**v) for k, v in raw["inputs"].items()},
            "source": Source(**raw["source"]) if raw["source"] else None,
            **{k: tuple(raw[k]) for k in ("guard", "goals", "aliases")},
            "pitfalls": {k: tuple(v) for k, v in raw["pitfalls"].items()},
            "limits": {k: tuple(v) for k, v in raw["limits"].items()},
            "example": {k: tuple(v) if isinstance(v, list) else v for k, v in raw["example"].items()},
        })  # fmt: skip
    families: dict[str, Translated] = data["families"]
    return Catalogue(kpis, {id: Measure(**raw) for id, raw in data["measures"].items()}, families)
